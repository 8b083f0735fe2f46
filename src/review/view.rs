//! What a moderator sees of a notice: as much as the role and the claim allow, never more.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actions::{self, Actions};
use super::alike::waits_to_go_out;
use super::changes::{Change, changes, masked};
use super::duplicates::{Duplicate, duplicates};
use super::signs::{found_by_others, signs};
use super::waiting::{Want, held_for, overdue, wants};
use super::{ReviewError, again, phone, policy, sealed_asked};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::{ActedAs, BY_A_LEAD, Needs, Refusal, State, Step};
use crate::domain::logged::{Act, Logged};
use crate::domain::notice::{Kind, Private, Public};
use crate::domain::people::Moderator;
use crate::domain::phone::Phone;
use crate::domain::tip::Content;
use crate::poster::content::lacks;
use crate::store::notices::{self, Notice, Opened};
use crate::store::tally::{self, Sum};
use crate::store::tips::Held;
use crate::store::{Conn, StoreResult, accounts, events, tips};
use crate::vault::{Key, Vault};

/// A line of the notice's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Happened {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub step: String,
    #[schema(value_type = String)]
    pub before: State,
    #[schema(value_type = String)]
    pub after: State,
    /// `reporter`, `moderator`, `lead`, `clock` or `policy`.
    #[schema(value_type = String)]
    pub actor: ActedAs,
    /// The account's name, where somebody acted.
    pub by: Option<String>,
    pub reason: Option<String>,
    pub note: Option<String>,
    /// Photos that came with a reply; they are never published.
    pub photo_ids: Vec<Uuid>,
}

impl Happened {
    /// Whether that step was taken.
    pub fn is(&self, step: Step) -> bool {
        self.step == step.as_str()
    }
}

/// A tip as those who verify read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TipView {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// The family has not seen it: it is to be passed on or discarded.
    pub held: bool,
    /// It was discarded: leads alone still read it.
    pub discarded: bool,
    /// Whether it objects to a search for a person: then a lead decides about it.
    #[serde(skip)]
    pub objects: bool,
    /// `phone` is masked until the reader has the reporter's phone shown.
    #[schema(value_type = Object)]
    pub content: Content,
}

/// Everything that one moderator may see of one notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sheet {
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    pub kind: Kind,
    pub state: State,
    pub version: i32,
    pub revision: i32,
    pub pending_revision: Option<i32>,
    pub urgency: i16,
    pub submitted_at: DateTime<Utc>,
    pub waiting_s: i64,
    pub live_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// What became of it in the groups; absent before it went live.
    pub groups: Option<Sum>,
    pub claimed_by: Option<String>,
    pub claimed_until: Option<DateTime<Utc>>,
    /// Until then the last approval can be taken back.
    pub cooling_until: Option<DateTime<Utc>>,
    /// Whether the reader holds it: only then is `private` there.
    pub mine: bool,
    pub sealed: bool,
    /// The reporter is told of a tip only that the police know.
    #[serde(skip)]
    pub guarded: bool,
    /// Only leads may resume it.
    #[serde(skip)]
    pub paused_by_lead: bool,
    #[schema(value_type = Object)]
    pub needs: Needs,
    /// Who approved so far.
    pub approved_by: Vec<String>,
    /// The steps the reader may take now.
    #[schema(value_type = Vec<String>)]
    pub actions: Vec<Step>,
    /// Why the reader, who holds it, may not approve it: `same_approver`, `lead_required` or
    /// `police_reference_required`.
    pub approval_refused: Option<&'static str>,
    /// The line of the policy that applies.
    #[serde(skip)]
    pub class: Option<policy::Class>,
    #[schema(value_type = Vec<String>)]
    pub wants: Vec<Want>,
    /// Those of `wants` that are overdue, and a `tip` that calls the notice false or comes from the person sought.
    #[schema(value_type = Vec<String>)]
    pub overdue: Vec<Want>,
    /// Absent once it is over, but for leads; absent for everybody once it is erased.
    #[schema(value_type = Option<Object>)]
    pub public: Option<Public>,
    /// What an edit changes of what is live or, before that, of what a moderator saw last; absent where there
    /// is none. What only verifiers may read is among it for whoever holds the case.
    pub changes: Option<Vec<Change>>,
    /// `reporter.phone` is empty until the reader has it shown.
    #[schema(value_type = Option<Object>)]
    pub private: Option<Private>,
    pub reporter_phone_last4: Option<String>,
    pub flags: Vec<String>,
    /// The characters that its poster cannot show, each once.
    pub poster_lacks: String,
    pub duplicates: Vec<Duplicate>,
    pub tips: Vec<TipView>,
    pub events: Vec<Happened>,
}

