//! Leasing: which deliveries go out now, and everything that sending them takes.
//!
//! What is due is looked at in order, then what is new. Each delivery goes, is cancelled because it is no longer
//! true, or is put off to the moment at which it can go: so nothing that cannot go is looked at twice, however
//! much of it there is; what is under way is due again when its lease is over. A batch costs a few statements,
//! whatever its size.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::bots::{self, Bots};
use super::digests;
use super::due::{self, Delivery, Due, Listener, Said, Waiting};
use super::growth::{self, Audiences};
use super::lanes::{times, with_one_more};
use super::mutation::{self, Mutation};
use super::slices;
use super::types::Id;
use super::wishes;
use super::{Answer, Conn};
use crate::domain::delivery::{Priority, Reach};
use crate::domain::group::Platform;
use crate::domain::saying::MayBeSaid;

mod leased;
mod write;

pub use leased::Leased;

/// How long something waits for a result that comes later than its lease holds, before it is looked at again.
pub const RESULT_COMES: TimeDelta = TimeDelta::seconds(1);

/// What leasing has to be told.
pub struct Terms<'a> {
    pub now: DateTime<Utc>,
    /// How long the leases hold.
    pub until: DateTime<Utc>,
    /// Who holds them.
    pub node: i64,
    pub limit: usize,
    /// Who a broadcast is for.
    pub audiences: Audiences<'a>,
    /// Whether a group's lease of that fencing number is in this process's hands: its result is yet to be written down.
    pub in_hand: &'a dyn Fn(Uuid, i64) -> bool,
    /// When a lane of a platform may be used again, given its latest requests.
    pub pace: Pace<'a>,
    /// The same for a token that groups share.
    pub bot_pace: Pace<'a>,
    /// When something that waits until then may come back.
    pub back: &'a dyn Fn(Platform, DateTime<Utc>) -> DateTime<Utc>,
    /// Told of a broadcast whose first groups are looked for: its words are needed as soon as they are leased.
    pub begins: &'a dyn Fn(Uuid),
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

/// What becomes of a delivery that is due.
pub(super) enum Decision {
    /// Nothing: it is not true any more.
    Over,
    /// It is leased.
    Goes,
    /// Its turn comes when its lane is free.
    Waits,
    /// It goes as soon as its host has ended something that is under way.
    Busy,
    PutOff {
        until: DateTime<Utc>,
        /// To be told in a digest then.
        digest: bool,
    },
}

/// What one batch decides, written in a few statements at its end.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) taken: Vec<Lease>,
    /// The groups of those.
    groups: HashSet<Id>,
    cancelled: Vec<i64>,
    /// Until when, and whether to be told in a digest then.
    put_off: Vec<(i64, DateTime<Utc>, bool)>,
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
    /// It was leased as it was planned: what the lease means for it is written down already.
    new: bool,
}

/// What a batch came to.
#[derive(Debug, Default)]
pub struct Batch {
    pub leased: Vec<Leased>,
    /// Another look is worth while: as much was looked at as there was room for and some of it could not go, a
    /// broadcast has not reached everybody, or something has just come into the queue.
    pub more: bool,
    /// Something stopped at a host that takes no more at the moment, or another node is at work on it.
    pub busy: bool,
}

/// Leases up to `limit` lanes that have something due, most urgent first: of one urgency what has waited
/// before what is new.
///
/// # Errors
/// When the database refuses.
pub fn lease(conn: &mut Conn, terms: &mut Terms<'_>) -> Answer<Batch> {
    // Alone, so that whoever changes a group never waits for a lease that holds its deliveries.
    if slices::queue_over(conn, terms.now)? {
        return Ok(Batch { more: true, ..Batch::default() });
    }
    let mut decided = Decided::default();
    let (mut more, mut busy) = (false, false);
    for Waiting { priority, due, grows } in due::waiting(conn, terms.now)? {
        let room = terms.limit.saturating_sub(decided.taken.len());
        if room == 0 {
            break;
        }
        // What is less urgent does not go before what there was no room to look at.
        if due && take_due(conn, priority, room, terms, &mut decided)? {
            more = true;
            if !mutation::on(Mutation::PassBy) {
                break;
            }
        }
        // Only what can soon be sent is planned: so a notice that comes later is not behind all of one
        // that goes to very many.
        if grows && decided.taken.len() < terms.limit && !decided.busy {
            more |= growth::grow(conn, priority, terms, &mut decided)?;
        }
        // The host of what is less urgent may be another one.
        busy |= std::mem::take(&mut decided.busy);
    }
    for taken in decided.taken.iter_mut().filter(|taken| taken.digest) {
        digests::complete(conn, &mut taken.leased, terms.now)?;
    }
    write::write(conn, &decided, terms.node)?;
    let busy = busy || decided.busy || decided.stopped;
    Ok(Batch { leased: decided.taken.into_iter().map(|taken| taken.leased).collect(), more, busy })
}

