//! What the database says after a step, as far as the rules need it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::group::GroupState;
use crate::domain::life_cycle::State;
use crate::store::schema::{approvals, broadcasts, deliveries, groups, lanes, notices};
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreResult};

#[derive(Clone, Debug, Queryable)]
pub struct NoticeRow {
    pub id: Id,
    pub case_number: CaseNumber,
    pub state: State,
    pub live_revision: Option<i32>,
    pub urgency: i16,
    pub ends_at: Option<Time>,
}

impl NoticeRow {
    /// Whether its case number answers that it is over.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.state.is_over() || self.ends_at.is_some_and(|ends| ends.0 <= now)
    }
}

#[derive(Clone, Debug, Queryable)]
pub struct BroadcastRow {
    pub id: Id,
    pub notice_id: Id,
    pub revision: i32,
    pub purpose: Purpose,
    pub created_at: Time,
    pub not_after: Option<Time>,
    pub expanded: bool,
}

#[derive(Clone, Debug, Queryable)]
pub struct DeliveryRow {
    pub id: i64,
    pub broadcast_id: Id,
    pub group_id: Id,
    pub state: DeliveryState,
    pub due_at: Time,
    pub reach: i16,
    pub how: Option<String>,
    pub digest: bool,
}

#[derive(Clone, Debug, Queryable)]
pub struct LaneRow {
    pub group_id: Id,
    pub open_at: Time,
    pub leased_until: Time,
    pub fence: i64,
}

#[derive(Clone, Debug, Queryable)]
pub struct GroupRow {
    pub id: Id,
    pub state: GroupState,
    pub hourly_cap: Option<i16>,
    pub quiet_from: Option<i16>,
    pub quiet_until: Option<i16>,
    pub quiet_but_urgent: bool,
}

/// The tables of the engine.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    pub notices: Vec<NoticeRow>,
    pub broadcasts: Vec<BroadcastRow>,
    pub deliveries: Vec<DeliveryRow>,
    pub lanes: HashMap<Uuid, LaneRow>,
    pub groups: HashMap<Uuid, GroupRow>,
    /// Notice and revision of every approval.
    pub approvals: Vec<(Id, i32)>,
}

impl Sight {
    pub fn of(conn: &mut Conn) -> StoreResult<Sight> {
        let Conn::Sqlite(c) = conn else { unreachable!("the simulation opens SQLite") };
        let c = &mut **c;
        let lanes: Vec<LaneRow> = lanes::table
            .select((lanes::group_id, lanes::open_at, lanes::leased_until, lanes::fence))
            .load(c)?;
        let groups: Vec<GroupRow> = groups::table
            .select((
                groups::id,
                groups::state,
                groups::hourly_cap,
                groups::quiet_from,
                groups::quiet_until,
                groups::quiet_but_urgent,
            ))
            .load(c)?;
        Ok(Sight {
            notices: notices::table
                .select((
                    notices::id,
                    notices::case_number,
                    notices::state,
                    notices::live_revision,
                    notices::urgency,
                    notices::ends_at,
                ))
                .load(c)?,
            broadcasts: broadcasts::table
                .order(broadcasts::id)
                .select((
                    broadcasts::id,
                    broadcasts::notice_id,
                    broadcasts::revision,
                    broadcasts::purpose,
                    broadcasts::created_at,
                    broadcasts::not_after,
                    broadcasts::expanded,
                ))
                .load(c)?,
            deliveries: deliveries::table
                .order(deliveries::id)
                .select((
                    deliveries::id,
                    deliveries::broadcast_id,
                    deliveries::group_id,
                    deliveries::state,
                    deliveries::due_at,
                    deliveries::reach,
                    deliveries::how,
                    deliveries::digest,
                ))
                .load(c)?,
            lanes: lanes.into_iter().map(|lane| (lane.group_id.0, lane)).collect(),
            groups: groups.into_iter().map(|group| (group.id.0, group)).collect(),
            approvals: approvals::table.select((approvals::notice_id, approvals::revision)).load(c)?,
        })
    }

    pub fn notice(&self, id: Uuid) -> Option<&NoticeRow> {
        self.notices.iter().find(|n| n.id.0 == id)
    }

    pub fn broadcast(&self, id: Uuid) -> Option<&BroadcastRow> {
        self.broadcasts.iter().find(|b| b.id.0 == id)
    }

    /// The broadcast of a delivery.
    pub fn said(&self, delivery: &DeliveryRow) -> Option<&BroadcastRow> {
        self.broadcast(delivery.broadcast_id.0)
    }
}
