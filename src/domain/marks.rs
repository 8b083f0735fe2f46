//! Marks by which likely duplicates find each other: two relatives report with two phones and two photos, but
//! with one name. Only keyed hashes of the marks are stored.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;

use super::named::named;
use super::notice::{Campaign, Kind, LastSeen, Person, Private, Public, Subject};
use super::region::Region;
use super::shown::words;
use super::text::{name_key, sounds};
use super::zone::BEIJING;

/// Allowed difference in age: few people know a relative's age to the year, and some count a year or two
/// more.
const YEARS: u8 = 2;

named! {
    /// What two notices have in common, in the order in which it is reported.
    #[derive(PartialOrd, Ord)]
    pub enum Likeness {
        Phone = "same_phone",
        Photo = "similar_photo",
        NameAndAge = "same_name_and_age",
        NameAndPlace = "same_name_and_place",
        CreditCode = "same_credit_code",
        FilingNumber = "same_filing_number",
        SoundAndAge = "same_sound_and_age",
        SoundAndPlace = "same_sound_and_place",
        NameAndCity = "same_name_and_city",
        PoliceReference = "same_police_reference",
        /// A text of the one names who is sought by the other.
        NameInText = "name_in_text",
    }
}

impl Likeness {
    /// Whether only the sound of the name is the same. Many are called so who have nothing to do with each
    /// other: it is reason enough to protect somebody, and none to take two notices for one.
    pub const fn by_sound(self) -> bool {
        matches!(self, Likeness::SoundAndAge | Likeness::SoundAndPlace)
    }

    /// Whether it is so faint that a lead decides what it means: a city has many people of one name.
    pub const fn is_faint(self) -> bool {
        matches!(self, Likeness::NameAndCity)
    }
}

/// What two notices have in common, in the order in which it is reported, and without what follows from the rest.
pub fn plainly(found: impl IntoIterator<Item = Likeness>) -> Vec<Likeness> {
    let all: BTreeSet<Likeness> = found.into_iter().collect();
    let named = all.contains(&Likeness::NameAndAge) || all.contains(&Likeness::NameAndPlace);
    let heard = all.contains(&Likeness::SoundAndAge) || all.contains(&Likeness::SoundAndPlace);
    let follows = |likeness: &Likeness| match likeness {
        Likeness::SoundAndAge | Likeness::SoundAndPlace | Likeness::NameAndCity => named,
        // Its own text names who is sought, too.
        Likeness::NameInText => named || heard || all.contains(&Likeness::NameAndCity),
        _ => false,
    };
    all.iter().copied().filter(|likeness| !follows(likeness)).collect()
}

/// A mark of a notice, in clear text; only its keyed hash may be stored.
pub type Mark = (Likeness, String);

/// The marks that a notice can be found by.
pub fn marks(public: &Public, private: &Private) -> Vec<Mark> {
    of_subject(public).into_iter().chain(of_name(public)).chain(of_report(public, private)).collect()
}

fn of_subject(public: &Public) -> Vec<Mark> {
    match &public.subject {
        Subject::MissingPerson { person } => of_person(person, public, person.age..=person.age),
        Subject::Donation { campaign } => of_campaign(campaign),
        Subject::LostProperty { .. } | Subject::Rescue { .. } => Vec::new(),
    }
}

/// The marks that notices about the same person or thing may have.
pub fn sought(public: &Public) -> Vec<Mark> {
    match &public.subject {
        Subject::MissingPerson { person } => {
            let ages = person.age.saturating_sub(YEARS)..=person.age.saturating_add(YEARS);
            of_person(person, public, ages)
        }
        // A lost car or a rescue may name who is really sought.
        Subject::LostProperty { .. } | Subject::Rescue { .. } => on_the_day(public, names_in(public).iter()),
        Subject::Donation { campaign } => of_campaign(campaign),
    }
}

/// The marks by which a case that protects somebody is looked for, each with what it is reported as.
pub fn of_protected(public: &Public, private: &Private) -> Vec<(Likeness, Mark)> {
    let own = match &public.subject {
        Subject::MissingPerson { .. } | Subject::Donation { .. } => sought(public),
        // What these are found by is in their text.
        Subject::LostProperty { .. } | Subject::Rescue { .. } => Vec::new(),
    };
    let own = own.into_iter().chain(of_sealed(public, private)).map(|mark| (mark.0, mark));
    named_in(public).into_iter().map(|mark| (Likeness::NameInText, mark)).chain(own).collect()
}

