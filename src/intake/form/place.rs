//! Finds the division that somebody means by what they typed: 河北廊坊广阳区, 广阳区, 131003; or in Latin
//! letters: Langfang Guangyang, Guangyang District, Langfang, Hebei.

use std::sync::LazyLock;

use crate::domain::region::{Level, Region};
use crate::domain::text::compact;

/// The short names of the provinces whose full names are longer by more than one character.
const AUTONOMOUS: [&str; 7] = ["广西", "西藏", "宁夏", "新疆", "内蒙古", "香港", "澳门"];
/// Endings that people leave off a name, each with its pinyin.
const ENDINGS: [(char, &str); 6] =
    [('省', "sheng"), ('市', "shi"), ('区', "qu"), ('县', "xian"), ('旗', "qi"), ('盟', "meng")];
/// Words for the type of division in English names, which our Latin names do not have.
const SORTS: [&str; 10] = [
    "province",
    "city",
    "prefecture",
    "district",
    "county",
    "banner",
    "league",
    "municipality",
    "autonomous",
    "region",
];
/// How many similar names are offered.
const ALIKE: usize = 6;
/// The most characters that may be wrong in a name.
const MISSPELT: usize = 2;
/// The longest text that is looked up, in characters: longer than any name with those above it.
const LONGEST: usize = 60;

/// Names in common use that are not, or no longer, a division's official name: its code, Chinese names, and
/// names in Latin letters. Source: `assets/divisions/README.md`.
const COMMON: &str = include_str!("../../../assets/divisions/common.tsv");

/// Every division with its name alone and after any of those above it: more than 50,000 names in each script.
/// Built once, when the first text comes that is not the exact name of a division.
type Written = Vec<(Region, Vec<String>)>;
static CHINESE: LazyLock<Written> = LazyLock::new(|| Script::Chinese.write_all());
static LATIN: LazyLock<Written> = LazyLock::new(|| Script::Latin.write_all());

/// What a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    One(Region),
    /// Each of these has this name.
    Several(Vec<Region>),
    /// No division has this name; these are the nearest.
    Alike(Vec<Region>),
}

/// The divisions that `text` may mean; a code or a full name means one.
pub fn find(text: &str) -> Found {
    if let Ok(region) = Region::parse(text) {
        return Found::One(region);
    }
    let script = Script::of(text);
    let readings = script.readings(text);
    if readings.iter().all(|typed| typed.is_empty() || typed.chars().count() > LONGEST) {
        return Found::Alike(Vec::new());
    }
    let is_meant = |region: &Region| readings.iter().any(|typed| script.is_meant(*region, typed));
    let meant: Vec<Region> = Region::all().iter().copied().filter(is_meant).collect();
    let exact: Vec<Region> =
        meant.iter().copied().filter(|region| readings.contains(&region.full_name())).collect();
    // A division that was redrawn keeps its name; the later code is the one in use.
    match (exact.last(), meant.as_slice()) {
        (Some(region), _) | (None, [region]) => Found::One(*region),
        (None, []) => Found::Alike(script.near(&readings)),
        (None, several) => Found::Several(several.to_vec()),
    }
}

/// The script that a name is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Chinese,
    Latin,
}

