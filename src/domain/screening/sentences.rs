//! A text in sentences, and these in clauses.

use std::ops::Range;

use crate::domain::text::scan::glyphs;

/// The byte ranges of a text's sentences.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = |c: char| "。．.！!？?；;\n".contains(c);
    let starts = move |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    text.split(ends)
        .filter(|part| !part.trim().is_empty())
        .map(move |part| starts(part)..starts(part) + part.len())
}

/// The clauses of what [`solid`] made of a sentence.
pub(super) fn clauses(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split([',', '、', ':', '…'])
}

/// A text folded and without its spaces.
pub(super) fn solid(text: &str) -> String {
    glyphs(text).iter().map(|g| g.c).filter(|c| !c.is_whitespace()).collect()
}

/// Whether one of the words is there.
pub(super) fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}
