//! The form in which people tell what they saw: empty below a live notice, and as it was filled in where a tip comes
//! back with its faults.

use serde::Deserialize;

/// What was typed, as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub text: String,
    pub seen_at: String,
    pub place: String,
    pub phone: String,
}

/// The form of one notice.
pub struct TipForm {
    /// The path of the notice's page.
    pub to: String,
    /// What the notice is about, as [`Subject::about`](crate::domain::notice::Subject::about) says it.
    pub about: &'static str,
    pub typed: Typed,
    /// Field and sentence, in the order of the form.
    pub faults: Vec<(&'static str, String)>,
}

impl TipForm {
    /// The names of its fields, in their order.
    pub const FIELDS: [&'static str; 4] = ["text", "seen_at", "place", "phone"];

    /// Under which key a field's label stands.
    pub fn label(name: &str, about: &str) -> String {
        if name == "text" { format!("tip-text-{about}") } else { format!("tip-{name}") }
    }

    /// What is wrong with a field.
    pub fn fault(&self, name: &str) -> Option<&str> {
        self.faults.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.as_str())
    }

    /// Whether it asks when and where: those who tell something have seen it, somewhere at some time.
    pub fn asks_where(&self) -> bool {
        matches!(self.about, "missing_person" | "lost")
    }
}
