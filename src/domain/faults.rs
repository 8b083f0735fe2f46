//! What is wrong with what somebody filled in, field by field.

use std::collections::BTreeMap;

/// A fault of one field, and what goes into its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The sentence is under `field-CODE`.
    pub code: &'static str,
    /// Set into the sentence as `$name`.
    pub values: Vec<(&'static str, String)>,
}

impl FieldFault {
    /// A fault that needs no values.
    pub const fn new(code: &'static str) -> FieldFault {
        FieldFault { code, values: Vec::new() }
    }

    /// The same fault with one more value for its sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> FieldFault {
        self.values.push((name, value.to_string()));
        self
    }
}

/// The longest part of an unknown field's name that is repeated to whoever sent it, in characters.
pub const NAME_SHOWN: usize = 60;

/// Faults by field, in the field's own name (`last_seen.at`).
pub type FieldFaults = BTreeMap<String, FieldFault>;
