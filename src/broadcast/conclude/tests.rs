//! What follows from an attempt, for the delivery, its lane and what went along with it.

use uuid::Uuid;

use super::*;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::store::digests::Companion;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A lease of the second part of a message whose first part arrived.
fn picture(act: i16) -> Leased {
    Leased {
        delivery: 1,
        broadcast: Uuid::nil(),
        group: Uuid::nil(),
        platform: Platform::Wecom,
        language: Language::ZhCn,
        host: String::new(),
        bot: None,
        credentials_sealed: Vec::new(),
        purpose: Purpose::Alert,
        part: 1,
        act,
        how: None,
        attempts: 2,
        tries: 0,
        reach_before: Reach::Yes as i16,
        fence: 1,
        leased_until: at(25),
        sends: vec![at(0)],
        failures: 0,
        failing_since: None,
        said_at: at(0),
        not_after: None,
        quiet_until: None,
        standing: Vec::new(),
        with: Vec::new(),
    }
}

fn ended(outcome: Outcome) -> Ended {
    Ended {
        verdict: Verdict::ours(outcome, "timeout"),
        parts: 2,
        ways: &[],
        at: at(15),
        took_ms: 15_000,
        random: 0,
        answer_sealed: None,
        moved: None,
    }
}

fn unknown(leased: Leased) -> Record {
    concluded(leased, ended(Outcome::Unknown))
}

/// A digest of three: the first ends in a moment, the last has been doubted before.
fn digest() -> Leased {
    let other = |delivery, act| Companion {
        delivery,
        broadcast: Uuid::nil(),
        purpose: Purpose::Alert,
        act,
        attempts: 2,
        tries: 0,
        reach_before: Reach::Maybe as i16,
        said_at: at(0),
        not_after: Some(at(3_600)),
    };
    let with = vec![other(2, 0), other(3, 1)];
    Leased { part: 0, not_after: Some(at(16)), with, ..picture(0) }
}

#[test]
fn of_a_digest_each_has_an_end_and_a_past_of_its_own() {
    use DeliveryState::{Cancelled, GivenUp, Open};
    let states = |record: &Record| [record.state, record.along[0].state, record.along[1].state];
    let retried = concluded(digest(), ended(Outcome::Retry));
    assert_eq!(states(&retried), [GivenUp, Open, Open], "only the first is too late");
    let doubted = Leased { not_after: None, ..digest() };
    let doubted = concluded(doubted, ended(Outcome::Unknown));
    assert_eq!(states(&doubted), [Open, Open, GivenUp], "nobody hears anything a third time");
    assert_eq!(doubted.due_at, doubted.along[0].due_at, "what goes on goes on together");
    assert_eq!(states(&not_sent(digest(), Cancelled, at(20), at(20))), [Cancelled, Open, Open]);
}

#[test]
fn a_lease_without_a_result_is_no_second_doubt() {
    let perhaps = Leased { part: 0, attempts: 3, reach_before: Reach::Maybe as i16, ..picture(0) };
    let first = unknown(perhaps.clone());
    assert_eq!((first.state, first.due_at > at(15)), (DeliveryState::Open, true));
    let second = unknown(Leased { act: first.act, ..perhaps });
    assert_eq!(second.state, DeliveryState::GivenUp);
}

/// How a delivery goes on whose platform is busy again, after so many tries and failures of its chat.
fn busy(tries: i16, failures: i32) -> DeliveryState {
    let leased = Leased { part: 0, tries, failures, reach_before: Reach::No as i16, ..picture(0) };
    let verdict = Verdict { tries: Some(4), ..Verdict::ours(Outcome::Retry, "-1") };
    concluded(leased, Ended { verdict, ..ended(Outcome::Retry) }).state
}

#[test]
fn a_platform_that_bears_few_tries_gets_no_more() {
    let states = [0, 1, 2, 3].map(|tries| busy(tries, tries.into()));
    let open = DeliveryState::Open;
    assert_eq!(states, [open, open, open, DeliveryState::GivenUp]);
    assert_eq!(busy(0, 9), open, "what failed before it was something else");
}

/// How a group's lane does after one more failure, and whether the group goes on: it failed nine times within two
/// days, the last of them so many hours ago.
fn failing_again(hours_later: i64) -> (Health, Option<&'static str>) {
    let failed_at = at(15) - TimeDelta::hours(hours_later);
    let leased = Leased {
        part: 0,
        reach_before: Reach::No as i16,
        sends: vec![failed_at, at(0)],
        failures: 9,
        failing_since: Some(failed_at - TimeDelta::days(2)),
        ..picture(0)
    };
    let record = concluded(leased, ended(Outcome::Retry));
    (record.health, record.disable)
}

#[test]
fn failures_of_long_ago_disable_nobody() {
    assert_eq!(failing_again(23), (Health::Failing, Some("failing")));
    assert_eq!(failing_again(24), (Health::FailingAnew, None));
}

/// When a delivery that fails two seconds before the full hour is due again, and its lane with it.
fn failing_before_the_hour(platform: Platform) -> (DateTime<Utc>, DateTime<Utc>) {
    let leased =
        Leased { platform, part: 0, reach_before: Reach::No as i16, sends: vec![at(-2)], ..picture(0) };
    let record = concluded(leased, Ended { at: at(-2), ..ended(Outcome::Retry) });
    (record.due_at, record.lane_open_at)
}

#[test]
fn what_waits_for_feishu_comes_back_off_the_full_hour() {
    assert_eq!(at(0).timestamp() % 3600, 0);
    assert_eq!(failing_before_the_hour(Platform::Wecom), (at(0), at(-1)));
    assert_eq!(failing_before_the_hour(Platform::Feishu), (at(60), at(60)));
    assert_eq!(back(Platform::Feishu, at(-11), 0), at(-11), "there is no need to move it");
}

#[test]
fn a_doubtful_picture_is_sent_once_more_although_its_words_arrived() {
    let first = unknown(picture(0));
    assert_eq!((first.state, first.due_at > at(15)), (DeliveryState::Open, true));
    let second = unknown(picture(first.act));
    assert_eq!(second.state, DeliveryState::Delivered, "the words have arrived");
}
