//! The page of one group: its state, its settings, its delivery log, in words.

use askama::Template;
use chrono::{DateTime, Utc};

use super::super::Hours;
use super::super::delivery_log::{Line, Log};
use super::super::form::Faults;
use super::super::pauses;
use super::super::preferences::Whole;
use super::AdminVisit;
use crate::domain::delivery::{DeliveryState, EndedAs, Refusal};
use crate::domain::group::{Condition, GroupState, Platform};
use crate::domain::zone::moment;
use crate::language::text_with;
use crate::store::groups::{Attempt, LoggedDelivery};
use crate::store::lanes::Missed;
use crate::web::answers::{explained, refused};
use crate::web::frame::Frame;
use crate::web::problem::Problem;

#[derive(Template)]
#[template(path = "groups_one.html")]
pub(super) struct GroupPage<'a> {
    frame: &'a Frame,
    /// The path of the group's page.
    here: String,
    whole: Whole,
    condition: Condition,
    proved: bool,
    /// What did not arrive last, and what to do.
    trouble: Option<String>,
    /// When it receives again by itself.
    paused_until: Option<String>,
    /// The lengths of pauses to choose from, in words.
    pauses: Vec<(&'static str, String)>,
    /// A code was sent and is still valid.
    awaited: bool,
    /// We generate its signing secret.
    makes_secret: bool,
    pub(super) done: Option<String>,
    pub(super) faults: Faults,
    facts: Vec<(String, String)>,
    log: Vec<LineView>,
    next: Option<i64>,
}

/// A delivery in words.
struct LineView {
    id: i64,
    when: String,
    case: String,
    what: String,
    delivered: bool,
    result: String,
    why: Option<String>,
    tries: Vec<String>,
    /// It was given up and may be sent again.
    again: bool,
}

/// The page of a group in its present state.
pub(super) async fn group_page<'a>(
    visit: &'a AdminVisit,
    before: Option<i64>,
) -> Result<GroupPage<'a>, Problem> {
    let AdminVisit { frame, account, group: id, .. } = visit;
    let now = visit.shared.clock.now();
    let whole = visit.whole().await?;
    let log = visit.station().log(*account, *id, before).await?;
    let platform = whole.group.platform;
    Ok(GroupPage {
        condition: whole.condition(now),
        here: format!("/groups/{id}"),
        proved: whole.group.state.is_proved(),
        paused_until: whole.group.paused_until().map(moment),
        pauses: pauses::OFFERED.map(|choice| (choice, length(frame, choice, now))).to_vec(),
        awaited: whole.group.code_expires_at.is_some_and(|expires| expires.0 > now),
        makes_secret: platform == Platform::Webhook,
        done: None,
        faults: Faults::default(),
        facts: facts(frame, &whole, &log, now),
        trouble: before.is_none().then(|| trouble(frame, &whole, &log)).flatten(),
        next: log.next,
        log: log.lines.into_iter().map(|line| line_view(frame, platform, &line, now)).collect(),
        whole,
        frame,
    })
}

/// The facts about a group, as labels and values.
fn facts(frame: &Frame, whole: &Whole, log: &Log, now: DateTime<Utc>) -> Vec<(String, String)> {
    let separator = frame.t("groups-and");
    let group = &whole.group;
    let kinds: Vec<_> = group.kinds().iter().map(|k| frame.t(&format!("kind-{}", k.as_str()))).collect();
    let regions: Vec<_> = whole.regions.iter().map(|region| region.name_in(frame.language)).collect();
    let last = log.last_delivered.map_or_else(|| frame.t("groups-never"), moment);
    let mut facts = vec![
        ("groups-fact-platform", frame.t(&format!("platform-{}", group.platform.as_str()))),
        ("groups-fact-robot", format!("{}…{}", group.host, group.last4)),
        ("groups-fact-regions", regions.join(&separator)),
        ("groups-fact-kinds", kinds.join(&separator)),
        ("groups-fact-language", frame.t(&format!("groups-language-{}", group.language.as_str()))),
        ("groups-fact-last", last),
    ];
    if let Some(cap) = group.hourly_cap {
        facts.push(("groups-fact-cap", cap.to_string()));
    }
    if let Some(Hours { from, until, but_urgent }) = group.quiet().map(Hours::from) {
        let key = if but_urgent { "groups-quiet-but-urgent" } else { "groups-quiet-all" };
        let args = [("from", from.into()), ("until", until.into())];
        facts.push(("groups-fact-quiet", text_with(frame.language, key, &args)));
    }
    if let Some(lane) = &whole.lane {
        if let Some(since) = lane.failing_since {
            facts.push(("groups-fact-failing", moment(since.0)));
        }
        if lane.rests(now) {
            facts.push(("groups-fact-rests", moment(lane.open_at.0)));
        }
    }
    facts.into_iter().map(|(key, words)| (frame.t(key), words)).collect()
}

