//! Leasing: which deliveries go out now, and everything that sending them takes.
//!
//! What is due is looked at in order. Each delivery goes, is cancelled because it is no longer true, or is
//! put off to the moment at which it can go: so nothing that cannot go is looked at twice, however much
//! of it there is. A batch costs a few statements, whatever its size.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::digests::{self, Companion};
use super::due::{self, Due};
use super::lanes::{times, with_one_more, written};
use super::mutation::{self, Mutation};
use super::rows::{Change, Holds};
use super::schema::{bots, deliveries};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, How, Priority, Purpose};
use crate::domain::group::Platform;
use crate::domain::language::Language;

/// A delivery that this node may send now, with all that sending it takes.
#[derive(Clone, Debug)]
pub struct Leased {
    pub delivery: i64,
    pub broadcast: Uuid,
    pub group: Uuid,
    pub platform: Platform,
    pub language: Language,
    /// Whom its requests go to.
    pub host: String,
    /// The token it shares with other groups, if it does.
    pub bot: Option<String>,
    pub credentials_sealed: Vec<u8>,
    pub purpose: Purpose,
    /// How many requests of the delivery are done.
    pub part: i16,
    /// How many ways of taking back the present message were tried in vain.
    pub act: i16,
    /// What the taking back has come to so far.
    pub how: Option<How>,
    /// This attempt included.
    pub attempts: i32,
    /// Whether earlier attempts may have reached the group.
    pub reach_before: i16,
    /// The result counts only while the lane still has this number…
    pub fence: i64,
    /// …and until then.
    pub leased_until: DateTime<Utc>,
    /// The lane's latest requests, the last of them this one.
    pub sends: Vec<DateTime<Utc>>,
    /// The lane's failures since something last arrived.
    pub failures: i32,
    pub failing_since: Option<DateTime<Utc>>,
    /// Nothing of it goes out after this.
    pub not_after: Option<DateTime<Utc>>,
    /// Where a notice ends: the messages about it that stand in the chat, oldest first, each by the
    /// platform's reference, or `None` where one may stand that we cannot name.
    pub standing: Vec<Option<String>>,
    /// What it is told together with, where it is told in a digest.
    pub with: Vec<Companion>,
}

impl Leased {
    /// The deliveries that its one request tells.
    pub fn told(&self) -> impl Iterator<Item = i64> {
        [self.delivery].into_iter().chain(self.with.iter().map(|other| other.delivery))
    }
}

/// What leasing has to be told.
pub struct Terms<'a> {
    pub now: DateTime<Utc>,
    /// How long the leases hold.
    pub until: DateTime<Utc>,
    pub limit: usize,
    /// When a lane of a platform may be used again, given its latest requests.
    pub pace: Pace<'a>,
    /// The same for a token that groups share.
    pub bot_pace: Pace<'a>,
    /// Asked last: whether a host takes one more request now.
    pub admits: &'a mut dyn FnMut(&str) -> Admission,
}

/// Whether a host takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now; whoever answers so has counted it.
    Go,
    /// As soon as something that is under way has ended.
    Busy,
    /// Not before.
    Until(DateTime<Utc>),
}

/// When something may be used again, given its latest requests.
pub type Pace<'a> = &'a dyn Fn(Platform, &[DateTime<Utc>]) -> DateTime<Utc>;

/// What one batch decides, written in a few statements at its end.
#[derive(Default)]
struct Decided {
    leased: Vec<Leased>,
    /// The places of those that are to be told in a digest.
    digests: Vec<usize>,
    /// When the lane of each of them may be used again.
    open_at: Vec<DateTime<Utc>>,
    cancelled: Vec<i64>,
    /// Until when, and whether to be told in a digest then.
    put_off: Vec<(i64, DateTime<Utc>, bool)>,
    bots: BTreeMap<String, Bot>,
    taken: HashSet<Id>,
    busy: bool,
}

impl Decided {
    /// Those whose lanes rest after this request, and until when.
    fn resting(&self) -> impl Iterator<Item = (&Leased, DateTime<Utc>)> {
        let all = self.leased.iter().zip(self.open_at.iter().copied());
        all.filter(|(leased, open_at)| leased.sends.last().is_some_and(|now| open_at > now))
    }
}

struct Bot {
    recent: Vec<DateTime<Utc>>,
    open_at: DateTime<Utc>,
    used: bool,
}

/// What a batch came to.
#[derive(Debug, Default)]
pub struct Batch {
    pub leased: Vec<Leased>,
    /// As much was looked at as there was room for, and some of it could not go: another look is worth
    /// while.
    pub more: bool,
    /// Something waits for a host that is busy: nothing has to be planned for now.
    pub busy: bool,
}