impl Script {
    fn of(text: &str) -> Script {
        let latin = text.chars().any(|c| c.is_ascii_alphabetic());
        if latin && !text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            Script::Latin
        } else {
            Script::Chinese
        }
    }

    /// The text normalised for comparison. English addresses begin with the smallest division, so Latin text
    /// is also read backwards.
    fn readings(self, text: &str) -> Vec<String> {
        match self {
            Script::Chinese => {
                let between = |c: &char| !matches!(c, ',' | '，' | '、' | '/' | '·');
                vec![compact(text).chars().filter(between).collect()]
            }
            Script::Latin => {
                let parts = text.split([',', '，', ';']).map(folded).filter(|part| !part.is_empty());
                let mut parts: Vec<String> = parts.collect();
                if let [words] = parts.as_slice() {
                    parts = words.split(' ').map(str::to_owned).collect();
                }
                let joined = |parts: &[String]| parts.concat().replace(' ', "");
                let forwards = joined(&parts);
                parts.reverse();
                vec![forwards, joined(&parts)]
            }
        }
    }

    /// Whether `typed` is the division's name, alone or after names of divisions above it.
    fn is_meant(self, region: Region, typed: &str) -> bool {
        let names = self.names(region);
        names
            .iter()
            .any(|name| typed.strip_suffix(&**name).is_some_and(|before| self.leads_to(before, region)))
    }

    /// Whether `before` consists only of names of the divisions above, from the top down.
    fn leads_to(self, before: &str, region: Region) -> bool {
        let mut above: Vec<Region> = region.ancestors_and_self().skip(1).collect();
        above.reverse();
        let left = above.iter().fold(before, |left, region| {
            let names = self.names(*region);
            names.iter().find_map(|name| left.strip_prefix(&**name)).unwrap_or(left)
        });
        left.is_empty()
    }

    /// A division's full name, then its short name.
    fn names(self, region: Region) -> Vec<String> {
        let full = region.name();
        let ending = ENDINGS.into_iter().find(|(ending, _)| full.ends_with(*ending));
        match self {
            Script::Chinese => {
                let province = region.level() == Level::Province;
                let said = AUTONOMOUS.into_iter().find(|short| province && full.starts_with(short));
                let cut = ending.and_then(|(ending, _)| full.strip_suffix(ending));
                let said = said.or_else(|| cut.filter(|short| short.chars().count() > 1));
                std::iter::once(full).chain(said).map(str::to_owned).collect()
            }
            Script::Latin => {
                let names = region.latin_names().map(|name| folded(name).replace(' ', ""));
                let both = |name: String| [ending.map(|(_, read)| format!("{name}{read}")), Some(name)];
                names.flat_map(both).flatten().collect()
            }
        }
    }

    /// Names in common use for it or for a place within it: good enough to suggest it, not to accept it.
    fn common_names(self, region: Region) -> Vec<String> {
        let mut lines =
            COMMON.lines().filter_map(|line| line.strip_prefix(region.code())?.strip_prefix('\t'));
        let (chinese, latin) = lines.next().and_then(|names| names.split_once('\t')).unwrap_or_default();
        let said =
            |names: &str| names.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match self {
            Script::Chinese => said(chinese),
            Script::Latin => said(&latin.to_lowercase()),
        }
    }

    /// Suggestions for a text that is no division's name: names spelt like it, else names that begin with it,
    /// else names contained in it.
    fn near(self, readings: &[String]) -> Vec<Region> {
        let alike = self.alike(readings);
        if !alike.is_empty() {
            return alike;
        }
        let is_begun = |name: &String| {
            readings.iter().any(|typed| typed.chars().count() >= self.telling() && name.starts_with(typed))
        };
        let begun = self.written().iter().filter(|(_, written)| written.iter().any(is_begun));
        let begun: Vec<Region> = begun.map(|(region, _)| *region).take(ALIKE).collect();
        if begun.is_empty() { self.named_in(readings) } else { begun }
    }

    /// The fewest characters from which a beginning is a useful hint.
    const fn telling(self) -> usize {
        match self {
            Script::Chinese => 2,
            Script::Latin => 4,
        }
    }

    /// The divisions whose name is the longest contained in a text: 海淀区 in 海淀区中关村. Not for Latin
    /// letters, where a short name is part of many words.
    fn named_in(self, readings: &[String]) -> Vec<Region> {
        if self == Script::Latin {
            return Vec::new();
        }
        let mut named: Vec<(usize, Region)> = Vec::new();
        for (region, written) in self.written() {
            let there =
                written.iter().filter(|name| readings.iter().any(|typed| typed.contains(name.as_str())));
            named.extend(there.map(|name| name.chars().count()).max().map(|length| (length, *region)));
        }
        let longest = named.iter().map(|(length, _)| *length).max();
        let nearest = named.into_iter().filter(|(length, _)| Some(*length) == longest);
        nearest.take(ALIKE).map(|(_, region)| region).collect()
    }

    /// The names spelt most like one of `readings`, the nearest first.
    fn alike(self, readings: &[String]) -> Vec<Region> {
        let mut near: Vec<(usize, Region)> = Vec::new();
        let readings: Vec<Vec<char>> = readings.iter().map(|typed| typed.chars().collect()).collect();
        for (region, written) in self.written() {
            let apart =
                readings.iter().flat_map(|typed| written.iter().filter_map(|name| apart(typed, name))).min();
            near.extend(apart.map(|apart| (apart, *region)));
        }
        near.sort_by_key(|(apart, _)| *apart);
        near.into_iter().take(ALIKE).map(|(_, region)| region).collect()
    }

    fn written(self) -> &'static Written {
        match self {
            Script::Chinese => &CHINESE,
            Script::Latin => &LATIN,
        }
    }

    fn write_all(self) -> Written {
        Region::all().iter().map(|region| (*region, self.write(*region))).collect()
    }

    fn write(self, region: Region) -> Vec<String> {
        let mut written = self.names(region);
        written.extend(self.common_names(region));
        for above in region.ancestors_and_self().skip(1) {
            let names = self.names(above);
            let after = |name| written.iter().map(move |below| format!("{name}{below}"));
            let longer: Vec<String> = names.iter().flat_map(after).collect();
            written.extend(longer);
        }
        written
    }
}

