//! Leasing: which deliveries go out now, and everything that sending them takes.
//!
//! For each priority, what is due is looked at first, in order, and then what is new. Each delivery goes, is
//! cancelled because it is no longer true, or is put off to the moment at which it can go, or to its turn where
//! many wait for the same: so nothing that cannot go is looked at again and again, however much of it there is.
//! What is under way is due again when its lease is over. A batch costs a few statements, whatever its size.
//!
//! Lanes are leased for 25 seconds, up to 256 at once; the longest exchange takes 17. A request that leaves within
//! a second of its lease goes by what the lease knew: if its notice is paused or ends in that second, it counts as
//! one that was on its way. After a second the database is asked again. PostgreSQL ends the transaction of a
//! frozen node before that.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::bots::{self, BotView, Bots};
use super::deliveries;
use super::digests;
use super::due::{self, Delivery, Due, FreeLane, Listener, Said, Work};
use super::growth::{self, Audiences};
use super::lanes::{decode_times, recent_by, with_one_more};
use super::mutation::{self, Mutation};
use super::slices;
use super::types::{Id, act_of};
use super::{Conn, StoreResult, wants};
use crate::domain::delivery::{Priority, Reach};
use crate::domain::group::Platform;
use crate::domain::saying::MayBeSaid;

mod leased;
mod write;

pub use leased::Leased;

/// How long something is put off that waits for a result which comes later than its lease holds.
pub const RESULT_COMES: TimeDelta = TimeDelta::seconds(1);

/// Inputs of leasing.
pub struct Terms<'a> {
    pub now: DateTime<Utc>,
    /// How long the leases hold.
    pub until: DateTime<Utc>,
    /// The process that holds them.
    pub node: i64,
    pub limit: usize,
    /// Who a broadcast is for.
    pub audiences: Audiences<'a>,
    /// Whether this process still holds a group's lease with that fencing number: its result is yet to be
    /// recorded.
    pub holds_lease: &'a dyn Fn(Uuid, i64) -> bool,
    /// When a lane of a platform may be used again, given its latest requests.
    pub pace: Pace<'a>,
    /// When something of that priority may use a bot.
    pub turn: &'a mut dyn FnMut(&BotView<'_>, Priority) -> DateTime<Utc>,
    /// When something that is put off until then should come back.
    pub back: &'a dyn Fn(Platform, DateTime<Utc>) -> DateTime<Utc>,
    /// Called with a broadcast whose first groups are about to be planned: its words are needed as soon as
    /// they are leased.
    pub begins: &'a dyn Fn(Uuid),
    /// Admits a request to a host, if that takes one more now; asked last.
    pub admit: &'a mut dyn FnMut(&str, Priority) -> Admission,
}

/// Whether a host takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now; the answer has already taken a place at the host.
    Go,
    /// As soon as a request that is under way there has ended.
    Busy,
    /// Not before then.
    Until(DateTime<Utc>),
}

/// When something may be used again, given its latest requests.
pub type Pace<'a> = &'a dyn Fn(Platform, &[DateTime<Utc>]) -> DateTime<Utc>;

/// What is decided about a delivery that is due.
pub(super) enum Decision {
    /// It is over: what it says is not true any more.
    Over,
    /// It is leased.
    Goes,
    /// It goes later: its lane is in use.
    Waits,
    /// It goes as soon as a request to its host has ended.
    Busy,
    PutOff(PutOff),
}

/// How a delivery is put off.
pub(super) struct PutOff {
    pub(super) until: DateTime<Utc>,
    /// To be told in a digest then.
    pub(super) digest: bool,
}

/// What one batch decides, written in a few statements at its end.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) taken: Vec<Lease>,
    /// The groups of those.
    groups: HashSet<Id>,
    cancelled: Vec<i64>,
    put_off: Vec<(i64, PutOff)>,
    pub(super) bots: Bots,
    /// Something that is due waits for its host.
    busy: bool,
    /// A broadcast stopped at a host, or another node is at work on it.
    pub(super) stopped: bool,
}

/// A lease.
pub(super) struct Lease {
    pub(super) leased: Leased,
    /// When its lane may be used again.
    open_at: DateTime<Utc>,
    /// It waited for a digest, and now is the time for one.
    digest: bool,
    /// It was leased as it was planned: what the lease means for it is already in its row.
    new: bool,
}

