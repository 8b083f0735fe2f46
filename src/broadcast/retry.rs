//! What follows an attempt, and when a group may hear from us again. Pure: the time and the random
//! bits are handed in.
//!
//! The bits spread what would otherwise come at once; nothing secret depends on them. They only lengthen a
//! wait, never shorten it: what a platform asked for is kept to the second.
//!
//! Waits grow from 2 seconds to 15 minutes, and tries go on until the end of the notice; for an ending, for at least
//! three days and a hundred requests. Where a platform tolerates a limited number of failures in a row, the delivery
//! starts over after an hour. A wait that a platform asks for is no failure, and binds test messages and resumed
//! groups, too.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::platforms::{Budget, Verdict};
use crate::domain::delivery::{Fault, Outcome, Reach};
use crate::store::mutation::{self, Mutation};

/// The wait before the second attempt; each further one is three times as long.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait of our own choosing, so that a platform that was away for long is soon found to be back.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How many new ids in a row a chat may get before that is taken for a fault.
const MOVES: u32 = 14;
/// How long a group's admin has to mend a fault, before each further try.
const MENDING: [Duration; 4] = [
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
];
/// However short the waits are that a busy platform asks for, repeated tries end up at least this far apart.
const LIMITED: Duration = Duration::from_secs(60);
/// The wait before trying again, with the tries counted from scratch, where a platform bears only so many in
/// a row.
const ANEW: Duration = Duration::from_secs(60 * 60);
/// The wait before a message that perhaps arrived is said again.
const IN_DOUBT: Duration = Duration::from_secs(60);

/// What is known about a delivery when an attempt ends.
#[derive(Clone, Copy, Debug)]
pub struct SoFar {
    /// How often this request has failed, this time included; from 1.
    pub tries: u32,
    /// How many requests in a row failed in this chat, whatever they were to say; without this one.
    pub failures: u32,
    /// Requests of the delivery that achieved nothing, for whatever reason, this one included; from 1.
    pub fruitless: u32,
    /// How many tries in a row may fail like this, at most.
    pub bears: Option<u32>,
    /// What was known before this attempt: `Maybe` after an earlier doubtful answer.
    pub reach: Reach,
    /// The platform makes no second message of the same request.
    pub idempotent: bool,
    pub now: DateTime<Utc>,
    /// Any bits, different for every attempt.
    pub random: u64,
    /// After this moment the message must not be sent any more.
    pub until: DateTime<Utc>,
}

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Delivered; the message's id, where the platform tells one.
    Done(Option<String>),
    /// Again, not before this moment.
    At(DateTime<Utc>),
    /// Nothing at all to this group before this moment, then again.
    Hold(DateTime<Utc>),
    /// As [`Next::Hold`], with the tries counted from scratch.
    Anew(DateTime<Utc>),
    /// Tell the group's admin what has to be mended; again, and nothing else to this group, at that moment.
    Mend(Fault, DateTime<Utc>),
    /// The chat has a new id: store it, and send there at once.
    Move(String),
    /// Never again.
    GiveUp(Why),
    /// Never again, and the group is disabled: there is nothing behind its address.
    Disable,
}

/// Why a delivery is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The next attempt would come after the notice's end.
    Ended,
    /// The chat gets new ids again and again.
    Exhausted,
    /// The platform will never take this message.
    Refused,
    /// Two answers that leave in doubt whether it arrived.
    Unproven,
}

