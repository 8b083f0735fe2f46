//! Tips as those who verify read them.

use uuid::Uuid;

use super::super::tips::{Fate, fates};
use super::super::view::{Sheet, TipView};
use super::words::{at, word};
use crate::domain::people::Role;
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
    /// It objects to the notice: the key of what is to be done about it.
    pub objects: Option<&'static str>,
    /// What the reader may let become of it.
    pub fates: &'static [Fate],
    pub words: Vec<(String, String)>,
}

/// The tips of a sheet; those that wait for a decision come first.
pub fn tips(frame: &Frame, sheet: &Sheet) -> Vec<Tip> {
    let (held, decided): (Vec<&TipView>, Vec<&TipView>) = sheet.tips.iter().partition(|hint| hint.held);
    held.into_iter().chain(decided).map(|hint| tip(frame, sheet, hint)).collect()
}

fn tip(frame: &Frame, sheet: &Sheet, hint: &TipView) -> Tip {
    let (guarded, guards) = (sheet.guarded, hint.content.guards(sheet.kind));
    let fates = fates(&hint.content, hint.objects, frame.may(Role::Lead), sheet.state);
    Tip {
        id: hint.id,
        at: at(hint.at),
        held: hint.held,
        discarded: hint.discarded,
        asks_money: asks_money(&hint.content),
        guarded: guarded || guards,
        guards: guards && !guarded,
        objects: hint.objects.then_some(match (fates, sheet.state.is_undecided()) {
            ([], true) => "review-tip-for-leads-unpublished",
            ([], false) => "review-tip-for-leads",
            ([Fate::Believe, ..], _) => "review-tip-objects-over",
            (_, true) => "review-tip-objects-unpublished",
            (_, false) => "review-tip-objects",
        }),
        fates,
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
                guarded_meanwhile: false,
            };
            assert_eq!(asks_money(&content), asks, "{flags:?}");
        }
    }
}
