//! A notice and its likely duplicates, side by side.

use uuid::Uuid;

use super::super::duplicates::Duplicate;
use super::super::view::Sheet;
use super::form::state_word;
use super::words::{at, word};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::notice::{Public, Subject};
use crate::web::frame::Frame;

/// A table with one column per notice, the reviewed one first.
pub struct Comparison {
    /// The headings of the other notices' columns.
    pub others: Vec<Head>,
    /// The first photo of each.
    pub photos: Vec<Option<Uuid>>,
    /// A label, and what each notice says there.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// The heading above another notice.
pub struct Head {
    pub case: CaseNumber,
    pub state: String,
    pub why: Vec<String>,
}

/// What one notice says.
pub struct Cell {
    pub words: String,
    /// Whether it says the same as the reviewed notice.
    pub same: bool,
}

impl Comparison {
    /// How many other notices there are.
    pub fn count(&self) -> i64 {
        self.others.len() as i64
    }

    /// The table; `None` where there is nothing to compare with.
    pub fn new(frame: &Frame, sheet: &Sheet) -> Option<Comparison> {
        if sheet.duplicates.is_empty() {
            return None;
        }
        let says: Vec<Option<&Public>> = std::iter::once(sheet.public.as_ref())
            .chain(sheet.duplicates.iter().map(|other| other.public.as_ref()))
            .collect();
        let submitted = std::iter::once(sheet.submitted_at)
            .chain(sheet.duplicates.iter().map(|other| other.submitted_at))
            .map(at)
            .collect();
        let row = |name: &str, words: Vec<String>| (frame.t(&format!("review-compare-{name}")), cells(words));
        let of = |fact: &dyn Fn(&Public) -> String| {
            says.iter().map(|public| public.map(fact).unwrap_or_default()).collect::<Vec<_>>()
        };
        let rows = vec![
            row("name", of(&|public| public.subject.heading().to_owned())),
            row("age", of(&age)),
            row("place", of(&|public| place(public, frame.language))),
            row("seen", of(&|public| public.last_seen.as_ref().map(|seen| at(seen.at)).unwrap_or_default())),
            row("submitted", submitted),
        ];
        Some(Comparison {
            others: sheet.duplicates.iter().map(|other| head(frame, other)).collect(),
            photos: says.iter().map(|public| public.and_then(|p| p.photos.first().copied())).collect(),
            rows: rows
                .into_iter()
                .filter(|(_, cells)| cells.iter().any(|cell| !cell.words.is_empty()))
                .collect(),
        })
    }
}

/// A case in words.
pub(super) fn head(frame: &Frame, other: &Duplicate) -> Head {
    Head {
        case: other.case_number,
        state: state_word(frame, other.state),
        why: other.why.iter().map(|why| word(frame, "review-duplicate", why.as_str())).collect(),
    }
}

fn cells(words: Vec<String>) -> Vec<Cell> {
    let first = words.first().cloned().unwrap_or_default();
    let same = |at: usize, words: &str| at > 0 && !words.is_empty() && words == first;
    words.into_iter().enumerate().map(|(at, words)| Cell { same: same(at, &words), words }).collect()
}

fn age(public: &Public) -> String {
    match &public.subject {
        Subject::MissingPerson { person } => person.age.to_string(),
        _ => String::new(),
    }
}

fn place(public: &Public, language: Language) -> String {
    let area = public.region.name_in(language);
    match &public.last_seen {
        Some(seen) if !seen.place.is_empty() => format!("{area} {}", seen.place),
        _ => area,
    }
}
