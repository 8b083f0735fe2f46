//! Times, spans and codes as moderators read them.

use chrono::{DateTime, Utc};

use super::super::view::Sheet;
use super::super::waiting::Want;
use crate::domain::notice::{Kind, Outcome, Public};
use crate::domain::shown::altered;
use crate::domain::zone::BEIJING;
use crate::language::has;
use crate::web::frame::Frame;

/// The sentence under `PREFIX-CODE`, or the code itself where there is no sentence: codes may come from
/// another station, and a bare code says more than nothing.
pub fn word(frame: &Frame, prefix: &str, code: &str) -> String {
    let key = format!("{prefix}-{code}");
    if has(frame.language, &key) { frame.t(&key) } else { code.to_owned() }
}

/// Why something live must be looked at again.
pub struct WantView {
    pub words: String,
    /// It should have been done by now.
    pub overdue: bool,
}

/// The wants in words.
pub fn wanted(frame: &Frame, wants: &[Want], overdue: &[Want]) -> Vec<WantView> {
    let want = |want: &Want| {
        let overdue = overdue.contains(want);
        let family = if overdue { "review-overdue" } else { "review-want" };
        WantView { words: word(frame, family, want.as_str()), overdue }
    };
    wants.iter().map(want).collect()
}

/// A reason in words; where the reporter ended the notice, the reason is its outcome.
pub fn reason_word(frame: &Frame, reason: &str) -> String {
    match Outcome::named(reason) {
        Some(outcome) => frame.t(&format!("my-outcome-{}", outcome.as_str())),
        None => word(frame, "reason", reason),
    }
}

/// What was typed wherever something else is shown, under the label of its field in the form.
pub fn as_typed(frame: &Frame, public: &Public) -> Vec<(String, String)> {
    let kind = public.subject.kind();
    let label = |name: &str| frame.t1("review-fact-typed", "field", field(frame, kind, name));
    altered(public).into_iter().map(|(name, text)| (label(name), text)).collect()
}

/// The label that a field of that dotted name has in the form of its kind, or the name where it has none.
pub fn field(frame: &Frame, kind: Kind, name: &str) -> String {
    let field = name.replace(['.', '_'], "-");
    let names = [name.replace('.', "-"), field.clone()];
    let labels = names.iter().flat_map(|n| [format!("f-{}-{n}", kind.as_str()), format!("f-{n}")]);
    let known = labels.chain([format!("review-fact-{field}")]).find(|key| has(frame.language, key));
    known.map_or_else(|| name.to_owned(), |key| frame.t(&key))
}

/// A recent time, in Beijing time.
pub fn at(time: DateTime<Utc>) -> String {
    time.with_timezone(&BEIJING).format("%m-%d %H:%M").to_string()
}

/// A time with seconds, in Beijing time, for what is over within a minute.
pub fn to_the_second(time: DateTime<Utc>) -> String {
    time.with_timezone(&BEIJING).format("%H:%M:%S").to_string()
}

/// A duration in its largest sensible unit, rounded down.
pub fn span(frame: &Frame, seconds: i64) -> String {
    let (key, number) = match seconds {
        ..60 => ("review-span-now", 0),
        60..3_600 => ("review-span-minutes", seconds / 60),
        3_600..172_800 => ("review-span-hours", seconds / 3_600),
        _ => ("review-span-days", seconds / 86_400),
    };
    frame.tn(key, "n", number)
}

/// How long it has waited or, once it was published, how long that is ago; `None` where it is over.
pub fn waiting(frame: &Frame, sheet: &Sheet, now: DateTime<Utc>) -> Option<String> {
    let (key, seconds) = match sheet.live_at {
        _ if sheet.state.is_over() => return None,
        Some(live_at) => ("review-published", (now - live_at).num_seconds()),
        None => ("review-waiting", sheet.waiting_s),
    };
    Some(frame.t1(key, "span", span(frame, seconds)))
}

/// A symbol for an urgency, shown beside its word, so that nobody has to tell colours apart.
pub const fn icon(urgency: i16) -> &'static str {
    match urgency {
        3.. => "▲▲",
        2 => "▲",
        1 => "●",
        _ => "○",
    }
}
