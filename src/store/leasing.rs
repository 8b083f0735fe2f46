//! Leasing: which deliveries go out now, and everything that sending them takes.
//!
//! What is due is looked at in order. Each delivery goes, is cancelled because it is no longer true, or is
//! put off to the moment at which it can go: so nothing that cannot go is looked at twice, however much
//! of it there is. A batch costs a few statements, whatever its size.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};
use serde_json::{Value, json};
use uuid::Uuid;

use super::lanes::{times, with_one_more, written};
use super::mutation::{self, Mutation};
use super::rows::{Holds, bytes, from_array, id, set_from_array, time};
use super::schema::{bots, deliveries};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, How, Priority, Purpose};
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::quiet::Quiet;

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
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Uid)]
    broadcast_id: Id,
    #[diesel(sql_type = Uid)]
    group_id: Id,
    #[diesel(sql_type = SmallInt)]
    part: i16,
    #[diesel(sql_type = SmallInt)]
    act: i16,
    #[diesel(sql_type = Nullable<Text>)]
    how: Option<Named<How>>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = SmallInt)]
    reach: i16,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Binary)]
    recent: Vec<u8>,
    #[diesel(sql_type = Ts)]
    open_at: Time,
    #[diesel(sql_type = Integer)]
    failures: i32,
    #[diesel(sql_type = Nullable<Ts>)]
    failing_since: Option<Time>,
    #[diesel(sql_type = Text)]
    platform: Named<Platform>,
    #[diesel(sql_type = Text)]
    language: Named<Language>,
    #[diesel(sql_type = Binary)]
    credentials_sealed: Vec<u8>,
    #[diesel(sql_type = Text)]
    group_state: Named<GroupState>,
    #[diesel(sql_type = Text)]
    host: String,
    #[diesel(sql_type = Nullable<Text>)]
    bot: Option<String>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    hourly_cap: Option<i16>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    quiet_from: Option<i16>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    quiet_until: Option<i16>,
    #[diesel(sql_type = Bool)]
    quiet_but_urgent: bool,
    #[diesel(sql_type = Text)]
    purpose: Named<Purpose>,
    #[diesel(sql_type = Integer)]
    revision: i32,
    #[diesel(sql_type = Nullable<Ts>)]
    not_after: Option<Time>,
    #[diesel(sql_type = Text)]
    state: Named<State>,
    #[diesel(sql_type = Nullable<Integer>)]
    live_revision: Option<i32>,
    #[diesel(sql_type = SmallInt)]
    urgency: i16,
}

/// How long what waits for a person is not looked at, where its notice has no end of its own.
const PAUSED: TimeDelta = TimeDelta::days(1);

