//! The HTML form: which fields each kind shows, and the JSON that the typed values stand for. The parser of
//! the JSON API reads that JSON, so pages and programs get the same faults.

mod numbers;
mod place;
pub mod times;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Map, Value, json};

use super::subjects::SAFETY;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::notice::{Category, Direction, Emergency, Kind, Precision, Sex};
use crate::domain::region::Region;
use crate::domain::text::whole_number;
use crate::domain::zone::BEIJING;
use place::Found;

/// How a field is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// One line; holds further attributes of the element.
    Line(&'static str),
    /// Several lines.
    Area,
    /// One of these names, all shown on the page.
    Radios(&'static [&'static str]),
    /// One of these names, in a list.
    Select(&'static [&'static str]),
    /// Yes or no, neither preselected.
    YesNo,
    /// Yes, no, or that nobody knows.
    YesNoUnsure,
    /// A check box, not ticked beforehand.
    Tick,
    /// A province, city or county by its name or code.
    Place,
    /// A day in Beijing.
    Day,
    /// The time of that day, which may be all that is not known.
    Time,
    /// Years, or the year of birth.
    Age,
    /// Centimetres, or metres.
    Height,
    /// Photos, uploaded with the form.
    Photos,
}

/// A field of a form. Its words are under `f-NAME`; a kind's own words under `f-KIND-NAME`.
pub type Field = (&'static str, Control);

/// Fields that belong together under one heading.
pub struct Section {
    /// The heading is under `form-NAME`.
    pub name: &'static str,
    pub fields: &'static [Field],
}

// Never `autocomplete="off"`: after going back, a browser would leave such a field empty.
const PLAIN: Control = Control::Line("");
/// The time of the day under `last_seen.at`: the API has both in one.
const TIME: &str = "last_seen.time";
/// The answer "I do not know".
pub const UNSURE: &str = "unsure";
/// Another person's name, with an autofill section of its own: the browser must not fill in the reporter's.
const NAME: Control = Control::Line(r#"autocomplete="section-sought name" spellcheck="false""#);
const NUMBER: Control = Control::Line(r#"inputmode="numeric" size="6""#);
const CODE: Control = Control::Line(r#"spellcheck="false" autocapitalize="characters""#);

const SEEN: Section = Section {
    name: "seen",
    fields: &[
        ("region", Control::Place),
        ("last_seen.place", PLAIN),
        ("last_seen.at", Control::Day),
        (TIME, Control::Time),
        ("last_seen.precision", Control::Radios(&Precision::NAMES)),
    ],
};
const REPORTER: Section = Section {
    name: "reporter",
    fields: &[
        ("reporter.name", Control::Line(r#"autocomplete="name" spellcheck="false""#)),
        ("reporter.phone", Control::Line(r#"type="tel" autocomplete="tel" inputmode="tel""#)),
        ("reporter.relation", PLAIN),
        ("reporter.publish_phone", Control::Tick),
    ],
};
const CONSENT: Section = Section {
    name: "consent",
    fields: &[("consent.truthful", Control::Tick), ("consent.publish", Control::Tick)],
};

const MISSING_PERSON: &[Section] = &[
    Section {
        name: "police",
        fields: &[("police.reported", Control::YesNo), ("police.station", PLAIN), ("police.reference", CODE)],
    },
    Section {
        name: "person",
        fields: &[
            ("person.name", NAME),
            ("person.age", Control::Age),
            ("person.sex", Control::Radios(&Sex::NAMES)),
            ("person.category", Control::Select(&Category::NAMES)),
            ("person.medical_urgent", Control::Tick),
        ],
    },
    Section {
        name: "looks",
        fields: &[
            ("photo", Control::Photos),
            ("person.height_cm", Control::Height),
            ("person.appearance", PLAIN),
            ("person.clothing", PLAIN),
            ("secret_detail", PLAIN),
        ],
    },
    SEEN,
    Section { name: "description", fields: &[("description", Control::Area)] },
    Section {
        name: "safety",
        fields: &[
            ("safety.violence", Control::YesNoUnsure),
            ("safety.protection_order", Control::YesNoUnsure),
            ("safety.left_voluntarily", Control::YesNoUnsure),
        ],
    },
    REPORTER,
    Section {
        name: "consent",
        fields: &[
            ("consent.truthful", Control::Tick),
            ("consent.sensitive", Control::Tick),
            ("consent.publish", Control::Tick),
        ],
    },
];

const LOST_PROPERTY: &[Section] = &[
    Section {
        name: "item",
        fields: &[
            ("item.direction", Control::Radios(&Direction::NAMES)),
            ("item.what", PLAIN),
            ("item.brand", PLAIN),
            ("item.colour", PLAIN),
            ("item.is_document", Control::Tick),
            ("photo", Control::Photos),
            ("description", Control::Area),
            ("secret_detail", PLAIN),
            ("item.held_at", PLAIN),
        ],
    },
    SEEN,
    REPORTER,
    CONSENT,
];

const RESCUE: &[Section] = &[
    Section {
        name: "incident",
        fields: &[
            ("incident.emergency_called", Control::Tick),
            ("incident.what", Control::Radios(&Emergency::NAMES)),
            ("incident.people", NUMBER),
            ("description", Control::Area),
            ("photo", Control::Photos),
        ],
    },
    SEEN,
    REPORTER,
    CONSENT,
];

const DONATION: &[Section] = &[
    Section {
        name: "campaign",
        fields: &[
            ("campaign.organisation", PLAIN),
            ("campaign.credit_code", CODE),
            ("campaign.filing_number", CODE),
            ("campaign.url", Control::Line(r#"type="url" inputmode="url""#)),
            ("campaign.starts_on", Control::Line(r#"type="date""#)),
            ("campaign.ends_on", Control::Line(r#"type="date""#)),
            ("campaign.needs", Control::Area),
            ("description", Control::Area),
            ("region", Control::Place),
            ("photo", Control::Photos),
        ],
    },
    REPORTER,
    CONSENT,
];

/// The form of a kind.
pub const fn sections(kind: Kind) -> &'static [Section] {
    match kind {
        Kind::MissingPerson => MISSING_PERSON,
        Kind::LostProperty => LOST_PROPERTY,
        Kind::Rescue => RESCUE,
        Kind::Donation => DONATION,
    }
}

/// Every field of a kind's form, in order.
pub fn fields(kind: Kind) -> impl Iterator<Item = Field> {
    sections(kind).iter().flat_map(|section| section.fields.iter().copied())
}

/// What was typed, by field: kept unchanged, to be shown again beside its faults.
#[derive(Clone, Debug, Default)]
pub struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// Adds a value of a field.
    pub fn add(&mut self, name: &str, value: String) {
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// The first value of a field; empty where nothing was typed.
    pub fn first(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Removes a field.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    fn knows_time(&self) -> bool {
        self.first("last_seen.precision") != Precision::Day.as_str()
    }

    /// Every field with each of its values, for a page that carries them on.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().flat_map(|(name, values)| values.iter().map(|v| (name.as_str(), v.as_str()))).collect()
    }

    /// The form's values for a notice that exists already.
    pub fn of(body: &Value) -> Typed {
        let mut typed = Typed::default();
        flatten(&mut typed, "", body);
        for question in typed.0.remove("safety.unsure").into_iter().flatten() {
            typed.0.insert(format!("safety.{question}"), vec![UNSURE.to_owned()]);
        }
        if let Ok(region) = Region::parse(typed.first("region")) {
            typed.0.insert("region".to_owned(), vec![region.full_name()]);
        }
        typed.0.entry("reporter.phone".to_owned()).and_modify(|phones| numbers::as_dialled(phones));
        if let Ok(at) = typed.first("last_seen.at").parse::<DateTime<Utc>>() {
            let at = at.with_timezone(&BEIJING);
            typed.0.insert("last_seen.at".to_owned(), vec![at.format("%Y-%m-%d").to_string()]);
            if typed.knows_time() || at.time() != NaiveTime::MIN {
                typed.0.insert(TIME.to_owned(), vec![at.format("%H:%M").to_string()]);
            }
        }
        typed
    }
}

fn flatten(typed: &mut Typed, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => typed.add(name, text.clone()),
        Value::Array(items) => items.iter().for_each(|item| flatten(typed, name, item)),
        Value::Object(fields) => {
            for (field, value) in fields {
                let path = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(typed, &path, value);
            }
        }
        other => typed.add(name, other.to_string()),
    }
}

/// What a filled-in form stands for.
pub struct Meant {
    pub body: Value,
    /// Faults that only a form can have: a place that matches none or several, or a time that cannot be read.
    pub faults: FieldFaults,
    /// The places that the typed name may mean.
    pub places: Vec<Region>,
}

/// The body that a form stands for. Empty fields are null in it, so that as a merge patch it removes what was
/// there.
pub fn meant(kind: Kind, typed: &Typed, now: DateTime<Utc>) -> Meant {
    let mut meant =
        Meant { body: json!({"kind": kind.as_str()}), faults: FieldFaults::new(), places: Vec::new() };
    for (name, control) in fields(kind) {
        let text = typed.first(name).trim();
        let value = match control {
            Control::Photos => {
                meant.body["photo_ids"] = json!(typed.all("photo_ids"));
                continue;
            }
            Control::Tick => Value::Bool(text == "true"),
            Control::YesNo if matches!(text, "true" | "false") => Value::Bool(text == "true"),
            Control::YesNoUnsure if matches!(text, "true" | "false" | UNSURE) => Value::Bool(text != "false"),
            Control::Day => match times::moment(text, typed.first(TIME), now) {
                Some(moment) => {
                    if !moment.has_time && typed.knows_time() {
                        meant.faults.insert(TIME.to_owned(), FieldFault::new("time_missing"));
                    }
                    Value::String(moment.at)
                }
                None => {
                    if !text.is_empty() {
                        meant.faults.insert(name.to_owned(), FieldFault::new("time_unclear"));
                    }
                    json!(text)
                }
            },
            // Read with its day.
            Control::Time => continue,
            Control::Age => figure(&mut meant.faults, name, text, numbers::age(text, now), "age_unclear"),
            Control::Height => figure(&mut meant.faults, name, text, numbers::height(text), "height_unclear"),
            Control::Place if text.is_empty() => json!(text),
            Control::Place => {
                let (code, places) = match place::find(text) {
                    Found::One(region) => {
                        set(&mut meant.body, name, json!(region.code()));
                        continue;
                    }
                    Found::Several(places) => ("place_several", places),
                    Found::Alike(places) if places.is_empty() => ("place_unknown", places),
                    Found::Alike(places) => ("place_alike", places),
                };
                meant.faults.insert(name.to_owned(), FieldFault::new(code));
                meant.places = places;
                json!(text)
            }
            _ => json!(text),
        };
        let value = if value.as_str() == Some("") { Value::Null } else { value };
        set(&mut meant.body, name, value);
    }
    if kind == Kind::MissingPerson {
        let unsure = SAFETY.iter().map(|(question, _)| *question);
        let unsure = unsure.filter(|question| typed.first(&format!("safety.{question}")) == UNSURE);
        meant.body["safety"]["unsure"] = unsure.collect();
    }
    meant
}

/// The number that was read, or else what was typed, with a fault where it is not a number.
fn figure(
    faults: &mut FieldFaults,
    name: &str,
    text: &str,
    read: Option<i64>,
    unclear: &'static str,
) -> Value {
    if read.is_none() && !text.is_empty() && whole_number(text).is_none() {
        faults.insert(name.to_owned(), FieldFault::new(unclear));
    }
    read.map_or_else(|| json!(text), |number| json!(number))
}

fn set(body: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        Some((outer, inner)) => {
            if !body[outer].is_object() {
                body[outer] = Value::Object(Map::new());
            }
            set(&mut body[outer], inner, value);
        }
        None => body[path] = value,
    }
}

#[cfg(test)]
mod tests;
