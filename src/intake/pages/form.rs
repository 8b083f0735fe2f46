//! A form as its template shows it: every word in the reader's language, every fault beside its field.

use std::collections::HashMap;

use uuid::Uuid;

use super::sent::PHOTO_REFUSED;
use crate::blobs::Size;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::notice::Kind;
use crate::domain::region::Region;
use crate::intake::form::{Control, Typed, UNSURE, sections};
use crate::intake::photos::path;
use crate::intake::submission::PHOTOS;
use crate::language::has;
use crate::web::frame::Frame;
use crate::web::moment;
use crate::web::problem::{field_sentence, named_sentence};

/// A whole form.
pub struct Form {
    pub kind: Kind,
    pub sections: Vec<Section>,
    /// Each fault's place and sentence, in the order of the fields.
    pub faults: Vec<(String, String)>,
    /// The idempotency key, which makes a double tap one notice.
    pub key: String,
    /// Whether a photo was refused that was sent ahead of the form.
    pub photo_refused: bool,
}

/// Fields under a heading.
pub struct Section {
    pub heading: String,
    pub lead: String,
    pub shown: Vec<Shown>,
}

/// How the template shows a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Line,
    Area,
    Radios,
    Select,
    Place,
    Tick,
    Photos,
}

/// A field with its words and faults.
pub struct Shown {
    pub name: &'static str,
    pub shape: Shape,
    pub label: String,
    pub hint: String,
    pub error: Option<String>,
    pub value: String,
    pub attributes: &'static str,
    pub choices: Vec<(String, String)>,
    pub photos: Vec<Picture>,
}

/// A photo that is uploaded already.
pub struct Picture {
    pub id: String,
    pub thumb: String,
    pub label: String,
    pub alt: String,
}

impl Form {
    /// The form of `kind` with what was typed, its faults, the places to choose from, and the addresses that show
    /// photos of no notice.
    pub fn new(
        frame: &Frame,
        kind: Kind,
        typed: &Typed,
        faults: &FieldFaults,
        places: &[Region],
        previews: &HashMap<Uuid, String>,
    ) -> Form {
        let words = Words { frame, kind, previews };
        let mut listed = Vec::new();
        let mut shown = Vec::new();
        for section in sections(kind) {
            let fields: Vec<Shown> = section
                .fields
                .iter()
                .map(|(name, control)| {
                    let label = words.label(name);
                    let error = faults
                        .iter()
                        .find(|(field, _)| belongs(field, name))
                        .map(|(_, f)| words.fault(&label, *control, f));
                    listed.extend(error.clone().map(|sentence| ((*name).to_owned(), sentence)));
                    words.show(name, *control, typed, error, label, places)
                })
                .collect();
            shown.push(Section {
                heading: words.own(&format!("form-{}", section.name), "form-", section.name),
                lead: words.if_any(&format!("form-{}-lead", section.name)),
                shown: fields,
            });
        }
        // A fault of no visible field is shown at the top.
        for (field, fault) in faults {
            if !sections(kind).iter().flat_map(|s| s.fields).any(|(name, _)| belongs(field, name)) {
                listed.push(("main".to_owned(), sentence(frame, fault)));
            }
        }
        let key = typed.first("key").to_owned();
        let photo_refused = !typed.first(PHOTO_REFUSED).is_empty();
        Form { kind, sections: shown, faults: listed, key, photo_refused }
    }
}

/// A fault in the reader's language; those of photos have sentences of their own.
pub fn sentence(frame: &Frame, fault: &FieldFault) -> String {
    let key = format!("photo-{}", fault.code);
    if has(frame.language, &key) { frame.t(&key) } else { field_sentence(fault, frame.language) }
}

/// Whether a fault belongs to this field; faults of photos name their place in the list.
fn belongs(fault: &str, name: &str) -> bool {
    fault == name || (name == "photo" && fault.starts_with("photo_ids"))
}

struct Words<'a> {
    frame: &'a Frame,
    kind: Kind,
    previews: &'a HashMap<Uuid, String>,
}

