//! Notices, their revisions and the approvals of each.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::schema::{approvals, idempotency, notices, revisions, tips};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::{Approval, Needs, Standing, State};
use crate::domain::notice::{Kind, Outcome};
use crate::domain::people::Moderator;
use crate::vault::{Key, Vault};

mod claims;
mod contents;

pub use claims::{Claim, claim, hold_on, lapse};
pub use contents::{Asks, Opened, Revision, insert_revision, live_revisions, opened, revision, revisions_of};

/// A notice as stored. What it says is in its revisions, sealed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = notices, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Notice {
    pub id: Id,
    pub case_number: CaseNumber,
    pub kind: Kind,
    pub region: String,
    pub state: State,
    /// Raised by every transition; a decision names the one it saw.
    pub version: i32,
    /// The newest revision.
    pub revision: i32,
    /// The one that may be read and sent.
    pub live_revision: Option<i32>,
    /// A newer one that waits for review while the live one stands.
    pub pending_revision: Option<i32>,
    /// 3 most urgent, 0 least. It belongs to what is live as it was approved, because it decides how that is
    /// sent.
    pub urgency: i16,
    pub missing_since: Time,
    pub submitted_at: Time,
    pub needs_approvals: i16,
    pub needs_leads: i16,
    pub sealed: bool,
    /// A moderator has handed it to the leads: until it is decided they alone read it, and what its reporter answers.
    pub escalated: bool,
    /// Whoever is sought may not want to be found: what was seen of them is for the police, whatever the notice says
    /// by now.
    pub guarded: bool,
    /// A lead has paused it: only leads resume it.
    pub paused_by_lead: bool,
    pub submitted_by: Option<Id>,
    pub claimed_by: Option<Id>,
    pub claimed_until: Option<Time>,
    /// When what was approved goes out: the notice or, where that is live already, the revision that waits.
    pub cooling_until: Option<Time>,
    pub live_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub outcome: Option<Outcome>,
    /// Whether the reporter allows the groups to learn the outcome.
    pub announce: bool,
    pub erase_at: Option<Time>,
    /// The case's key, wrapped under the master key; gone once erased.
    pub key_wrapped: Option<Vec<u8>>,
    pub manage_hash: Option<Vec<u8>>,
    pub phone_hash: Option<Vec<u8>>,
    pub second_look_at: Option<Time>,
    pub police_due_at: Option<Time>,
    pub renewals: i16,
    /// The urgency of the revision that waits, where it may be a different one.
    pub pending_urgency: Option<i16>,
}

impl Notice {
    /// Whether only leads may open it.
    pub fn is_for_leads(&self) -> bool {
        self.sealed || self.state == State::Escalated || (self.escalated && self.state.is_undecided())
    }

    /// Whether that moderator may open it.
    pub fn may_be_opened_by(&self, by: Moderator) -> bool {
        by.lead || !self.is_for_leads()
    }

    /// The approvals that it asks for.
    pub fn needs(&self) -> Needs {
        needs(self.needs_approvals, self.needs_leads)
    }

    /// Where it stands, for the life cycle.
    pub fn standing(&self, approvals: Vec<Approval>) -> Standing {
        Standing {
            state: self.state,
            needs: self.needs(),
            approvals,
            submitted_by: self.submitted_by.map(|id| id.0),
            sealed: self.is_for_leads(),
            paused_by_lead: self.paused_by_lead,
        }
    }

    /// Where the revision stands that waits beside what is live: like a notice that was never published.
    pub fn pending(&self, approvals: Vec<Approval>) -> Standing {
        let state = match self.cooling_until {
            Some(_) => State::Cooling,
            None if approvals.is_empty() => State::InReview,
            None => State::SecondReview,
        };
        Standing { state, ..self.standing(approvals) }
    }

    /// Who holds it at that time.
    pub fn claimant(&self, now: DateTime<Utc>) -> Option<Uuid> {
        self.claimed_by.filter(|_| self.claimed_until.is_some_and(|until| until.0 > now)).map(|id| id.0)
    }

    /// Whether the public may read it at that time: a stopped sweep cannot keep a dead notice public.
    pub fn is_public(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Live && self.ends_at.is_some_and(|ends| ends.0 > now)
    }