impl Waiting {
    /// Whether it may still be said, now or later: the notice is live, or paused, with this very revision,
    /// and its end has not come. What tells that a notice is over may always be said.
    fn still_true(&self, now: DateTime<Utc>) -> bool {
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
    fn presses(&self) -> bool {
        let urgent = Priority::of(self.urgency.into()) == Priority::Urgent;
        self.purpose.0 == Purpose::Correction || (urgent && self.quiet_but_urgent)
    }

    /// Until when it is not to be said, or its group or its lane cannot hear it.
    fn rests_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let deaf = self.group_state.0 != GroupState::Active && !mutation::on(Mutation::IgnorePause);
        let paused = self.state.0 == State::Paused && !self.purpose.0.ends();
        if deaf || paused {
            // Whoever lets the group hear again, or the notice go on, makes it due.
            return Some(self.not_after.map_or(now + PAUSED, |end| end.0));
        }
        if self.open_at.0 > now {
            return Some(self.open_at.0);
        }
        let (Some(from), Some(until)) = (self.quiet_from, self.quiet_until) else { return None };
        Quiet { from, until, but_urgent: self.quiet_but_urgent }.over_at(now).filter(|_| !self.presses())
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
    lanes: Vec<Value>,
    cancelled: Vec<i64>,
    put_off: Vec<Value>,
    /// Lanes that rest after this request.
    resting: Vec<(Id, DateTime<Utc>)>,
    bots: BTreeMap<String, Bot>,
    taken: HashSet<Id>,
    busy: bool,
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
    for priority in [Priority::Ending, Priority::Urgent, Priority::Usual] {
        let room = terms.limit.saturating_sub(decided.leased.len());
        if room == 0 {
            break;
        }
        let waiting = waiting(conn, terms.now, priority, room)?;
        let (looked_at, before) = (waiting.len(), decided.put_off.len() + decided.cancelled.len());
        load_bots(conn, &waiting, &mut decided.bots)?;
        for one in waiting {
            decide(conn, one, terms, &mut decided)?;
        }
        more |= looked_at == room && decided.put_off.len() + decided.cancelled.len() > before;
    }
    write(conn, &decided)?;
    Ok(Batch { leased: decided.leased, more, busy: decided.busy })
}

fn waiting(conn: &mut Conn, now: DateTime<Utc>, priority: Priority, limit: usize) -> Answer<Vec<Waiting>> {
    let lock = if matches!(conn, Conn::Pg(_)) { "FOR UPDATE OF l, d SKIP LOCKED" } else { "" };
    let free = if mutation::on(Mutation::ShareLane) { "" } else { "AND l.leased_until <= $2" };
    let sql = format!(
        "SELECT d.id, d.broadcast_id, d.group_id, d.part, d.act, d.how, d.attempts, d.reach, \
                l.fence, l.recent, l.open_at, l.failures, l.failing_since, \
                g.platform, g.language, g.credentials_sealed, g.state AS group_state, g.host, g.bot, \
                g.hourly_cap, g.quiet_from, g.quiet_until, g.quiet_but_urgent, \
                b.purpose, b.revision, b.not_after, n.state, n.live_revision, n.urgency \
         FROM deliveries d \
         JOIN lanes l ON l.group_id = d.group_id \
         JOIN groups g ON g.id = d.group_id \
         JOIN broadcasts b ON b.id = d.broadcast_id \
         JOIN notices n ON n.id = b.notice_id \
         WHERE d.state = 'open' AND d.priority = $1 AND d.due_at <= $2 {free} \
         ORDER BY d.due_at, d.id LIMIT {limit} {lock}"
    );
    Ok(both!(conn, c => diesel::sql_query(&sql)
        .bind::<SmallInt, _>(priority as i16)
        .bind::<Ts, _>(Time(now))
        .load(c))?)
}

/// The budgets of the tokens that these groups share, locked in one order.
fn load_bots(conn: &mut Conn, waiting: &[Waiting], known: &mut BTreeMap<String, Bot>) -> Answer<()> {
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

fn decide(conn: &mut Conn, one: Waiting, terms: &mut Terms<'_>, decided: &mut Decided) -> Answer<()> {
    let now = terms.now;
    if !one.still_true(now) {
        decided.cancelled.push(one.id);
    } else if decided.taken.contains(&one.group_id) {
        // Its turn comes when the lane is free.
    } else {
        match admission(conn, &one, terms, decided)? {
            Admission::Go => take(one, terms, decided),
            Admission::Busy => decided.busy = true,
            Admission::Until(at) => decided.put_off.push(json!([one.id, time(at)])),
        }
    }
    Ok(())
}

fn admission(conn: &mut Conn, one: &Waiting, terms: &mut Terms<'_>, decided: &Decided) -> Answer<Admission> {
    if let Some(until) = one.rests_until(terms.now) {
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

fn take(one: Waiting, terms: &Terms<'_>, decided: &mut Decided) {
    let now = terms.now;
    decided.taken.insert(one.group_id);
    if let Some(bot) = one.bot.as_deref().and_then(|bot| decided.bots.get_mut(bot)) {
        bot.recent = with_one_more(&written(&bot.recent), now);
        bot.used = !mutation::on(Mutation::ForgetBot);
    }
    // Written before the request leaves: after a crash the lane still knows of it.
    let sends = with_one_more(&one.recent, now);
    let open_at = (terms.pace)(one.platform.0, &sends);
    decided.lanes.push(json!([
        id(one.group_id.0),
        bytes(&written(&sends)),
        time(open_at),
        time(terms.until)
    ]));
    if open_at > now {
        decided.resting.push((one.group_id, open_at));
    }
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
    });
}

fn write(conn: &mut Conn, decided: &Decided) -> Answer<()> {
    if !decided.cancelled.is_empty() {
        let sql = format!(
            "UPDATE deliveries SET state = 'cancelled' WHERE id IN {} AND state = 'open'",
            set_from_array(conn)
        );
        let ids = serde_json::to_string(&decided.cancelled)?;
        both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&ids).execute(c))?;
    }
    if !decided.put_off.is_empty() {
        let rows = from_array(conn, &[("id", Holds::Int), ("due_at", Holds::Ts)]);
        let sql =
            format!("UPDATE deliveries SET due_at = rows.due_at FROM {rows} WHERE deliveries.id = rows.id");
        let put_off = serde_json::to_string(&decided.put_off)?;
        both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&put_off).execute(c))?;
    }
    if decided.leased.is_empty() {
        return Ok(());
    }
    let rows = from_array(
        conn,
        &[("group_id", Holds::Uid), ("recent", Holds::Bytes), ("open_at", Holds::Ts), ("until", Holds::Ts)],
    );
    let sql = format!(
        "UPDATE lanes SET leased_until = rows.until, fence = fence + 1, recent = rows.recent, open_at = rows.open_at \
         FROM {rows} WHERE lanes.group_id = rows.group_id"
    );
    let lanes = serde_json::to_string(&decided.lanes)?;
    both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&lanes).execute(c))?;
    // From here on the group is perhaps reached: the request is about to leave.
    let larger = if matches!(conn, Conn::Pg(_)) { "GREATEST" } else { "MAX" };
    let perhaps = i32::from(!mutation::on(Mutation::ForgetReach));
    let sql = format!(
        "UPDATE deliveries SET attempts = attempts + 1, reach = {larger}(reach, {perhaps}) WHERE id IN {}",
        set_from_array(conn)
    );
    let ids: Vec<i64> = decided.leased.iter().map(|l| l.delivery).collect();
    let ids = serde_json::to_string(&ids)?;
    both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&ids).execute(c))?;
    for (group, open_at) in &decided.resting {
        super::lanes::put_off(conn, *group, *open_at)?;
    }
    for (id, bot) in decided.bots.iter().filter(|(_, bot)| bot.used) {
        both!(conn, c => diesel::update(bots::table.find(id))
            .set(bots::recent.eq(written(&bot.recent)))
            .execute(c))?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = BigInt)]
    ending: i64,
    #[diesel(sql_type = Nullable<Text>)]
    message_ref: Option<String>,
    /// Requests that were not certainly refused.
    #[diesel(sql_type = BigInt)]
    arrived: i64,
    /// The platform proved the last of them.
    #[diesel(sql_type = Bool)]
    proved: bool,
}

