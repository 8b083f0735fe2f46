//! What is live, as everybody may list it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::notices::{Notice, Place};
use super::schema::{broadcasts, notices};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;

/// Which of the live notices; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub kind: Option<Kind>,
    /// The first and the last region code.
    pub region: Option<(String, String)>,
    /// After that place in the list, by when they went live.
    pub before: Option<Place>,
}

/// Live notices, newest first.
pub fn live(conn: &mut Conn, now: DateTime<Utc>, which: Which, limit: i64) -> StoreResult<Vec<Notice>> {
    let Which { kind, region, before } = which;
    both!(conn, c => {
        let mut query = notices::table
            .filter(notices::state.eq(State::Live))
            .filter(notices::ends_at.gt(Time(now)))
            .select(Notice::as_select())
            .into_boxed();
        if let Some(kind) = kind {
            query = query.filter(notices::kind.eq(kind));
        }
        if let Some((from, to)) = region {
            query = query.filter(notices::region.between(from, to));
        }
        if let Some(Place { at, id }) = before {
            query = query.filter(
                notices::live_at.lt(Time(at)).or(notices::live_at.eq(Time(at)).and(notices::id.lt(Id(id)))),
            );
        }
        Ok(query.order((notices::live_at.desc(), notices::id.desc())).limit(limit).load(c)?)
    })
}

/// Since when what is shown of each of these live notices is shown: a reviewed edit went live later than its
/// notice, and was announced then.
pub fn shown_since(conn: &mut Conn, of: &[Notice]) -> StoreResult<HashMap<Uuid, DateTime<Utc>>> {
    let ids: Vec<Id> = of.iter().map(|notice| notice.id).collect();
    let announced: Vec<(Id, Time)> = both!(conn, c => broadcasts::table
        .inner_join(notices::table.on(
            notices::id.eq(broadcasts::notice_id)
                .and(notices::live_revision.eq(broadcasts::revision.nullable())),
        ))
        .filter(notices::id.eq_any(ids))
        .select((broadcasts::notice_id, broadcasts::created_at))
        .load(c))?;
    let mut since = HashMap::new();
    let went_live = of.iter().filter_map(|notice| Some((notice.id, notice.live_at?)));
    for (notice, at) in went_live.chain(announced) {
        let latest = since.entry(notice.0).or_insert(at.0);
        *latest = at.0.max(*latest);
    }
    Ok(since)
}
