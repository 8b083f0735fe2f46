//! What hosts are given, and what they are spared.

use std::time::Duration;

use super::*;
use chrono::TimeZone;

fn at(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(1_800_000_000_000 + millis).unwrap()
}

const GROUP: Uuid = Uuid::nil();

/// Fails for that many groups in turn, until the host is away.
fn fail(hosts: &mut Hosts, groups: u128, now: DateTime<Utc>) {
    for number in 0..AWAY_AFTER.into() {
        assert_eq!(hosts.admit("a", Priority::Usual, now), Admission::Go);
        hosts.ended("a", Uuid::from_u128(number % groups), now, now, Went::Failed);
    }
}

fn fill(hosts: &mut Hosts, host: &str, now: DateTime<Utc>) -> usize {
    (0..1_000).filter(|_| hosts.admit(host, Priority::Usual, now) == Admission::Go).count()
}

/// Hosts that have answered once, at the beginning.
fn known<const N: usize>(names: [&str; N]) -> Hosts {
    let mut hosts = Hosts::default();
    for name in names {
        assert_eq!(hosts.admit(name, Priority::Usual, at(0)), Admission::Go);
        hosts.ended(name, GROUP, at(0), at(0), Went::Answered);
    }
    hosts
}

#[test]
fn a_host_has_its_share_and_no_more() {
    let mut hosts = known(["a", "b"]);
    assert_eq!(fill(&mut hosts, "a", at(0)), BRISK);
    assert_eq!(hosts.admit("a", Priority::Usual, at(0)), Admission::Busy);
    assert_eq!(fill(&mut hosts, "b", at(0)), BRISK, "another host is not concerned");
    for _ in REFILL..=BRISK {
        assert_eq!(hosts.admit("a", Priority::Usual, at(10)), Admission::Busy);
        hosts.ended("a", GROUP, at(0), at(10), Went::Answered);
    }
    assert_eq!(fill(&mut hosts, "a", at(10)), BRISK - REFILL + 1);
}

#[test]
fn what_waits_for_a_busy_host_is_not_looked_at_again_and_again() {
    let mut hosts = known(["a"]);
    assert_eq!(hosts.worth_a_look(1_000, at(10)), 1_000);
    fill(&mut hosts, "a", at(0));
    assert_eq!(hosts.worth_a_look(1_000, at(10)), FOR_OTHERS, "it can take nothing");
    assert_eq!(hosts.worth_a_look(1_000, at(10)), 1_000, "nobody was found busy since");
    fill(&mut hosts, "a", at(0));
    for _ in REFILL..=BRISK {
        hosts.ended("a", GROUP, at(0), at(10), Went::Answered);
    }
    assert_eq!(hosts.worth_a_look(1_000, at(10)), BRISK - REFILL + 1 + FOR_OTHERS);
    assert_eq!(hosts.worth_a_look(10, at(10)), 10);
}

#[test]
fn requests_that_hang_leave_room_for_those_that_do_not() {
    let mut hosts = known(["a"]);
    assert_eq!(fill(&mut hosts, "a", at(0)), BRISK);
    hosts.ended("a", GROUP, at(0), at(900), Went::Answered);
    assert_eq!(fill(&mut hosts, "a", at(1_000)), ALL - BRISK + 1, "but not for ever");
    assert!(
        matches!(hosts.admit("a", Priority::Usual, at(2_000)), Admission::Until(_)),
        "nor do others wait for it"
    );
}

#[test]
fn a_host_is_tried_by_few_until_it_answers() {
    let mut hosts = Hosts::default();
    assert_eq!(fill(&mut hosts, "a", at(0)), UNPROVEN);
    assert_eq!(hosts.admit("a", Priority::Usual, at(900)), Admission::Busy, "it may be about to answer");
    assert!(matches!(hosts.admit("a", Priority::Usual, at(1_000)), Admission::Go), "its slow ones are apart");
    let more = fill(&mut hosts, "a", at(1_000));
    assert!(
        more < UNPROVEN && matches!(hosts.admit("a", Priority::Usual, at(1_001)), Admission::Until(_)),
        "it hangs"
    );
    hosts.ended("a", GROUP, at(1_000), at(1_100), Went::Answered);
    assert!(fill(&mut hosts, "a", at(1_100)) > UNPROVEN);
}