/// The result of leasing one batch.
#[derive(Debug, Default)]
pub struct Batch {
    pub leased: Vec<Leased>,
    /// Leasing again at once may find more: there was no room to look at everything and some of what was
    /// looked at could not go, a broadcast has not reached everybody, or something has just come into the
    /// queue.
    pub more: bool,
    /// Something waits for a host that takes no more at the moment, or another node is at work on it.
    pub busy: bool,
}

/// Leases up to `limit` lanes that have something due, most urgent first. Within one priority, what waits in
/// the queue goes before what is new.
pub fn lease(conn: &mut Conn, terms: &mut Terms<'_>) -> StoreResult<Batch> {
    // In a transaction of its own, so that a change of a group never waits for a lease that holds the group's
    // deliveries.
    if slices::queue_over(conn, terms.now)? {
        return Ok(Batch { more: true, ..Batch::default() });
    }
    let mut decided = Decided::default();
    let (mut more, mut busy) = (false, false);
    for Work { priority, due, grows } in due::work(conn, terms.now)? {
        let room = terms.limit.saturating_sub(decided.taken.len());
        if room == 0 {
            break;
        }
        // There was no room to look at everything, so nothing less urgent may go first.
        if due && take_due(conn, priority, room, terms, &mut decided)? {
            more = true;
            if !mutation::on(Mutation::PassBy) {
                break;
            }
        }
        // Only what can soon be sent is planned, so that a notice that comes later does not stand behind the
        // whole of one that goes to very many groups.
        if grows && decided.taken.len() < terms.limit && !decided.busy {
            more |= growth::grow(conn, priority, terms, &mut decided)?;
        }
        // Less urgent deliveries may go to other hosts.
        busy |= std::mem::take(&mut decided.busy);
    }
    let digests = decided.taken.iter_mut().filter(|taken| taken.digest);
    digests::complete(conn, digests.map(|taken| &mut taken.leased), (terms.now, terms.until))?;
    write::write(conn, &decided, terms.node)?;
    let busy = busy || decided.busy || decided.stopped;
    Ok(Batch { leased: decided.taken.into_iter().map(|taken| taken.leased).collect(), more, busy })
}

/// Looks at what is due; returns whether it filled the room and some of it could not go.
fn take_due(
    conn: &mut Conn,
    priority: Priority,
    room: usize,
    terms: &mut Terms<'_>,
    decided: &mut Decided,
) -> StoreResult<bool> {
    let due = due::due(conn, terms.now, priority, room)?;
    if due.is_empty() {
        // Nobody would lease it, and everybody look for it again and again.
        deliveries::give_up_gone(conn, terms.now, priority)?;
    }
    let full = due.len() == room;
    let said = due::said(conn, &due)?;
    bots::load(conn, due.iter().filter_map(|one| one.listener.bot.as_deref()), terms.now, &mut decided.bots)?;
    let unwanted = wants::drop_unwanted(conn, &unheard(&due))?;
    let before = decided.put_off.len() + decided.cancelled.len();
    for one in due {
        let Delivery { id: Some(id), broadcast_id, .. } = one.delivery else { continue };
        if unwanted.contains(&id) {
            continue;
        }
        let Some(said) = said.get(&broadcast_id) else { continue };
        match decide(one, said, priority, terms, decided) {
            Decision::Goes | Decision::Waits => {}
            Decision::Busy => decided.busy = true,
            Decision::Over => decided.cancelled.push(id),
            Decision::PutOff(put_off) => decided.put_off.push((id, put_off)),
        }
    }
    let passed = decided.put_off.len() + decided.cancelled.len() - before + unwanted.len();
    Ok(full && passed > 0)
}

/// Those of these that have not reached their group. (What is leased as it is planned has just been compared with
/// what its group wants.)
fn unheard(due: &[Due]) -> Vec<i64> {
    let unheard = due.iter().filter(|one| Reach::of(one.delivery.reach) == Reach::No);
    unheard.filter_map(|one| one.delivery.id).collect()
}