/// Leases up to `limit` lanes that have something due, most urgent first.
///
/// # Errors
/// When the database refuses.
pub fn lease(conn: &mut Conn, terms: &mut Terms<'_>) -> Answer<Batch> {
    let mut decided = Decided::default();
    let mut more = false;
    for priority in Priority::ALL {
        let room = terms.limit.saturating_sub(decided.leased.len());
        if room == 0 {
            break;
        }
        let waiting = due::due(conn, terms.now, priority, room)?;
        let (looked_at, before) = (waiting.len(), decided.put_off.len() + decided.cancelled.len());
        load_bots(conn, &waiting, &mut decided.bots)?;
        for one in waiting {
            decide(conn, one, terms, &mut decided)?;
        }
        more |= looked_at == room && decided.put_off.len() + decided.cancelled.len() > before;
    }
    for place in std::mem::take(&mut decided.digests) {
        digests::complete(conn, &mut decided.leased[place], terms.now)?;
    }
    write(conn, &decided)?;
    Ok(Batch { leased: decided.leased, more, busy: decided.busy })
}

/// The budgets of the tokens that these groups share, locked in one order.
fn load_bots(conn: &mut Conn, waiting: &[Due], known: &mut BTreeMap<String, Bot>) -> Answer<()> {
    let wanted: HashSet<&str> = waiting.iter().filter_map(|w| w.bot.as_deref()).collect();
    let wanted: Vec<&str> = wanted.into_iter().filter(|bot| !known.contains_key(*bot)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let found = bots::table.filter(bots::id.eq_any(wanted)).order(bots::id);
    let found: Vec<(String, Time, Vec<u8>)> = match conn {
        Conn::Pg(c) => found.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => found.load(&mut **c)?,
    };
    known.extend(
        found.into_iter().map(|(id, open_at, recent)| {
            (id, Bot { recent: times(&recent), open_at: open_at.0, used: false })
        }),
    );
    Ok(())
}

fn decide(conn: &mut Conn, one: Due, terms: &mut Terms<'_>, decided: &mut Decided) -> Answer<()> {
    let now = terms.now;
    if !one.still_true(now) {
        decided.cancelled.push(one.id);
    } else if decided.taken.contains(&one.group_id) {
        // Its turn comes when the lane is free.
    } else {
        let quiet = one.quiet_until(now);
        let digest = one.digest || (quiet.is_some() && digests::gather(one.kind.0, one.purpose.0));
        match admission(conn, &one, quiet, terms, decided)? {
            Admission::Go => take(one, terms, decided),
            Admission::Busy => decided.busy = true,
            Admission::Until(at) => decided.put_off.push((one.id, at, digest)),
        }
    }
    Ok(())
}

fn admission(
    conn: &mut Conn,
    one: &Due,
    quiet: Option<DateTime<Utc>>,
    terms: &mut Terms<'_>,
    decided: &Decided,
) -> Answer<Admission> {
    if let Some(until) = one.rests_until(terms.now).or(quiet) {
        return Ok(Admission::Until(until));
    }
    if let Some(cap) = one.hourly_cap.filter(|_| !one.purpose.0.ends() && !one.presses())
        && let Some(until) = capped_until(conn, one.group_id, cap, terms.now)?
    {
        return Ok(Admission::Until(until));
    }
    let bot = one.bot.as_deref().and_then(|bot| decided.bots.get(bot));
    if let Some(bot) = bot {
        let opens = bot.open_at.max((terms.bot_pace)(one.platform.0, &bot.recent));
        if opens > terms.now {
            return Ok(Admission::Until(opens));
        }
    }
    Ok((terms.admits)(&one.host))
}

/// When a group that has heard `cap` notices within the last hour may hear another.
fn capped_until(conn: &mut Conn, group: Id, cap: i16, now: DateTime<Utc>) -> Answer<Option<DateTime<Utc>>> {
    const HOUR: TimeDelta = TimeDelta::hours(1);
    let heard = deliveries::table
        .filter(deliveries::group_id.eq(group).and(deliveries::state.eq(Named(DeliveryState::Delivered))))
        .filter(deliveries::how.is_null());
    // What was planned early may have arrived late.
    let latest: Vec<Option<Time>> = both!(conn, c => if mutation::on(Mutation::CapByPlan) {
        heard.order(deliveries::id.desc()).limit(cap.max(1).into()).select(deliveries::delivered_at).load(c)
    } else {
        heard.filter(deliveries::delivered_at.gt(Time(now - HOUR)))
            .order(deliveries::delivered_at.desc())
            .limit(cap.max(1).into())
            .select(deliveries::delivered_at)
            .load(c)
    })?;
    let full = latest.len() >= usize::from(cap.max(1).unsigned_abs());
    let frees = latest.into_iter().flatten().map(|at| at.0 + HOUR).min();
    Ok(frees.filter(|frees| full && *frees > now))
}

fn take(one: Due, terms: &Terms<'_>, decided: &mut Decided) {
    let now = terms.now;
    decided.taken.insert(one.group_id);
    if let Some(bot) = one.bot.as_deref().and_then(|bot| decided.bots.get_mut(bot)) {
        bot.recent = with_one_more(&written(&bot.recent), now);
        bot.used = !mutation::on(Mutation::ForgetBot);
    }
    // Written before the request leaves: after a crash the lane still knows of it.
    let sends = with_one_more(&one.recent, now);
    decided.open_at.push((terms.pace)(one.platform.0, &sends));
    decided.leased.push(Leased {
        delivery: one.id,
        broadcast: one.broadcast_id.0,
        group: one.group_id.0,
        platform: one.platform.0,
        language: one.language.0,
        host: one.host,
        bot: one.bot,
        credentials_sealed: one.credentials_sealed,
        purpose: one.purpose.0,
        part: one.part,
        act: one.act,
        how: one.how.map(|how| how.0),
        attempts: one.attempts + 1,
        reach_before: one.reach,
        fence: one.fence + 1,
        leased_until: terms.until,
        sends,
        failures: one.failures,
        failing_since: one.failing_since.map(|t| t.0),
        not_after: one.not_after.map(|t| t.0),
        standing: Vec::new(),
        with: Vec::new(),
    });
    if one.digest {
        decided.digests.push(decided.leased.len() - 1);
    }
}

fn write(conn: &mut Conn, decided: &Decided) -> Answer<()> {
    struct Cancel;
    struct PutOff;
    struct TakeLane;
    struct Attempt;
    let cancel = Change {
        before: "UPDATE deliveries SET state = 'cancelled'",
        columns: &[("id", Holds::Int)],
        after: "WHERE deliveries.id = rows.id AND deliveries.state = 'open'",
    };
    cancel.make::<Cancel>(conn, decided.cancelled.iter().map(|id| vec![(*id).into()]).collect())?;
    let put_off = Change {
        before: "UPDATE deliveries SET due_at = rows.due_at, digest = (rows.digest <> 0)",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time), ("digest", Holds::Int)],
        after: "WHERE deliveries.id = rows.id",
    };
    let rows = decided
        .put_off
        .iter()
        .map(|(id, until, digest)| vec![(*id).into(), (*until).into(), i64::from(*digest).into()]);
    put_off.make::<PutOff>(conn, rows.collect())?;
    let take = Change {
        before: "UPDATE lanes SET leased_until = rows.until, fence = fence + 1, recent = rows.recent, \
             open_at = rows.open_at",
        columns: &[
            ("group_id", Holds::Id),
            ("recent", Holds::Bytes),
            ("open_at", Holds::Time),
            ("until", Holds::Time),
        ],
        after: "WHERE lanes.group_id = rows.group_id",
    };
    let rows = decided.leased.iter().zip(&decided.open_at).map(|(leased, open_at)| {
        vec![
            leased.group.into(),
            written(&leased.sends).into(),
            (*open_at).into(),
            leased.leased_until.into(),
        ]
    });
    take.make::<TakeLane>(conn, rows.collect())?;
    // From here on the group is perhaps reached: the request is about to leave.
    let attempt = Change {
        before: if mutation::on(Mutation::ForgetReach) {
            "UPDATE deliveries SET attempts = attempts + 1"
        } else {
            "UPDATE deliveries SET attempts = attempts + 1, \
               reach = CASE reach WHEN 0 THEN 1 ELSE reach END"
        },
        columns: &[("id", Holds::Int)],
        after: "WHERE deliveries.id = rows.id",
    };
    let rows = decided.leased.iter().flat_map(Leased::told).map(|id| vec![id.into()]);
    attempt.make::<Attempt>(conn, rows.collect())?;
    for (leased, open_at) in decided.resting() {
        super::lanes::put_off(conn, Id(leased.group), open_at)?;
    }
    for (id, bot) in decided.bots.iter().filter(|(_, bot)| bot.used) {
        both!(conn, c => diesel::update(bots::table.find(id))
            .set(bots::recent.eq(written(&bot.recent)))
            .execute(c))?;
    }
    Ok(())
}
