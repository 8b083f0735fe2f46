//! Our words, and what the public wrote, made harmless.

use super::{Field, Line};
use crate::domain::language::Language;
use crate::domain::text::{Unit, cut_for_group, for_group, one_line};
use crate::language::{Arg, text, text_with};

/// The longest name or thing in the heading of a notice, in characters.
const NAME: usize = 40;

/// Text of the public, on one line.
pub(super) fn harmless(text: &str) -> String {
    for_group(&one_line(text, usize::MAX))
}

/// A name or the like, short enough never to crowd out what stands beside it.
pub(super) fn name(text: &str) -> String {
    cut_for_group(&harmless(text), Unit::Chars, NAME)
}

/// Sentences of one language.
#[derive(Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    pub(super) fn of(self, key: &str) -> String {
        text(self.0, key)
    }

    pub(super) fn with(self, key: &str, args: &[Arg<'_>]) -> String {
        text_with(self.0, key, args)
    }

    /// The label before a value.
    pub(super) fn label(self, key: &str) -> String {
        match self.0 {
            Language::ZhCn => self.of(key),
            Language::En => self.of(key) + " ",
        }
    }

    pub(super) fn line(self, field: Field, label: &str, value: String) -> Line {
        Line { field, label: self.label(label), value, link: None }
    }

    /// Those of the parts that exist, separated by commas.
    pub(super) fn list<const N: usize>(self, parts: [Option<String>; N]) -> String {
        let comma = match self.0 {
            Language::ZhCn => "，",
            Language::En => ", ",
        };
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(comma)
    }
}