    /// The state it has at that time: a live notice past its end is over, swept or not.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        match self.state {
            State::Live | State::Paused if self.ends_at.is_some_and(|ends| ends.0 <= now) => State::Expired,
            state => state,
        }
    }

    /// The state that people are told at that time: a claim that has expired holds nothing, and the notice
    /// waits again.
    pub fn state_shown_at(&self, now: DateTime<Utc>) -> State {
        match self.state_at(now) {
            State::InReview if self.claimant(now).is_none() => State::Submitted,
            state => state,
        }
    }

    /// The state that its reporter is told at that time: of what is undecided only whether somebody is at it.
    /// That a lead took the case, or how many must approve it, would warn a person with something to hide.
    pub fn state_for_reporter(&self, now: DateTime<Utc>) -> State {
        match self.state_at(now) {
            state if !state.in_queue() => state,
            _ if self.claimant(now).is_some() => State::InReview,
            _ => State::Submitted,
        }
    }

    /// The revision that a step is about: the one that is public once there is one.
    pub fn published_or_newest(&self) -> i32 {
        match self.state {
            State::Live | State::Paused => self.live_revision.unwrap_or(self.revision),
            _ => self.revision,
        }
    }

    /// The revision that a moderator reads: the one that waits, else the live one. Not simply the newest, which
    /// may be an edit that was turned down.
    pub fn under_review(&self) -> i32 {
        self.pending_revision.or(self.live_revision).unwrap_or(self.revision)
    }

    /// How urgent its review is: what waits for review counts, not what is live.
    pub fn review_urgency(&self) -> i16 {
        self.pending_urgency.unwrap_or(self.urgency)
    }

    /// From now on it asks for no fewer approvals than these.
    pub fn require_at_least(&mut self, needs: Needs) {
        self.needs_approvals = self.needs_approvals.max(i16::from(needs.approvals));
        self.needs_leads = self.needs_leads.max(i16::from(needs.leads));
    }

    /// Seals it: from now on only leads may open it, and it asks for no fewer approvals than these.
    pub fn seal(&mut self, needs: Needs) {
        self.require_at_least(needs);
        self.sealed = true;
    }

    /// Ends the claim on it, if there is one.
    pub fn end_claim(&mut self) {
        self.claimed_by = None;
        self.claimed_until = None;
    }

    /// Ends it, in whichever way: nobody holds it, nothing about it is to be decided any more, and its
    /// contents go when the retention is over.
    pub fn end(&mut self, now: DateTime<Utc>, retention: TimeDelta) {
        self.end_claim();
        self.drop_pending();
        self.second_look_at = None;
        self.police_due_at = None;
        self.ended_at = Some(Time(now));
        self.erase_at = Some(Time(now + retention));
    }

    /// Drops the revision that waits for review, or cools, beside what is live.
    pub fn drop_pending(&mut self) {
        self.cooling_until = None;
        self.pending_revision = None;
        self.pending_urgency = None;
    }

    /// The key of its case, unless it was erased.
    ///
    /// # Errors
    /// Where it was wrapped under another master key.
    pub fn key(&self, vault: &Vault) -> StoreResult<Option<Key>> {
        Ok(self.key_wrapped.as_deref().map(|wrapped| vault.unwrap(wrapped)).transpose()?)
    }
}

/// The approvals that a row asks for; what is no number of people is more than there are.
pub(super) fn needs(approvals: i16, leads: i16) -> Needs {
    let people = |stored: i16| u8::try_from(stored).unwrap_or(u8::MAX);
    Needs { approvals: people(approvals), leads: people(leads) }
}

/// A notice's place in a list in the order of its times, then of its ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

/// The states of which that is true, for a query.
pub(super) fn states(which: fn(State) -> bool) -> impl Iterator<Item = State> {
    State::ALL.into_iter().filter(move |state| which(*state))
}

/// Adds a notice with its first revision; `false` where that case number exists already.
pub fn insert(conn: &mut Conn, notice: &Notice, revision: &Revision) -> StoreResult<bool> {
    let rows = both!(conn, c => diesel::insert_into(notices::table)
        .values(notice)
        .on_conflict(notices::case_number)
        .do_nothing()
        .execute(c))?;
    if rows == 1 {
        insert_revision(conn, revision)?;
    }
    Ok(rows == 1)
}

/// The notice of that case number.
pub fn by_case(conn: &mut Conn, case: CaseNumber) -> StoreResult<Option<Notice>> {
    Ok(both!(conn, c => notices::table
        .filter(notices::case_number.eq(case))
        .select(Notice::as_select())
        .first(c)
        .optional())?)
}

/// The notice whose manage link has that hash.
pub fn by_manage_hash(conn: &mut Conn, hash: &[u8]) -> StoreResult<Option<Notice>> {
    Ok(both!(conn, c => notices::table
        .filter(notices::manage_hash.eq(hash))
        .select(Notice::as_select())
        .first(c)
        .optional())?)
}

