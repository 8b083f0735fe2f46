//! Our words, and what the public wrote, made harmless.

use super::{Field, Line};
use crate::domain::language::Language;
use crate::domain::notice::NAME;
use crate::domain::text::{Unit, cut_for_group, for_group, one_line};
use crate::language::Words;

/// Text of the public, on one line.
pub(super) fn harmless(text: &str) -> String {
    for_group(&one_line(text, usize::MAX))
}

/// A name or the like, short enough never to crowd out what stands beside it.
pub(super) fn name(text: &str) -> String {
    cut_for_group(&harmless(text), Unit::Chars, NAME)
}

/// The label before a value.
pub(super) fn label(words: Words, key: &str) -> String {
    words.of(key) + words.gap()
}

pub(super) fn line(words: Words, field: Field, key: &str, value: String) -> Line {
    Line { field, label: label(words, key), value, link: None }
}

/// Those of the parts that exist, separated by commas.
pub(super) fn list<const N: usize>(words: Words, parts: [Option<String>; N]) -> String {
    let comma = match words.0 {
        Language::ZhCn => "，",
        Language::En => ", ",
    };
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(comma)
}