/// The marks by which only a case that protects somebody is looked for: years and days are easily changed, and
/// two ordinary ones may have them in common by chance, or because one report to the police is about both.
fn of_sealed(public: &Public, private: &Private) -> Vec<Mark> {
    let around = name_of(public).map(|name| around_here(&name, public.region)).into_iter().flatten();
    around.chain(of_report(public, private)).collect()
}

/// The name of who is missing, with the city and with the province.
fn of_name(public: &Public) -> Vec<Mark> {
    let places = |name: String| [in_city(&name, public.region), in_province(&name, public.region)];
    name_of(public).map(places).into_iter().flatten().collect()
}

/// The name of who is missing.
fn name_of(public: &Public) -> Option<String> {
    let Subject::MissingPerson { person } = &public.subject else { return None };
    Some(name_key(&person.name)).filter(|name| !name.is_empty())
}

/// The reference of the report to the police about who is missing.
fn of_report(public: &Public, private: &Private) -> Option<Mark> {
    let of_a_person = public.subject.kind() == Kind::MissingPerson;
    let reference = private.police.reference.as_deref().filter(|_| of_a_person);
    Some((Likeness::PoliceReference, reference_key(reference?)?))
}

/// The marks that the people may have whom a text names: whoever is with a child, or is really sought by a
/// lost thing, or by a name with a word more.
fn named_in(public: &Public) -> Vec<Mark> {
    let names = names_in(public);
    // Many words of two characters are names, too: 和平, 文静.
    let of_the_day = on_the_day(public, names.iter().filter(|name| name.chars().count() > 2));
    let of_any_day = names.iter().flat_map(|name| around_here(name, public.region));
    of_the_day.into_iter().chain(of_any_day).collect()
}

/// What a name is looked for with: who is sought in the same city, or is said to be somewhere in its province.
/// Whoever names the province alone may mean any of its cities.
fn around_here(name: &str, region: Region) -> [Mark; 2] {
    let province = region.province();
    let wider = if region == province { in_province(name, region) } else { in_city(name, province) };
    [in_city(name, region), wider]
}

fn in_city(name: &str, region: Region) -> Mark {
    (Likeness::NameAndCity, format!("{name} {}", around(region).code()))
}

fn in_province(name: &str, region: Region) -> Mark {
    (Likeness::NameAndCity, format!("{name} in {}", region.province().code()))
}

/// The form in which references of the police are compared, without brackets and signs; `None` where it has
/// too few digits to be one.
fn reference_key(reference: &str) -> Option<String> {
    let key: String = reference.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    (key.chars().filter(char::is_ascii_digit).count() >= 4).then_some(key)
}

/// Each name with the place and the day.
fn on_the_day<'a>(public: &Public, names: impl Iterator<Item = &'a String>) -> Vec<Mark> {
    let Some(seen) = &public.last_seen else { return Vec::new() };
    names.map(|name| (Likeness::NameAndPlace, placed(name, public.region, seen))).collect()
}

