//! What follows from an attempt, for the delivery, its lane and its companions.

use uuid::Uuid;

use super::*;
use crate::broadcast::hosts::Went;
use crate::broadcast::platforms::Response;
use crate::domain::delivery::{Fault, Purpose};
use crate::domain::language::Language;
use crate::store::digests::Companion;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// An act that is about to begin, with its picture and without.
const FRESH: ActSoFar = ActSoFar { alone: false, in_vain: 0 };
const ALONE: ActSoFar = ActSoFar { alone: true, in_vain: 0 };

/// A lease of the second part of a message whose first part arrived.
fn picture(act: ActSoFar) -> Leased {
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
        reach_before: Reach::Yes,
        fence: 1,
        leased_until: at(25),
        heard: Vec::new(),
        sends: vec![at(0)],
        failures: 0,
        failing_since: None,
        said_at: at(0),
        not_after: None,
        is_rationed: true,
        quiet_until: None,
        standing: Vec::new(),
        with: Vec::new(),
    }
}

fn ended(outcome: Outcome) -> Ended {
    Ended {
        verdict: Verdict::ours(outcome, "timeout"),
        ours: false,
        parts: 2,
        ways: &[],
        alone: false,
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
        reach_before: Reach::Maybe,
        said_at: at(0),
        not_after: Some(at(3_600)),
    };
    let with = vec![other(2, FRESH), other(3, FRESH.once_more_in_vain())];
    Leased { part: 0, reach_before: Reach::Maybe, not_after: Some(at(16)), with, ..picture(FRESH) }
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
fn a_doubtful_digest_goes_apart_where_the_same_request_makes_no_second_message() {
    let doubted = |platform| {
        let record = unknown(Leased { platform, not_after: None, ..digest() });
        [&record, &record.along[0]].map(|one| (one.apart, one.act.in_vain, one.message_ref.clone()))
    };
    assert_eq!(doubted(Platform::Wecom), [(false, 1, None), (false, 1, None)]);
    let stands_unnamed = Some(String::new());
    let apart = [(true, 0, stands_unnamed.clone()), (true, 0, stands_unnamed)];
    assert_eq!(doubted(Platform::Matrix), apart);
    // A node may have sent an earlier one before it died.
    let refused = Leased { platform: Platform::Matrix, not_after: None, ..digest() };
    let refused = concluded(refused, ended(Outcome::Bad));
    assert_eq!(refused.message_ref, apart[0].2);
}

#[test]
fn a_lease_without_a_result_is_no_second_doubt() {
    let perhaps = Leased { part: 0, attempts: 3, reach_before: Reach::Maybe, ..picture(FRESH) };
    let first = unknown(perhaps.clone());
    assert_eq!((first.state, first.due_at > at(15)), (DeliveryState::Open, true));
    let second = unknown(Leased { act: first.act, ..perhaps });
    assert_eq!(second.state, DeliveryState::GivenUp);
}

/// A request that says the whole message.
fn whole(act: ActSoFar) -> Leased {
    Leased { platform: Platform::Telegram, part: 0, ..picture(act) }
}

#[test]
fn words_without_their_picture_are_repeated_once_when_in_doubt() {
    let doubted = unknown(whole(ALONE));
    assert_eq!((doubted.state, doubted.due_at), (DeliveryState::Open, at(15 + 60)));
    assert_eq!(unknown(whole(doubted.act)).state, DeliveryState::GivenUp);
    let refused = |act| concluded(whole(act), Ended { parts: 1, alone: true, ..ended(Outcome::Bad) });
    assert_eq!((refused(FRESH).state, refused(FRESH).act), (DeliveryState::Open, ALONE));
    let doubted = unknown(whole(FRESH));
    let again = unknown(whole(refused(doubted.act).act));
    assert_eq!(again.state, DeliveryState::GivenUp, "with its picture it was in doubt before");
}

/// How a delivery goes on whose platform is busy again, after so many tries and failures of its chat.
fn busy(tries: i16, failures: i32) -> (DeliveryState, i16, i64) {
    let leased = Leased { part: 0, tries, failures, reach_before: Reach::No, ..picture(FRESH) };
    let verdict = Verdict { tries: Some(4), ..Verdict::ours(Outcome::Retry, "-1") };
    let record = concluded(leased, Ended { verdict, ..ended(Outcome::Retry) });
    (record.state, record.tries, (record.due_at - at(15)).num_seconds())
}

#[test]
fn a_platform_that_bears_few_tries_in_a_row_gets_a_rest_and_then_a_new_row() {
    let open = DeliveryState::Open;
    let tries = [0, 1, 2, 3].map(|tries| busy(tries, tries.into()));
    assert_eq!(tries, [(open, 1, 2), (open, 2, 6), (open, 3, 18), (open, 0, 3_600)]);
    assert_eq!(busy(0, 9), (open, 1, 900), "what failed before it was something else");
}

/// How a group's lane does, and what the delivery comes to if the group stops, when nobody answers after a
/// day of that.
fn unanswered(ours: bool) -> (Health, Option<DeliveryState>) {
    let (sends, failing_since) = (vec![at(-900), at(0)], Some(at(-2 * 86_400)));
    let leased = Leased { part: 0, sends, failures: 9, failing_since, ..picture(FRESH) };
    let record = concluded(leased, Ended { ours, ..ended(Outcome::Retry) });
    (record.health, record.failing)
}

#[test]
fn a_day_without_a_way_out_is_no_fault_of_the_groups() {
    assert_eq!(unanswered(false), (Health::Failing, Some(DeliveryState::GivenUp)));
    assert_eq!(unanswered(true), (Health::Unheard, None));
    let verdict = Verdict { answered: true, ..ended(Outcome::Retry).verdict };
    let leased = Leased { sends: vec![at(-900), at(0)], failures: 1, part: 0, ..picture(FRESH) };
    let answered = concluded(leased, Ended { ours: true, verdict, ..ended(Outcome::Retry) });
    assert_eq!(answered.health, Health::Failing, "whoever answers is there");
}

/// Until when a bot rests whose fault its admin has to mend, when one of its groups finds out after so many
/// tries.
fn mended_at(tries: i16) -> Option<i64> {
    let leased = Leased { platform: Platform::Matrix, part: 0, tries, ..picture(FRESH) };
    let verdict =
        Verdict { wide: true, ..Verdict::ours(Outcome::Config(Fault::Credential), "M_UNKNOWN_TOKEN") };
    let record = concluded(leased, Ended { verdict, ..ended(Outcome::Retry) });
    record.bot_open_at.map(|opens| (opens - at(15)).num_minutes())
}

#[test]
fn a_bot_that_is_mended_does_not_rest_for_hours() {
    assert_eq!([0, 1, 2, 3].map(mended_at), [Some(10); 4]);
}

#[test]
fn nobody_is_told_of_the_end_of_what_they_certainly_did_not_hear() {
    let told = |standing| {
        let leased = Leased { purpose: Purpose::Closing, part: 0, standing, ..picture(FRESH) };
        withheld(&leased, at(1), TimeDelta::seconds(17))
    };
    assert_eq!(told(Vec::new()), Some(DeliveryState::Cancelled));
    assert_eq!(told(vec![None]), None, "perhaps they did");
}

/// What becomes of the end of a notice that is told to a group for the first, and for the hundredth time, so
/// many days after the decision.
fn told_after(days: i64) -> [DeliveryState; 2] {
    [1, 100].map(|attempts| {
        let said_at = at(0) - TimeDelta::days(days);
        let leased = Leased { purpose: Purpose::Closing, part: 0, attempts, said_at, ..picture(FRESH) };
        concluded(leased, ended(Outcome::Retry)).state
    })
}

#[test]
fn whoever_could_not_be_told_of_an_end_until_now_is_told_as_patiently_as_anybody() {
    assert_eq!(told_after(2), [DeliveryState::Open, DeliveryState::Open]);
    assert_eq!(told_after(4), [DeliveryState::Open, DeliveryState::GivenUp]);
}

/// How a group's lane does after one more failure, and what the delivery comes to if the group stops: it
/// failed nine times within two days, the last of them so many hours ago.
fn failing_again(hours_later: i64) -> (Health, Option<DeliveryState>) {
    let failed_at = at(15) - TimeDelta::hours(hours_later);
    let leased = Leased {
        part: 0,
        reach_before: Reach::No,
        sends: vec![failed_at, at(0)],
        failures: 9,
        failing_since: Some(failed_at - TimeDelta::days(2)),
        ..picture(FRESH)
    };
    let record = concluded(leased, ended(Outcome::Retry));
    (record.health, record.failing)
}

#[test]
fn failures_of_long_ago_disable_nobody() {
    assert_eq!(failing_again(23), (Health::Failing, Some(DeliveryState::GivenUp)));
    assert_eq!(failing_again(24), (Health::FailingAnew, None));
}

/// When a delivery that fails two seconds before the full hour is due again, and its lane with it.
fn failing_before_the_hour(platform: Platform) -> (DateTime<Utc>, DateTime<Utc>) {
    let leased = Leased { platform, part: 0, reach_before: Reach::No, sends: vec![at(-2)], ..picture(FRESH) };
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
    let first = unknown(picture(FRESH));
    assert_eq!((first.state, first.due_at > at(15)), (DeliveryState::Open, true));
    let second = unknown(picture(first.act));
    assert_eq!(second.state, DeliveryState::Delivered, "the words have arrived");
}

fn came(platform: Platform, status: u16, headers: &[(&'static str, &str)], body: &str) -> (Went, Verdict) {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let answer = Response { status, headers, body: body.to_owned().into() };
    let judged = judged(adapter(platform), Act::Say(0), Ok(answer), at(0));
    (judged.went, judged.verdict)
}

#[test]
fn a_wait_that_is_asked_for_is_kept_whatever_the_answer_means() {
    let wait = [("retry-after", "120")];
    for (platform, status, body) in [
        (Platform::Telegram, 500, r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#),
        (Platform::Telegram, 401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#),
        (Platform::Slack, 503, r#"{"ok":false,"error":"service_unavailable"}"#),
        (Platform::Slack, 200, r#"{"ok":false,"error":"fatal_error"}"#),
        (Platform::Feishu, 200, r#"{"code":2200}"#),
        (Platform::Wecom, 200, r#"{"errcode":99999}"#),
        (Platform::Dingtalk, 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#),
        (Platform::Discord, 200, "<html>"),
        (Platform::Wecom, 200, r#"{"errcode":40035}"#),
    ] {
        let (_, verdict) = came(platform, status, &wait, body);
        assert_eq!(retry::rest_asked(&verdict, at(0)), at(120), "{platform:?} {body}: {verdict:?}");
        let (_, verdict) = came(platform, status, &[], body);
        assert_eq!(retry::rest_asked(&verdict, at(0)), at(0), "{platform:?} {body}: {verdict:?}");
    }
    // Of two waits the longer counts.
    let (_, busy) = came(Platform::Wecom, 200, &wait, r#"{"errcode":-1}"#);
    assert_eq!(retry::rest_asked(&busy, at(0)), at(300));
}

/// What a signature is refused for by a platform whose clock shows so many seconds less than ours.
fn unsigned(behind: i64) -> Outcome {
    let date = at(-behind).to_rfc2822();
    let body = r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#;
    came(Platform::Feishu, 200, &[("date", &date)], body).1.outcome
}

#[test]
fn a_signature_is_refused_for_its_time_where_the_clocks_differ() {
    assert_eq!(unsigned(2), Outcome::Config(Fault::Signature));
    for behind in [4_000, -4_000] {
        assert_eq!(unsigned(behind), Outcome::Config(Fault::Clock), "{behind}");
    }
}

#[test]
fn whoever_says_what_is_wrong_is_there_whatever_the_status() {
    let disabled = r#"{"id":"web.incoming_webhook.disabled.app_error","message":"m"}"#;
    let off = r#"{"success":false,"error":"Service Unavailable"}"#;
    assert_eq!(came(Platform::Mattermost, 501, &[], disabled).0, Went::Answered);
    assert_eq!(came(Platform::Rocketchat, 503, &[], off).0, Went::Answered);
    assert_eq!(came(Platform::Rocketchat, 503, &[], "<html>").0, Went::Failed);
    // Discord counts its refusals.
    let gone = came(Platform::Discord, 404, &[], r#"{"code":10015,"message":"Unknown Webhook"}"#).0;
    assert!(matches!(gone, Went::Refused(_)), "{gone:?}");
}

/// How a group's lane does when a request of a message is refused for good.
fn refused(leased: Leased, alone: bool) -> Health {
    concluded(leased, Ended { alone, ..ended(Outcome::Bad) }).health
}

#[test]
fn a_group_that_refuses_whatever_it_is_told_is_failing() {
    let first = Leased { part: 0, reach_before: Reach::No, ..picture(FRESH) };
    assert_eq!(refused(first.clone(), false), Health::Failing);
    assert_eq!(refused(first.clone(), true), Health::Unchanged, "perhaps it takes the words alone");
    assert_eq!(refused(picture(FRESH), false), Health::Unchanged, "the words arrived");
    for outcome in [Outcome::Retry, Outcome::Unknown] {
        let health = |leased| concluded(leased, ended(outcome.clone())).health;
        assert_eq!([health(picture(FRESH)), health(first.clone())], [Health::Unchanged, Health::Failing]);
    }
    let sixth = concluded(Leased { tries: 5, ..picture(FRESH) }, ended(Outcome::Retry));
    assert_eq!((sixth.due_at - at(15)).num_seconds(), 486, "and is not asked every two seconds");
    let clock = concluded(first.clone(), ended(Outcome::Config(Fault::Clock)));
    assert_eq!(clock.health, Health::Unheard, "no fault of the group's");
    assert_eq!(refused(digest(), false), Health::Unchanged, "each is tried by itself");
    let standing = vec![Some("text/-1/2".to_owned())];
    let closing = Leased { purpose: Purpose::Closing, standing, ..whole(FRESH) };
    let ways = &[TakeBack::Edit, TakeBack::Delete];
    let edit = concluded(closing, Ended { ways, ..ended(Outcome::Bad) });
    assert_eq!(edit.health, Health::Unchanged, "it may be too old to be edited");
    let (sends, failing_since) = (vec![at(-900), at(0)], Some(at(-86_400)));
    let after_a_day = Leased { sends, failing_since, failures: 4, ..first };
    let record = concluded(after_a_day.clone(), ended(Outcome::Bad));
    assert_eq!(record.failing, Some(DeliveryState::GivenUp));
    let few = concluded(Leased { failures: 3, ..after_a_day }, ended(Outcome::Bad));
    assert_eq!(few.failing, None, "five different messages");
}

/// It was leased by a clock that was hours ahead, and has been set right since: nothing of that lasts.
#[test]
fn what_was_under_way_while_the_clock_was_set_right_closes_no_lane() {
    let ahead = at(2 * 60 * 60);
    let leased = || Leased { sends: vec![ahead; 20], heard: vec![ahead], ..picture(FRESH) };
    let now = at(15);
    let arrived = concluded(leased(), ended(Outcome::Delivered(None)));
    let unsent = not_sent(leased(), DeliveryState::Open, now, now);
    for record in [arrived, unsent] {
        assert!(record.lane_open_at <= now + TimeDelta::minutes(2), "{}", record.lane_open_at);
        assert!(record.sends.iter().all(|sent| *sent <= now), "{:?}", record.sends);
    }
}
