//! What judging an answer has in common on every platform.

use std::time::Duration;

use serde_json::Value;

use super::{Answer, Verdict};
use crate::domain::delivery::Outcome;

/// How long to wait where a platform limits us without saying for how long: the span its own
/// budget is counted over.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The longest piece of a platform's words that is kept, in characters.
const DETAIL: usize = 200;

/// The answer's body as a JSON object.
pub(super) fn object(answer: &Answer) -> Option<Value> {
    serde_json::from_slice(&answer.body).ok().filter(Value::is_object)
}

/// A verdict with the platform's code and words.
pub(super) fn verdict(outcome: Outcome, code: impl ToString, words: &str) -> Verdict {
    let words: String = words.chars().filter(|c| !c.is_control()).take(DETAIL).collect();
    Verdict { outcome, code: Some(code.to_string()), detail: Some(words).filter(|w| !w.is_empty()) }
}

/// The verdict on an answer without the code its platform promises. Success is never assumed; that
/// the message was refused is, where the HTTP status says so.
pub(super) fn without_code(answer: &Answer) -> Verdict {
    let outcome = match answer.status {
        429 => Outcome::Slow(answer.wait().unwrap_or(MINUTE)),
        // 2xx: something took it, but who? A proxy's page answers like that, too.
        100..300 => Outcome::Unknown,
        _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
    };
    verdict(outcome, format!("http_{}", answer.status), "")
}
