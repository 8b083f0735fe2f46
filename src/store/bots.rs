//! Bots, the credentials that groups share: the latest requests of each, and when it may be used again.
//!
//! A budget counts a request from its lease on and, once it has ended, from its end on. A bot that is limited is
//! tried by one delivery after another, until a request that left when the limit was over is answered.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::lanes::{NotHeld, REMEMBERED, decode_times, encode_times, with_one_more};
use super::leasing::Pace;
use super::mutation::{self, Mutation};
use super::results::Record;
use super::rows::{Change, Holds};
use super::schema::bots;
use super::types::Time;
use super::{Conn, StoreResult, both};
use crate::domain::group::Platform;

/// How long other requests wait for the result of the one that tries a bot again after its platform limited
/// it.
pub const TRIAL: TimeDelta = TimeDelta::seconds(3);

/// The bots that a batch of leases has looked at.
pub(super) type Bots = BTreeMap<String, Bot>;

/// A bot as a batch of leases finds it.
#[derive(Clone, Copy, Debug)]
pub struct BotView<'a> {
    pub id: &'a str,
    pub platform: Platform,
    /// Its latest requests.
    pub recent: &'a [DateTime<Utc>],
    /// It rests until then.
    pub open_at: DateTime<Utc>,
}

#[derive(Clone)]
pub(super) struct Bot {
    recent: Vec<DateTime<Utc>>,
    open_at: DateTime<Utc>,
    /// Its platform asked it to wait until then: until a request that left later proves that this is over, one at a
    /// time is sent.
    limited_until: Option<Time>,
    used: bool,
}

impl Bot {
    fn of(open_at: Time, recent: &[u8], limited_until: Option<Time>) -> Bot {
        Bot { recent: decode_times(recent), open_at: open_at.0, limited_until, used: false }
    }

    pub(super) fn view<'a>(&'a self, id: &'a str, platform: Platform) -> BotView<'a> {
        BotView { id, platform, recent: &self.recent, open_at: self.open_at }
    }

    /// Uses it for a request.
    pub(super) fn take(&mut self, now: DateTime<Utc>) {
        self.recent = with_one_more(&self.recent, now);
        if self.limited_until.is_some() {
            self.open_at = now + TRIAL;
        }
        self.used = !mutation::on(Mutation::ForgetBot);
    }
}

/// Makes room for the budget of a bot; harmless to repeat.
pub(super) fn keep(conn: &mut Conn, bot: Option<&str>) -> StoreResult<()> {
    let Some(bot) = bot else { return Ok(()) };
    both!(conn, c => diesel::insert_into(bots::table)
        .values((bots::id.eq(bot), bots::open_at.eq(Time(DateTime::UNIX_EPOCH)), bots::recent.eq(Vec::<u8>::new())))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Loads the budgets of the bots that are wanted, locked in one order. Only the first call of a
/// transaction waits for locks: while this transaction holds some, a bot that another node uses counts as
/// in use for [`TRIAL`].
pub(super) fn load<'a>(
    conn: &mut Conn,
    wanted: impl Iterator<Item = &'a str>,
    now: DateTime<Utc>,
    known: &mut Bots,
) -> StoreResult<()> {
    let wanted: HashSet<&str> = wanted.filter(|bot| !known.contains_key(*bot)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let found = bots::table.filter(bots::id.eq_any(&wanted)).order(bots::id);
    let found: Vec<(String, Time, Vec<u8>, Option<Time>)> = match conn {
        Conn::Pg(c) if known.is_empty() => found.for_update().load(&mut **c)?,
        Conn::Pg(c) => found.for_update().skip_locked().load(&mut **c)?,
        Conn::Sqlite(c) => found.load(&mut **c)?,
    };
    let in_use = Bot { recent: Vec::new(), open_at: now + TRIAL, limited_until: None, used: false };
    known.extend(wanted.into_iter().map(|bot| (bot.to_owned(), in_use.clone())));
    let of = |(id, open_at, recent, limited_until): (String, Time, Vec<u8>, Option<Time>)| {
        (id, Bot::of(open_at, &recent, limited_until))
    };
    known.extend(found.into_iter().map(of));
    Ok(())
}

/// Takes one request, which is no delivery, from a bot's budget, if it may be used now.
pub fn take(
    conn: &mut Conn,
    bot: &str,
    platform: Platform,
    now: DateTime<Utc>,
    pace: Pace<'_>,
) -> StoreResult<Result<(), NotHeld>> {
    keep(conn, Some(bot))?;
    let mut known = Bots::new();
    load(conn, std::iter::once(bot), now, &mut known)?;
    for bot in known.values_mut() {
        let opens = bot.open_at.max(pace(platform, &bot.recent));
        if opens > now {
            return Ok(Err(NotHeld::Full(opens)));
        }
        bot.take(now);
    }
    write(conn, &known)?;
    Ok(Ok(()))
}

/// A request whose result is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub taken: DateTime<Utc>,
    /// `None` where it never left.
    pub ended: Option<DateTime<Utc>>,
    /// Whether anybody answered.
    pub answered: bool,
}

/// How a bot was used.
#[derive(Default)]
pub struct Used {
    pub requests: Vec<Use>,
    /// Its platform asked it to rest until then.
    pub rests_until: Option<DateTime<Utc>>,
}

/// How bots were used by the requests of deliveries, and what their platforms said about them.
pub(super) fn used_by<'a>(records: &[&'a Record]) -> BTreeMap<&'a str, Used> {
    let mut used: BTreeMap<&str, Used> = BTreeMap::new();
    for record in records {
        let (Some(bot), Some(taken)) = (&record.leased.bot, record.leased.sends.last()) else { continue };
        let used = used.entry(bot).or_default();
        let ended = record.attempted.then_some(record.at);
        used.requests.push(Use { taken: *taken, ended, answered: record.answered });
        used.rests_until = used.rests_until.max(record.bot_open_at);
    }
    used
}

