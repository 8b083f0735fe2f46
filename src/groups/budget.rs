//! How many codes and tests may be sent: so many an hour for each group and each robot.

use chrono::{DateTime, TimeDelta, Utc};

use super::GroupError;
use crate::store::groups::Group;
use crate::store::{Conn, NODES_DIFFER_BY, probes};

/// The most codes and tests within [`PROBES_KEPT`], counted per group and per robot, whoever owns it, so that
/// nobody can make us spam a chat.
pub(super) const PROBES: usize = 3;
/// The most for a group that is given another robot: whoever tried a dead one three times can still replace it.
pub(super) const WITH_ANOTHER: usize = 2 * PROBES;
/// How long a code or a test counts against that bound.
pub const PROBES_KEPT: TimeDelta = TimeDelta::hours(1);

/// Counts one more code or test twice: for the group, which may change its robot, and for the robot, which
/// may change its group.
pub(super) fn count(
    tx: &mut Conn,
    group: &mut Group,
    robot: &[u8],
    most: usize,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    group.set_probes(&one_more(group.probes(), most, now)?);
    let sent = one_more(probes::lock(tx, robot, now)?, PROBES, now)?;
    Ok(probes::save(tx, robot, &sent)?)
}

fn one_more(
    probes: Vec<DateTime<Utc>>,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, GroupError> {
    // None lies ahead, but what a clock that was ahead has written.
    let counts = |at: &DateTime<Utc>| now - *at < PROBES_KEPT && *at - now < NODES_DIFFER_BY;
    let mut probes: Vec<_> = probes.into_iter().filter(counts).collect();
    if let Some(place) = probes.len().checked_sub(most) {
        return Err(GroupError::TooMany(probes[place] + PROBES_KEPT - now));
    }
    probes.push(now);
    Ok(probes)
}

pub(super) fn without(probes: Vec<DateTime<Utc>>, taken_back: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    probes.into_iter().filter(|at| *at != taken_back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_sent_by_a_clock_that_was_ahead_holds_nobody_up() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let at = |minutes| now + TimeDelta::minutes(minutes);
        let wait = |sent: [DateTime<Utc>; PROBES]| match one_more(sent.into(), PROBES, now) {
            Err(GroupError::TooMany(wait)) => Some(wait),
            Ok(sent) => {
                assert_eq!(sent.last(), Some(&now));
                None
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(wait([at(-50), at(-30), at(-10)]), Some(TimeDelta::minutes(10)));
        assert_eq!(wait([at(-70), at(-30), at(-10)]), None);
        for ahead in [30, 2 * 24 * 60] {
            assert_eq!(wait([at(ahead), at(ahead + 1), at(ahead + 2)]), None, "{ahead} minutes");
        }
        let another = now + TimeDelta::seconds(1);
        assert_eq!(wait([at(-20), at(-10), another]), Some(TimeDelta::minutes(40)), "by another node");
    }
}
