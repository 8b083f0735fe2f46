//! The forms of the pages: what was typed, what stands beside it, and places to choose from without
//! scripts.

use serde_json::{Map, Value};

use super::preferences::Whole;
use super::{Draft, Hours};
use crate::broadcast::platforms::{Field, adapter};
use crate::domain::faults::FieldFaults;
use crate::domain::group::{Kinds, Platform};
use crate::domain::language::Language;
use crate::domain::notice::Kind;
use crate::domain::region::{Level, Region};
use crate::language::{has, text, text_with};
use crate::web::frame::Frame;
use crate::web::problem::{field_sentence, named_sentence};

/// A form as it was sent; some fields come several times.
pub(super) type Sent = Vec<(String, String)>;

/// The fields below the way into the chat, in the order in which they stand on the page.
const ORDER: [&str; 7] = ["name", "regions", "kinds", "language", "hourly_cap", "quiet.from", "quiet.until"];

/// What the form of a new group suggests: notices an hour, and the night.
const SUGGESTED_CAP: &str = "4";
const SUGGESTED_NIGHT: (&str, &str) = ("22:00", "07:00");

/// What lets in whoever knows it, addresses apart.
const SECRETS: [&str; 3] = ["secret", "token", "access_token"];

/// What stands in the fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    /// The way into the chat, by field.
    way: Vec<(String, String)>,
    pub name: String,
    pub regions: Vec<String>,
    pub kinds: Vec<String>,
    pub language: String,
    /// Blank: no bound.
    pub hourly_cap: String,
    /// Blank times: no quiet hours.
    pub quiet: Hours,
    /// The province whose places are to be listed.
    pub province: String,
    /// The button that only lists places was pressed.
    pub lists: bool,
}

impl Typed {
    /// A form that was sent.
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
            lists: sent.iter().any(|(name, _)| name == "list"),
        }
    }

    /// The form for a new group, with what suits most of them.
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

    /// The form for a group's preferences as they are.
    pub(super) fn of(whole: &Whole) -> Typed {
        Typed {
            name: whole.group.name.clone(),
            regions: whole.regions.iter().map(|region| region.code().to_owned()).collect(),
            kinds: whole.group.kinds().iter().map(|kind| kind.as_str().to_owned()).collect(),
            language: whole.group.language.0.as_str().to_owned(),
            hourly_cap: whole.group.hourly_cap.map(|cap| cap.to_string()).unwrap_or_default(),
            quiet: whole.group.quiet().map(Hours::from).unwrap_or_default(),
            ..Typed::default()
        }
    }

    /// The way into the chat, as far as the platform has such fields.
    pub(super) fn credentials(&self, platform: Platform) -> Map<String, Value> {
        let field = |field: &Field| (field.name.to_owned(), self.at(field.name).into());
        adapter(platform).profile().fields.iter().map(field).collect()
    }

    /// Takes the secrets out, so that no page repeats them; answers whose fields are empty now.
    pub(super) fn take_secrets(&mut self) -> Vec<String> {
        let is_secret = |(name, value): &mut (String, String)| {
            SECRETS.contains(&name.as_str()) && !value.trim().is_empty()
        };
        self.way.extract_if(.., is_secret).map(|(name, _)| name).collect()
    }

    fn at(&self, field: &str) -> &str {
        self.way.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    /// What the group wants to hear.
    pub(super) fn wishes(&self) -> Draft {
        Draft {
            name: Some(self.name.clone()),
            regions: Some(self.regions.clone()),
            kinds: Some(self.kinds.clone()),
            language: Some(self.language.clone()),
            hourly_cap: Some(Some(self.hourly_cap.clone()).filter(|cap| !cap.trim().is_empty())),
            quiet: Some(Some(self.quiet.clone()).filter(|quiet| !quiet.is_blank())),
            ..Draft::default()
        }
    }

    /// All of a new group.
    pub(super) fn whole(&self, platform: Platform) -> Draft {
        Draft {
            platform: Some(platform.as_str().to_owned()),
            credentials: Some(self.credentials(platform)),
            ..self.wishes()
        }
    }
}

/// What a new group's form suggests, in words.
pub(super) fn suggested(frame: &Frame) -> String {
    let (from, until) = SUGGESTED_NIGHT;
    let args = [("cap", SUGGESTED_CAP.into()), ("from", from.into()), ("until", until.into())];
    text_with(frame.language, "groups-suggested", &args)
}

/// One field of the way into a chat, as it stands on the page.
pub(super) struct Input {
    pub name: &'static str,
    pub label: String,
    /// What goes there and where to find it.
    pub hint: String,
    pub value: String,
    pub attributes: &'static str,
}

/// The fields that a platform's way into a chat is made of.
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

/// Where a fault of the whole way into the chat is shown.
pub(super) fn first_field(platform: Platform) -> &'static str {
    adapter(platform).profile().fields.first().map_or("name", |field| field.name)
}

/// What a field is called on the page, if it stands there.
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
            // Most of them say already what they are about.
            let label = label(&field, language).filter(|label| !sentence.contains(&**label));
            let named = label.map(|label| named_sentence(&label, &sentence, language));
            (field, named.unwrap_or(sentence))
        };
        let mut list: Vec<_> = faults.iter().map(|(field, fault)| said(own(field), fault)).collect();
        // What has no place below stands above, in the order of its own form.
        list.sort_by_key(|(field, _)| ORDER.iter().position(|known| known == field));
        Faults(list)
    }

    /// One fault.
    pub(super) fn one(field: &str, sentence: String) -> Faults {
        Faults(vec![(field.to_owned(), sentence)])
    }

    /// What is wrong with that field.
    pub(super) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, sentence)| sentence.as_str())
    }
}

/// A box to tick: value, words, ticked.
pub(super) type Tick = (&'static str, String, bool);

/// A city with its counties, or a county that lies directly in its province.
pub(super) struct Place {
    pub name: &'static str,
    pub head: Tick,
    pub below: Vec<Tick>,
}

/// What can be chosen, and what is.
pub(super) struct Choices {
    pub kinds: Vec<Tick>,
    pub languages: Vec<(&'static str, String)>,
    /// The regions that are chosen.
    pub chosen: Vec<Tick>,
    pub provinces: Vec<(&'static str, &'static str)>,
    /// The places of the province that is listed, without those that are chosen.
    pub places: Vec<Place>,
}

impl Choices {
    /// Whether that region is chosen.
    pub(super) fn has(&self, code: &str) -> bool {
        self.chosen.iter().any(|(chosen, ..)| *chosen == code)
    }

    /// What can be chosen beside what was typed.
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
            chosen: chosen.iter().map(|r| (r.code(), r.full_name(), true)).collect(),
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
