//! What the reporter sees of a notice: its state in plain words, the questions, and the tips that may be
//! shown. How the moderators share the work is left out.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::manage::{RENEWALS, newest, renewal_waits};
use super::words::restate;
use super::{Intake, tips};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::life_cycle::{ActedAs, State, Step};
use crate::domain::notice::{Kind, Outcome, Private, Public, Safety};
use crate::domain::reason::{Reason, Reject, Remove};
use crate::domain::text::for_group;
use crate::domain::tip::Content;
use crate::language::{has, text};
use crate::store::events::{self, Event};
use crate::store::notices::Notice;
use crate::store::tally::{self, Sum};
use crate::store::tips::endangered;
use crate::store::{Conn, StoreError};
use crate::vault::Key;

/// What the reporter sees of the notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyNotice {
    /// `XXXXX-XXXXX`.
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    pub kind: Kind,
    pub state: State,
    pub public_url: String,
    pub submitted_at: DateTime<Utc>,
    pub live_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// The deadline for a police reference that may follow and has not come yet.
    pub police_reference_due_at: Option<DateTime<Utc>>,
    /// Whether it cannot be published before the police reference comes.
    pub police_reference_missing: bool,
    pub renewals_left: i16,
    /// How the reporter ended it.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// Whether the groups may know the outcome.
    pub announce: bool,
    /// Why it was refused or taken down, in the reader's language.
    pub why: Option<String>,
    /// Whether it is over for a reason that can be mended by submitting it again.
    pub may_try_again: bool,
    /// Waits for review while the published text stands: `revision` or `renewal`.
    pub waiting: Option<&'static str>,
    /// The newest text, as it was sent.
    #[schema(value_type = Object)]
    pub notice: Value,
    /// What of it is for everybody, as it was typed.
    #[serde(skip)]
    pub public: Public,
    /// What became of it in the groups; absent before it went live.
    pub groups: Option<Sum>,
    pub events: Vec<MyEvent>,
    /// Questions of those who verify, and the reporter's answers.
    pub replies: Vec<Said>,
    /// Empty while it is paused, and after it was removed. Of somebody who may not want to be found only that
    /// the police know.
    pub tips: Vec<TipShown>,
}

/// Something that happened to the notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyEvent {
    pub at: DateTime<Utc>,
    pub step: String,
    /// The same in the reader's language, with the reason where there is one.
    pub text: String,
}

/// One line of the conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Said {
    pub at: DateTime<Utc>,
    /// `moderator` or `reporter`.
    pub from: &'static str,
    pub text: String,
    /// Photos that came with it; only for those who verify.
    pub photo_ids: Vec<Uuid>,
}

/// A tip that the reporter may read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TipShown {
    pub at: DateTime<Utc>,
    pub text: String,
    pub seen_at: Option<DateTime<Utc>>,
    pub place: Option<String>,
}

/// The reporter's view; `None` once the notice is erased.
pub(super) fn view(
    conn: &mut Conn,
    intake: &Intake,
    notice: &Notice,
    language: Language,
    now: DateTime<Utc>,
) -> Result<Option<MyNotice>, StoreError> {
    let Some(key) = notice.key(&intake.vault)? else { return Ok(None) };
    let (public, private) = newest(conn, notice, &key)?;
    let log = events::of_notice(conn, notice.id.0)?;
    let case_number = notice.case_number;
    let waiting = match notice.pending_revision {
        Some(_) if renewal_waits(conn, notice)? => Some("renewal"),
        Some(_) => Some("revision"),
        None => None,
    };
    Ok(Some(MyNotice {
        public_url: format!("{}/n/{case_number}", intake.base_url),
        case_number,
        kind: notice.kind,
        state: notice.state_for_reporter(now),
        submitted_at: notice.submitted_at.0,
        live_at: notice.live_at.map(|t| t.0),
        ends_at: notice.ends_at.map(|t| t.0),
        police_reference_due_at: notice
            .police_due_at
            .filter(|_| private.police.reference.is_none() && !notice.state_at(now).is_over())
            .map(|t| t.0),
        police_reference_missing: notice.live_at.is_none()
            && !notice.state_at(now).is_over()
            && lacks_reference(intake, &public, &private, now),
        renewals_left: RENEWALS - notice.renewals,
        outcome: notice.outcome,
        announce: notice.announce,
        why: log.iter().rev().filter(|event| ends(event)).find_map(|event| why(event, language)),
        may_try_again: may_try_again(notice.state_at(now), &log),
        waiting,
        notice: restate(&public, &private)?,
        public,
        groups: notice.live_at.is_some().then(|| tally::sum(conn, notice.id.0)).transpose()?,
        replies: log
            .iter()
            .filter_map(|event| said(event, &key, &private).transpose())
            .collect::<Result<_, _>>()?,
        events: standing(notice, &log).filter_map(|event| happened(event, language)).collect(),
        tips: if are_withheld(&log) { Vec::new() } else { passed_on(conn, notice, &key, language)? },
    }))
}

/// Whether a notice about such a person cannot be published without the police reference that is missing. It
/// goes by the person alone: what else raises the bar, such as a mention of violence, must not show.
fn lacks_reference(intake: &Intake, public: &Public, private: &Private, now: DateTime<Utc>) -> bool {
    let plain = Private { safety: Safety::default(), flags: Vec::new(), told: Vec::new(), ..private.clone() };
    public.subject.kind() == Kind::MissingPerson
        && private.police.reference.is_none()
        && !(intake.weigh)(public, &plain, now).police_follow_up
}