/// Records how bots were used: a request counts from its end on, because it had arrived by then, and
/// not at all if it never left; some bots have to rest, and one that had to may be used freely again if a
/// request that left afterwards was answered. They are locked in one order, so that two nodes cannot deadlock.
pub fn record(conn: &mut Conn, used: &BTreeMap<&str, Used>) -> StoreResult<()> {
    struct Record;
    if used.is_empty() {
        return Ok(());
    }
    let found = bots::table.filter(bots::id.eq_any(used.keys())).order(bots::id);
    let found: Vec<(String, Time, Vec<u8>, Option<Time>)> = match conn {
        Conn::Pg(c) => found.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => found.load(&mut **c)?,
    };
    let change = Change {
        before: "UPDATE bots SET recent = rows.recent, open_at = rows.open_at, limited_until = rows.limited_until",
        columns: &[
            ("id", Holds::Text),
            ("recent", Holds::Bytes),
            ("open_at", Holds::Time),
            ("limited_until", Holds::Time),
        ],
        after: "WHERE bots.id = rows.id",
    };
    let rows = found.iter().filter_map(|(id, open_at, recent, limited_until)| {
        let used = used.get(&**id)?;
        let bot = after(Bot::of(*open_at, recent, *limited_until), used);
        Some(vec![
            id.as_str().into(),
            encode_times(&bot.recent).into(),
            bot.open_at.into(),
            bot.limited_until.map(|until| until.0).into(),
        ])
    });
    change.make::<Record>(conn, rows.collect())
}

/// A bot after these uses.
fn after(mut bot: Bot, used: &Used) -> Bot {
    let recent = &mut bot.recent;
    for Use { taken, ended, .. } in &used.requests {
        // What never left tried nothing: the next may.
        if ended.is_none() && bot.limited_until.is_some() && bot.open_at == *taken + TRIAL {
            bot.open_at = *taken;
        }
        if let Some(place) = recent.iter().rposition(|at| at == taken) {
            recent.remove(place);
        }
        // It may be forgotten already where many are under way. If the clock was set back a little meanwhile, it
        // counts from its lease on, as before; but not from one by a clock that was far ahead.
        recent.extend(ended.map(|at| at.max(*taken).min(at + TRIAL)));
    }
    // The oldest is forgotten first.
    recent.sort_unstable();
    recent.drain(..recent.len().saturating_sub(REMEMBERED));
    if let Some(until) = used.rests_until {
        bot.open_at = bot.open_at.max(until);
        bot.limited_until = bot.limited_until.max(Some(Time(until)));
        return bot;
    }
    // What left before the end of the limit says nothing about it. Nothing leaves after its end: that one was taken by
    // a clock that was ahead.
    let left = |one: &Use| one.ended.map(|ended| ended.min(one.taken)).filter(|_| one.answered);
    let tried = |end: Time| used.requests.iter().filter_map(left).any(|left| left >= end.0);
    bot.limited_until = bot.limited_until.filter(|end| !tried(*end));
    bot
}

