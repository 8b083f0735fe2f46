//! The forms of the steps, and the sentences for a refused step.

use actix_web::http::StatusCode;

use super::super::policy::Class;
use super::super::{ReviewError, reasons};
use crate::domain::life_cycle::{State, Step};
use crate::domain::reason::Reason;
use crate::web::frame::Frame;
use crate::web::problem::{Problem, StateOf};

/// What somebody typed into a step's form.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub step: Option<Step>,
    pub reason: String,
    pub note: String,
}

/// Why a step was refused, and where on the page to mend it.
#[derive(Clone, Debug)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    state: Option<StateOf>,
    /// The id of an element of the page.
    pub place: String,
}

impl Fault {
    /// The note is too long.
    pub fn note_too_long(step: Step) -> Fault {
        let place = format!("{}-note", step.as_str());
        Fault { status: StatusCode::UNPROCESSABLE_ENTITY, code: "note_too_long", state: None, place }
    }

    /// The fault for the station's refusal.
    pub fn refused(step: Step, error: ReviewError) -> Fault {
        let (field, code) = match (error, Reason::names(step)) {
            // The only reason is a statement with a check box.
            (ReviewError::Reason, [_]) => ("reason", "statement"),
            (ReviewError::Reason, _) => ("reason", "reason"),
            (ReviewError::Note, _) => ("note", if step == Step::Ask { "question" } else { "note" }),
            (error, _) => return Fault::at("standing", &error.into()),
        };
        let place = format!("{}-{field}", step.as_str());
        Fault { status: StatusCode::UNPROCESSABLE_ENTITY, code, state: None, place }
    }

    /// The fault for a problem, shown at this place of the page.
    pub fn at(place: &str, problem: &Problem) -> Fault {
        let code = if matches!(problem, Problem::Invalid(_)) { "reason" } else { problem.code() };
        Fault { status: problem.status(), code, state: problem.state(), place: place.to_owned() }
    }

    /// The status of the page that shows it.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened and what to do.
    pub fn sentence(&self, frame: &Frame) -> String {
        let state = self.state.map(|state| frame.t(&format!("state-{}", state.as_str())));
        frame.t1(&format!("review-fault-{}", self.code), "state", state.unwrap_or_default())
    }
}

/// A state as moderators call it.
pub fn state_word(frame: &Frame, state: State) -> String {
    frame.t(&format!("state-{}", state.as_str()))
}

/// One reason that can be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    pub code: &'static str,
    pub label: String,
    /// What the reporter will read; empty where they are told nothing.
    pub reporter: String,
    pub chosen: bool,
}

/// The form of one step.
#[derive(Clone, Debug)]
pub struct Form {
    pub step: &'static str,
    /// The path it is sent to, below `/review/{case}/`.
    pub path: &'static str,
    pub heading: String,
    pub hint: String,
    pub button: String,
    pub choices: Vec<Choice>,
    /// The label of the note's field.
    pub note_label: String,
    pub note: String,
    /// Unfolded because it contains a fault.
    pub open: bool,
    /// The fault in it.
    pub fault: Option<String>,
    /// The key that unfolds it; empty where there is none.
    pub key: &'static str,
    /// Styled as a grave step.
    pub grave: bool,
}

impl Form {
    /// Whether the only reason is a statement to be ticked rather than a choice.
    pub fn is_statement(&self) -> bool {
        self.choices.len() == 1
    }
}

/// The keyboard key of a step. It only opens the form and never sends it, so that one wrong key does nothing
/// grave.
pub const fn key(step: Step) -> &'static str {
    match step {
        Step::Claim => "c",
        Step::Approve => "a",
        Step::Ask => "i",
        Step::Reject => "r",
        Step::Escalate => "e",
        Step::Undo => "u",
        // Never offered together.
        Step::Pause | Step::Resume => "p",
        Step::Remove => "x",
        _ => "",
    }
}

/// What an approval does beside letting something go out: it is the second look at what is live, or says that
/// its police reference was checked. Each has words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    SecondLook,
    PoliceReference,
}

/// The form of a step, with what was typed into it before.
pub fn form(frame: &Frame, step: Step, class: Option<Class>, again: Option<Again>, typed: &Typed) -> Form {
    let name = step.as_str();
    let words = match again.filter(|_| step == Step::Approve) {
        Some(Again::SecondLook) => "second_look",
        Some(Again::PoliceReference) => "police_reference",
        None => name,
    };
    let open = typed.step == Some(step);
    let tells_reporter = matches!(step, Step::Reject | Step::Remove);
    let choices = Reason::all(step)
        .into_iter()
        .filter(|reason| class.is_none_or(|class| reasons::fits(*reason, class)))
        .map(Reason::as_str)
        .map(|code| Choice {
            code,
            label: frame.t(&format!("reason-{code}")),
            reporter: if tells_reporter {
                frame.t(&format!("reason-{code}-reporter"))
            } else {
                String::new()
            },
            chosen: open && typed.reason == code,
        })
        .collect();
    Form {
        step: name,
        path: match step {
            Step::Approve | Step::Ask | Step::Reject | Step::Escalate => "decisions",
            _ => name,
        },
        heading: frame.t(&format!("review-do-{words}")),
        hint: frame.t(&format!("review-hint-{words}")),
        button: frame.t(&format!("review-button-{words}")),
        choices,
        note_label: frame.t(&format!("review-note-{name}")),
        note: if open { typed.note.clone() } else { String::new() },
        open,
        fault: None,
        key: key(step),
        grave: tells_reporter,
    }
}
