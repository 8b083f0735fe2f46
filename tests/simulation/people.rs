//! What people and the clock do to notices: the steps of the other stations, on one connection.

use chrono::TimeDelta;
use uuid::Uuid;

use super::rules::Outcome;
use super::world::{Case, PEOPLE, REGION, World};
use crate::broadcast::plan;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{Approval, Refusal, State, Step};
use crate::domain::notice::Kind;
use crate::domain::people::Moderator;
use crate::store::notices::{self, Notice, Place, Revision};
use crate::store::transition::{By, take};
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreError, StoreResult, fixture, sweep};

/// Notices of a seed.
const CASES: usize = 3;
/// Revisions of a notice.
const REVISIONS: i32 = 4;

/// What happens to a notice.
#[derive(Clone, Copy, Debug)]
enum Act {
    Revise,
    Close,
    Remove,
    Pause,
    Resume,
}

impl World<'_> {
    /// A person, or the clock, does something with a notice.
    pub fn people_act(&mut self) -> Outcome<()> {
        // No two broadcasts are made at the same moment, because their ids would be in random order.
        self.clock += TimeDelta::milliseconds(1);
        if self.cases.len() < CASES && self.dice.percent(50) {
            self.submit()?;
        } else if self.dice.percent(20) {
            self.sweep()?;
        } else if !self.cases.is_empty() {
            let case = self.dice.below(self.cases.len());
            self.move_on(case)?;
        }
        self.look()?;
        self.rules_of_rows()
    }

    fn submit(&mut self) -> StoreResult<()> {
        let place = self.cases.len();
        let id = Uuid::from_u128(1_000 + place as u128);
        let number = CaseNumber::from_bits(place as u64);
        let needs = self.dice.between(1, 2) as i16;
        let lifetime = self.dice.weighted(&[(2, 600), (3, 7_200), (4, 259_200)]);
        let now = Time(self.clock);
        let kind = if self.patient { Kind::LostProperty } else { Kind::Rescue };
        let notice = Notice {
            id: Id(id),
            case_number: number,
            kind,
            region: REGION.to_owned(),
            urgency: self.dice.between(0, 3) as i16,
            missing_since: now,
            submitted_at: now,
            needs_approvals: needs,
            ..fixture::notice(State::InReview)
        };
        notices::insert(self.conn, &notice, &revision(id, 1, now))?;
        self.note(|| format!("case {place} comes in, wants {needs} approvals, lasts {lifetime} s"));
        self.cases.push(Case { id, number, kind, needs, lifetime: TimeDelta::seconds(lifetime) });
        Ok(())
    }

    /// The next step of a notice.
    fn move_on(&mut self, case: usize) -> StoreResult<()> {
        let Some(row) = self.sight.notice(self.cases[case].id) else { return Ok(()) };
        match row.state {
            State::InReview | State::SecondReview => self.approve(case),
            State::Cooling => self.go_live(case),
            State::Live => {
                let chances = [
                    (6, None),
                    (4, Some(Act::Revise)),
                    (2, Some(Act::Close)),
                    (1, Some(Act::Remove)),
                    (2, Some(Act::Pause)),
                ];
                self.dice.weighted(&chances).map_or(Ok(()), |act| self.decide(case, act))
            }
            State::Paused => {
                let chances = [(4, Act::Resume), (1, Act::Revise), (1, Act::Close)];
                let act = self.dice.weighted(&chances);
                self.decide(case, act)
            }
            _ => Ok(()),
        }
    }

    /// One more person approves; a person who has approved before is refused.
    fn approve(&mut self, case: usize) -> StoreResult<()> {
        let (id, now) = (self.cases[case].id, self.clock);
        let by = Moderator { id: self.dice.one_of(&PEOPLE), lead: false };
        let vault = &self.vault;
        let taken = self.conn.transaction(|tx| {
            let by = By { reason: Some("verified"), ..By::moderator(by, now) };
            let notice = locked(tx, id)?;
            take(tx, vault, notice, Step::Approve, by, |_, n| {
                n.cooling_until = Some(Time(now));
                Ok::<_, Untaken>(())
            })
        });
        self.note(|| format!("case {case} is approved by somebody: {}", taken.is_ok()));
        unless_refused(taken)
    }

    fn go_live(&mut self, case: usize) -> StoreResult<()> {
        let (id, lifetime, now) = (self.cases[case].id, self.cases[case].lifetime, self.clock);
        let vault = &self.vault;
        let taken = self.conn.transaction(|tx| {
            let notice = locked(tx, id)?;
            take(tx, vault, notice, Step::GoLive, By::clock(now), |tx, n| {
                n.cooling_until = None;
                n.live_revision = Some(n.revision);
                n.live_at = Some(Time(now));
                n.ends_at = Some(Time(now + lifetime));
                plan::plan_for_subscribers(tx, n, Purpose::Alert, now)?;
                Ok::<_, Untaken>(())
            })
        });
        self.note(|| format!("case {case} goes live: {}", taken.is_ok()));
        unless_refused(taken)
    }

    /// A paused notice is public again.
    pub fn resume(&mut self, case: usize) -> StoreResult<()> {
        self.decide(case, Act::Resume)
    }

    fn decide(&mut self, case: usize, act: Act) -> StoreResult<()> {
        let (id, now) = (self.cases[case].id, self.clock);
        self.note(|| format!("case {case}: {act:?}"));
        let lead = By::moderator(Moderator { id: PEOPLE[0], lead: true }, now);
        let (vault, needs) = (&self.vault, self.cases[case].needs);
        let taken = self.conn.transaction(|tx| {
            let notice = locked(tx, id)?;
            match act {
                Act::Revise => return revise(tx, notice, needs, now),
                Act::Close => take(tx, vault, notice, Step::Close, By::reporter(now), |tx, n| {
                    end(tx, n, Purpose::Closing, now)
                }),
                Act::Remove => {
                    take(tx, vault, notice, Step::Remove, lead, |tx, n| end(tx, n, Purpose::Correction, now))
                }
                Act::Pause => take(tx, vault, notice, Step::Pause, lead, |_, _| Ok(())),
                Act::Resume => {
                    take(tx, vault, notice, Step::Resume, lead, |tx, n| Ok(plan::resume(tx, n, now)?))
                }
            }
            .map(drop)
        });
        unless_refused(taken)
    }

    /// Ends what has become due by the clock.
    pub fn sweep(&mut self) -> StoreResult<()> {
        let now = self.clock;
        for Place { id, .. } in sweep::past_their_end(self.conn, now, Place::default(), 10)? {
            let vault = &self.vault;
            let taken = self.conn.transaction(|tx| {
                let notice = locked(tx, id)?;
                take(tx, vault, notice, Step::Expire, By::clock(now), |tx, n| {
                    end(tx, n, Purpose::Closing, now)
                })
            });
            let case = self.case_of(id);
            self.note(|| format!("case {case} expires"));
            unless_refused(taken)?;
        }
        Ok(())
    }
}

