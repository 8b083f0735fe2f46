//! The hosts we send to: how much each may have under way, and whether it is there at all. Pure; the
//! time is handed in.
//!
//! A host that is slow or away must cost the others nothing. So each host has a bounded share of the window,
//! of which requests that hang take the smaller part; a host that has not answered yet is tried by few; and
//! all hosts that are slow or silent together leave room for the rest. What a brisk host cannot take now
//! waits for its next answers, which are milliseconds away; what a slow one cannot take is put off to when it
//! probably can. A host that fails several groups again and again is left alone for a while that doubles each
//! time, and is then tried by one delivery alone. A host that would shut us out for the requests it refuses
//! is left alone long before that.
//!
//! A host that has not answered yet, or not lately, gets 32 requests at a time; all that are slow or silent together
//! get 384 of the 640 places of the window. Three groups at least have to fail before their host is left alone. Where
//! most groups of a host are dead, the others may wait long for their turn to try it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::platforms::Budget;
use super::retry::after;
use crate::domain::delivery::Priority;
use crate::store::leasing::Admission;
use crate::store::mutation::{self, Mutation};

/// Requests under way at one host that are not slow.
const BRISK: usize = 384;
/// Once its share is full, a host gets more only when so few are left: many sent at a time cost less each.
const REFILL: usize = 256;
/// Requests under way at one host, the slow ones included.
const ALL: usize = 512;
/// The same at a host whose answers take long.
const SLOW_SHARE: usize = 192;
/// Requests under way, without the slow ones, at a host that has not answered lately, or never yet.
const UNPROVEN: usize = 32;
/// Requests under way at all hosts together that are slow or unproven: the rest of the window is for those
/// that answer quickly.
const DOUBTFUL: usize = 384;
/// A request that has been under way for this long is slow.
const SLOW: TimeDelta = TimeDelta::seconds(1);
/// A host that usually answers within this many milliseconds is brisk.
const USUAL: f64 = 500.0;
/// A host counts as away after this many failures in a row, with nothing arriving in between, of at least
/// [`AWAY_FOR`] groups.
const AWAY_AFTER: u32 = 8;
/// How many groups have to fail before a host counts as away. Failures of one or two groups are their own:
/// their lanes rest, and ask no more often.
const AWAY_FOR: usize = 3;
/// The first rest of a host that is away. Each further one is twice as long, up to [`LONGEST_REST`].
const FIRST_REST: TimeDelta = TimeDelta::seconds(5);
/// The longest rest of a host that is away.
const LONGEST_REST: TimeDelta = TimeDelta::minutes(5);
/// The shortest time to put something off.
const SOON: TimeDelta = TimeDelta::milliseconds(100);
/// The longest wait for a busy host before it is asked about again.
const LATEST: TimeDelta = TimeDelta::seconds(60);
/// How many due deliveries are looked at beyond those that the busy host can take.
const FOR_OTHERS: usize = 32;
/// One in this many of the refusals that would shut us out is risked.
const SHARE_OF_REFUSALS: u32 = 10;
/// How long an answer proves that we have a way out.
const LATELY: TimeDelta = TimeDelta::hours(1);
/// Hosts that are remembered though nothing is under way there, at most.
const REMEMBERED: usize = 10_000;

/// How a request to a host ended, as far as the host is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// It answered, whatever it said.
    Answered,
    /// It refused, where the platform shuts out an address after as many refusals as this budget.
    Refused(Budget),
    /// No connection, no answer, or a server error.
    Failed,
    /// The request never left.
    NotSent,
}

impl Went {
    /// How a request went that was answered with this status, where the platform counts refusals.
    pub fn answered(status: u16, refusals: Option<Budget>) -> Went {
        match (status, refusals) {
            (500.., _) => Went::Failed,
            (401 | 403 | 404 | 429, Some(refusals)) => Went::Refused(refusals),
            _ => Went::Answered,
        }
    }
}

