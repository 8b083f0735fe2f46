//! What happened to a notice, as lines of its page.

use uuid::Uuid;

use super::super::view::Happened;
use super::form::state_word;
use super::words::{at, reason_word, word};
use crate::domain::life_cycle::{ActedAs, State, Step};
use crate::web::frame::Frame;

/// One line of it, or a reply.
pub struct Line {
    pub at: String,
    pub what: String,
    pub reason: Option<String>,
    pub note: Option<String>,
    /// Photos that came with a reply.
    pub photos: Vec<Uuid>,
}

/// The reporter's newest reply, where the reader may read it.
pub fn reply(frame: &Frame, events: &[Happened]) -> Option<Line> {
    let answered = events.iter().rfind(|event| event.is(Step::Reply));
    answered.filter(|event| event.note.is_some()).map(|event| line(frame, event))
}

/// The history, newest first, without claims, because every later step implies one.
pub fn history(frame: &Frame, events: &[Happened]) -> Vec<Line> {
    let claims = |(at, event): &(usize, &Happened)| {
        let next = events.get(at + 1);
        event.is(Step::Claim) && event.by.is_some() && next.is_some_and(|n| n.by == event.by)
    };
    let told = events.iter().enumerate().filter(|entry| !claims(entry));
    told.rev().map(|(_, event)| line(frame, event)).collect()
}

fn line(frame: &Frame, event: &Happened) -> Line {
    let mut what = word(frame, "review-step", step_told(event));
    // A step of the scheduler is shown without a person.
    if event.actor != ActedAs::Clock {
        let who = event.by.clone().unwrap_or_else(|| word(frame, "review-actor", event.actor.as_str()));
        what = format!("{who} · {what}");
    }
    // An approval alone does not say which state follows; every other step does.
    if event.is(Step::Approve) && event.before != event.after {
        what = format!("{what} → {}", state_word(frame, event.after));
    }
    Line {
        at: at(event.at),
        what,
        reason: event.reason.as_deref().map(|reason| reason_word(frame, reason)),
        note: event.note.clone(),
        photos: event.photo_ids.clone(),
    }
}

/// The name under which a step is shown. For a notice that was never published, an expiry has another name.
fn step_told(event: &Happened) -> &str {
    let published = matches!(event.before, State::Live | State::Paused);
    if event.is(Step::Expire) && !published { "forsake" } else { &event.step }
}