/// Whether tips are withheld from the reporter, who may be the danger: from a pause until it is resumed, and
/// after a removal. A paused notice that ends was never cleared, so its tips stay withheld.
fn are_withheld(log: &[Event]) -> bool {
    let decides =
        |event: &&Event| [Step::Pause, Step::Resume, Step::Remove].iter().any(|step| event.is(*step));
    log.iter().rfind(decides).is_some_and(|event| !event.is(Step::Resume))
}

/// The tips that were passed on; of those that are guarded only that there is one, and no more: who is sought
/// may not want to be found.
fn passed_on(
    conn: &mut Conn,
    notice: &Notice,
    key: &Key,
    language: Language,
) -> Result<Vec<TipShown>, StoreError> {
    let tips = tips::for_reporter(conn, notice.id.0, key)?;
    let endangered = endangered(conn, notice, key)?;
    let shown = |(at, tip): (_, Content)| {
        // A seal does not count here: an edit that is like a sealed case must show nothing to its reporter. A tip that
        // is passed on from then on says itself that it is guarded.
        if notice.guarded || tip.guarded || tip.guarded_meanwhile && endangered {
            return TipShown { at, text: text(language, "my-tip-police"), seen_at: None, place: None };
        }
        // Whoever has a tip is reached through those who verify.
        let place = tip.place.map(|place| for_group(&place));
        TipShown { at, text: for_group(&tip.text), seen_at: tip.seen_at, place }
    };
    Ok(tips.into_iter().map(shown).collect())
}

fn said(event: &Event, key: &Key, private: &Private) -> Result<Option<Said>, StoreError> {
    let from = match Step::named(&event.step) {
        Some(Step::Ask) => "moderator",
        Some(Step::Reply) => "reporter",
        _ => return Ok(None),
    };
    let Some(sealed) = &event.note_sealed else { return Ok(None) };
    let photo_ids = if from == "reporter" { private.came_with(event.at.0) } else { Vec::new() };
    let text = String::from_utf8_lossy(&key.open("note", sealed)?).into_owned();
    Ok(Some(Said { at: event.at.0, from, text, photo_ids }))
}

/// The events without approvals that were taken back, because the person withdrew them or the policy handed the
/// case to the leads, and without those that did not let anything out: how many there must be shows whether the
/// case is sealed.
fn standing<'a>(notice: &Notice, log: &'a [Event]) -> impl Iterator<Item = &'a Event> {
    let takes_back =
        |event: &Event| event.is(Step::Undo) || event.is(Step::Escalate) && event.actor == ActedAs::Policy;
    let undone = log.iter().rposition(takes_back).unwrap_or(0);
    let cooling = notice.pending_revision.filter(|_| notice.cooling_until.is_some());
    let live = notice.live_revision;
    let lets_out = move |at: usize, event: &Event| {
        let last =
            !log[at + 1..].iter().any(|later| later.step == event.step && later.revision == event.revision);
        let out = live.is_some_and(|live| event.revision <= live) || cooling == Some(event.revision);
        match event.before {
            State::Live | State::Paused => last && out,
            _ => event.after == State::Cooling,
        }
    };
    let shown = move |at, event: &Event| !event.is(Step::Approve) || (at >= undone && lets_out(at, event));
    log.iter().enumerate().filter(move |(at, event)| shown(*at, event)).map(|(_, event)| event)
}

/// An event in plain words; `None` for how the moderators share the work.
fn happened(event: &Event, language: Language) -> Option<MyEvent> {
    let sentence = format!("my-event-{}", event.step.replace('_', "-"));
    if !has(language, &sentence) {
        return None;
    }
    let what = text(language, &sentence);
    Some(MyEvent {
        at: event.at.0,
        step: event.step.clone(),
        text: why(event, language).map_or(what.clone(), |why| format!("{what} {why}")),
    })
}

/// Whether the event refused the notice or took it down.
fn ends(event: &Event) -> bool {
    event.is(Step::Reject) || event.is(Step::Remove)
}

/// Why it was refused, taken down, or taken from view by the policy, in the reporter's sentence. Never the
/// code, which may reveal something about other people.
fn why(event: &Event, language: Language) -> Option<String> {
    let reason = event.reason.as_deref().filter(|_| ends(event) || event.actor == ActedAs::Policy)?;
    let sentence = format!("reason-{reason}-reporter");
    has(language, &sentence).then(|| text(language, &sentence))
}

/// Whether it may be handed in again: it was refused or taken down for something that can be mended, or its
/// time ran out.
fn may_try_again(state: State, log: &[Event]) -> bool {
    let mendable = |event: &Event| reason(event).is_some_and(is_mendable);
    match state {
        State::Expired => true,
        State::Rejected | State::Removed => log.iter().rfind(|event| ends(event)).is_some_and(mendable),
        _ => false,
    }
}

/// Why an event refused the notice or took it down.
fn reason(event: &Event) -> Option<Reason> {
    Reason::named(Step::named(&event.step)?, event.reason.as_deref()?)
}

/// Whether the reporter can mend that and hand the notice in again: its sentence for them says so.
const fn is_mendable(reason: Reason) -> bool {
    use Reject::{Hoax, NoPoliceReference, UnclearPhoto, Unreachable};
    matches!(
        reason,
        Reason::Reject(NoPoliceReference | UnclearPhoto | Unreachable | Hoax | Reject::Other)
            | Reason::Remove(Remove::False | Remove::Other)
    )
}