/// All hosts of this process.
#[derive(Debug, Default)]
pub struct Hosts {
    known: HashMap<String, Host>,
    /// The last host that was asked and could not take more.
    busy: Option<String>,
    /// Requests under way at hosts that are not brisk.
    doubtful: usize,
    /// When any of them last answered.
    answered_at: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Host {
    /// When each request under way began, oldest first.
    under_way: VecDeque<DateTime<Utc>>,
    /// Its share is full and not yet down to [`REFILL`].
    full: bool,
    /// How long its answers have lately taken, in milliseconds.
    usual: f64,
    /// When it last answered.
    answered_at: Option<DateTime<Utc>>,
    failures: u32,
    /// The first groups that failed among those failures, [`AWAY_FOR`] at most.
    failing: Vec<Uuid>,
    rests: u32,
    /// Away until then; then one request may try.
    away_until: Option<DateTime<Utc>>,
    /// What it has refused since `refused_since`.
    refused: u32,
    refused_since: DateTime<Utc>,
    /// Nothing is sent to it before then, because it has refused too much.
    spared_until: DateTime<Utc>,
    /// How many requests it has lately finished, per second.
    pace: f64,
    finished: u32,
    counted_since: DateTime<Utc>,
    /// The latest time given to anything queued for it, by priority: nothing waits behind what is less
    /// urgent.
    queued_until: BTreeMap<Priority, DateTime<Utc>>,
}

impl Hosts {
    /// How many due deliveries to look at, `most` at most: those that wait for a busy host would be read in
    /// vain.
    pub fn worth_a_look(&mut self, most: usize, now: DateTime<Utc>) -> usize {
        let doubtful = self.known.values().filter(|host| !host.under_way.is_empty() && !host.is_brisk(now));
        // A host that has just stopped answering may have a brisk host's share under way; no more than a slow
        // one's is counted.
        self.doubtful = doubtful.map(|host| host.under_way.len().min(SLOW_SHARE)).sum();
        let busy = self.busy.take().and_then(|name| self.known.get(&name));
        busy.map_or(most, |host| most.min(host.left(now) + FOR_OTHERS))
    }

    /// Admits one more request to a host, if that takes one now: then it counts as under way until
    /// [`Hosts::ended`].
    pub fn admit(&mut self, name: &str, priority: Priority, now: DateTime<Utc>) -> Admission {
        // Looked up first, so that the name is copied only once.
        if !self.known.contains_key(name) {
            self.make_room();
            self.known.insert(name.to_owned(), Host::new(now));
        }
        let Some(host) = self.known.get_mut(name) else { return Admission::Busy };
        let admission = host.admit(priority, now, self.doubtful);
        match admission {
            Admission::Go => {
                self.doubtful += usize::from(!host.is_brisk(now));
                host.begins(now);
            }
            Admission::Busy if self.busy.is_none() => self.busy = Some(name.to_owned()),
            Admission::Busy | Admission::Until(_) => {}
        }
        admission
    }

    /// Forgets hosts about which there is nothing to know; if all have something, the idle one whose rest
    /// ends first.
    fn make_room(&mut self) {
        if self.known.len() < REMEMBERED {
            return;
        }
        let matters = |host: &Host| host.away_until.is_some() || host.refused > 0;
        self.known.retain(|_, host| !host.under_way.is_empty() || matters(host));
        if self.known.len() >= REMEMBERED {
            let resting = self.known.iter().filter(|(_, host)| host.under_way.is_empty());
            let first = resting.min_by_key(|(_, host)| host.away_until.max(Some(host.spared_until)));
            if let Some(name) = first.map(|(name, _)| name.clone()) {
                self.known.remove(&name);
            }
        }
    }