/// Answers whether there was as much as there is room for, and some of it cannot go.
fn take_due(
    conn: &mut Conn,
    priority: Priority,
    room: usize,
    terms: &mut Terms<'_>,
    decided: &mut Decided,
) -> Answer<bool> {
    let mut due = due::due(conn, terms.now, priority, room)?;
    let full = due.len() == room;
    let said = due::said(conn, &due)?;
    wishes::ask_again(conn, due.iter_mut().map(|one| &mut one.listener), terms.now)?;
    bots::load(conn, due.iter().filter_map(|one| one.listener.bot.as_deref()), terms.now, &mut decided.bots)?;
    let before = decided.put_off.len() + decided.cancelled.len();
    for one in due {
        let Delivery { id: Some(id), broadcast_id, .. } = one.delivery else { continue };
        let Some(said) = said.get(&broadcast_id) else { continue };
        match decide(one, said, terms, decided) {
            Decision::Goes | Decision::Waits => {}
            Decision::Busy => decided.busy = true,
            Decision::Over => decided.cancelled.push(id),
            Decision::PutOff { until, digest } => decided.put_off.push((id, until, digest)),
        }
    }
    Ok(full && decided.put_off.len() + decided.cancelled.len() > before)
}

/// What becomes of a delivery; where it goes, it is taken.
pub(super) fn decide(one: Due, said: &Said, terms: &mut Terms<'_>, decided: &mut Decided) -> Decision {
    let (now, listener) = (terms.now, &one.listener);
    if said.may_be_said(now) == MayBeSaid::NoMore {
        return Decision::Over;
    }
    let Some(lane) = listener.lane.as_ref().filter(|_| !decided.groups.contains(&listener.group_id)) else {
        return Decision::Waits;
    };
    let in_hand = lane.has_run_out() && (terms.in_hand)(listener.group_id.0, lane.fence);
    if in_hand && !mutation::on(Mutation::ForgetHand) {
        // Said again it would be heard twice: we have been slow, and know it.
        return Decision::PutOff { until: now + RESULT_COMES, digest: one.delivery.digest };
    }
    let quiet = said.quiet_until(listener, now);
    let digest = one.delivery.digest || (quiet.is_some() && digests::gather(said.kind.0, said.purpose.0));
    // Whether an end makes a sound only its next request tells.
    let waits = quiet.filter(|_| !said.purpose.0.ends());
    let rests = said.rests_until(listener, lane, now).or(waits);
    let rests = rests.or_else(|| rationed_until(listener, said, terms, decided));
    let back = |until| (terms.back)(listener.platform.0, until);
    if let Some(until) = rests {
        return Decision::PutOff { until: back(until), digest };
    }
    match (terms.admits)(&listener.host) {
        Admission::Until(until) => Decision::PutOff { until: back(until), digest },
        Admission::Busy => Decision::Busy,
        Admission::Go => {
            take(one, said, quiet, terms, decided);
            Decision::Goes
        }
    }
}

/// Until when a group has heard enough, or its token has been used enough.
fn rationed_until(
    listener: &Listener,
    said: &Said,
    terms: &Terms<'_>,
    decided: &Decided,
) -> Option<DateTime<Utc>> {
    let full = listener.full_until(terms.now).filter(|_| said.is_rationed(listener));
    full.or_else(|| {
        let bot = decided.bots.get(listener.bot.as_deref()?)?;
        Some(bot.opens_at(listener.platform.0, terms.bot_pace)).filter(|opens| *opens > terms.now)
    })
}

fn take(one: Due, said: &Said, quiet_until: Option<DateTime<Utc>>, terms: &Terms<'_>, decided: &mut Decided) {
    let (now, Due { delivery, listener }) = (terms.now, one);
    // What is heard at any hour takes nothing along that is not.
    let digest = delivery.digest && listener.quiet.hours_end(now).is_none();
    let Some(lane) = listener.lane else { return };
    decided.groups.insert(listener.group_id);
    if let Some(bot) = listener.bot.as_deref().and_then(|bot| decided.bots.get_mut(bot)) {
        bot.take(now);
    }
    // Written before the request leaves: after a crash the lane still knows of it.
    let sends = with_one_more(&lane.recent, now);
    let open_at = (terms.pace)(listener.platform.0, &sends);
    let leased = Leased {
        // Of a new one it is known once it is written down.
        delivery: delivery.id.unwrap_or_default(),
        broadcast: delivery.broadcast_id.0,
        group: listener.group_id.0,
        platform: listener.platform.0,
        language: listener.language.0,
        host: listener.host,
        bot: listener.bot,
        credentials_sealed: listener.credentials_sealed,
        purpose: said.purpose.0,
        part: delivery.part,
        act: delivery.act,
        how: delivery.how.map(|how| how.0),
        attempts: delivery.attempts + 1,
        tries: delivery.tries,
        reach_before: Reach::of(delivery.reach),
        fence: lane.fence + 1,
        leased_until: terms.until,
        sends,
        heard: times(&lane.heard),
        failures: lane.failures,
        failing_since: lane.failing_since.map(|t| t.0),
        said_at: said.created_at.0,
        not_after: said.not_after.map(|t| t.0),
        quiet_until,
        standing: Vec::new(),
        with: Vec::new(),
    };
    let new = delivery.id.is_none();
    decided.taken.push(Lease { leased, open_at, digest, new });
}
