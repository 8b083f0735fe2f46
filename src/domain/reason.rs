//! Why a moderator decides as they do: one closed set of reasons for each decision that asks for one. Each has
//! a label for moderators under `reason-NAME` and, where the reporter is told, a sentence for them under
//! `reason-NAME-reporter`.

use super::life_cycle::Step;
use super::named::named;

named! {
    /// Why a notice may go out.
    pub enum Approve {
        Verified = "verified",
    }
}

named! {
    /// Why a notice is not published.
    pub enum Reject {
        NoPoliceReference = "no_police_reference",
        UnclearPhoto = "unclear_photo",
        Unreachable = "unreachable",
        Duplicate = "duplicate",
        Hoax = "hoax",
        LeftVoluntarily = "left_voluntarily",
        FamilyDispute = "family_dispute",
        Debt = "debt",
        Fundraising = "fundraising",
        OutOfScope = "out_of_scope",
        /// Needs a note.
        Other = "other",
    }
}

named! {
    /// Why what is published is taken down for good.
    pub enum Remove {
        False = "false",
        Unsafe = "unsafe",
        Unlawful = "unlawful",
        Requested = "requested",
        Other = "other",
    }
}

/// A reason, with the one decision that it can be given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Approve(Approve),
    Reject(Reject),
    Remove(Remove),
}

impl Reason {
    /// The reasons that protect the person sought.
    pub const PROTECT: [Reason; 4] = [
        Reason::Remove(Remove::Unsafe),
        Reason::Remove(Remove::Requested),
        Reason::Reject(Reject::LeftVoluntarily),
        Reason::Reject(Reject::FamilyDispute),
    ];

    /// The reasons that say that nobody is to be protected: what was sent is not true, not meant for us, or another
    /// one's copy.
    pub const DISPROVE: [Reason; 4] = [
        Reason::Reject(Reject::Duplicate),
        Reason::Reject(Reject::Hoax),
        Reason::Reject(Reject::Fundraising),
        Reason::Reject(Reject::OutOfScope),
    ];

    /// The reasons for a step, in the order in which they are offered; none where it takes any short text.
    pub fn all(step: Step) -> Vec<Reason> {
        match step {
            Step::Approve => Approve::ALL.map(Reason::Approve).to_vec(),
            Step::Reject => Reject::ALL.map(Reason::Reject).to_vec(),
            Step::Remove => Remove::ALL.map(Reason::Remove).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The names of the reasons for a step.
    pub const fn names(step: Step) -> &'static [&'static str] {
        match step {
            Step::Approve => &Approve::NAMES,
            Step::Reject => &Reject::NAMES,
            Step::Remove => &Remove::NAMES,
            _ => &[],
        }
    }

    /// The reason for that step with exactly that name, if there is one.
    pub fn named(step: Step, name: &str) -> Option<Reason> {
        Reason::all(step).into_iter().find(|reason| reason.as_str() == name)
    }

    /// The name, as it stands in the event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Approve(why) => why.as_str(),
            Reason::Reject(why) => why.as_str(),
            Reason::Remove(why) => why.as_str(),
        }
    }

    /// The decision that it is given for.
    pub const fn step(self) -> Step {
        match self {
            Reason::Approve(_) => Step::Approve,
            Reason::Reject(_) => Step::Reject,
            Reason::Remove(_) => Step::Remove,
        }
    }
}