impl Words<'_> {
    /// The words under `PREFIX-KIND-NAME` where the kind has its own, else those of all kinds.
    fn own(&self, common: &str, prefix: &str, name: &str) -> String {
        let own = format!("{prefix}{}-{name}", self.kind.as_str());
        self.frame.t(if has(self.frame.language, &own) { &own } else { common })
    }

    fn if_any(&self, key: &str) -> String {
        if has(self.frame.language, key) { self.frame.t(key) } else { String::new() }
    }

    fn label(&self, name: &str) -> String {
        let dashed = name.replace('.', "-");
        let label = self.own(&format!("f-{dashed}"), "f-", &dashed);
        if is_optional(self.kind, name) {
            format!("{label} {}", self.frame.t("report-optional"))
        } else {
            label
        }
    }

    fn hint(&self, name: &str) -> String {
        let dashed = format!("{}-hint", name.replace('.', "-"));
        let own = self.if_any(&format!("f-{}-{dashed}", self.kind.as_str()));
        if own.is_empty() { self.if_any(&format!("f-{dashed}")) } else { own }
    }

    /// The summary and the field share this sentence, so it names the field.
    fn fault(&self, label: &str, control: Control, fault: &FieldFault) -> String {
        let optional = self.frame.t("report-optional");
        let label = label.strip_suffix(optional.as_str()).unwrap_or(label).trim_end();
        let chosen = matches!(
            control,
            Control::Radios(_) | Control::Select(_) | Control::YesNo | Control::YesNoUnsure
        );
        let unchosen = FieldFault::new("unchosen");
        let sentence =
            sentence(self.frame, if chosen && fault.code == "required" { &unchosen } else { fault });
        // The label of a check box is a whole sentence, so its fault is a sentence of its own.
        if control == Control::Tick {
            return sentence;
        }
        named_sentence(label, &sentence, self.frame.language)
    }

    fn show(
        &self,
        name: &'static str,
        control: Control,
        typed: &Typed,
        error: Option<String>,
        label: String,
        places: &[Region],
    ) -> Shown {
        let value = match (control, Region::parse(typed.first(name))) {
            // A chosen place is shown by its name.
            (Control::Place, Ok(region)) => region.full_name(),
            _ => typed.first(name).to_owned(),
        };
        let named = |values: &[&str]| {
            let key = |value: &str| format!("f-{}-{value}", name.replace('.', "-"));
            values.iter().map(|v| ((*v).to_owned(), self.frame.t(&key(v)))).collect::<Vec<_>>()
        };
        let (shape, attributes, choices) = match control {
            Control::Line(attributes) => (Shape::Line, attributes, Vec::new()),
            Control::Age => (Shape::Line, r#"size="10""#, Vec::new()),
            Control::Height => (Shape::Line, r#"inputmode="decimal" size="6""#, Vec::new()),
            Control::Area => (Shape::Area, r#"rows="4""#, Vec::new()),
            Control::Radios(values) => (Shape::Radios, "", named(values)),
            Control::Select(values) => {
                let mut choices = named(values);
                choices.insert(0, (String::new(), self.frame.t("report-choose")));
                (Shape::Select, "", choices)
            }
            Control::YesNo | Control::YesNoUnsure => {
                let answers = [("true", "report-yes"), ("false", "report-no"), (UNSURE, "report-unsure")];
                let offered = if control == Control::YesNo { &answers[..2] } else { &answers[..] };
                let offered = offered.iter().map(|(value, key)| ((*value).to_owned(), self.frame.t(key)));
                (Shape::Radios, "", offered.collect())
            }
            Control::Tick => (Shape::Tick, "", Vec::new()),
            Control::Place => {
                let named = |place: &Region| (place.code().to_owned(), place.name_in(self.frame.language));
                let choices = places.iter().map(named).collect();
                (Shape::Place, "", choices)
            }
            Control::Day => (Shape::Line, moment::day(&value), Vec::new()),
            Control::Time => (Shape::Line, moment::time(&value), Vec::new()),
            Control::Photos => (Shape::Photos, "", Vec::new()),
        };
        let photos = if shape == Shape::Photos { self.pictures(typed) } else { Vec::new() };
        Shown { name, shape, hint: self.hint(name), error, value, attributes, choices, photos, label }
    }

    fn pictures(&self, typed: &Typed) -> Vec<Picture> {
        uploaded(typed)
            .zip(1_i64..)
            .map(|(id, number)| Picture {
                id: id.to_string(),
                thumb: self.previews.get(&id).cloned().unwrap_or_else(|| path(id, Size::Thumb)),
                label: self.frame.tn("photo-keep", "number", number),
                alt: self.frame.tn("photo-alt", "number", number),
            })
            .collect()
    }
}

/// The photos that a form names.
pub fn uploaded(typed: &Typed) -> impl Iterator<Item = Uuid> {
    typed.all("photo_ids").iter().filter_map(|id| id.parse().ok()).take(PHOTOS)
}

/// Whether the field may be left empty, which its label then says.
fn is_optional(kind: Kind, name: &str) -> bool {
    match name {
        "police.reported"
        | "police.station"
        | "police.reference"
        | "last_seen.precision"
        | "person.sex"
        | "photo"
        | "person.height_cm"
        | "person.appearance"
        | "person.clothing"
        | "item.brand"
        | "item.colour"
        | "item.held_at"
        | "incident.people" => true,
        "secret_detail" => kind == Kind::MissingPerson,
        "description" => kind == Kind::Donation,
        "reporter.relation" => kind != Kind::MissingPerson,
        _ => false,
    }
}
