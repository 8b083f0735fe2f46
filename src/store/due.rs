//! What waits to be leased, and whether it may go: its notice must be as it was, its group must want to
//! hear it now, and its lane must be free.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};

use super::mutation::{self, Mutation};
use super::statement::Statement;
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{How, Priority, Purpose};
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;
use crate::domain::quiet::Quiet;

/// A delivery whose time has come, with what decides whether it goes.
#[derive(Queryable)]
pub(super) struct Due {
    pub(super) id: i64,
    pub(super) broadcast_id: Id,
    pub(super) group_id: Id,
    pub(super) part: i16,
    pub(super) act: i16,
    pub(super) how: Option<Named<How>>,
    pub(super) attempts: i32,
    pub(super) reach: i16,
    pub(super) fence: i64,
    pub(super) recent: Vec<u8>,
    pub(super) open_at: Time,
    pub(super) failures: i32,
    pub(super) failing_since: Option<Time>,
    pub(super) platform: Named<Platform>,
    pub(super) language: Named<Language>,
    pub(super) credentials_sealed: Vec<u8>,
    pub(super) group_state: Named<GroupState>,
    pub(super) host: String,
    pub(super) bot: Option<String>,
    pub(super) hourly_cap: Option<i16>,
    pub(super) quiet_from: Option<i16>,
    pub(super) quiet_until: Option<i16>,
    pub(super) quiet_but_urgent: bool,
    pub(super) purpose: Named<Purpose>,
    pub(super) revision: i32,
    pub(super) not_after: Option<Time>,
    pub(super) state: Named<State>,
    pub(super) live_revision: Option<i32>,
    pub(super) urgency: i16,
    pub(super) kind: Named<Kind>,
    pub(super) digest: bool,
}

/// The columns of [`Due`].
type DueRow = (
    BigInt,
    Uid,
    Uid,
    SmallInt,
    SmallInt,
    Nullable<Text>,
    Integer,
    SmallInt,
    BigInt,
    Binary,
    Ts,
    Integer,
    Nullable<Ts>,
    Text,
    Text,
    Binary,
    Text,
    Text,
    Nullable<Text>,
    Nullable<SmallInt>,
    Nullable<SmallInt>,
    Nullable<SmallInt>,
    Bool,
    Text,
    Integer,
    Nullable<Ts>,
    Text,
    Nullable<Integer>,
    SmallInt,
    Text,
    Bool,
);

/// How long what waits for a person is not looked at, where its notice has no end of its own.
const PAUSED: TimeDelta = TimeDelta::days(1);

impl Due {
    /// Whether it may still be said, now or later: the notice is live, or paused, with this very revision,
    /// and its end has not come. What tells that a notice is over may always be said.
    pub(super) fn still_true(&self, now: DateTime<Utc>) -> bool {
        self.purpose.0.ends()
            || mutation::on(Mutation::SkipStillTrue)
            || (self.is_public_or_paused()
                && (self.live_revision == Some(self.revision) || mutation::on(Mutation::KeepRevision))
                && self.not_after.is_none_or(|end| end.0 > now))
    }

    fn is_public_or_paused(&self) -> bool {
        self.state.0 == State::Live || (self.state.0 == State::Paused && !mutation::on(Mutation::LosePaused))
    }

    /// Life at risk, or a rumour to be stopped.
    pub(super) fn presses(&self) -> bool {
        let urgent = Priority::of(self.urgency.into()) == Priority::Urgent;
        self.purpose.0 == Purpose::Correction || (urgent && self.quiet_but_urgent)
    }

    /// Until when it is not to be said, or its group or its lane cannot hear it.
    pub(super) fn rests_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let deaf = self.group_state.0 != GroupState::Active && !mutation::on(Mutation::IgnorePause);
        let paused = self.state.0 == State::Paused && !self.purpose.0.ends();
        if deaf || paused {
            // Whoever lets the group hear again, or the notice go on, makes it due.
            return Some(self.not_after.map_or(now + PAUSED, |end| end.0));
        }
        Some(self.open_at.0).filter(|opens| *opens > now)
    }

    /// Until when its group wants to be left alone.
    pub(super) fn quiet_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (Some(from), Some(until)) = (self.quiet_from, self.quiet_until) else { return None };
        Quiet { from, until, but_urgent: self.quiet_but_urgent }.over_at(now).filter(|_| !self.presses())
    }
}

/// What is due of that priority in lanes that are free, the longest due first, locked.
///
/// # Errors
/// When the database refuses.
pub(super) fn due(conn: &mut Conn, now: DateTime<Utc>, priority: Priority, limit: usize) -> Answer<Vec<Due>> {
    struct Wait;
    let locked = if matches!(conn, Conn::Pg(_)) { " FOR UPDATE OF l, d SKIP LOCKED" } else { "" };
    let free = if mutation::on(Mutation::ShareLane) { "<>" } else { "<=" };
    let free = format!(" AND l.leased_until {free} ");
    let words = [
        "SELECT d.id, d.broadcast_id, d.group_id, d.part, d.act, d.how, d.attempts, d.reach, \
                l.fence, l.recent, l.open_at, l.failures, l.failing_since, \
                g.platform, g.language, g.credentials_sealed, g.state, g.host, g.bot, \
                g.hourly_cap, g.quiet_from, g.quiet_until, g.quiet_but_urgent, \
                b.purpose, b.revision, b.not_after, n.state, n.live_revision, n.urgency, n.kind, d.digest \
         FROM deliveries d \
         JOIN lanes l ON l.group_id = d.group_id \
         JOIN groups g ON g.id = d.group_id \
         JOIN broadcasts b ON b.id = d.broadcast_id \
         JOIN notices n ON n.id = b.notice_id \
         WHERE d.state = 'open' AND d.priority = ",
        " AND d.due_at <= ",
        &free,
        " ORDER BY d.due_at, d.id LIMIT ",
        locked,
    ];
    let values = [(priority as i16).into(), now.into(), now.into(), (limit as i64).into()];
    Ok(both!(conn, c => Statement::<Wait, DueRow>::new(&words, values.iter().collect()).load(c))?)
}