    /// Takes back what was admitted at `now`: it never leaves, because the leases were not committed.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        for host in self.known.values_mut() {
            host.under_way.retain(|at| *at != now || mutation::on(Mutation::KeepPlaces));
        }
    }

    /// A request that was admitted at `admitted` leaves only now, after waiting for something other than the
    /// host.
    pub fn leaves(&mut self, name: &str, admitted: DateTime<Utc>, now: DateTime<Utc>) {
        let Some(host) = self.known.get_mut(name) else { return };
        if let Some(place) = host.under_way.iter().position(|at| *at == admitted) {
            host.under_way.remove(place);
            host.begins(now);
        }
    }

    /// A request to a group that left at `began` has ended.
    pub fn ended(&mut self, name: &str, group: Uuid, began: DateTime<Utc>, now: DateTime<Utc>, went: Went) {
        let Some(host) = self.known.get_mut(name) else { return };
        if let Some(place) = host.under_way.iter().position(|at| *at == began) {
            host.under_way.remove(place);
        }
        if went == Went::NotSent {
            return;
        }
        if went != Went::Failed {
            self.answered_at = Some(now);
        }
        let took = (now - began).num_milliseconds() as f64;
        host.usual += (took - host.usual) / 16.0;
        host.count(now);
        match went {
            Went::NotSent => {}
            Went::Answered => host.is_there(now),
            Went::Refused(refusals) => {
                host.is_there(now);
                host.count_refusal(refusals, now);
            }
            Went::Failed => {
                host.failures = host.failures.saturating_add(1);
                if host.failing.len() < AWAY_FOR && !host.failing.contains(&group) {
                    host.failing.push(group);
                }
                // Failures of requests that were under way when it went away tell nothing new.
                let known = host.away_until.is_some_and(|until| until > now);
                let away = host.failures >= AWAY_AFTER && host.failing.len() >= AWAY_FOR;
                if away && !known && !mutation::on(Mutation::AskAway) {
                    let rest = FIRST_REST * 2_i32.pow(host.rests.min(10));
                    host.away_until = Some(now + rest.min(LONGEST_REST));
                    host.rests += 1;
                }
            }
        }
    }

    /// Whether any host has answered lately; otherwise it may be we who have no way out.
    pub fn answered_lately(&self, now: DateTime<Utc>) -> bool {
        self.answered_at.is_some_and(|at| now - at <= LATELY)
    }

    /// How many hosts are left alone.
    pub fn away(&self, now: DateTime<Utc>) -> usize {
        let alone =
            |host: &&Host| host.away_until.is_some_and(|until| until > now) || host.spared_until > now;
        self.known.values().filter(alone).count()
    }
}

/// What a host may have under way.
struct Share {
    /// Requests that are not slow.
    brisk: usize,
    /// Once `brisk` is full, it gets more when so few are left.
    refill: usize,
    /// The slow ones included.
    all: usize,
}

impl Host {
    fn new(now: DateTime<Utc>) -> Host {
        Host {
            under_way: VecDeque::new(),
            full: false,
            usual: 0.0,
            answered_at: None,
            failures: 0,
            failing: Vec::new(),
            rests: 0,
            away_until: None,
            refused: 0,
            refused_since: DateTime::UNIX_EPOCH,
            spared_until: DateTime::UNIX_EPOCH,
            pace: BRISK as f64,
            finished: 0,
            counted_since: now,
            queued_until: BTreeMap::new(),
        }
    }

    /// `doubtful` is how many requests are under way at hosts that are not brisk.
    fn admit(&mut self, priority: Priority, now: DateTime<Utc>, doubtful: usize) -> Admission {
        if self.spared_until > now {
            return Admission::Until(self.queue(priority, self.spared_until));
        }
        if let Some(until) = self.away_until {
            if until <= now && self.under_way.is_empty() {
                return Admission::Go;
            }
            return Admission::Until(self.queue(priority, until.max(now)));
        }
        let (slow, share) = (self.slow(now), self.share(now));
        self.full = self.under_way.len() - slow >= if self.full { share.refill } else { share.brisk };
        let is_slow = self.usual > USUAL || (slow > 0 && !self.answers(now));
        let has_room = doubtful < DOUBTFUL || self.is_brisk(now);
        if self.under_way.len() >= share.all || (self.full && is_slow) || !has_room {
            return Admission::Until(self.queue(priority, now));
        }
        if self.full { Admission::Busy } else { Admission::Go }
    }