/// What follows `outcome`. What may still arrive is tried until its end, so that a platform that was away for
/// a day is found to be back. (Groups that fail for a day are disabled, see [`super::conclude`].)
///
/// An unknown outcome is the hard case: the request left and no proof came back. A duplicate in a chat is
/// seen and forgiven, a loss may cost a life: so it is said once more, a minute later, and never again after
/// a second unknown outcome. A group that is `Maybe` reached hears the closing, too.
pub fn next(outcome: &Outcome, so_far: &SoFar) -> Next {
    let SoFar { tries, now, random, until, .. } = *so_far;
    let again = |wait: Duration, then: fn(DateTime<Utc>) -> Next| {
        let at = after(now, jittered(wait, random));
        if at >= until { Next::GiveUp(Why::Ended) } else { then(at) }
    };
    // What fails although the chat is well, a picture alone, is tried ever more rarely, too.
    let failed = || again(backoff(so_far.failures.saturating_add(1).max(tries)), Next::At);
    if so_far.bears.is_some_and(|most| tries >= most) {
        return again(ANEW, Next::Anew);
    }
    match outcome {
        Outcome::Delivered(id) => Next::Done(id.clone()),
        Outcome::Gone => Next::Disable,
        Outcome::Bad => Next::GiveUp(Why::Refused),
        Outcome::Moved(_) if tries >= MOVES => Next::GiveUp(Why::Exhausted),
        Outcome::Moved(id) => Next::Move(id.clone()),
        Outcome::Slow(_) if mutation::on(Mutation::IgnoreSlow) => again(FIRST, Next::Hold),
        Outcome::Slow(wait) => again((*wait).max(backoff(so_far.fruitless).min(LIMITED)), Next::Hold),
        Outcome::Retry => failed(),
        Outcome::Unknown if mutation::on(Mutation::TrustSilence) => Next::Done(None),
        Outcome::Unknown if so_far.idempotent || mutation::on(Mutation::SayForEver) => failed(),
        Outcome::Unknown if so_far.reach == Reach::No => again(IN_DOUBT, Next::At),
        Outcome::Unknown => Next::GiveUp(Why::Unproven),
        Outcome::Config(fault) => {
            // A clock is set right for all groups at once, and then each of them has to find out.
            let steps = if *fault == Fault::Clock { 1 } else { MENDING.len() };
            let step = (tries.max(1) as usize - 1).min(steps - 1);
            match again(MENDING[step], Next::At) {
                Next::At(at) => Next::Mend(*fault, at),
                end => end,
            }
        }
    }
}

/// When a delivery is due again with which so many processes have died, one after the other. One death is no
/// reason to wait; after several, other deliveries go first.
pub fn after_death(times: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    if times <= 1 { now } else { after(now, backoff(times - 1)) }
}

/// Until when a platform wants to hear nothing more, after a request that ended at `at`.
pub fn rest_asked(verdict: &Verdict, at: DateTime<Utc>) -> DateTime<Utc> {
    let rest = verdict.rest.map_or(at, |rest| after(at, rest));
    match &verdict.outcome {
        Outcome::Slow(_) if mutation::on(Mutation::IgnoreSlow) => rest,
        Outcome::Slow(_) if mutation::on(Mutation::IgnoreSlowAtEnd) => rest,
        Outcome::Slow(wait) => rest.max(after(at, *wait)),
        _ => rest,
    }
}

/// How long a chat rests after a failure: half as long as the delivery that failed, so that something
/// else may try before it does.
pub fn rest(now: DateTime<Utc>, again: DateTime<Utc>) -> DateTime<Utc> {
    now + (again - now) / 2
}

/// The wait after so many failed attempts, without jitter: 2 s, 6 s, 18 s, … 15 min.
pub(super) fn backoff(attempts: u32) -> Duration {
    FIRST.saturating_mul(3_u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST)
}

/// The wait plus up to a quarter of it, so that what failed together does not come back together.
pub(super) fn jittered(wait: Duration, random: u64) -> Duration {
    wait + wait.mul_f64(0.25 * (random as f64 / u64::MAX as f64))
}

/// The moment after a wait; a wait too long for the calendar ends at its end.
pub(super) fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| now.checked_add_signed(wait))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When `parts` more requests fit into every budget. `recent` holds the moments at which the last requests to
/// this robot *ended*, in any order, as many as the largest budget counts: a request had arrived by then, so
/// no delay on the way can put one more into the platform's window than into ours.
pub fn open_at(
    budgets: &[Budget],
    recent: &[DateTime<Utc>],
    parts: usize,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let mut latest = recent.to_vec();
    latest.sort_unstable_by(|a, b| b.cmp(a));
    // With room for all but `parts` of the budget, the request that must have left the window is the
    // one `count - parts` before the last.
    let frees = |budget: &Budget| {
        let count = budget.count as usize;
        let leaving = latest.get(count.saturating_sub(parts.clamp(1, count)))?;
        Some(after(*leaving, budget.per))
    };
    budgets.iter().filter_map(frees).fold(now, DateTime::max)
}

