//! The HTML forms: what was typed, the words beside each field, and places to choose from without a script.

use serde_json::{Map, Value};

use super::preferences::Whole;
use super::{Draft, Hours};
use crate::broadcast::platforms::{Field, adapter};
use crate::domain::faults::FieldFaults;
use crate::domain::group::{Kinds, Platform};
use crate::domain::language::Language;
use crate::domain::notice::Kind;
use crate::domain::region::{Level, Region};
use crate::domain::text::narrow;
use crate::language::{has, text, text_with};
use crate::web::frame::Frame;
use crate::web::problem::{field_sentence, named_sentence};

/// A form as it was sent; some fields come several times.
pub(super) type Sent = Vec<(String, String)>;

/// The fields below the credentials, in the order of the page.
const ORDER: [&str; 7] = ["name", "regions", "kinds", "language", "hourly_cap", "quiet.from", "quiet.until"];

/// What the form for a new group suggests: notices per hour, and the night as quiet hours.
const SUGGESTED_CAP: &str = "4";
const SUGGESTED_NIGHT: (&str, &str) = ("22:00", "07:00");

/// The fields that grant access to anyone who knows them, besides addresses.
const SECRETS: [&str; 3] = ["secret", "token", "access_token"];

/// The contents of the fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    /// The credentials, by field.
    way: Vec<(String, String)>,
    pub name: String,
    pub regions: Vec<String>,
    pub kinds: Vec<String>,
    pub language: String,
    /// Blank: no bound.
    pub hourly_cap: String,
    /// Blank times: no quiet hours.
    pub quiet: Hours,
    /// The province whose places are listed.
    pub province: String,
    /// Whether a button was pressed that only shows the form again, to list places or for another platform.
    pub again: bool,
}

impl Typed {
    /// Reads a submitted form.
    pub(super) fn read(sent: &Sent) -> Typed {
        let all = |field: &str| -> Vec<String> {
            sent.iter().filter(|(name, _)| name == field).map(|(_, value)| value.clone()).collect()
        };
        let one = |field: &str| all(field).into_iter().next().unwrap_or_default();
        Typed {
            way: sent.clone(),
            name: one("name"),
            regions: all("regions"),
            kinds: all("kinds"),
            language: one("language"),
            hourly_cap: one("hourly_cap"),
            quiet: Hours {
                from: one("quiet.from"),
                until: one("quiet.until"),
                but_urgent: !all("quiet.but_urgent").is_empty(),
            },
            province: one("province"),
            again: sent.iter().any(|(name, _)| name == "list"),
        }
    }

    /// The form for a new group, with preferences that suit most groups.
    pub(super) fn fresh(language: Language) -> Typed {
        let (from, until) = SUGGESTED_NIGHT;
        Typed {
            kinds: Kinds::all().iter().map(|kind| kind.as_str().to_owned()).collect(),
            language: language.as_str().to_owned(),
            hourly_cap: SUGGESTED_CAP.to_owned(),
            quiet: Hours { from: from.to_owned(), until: until.to_owned(), but_urgent: true },
            ..Typed::default()
        }
    }

    /// The form with a group's present preferences.
    pub(super) fn of(whole: &Whole) -> Typed {
        Typed {
            name: whole.group.name.clone(),
            regions: whole.regions.iter().map(|region| region.code().to_owned()).collect(),
            kinds: whole.group.kinds().iter().map(|kind| kind.as_str().to_owned()).collect(),
            language: whole.group.language.as_str().to_owned(),
            hourly_cap: whole.group.hourly_cap.map(|cap| cap.to_string()).unwrap_or_default(),
            quiet: whole.group.quiet().map(Hours::from).unwrap_or_default(),
            ..Typed::default()
        }
    }

    /// The credentials, limited to the platform's fields.
    pub(super) fn credentials(&self, platform: Platform) -> Map<String, Value> {
        let field = |field: &Field| (field.name.to_owned(), self.at(field.name).into());
        adapter(platform).profile().fields.iter().map(field).collect()
    }

    /// Removes the secrets, so that no page repeats them; returns the names of the emptied fields.
    pub(super) fn take_secrets(&mut self) -> Vec<String> {
        let is_secret = |(name, value): &mut (String, String)| {
            SECRETS.contains(&name.as_str()) && !value.trim().is_empty()
        };
        self.way.extract_if(.., is_secret).map(|(name, _)| name).collect()
    }