    /// How many of its requests are slow.
    fn slow(&self, now: DateTime<Utc>) -> usize {
        self.under_way.partition_point(|began| *began <= now - SLOW)
    }

    /// Whether it has answered, and has done so lately if some of its requests hang.
    fn answers(&self, now: DateTime<Utc>) -> bool {
        self.answered_at.is_some_and(|at| at > now - SLOW || self.slow(now) == 0)
    }

    fn is_brisk(&self, now: DateTime<Utc>) -> bool {
        self.answers(now) && self.usual <= USUAL
    }

    fn share(&self, now: DateTime<Utc>) -> Share {
        match (self.answers(now), self.answered_at) {
            (true, _) if self.usual <= USUAL => Share { brisk: BRISK, refill: REFILL, all: ALL },
            (true, _) => Share { brisk: SLOW_SHARE, refill: SLOW_SHARE, all: SLOW_SHARE },
            // Some of its groups may hang while others answer.
            (false, Some(_)) => Share { brisk: UNPROVEN, refill: UNPROVEN, all: ALL },
            (false, None) => Share { brisk: UNPROVEN, refill: UNPROVEN, all: SLOW_SHARE },
        }
    }

    /// Inserted in order: requests that an earlier lease admitted may come after one that has left since.
    fn begins(&mut self, at: DateTime<Utc>) {
        let place = self.under_way.partition_point(|began| *began <= at);
        self.under_way.insert(place, at);
    }

    fn is_there(&mut self, now: DateTime<Utc>) {
        self.answered_at = Some(now);
        self.failing.clear();
        (self.failures, self.rests, self.away_until) = (0, 0, None);
    }

    /// Once it has refused a tenth of what would shut us out, nothing more is sent to it until the span is
    /// over. A span as the host counts it may overlap two of ours, each with its tenth and with what was
    /// under way; and other nodes may share our address.
    fn count_refusal(&mut self, refusals: Budget, now: DateTime<Utc>) {
        let ends = after(self.refused_since, refusals.per);
        if now >= ends {
            (self.refused, self.refused_since) = (0, now);
        }
        self.refused += 1;
        if self.refused >= refusals.count / SHARE_OF_REFUSALS {
            self.spared_until = after(self.refused_since, refusals.per);
        }
    }

    /// How many more requests it takes, unless they turn out slow.
    fn left(&self, now: DateTime<Utc>) -> usize {
        let share = self.share(now);
        let full = self.full && self.under_way.len() >= share.refill;
        if full { 0 } else { share.brisk.saturating_sub(self.under_way.len()) }
    }

    /// A place in its queue: places follow each other at twice the pace the host has shown, so that the host
    /// never waits for us.
    fn queue(&mut self, priority: Priority, from: DateTime<Utc>) -> DateTime<Utc> {
        let step = TimeDelta::microseconds((5e5 / self.pace.max(10.0)) as i64);
        let earliest = from + SOON;
        let queued_until = self.queued_until.entry(priority).or_insert(earliest);
        *queued_until = ((*queued_until).max(earliest) + step).min(earliest + LATEST);
        *queued_until
    }

    fn count(&mut self, now: DateTime<Utc>) {
        self.finished += 1;
        let span = (now - self.counted_since).num_milliseconds();
        if span >= 1_000 {
            self.pace = f64::from(self.finished) * 1e3 / span as f64;
            (self.finished, self.counted_since) = (0, now);
        }
    }
}

#[cfg(test)]
mod tests;
