//! The queue: what waits for a moderator, page by page. Overdue work comes first, then the most urgent.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{is_own, reads};
use crate::domain::case_number::CaseNumber;
use crate::domain::cursor;
use crate::domain::life_cycle::{Actor, Approval, Refusal, State, Step, next};
use crate::domain::named::named;
use crate::domain::notice::{Category, Incident, Kind, Subject};
use crate::domain::people::Moderator;
use crate::store::notices::{self, Notice, Revision};
use crate::store::review_queue::{self, QueuePlace};
use crate::store::tips::{self, Held};
use crate::store::types::Time;
use crate::store::{Conn, StoreResult, accounts};
use crate::vault::Vault;

named! {
    /// Why something that was published is in the queue.
    pub enum Want {
        /// An edit waits.
        Revision = "revision",
        /// Another person looks at it again, soon after it went live.
        SecondLook = "second_look",
        /// It went live before its police reference came.
        PoliceReference = "police_reference",
        /// A tip is held back.
        Tip = "tip",
        /// Only a lead may resume it.
        Resume = "resume",
    }
}

/// A line of the queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Waiting {
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    pub kind: Kind,
    pub state: State,
    /// 3 most urgent, 0 least.
    pub urgency: i16,
    /// A GB/T 2260 code.
    pub region: String,
    /// Who or what is looked for; absent where the reader may not open it, and after its erasure.
    pub subject: Option<String>,
    /// What has happened where people are in danger, as far as `subject` would be told; pages say it in
    /// words.
    #[serde(skip)]
    pub incident: Option<Incident>,
    /// Of a person, in years.
    pub age: Option<u8>,
    /// Of a person; like the private part, only for the holder.
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    pub missing_since: DateTime<Utc>,
    pub submitted_at: DateTime<Utc>,
    pub waiting_s: i64,
    /// The name of its current holder.
    pub claimed_by: Option<String>,
    pub claimed_until: Option<DateTime<Utc>>,
    pub version: i32,
    /// Why a published notice is in the queue: `revision`, `second_look`, `police_reference`, `tip`,
    /// `resume`.
    #[schema(value_type = Vec<String>)]
    pub wants: Vec<Want>,
    /// Those of `wants` that are overdue, and a `tip` that calls the notice false or comes from the person sought.
    #[schema(value_type = Vec<String>)]
    pub overdue: Vec<Want>,
    /// The reader has approved or submitted it, so somebody else must decide.
    pub needs_another: bool,
    pub sealed: bool,
    /// Only leads may open it.
    #[serde(skip)]
    pub for_leads: bool,
}

/// A page of the queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Queue {
    pub items: Vec<Waiting>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// How many cases are searched for a free one: more than people who review at the same time.
const MOST_CONSIDERED: i64 = 50;

/// A page of the queue, for one moderator.
pub fn queue(
    conn: &mut Conn,
    vault: &Vault,
    by: Moderator,
    state: Option<State>,
    after: Option<QueuePlace>,
    limit: i64,
    now: DateTime<Utc>,
) -> StoreResult<Queue> {
    let at = after.map_or(now, |place| place.at());
    let mut found = review_queue::waiting(conn, state, by.lead, after, at, limit + 1)?;
    let part = Part::of(conn, by, &found)?;
    let next =
        cursor::cut(&mut found, limit).map(|n| cursor::write(&QueuePlace::of(n, part.held(n).objecting, at)));
    let holders: Vec<Uuid> = found.iter().filter_map(|n| n.claimant(now)).collect();
    let names = accounts::names(conn, &holders)?;
    let seen: Vec<&Notice> = found.iter().filter(|n| reads(n, by, now)).collect();
    let numbers: Vec<(Uuid, i32)> = seen.iter().map(|n| (n.id.0, n.under_review())).collect();
    let revisions = notices::revisions_of(conn, &numbers)?;
    let line = |n: &Notice| {
        let revision = revisions.iter().find(|r| r.notice_id == n.id && r.number == n.under_review());
        let about = revision.map(|r| About::read(vault, n, r, n.claimant(now) == Some(by.id))).transpose()?;
        let About { subject, incident, age, category } = about.unwrap_or_default();
        Ok(Waiting {
            case_number: n.case_number,
            kind: n.kind,
            state: n.state_shown_at(now),
            urgency: n.review_urgency(),
            region: n.region.clone(),
            subject,
            incident,
            age,
            category,
            missing_since: n.missing_since.0,
            submitted_at: n.submitted_at.0,
            waiting_s: (now - n.submitted_at.0).num_seconds().max(0),
            claimed_by: n.claimant(now).and_then(|id| names.get(&id).cloned()),
            claimed_until: n.claimant(now).and(n.claimed_until).map(|t| t.0),
            version: n.version,
            wants: wants(n, to_decide(n, part.held(n), by, now), now),
            overdue: overdue(n, to_decide(n, part.held(n), by, now), now),
            needs_another: part.needs_another(n),
            sealed: n.sealed,
            for_leads: n.is_for_leads(),
        })
    };
    let items = found.iter().map(line).collect::<StoreResult<Vec<_>>>()?;
    Ok(Queue { items, next })
}

/// One moderator's part in the notices of a list.
struct Part {
    by: Moderator,
    approvals: HashMap<Uuid, Vec<Approval>>,
    held: HashMap<Uuid, Held>,
}

impl Part {
    fn of(conn: &mut Conn, by: Moderator, found: &[Notice]) -> StoreResult<Part> {
        let ids: Vec<Uuid> = found.iter().map(|n| n.id.0).collect();
        let reviewed: Vec<(Uuid, i32)> = found.iter().map(|n| (n.id.0, n.under_review())).collect();
        let approvals = notices::approvals_of(conn, &reviewed)?;
        Ok(Part { by, approvals, held: tips::holding(conn, &ids)? })
    }