    fn at(&self, field: &str) -> &str {
        self.way.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    /// Chooses all of a province for who chose that and nothing in it, and asks whether that is meant: the list of
    /// its places has been seen by nobody yet.
    pub(super) fn choose_province(&mut self, faults: &mut Faults, frame: &Frame) {
        let province = Region::parse(&self.province).ok().filter(|region| region.level() == Level::Province);
        let fault = faults.0.iter_mut().find(|(field, _)| field == "regions");
        if let (Some(province), Some((_, sentence)), true) = (province, fault, self.regions.is_empty()) {
            self.regions.push(province.code().to_owned());
            *sentence = frame.t1("groups-province-chosen", "region", province.name());
        }
    }

    /// The group's preferences.
    pub(super) fn wishes(&self) -> Draft {
        Draft {
            name: Some(self.name.clone()),
            regions: Some(self.regions.clone()),
            kinds: Some(self.kinds.clone()),
            language: Some(self.language.clone()),
            hourly_cap: Some(cap(&self.hourly_cap)),
            quiet: Some(Some(self.quiet.clone()).filter(|quiet| !quiet.is_blank())),
            ..Draft::default()
        }
    }

    /// Everything about a new group.
    pub(super) fn whole(&self, platform: Platform) -> Draft {
        Draft {
            platform: Some(platform.as_str().to_owned()),
            credentials: Some(self.credentials(platform)),
            ..self.wishes()
        }
    }
}

/// The hourly cap as it was typed; `None` where it is blank. What is no number is 0, which no cap may be.
fn cap(typed: &str) -> Option<i64> {
    let typed = narrow(typed);
    Some(typed.trim()).filter(|typed| !typed.is_empty()).map(|typed| typed.parse().unwrap_or(0))
}

/// The preferences that a new group's form suggests, in words.
pub(super) fn suggested(frame: &Frame) -> String {
    let (from, until) = SUGGESTED_NIGHT;
    let args = [("cap", SUGGESTED_CAP.into()), ("from", from.into()), ("until", until.into())];
    text_with(frame.language, "groups-suggested", &args)
}

/// One field of the credentials, as the page shows it.
pub(super) struct Input {
    pub name: &'static str,
    pub label: String,
    /// What to enter, and where to find it.
    pub hint: String,
    pub value: String,
    pub attributes: &'static str,
}

/// The fields of a platform's credentials.
pub(super) fn way(platform: Platform, typed: &Typed, frame: &Frame) -> Vec<Input> {
    let asked = |field: &Field| {
        let own = format!("groups-{}-hint-{}", field.name, platform.as_str());
        let hint = if has(frame.language, &own) { own } else { format!("groups-{}-hint", field.name) };
        Input {
            name: field.name,
            label: frame.t(&format!("groups-{}", field.name)),
            hint: frame.t(&hint),
            value: typed.at(field.name).to_owned(),
            attributes: match field.name {
                "url" | "homeserver" => {
                    r#"inputmode="url" autocomplete="off" autocapitalize="none" spellcheck="false""#
                }
                _ => r#"autocomplete="off" autocapitalize="none" spellcheck="false""#,
            },
        }
    };
    adapter(platform).profile().fields.iter().map(asked).collect()
}

/// The field that shows a fault of the credentials as a whole.
pub(super) fn first_field(platform: Platform) -> &'static str {
    adapter(platform).profile().fields.first().map_or("name", |field| field.name)
}

/// The label of a field; `None` where the page does not show it.
fn label(field: &str, language: Language) -> Option<String> {
    let key = match field {
        "hourly_cap" => "groups-cap".to_owned(),
        field => format!("groups-{}", field.replace('.', "-")),
    };
    has(language, &key).then(|| text(language, &key))
}

/// Sentences about fields, in the order of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(pub Vec<(String, String)>);

