//! The tokens that groups share: the latest requests of each, and when it may be used again.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::lanes::{NotHeld, decode_times, encode_times, with_one_more};
use super::leasing::Pace;
use super::mutation::{self, Mutation};
use super::rows::{Change, Holds};
use super::schema::bots;
use super::types::Time;
use super::{Answer, Conn, both};
use crate::domain::group::Platform;

/// How long other requests wait for the result of the one that tries a token again after its platform limited
/// it.
pub const PROBE: TimeDelta = TimeDelta::seconds(3);

/// The shared tokens that a batch of leases has looked at.
pub(super) type Bots = BTreeMap<String, Bot>;

#[derive(Clone)]
pub(super) struct Bot {
    recent: Vec<DateTime<Utc>>,
    open_at: DateTime<Utc>,
    /// Its platform last asked it to wait: until a request proves that this is over, one at a time is sent.
    limited: bool,
    used: bool,
}

impl Bot {
    /// When it may be used for one more request.
    pub(super) fn opens_at(&self, platform: Platform, pace: Pace<'_>) -> DateTime<Utc> {
        self.open_at.max(pace(platform, &self.recent))
    }

    /// Uses it for a request.
    pub(super) fn take(&mut self, now: DateTime<Utc>) {
        self.recent = with_one_more(&self.recent, now);
        if self.limited {
            self.open_at = now + PROBE;
        }
        self.used = !mutation::on(Mutation::ForgetBot);
    }
}

/// Makes room for the budget of a token that groups share; harmless to repeat.
///
/// # Errors
/// When the database refuses.
pub(super) fn keep(conn: &mut Conn, bot: Option<&str>) -> Answer<()> {
    let Some(bot) = bot else { return Ok(()) };
    both!(conn, c => diesel::insert_into(bots::table)
        .values((bots::id.eq(bot), bots::open_at.eq(Time(DateTime::UNIX_EPOCH)), bots::recent.eq(Vec::<u8>::new()), bots::limited.eq(false)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Loads the budgets of the shared tokens that are wanted, locked in one order. Only the first call of a
/// transaction waits for locks: while this transaction holds some, a token that another node uses counts as
/// in use for [`PROBE`].
pub(super) fn load<'a>(
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
        (id, Bot { recent: decode_times(&recent), open_at: open_at.0, limited, used: false })
    }));
    Ok(())
}

/// Takes one request, which is no delivery, from a shared token's budget, if it may be used now.
///
/// # Errors
/// When the database refuses.
pub fn take(
    conn: &mut Conn,
    bot: &str,
    platform: Platform,
    now: DateTime<Utc>,
    pace: Pace<'_>,
) -> Answer<Result<(), NotHeld>> {
    keep(conn, Some(bot))?;
    let mut known = Bots::new();
    load(conn, std::iter::once(bot), now, &mut known)?;
    for bot in known.values_mut() {
        let opens = bot.opens_at(platform, pace);
        if opens > now {
            return Ok(Err(NotHeld::Full(opens)));
        }
        bot.take(now);
    }
    write(conn, &known)?;
    Ok(Ok(()))
}

/// Records what platforms said about shared tokens: some have to rest, the others may be used freely again.
/// They are locked in one order, so that two nodes cannot deadlock.
///
/// # Errors
/// When the database refuses.
pub fn rest(conn: &mut Conn, heard: BTreeMap<&str, Option<DateTime<Utc>>>) -> Answer<()> {
    struct Rest;
    let rest = Change {
        before: "UPDATE bots SET open_at = COALESCE(rows.asked, bots.open_at), limited = (rows.asked IS NOT NULL)",
        columns: &[("id", Holds::Text), ("asked", Holds::Time)],
        after: "WHERE bots.id = rows.id AND ((rows.asked IS NULL AND bots.limited) OR bots.open_at < rows.asked)",
    };
    let rows = heard.into_iter().map(|(bot, asked)| vec![bot.into(), asked.into()]);
    rest.make_in_order::<Rest>(conn, "bots", rows.collect())
}

/// Gives back what was taken for requests that never left: for each token the times at which it was taken.
/// These tokens are locked together with those that are `heard` of next, in one order, so that two nodes
/// cannot deadlock.
///
/// # Errors
/// When the database refuses.
pub fn give_back<'a>(
    conn: &mut Conn,
    unused: &BTreeMap<&'a str, Vec<DateTime<Utc>>>,
    heard: impl Iterator<Item = &'a str>,
) -> Answer<()> {
    if unused.is_empty() {
        return Ok(());
    }
    let concerned: HashSet<&str> = unused.keys().copied().chain(heard).collect();
    let found =
        bots::table.filter(bots::id.eq_any(concerned)).order(bots::id).select((bots::id, bots::recent));
    let found: Vec<(String, Vec<u8>)> = match conn {
        Conn::Pg(c) => found.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => found.load(&mut **c)?,
    };
    for (bot, recent) in found {
        let Some(unused) = unused.get(&*bot) else { continue };
        let mut recent = decode_times(&recent);
        for at in unused {
            if let Some(place) = recent.iter().rposition(|taken| taken == at) {
                recent.remove(place);
            }
        }
        both!(conn, c => diesel::update(bots::table.find(bot)).set(bots::recent.eq(encode_times(&recent))).execute(c))?;
    }
    Ok(())
}

/// Writes down which tokens were used.
pub(super) fn write(conn: &mut Conn, bots: &Bots) -> Answer<()> {
    struct Use;
    let change = Change {
        before: "UPDATE bots SET recent = rows.recent, open_at = rows.open_at",
        columns: &[("id", Holds::Text), ("recent", Holds::Bytes), ("open_at", Holds::Time)],
        after: "WHERE bots.id = rows.id",
    };
    let used = bots.iter().filter(|(_, bot)| bot.used);
    let rows =
        used.map(|(id, bot)| vec![id.as_str().into(), encode_times(&bot.recent).into(), bot.open_at.into()]);
    change.make::<Use>(conn, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use crate::store::groups::tests::{at, store};

    #[tokio::test]
    async fn a_token_is_used_while_its_budget_lasts_and_not_before_its_platform_allows() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let pace = |_, sends: &[DateTime<Utc>]| {
            sends.iter().rev().nth(1).map_or(at(0), |last| *last + TimeDelta::seconds(60))
        };
        let ask = move |tx: &mut Conn, now| take(tx, "bot", Platform::Matrix, at(now), &pace);
        store
            .write(move |tx| {
                assert_eq!([ask(tx, 0)?, ask(tx, 1)?], [Ok(()), Ok(())]);
                assert_eq!(ask(tx, 2)?, Err(NotHeld::Full(at(60))));
                rest(tx, BTreeMap::from([("bot", Some(at(90)))]))?;
                assert_eq!(ask(tx, 89)?, Err(NotHeld::Full(at(90))));
                assert_eq!(ask(tx, 90)?, Ok(()));
                // Until the result of that request is known the others wait.
                assert_eq!(ask(tx, 91)?, Err(NotHeld::Full(at(90) + PROBE)));
                rest(tx, BTreeMap::from([("bot", None)]))?;
                assert_eq!([ask(tx, 93)?, ask(tx, 93)?], [Ok(()), Err(NotHeld::Full(at(150)))]);
                // Two were taken, and one of them never left.
                give_back(tx, &BTreeMap::from([("bot", vec![at(93)])]), std::iter::empty())?;
                assert_eq!([ask(tx, 94)?, ask(tx, 94)?], [Ok(()), Err(NotHeld::Full(at(150)))]);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }
}