    fn held(&self, notice: &Notice) -> Held {
        self.held.get(&notice.id.0).copied().unwrap_or_default()
    }

    /// Whether it only waits for a lead: to resume it, or to decide what objects to it and is out of view.
    fn leaves_to_leads(&self, notice: &Notice) -> bool {
        let held = self.held(notice);
        let owed = notice.second_look_at.is_some() || notice.police_due_at.is_some();
        let objected = held.objecting && notice.state == State::Paused && notice.pending_revision.is_none();
        (rests(notice) || objected) && !owed && !held.plain
    }

    /// Whether what it waits for must be another's: one approves once, and decides nothing of what one handed
    /// in; the approval that is missing may have to be a lead's. A tip is anybody else's to decide, and what is
    /// paused any lead's.
    fn needs_another(&self, notice: &Notice) -> bool {
        let submitted = is_own(notice, self.by);
        let given = self.approvals.get(&notice.id.0).cloned().unwrap_or_default();
        let looked_at = matches!(notice.state, State::SecondReview | State::Live | State::Paused);
        let approved = looked_at && given.iter().any(|approval| approval.by == self.by.id);
        let at =
            if notice.pending_revision.is_some() { notice.pending(given) } else { notice.standing(given) };
        let by_a_lead = at.state == State::SecondReview
            && next(&at, Step::Approve, Actor::Moderator(self.by)) == Err(Refusal::LeadRequired);
        let approved = approved || by_a_lead;
        let by_others = submitted || approved && !self.held(notice).any();
        if self.by.lead { by_others && !rests(notice) } else { by_others || self.leaves_to_leads(notice) }
    }
}

/// Who or what a notice is about, as far as its reader may know.
#[derive(Default)]
struct About {
    subject: Option<String>,
    incident: Option<Incident>,
    age: Option<u8>,
    category: Option<Category>,
}

impl About {
    fn read(vault: &Vault, notice: &Notice, revision: &Revision, mine: bool) -> StoreResult<About> {
        let Some(key) = notice.key(vault)? else { return Ok(About::default()) };
        let public = revision.public(&key)?;
        let (incident, age) = match &public.subject {
            Subject::MissingPerson { person } => (None, Some(person.age)),
            Subject::Rescue { incident } => (Some(incident.clone()), None),
            _ => (None, None),
        };
        Ok(About {
            subject: Some(public.subject.heading().to_owned()).filter(|heading| !heading.is_empty()),
            incident,
            age,
            category: if mine { revision.private(&key)?.category } else { None },
        })
    }
}

/// The most urgent case, besides this one, that nobody holds and the reader may claim.
pub fn next_free(
    conn: &mut Conn,
    by: Moderator,
    but: CaseNumber,
    now: DateTime<Utc>,
) -> StoreResult<Option<CaseNumber>> {
    let waiting = review_queue::waiting(conn, None, by.lead, None, now, MOST_CONSIDERED)?;
    let part = Part::of(conn, by, &waiting)?;
    let free = waiting.iter().find(|n| {
        let open = n.claimant(now).is_none() && n.may_be_opened_by(by);
        n.case_number != but && open && !part.needs_another(n)
    });
    Ok(free.map(|n| n.case_number))
}

/// Whether it is out of view until a lead resumes it, and nothing else about it is left to decide. (The
/// database query of the queue has the same rule.)
fn rests(notice: &Notice) -> bool {
    let by_leads = notice.sealed || notice.paused_by_lead;
    by_leads && notice.state == State::Paused && notice.pending_revision.is_none()
}

/// What of the held tips of a notice concerns this moderator: nothing where they handed it in, and after its end only
/// leads, whom nobody's decision has spared what objects to it.
fn to_decide(notice: &Notice, held: Held, by: Moderator, now: DateTime<Utc>) -> Held {
    let state = notice.state_at(now);
    match (is_own(notice, by), state.is_over()) {
        (true, _) => Held::default(),
        (_, false) => held,
        (_, true) => Held { plain: false, objecting: held.objecting && by.lead && state.awaits_erasure() },
    }
}

/// The same, of one notice.
pub(super) fn held_for(
    conn: &mut Conn,
    notice: &Notice,
    by: Moderator,
    now: DateTime<Utc>,
) -> StoreResult<Held> {
    let held = tips::holding(conn, &[notice.id.0])?.remove(&notice.id.0).unwrap_or_default();
    Ok(to_decide(notice, held, by, now))
}

/// Why something is in the queue that a moderator need not approve, with those tips to decide: what is over wants
/// nothing else.
pub(super) fn wants(notice: &Notice, held: Held, now: DateTime<Utc>) -> Vec<Want> {
    if notice.state_at(now).is_over() {
        return held.any().then_some(Want::Tip).into_iter().collect();
    }
    [
        notice.pending_revision.filter(|_| notice.cooling_until.is_none()).map(|_| Want::Revision),
        notice.second_look_at.map(|_| Want::SecondLook),
        notice.police_due_at.map(|_| Want::PoliceReference),
        held.any().then_some(Want::Tip),
        rests(notice).then_some(Want::Resume),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Which of the wants should have been met by now; none of what is over. (The database query of the queue has the same
/// rule.)
pub(super) fn overdue(notice: &Notice, held: Held, now: DateTime<Utc>) -> Vec<Want> {
    if notice.state_at(now).is_over() {
        return Vec::new();
    }
    let over = |due: Option<Time>| due.is_some_and(|due| due.0 <= now);
    [
        over(notice.second_look_at).then_some(Want::SecondLook),
        over(notice.police_due_at).then_some(Want::PoliceReference),
        held.objecting.then_some(Want::Tip),
    ]
    .into_iter()
    .flatten()
    .collect()
}
