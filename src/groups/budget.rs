//! How many codes and tests may be sent: so many an hour for each group and each robot.

use chrono::{DateTime, TimeDelta, Utc};

use super::GroupError;
use crate::store::groups::Group;
use crate::store::{Conn, probes};

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
    let mut probes: Vec<_> = probes.into_iter().filter(|at| *at > now - PROBES_KEPT).collect();
    if let Some(place) = probes.len().checked_sub(most) {
        return Err(GroupError::TooMany(probes[place] + PROBES_KEPT - now));
    }
    probes.push(now);
    Ok(probes)
}

pub(super) fn without(probes: Vec<DateTime<Utc>>, taken_back: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    probes.into_iter().filter(|at| *at != taken_back).collect()
}