/// The notice of that id, locked until the transaction ends.
pub fn lock(conn: &mut Conn, id: Uuid) -> StoreResult<Option<Notice>> {
    match conn {
        Conn::Pg(c) => Ok(notices::table
            .filter(notices::id.eq(Id(id)))
            .select(Notice::as_select())
            .for_update()
            .first(&mut **c)
            .optional()?),
        // SQLite runs one write transaction at a time.
        Conn::Sqlite(_) => by_id(conn, id),
    }
}

/// The notice of that id.
pub fn by_id(conn: &mut Conn, id: Uuid) -> StoreResult<Option<Notice>> {
    Ok(both!(conn, c => notices::table
        .filter(notices::id.eq(Id(id)))
        .select(Notice::as_select())
        .first(c)
        .optional())?)
}

/// The notices of these ids, newest first.
pub fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> StoreResult<Vec<Notice>> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    Ok(both!(conn, c => notices::table
        .filter(notices::id.eq_any(ids))
        .order(notices::id.desc())
        .select(Notice::as_select())
        .load(c))?)
}

/// Writes a locked notice back.
pub fn save(conn: &mut Conn, notice: &Notice) -> StoreResult<()> {
    both!(conn, c => diesel::update(notices::table.filter(notices::id.eq(notice.id))).set(notice).execute(c))?;
    Ok(())
}

/// What is seen of who is sought is for the police from now on.
pub fn guard(conn: &mut Conn, id: Uuid) -> StoreResult<()> {
    both!(conn, c => diesel::update(notices::table.find(Id(id))).set(notices::guarded.eq(true)).execute(c))?;
    Ok(())
}

/// The approvals that stand for a revision, oldest first.
pub fn approvals(conn: &mut Conn, notice: Uuid, revision: i32) -> StoreResult<Vec<Approval>> {
    let rows: Vec<(Id, bool)> = both!(conn, c => approvals::table
        .filter(approvals::notice_id.eq(Id(notice)).and(approvals::revision.eq(revision)))
        .order((approvals::at, approvals::account_id))
        .select((approvals::account_id, approvals::lead))
        .load(c))?;
    Ok(rows.into_iter().map(|(by, lead)| Approval { by: by.0, lead }).collect())
}

/// The approvals that stand for these revisions of notices.
pub fn approvals_of(conn: &mut Conn, of: &[(Uuid, i32)]) -> StoreResult<HashMap<Uuid, Vec<Approval>>> {
    let ids: Vec<Id> = of.iter().map(|(notice, _)| Id(*notice)).collect();
    let rows: Vec<(Id, i32, Id, bool)> = both!(conn, c => approvals::table
        .filter(approvals::notice_id.eq_any(&ids))
        .select((approvals::notice_id, approvals::revision, approvals::account_id, approvals::lead))
        .load(c))?;
    let mut standing: HashMap<Uuid, Vec<Approval>> = HashMap::new();
    for (notice, revision, by, lead) in rows {
        if of.contains(&(notice.0, revision)) {
            standing.entry(notice.0).or_default().push(Approval { by: by.0, lead });
        }
    }
    Ok(standing)
}

/// Adds those of the given approvals of a revision that are new; given none, deletes all of them. The primary
/// key keeps them distinct.
pub fn set_approvals(
    conn: &mut Conn,
    notice: Uuid,
    revision: i32,
    given: &[Approval],
    now: DateTime<Utc>,
) -> StoreResult<()> {
    let standing = approvals(conn, notice, revision)?;
    if given.is_empty() && !standing.is_empty() {
        both!(conn, c => diesel::delete(
            approvals::table.filter(approvals::notice_id.eq(Id(notice)).and(approvals::revision.eq(revision))),
        )
        .execute(c))?;
    }
    for approval in given.iter().filter(|a| !standing.contains(a)) {
        both!(conn, c => diesel::insert_into(approvals::table)
            .values((
                approvals::notice_id.eq(Id(notice)),
                approvals::revision.eq(revision),
                approvals::account_id.eq(Id(approval.by)),
                approvals::lead.eq(approval.lead),
                approvals::at.eq(Time(now)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Deletes everything that a notice said, and everything that was said about it.
pub fn erase_contents(conn: &mut Conn, id: Uuid) -> StoreResult<()> {
    both!(conn, c => {
        diesel::delete(revisions::table.filter(revisions::notice_id.eq(Id(id)))).execute(c)?;
        diesel::delete(tips::table.filter(tips::notice_id.eq(Id(id)))).execute(c)?;
        diesel::delete(idempotency::table.filter(idempotency::notice_id.eq(Id(id)))).execute(c)?;
    });
    Ok(())
}
