//! Pausing and resuming a group, and pauses that end by themselves.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use uuid::Uuid;

use super::{GroupError, Groups, locked, probe};
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::group::GroupState;
use crate::domain::zone::BEIJING;
use crate::store::groups::{self, Group, Rested};
use crate::store::types::Time;
use crate::store::{Conn, Store, StoreResult, lanes};

/// The longest pause that ends by itself. An admin who wants silence for longer ends the pause, or deletes
/// the group.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::days(30);
/// How many groups whose pause has ended are read at a time.
const SLICE: i64 = 200;

/// The choices of the page: names in the form, the default first.
pub(super) const OFFERED: [&str; 3] = ["resumed", "hour", "morning"];

/// Parses the end of a pause: a time in the future, at most 30 days ahead.
///
/// # Errors
/// A fault of `until`.
pub(super) fn end(written: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, FieldFaults> {
    let until = DateTime::parse_from_rfc3339(written.trim()).ok().map(|until| until.with_timezone(&Utc));
    until.filter(|until| *until > now && *until <= now + LONGEST_PAUSE).ok_or_else(|| {
        let fault = FieldFault::new("group_until").with("days", LONGEST_PAUSE.num_days());
        FieldFaults::from([("until".to_owned(), fault)])
    })
}

/// The end of a pause for one of the [`OFFERED`] choices; `None` where only the admin ends it.
pub(super) fn chosen(choice: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match choice {
        "hour" => Some(now + TimeDelta::hours(1)),
        "morning" => morning(now),
        _ => None,
    }
}

/// Tomorrow at eight in the morning, Beijing time.
fn morning(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let tomorrow = now.with_timezone(&BEIJING).date_naive().checked_add_days(Days::new(1))?;
    let eight = tomorrow.and_time(NaiveTime::from_hms_opt(8, 0, 0)?);
    BEIJING.from_local_datetime(&eight).single().map(|at| at.with_timezone(&Utc))
}

impl Groups {
    /// Stops deliveries to a group until [`Groups::resume`], or until that time.
    ///
    /// # Errors
    /// [`GroupError::NotPossible`] where nothing is delivered to it anyway.
    pub async fn pause(
        &self,
        account: Uuid,
        id: Uuid,
        until: Option<DateTime<Utc>>,
    ) -> Result<GroupState, GroupError> {
        self.switch(account, id, GroupState::Paused, until).await
    }

    /// Lets a paused group receive again, including what waited and is still true.
    ///
    /// # Errors
    /// [`GroupError::NotPossible`] where control of it must be proved first.
    pub async fn resume(&self, account: Uuid, id: Uuid) -> Result<GroupState, GroupError> {
        let state = self.switch(account, id, GroupState::Active, None).await?;
        self.work_is_due.notify_one();
        Ok(state)
    }

    async fn switch(
        &self,
        account: Uuid,
        id: Uuid,
        to: GroupState,
        until: Option<DateTime<Utc>>,
    ) -> Result<GroupState, GroupError> {
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                if !group.state.is_proved() {
                    return Err(GroupError::NotPossible(group.state));
                }
                set(tx, &mut group, to, until, now)?;
                Ok(to)
            })
            .await
    }

    /// Resumes the groups whose pause has ended. Several nodes may run this at once; the lock on a group's
    /// row gives each group to one of them. A group that cannot be resumed does not hold up the others.
    ///
    /// # Errors
    /// The first failure; the next run tries again.
    pub async fn end_pauses(&self) -> Result<(), GroupError> {
        let now = self.clock.now();
        let (mut beyond, mut more, mut failed) = (None, true, None);
        while more {
            let over = self.store.read(move |c| groups::paused_no_longer(c, now, beyond, SLICE)).await?;
            (beyond, more) = (over.last().copied(), over.len() == SLICE as usize);
            for Rested { account, id, .. } in over {
                let (account, id) = (account.0, id.0);
                match self.end_pause(account, id, now).await {
                    Ok(ended) if ended => self.work_is_due.notify_one(),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(group = %id, %error, "a pause could not be ended");
                        failed.get_or_insert(error);
                    }
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Whether there was a pause to end: its admin or another node may have been faster.
    async fn end_pause(&self, account: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, GroupError> {
        self.store
            .write(move |tx| {
                let Some(mut group) = groups::lock(tx, account, id)? else { return Ok(false) };
                let over = group.paused_until().is_some_and(|until| until <= now);
                if over {
                    set(tx, &mut group, GroupState::Active, None, now)?;
                    tracing::info!(group = %id, "a pause came to its end");
                }
                Ok(over)
            })
            .await
    }
}

/// How many groups of an account receive, or will when their pause is over.
///
/// # Errors
/// When the store refuses.
pub async fn receiving(store: &Store, account: Uuid) -> StoreResult<i64> {
    store.read(move |conn| groups::count_receiving(conn, account)).await
}

/// Pauses the groups of an account that receive or will, one by one, until somebody resumes them: for an admin who has
/// turned against those who are sought. What stands in their chats can still be taken back. Returns how many.
///
/// # Errors
/// When the store refuses; then some may still receive.
pub async fn pause_all(store: &Store, account: Uuid, now: DateTime<Utc>) -> Result<usize, GroupError> {
    let all = store.read(move |conn| groups::of_account(conn, account, None, i64::MAX)).await?;
    let mut paused = 0;
    for Group { id, .. } in all.into_iter().filter(Group::will_receive) {
        paused += usize::from(store.write(move |tx| pause_one(tx, account, id.0, now)).await?);
    }
    Ok(paused)
}

/// Whether it would have received.
fn pause_one(tx: &mut Conn, account: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, GroupError> {
    let found = groups::lock(tx, account, id)?.filter(Group::will_receive);
    let Some(mut group) = found else { return Ok(false) };
    set(tx, &mut group, GroupState::Paused, None, now)?;
    Ok(true)
}

/// Sets whether a locked group receives; what waited for it is due again.
fn set(
    tx: &mut Conn,
    group: &mut Group,
    to: GroupState,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    group.state = to;
    group.paused_until = until.map(Time);
    groups::save(tx, group)?;
    if to == GroupState::Active {
        let platform = group.platform;
        lanes::reopen(tx, group.id.0, &|sends| probe::back(platform, sends, now))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().unwrap()
    }

    #[test]
    fn tomorrow_is_tomorrow_in_beijing() {
        for (now, until) in [
            ("2026-11-23T02:07:00Z", "2026-11-24T00:00:00Z"),
            // Already the 24th in Beijing.
            ("2026-11-23T16:00:00Z", "2026-11-25T00:00:00Z"),
            ("2026-12-31T15:59:00Z", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(chosen("morning", at(now)), Some(at(until)), "{now}");
        }
        assert_eq!(chosen("hour", at("2026-11-23T23:30:00Z")), Some(at("2026-11-24T00:30:00Z")));
        assert_eq!(chosen("resumed", at("2026-11-23T02:07:00Z")), None);
        assert_eq!(chosen("", at("2026-11-23T02:07:00Z")), None);
    }

    #[test]
    fn a_pause_ends_in_time_to_come_and_within_thirty_days() {
        let now = at("2026-11-23T02:07:00Z");
        for (written, good) in [
            ("2026-11-23T02:07:01Z", true),
            ("2026-11-23T10:08:00+08:00", true),
            ("2026-12-23T02:07:00Z", true),
            ("2026-12-23T02:07:01Z", false),
            ("2026-11-23T02:07:00Z", false),
            ("2026-11-23T10:07:00+08:00", false),
            ("2026-11-24", false),
            ("8h", false),
            ("", false),
        ] {
            assert_eq!(end(written, now).is_ok(), good, "{written}");
        }
    }
}