/// Everything that a moderator may see of a notice.
///
/// # Errors
/// [`ReviewError::Unknown`] where there is none, [`Refusal::LeadRequired`] where it is for leads alone.
pub fn sheet(
    conn: &mut Conn,
    vault: &Vault,
    case: CaseNumber,
    by: Moderator,
    now: DateTime<Utc>,
) -> Result<Sheet, ReviewError> {
    let (notice, held) = found(conn, case, by, now)?;
    let number = notice.under_review();
    let opened = notices::opened(conn, vault, &notice, number)?.filter(|_| reads(&notice, by, now));
    let private = opened.as_ref().map(Opened::private).transpose()?;
    let (key, public) = opened.map(|opened| (opened.key, opened.public)).unzip();
    let mine = notice.claimant(now) == Some(by.id);
    let approvals = notices::approvals(conn, notice.id.0, number)?;
    let line = public.as_ref().zip(private.as_ref()).map(|(public, private)| policy::line(public, private));
    let may = actions::actions(&notice, &approvals, by, now);
    let asked = notice.sealed && sealed_asked(conn, vault, &notice)?;
    let (actions, approval_refused) = offered(may, lacks_reference(&notice, line, private.as_ref(), asked));
    let log = events::of_notice(conn, notice.id.0)?;
    let acted = log.iter().filter_map(|event| event.account_id.map(|id| id.0));
    let people: Vec<Uuid> = acted.chain(approvals.iter().map(|a| a.by)).chain(notice.claimant(now)).collect();
    let names = accounts::names(conn, &people)?;
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let state = notice.state_shown_at(now);
    let before = compared(&notice, number, &log).filter(|_| !state.is_over());
    let read = (public.as_ref(), private.as_ref().filter(|_| mine));
    let changes = changed(conn, vault, &notice, before, read)?;
    let last4 = private.as_ref().and_then(|p| Phone::parse(&p.reporter.phone).ok());
    let poster_lacks = public.as_ref().map(lacks).unwrap_or_default();
    let beside = duplicates(conn, vault, &notice, (public.as_ref(), private.as_ref()), by, now)?;
    let shows_phone = mine && phone::revealed(&log, by.id);
    let reads_tips = !is_own(&notice, by) && (mine || by.lead && state.awaits_erasure());
    let tips = hints(conn, &notice, key.as_ref().filter(|_| reads_tips), (mine, shows_phone), by)?;
    let endangered = tips.iter().any(|tip| tip.held && tip.content.guards_at_once(notice.kind));
    Ok(Sheet {
        case_number: notice.case_number,
        kind: notice.kind,
        state,
        version: notice.version,
        revision: number,
        pending_revision: notice.pending_revision,
        urgency: notice.review_urgency(),
        submitted_at: notice.submitted_at.0,
        waiting_s: (now - notice.submitted_at.0).num_seconds().max(0),
        live_at: notice.live_at.map(|t| t.0),
        ends_at: notice.ends_at.map(|t| t.0),
        groups: notice.live_at.is_some().then(|| tally::sum(conn, notice.id.0)).transpose()?,
        claimed_by: notice.claimant(now).map(name),
        claimed_until: notice.claimant(now).and(notice.claimed_until).map(|t| t.0),
        cooling_until: notice.cooling_until.map(|t| t.0),
        mine,
        sealed: notice.sealed,
        guarded: notice.sealed || notice.guarded || endangered,
        paused_by_lead: notice.paused_by_lead && state == State::Paused,
        needs: notice.needs(),
        approved_by: approvals.iter().map(|a| name(a.by)).collect(),
        actions,
        approval_refused,
        class: line.map(|line| line.class),
        wants: wants(&notice, held, now),
        overdue: overdue(&notice, held, now),
        flags: signs(
            public.as_ref(),
            private.as_ref(),
            &poster_lacks,
            found_by_others(conn, &notice, &beside, held.objecting)?,
        ),
        poster_lacks,
        reporter_phone_last4: last4.map(|p| p.last4().to_owned()),
        duplicates: beside,
        tips,
        events: history(log, key.as_ref(), private.as_ref().filter(|_| mine), &name)?,
        changes,
        private: private.filter(|_| mine).map(|private| with_phone(private, shows_phone)),
        public,
    })
}

/// A notice that this moderator may open, and those of its held tips that concern them. What waits to go out while it is
/// objected to is for a lead to approve.
fn found(
    conn: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    now: DateTime<Utc>,
) -> Result<(Notice, Held), ReviewError> {
    let mut notice = notices::by_case(conn, case)?.ok_or(ReviewError::Unknown)?;
    if !notice.may_be_opened_by(by) {
        return Err(ReviewError::Refused(Refusal::LeadRequired));
    }
    let held = held_for(conn, &notice, by, now)?;
    if held.objecting && waits_to_go_out(&notice) {
        notice.require_at_least(BY_A_LEAD);
    }
    Ok((notice, held))
}

/// The revision that the one to be read is compared with: the live one, where an edit of it waits; before
/// anything is live, the one that a moderator saw last, where there was another one since.
fn compared(notice: &Notice, number: i32, log: &[events::Event]) -> Option<i32> {
    if notice.live_revision.is_some() {
        return notice.pending_revision.and(notice.live_revision);
    }
    // Whoever has claimed it has not read it yet, and who was refused has not seen it.
    let seen = |event: &&events::Event| match event.logged() {
        Some(Logged::Act(Act::RefusePhone | Act::RefuseSheet)) => false,
        Some(Logged::Step(Step::Claim | Step::Release)) => {
            event.account_id.is_some() && event.revision < number
        }
        _ => event.account_id.is_some(),
    };
    log.iter().rev().find(seen).map(|event| event.revision).filter(|seen| *seen < number)
}