/// What did not arrive last, while nothing has arrived since: a delivery on the first page of the log, or a test
/// message.
fn trouble(frame: &Frame, whole: &Whole, log: &Log) -> Option<String> {
    let lane = whole.lane.as_ref().filter(|lane| lane.failures > 0 && whole.group.state.is_proved())?;
    let platform = whole.group.platform;
    let tried = log.lines.iter().flat_map(|line| &line.tries);
    let failed = tried.filter(|attempt| attempt.outcome != EndedAs::Delivered);
    let latest = failed.max_by_key(|attempt| attempt.at.0);
    let test = lane.missed().filter(|test| latest.is_none_or(|latest| latest.at.0 < test.at));
    let (key, at, why) = match (test, latest) {
        (Some(test), _) => {
            let Missed { at, ended, fault, code } = test;
            let refusal = Refusal { platform, ended, fault, code };
            ("groups-test-missed", at, refused(&refusal, frame.language))
        }
        (None, Some(Attempt { at, outcome, code, .. })) => {
            let why = explained(frame.language, platform, *outcome, code.as_deref());
            ("groups-delivery-missed", at.0, why)
        }
        (None, None) => return None,
    };
    Some(text_with(frame.language, key, &[("at", moment(at).into()), ("why", why.into())]))
}

/// How long a pause would last, in words.
fn length(frame: &Frame, choice: &str, now: DateTime<Utc>) -> String {
    let until = pauses::chosen(choice, now).map(moment).unwrap_or_default();
    frame.t1(&format!("groups-until-{choice}"), "at", until)
}

fn line_view(frame: &Frame, platform: Platform, line: &Line, now: DateTime<Utc>) -> LineView {
    let Line { delivery, tries } = line;
    let explained = |ended, code: Option<&str>| explained(frame.language, platform, ended, code);
    let failed = delivery.last_outcome;
    let failed = failed.filter(|ended| !matches!(ended, EndedAs::Delivered | EndedAs::Unwanted));
    let why = failed.map(|ended| explained(ended, delivery.last_code.as_deref()));
    // Words that went alone arrived: why they did, only the refusal of their picture tells.
    let refused = tries.iter().rev().find(|one| delivery.goes_alone() && one.outcome == EndedAs::Bad);
    let why = why.or_else(|| refused.map(|one| explained(one.outcome, one.code.as_deref())));
    let of_picture = |why| frame.t1("groups-log-picture", "why", why);
    let line = |(place, attempt): (usize, &Attempt)| {
        let ended = explained(attempt.outcome, attempt.code.as_deref());
        format!("{}. {} {ended}", place + 1, moment(attempt.at.0))
    };
    LineView {
        id: delivery.id,
        again: delivery.is_redeliverable(now),
        when: moment(delivery.decided_at.0),
        case: delivery.case_number.to_string(),
        what: frame.t(&format!("groups-says-{}", delivery.broadcast.as_str())),
        delivered: delivery.state == DeliveryState::Delivered,
        result: result(frame, delivery, now),
        why: if delivery.is_words_only() { why.map(of_picture) } else { why },
        tries: tries.iter().enumerate().map(line).collect(),
    }
}

/// Where a delivery stands, in words.
pub(super) fn result(frame: &Frame, delivery: &LoggedDelivery, now: DateTime<Utc>) -> String {
    match (delivery.state, delivery.delivered_at) {
        _ if delivery.stopped_at_its_words() => frame.t("groups-log-partly"),
        (DeliveryState::Delivered, Some(at)) => {
            let key = if delivery.is_words_only() { "groups-log-words" } else { "groups-log-delivered" };
            frame.t1(key, "at", since(at.0, delivery.decided_at.0))
        }
        (DeliveryState::Cancelled, _) if delivery.last_outcome == Some(EndedAs::Unwanted) => {
            frame.t("groups-log-unwanted")
        }
        (DeliveryState::Open, _) => match delivery.waits_for(now) {
            None => frame.t1("groups-log-open", "at", moment(delivery.due_at.0)),
            Some(what) => frame.t(&format!("groups-log-for-{}", what.as_str())),
        },
        (DeliveryState::GivenUp, _) if delivery.is_in_doubt() => frame.t("groups-log-doubtful"),
        (state, _) => frame.t(&format!("groups-log-{}", state.as_str())),
    }
}

/// A time to show beside another one: the date is left out where it is the same.
fn since(at: DateTime<Utc>, before: DateTime<Utc>) -> String {
    let (at, before) = (moment(at), moment(before));
    match (at.split_once(' '), before.split_once(' ')) {
        (Some((day, time)), Some((same, _))) if day == same => time.to_owned(),
        _ => at,
    }
}