fn locked(tx: &mut Conn, id: Uuid) -> StoreResult<Notice> {
    notices::lock(tx, id)?.ok_or(StoreError::BrokenOff)
}

fn revision(notice: Uuid, number: i32, now: Time) -> Revision {
    let (public_sealed, private_sealed) = (Vec::new(), Vec::new());
    Revision { notice_id: Id(notice), number, public_sealed, private_sealed, renewal: false, created_at: now }
}

/// A new revision with all its approvals, as `review` publishes it.
fn revise(
    tx: &mut Conn,
    mut notice: Notice,
    needs: i16,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Untaken> {
    if notice.revision >= REVISIONS {
        return Ok(());
    }
    let id = notice.id.0;
    let number = notice.revision + 1;
    notices::insert_revision(tx, &revision(id, number, Time(now)))?;
    let approvals: Vec<Approval> =
        PEOPLE.iter().take(needs as usize).map(|by| Approval { by: *by, lead: false }).collect();
    notices::set_approvals(tx, id, number, &approvals, now)?;
    notice.version += 1;
    (notice.revision, notice.live_revision) = (number, Some(number));
    if notice.state == State::Live {
        plan::plan_for_subscribers(tx, &notice, Purpose::Update, now)?;
    }
    Ok(notices::save(tx, &notice)?)
}

/// What every ending has in common.
fn end(
    tx: &mut Conn,
    notice: &mut Notice,
    purpose: Purpose,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Untaken> {
    notice.ended_at = Some(Time(now));
    plan::end(tx, notice, purpose, now)?;
    Ok(())
}

/// Why a step of a notice was not taken.
#[derive(Debug, thiserror::Error)]
enum Untaken {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A step that the life cycle refuses does not happen.
fn unless_refused<T>(taken: Result<T, Untaken>) -> StoreResult<()> {
    match taken {
        Ok(_) | Err(Untaken::Refused(_)) => Ok(()),
        Err(Untaken::Store(error)) => Err(error),
    }
}