/// Moves a time off the full and half hour: from between ten seconds before and a minute after, to somewhere
/// in the minute that follows. Feishu refuses requests platform-wide around then (11232).
pub fn off_the_hour(at: DateTime<Utc>, random: u64) -> DateTime<Utc> {
    const HALF_HOUR: u32 = 30 * 60;
    let past = (at.minute() * 60 + at.second()) % HALF_HOUR;
    let to_go = match past {
        0..60 => 60 - past,
        _ if past >= HALF_HOUR - 10 => HALF_HOUR + 60 - past,
        _ => return at,
    };
    after(at, Duration::from_secs(u64::from(to_go) + random % 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 1, 7, 0).unwrap()
    }

    fn so_far(tries: u32) -> SoFar {
        SoFar {
            tries,
            failures: tries - 1,
            fruitless: tries,
            bears: None,
            idempotent: false,
            reach: Reach::No,
            now: now(),
            random: 0,
            until: now() + TimeDelta::hours(72),
        }
    }

    fn seconds(next: &Next) -> i64 {
        match next {
            Next::At(at) | Next::Hold(at) | Next::Anew(at) | Next::Mend(_, at) => (*at - now()).num_seconds(),
            other => panic!("no time in {other:?}"),
        }
    }

    #[test]
    fn failures_are_tried_again_ever_more_slowly_until_the_end() {
        let waits: Vec<i64> = (1..=9).map(|n| seconds(&next(&Outcome::Retry, &so_far(n)))).collect();
        assert_eq!(waits, [2, 6, 18, 54, 162, 486, 900, 900, 900]);
        assert_eq!(seconds(&next(&Outcome::Retry, &so_far(1_000))), 900);
        let last = SoFar { until: now() + TimeDelta::minutes(15), ..so_far(1_000) };
        assert_eq!(next(&Outcome::Retry, &last), Next::GiveUp(Why::Ended));
    }

    #[test]
    fn what_dies_with_its_process_waits_from_the_second_time_on() {
        let waits = [0, 1, 2, 3, 4, 1_000].map(|times| (after_death(times, now()) - now()).num_seconds());
        assert_eq!(waits, [0, 0, 2, 6, 18, 900]);
    }

    #[test]
    fn nothing_is_planned_after_the_end() {
        let ending = SoFar { until: now() + TimeDelta::seconds(60), ..so_far(1) };
        for outcome in
            [Outcome::Slow(Duration::from_secs(60)), Outcome::Unknown, Outcome::Config(Fault::Keyword)]
        {
            assert_eq!(next(&outcome, &ending), Next::GiveUp(Why::Ended), "{outcome:?}");
        }
        assert_eq!(seconds(&next(&Outcome::Retry, &ending)), 2);
    }

    #[test]
    fn a_doubtful_message_is_said_once_more_and_never_a_third_time() {
        assert_eq!(seconds(&next(&Outcome::Unknown, &so_far(1))), 60);
        let again = SoFar { reach: Reach::Maybe, ..so_far(2) };
        assert_eq!(next(&Outcome::Unknown, &again), Next::GiveUp(Why::Unproven));
        assert_eq!(seconds(&next(&Outcome::Retry, &again)), 6, "a refusal is proof that it did not arrive");
    }

    #[test]
    fn final_answers_are_final() {
        assert_eq!(next(&Outcome::Delivered(Some("7".into())), &so_far(1)), Next::Done(Some("7".into())));
        assert_eq!(next(&Outcome::Gone, &so_far(1)), Next::Disable);
        assert_eq!(next(&Outcome::Bad, &so_far(1)), Next::GiveUp(Why::Refused));
        assert_eq!(next(&Outcome::Moved("-100".into()), &so_far(1)), Next::Move("-100".into()));
        assert_eq!(next(&Outcome::Moved("-100".into()), &so_far(MOVES)), Next::GiveUp(Why::Exhausted));
    }

    #[test]
    fn a_platform_that_bears_few_tries_in_a_row_is_tried_anew_after_an_hour() {
        let busy = |tries| next(&Outcome::Retry, &SoFar { bears: Some(4), ..so_far(tries) });
        assert!(matches!(busy(3), Next::At(_)));
        assert_eq!((seconds(&busy(4)), matches!(busy(4), Next::Anew(_))), (3_600, true));
    }

    #[test]
    fn who_asks_for_no_wait_again_and_again_is_left_alone_all_the_same() {
        let slow = |n, wait| seconds(&next(&Outcome::Slow(Duration::from_secs(wait)), &so_far(n)));
        assert_eq!((1..=6).map(|n| slow(n, 0)).collect::<Vec<_>>(), [2, 6, 18, 54, 60, 60]);
        assert_eq!(slow(1_000, 61), 61);
    }

    #[test]
    fn a_fault_at_the_platform_waits_for_a_person() {
        let outcome = Outcome::Config(Fault::Keyword);
        let waits: Vec<i64> = (1..=5).map(|n| seconds(&next(&outcome, &so_far(n)))).collect();
        assert_eq!(waits, [600, 3600, 14_400, 43_200, 43_200]);
        assert!(matches!(next(&outcome, &so_far(1)), Next::Mend(Fault::Keyword, _)));
    }

    #[test]
    fn once_our_clock_is_set_right_no_group_waits_for_hours() {
        let waits = [1, 2, 9].map(|n| seconds(&next(&Outcome::Config(Fault::Clock), &so_far(n))));
        assert_eq!(waits, [600; 3]);
    }

    proptest! {
        #[test]
        fn a_platform_is_never_asked_again_sooner_than_it_said(wait in 0_u64..100_000, random: u64, tries in 1_u32..50) {
            let so_far = SoFar { random, until: DateTime::<Utc>::MAX_UTC, ..so_far(tries) };
            let Next::Hold(at) = next(&Outcome::Slow(Duration::from_secs(wait)), &so_far) else { panic!() };
            let waited = (at - now()).num_milliseconds() as u64;
            prop_assert!(waited >= wait * 1000 && waited <= wait.max(60) * 1250 + 1);
        }

        #[test]
        fn extreme_numbers_do_no_harm(tries: u32, random: u64, wait: u64) {
            for outcome in [Outcome::Retry, Outcome::Slow(Duration::from_secs(wait / 2)), Outcome::Config(Fault::Clock), Outcome::Unknown] {
                next(&outcome, &SoFar { tries, random, ..so_far(1) });
            }
        }

        /// Budgets are kept: whatever the waits between sends, no window ever holds more than its budget,
        /// counted as the platform counts: by arrival, which is anywhere between start and end of a request.
        #[test]
        fn no_window_is_ever_overfull(
            sends in prop::collection::vec((0_i64..9000, 0_i64..3000, 0_i64..1000, 1_usize..=2), 1..120),
        ) {
            let budgets = [
                Budget { count: 20, per: Duration::from_secs(60) },
                Budget { count: 5, per: Duration::from_secs(1) },
            ];
            let (mut clock, mut ended, mut arrived) = (now(), Vec::new(), Vec::new());
            for (idle, took, share, parts) in sends {
                clock = open_at(&budgets, &ended, parts, clock + TimeDelta::milliseconds(idle));
                for _ in 0..parts {
                    arrived.push(clock + TimeDelta::milliseconds(took * share / 1000));
                    clock += TimeDelta::milliseconds(took);
                    ended.push(clock);
                }
            }
            for budget in budgets {
                for window in arrived.windows(budget.count as usize + 1) {
                    let span = *window.last().unwrap() - window[0];
                    prop_assert!(span >= TimeDelta::from_std(budget.per).unwrap(), "{} in {span}", window.len());
                }
            }
        }

        #[test]
        fn the_round_hours_are_left_alone(second in 0_i64..7200, random: u64) {
            let at = now() + TimeDelta::seconds(second);
            let moved = off_the_hour(at, random);
            prop_assert!(moved >= at && moved - at <= TimeDelta::seconds(130));
            let past = (moved.minute() * 60 + moved.second()) % 1800;
            prop_assert!((60..1790).contains(&past), "{moved}");
        }
    }

    #[test]
    fn the_whole_allowance_is_used() {
        let budget = [Budget { count: 20, per: Duration::from_secs(60) }];
        let nineteen: Vec<_> = (0..19).map(|s| now() + TimeDelta::seconds(s)).collect();
        let later = now() + TimeDelta::seconds(30);
        assert_eq!(open_at(&budget, &nineteen, 1, later), later);
        assert_eq!(open_at(&budget, &nineteen, 2, later), now() + TimeDelta::seconds(60));
    }
}
