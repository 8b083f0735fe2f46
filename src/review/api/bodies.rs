//! The request bodies of the review API, each parsed as a whole: into a step, or into everything that is
//! wrong with it.

use serde::Deserialize;
use utoipa::ToSchema;

use super::super::reasons::Reveal;
use super::super::tips::Fate;
use super::super::{Decision, check_reason};
use crate::domain::life_cycle::Step;
use crate::domain::reason::Reason;
use crate::domain::text::{Unit, paragraph};
use crate::web::problem::{FieldFault, FieldFaults, Problem};

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    version: i32,
    /// `approve`, `reject`, `ask` or `escalate`.
    action: String,
    /// For `approve` and `reject`, a code from the list of that action; otherwise at most 60 characters.
    reason: Option<String>,
    /// At most 2,000 characters; for the reporter with `ask`, for colleagues otherwise. Needed with `ask`, and
    /// with `reject` for the reason `other`.
    note: Option<String>,
}

impl DecisionBody {
    /// The step, or everything that is wrong with it.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn decision(self) -> Result<Decision, FieldFaults> {
        decision(action(&self.action), self.version, self.reason, self.note)
    }
}

/// Pausing or resuming.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictBody {
    version: i32,
    /// At most 60 characters: a code, because it is stored in clear text. Free text belongs in the note.
    reason: Option<String>,
    /// At most 2,000 characters, for colleagues.
    note: Option<String>,
}

impl RestrictBody {
    /// This step, or everything that is wrong with it.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn decision(self, step: Step) -> Result<Decision, FieldFaults> {
        decision(Some(step), self.version, self.reason, self.note)
    }
}

/// A removal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveBody {
    version: i32,
    reason: String,
    /// At most 2,000 characters, for colleagues.
    note: Option<String>,
}

impl RemoveBody {
    /// The step, or everything that is wrong with it.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn decision(self) -> Result<Decision, FieldFaults> {
        decision(Some(Step::Remove), self.version, Some(self.reason), self.note)
    }
}

/// A step from the fields of its body, or everything that is wrong with it.
fn decision(
    step: Option<Step>,
    version: i32,
    reason: Option<String>,
    written: Option<String>,
) -> Result<Decision, FieldFaults> {
    let mut faults = FieldFaults::new();
    let note = note(written).unwrap_or_else(|fault| {
        faults.insert("note".to_owned(), fault);
        None
    });
    let Some(step) = step else {
        faults.insert("action".to_owned(), FieldFault::none_of(&DECISIONS.map(Step::as_str)));
        return Err(faults);
    };
    if reason.as_deref().is_some_and(|reason| Unit::Chars.measure(reason) > REASON) {
        faults.insert("reason".to_owned(), FieldFault::new("too_long").with("max", REASON));
    }
    let names = Reason::names(step);
    match reason.as_deref() {
        None if !names.is_empty() => {
            let missing = FieldFault::new("choice_missing").with("choices", names.join(", "));
            faults.insert("reason".to_owned(), missing);
        }
        Some(other) if !names.is_empty() && !names.contains(&other) => {
            faults.entry("reason".to_owned()).or_insert(FieldFault::none_of(names));
        }
        _ => {}
    }
    let decision = Decision { version, step, reason, note };
    if let Err(Problem::Invalid(found)) = check_reason(&decision).map_err(Problem::from) {
        for (field, fault) in found {
            faults.entry(field).or_insert(fault);
        }
    }
    if faults.is_empty() { Ok(decision) } else { Err(faults) }
}

/// The longest note, in characters.
pub const NOTE: usize = 2_000;
/// The longest reason where it is free text, in characters.
pub const REASON: usize = 60;

/// A note as it is stored: cleaned, and `None` where nothing is left.
///
/// # Errors
/// When it is longer than [`NOTE`].
pub fn note(given: Option<String>) -> Result<Option<String>, FieldFault> {
    let Some(given) = given else { return Ok(None) };
    if Unit::Chars.measure(&given) > NOTE {
        return Err(FieldFault::new("too_long").with("max", NOTE));
    }
    Ok(Some(paragraph(&given, NOTE)).filter(|n| !n.is_empty()))
}

/// The steps that decide what waits for review.
pub const DECISIONS: [Step; 4] = [Step::Approve, Step::Reject, Step::Ask, Step::Escalate];

/// The step with that name, where it is a decision.
pub fn action(name: &str) -> Option<Step> {
    Step::named(name).filter(|step| DECISIONS.contains(step))
}

/// The decision about a held tip.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    /// `pass_on` to the family, or `discard`. Of an adult, and where violence or custody is mentioned, the
    /// family reads only that the police know. What objects to the notice a lead discards or, after the end,
    /// can `believe`, so that what is like it is for the leads.
    #[schema(value_type = Fate)]
    action: String,
}

impl VerdictBody {
    /// The verdict, or everything that is wrong with it.
    ///
    /// # Errors
    /// For an unknown action.
    pub fn fate(self) -> Result<Fate, FieldFaults> {
        Fate::named(&self.action).ok_or_else(|| fault("action", FieldFault::none_of(&Fate::NAMES)))
    }
}

/// Why a reporter's phone is needed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneBody {
    /// `call_back` or `urgent_tip`.
    reason: String,
}

impl PhoneBody {
    /// The reason.
    ///
    /// # Errors
    /// For an unknown reason.
    pub fn reason(self) -> Result<Reveal, FieldFaults> {
        Reveal::named(&self.reason).ok_or_else(|| fault("reason", FieldFault::none_of(&Reveal::NAMES)))
    }
}

fn fault(field: &str, fault: FieldFault) -> FieldFaults {
    FieldFaults::from([(field.to_owned(), fault)])
}
