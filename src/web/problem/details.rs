//! What a problem says besides its code.

use crate::domain::group::GroupState;
use crate::domain::life_cycle::State;
use crate::domain::named::named;

/// The state of what cannot do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateOf {
    Notice(State),
    Group(GroupState),
}

impl StateOf {
    /// The state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            StateOf::Notice(state) => state.as_str(),
            StateOf::Group(state) => state.as_str(),
        }
    }
}

named! {
    /// What can be done instead of what a notice cannot do: `problem-not_possible-INSTEAD-detail` says it.
    pub enum Instead {
        /// What is live, and an edit of it, is approved, rejected or paused.
        Published = "published",
        /// What is cooling is undone or removed.
        Cooling = "cooling",
        /// What was renewed as often as it may be is submitted again once it is over.
        RenewedOut = "renewed_out",
    }
}

named! {
    /// Who is told to wait, where it is not the public: `problem-too_many_requests-TOLD-detail` says it.
    pub enum Told {
        /// People with an account, who are in no emergency.
        AtWork = "at_work",
        /// Who can have a new code at once.
        NewCode = "new_code",
    }
}
