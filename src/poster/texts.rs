//! The fixed sentences on every poster.

use crate::domain::language::Language;
use crate::language::text;

/// Fixed words in the poster's language; what differs between notices is in [`super::Poster`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The product's name, at the right of the band.
    pub brand: String,
    /// Why the poster can be trusted, below the name.
    pub verified: String,
    /// Before the case number.
    pub case_number: String,
    /// Before the end of validity.
    pub valid_until: String,
    /// What scanning the code does while the notice is live.
    pub scan: String,
    /// What it does once it is paused or over: nobody takes tips then.
    pub scan_ended: String,
    /// That the poster is only as good as the page behind the code.
    pub latest: String,
    /// Headline once the notice is over.
    pub over: String,
    /// What to do then.
    pub over_act: String,
    /// Why, in a sentence or two.
    pub over_note: String,
    /// Headline while the notice is being checked again.
    pub paused: String,
    /// What to do meanwhile.
    pub paused_act: String,
    /// Why, in a sentence or two.
    pub paused_note: String,
}

impl Texts {
    /// Those of a language.
    #[must_use]
    pub fn of(language: Language) -> Texts {
        Texts {
            brand: text(language, "poster-product"),
            verified: text(language, "poster-verified"),
            case_number: text(language, "poster-case_number"),
            valid_until: text(language, "poster-valid_until"),
            scan: text(language, "poster-scan"),
            scan_ended: text(language, "poster-scan_ended"),
            latest: text(language, "poster-latest"),
            over: text(language, "poster-over"),
            over_act: text(language, "poster-over_act"),
            over_note: text(language, "poster-over_note"),
            paused: text(language, "poster-paused"),
            paused_act: text(language, "poster-paused_act"),
            paused_note: text(language, "poster-paused_note"),
        }
    }
}