/// Writes down which bots were used.
pub(super) fn write(conn: &mut Conn, bots: &Bots) -> StoreResult<()> {
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
    use crate::store::fixture::{at, store};

    #[tokio::test]
    async fn a_bot_is_used_while_its_budget_lasts_and_not_before_its_platform_allows() {
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
                hear(tx, &[(0, 1), (1, 2)], Some(90))?;
                assert_eq!(ask(tx, 89)?, Err(NotHeld::Full(at(90))));
                assert_eq!(ask(tx, 90)?, Ok(()));
                // Until the result of that request is known the others wait.
                assert_eq!(ask(tx, 91)?, Err(NotHeld::Full(at(90) + TRIAL)));
                hear(tx, &[(90, 92)], None)?;
                assert_eq!([ask(tx, 93)?, ask(tx, 93)?], [Ok(()), Err(NotHeld::Full(at(152)))]);
                // Two were taken, and one of them never left.
                record(tx, &used(vec![Use { taken: at(93), ended: None, answered: false }], None))?;
                assert_eq!([ask(tx, 94)?, ask(tx, 94)?], [Ok(()), Err(NotHeld::Full(at(152)))]);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    #[test]
    fn what_never_left_tries_no_limit_and_lets_the_next_try_it() {
        let mut bot = Bot::of(Time(at(4)), &[], Some(Time(at(4))));
        bot.take(at(5));
        assert_eq!(bot.open_at, at(5) + TRIAL);
        let unused = Use { taken: at(5), ended: None, answered: false };
        let freed = after(bot.clone(), &Used { requests: vec![unused], rests_until: None });
        assert_eq!((freed.open_at, freed.limited_until), (at(5), Some(Time(at(4)))));
        // Another that was taken meanwhile is still waited for.
        bot.take(at(9));
        assert_eq!(after(bot, &Used { requests: vec![unused], rests_until: None }).open_at, at(9) + TRIAL);
    }

    fn answered((taken, ended): (i64, i64)) -> Use {
        Use { taken: at(taken), ended: Some(at(ended)), answered: true }
    }

    fn used(requests: Vec<Use>, rests_until: Option<i64>) -> BTreeMap<&'static str, Used> {
        BTreeMap::from([("bot", Used { requests, rests_until: rests_until.map(at) })])
    }

    /// Records answered uses of a bot, and what its platform asked for.
    fn hear(tx: &mut Conn, requests: &[(i64, i64)], rests_until: Option<i64>) -> StoreResult<()> {
        record(tx, &used(requests.iter().copied().map(answered).collect(), rests_until))
    }

    #[test]
    fn a_use_counts_at_its_end_though_it_is_forgotten_by_then() {
        let recent: Vec<_> = (1..=REMEMBERED as i64).map(at).collect();
        let never_left = Use { taken: at(0), ended: None, answered: false };
        let used = Used { requests: vec![answered((0, 200)), never_left], rests_until: None };
        let recent = after(Bot { recent, open_at: at(0), limited_until: None, used: false }, &used).recent;
        assert_eq!((recent.len(), recent[0], recent.last()), (REMEMBERED, at(2), Some(&at(200))));
    }

    #[test]
    fn a_use_that_began_by_a_clock_far_ahead_counts_at_its_end() {
        let hours = 3 * 60 * 60;
        let used = Used { requests: vec![answered((hours, 9)), answered((8, 7))], rests_until: None };
        let recent = vec![at(1), at(8)];
        let bot = after(Bot { recent, open_at: at(0), limited_until: None, used: false }, &used);
        let (latest, sooner) = (*bot.recent.last().unwrap(), bot.recent.contains(&at(8)));
        assert!(latest <= at(9) + TRIAL, "{latest}");
        assert!(sooner, "set back by a little, it counts from its lease on");
    }

    #[tokio::test]
    async fn what_left_before_a_limit_does_not_lift_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let ask = |tx: &mut Conn, now| take(tx, "bot", Platform::Matrix, at(now), &|_, _| at(0));
        store
            .write(move |tx| {
                assert_eq!([ask(tx, 0)?, ask(tx, 1)?], [Ok(()), Ok(())]);
                hear(tx, &[(1, 2)], Some(4))?;
                // Its answer was on its way for longer.
                hear(tx, &[(0, 3)], None)?;
                assert_eq!([ask(tx, 4)?, ask(tx, 4)?], [Ok(()), Err(NotHeld::Full(at(4) + TRIAL))]);
                hear(tx, &[(4, 5)], None)?;
                assert_eq!([ask(tx, 7)?, ask(tx, 7)?], [Ok(()), Ok(())]);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    /// The platform cannot be reached; or it answers what a clock that was ahead had taken before the limit.
    #[tokio::test]
    async fn what_nobody_answered_does_not_lift_a_limit_nor_what_another_clock_has_taken() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let ask = |tx: &mut Conn, now| take(tx, "bot", Platform::Matrix, at(now), &|_, _| at(0));
        store
            .write(move |tx| {
                assert_eq!(ask(tx, 0)?, Ok(()));
                hear(tx, &[(0, 1)], Some(4))?;
                assert_eq!(ask(tx, 4)?, Ok(()));
                record(tx, &used(vec![Use { answered: false, ..answered((4, 5)) }], None))?;
                assert_eq!([ask(tx, 8)?, ask(tx, 8)?], [Ok(()), Err(NotHeld::Full(at(8) + TRIAL))]);
                hear(tx, &[(60 * 60, 3)], None)?;
                assert_eq!([ask(tx, 12)?, ask(tx, 12)?], [Ok(()), Err(NotHeld::Full(at(12) + TRIAL))]);
                hear(tx, &[(12, 13)], None)?;
                assert_eq!([ask(tx, 15)?, ask(tx, 15)?], [Ok(()), Ok(())]);
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }
}
