//! Tips as those who verify read them.

use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

use super::super::tips::{Fate, may_pass};
use super::super::view::Hint;
use super::words::{at, word};
use crate::domain::screening::FindingKind;
use crate::web::frame::Frame;

/// A tip, in words.
pub struct Tip {
    pub id: Uuid,
    pub at: String,
    /// The family has not seen it.
    pub held: bool,
    /// It speaks of paying: as a rule it is a scam, and to be discarded.
    pub asks_money: bool,
    /// What may become of it.
    pub fates: Vec<Fate>,
    pub words: Vec<(String, String)>,
}

/// The fields of a tip, in the order they are read.
const SAID: [&str; 5] = ["text", "place", "seen_at", "phone", "flags"];

/// Tips that wait for a decision come first.
pub fn tips(frame: &Frame, hints: &[Hint]) -> Vec<Tip> {
    let (held, decided): (Vec<&Hint>, Vec<&Hint>) = hints.iter().partition(|hint| hint.held);
    held.into_iter().chain(decided).map(|hint| tip(frame, hint)).collect()
}

fn tip(frame: &Frame, hint: &Hint) -> Tip {
    let said = SAID.iter().filter_map(|name| {
        let value = match hint.content.get(name)? {
            Value::String(text) if *name == "seen_at" => {
                DateTime::parse_from_rfc3339(text).map_or_else(|_| text.clone(), |seen| at(seen.to_utc()))
            }
            Value::String(text) => text.clone(),
            Value::Array(codes) => {
                let codes = codes.iter().filter_map(Value::as_str);
                codes.map(|code| word(frame, "review-flag", code)).collect::<Vec<_>>().join(" ")
            }
            _ => return None,
        };
        (!value.is_empty()).then(|| (word(frame, "review-tip", name), value))
    });
    let fates = Fate::ALL.into_iter().filter(|fate| *fate != Fate::PassOn || may_pass(&hint.content));
    Tip {
        id: hint.id,
        at: at(hint.at),
        held: hint.held,
        asks_money: asks_money(hint),
        fates: fates.collect(),
        words: said.collect(),
    }
}

fn asks_money(hint: &Hint) -> bool {
    let flags = hint.content.get("flags").and_then(Value::as_array);
    let of_money = [FindingKind::Payment, FindingKind::BankCard].map(FindingKind::as_str);
    flags.into_iter().flatten().filter_map(Value::as_str).any(|flag| of_money.contains(&flag))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tip_that_asks_for_money_is_known_by_its_flags() {
        for (flags, asks) in [
            (json!(["contact", "payment"]), true),
            (json!(["bank_card"]), true),
            (json!(["contact"]), false),
            (json!([]), false),
        ] {
            let content = json!({"text": "先转五百路费", "flags": flags});
            let at = DateTime::<Utc>::UNIX_EPOCH;
            assert_eq!(asks_money(&Hint { id: Uuid::nil(), at, held: true, content }), asks, "{flags}");
        }
    }
}
