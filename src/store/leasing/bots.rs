//! The budgets of the tokens that groups share, while deliveries are leased.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::PROBE;
use crate::store::lanes::times;
use crate::store::schema::bots;
use crate::store::types::Time;
use crate::store::{Answer, Conn};

/// The tokens that groups share.
pub(in crate::store) type Bots = BTreeMap<String, Bot>;

#[derive(Clone)]
pub(in crate::store) struct Bot {
    pub(super) recent: Vec<DateTime<Utc>>,
    pub(super) open_at: DateTime<Utc>,
    /// Its platform has last asked it to wait: until it is proved that this is over, one at a time tries.
    pub(super) limited: bool,
    pub(super) used: bool,
}

/// The budgets of the tokens that these groups share, locked in one order. Whoever has locked some waits for no
/// other: what another node uses meanwhile is tried again a little later.
pub(in crate::store) fn load_bots<'a>(
    conn: &mut Conn,
    wanted: impl Iterator<Item = &'a str>,
    now: DateTime<Utc>,
    known: &mut Bots,
) -> Answer<()> {
    let wanted: HashSet<&str> = wanted.filter(|bot| !known.contains_key(*bot)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let found = bots::table.filter(bots::id.eq_any(&wanted)).order(bots::id);
    let found: Vec<(String, Time, Vec<u8>, bool)> = match conn {
        Conn::Pg(c) if known.is_empty() => found.for_update().load(&mut **c)?,
        Conn::Pg(c) => found.for_update().skip_locked().load(&mut **c)?,
        Conn::Sqlite(c) => found.load(&mut **c)?,
    };
    let in_use = Bot { recent: Vec::new(), open_at: now + PROBE, limited: false, used: false };
    known.extend(wanted.into_iter().map(|bot| (bot.to_owned(), in_use.clone())));
    known.extend(found.into_iter().map(|(id, open_at, recent, limited)| {
        (id, Bot { recent: times(&recent), open_at: open_at.0, limited, used: false })
    }));
    Ok(())
}
