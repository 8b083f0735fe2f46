//! What groups wish for: when they want to be left alone, and how much they want to hear within an hour.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::due::Listener;
use super::lanes::decode_times;
use crate::domain::delivery::{LIFE_AT_RISK, Priority, Purpose};
use crate::domain::group::MAX_HOURLY_CAP;
use crate::domain::quiet::Quiet;

/// The period of an hourly cap.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// When a group wants to be left alone, and by what.
#[derive(Clone, Copy, Queryable)]
pub(super) struct Quietness {
    quiet_from: Option<i16>,
    quiet_until: Option<i16>,
    quiet_but_urgent: bool,
}

impl Quietness {
    /// Whether this is heard at any hour: life at risk, or a correction.
    fn yields_to(self, purpose: Purpose, urgency: i16) -> bool {
        let urgent = Priority::of(urgency.into()) == Priority::Urgent;
        purpose == Purpose::Correction || (urgent && self.quiet_but_urgent)
    }

    /// Until when the group wants to be left alone by that.
    pub(super) fn until(self, purpose: Purpose, urgency: i16, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.hours_end(now).filter(|_| !self.yields_to(purpose, urgency))
    }

    /// Until when the quiet hours last that it is in, whatever there is to hear.
    pub(super) fn hours_end(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (from, until) = (self.quiet_from?, self.quiet_until?);
        Quiet { from, until, but_urgent: self.quiet_but_urgent }.over_at(now)
    }
}

/// Whether there is a [`Quietness::until`], in SQL, of groups `g`, broadcasts `b` and notices `n`, where
/// `minute` stands for the minute of the day ([`quiet::minute`]).
///
/// [`quiet::minute`]: crate::domain::quiet::minute
pub(super) fn is_quiet(minute: &str) -> String {
    let correction = Purpose::Correction.as_str();
    format!(
        "(g.quiet_from IS NOT NULL AND b.purpose <> '{correction}' \
           AND NOT (g.quiet_but_urgent AND n.urgency >= {LIFE_AT_RISK}) \
           AND CASE WHEN g.quiet_from <= g.quiet_until THEN {minute} >= g.quiet_from AND {minute} < g.quiet_until \
             ELSE {minute} >= g.quiet_from OR {minute} < g.quiet_until END)"
    )
}

impl Listener {
    /// When a group that has reached its hourly cap may hear more; `None` where it may now.
    pub(super) fn full_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cap = usize::from(self.hourly_cap?.max(1).unsigned_abs());
        let heard = decode_times(&self.lane.as_ref()?.heard);
        let latest = heard.len().checked_sub(cap).map(|first| &heard[first..])?;
        latest.iter().min().map(|at| *at + HOUR).filter(|frees| *frees > now)
    }
}

/// What a group heard within the last hour, with what it has heard now, if anything.
pub(super) fn heard(
    before: &[DateTime<Utc>],
    now: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    // None was heard later than now, whatever a clock that was ahead has written.
    let before = before.iter().map(|heard| (*heard).min(at));
    let lately: Vec<_> = before.filter(|heard| *heard > at - HOUR).chain(now).collect();
    let counted = usize::from(MAX_HOURLY_CAP.unsigned_abs());
    lately[lately.len().saturating_sub(counted)..].to_vec()
}

#[cfg(test)]
mod tests {
    use diesel::sql_query;
    use diesel::sql_types::{Bool, Nullable, SmallInt, Text};

    use super::*;
    use crate::domain::quiet::{DAY, minute};
    use crate::store::fixture::{at, count, store};

    /// No quiet hours, those of an hour, of no length, over midnight and around it; with life at risk and
    /// without.
    fn quietnesses() -> Vec<Quietness> {
        let hours = [(600, 660), (600, 600), (0, 1), (22 * 60, 7 * 60), (DAY - 1, 0), (1, 0)];
        let hours = hours.map(|(from, until)| (Some(from), Some(until))).into_iter().chain([(None, None)]);
        let both = |(quiet_from, quiet_until)| {
            [false, true].map(|quiet_but_urgent| Quietness { quiet_from, quiet_until, quiet_but_urgent })
        };
        hours.flat_map(both).collect()
    }

    #[tokio::test]
    async fn when_it_is_quiet_is_the_same_in_sql() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let question = format!(
            "SELECT COUNT(*) AS rows FROM (SELECT ?1 AS purpose) AS b, (SELECT ?2 AS urgency) AS n, \
               (SELECT ?3 AS quiet_from, ?4 AS quiet_until, ?5 AS quiet_but_urgent) AS g WHERE {}",
            is_quiet("?6")
        );
        let midnight = at(0) - TimeDelta::minutes(minute(at(0)).into());
        let minutes = [0, 1, 2, 419, 420, 421, 599, 600, 601, 659, 660, 661, 1319, 1320, 1321, 1438, 1439];
        let nows = minutes.map(|minute| midnight + TimeDelta::minutes(minute));
        for quietness in quietnesses() {
            for (urgency, now) in (0..4).flat_map(|urgency| nows.map(|now| (urgency, now))) {
                for purpose in Purpose::ALL {
                    let asked = sql_query(&question)
                        .bind::<Text, _>(purpose.as_str())
                        .bind::<SmallInt, _>(urgency)
                        .bind::<Nullable<SmallInt>, _>(quietness.quiet_from)
                        .bind::<Nullable<SmallInt>, _>(quietness.quiet_until)
                        .bind::<Bool, _>(quietness.quiet_but_urgent)
                        .bind::<SmallInt, _>(minute(now));
                    let Quietness { quiet_from, quiet_until, quiet_but_urgent } = quietness;
                    let what = (purpose, urgency, minute(now), quiet_from, quiet_until, quiet_but_urgent);
                    assert_eq!(
                        count(&store, asked).await == 1,
                        quietness.until(purpose, urgency, now).is_some(),
                        "{what:?}"
                    );
                }
            }
        }
    }
}
