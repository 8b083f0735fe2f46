//! What is wrong with what somebody filled in, field by field.

use std::collections::BTreeMap;

/// A fault of one field, with the values for its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The sentence is the one under `field-CODE`.
    pub code: &'static str,
    /// Values that the sentence refers to as `$name`.
    pub values: Vec<(&'static str, String)>,
}

impl FieldFault {
    /// A fault that needs no values.
    pub const fn new(code: &'static str) -> FieldFault {
        FieldFault { code, values: Vec::new() }
    }

    /// That it is none of these names.
    pub fn none_of(names: &[&str]) -> FieldFault {
        FieldFault::new("choice").with("choices", names.join(", "))
    }

    /// The same fault with one more value for its sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> FieldFault {
        self.values.push((name, value.to_string()));
        self
    }
}

/// How much of an unknown field's name is repeated to the client that sent it, in characters.
pub const NAME_SHOWN: usize = 60;

/// Faults by the dotted name of their field (`last_seen.at`).
pub type FieldFaults = BTreeMap<String, FieldFault>;
