//! What a request has come to, for its host and for its delivery.

use chrono::{DateTime, TimeDelta, Utc};

use crate::broadcast::hosts::Went;
use crate::broadcast::platforms::{Act, Adapter, Credentials, Response, Verdict};
use crate::broadcast::send::SendFault;
use crate::domain::delivery::{Fault, Outcome};
use crate::vault::Key;

/// How far our clock may be from a platform's before a signature that it refuses is refused for the time in
/// it: receivers of Standard Webhooks bear five minutes, DingTalk and Feishu an hour.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What a request has come to.
#[derive(Debug)]
pub struct Judged {
    /// How it went for the host.
    pub went: Went,
    /// What it means for the delivery.
    pub verdict: Verdict,
    /// The answer, where there is one.
    pub answer: Option<Response>,
}

/// Judges what came back for an act's request.
pub fn judged(
    adapter: &dyn Adapter,
    act: Act<'_>,
    sent: Result<Response, SendFault>,
    at: DateTime<Utc>,
) -> Judged {
    match sent {
        Ok(answer) => {
            let answer = answer.dated(at);
            let mut verdict = adapter.judge(act, &answer).as_asked(&answer);
            if verdict.outcome == Outcome::Config(Fault::Signature) && is_off(&answer, at) {
                verdict.outcome = Outcome::Config(Fault::Clock);
            }
            let went = match Went::answered(answer.status, adapter.profile().refusals) {
                // Whoever knows what is wrong with one group's robot is there for the others.
                Went::Failed if matches!(verdict.outcome, Outcome::Config(_) | Outcome::Gone) => {
                    Went::Answered
                }
                went => went,
            };
            Judged { went, verdict, answer: Some(answer) }
        }
        Err(fault) => {
            let verdict = Verdict::ours(fault.outcome(), fault.as_str());
            Judged { went: Went::Failed, verdict, answer: None }
        }
    }
}

/// Whether our clock is far from that of whoever answered at `at`.
fn is_off(answer: &Response, at: DateTime<Utc>) -> bool {
    answer.date("date").is_some_and(|theirs| (theirs - at).abs() > SKEW)
}

/// What a platform said instead of taking the message: its first 4 KB, sealed under the case's key, because
/// some repeat the message, and with the credentials redacted. It is shortened after that, so that no
/// beginning of a secret is left at the cut.
pub fn sealed_answer(
    answer: &Response,
    verdict: &Verdict,
    key: Option<&Key>,
    with: &Credentials,
) -> Option<Vec<u8>> {
    const KEPT: usize = 4 * 1024;
    if matches!(verdict.outcome, Outcome::Delivered(_)) {
        return None;
    }
    let words = String::from_utf8_lossy(&answer.body);
    let words =
        if answer.body.len() < Response::MOST { with.redact(&words) } else { with.redact_cut(&words) };
    let words = format!("HTTP {}\n{}", answer.status, &words[..words.floor_char_boundary(KEPT)]);
    Some(key?.seal("answer", words.as_bytes()))
}
