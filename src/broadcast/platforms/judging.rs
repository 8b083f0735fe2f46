//! What an answer means, and what judging has in common on every platform.

use std::time::Duration;

use serde_json::Value;

use super::Response;
use super::exchange::whole_seconds;
use crate::domain::delivery::Outcome;

/// How long to wait where a platform limits us without saying for how long: the span its own
/// budget is counted over.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The longest code that is kept, in characters.
const CODE: usize = 60;
/// The longest reference or handle that is kept, in bytes: an event id of Matrix has up to 255.
const REFERENCE: usize = 300;

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Whether anybody answered.
    pub answered: bool,
    /// The platform's own code, for the delivery log.
    pub code: Option<String>,
    /// What this account of the platform calls the picture from now on.
    pub media: Option<String>,
    /// Whether it is refused because the platform does not know the picture by the handle that the request
    /// gave.
    pub unknown_media: bool,
    /// How long the chat must rest, whatever became of the message.
    pub rest: Option<Duration>,
    /// How many attempts in a row may end like this, at most.
    pub tries: Option<u32>,
    /// Whether the wait or fault holds for the whole account, not for this chat alone.
    pub wide: bool,
}

impl Verdict {
    /// A verdict on an answer, with the platform's code.
    pub(super) fn new(outcome: Outcome, code: impl ToString) -> Verdict {
        Verdict { answered: true, ..Verdict::ours(outcome, code) }
    }

    /// A verdict without an answer, with a code of our own.
    pub fn ours(outcome: Outcome, code: impl ToString) -> Verdict {
        // On some platforms whoever runs the server chooses the code, and PostgreSQL stores no NUL.
        let code = code.to_string().chars().filter(|c| !c.is_control()).take(CODE).collect();
        Verdict {
            outcome,
            answered: false,
            code: Some(code),
            media: None,
            unknown_media: false,
            rest: None,
            tries: None,
            wide: false,
        }
    }

    /// The verdict on an answer without the code that its platform promises. Success is never assumed; a
    /// refusal is, where the HTTP status says so.
    pub(super) fn without_code(answer: &Response) -> Verdict {
        let outcome = match answer.status {
            429 => slow(answer),
            // 2xx: something took it, but who? A proxy's page answers like that, too.
            100..300 => Outcome::Unknown,
            // Too large, says the server or the proxy before it, and smaller it will not get.
            413 => Outcome::Bad,
            _ => failed(answer),
        };
        Verdict::new(outcome, format!("http_{}", answer.status))
    }

    /// The same, where it is about a chat that its group has left: what is wrong there is nothing that its admin has to
    /// mend.
    #[must_use]
    pub fn of_left_chat(self) -> Verdict {
        let theirs = !self.wide && matches!(self.outcome, Outcome::Gone | Outcome::Config(_));
        Verdict { outcome: if theirs { Outcome::Bad } else { self.outcome }, ..self }
    }

    /// The same, with the rest that a refusal asks for, whatever it means. (Where it means "slow down", that is
    /// the outcome's own.)
    pub fn as_asked(mut self, answer: &Response) -> Verdict {
        if !matches!(self.outcome, Outcome::Slow(_) | Outcome::Delivered(_)) {
            self.rest = self.rest.max(answer.wait());
        }
        self
    }

    pub(super) fn with_media(self, media: Option<&str>) -> Verdict {
        Verdict { media: media.and_then(kept), ..self }
    }

    pub(super) fn not_knowing(self, unknown_media: bool) -> Verdict {
        Verdict { unknown_media, ..self }
    }

    pub(super) fn resting(self, rest: Option<Duration>) -> Verdict {
        Verdict { rest, ..self }
    }

    pub(super) fn tried(self, tries: Option<u32>) -> Verdict {
        Verdict { tries, ..self }
    }

    pub(super) fn widely(self, wide: bool) -> Verdict {
        Verdict { wide, ..self }
    }
}

/// The answer's body as a JSON object.
pub(super) fn object(answer: &Response) -> Option<Value> {
    serde_json::from_slice(&answer.body).ok().filter(Value::is_object)
}

/// What a failure of the server means. A gateway that waited for it in vain knows no more than we do after a
/// time-out: 504, and 524 at Cloudflare (<https://developers.cloudflare.com/support/troubleshooting/http-status-codes/>).
pub(super) fn failed(answer: &Response) -> Outcome {
    match answer.status {
        504 | 524 => Outcome::Unknown,
        _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
    }
}

/// As long as the answer asks for, else a minute.
pub(super) fn slow(answer: &Response) -> Outcome {
    Outcome::Slow(answer.wait().unwrap_or(MINUTE))
}

/// As long as the headers or the body ask for, whichever is longer, else a minute; `retry_after` in the body
/// is in seconds, with a fraction.
pub(super) fn slow_as_told(said: Option<&Value>, answer: &Response) -> Outcome {
    let told = said.and_then(|said| whole_seconds(said["retry_after"].as_f64()?));
    told.max(answer.wait()).map_or_else(|| slow(answer), Outcome::Slow)
}

/// A reference or handle, if it is fit to be kept.
pub(super) fn kept(reference: &str) -> Option<String> {
    let fit = !reference.is_empty() && reference.len() <= REFERENCE && !reference.contains(char::is_control);
    fit.then(|| reference.to_owned())
}
