//! The form for tips: empty below a live notice, or filled in where a tip comes back with its faults.

use serde::Deserialize;

use crate::web::frame::Frame;

/// The fields as they were typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub text: String,
    /// The day; the API has both in one.
    pub seen_at: String,
    pub seen_time: String,
    pub place: String,
    pub phone: String,
    /// A box, ticked where it is not empty.
    pub from_sought: String,
}

/// The form of one notice.
pub struct TipForm {
    /// The path that the form is sent to: the notice's page.
    pub to: String,
    /// What the notice is about, as in [`Subject::about`](crate::domain::notice::Subject::about), or
    /// [`SOUGHT`](crate::domain::notice::SOUGHT) where it is not live: then only the person sought is heard, and the form tells nothing of it.
    pub about: &'static str,
    /// It looks for somebody who is under age.
    pub of_child: bool,
    pub typed: Typed,
    /// Field and sentence of each fault, in the order of the form.
    pub faults: Vec<(&'static str, String)>,
}

impl TipForm {
    /// The names of its fields, in order.
    pub const FIELDS: [&'static str; 4] = ["text", "seen_at", "place", "phone"];

    /// The key of a field's label.
    pub fn label(name: &str, about: &str) -> String {
        if name == "text" { format!("tip-text-{about}") } else { format!("tip-{name}") }
    }

    /// The label of a field that may be left empty, under its key.
    pub fn optional(frame: &Frame, key: &str) -> String {
        format!("{} {}", frame.t(key), frame.t("report-optional"))
    }

    /// The key of the label of the box that the person sought ticks.
    pub const fn box_label(&self) -> &'static str {
        if self.of_child { "tip-from_sought-child" } else { "tip-from_sought" }
    }

    /// The fault of a field.
    pub fn fault(&self, name: &str) -> Option<&str> {
        self.faults.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.as_str())
    }

    /// Whether it asks when and where: only a tip about a missing person or a lost thing is a sighting.
    pub fn asks_where(&self) -> bool {
        matches!(self.about, "missing_person" | "lost")
    }
}