/// What may be a name in a text: each two to eight Chinese characters in a row, whatever signs stand between
/// them. The bounds of the fields make that fifteen thousand at most.
fn names_in(public: &Public) -> BTreeSet<String> {
    let text: Vec<char> = words(public).nfkc().filter(|c| *c == '\n' || c.is_alphanumeric()).collect();
    let mut names = BTreeSet::new();
    for run in text.split(|c| !is_chinese(*c)) {
        for length in 2..=8 {
            names.extend(run.windows(length).map(|name| name.iter().collect::<String>()));
        }
    }
    names
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn placed(name: &str, region: Region, seen: &LastSeen) -> String {
    format!("{name} {} {}", around(region).code(), day(seen))
}

/// The name with each of these ages, and with the place and the day: as it is written, and as it sounds.
fn of_person(person: &Person, public: &Public, ages: RangeInclusive<u8>) -> Vec<Mark> {
    let written = (name_key(&person.name), Likeness::NameAndAge, Likeness::NameAndPlace);
    let heard = sounds(&person.name).into_iter();
    let heard = heard.map(|sound| (sound, Likeness::SoundAndAge, Likeness::SoundAndPlace));
    let mut marks = Vec::new();
    for (name, with_age, with_place) in std::iter::once(written).chain(heard) {
        if name.is_empty() {
            continue;
        }
        marks.extend(ages.clone().map(|age| (with_age, format!("{name} {age}"))));
        marks.extend(public.last_seen.iter().map(|seen| (with_place, placed(&name, public.region, seen))));
    }
    marks
}

/// The reporter may know the city without knowing the county. Beijing, Tianjin, Shanghai and Chongqing are a city each.
fn around(region: Region) -> Region {
    const MUNICIPALITIES: [&str; 4] = ["110000", "120000", "310000", "500000"];
    let province = region.province();
    let municipality = Some(province).filter(|province| MUNICIPALITIES.contains(&province.code()));
    municipality.or(region.city()).unwrap_or(region)
}

fn day(seen: &LastSeen) -> NaiveDate {
    seen.at.with_timezone(&BEIJING).date_naive()
}

fn of_campaign(campaign: &Campaign) -> Vec<Mark> {
    vec![
        (Likeness::CreditCode, campaign.credit_code.to_string()),
        (Likeness::FilingNumber, campaign.filing_number.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::{Precision, samples};

    fn public(name: &str, age: u8, region: &str, at: &str) -> Public {
        let person = Person { name: name.to_owned(), age, ..samples::person() };
        let at = at.parse().unwrap();
        Public {
            region: Region::parse(region).unwrap(),
            subject: Subject::MissingPerson { person },
            last_seen: Some(LastSeen { at, precision: Precision::Day, place: String::new() }),
            ..samples::public()
        }
    }

    /// Which marks of the first notice a search for the second finds.
    fn all_likeness(one: &Public, other: &Public) -> Vec<Likeness> {
        let borne = of_subject(other);
        sought(one).into_iter().filter(|mark| borne.contains(mark)).map(|(likeness, _)| likeness).collect()
    }

    /// The same, where the sound of the name is no reason.
    fn likeness(one: &Public, other: &Public) -> Vec<Likeness> {
        let all = all_likeness(one, other).into_iter();
        all.filter(|likeness| !likeness.by_sound()).collect()
    }

    #[test]
    fn who_has_a_name_and_an_age_or_a_place_and_a_day_in_common_is_found_from_both_sides() {
        use Likeness::{NameAndAge, NameAndPlace};
        let here = public("李玉兰", 76, "131003", "2026-11-23T01:00:00Z");
        for (name, age, region, at, found) in [
            ("李 玉兰", 78, "440100", "2026-11-01T00:00:00Z", &[NameAndAge][..]),
            ("李玉兰", 74, "440100", "2026-11-01T00:00:00Z", &[NameAndAge]),
            ("李玉兰", 79, "440100", "2026-11-01T00:00:00Z", &[]),
            ("李玉蓝", 76, "131003", "2026-11-23T01:00:00Z", &[]),
            // Any county of the same city; the day is Beijing's.
            ("李玉兰", 60, "131002", "2026-11-22T16:00:00Z", &[NameAndPlace]),
            ("李玉兰", 60, "131000", "2026-11-23T15:59:00Z", &[NameAndPlace]),
            ("李玉兰", 60, "131000", "2026-11-23T16:00:00Z", &[]),
            ("李玉兰", 60, "130000", "2026-11-23T01:00:00Z", &[]),
            ("李玉兰", 76, "131003", "2026-11-23T01:00:00Z", &[NameAndAge, NameAndPlace]),
        ] {
            let other = public(name, age, region, at);
            assert_eq!(likeness(&here, &other), found, "{name} {age} {region} {at}");
            assert_eq!(likeness(&other, &here), found, "{name} {age} {region} {at}, from the other side");
        }
    }

    #[test]
    fn who_is_written_otherwise_is_found_by_sound() {
        use Likeness::{SoundAndAge, SoundAndPlace};
        let here = public("苏小梅", 33, "131003", "2026-11-23T01:00:00Z");
        for (name, age, region, found) in [
            ("Su Xiaomei", 35, "440100", &[SoundAndAge][..]),
            ("蘇小梅", 50, "131002", &[SoundAndPlace]),
            ("苏晓美(小美)", 33, "131003", &[SoundAndAge, SoundAndPlace]),
            ("苏小梅子", 33, "131003", &[]),
        ] {
            let other = public(name, age, region, "2026-11-23T01:00:00Z");
            assert_eq!(all_likeness(&here, &other), found, "{name}");
            assert_eq!(all_likeness(&other, &here), found, "{name}, from the other side");
        }
    }

    #[test]
    fn the_youngest_and_the_oldest_are_found_too() {
        let (newborn, two) = (public("小明", 0, "131003", "2026-11-23T01:00:00Z"), 2);
        let other = public("小明", two, "440100", "2026-11-01T00:00:00Z");
        assert_eq!(likeness(&newborn, &other), [Likeness::NameAndAge]);
        assert_eq!(likeness(&other, &newborn), [Likeness::NameAndAge]);
        assert!(sought(&public("小明", u8::MAX, "131003", "2026-11-23T01:00:00Z")).len() > 1);
    }

    #[test]
    fn a_name_of_no_letters_is_like_no_other() {
        assert!(of_subject(&public("· ", 76, "131003", "2026-11-23T01:00:00Z")).is_empty());
    }

    #[test]
    fn a_reference_is_one_however_it_is_typed() {
        let key = reference_key("廊公(安)受字〔2026〕第8841号");
        assert!(key.is_some());
        for typed in ["廊公（安）受字[2026]第 8841 号", "廊公安受字2026第８８４１号"] {
            assert_eq!(reference_key(typed), key, "{typed}");
        }
        for none in ["", "无", "110", "已报警"] {
            assert_eq!(reference_key(none), None, "{none}");
        }
    }

    /// Whether a notice finds another one among the sealed, by a name in its texts.
    fn names(one: &Public, other: &Public) -> bool {
        let borne = of_name(other);
        named_in(one).iter().any(|mark| borne.contains(mark))
    }

    #[test]
    fn who_is_named_in_a_text_is_found_in_the_city() {
        let mut here = public("赵二鸣", 6, "131003", "2026-11-23T01:00:00Z");
        for (text, name) in [
            ("和妈妈西门 若兰在一起。", "西门若兰"),
            ("和妈妈西门，若·兰在一起。", "西门若兰"),
            ("和妈妈古丽巴哈尔·艾力江在一起。", "古丽巴哈尔·艾力江"),
        ] {
            here.description = text.to_owned();
            for (region, found) in [("131002", true), ("130000", true), ("130100", false), ("440100", false)]
            {
                let other = public(name, 33, region, "2026-11-20T01:00:00Z");
                assert_eq!(names(&here, &other), found, "{text} {region}");
            }
        }
    }

    #[test]
    fn a_word_of_two_characters_is_no_name_of_the_day() {
        let mut here = public("赵二鸣", 6, "131003", "2026-11-23T01:00:00Z");
        here.description = "性格文静，欧阳静怡。".to_owned();
        for (name, likeness) in [
            ("文静", &[Likeness::NameAndCity][..]),
            ("欧阳静怡", &[Likeness::NameAndPlace, Likeness::NameAndCity]),
        ] {
            let other = public(name, 33, "131003", "2026-11-23T01:00:00Z");
            let borne = [of_subject(&other), of_name(&other)].concat();
            let found = named_in(&here).into_iter().filter(|mark| borne.contains(mark)).map(|mark| mark.0);
            assert_eq!(found.collect::<Vec<_>>(), likeness, "{name}");
        }
    }

    #[test]
    fn a_word_more_or_a_wider_region_hides_no_name() {
        let hides = public("公孙玉凤", 33, "131003", "2026-11-20T01:00:00Z");
        for (name, region, found) in [
            ("公孙玉凤", "130000", true),
            ("公孙玉凤女士", "131002", true),
            ("妻子公孙玉凤", "130000", true),
            ("公孙玉凤", "130100", false),
            ("公孙玉凤", "140000", false),
        ] {
            let sought = public(name, 61, region, "2026-11-23T01:00:00Z");
            assert_eq!(names(&sought, &hides), found, "{name} {region}");
        }
        let hides = public("公孙玉凤", 33, "110101", "2026-11-20T01:00:00Z");
        for (region, found) in [("110105", true), ("110000", true), ("120101", false)] {
            let sought = public("公孙玉凤", 61, region, "2026-11-23T01:00:00Z");
            assert_eq!(names(&sought, &hides), found, "{region}");
        }
    }
}
