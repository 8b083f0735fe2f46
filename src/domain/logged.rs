//! What a line of the decision log says was done to a notice.

use super::life_cycle::Step;
use super::named::named;

named! {
    /// What is written down beside the steps of the life cycle: it leaves the notice's state as it is.
    pub enum Act {
        Submit = "submit",
        Renew = "renew",
        PassTip = "pass_tip",
        DiscardTip = "discard_tip",
        /// A lead believed a tip that objects to the notice.
        BelieveTip = "believe_tip",
        RevealPhone = "reveal_phone",
        RefusePhone = "refuse_phone",
        /// Somebody was not let into a case that is for leads alone.
        RefuseSheet = "refuse_sheet",
    }
}

/// A step of the life cycle, or another act. No two of them have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    Step(Step),
    Act(Act),
}

impl Logged {
    /// The name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Logged::Step(step) => step.as_str(),
            Logged::Act(act) => act.as_str(),
        }
    }

    /// What has exactly that name in the log, if anything does.
    pub fn named(name: &str) -> Option<Logged> {
        Step::named(name).map(Logged::Step).or_else(|| Act::named(name).map(Logged::Act))
    }
}

impl From<Step> for Logged {
    fn from(step: Step) -> Logged {
        Logged::Step(step)
    }
}

impl From<Act> for Logged {
    fn from(act: Act) -> Logged {
        Logged::Act(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_read_back() {
        let all = Step::ALL.map(Logged::Step).into_iter().chain(Act::ALL.map(Logged::Act));
        for logged in all {
            assert_eq!(Logged::named(logged.as_str()), Some(logged));
        }
        assert_eq!(Logged::named("refuse"), None);
    }
}