/// Decides about a delivery; one that goes is taken.
pub(super) fn decide(
    one: Due,
    said: &Said,
    priority: Priority,
    terms: &mut Terms<'_>,
    decided: &mut Decided,
) -> Decision {
    let (now, listener) = (terms.now, &one.listener);
    if said.may_be_said(now) == MayBeSaid::NoMore {
        return Decision::Over;
    }
    let Some(lane) = listener.lane.as_ref().filter(|_| !decided.groups.contains(&listener.group_id)) else {
        return Decision::Waits;
    };
    let is_held = lane.has_run_out() && (terms.holds_lease)(listener.group_id.0, lane.fence);
    if is_held && !mutation::on(Mutation::ForgetHand) {
        // Sent again now it might be heard twice: this process is only slow, and its result is still to come.
        return Decision::PutOff(PutOff { until: now + RESULT_COMES, digest: one.delivery.digest });
    }
    let quiet = said.quiet_until(listener, now);
    // What perhaps arrived is repeated as it was said.
    let new = Reach::of(one.delivery.reach) == Reach::No || mutation::on(Mutation::GatherAgain);
    let gathers = new && quiet.is_some() && digests::gather(said.kind, said.purpose);
    let digest = one.delivery.digest || gathers;
    // Whether an end makes a sound is known only when its next request is chosen.
    let waits = quiet.filter(|_| !said.purpose.ends());
    let rests =
        said.rests_until(listener, lane, now).or_else(|| paced_until(listener, lane, terms)).or(waits);
    let rests = rests.or_else(|| rationed_until(&one, said, priority, terms, decided));
    let put_off = |until| PutOff { until: (terms.back)(listener.platform, until), digest };
    if let Some(until) = rests {
        return Decision::PutOff(put_off(until));
    }
    match (terms.admit)(&listener.host, priority) {
        Admission::Until(until) => Decision::PutOff(put_off(until)),
        Admission::Busy => Decision::Busy,
        Admission::Go => {
            take(one, said, quiet, terms, decided);
            Decision::Goes
        }
    }
}

/// Until when a lane whose last lease nobody gave back is kept by its pace: that lease's request may have
/// left at its end.
fn paced_until(listener: &Listener, lane: &FreeLane, terms: &Terms<'_>) -> Option<DateTime<Utc>> {
    let recent = lane.has_run_out().then(|| recent_by(&lane.recent, lane.leased_until.0))?;
    Some((terms.pace)(listener.platform, &recent)).filter(|opens| *opens > terms.now)
}

/// Until when its group has heard enough to begin another message, or its bot has no budget left for it.
fn rationed_until(
    Due { delivery, listener }: &Due,
    said: &Said,
    priority: Priority,
    terms: &mut Terms<'_>,
    decided: &Decided,
) -> Option<DateTime<Utc>> {
    // What perhaps arrived has been counted, and is only repeated.
    let begins = delivery.part == 0 && act_of(delivery.act).in_vain == 0 && said.is_rationed();
    let full = listener.full_until(terms.now).filter(|_| begins);
    full.or_else(|| {
        let id = listener.bot.as_deref()?;
        let bot = decided.bots.get(id)?.view(id, listener.platform);
        Some((terms.turn)(&bot, priority)).filter(|turn| *turn > terms.now)
    })
}

fn take(one: Due, said: &Said, quiet_until: Option<DateTime<Utc>>, terms: &Terms<'_>, decided: &mut Decided) {
    let (now, Due { delivery, listener }) = (terms.now, one);
    // In quiet hours only what may be heard at any hour goes, so it does not take along what may not.
    let digest = delivery.digest && listener.quiet.hours_end(now).is_none();
    let Some(lane) = listener.lane else { return };
    decided.groups.insert(listener.group_id);
    if let Some(bot) = listener.bot.as_deref().and_then(|bot| decided.bots.get_mut(bot)) {
        bot.take(now);
    }
    // Written before the request leaves, so that the lane knows of it even after a crash.
    let sends = with_one_more(&recent_by(&lane.recent, lane.leased_until.0), now);
    let open_at = (terms.pace)(listener.platform, &sends);
    let leased = Leased {
        // A new delivery gets its number when it is inserted.
        delivery: delivery.id.unwrap_or_default(),
        broadcast: delivery.broadcast_id.0,
        group: listener.group_id.0,
        platform: listener.platform,
        language: listener.language,
        host: listener.host,
        bot: listener.bot,
        credentials_sealed: listener.credentials_sealed,
        purpose: said.purpose,
        part: delivery.part,
        act: act_of(delivery.act),
        how: delivery.how,
        attempts: delivery.attempts + 1,
        tries: delivery.tries,
        reach_before: Reach::of(delivery.reach),
        fence: lane.fence + 1,
        leased_until: terms.until,
        sends,
        heard: decode_times(&lane.heard),
        failures: lane.failures,
        failing_since: lane.failing_since.map(|t| t.0),
        said_at: said.created_at.0,
        not_after: said.not_after.map(|t| t.0),
        is_rationed: said.is_rationed(),
        quiet_until,
        standing: Vec::new(),
        with: Vec::new(),
    };
    let new = delivery.id.is_none();
    decided.taken.push(Lease { leased, open_at, digest, new });
}