impl Standing {
    /// What may stand of a delivery: every message we can name, and `None` once where there may be one
    /// that we cannot, because its answer was lost. An `idempotent` platform makes no second message of
    /// the same request: what it proved at last, it never doubled.
    fn messages(self, idempotent: bool) -> Vec<Option<String>> {
        // A message of several parts has several references.
        let named = self.message_ref.iter().flat_map(|references| references.lines());
        let mut messages: Vec<_> = named.map(|reference| Some(reference.to_owned())).collect();
        let settled = (idempotent && self.proved) || mutation::on(Mutation::ForgetDoubt);
        if messages.is_empty() || (self.arrived > messages.len() as i64 && !settled) {
            messages.push(None);
        }
        messages
    }
}

/// Adds to those that tell of an end what stands of their notice in the chat. `idempotent` says whether a
/// platform makes no second message of the same request.
///
/// # Errors
/// When the database refuses.
pub fn add_standing(
    conn: &mut Conn,
    leased: &mut [Leased],
    idempotent: impl Fn(Platform) -> bool,
) -> Answer<()> {
    let endings: Vec<i64> = leased.iter().filter(|l| l.purpose.ends()).map(|l| l.delivery).collect();
    if endings.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT e.id AS ending, d.message_ref, \
           d.attempts - (SELECT COUNT(*) FROM attempts a WHERE a.delivery_id = d.id \
             AND a.outcome NOT IN ('delivered', 'unknown')) AS arrived, \
           d.state = 'delivered' AND d.last_outcome = 'delivered' AS proved \
         FROM deliveries e \
         JOIN broadcasts eb ON eb.id = e.broadcast_id \
         JOIN broadcasts b ON b.notice_id = eb.notice_id AND b.purpose IN ('alert', 'update') \
         JOIN deliveries d ON d.broadcast_id = b.id AND d.group_id = e.group_id \
         WHERE e.id IN {} AND d.reach > 0 ORDER BY d.id",
        set_from_array(conn)
    );
    let ids = serde_json::to_string(&endings)?;
    let found: Vec<Standing> = both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&ids).load(c))?;
    let mut of: HashMap<i64, Vec<Standing>> = HashMap::new();
    for one in found {
        of.entry(one.ending).or_default().push(one);
    }
    for leased in leased {
        let standing = of.remove(&leased.delivery).unwrap_or_default().into_iter();
        leased.standing = standing.flat_map(|one| one.messages(idempotent(leased.platform))).collect();
    }
    Ok(())
}