#[test]
fn hosts_that_hang_leave_half_of_the_window_however_many_they_are() {
    let mut hosts = known(["well"]);
    let mut hang = 0;
    for second in 0..10 {
        let now = at(second * 1_000);
        for name in 0..100 {
            hosts.worth_a_look(256, now);
            hang += fill(&mut hosts, &name.to_string(), now);
        }
    }
    assert_eq!(hang, DOUBTFUL);
    hosts.worth_a_look(256, at(10_000));
    assert_eq!(fill(&mut hosts, "well", at(10_000)), BRISK);
}

#[test]
fn a_host_whose_answers_take_long_gets_more_than_one_that_gives_none() {
    let mut hosts = known(["a"]);
    let mut now = at(0);
    for _ in 0..100 {
        assert_eq!(hosts.admit("a", Priority::Usual, now), Admission::Go);
        hosts.ended("a", GROUP, now, now + TimeDelta::milliseconds(1_500), Went::Answered);
        now += TimeDelta::milliseconds(1_500);
    }
    assert_eq!(fill(&mut hosts, "a", now), SLOW_SHARE);
    assert!(matches!(hosts.admit("a", Priority::Usual, now), Admission::Until(_)));
}

#[test]
fn what_a_slow_host_cannot_take_is_spread_by_its_own_pace() {
    let mut hosts = known(["a"]);
    fill(&mut hosts, "a", at(0));
    for finished in 0..=100 {
        hosts.ended("a", GROUP, at(0), at(finished * 10), Went::Answered);
    }
    fill(&mut hosts, "a", at(1_000));
    let queued: Vec<_> = (0..100)
        .map(|_| match hosts.admit("a", Priority::Usual, at(1_000)) {
            Admission::Until(again) => again,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(queued.is_sorted() && queued[0] >= at(1_100));
    let spread = (queued[99] - queued[0]).num_milliseconds();
    assert!((400..=600).contains(&spread), "a hundred a second, asked about twice as fast: {spread}");
}

#[test]
fn what_is_more_urgent_does_not_queue_behind_what_is_less() {
    let mut hosts = known(["a"]);
    fill(&mut hosts, "a", at(0));
    let mut place = |priority| match hosts.admit("a", priority, at(1_000)) {
        Admission::Until(place) => Some(place),
        _ => None,
    };
    while place(Priority::Usual).is_none_or(|place| place < at(31_000)) {}
    assert!(place(Priority::Correction).is_some_and(|place| place < at(2_000)));
}

#[test]
fn a_host_that_is_away_is_asked_ever_more_rarely_and_by_one_alone() {
    let mut hosts = Hosts::default();
    let (mut now, mut asked) = (at(0), 0);
    while now < at(3_600_000) {
        match hosts.admit("a", Priority::Usual, now) {
            Admission::Go => {
                asked += 1;
                let group = Uuid::from_u128(asked % 3);
                hosts.ended("a", group, now, now + TimeDelta::milliseconds(3), Went::Failed);
                now += TimeDelta::milliseconds(3);
            }
            Admission::Until(again) => now = again,
            Admission::Busy => panic!("nothing is under way"),
        }
    }
    assert!((15..=30).contains(&asked), "{asked} in an hour");
}

#[test]
fn a_host_is_away_where_it_fails_three_groups_in_a_row() {
    for (groups, away) in [(1, 0), (2, 0), (3, 1)] {
        let mut hosts = Hosts::default();
        fail(&mut hosts, groups, at(0));
        assert_eq!(hosts.away(at(1)), away, "{groups} groups");
    }
    let mut hosts = Hosts::default();
    fail(&mut hosts, 2, at(0));
    hosts.ended("a", GROUP, at(0), at(0), Went::Answered);
    fail(&mut hosts, 2, at(0));
    hosts.ended("a", Uuid::max(), at(0), at(0), Went::Failed);
    assert_eq!(hosts.away(at(1)), 1, "two and one, since it answered");
}

#[test]
fn a_host_that_comes_back_takes_everything_again() {
    let mut hosts = Hosts::default();
    fail(&mut hosts, 3, at(0));
    let Admission::Until(again) = hosts.admit("a", Priority::Usual, at(1)) else { panic!("it is away") };
    assert_eq!((hosts.away(at(1)), hosts.away(again)), (1, 0));
    assert_eq!(hosts.admit("a", Priority::Usual, again), Admission::Go, "one asks");
    assert!(matches!(hosts.admit("a", Priority::Usual, again), Admission::Until(_)), "and nobody else");
    hosts.ended("a", GROUP, again, again, Went::Answered);
    assert_eq!(fill(&mut hosts, "a", again), BRISK);
}

#[test]
fn a_host_that_refuses_everything_never_has_to_refuse_too_much() {
    let refusals = Budget { count: 10_000, per: Duration::from_secs(600) };
    let mut hosts = Hosts::default();
    let mut refused = Vec::new();
    for second in 0..3_600 {
        let now = at(second * 1_000);
        // As many at a time as the host takes, and all answers together.
        let leave = fill(&mut hosts, "a", now);
        for _ in 0..leave {
            hosts.ended("a", GROUP, now, now, Went::answered(404, Some(refusals)));
            refused.push(now);
        }
    }
    for window in refused.windows(refusals.count as usize / 3) {
        let span = window[window.len() - 1] - window[0];
        assert!(span >= TimeDelta::minutes(10), "{} in {span}", window.len());
    }
    assert!(refused.len() >= 6 * 1_000, "it is asked again: {} in an hour", refused.len());
}

#[test]
fn only_what_a_platform_counts_is_a_refusal() {
    let refusals = Budget { count: 10_000, per: Duration::from_secs(600) };
    for (status, counted) in [(200, false), (400, false), (401, true), (403, true), (404, true), (429, true)]
    {
        let went = Went::answered(status, Some(refusals));
        assert_eq!(went == Went::Refused(refusals), counted, "{status}");
        assert_eq!(Went::answered(status, None), Went::Answered, "{status}");
    }
    assert_eq!(Went::answered(502, Some(refusals)), Went::Failed);
}

#[test]
fn what_a_request_waited_for_before_it_left_is_not_held_against_the_host() {
    let mut hosts = known(["a"]);
    fill(&mut hosts, "a", at(0));
    for _ in 0..BRISK {
        hosts.leaves("a", at(0), at(5_000));
        hosts.ended("a", GROUP, at(5_000), at(5_003), Went::Answered);
    }
    assert_eq!(fill(&mut hosts, "a", at(5_003)), BRISK);
    assert_eq!(hosts.admit("a", Priority::Usual, at(5_003)), Admission::Busy, "it is as brisk as ever");
}

#[test]
fn leases_that_could_not_be_written_down_use_nothing_up() {
    let mut hosts = known(["a"]);
    for round in 0..10 {
        assert_eq!(fill(&mut hosts, "a", at(round)), BRISK, "{round}");
        hosts.forget(at(round));
    }
}

#[test]
fn a_few_failures_among_answers_are_no_absence() {
    let mut hosts = Hosts::default();
    for round in 0..100 {
        assert_eq!(hosts.admit("a", Priority::Usual, at(round)), Admission::Go, "{round}");
        let went = if round % 5 == 0 { Went::Answered } else { Went::Failed };
        hosts.ended("a", GROUP, at(round), at(round), went);
    }
}

#[test]
fn so_many_hosts_are_remembered_and_no_more() {
    let (mut hosts, last) = (Hosts::default(), REMEMBERED + 2);
    let name = |number: usize| format!("host-{number}");
    for number in 0..=last {
        let now = at(number as i64);
        hosts.worth_a_look(1, now);
        // Until it is away.
        for group in 0..AWAY_AFTER.into() {
            if hosts.admit(&name(number), Priority::Usual, now) != Admission::Go {
                break;
            }
            hosts.ended(&name(number), Uuid::from_u128(group), now, now, Went::Failed);
        }
    }
    assert_eq!(hosts.known.len(), REMEMBERED);
    hosts.worth_a_look(1, at(last as i64));
    let mut rests =
        |number| matches!(hosts.admit(&name(number), Priority::Usual, at(last as i64)), Admission::Until(_));
    assert!(rests(last), "the last to go away is left alone");
    assert!(!rests(0), "the first may be tried");
}