impl Faults {
    /// The faults of a draft.
    pub(super) fn of(faults: &FieldFaults, language: Language) -> Faults {
        let own = |field: &str| field.strip_prefix("credentials.").unwrap_or(field).to_owned();
        let said = |field: String, fault| {
            let sentence = field_sentence(fault, language);
            // Most sentences name their field already.
            let label = label(&field, language).filter(|label| !sentence.contains(&**label));
            let named = label.map(|label| named_sentence(&label, &sentence, language));
            (field, named.unwrap_or(sentence))
        };
        let mut list: Vec<_> = faults.iter().map(|(field, fault)| said(own(field), fault)).collect();
        // A fault of a field that is not below stands above, in the order of its own form.
        list.sort_by_key(|(field, _)| ORDER.iter().position(|known| known == field));
        Faults(list)
    }

    /// One fault.
    pub(super) fn one(field: &str, sentence: String) -> Faults {
        Faults(vec![(field.to_owned(), sentence)])
    }

    /// The fault of that field.
    pub(super) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, sentence)| sentence.as_str())
    }
}

/// The platform that the address belongs to, where it is not the form's.
pub(super) fn belongs(faults: &FieldFaults) -> Option<Platform> {
    let fault = faults.values().find(|fault| fault.code == "credential_belongs")?;
    fault.values.iter().find_map(|(_, platform)| Platform::named(platform))
}

/// A check box: value, label, whether it is ticked.
pub(super) type Tick = (&'static str, String, bool);

/// A city with its counties, or a county that belongs directly to its province.
pub(super) struct Place {
    pub name: &'static str,
    pub head: Tick,
    pub below: Vec<Tick>,
}

/// What can be chosen, and what is chosen.
pub(super) struct Choices {
    pub kinds: Vec<Tick>,
    pub languages: Vec<(&'static str, String)>,
    /// The chosen regions.
    pub chosen: Vec<Tick>,
    pub provinces: Vec<(&'static str, &'static str)>,
    /// The places of the listed province, without those already chosen.
    pub places: Vec<Place>,
}

impl Choices {
    /// Whether that region is chosen.
    pub(super) fn has(&self, code: &str) -> bool {
        self.chosen.iter().any(|(chosen, ..)| *chosen == code)
    }

    /// The choices that fit what was typed.
    pub(super) fn of(typed: &Typed, frame: &Frame) -> Choices {
        let chosen: Vec<Region> = typed.regions.iter().filter_map(|code| Region::parse(code).ok()).collect();
        let kind = |kind: Kind| {
            let ticked = typed.kinds.iter().any(|name| name == kind.as_str());
            (kind.as_str(), frame.t(&format!("kind-{}", kind.as_str())), ticked)
        };
        let language =
            |l: Language| (l.as_str(), text(frame.language, &format!("groups-language-{}", l.as_str())));
        let province = Region::parse(&typed.province).ok().filter(|r| r.level() == Level::Province);
        Choices {
            kinds: Kind::ALL.map(kind).to_vec(),
            languages: Language::ALL.map(language).to_vec(),
            chosen: chosen.iter().map(|r| (r.code(), r.name_in(frame.language), true)).collect(),
            provinces: Region::provinces().map(|r| (r.code(), r.name())).collect(),
            places: province.map(|province| places(province, &chosen, frame)).unwrap_or_default(),
        }
    }
}

fn places(province: Region, chosen: &[Region], frame: &Frame) -> Vec<Place> {
    let tick = |region: Region| (region.code(), region.name().to_owned(), false);
    let free = |region: &Region| !chosen.contains(region);
    let whole = |region: Region| (region.code(), frame.t1("groups-whole", "region", region.name()), false);
    let all = Place { name: province.name(), head: whole(province), below: Vec::new() };
    let each = province.children().map(|child| match child.level() {
        Level::City => Place {
            name: child.name(),
            head: whole(child),
            below: child.children().filter(free).map(tick).collect(),
        },
        _ => Place { name: child.name(), head: tick(child), below: Vec::new() },
    });
    let shown = |place: &Place| !place.below.is_empty() || !chosen.iter().any(|r| r.code() == place.head.0);
    std::iter::once(all).chain(each).filter(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::cap;

    #[test]
    fn a_cap_is_read_as_people_type_it() {
        for (typed, read) in [
            (" ６０ ", Some(60)),
            ("", None),
            ("　", None),
            ("-1", Some(-1)),
            ("1.5", Some(0)),
            ("many", Some(0)),
        ] {
            assert_eq!(cap(typed), read, "{typed:?}");
        }
    }
}
