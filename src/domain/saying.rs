//! Whether what a broadcast says may still be said. Leasing, sending, counting and showing a delivery all ask
//! this rule.

use chrono::{DateTime, Utc};

use super::delivery::Purpose;
use super::life_cycle::State;

/// The facts of a broadcast that decide whether it may still go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saying {
    pub purpose: Purpose,
    /// The revision whose words it carries.
    pub revision: i32,
    /// When the notice ends, whether or not that has been recorded yet.
    pub not_after: Option<DateTime<Utc>>,
    /// Where the notice stands.
    pub state: State,
    /// The revision that last went live.
    pub live_revision: Option<i32>,
}

/// Whether something may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayBeSaid {
    Now,
    /// Later: its notice is paused.
    Later,
    /// Never again: its notice is over, or has a newer revision.
    NoMore,
}

impl Saying {
    /// Whether it may be said at `now`. That a notice is over may always be said; anything else only while
    /// the notice is live with this very revision and its end has not come.
    pub fn may_be_said(&self, now: DateTime<Utc>) -> MayBeSaid {
        if self.purpose.ends() {
            return MayBeSaid::Now;
        }
        if self.live_revision != Some(self.revision) || self.not_after.is_some_and(|end| end <= now) {
            return MayBeSaid::NoMore;
        }
        match self.state {
            State::Live => MayBeSaid::Now,
            State::Paused => MayBeSaid::Later,
            _ => MayBeSaid::NoMore,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn alert(state: State) -> Saying {
        let not_after = Some(end());
        Saying { purpose: Purpose::Alert, revision: 2, not_after, state, live_revision: Some(2) }
    }

    fn end() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(72)
    }

    fn before() -> DateTime<Utc> {
        end() - TimeDelta::microseconds(1)
    }

    #[test]
    fn an_alert_is_said_while_its_notice_is_live_and_waits_while_that_is_paused() {
        for state in State::ALL {
            let expected = match state {
                State::Live => MayBeSaid::Now,
                State::Paused => MayBeSaid::Later,
                _ => MayBeSaid::NoMore,
            };
            assert_eq!(alert(state).may_be_said(before()), expected, "{state:?}");
        }
    }

    #[test]
    fn nothing_is_said_from_its_end_on_nor_after_a_newer_revision() {
        for state in [State::Live, State::Paused] {
            assert_eq!(alert(state).may_be_said(end()), MayBeSaid::NoMore);
            let older = Saying { live_revision: Some(3), ..alert(state) };
            assert_eq!(older.may_be_said(before()), MayBeSaid::NoMore);
        }
    }

    #[test]
    fn that_it_is_over_may_always_be_said() {
        for purpose in [Purpose::Closing, Purpose::Correction] {
            for state in State::ALL {
                let ending = Saying { purpose, live_revision: None, ..alert(state) };
                assert_eq!(ending.may_be_said(end()), MayBeSaid::Now);
            }
        }
    }
}
