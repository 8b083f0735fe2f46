//! Tips as those who verify read them.

use uuid::Uuid;

use super::super::tips::{Fate, guards};
use super::super::view::TipView;
use super::words::{at, word};
use crate::domain::notice::Kind;
use crate::domain::screening::FindingKind;
use crate::domain::tip::Content;
use crate::web::frame::Frame;

/// A tip, in words.
pub struct Tip {
    pub id: Uuid,
    pub at: String,
    /// The family has not seen it.
    pub held: bool,
    /// Only leads still read it.
    pub discarded: bool,
    /// It speaks of paying: as a rule it is a scam, and to be discarded.
    pub asks_money: bool,
    /// The reporter learns of it only that the police know.
    pub guarded: bool,
    /// So they do of all others from then on.
    pub guards: bool,
    /// What may become of it.
    pub fates: Vec<Fate>,
    pub words: Vec<(String, String)>,
}

/// Tips that wait for a decision come first. `guarded`: no tip about this notice is for its reporter.
pub fn tips(frame: &Frame, kind: Kind, hints: &[TipView], guarded: bool) -> Vec<Tip> {
    let (held, decided): (Vec<&TipView>, Vec<&TipView>) = hints.iter().partition(|hint| hint.held);
    held.into_iter().chain(decided).map(|hint| tip(frame, kind, hint, guarded)).collect()
}

fn tip(frame: &Frame, kind: Kind, hint: &TipView, guarded: bool) -> Tip {
    let guards = guards(kind, &hint.content);
    let fates = Fate::ALL.into_iter().filter(|fate| *fate != Fate::PassOn || !hint.content.objects());
    Tip {
        id: hint.id,
        at: at(hint.at),
        held: hint.held,
        discarded: hint.discarded,
        asks_money: asks_money(&hint.content),
        guarded: guarded || guards,
        guards: guards && !guarded,
        fates: fates.collect(),
        words: words(frame, hint.content.clone()),
    }
}

/// The fields that it has, in the order they are read.
fn words(frame: &Frame, content: Content) -> Vec<(String, String)> {
    let flags =
        content.flags.iter().map(|code| word(frame, "review-flag", code)).collect::<Vec<_>>().join(" ");
    let fields = [
        ("text", Some(content.text)),
        ("place", content.place),
        ("seen_at", content.seen_at.map(at)),
        ("phone", content.phone),
        ("flags", Some(flags)),
    ];
    let said = fields.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    said.map(|(name, value)| (word(frame, "review-tip", name), value)).collect()
}

fn asks_money(content: &Content) -> bool {
    let of_money = [FindingKind::Payment, FindingKind::BankCard].map(FindingKind::as_str);
    content.flags.iter().any(|flag| of_money.contains(&flag.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_that_asks_for_money_is_known_by_its_flags() {
        let cases: [(&[&str], bool); 4] =
            [(&["contact", "payment"], true), (&["bank_card"], true), (&["contact"], false), (&[], false)];
        for (flags, asks) in cases {
            let content = Content {
                text: "先转五百路费".to_owned(),
                seen_at: None,
                place: None,
                phone: None,
                flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
                guarded: false,
            };
            assert_eq!(asks_money(&content), asks, "{flags:?}");
        }
    }
}