/// What a revision, given with what the reader may know of it, changes of the one before.
fn changed(
    conn: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    before: Option<i32>,
    (public, private): (Option<&Public>, Option<&Private>),
) -> StoreResult<Option<Vec<Change>>> {
    let Some((before, public)) = before.zip(public) else { return Ok(None) };
    let Some(before) = notices::opened(conn, vault, notice, before)? else { return Ok(None) };
    let changes = changes((&before.public, Some(&before.private()?)), (public, private))?;
    // Of a live notice even an edit that changes no word is told: somebody asked for more time.
    Ok(Some(changes).filter(|changes| notice.live_revision.is_some() || !changes.is_empty()))
}

fn lacks_reference(
    notice: &Notice,
    line: Option<&policy::Line>,
    private: Option<&Private>,
    asked: bool,
) -> bool {
    let required = asked || line.is_some_and(|line| line.police == policy::Police::Required);
    (required || again::lacks_reference_alone(notice))
        && private.is_some_and(|private| private.police.reference.is_none())
}

/// The steps, and the name of what prevents approving.
fn offered(may: Actions, lacks_police: bool) -> (Vec<Step>, Option<&'static str>) {
    let refused = match may.approval {
        Some(Refusal::SameApprover) => Some("same_approver"),
        Some(Refusal::LeadRequired) => Some("lead_required"),
        _ if lacks_police && may.steps.contains(&Step::Approve) => Some("police_reference_required"),
        _ => None,
    };
    let steps = may.steps.into_iter().filter(|step| *step != Step::Approve || refused.is_none());
    (steps.collect(), refused)
}

/// A claim alone does not show the phone.
fn with_phone(mut private: Private, shown: bool) -> Private {
    if !shown {
        private.reporter.phone.clear();
    }
    private
}

/// Whether that moderator may read what it says: nothing is left to verify once it is over (ADR 24).
pub(super) fn reads(notice: &Notice, by: Moderator, now: DateTime<Utc>) -> bool {
    notice.may_be_opened_by(by) && (by.lead || !notice.state_shown_at(now).is_over())
}

/// Whether that moderator handed it in: then they are its reporter, and read no more tips than a reporter
/// does.
pub(super) fn is_own(notice: &Notice, by: Moderator) -> bool {
    notice.submitted_by.is_some_and(|id| id.0 == by.id)
}

/// The tips that whoever holds the case reads, and after its end those that object to it, for a lead to decide or who
/// meets what is like it. Their phones by the last four digits alone, unless the reader had the case's phones shown.
fn hints(
    conn: &mut Conn,
    notice: &Notice,
    key: Option<&Key>,
    (mine, phones): (bool, bool),
    by: Moderator,
) -> StoreResult<Vec<TipView>> {
    let Some(key) = key else { return Ok(Vec::new()) };
    let held = tips::held_back(conn, notice.id.0)?;
    let passed = if mine { tips::passed_on(conn, notice.id.0)? } else { Vec::new() };
    let discarded = if by.lead { tips::discarded(conn, notice.id.0)? } else { Vec::new() };
    let shown = held.into_iter().chain(passed).map(|tip| (tip, false));
    shown
        .chain(discarded.into_iter().map(|tip| (tip, true)))
        .filter(|(tip, _)| mine || tip.objects)
        .map(|(tip, discarded)| {
            let mut content = tip.content(key)?;
            if !phones {
                content.phone = content.phone.as_deref().and_then(masked);
            }
            let (id, at, objects) = (tip.id.0, tip.created_at.0, tip.objects);
            Ok(TipView { id, at, held: tip.held, discarded, objects, content })
        })
        .collect()
}

fn history(
    log: Vec<events::Event>,
    key: Option<&Key>,
    told: Option<&Private>,
    name: &impl Fn(Uuid) -> String,
) -> StoreResult<Vec<Happened>> {
    log.into_iter().map(|event| happened(event, key, told, name)).collect()
}

fn happened(
    event: events::Event,
    key: Option<&Key>,
    told: Option<&Private>,
    name: &impl Fn(Uuid) -> String,
) -> StoreResult<Happened> {
    let answers = told.filter(|_| event.is(Step::Reply));
    let note = match (event.note_sealed, key) {
        (Some(sealed), Some(key)) if told.is_some() => {
            Some(String::from_utf8_lossy(&key.open("note", &sealed)?).into_owned())
        }
        _ => None,
    };
    Ok(Happened {
        seq: event.seq,
        at: event.at.0,
        step: event.step,
        before: event.before,
        after: event.after,
        actor: event.actor,
        by: event.account_id.map(|id| name(id.0)),
        reason: event.reason,
        note,
        photo_ids: answers.map(|private| private.came_with(event.at.0)).unwrap_or_default(),
    })
}
