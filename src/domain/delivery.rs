//! A broadcast is one thing to say; a delivery is that broadcast to one group. This file names what a
//! broadcast is for, which delivery goes first, and how a delivery, an attempt and a take-back can end.

use std::time::Duration;

use super::group::Platform;
use super::named::named;

named! {
    /// What a broadcast is for.
    pub enum Purpose {
        /// The notice goes live.
        Alert = "alert",
        /// A reviewed new revision of a live notice.
        Update = "update",
        /// The notice is over.
        Closing = "closing",
        /// The notice was false, unsafe or unlawful.
        Correction = "correction",
    }
}

impl Purpose {
    /// Whether it says that a notice is over, and therefore goes only to those who received it.
    pub const fn ends(self) -> bool {
        matches!(self, Purpose::Closing | Purpose::Correction)
    }
}

/// From this urgency of a notice on, life is at risk.
pub const LIFE_AT_RISK: i32 = 2;

/// Which due delivery goes first: the smaller number. The numbers are stored, so none ever changes its
/// meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Priority {
    /// Corrections: people believe what was false until they arrive.
    Correction = -1,
    /// Closings: they stop people from searching for nothing.
    Closing = 0,
    /// Life at risk.
    Urgent = 1,
    Usual = 2,
}

impl Priority {
    /// All priorities, the first to go first.
    pub const ALL: [Priority; 4] =
        [Priority::Correction, Priority::Closing, Priority::Urgent, Priority::Usual];

    /// The priority with that number.
    pub fn numbered(number: i32) -> Option<Priority> {
        Priority::ALL.into_iter().find(|priority| *priority as i32 == number)
    }

    /// The priority of what a live notice of that urgency says.
    pub const fn of(urgency: i32) -> Priority {
        if urgency >= LIFE_AT_RISK { Priority::Urgent } else { Priority::Usual }
    }
}

named! {
    /// Where a delivery stands.
    pub enum DeliveryState {
        /// Due now or later.
        Open = "open",
        Delivered = "delivered",
        /// Refused for good, or the retries are used up.
        GivenUp = "given_up",
        /// The notice ended first.
        Cancelled = "cancelled",
    }
}

named! {
    /// What became of a message in a chat where a notice is over.
    #[derive(PartialOrd, Ord)]
    pub enum How {
        /// It says now that the notice is over.
        Edited = "edited",
        /// It is no longer there.
        Deleted = "deleted",
        /// It stands as it was; a further message says that the notice is over.
        FollowedUp = "followed_up",
    }
}

/// What the next act of a delivery has come to so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActSoFar {
    /// Its words go without their picture, because the platform refused that.
    pub alone: bool,
    /// What was in vain. Where a message is said: answers that left in doubt whether it arrived, with its
    /// picture or without. Where one is taken back: ways of doing so that the platform refused.
    pub in_vain: u16,
}

impl ActSoFar {
    /// The same after one more answer, or one more way, in vain.
    #[must_use]
    pub const fn once_more_in_vain(self) -> ActSoFar {
        ActSoFar { in_vain: self.in_vain.saturating_add(1), ..self }
    }
}

/// Whether a group has seen the message. It decides which groups must hear that the notice is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Reach {
    /// Certainly not.
    No = 0,
    /// A request was sent and its answer is not known.
    Maybe = 1,
    Yes = 2,
}

impl Reach {
    /// The reach stored under that number.
    pub const fn of(stored: i16) -> Reach {
        match stored {
            ..=0 => Reach::No,
            1 => Reach::Maybe,
            _ => Reach::Yes,
        }
    }
}

/// How one attempt ended: eight outcomes, each with different consequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The platform proved that it took the message. Holds the message's id, where the platform returns one.
    Delivered(Option<String>),
    /// The chat or the robot no longer exists: stop for good.
    Gone,
    /// A person must fix something at the platform; retrying alone will not help.
    Config(Fault),
    /// Rate limited: not before this time has passed.
    Slow(Duration),
    /// Temporary failure: worth another try after a while.
    Retry,
    /// The platform will never take this message as it is.
    Bad,
    /// The chat has a new id.
    Moved(String),
    /// No proof either way; never counted as delivered.
    Unknown,
}

impl Outcome {
    /// The outcome without what it holds, as the delivery log keeps it.
    pub const fn ended_as(&self) -> EndedAs {
        match self {
            Outcome::Delivered(_) => EndedAs::Delivered,
            Outcome::Gone => EndedAs::Gone,
            Outcome::Config(_) => EndedAs::Config,
            Outcome::Slow(_) => EndedAs::Slow,
            Outcome::Retry => EndedAs::Retry,
            Outcome::Bad => EndedAs::Bad,
            Outcome::Moved(_) => EndedAs::Moved,
            Outcome::Unknown => EndedAs::Unknown,
        }
    }

    /// The name in the delivery log.
    pub const fn as_str(&self) -> &'static str {
        self.ended_as().as_str()
    }
}

named! {
    /// How the last attempt at a delivery ended, or how the delivery ended without one.
    pub enum EndedAs {
        Delivered = "delivered",
        Gone = "gone",
        Config = "config",
        Slow = "slow",
        Retry = "retry",
        Bad = "bad",
        Moved = "moved",
        Unknown = "unknown",
        /// Its notice ended before it could be said.
        Ended = "ended",
        /// Its group was deleted.
        Deleted = "deleted",
        /// Its group does not want such notices (any more).
        Unwanted = "unwanted",
    }
}

named! {
    /// Why a delivery that waits has not been tried.
    pub enum Untried {
        /// Its group's quiet hours.
        Quiet = "quiet",
        /// Its lane rests.
        Resting = "resting",
        /// Put off for another reason: an hourly cap, a host that is away, a paused notice.
        Later = "later",
        /// Its turn comes.
        InTurn = "untried",
    }
}

named! {
    /// What a group's admin has to fix at the platform; the pages explain it.
    pub enum Fault {
        /// The keyword filter refuses our prefix.
        Keyword = "keyword",
        /// Secret missing or wrong.
        Signature = "signature",
        /// Our server's clock and the platform's are too far apart.
        Clock = "clock",
        /// Our address is not on the robot's list.
        Address = "address",
        /// The robot may not post here.
        Permission = "permission",
        /// The token or key is no longer valid.
        Credential = "credential",
    }
}

/// What a platform said to a message that it did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub platform: Platform,
    pub ended: EndedAs,
    /// What the admin has to fix at the platform, where the platform said so.
    pub fault: Option<Fault>,
    /// The platform's code, or ours where there was no answer.
    pub code: Option<String>,
}
