//! What one request does: says a part of a message, or takes back what stands in the chat.

use crate::domain::named::named;

/// What one request does. A reference is what a platform answered when it took a part of a message
/// ([`Outcome::Delivered`](crate::domain::delivery::Outcome::Delivered)); only its adapter reads it, and it
/// names something only for the robot that said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Says part `n` of the message, from 0.
    Say(usize),
    /// Makes what stands in the chat under this reference say the message instead, without a picture.
    Edit(&'a str),
    /// Takes what stands under this reference out of the chat.
    Delete(&'a str),
    /// Says the message as an answer to what stands under this reference.
    Reply(&'a str),
}

impl<'a> Act<'a> {
    /// The message that it takes back or answers.
    pub const fn reference(self) -> Option<&'a str> {
        match self {
            Act::Say(_) => None,
            Act::Edit(reference) | Act::Delete(reference) | Act::Reply(reference) => Some(reference),
        }
    }

    /// What the act is called in the ids of its requests. Receivers know a retry by those, so it stays as it
    /// is.
    pub(super) fn tag(self) -> String {
        match self {
            Act::Say(part) => format!("Say({part})"),
            Act::Edit(reference) => format!("Edit(\"{reference}\")"),
            Act::Delete(reference) => format!("Delete(\"{reference}\")"),
            Act::Reply(reference) => format!("Reply(\"{reference}\")"),
        }
    }
}

named! {
    /// A way of taking a message back, by its name in documents.
    pub enum TakeBack {
        Edit = "edit",
        Delete = "delete",
        Reply = "reply",
    }
}

impl TakeBack {
    /// The act that takes back what stands under a reference.
    pub const fn act(self, reference: &str) -> Act<'_> {
        match self {
            TakeBack::Edit => Act::Edit(reference),
            TakeBack::Delete => Act::Delete(reference),
            TakeBack::Reply => Act::Reply(reference),
        }
    }
}

/// Which of a message's bodies an act sends: acts of one form share one composed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BodyForm {
    pub id: u8,
    /// Composing it needs the picture's bytes.
    pub pictured: bool,
}

impl BodyForm {
    pub(super) const EDIT: u8 = 100;
    pub(super) const DELETE: u8 = 101;
    pub(super) const REPLY: u8 = 102;

    /// A form of its own for every part and every way of taking back, none of them pictured.
    pub(super) fn usual(act: Act<'_>) -> BodyForm {
        let id = match act {
            Act::Say(part) => u8::try_from(part).unwrap_or(BodyForm::EDIT - 1),
            Act::Edit(_) => BodyForm::EDIT,
            Act::Delete(_) => BodyForm::DELETE,
            Act::Reply(_) => BodyForm::REPLY,
        };
        BodyForm { id, pictured: false }
    }

    /// This form with the picture in it.
    pub(super) const fn pictured(self) -> BodyForm {
        BodyForm { pictured: true, ..self }
    }
}