/// Only letters and single spaces, in lower case, without the English words for types of division.
fn folded(text: &str) -> String {
    let letters = text.to_lowercase().replace('ü', "u").replace(['\'', '’'], "");
    let words = letters.split(|c: char| !c.is_ascii_lowercase());
    words.filter(|word| !word.is_empty() && !SORTS.contains(word)).collect::<Vec<_>>().join(" ")
}

/// The edit distance of two texts; `None` where it exceeds one in four characters, or [`MISSPELT`].
fn apart(one: &[char], other: &str) -> Option<usize> {
    // With two characters no error is allowed, because the other character alone says nothing; and never so
    // many that it becomes another name.
    let most = ((one.len() + 1) / 4).min(MISSPELT);
    let length = other.chars().count();
    if one.len().abs_diff(length) > most || one.len() > LONGEST {
        return None;
    }
    let mut row: Vec<usize> = (0..=length).collect();
    for (i, a) in one.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in other.chars().enumerate() {
            let swapped = before + usize::from(*a != b);
            before = row[j + 1];
            row[j + 1] = swapped.min(before + 1).min(row[j] + 1);
        }
        // No later row can come nearer.
        if row.iter().all(|apart| *apart > most) {
            return None;
        }
    }
    row.last().copied().filter(|apart| *apart <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(found: Found) -> Vec<&'static str> {
        match found {
            Found::One(region) => vec![region.code()],
            Found::Several(regions) | Found::Alike(regions) => regions.iter().map(Region::code).collect(),
        }
    }

    #[test]
    fn places_are_found_as_people_write_them() {
        for (text, code) in [
            ("131003", "131003"),
            ("１３１００３", "131003"),
            ("广阳区", "131003"),
            ("河北 廊坊 广阳", "131003"),
            ("廊坊市广阳区", "131003"),
            ("河北省廊坊市广阳区", "131003"),
            ("廊坊", "131000"),
            ("北京", "110000"),
            ("北京朝阳", "110105"),
            ("内蒙古", "150000"),
        ] {
            assert_eq!(find(text), Found::One(Region::parse(code).unwrap()), "{text}");
        }
        for text in ["没有这里", "", "区", ",", &"廊坊".repeat(200)] {
            assert_eq!(find(text), Found::Alike(Vec::new()), "{text}");
        }
        assert!(
            matches!(find("新华区"), Found::Several(places) if places.len() > 1),
            "several cities have one"
        );
    }

    #[test]
    fn who_reads_no_chinese_writes_latin_letters() {
        for (text, code) in [
            ("Guangyang", "131003"),
            ("langfang guangyang", "131003"),
            ("Guangyang District, Langfang City, Hebei Province", "131003"),
            ("Hebei Sheng Langfang Shi Guangyang Qu", "131003"),
            ("LANGFANG", "131000"),
            ("Xi'an, Shaanxi", "610100"),
            ("Xian, Shaanxi", "610100"),
            ("Beijing", "110000"),
            ("Chaoyang District, Beijing", "110105"),
            ("Harbin", "230100"),
            ("haerbin", "230100"),
            ("Inner Mongolia", "150000"),
            ("Hong Kong", "810000"),
            ("lvliang", "141100"),
        ] {
            assert_eq!(find(text), Found::One(Region::parse(code).unwrap()), "{text}");
        }
        for (text, both) in [("Suzhou", ["320500", "341300"]), ("Lüliang", ["141100", "530322"])] {
            let several = codes(find(text));
            assert!(both.iter().all(|code| several.contains(code)), "{text}: {several:?}");
        }
    }

    #[test]
    fn what_is_misspelt_is_asked_again_with_what_may_be_meant() {
        for (text, code) in [
            ("广阳曲", "131003"),
            ("廊方市广阳区", "131003"),
            ("Langfan", "131000"),
            ("Lanfang Guanyang", "131003"),
            ("浦东", "310115"),
            ("上海浦东", "310115"),
            ("河北三河市燕郊镇", "131082"),
            ("海淀区中关村", "110108"),
            ("广阳区新世纪小区", "131003"),
        ] {
            let found = find(text);
            assert!(matches!(&found, Found::Alike(places) if places.len() <= ALIKE), "{text}: {found:?}");
            assert_eq!(codes(found.clone()).first(), Some(&code), "{text}: {found:?}");
        }
        for text in ["Springfield", "London", "甲乙", "xx"] {
            assert_eq!(find(text), Found::Alike(Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_people_say_for_a_place_is_asked_again_with_where_it_lies() {
        for (text, code) in [
            ("燕郊", "131082"),
            ("燕郊镇", "131082"),
            ("河北燕郊", "131082"),
            ("燕郊上上城小区", "131082"),
            ("Yanjiao", "131082"),
            ("郎坊", "131000"),
            ("郎坊市", "131000"),
            ("胜芳", "131081"),
            ("中关村", "110108"),
            ("北京宣武区", "110102"),
            ("台北", "710000"),
            ("臺北市", "710000"),
            ("Taipei", "710000"),
        ] {
            let found = find(text);
            assert!(matches!(&found, Found::Alike(_)), "{text}: it is no name: {found:?}");
            assert_eq!(codes(found.clone()).first(), Some(&code), "{text}: {found:?}");
        }
        assert_eq!(codes(find("雄安新区")), ["130629", "130632", "130638"]);
        // The longer name says more: a road is named after another city.
        assert_eq!(codes(find("北京通州台北路")), ["110112"]);
    }

    #[test]
    fn what_people_say_is_told_of_divisions_that_there_are() {
        for line in COMMON.lines() {
            let [code, chinese, latin] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            assert_eq!(Region::parse(code).map(|region| region.code()), Ok(code));
            let is_latin = |c: char| c.is_ascii_alphabetic() || c == '|';
            assert!(
                latin.chars().all(is_latin) && !chinese.is_empty() && !chinese.contains(char::is_whitespace)
            );
        }
    }

    #[test]
    fn a_full_name_means_one_place() {
        // Only every seventh division, so that the test is no slower than the others.
        for region in Region::all().iter().step_by(7) {
            let found = find(&region.full_name());
            assert!(
                matches!(found, Found::One(one) if one.full_name() == region.full_name()),
                "{region:?} {found:?}"
            );
        }
    }

    #[test]
    fn every_place_is_found_by_its_latin_name() {
        // Every hundredth, for the same reason.
        for region in Region::all().iter().step_by(101) {
            let found = codes(find(&region.full_latin_name()));
            let named =
                |code: &&str| Region::parse(code).unwrap().full_latin_name() == region.full_latin_name();
            assert!(found.contains(&region.code()) || found.iter().any(named), "{region:?} {found:?}");
        }
    }
}
