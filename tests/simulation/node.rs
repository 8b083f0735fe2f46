//! A node at work: like the worker it leases, sends, hears and records, but one step at a time; and it
//! crashes between any two of them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::chat::{Asking, Deed, Reply};
use super::rules::{Outcome, Rule};
use super::world::{BOT, World};
use crate::broadcast::conclude::{self, Ended};
use crate::broadcast::course::Course;
use crate::broadcast::hosts::{Hosts, Went};
use crate::broadcast::platforms::{Budget, Verdict, adapter};
use crate::broadcast::turns::Turns;
use crate::broadcast::worker::LEASE_FOR;
use crate::broadcast::{plan, retry};
use crate::domain::delivery::{DeliveryState, EndedAs, Outcome as Ending};
use crate::domain::group::GroupState;
use crate::store::leasing::{self, Batch, Leased, RESULT_COMES, Terms};
use crate::store::results::{self, Moved, Record};
use crate::store::{StoreError, StoreResult, due, lanes, standing};

/// The longest that one exchange takes.
pub const LONGEST: TimeDelta = TimeDelta::seconds(20);
/// The budget of the bot: small enough to be used up.
pub const SHARED: [Budget; 1] = [Budget { count: 2, per: Duration::from_secs(5) }];

/// How far a request has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    UnderWay,
    /// Its result is recorded: this outcome.
    Kept(EndedAs),
    /// It never left, and that is recorded.
    Unsent,
    /// Its result came when the lane was leased to another node.
    Late,
    /// Its node crashed.
    Crashed,
}

/// A lease, the request it was for, and what became of it.
pub struct Request {
    pub leased: Leased,
    pub case: usize,
    /// The cases of its companions.
    pub along: Vec<usize>,
    pub member: usize,
    /// When it was leased, by the node's clock at that moment.
    pub leased_at: DateTime<Utc>,
    /// How far the clock had been set back by then.
    pub behind: TimeDelta,
    /// Its group was paused then.
    pub paused: bool,
    /// The token that it goes by.
    pub token: u64,
    pub deed: Option<Deed>,
    /// Its words go with a picture.
    pub pictured: bool,
    pub left_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub accepted: bool,
    /// The platform told the new message's name.
    pub named: bool,
    /// The wait that the platform asked for, and whether it holds for all groups of the bot.
    pub told: Option<(Duration, bool)>,
    pub fate: Fate,
}

impl Request {
    /// The deliveries that it tells, each with its case.
    pub fn tells(&self) -> impl Iterator<Item = (i64, usize)> {
        self.leased.told().zip([self.case].into_iter().chain(self.along.iter().copied()))
    }

    /// Whether it tells that delivery.
    pub fn carries(&self, delivery: i64) -> bool {
        self.leased.told().any(|told| told == delivery)
    }

    /// The delivery through which it tells of a case, if it does.
    pub fn about(&self, case: usize) -> Option<i64> {
        self.tells().find(|(_, told)| *told == case).map(|(delivery, _)| delivery)
    }

    /// Whether its outcome cannot be known from what was recorded.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.fate, Fate::Kept(EndedAs::Unknown) | Fate::Late | Fate::Crashed)
    }

    /// Whether it may have arrived, as far as anybody knows.
    pub fn may_have_arrived(&self) -> bool {
        self.is_doubtful() || matches!(self.fate, Fate::Kept(EndedAs::Delivered) | Fate::UnderWay)
    }
}

/// What a node holds in its memory.
#[derive(Default)]
pub struct Node {
    pub hosts: Hosts,
    turns: Turns,
    /// Leased, not yet sent.
    leased: Vec<usize>,
    /// Sent, and its answer not yet heard.
    sent: Vec<(usize, Reply)>,
    /// Its answer heard, and not yet recorded.
    heard: Vec<(usize, Record)>,
    /// For each host: failures in a row, the groups that failed, and until when it has to be left alone at
    /// least.
    pub failing: HashMap<String, (u32, HashSet<Uuid>, DateTime<Utc>)>,
}

impl Node {
    /// Whether it holds nothing.
    pub fn is_idle(&self) -> bool {
        self.leased.is_empty() && self.sent.is_empty() && self.heard.is_empty()
    }

    fn holds(&self) -> impl Iterator<Item = usize> {
        let (sent, heard) = (self.sent.iter().map(|s| s.0), self.heard.iter().map(|h| h.0));
        self.leased.iter().copied().chain(sent).chain(heard)
    }
}

impl World<'_> {
    /// Leases once.
    pub fn lease(&mut self, node: usize) -> Outcome<()> {
        let room = 1 + self.dice.below(6);
        let mut batch = self.take(node, room, true)?;
        // What slices lacked is in the queue now; like the worker, lease again at once.
        if batch.leased.is_empty() && batch.more {
            batch = self.take(node, room, true)?;
        }
        if batch.leased.len() > room {
            let many = batch.leased.len();
            return self.broken(Rule::Works, format!("{many} are leased where there was room for {room}"));
        }
        self.corrections_go_first(node, &batch.leased)?;
        for one in batch.leased {
            self.leased(node, one)?;
        }
        self.look()?;
        self.rules_of_rows()
    }

    /// Leases once, and then the database refuses to commit it.
    pub fn lease_in_vain(&mut self, node: usize) -> Outcome<()> {
        let room = 1 + self.dice.below(6);
        let refused = self.take(node, room, false);
        if !matches!(refused, Err(StoreError::BrokenOff)) {
            return self.broken(Rule::Works, format!("{refused:?} instead of a refusal"));
        }
        let now = self.clock;
        self.nodes[node].hosts.forget(now);
        self.note(|| format!("node {node} leases in vain"));
        Ok(())
    }

    fn take(&mut self, node: usize, room: usize, kept: bool) -> StoreResult<Batch> {
        let (now, bits) = (self.clock, self.dice.bits());
        let held_leases: HashSet<(Uuid, i64)> = self.held_leases(node).collect();
        let held_up = RefCell::new(Vec::new());
        let is_in_hand = |group, fence| {
            let held = held_leases.contains(&(group, fence));
            held_up.borrow_mut().extend(held.then_some(group));
            held
        };
        let Node { hosts, turns, .. } = &mut self.nodes[node];
        let batch = self.conn.transaction(|tx| {
            let mut terms = Terms {
                now,
                until: now + LEASE_FOR,
                node: node as i64,
                limit: room,
                audiences: &plan::audiences,
                holds_lease: &is_in_hand,
                pace: &|platform, sends| conclude::pace(platform, sends, now, bits),
                back: &|platform, until| conclude::back(platform, until, bits),
                turn: &mut |bot, priority| turns.turn(bot, &SHARED, priority, now),
                begins: &|_| {},
                admit: &mut |host, priority| hosts.admit(host, priority, now),
            };
            let mut batch = leasing::lease(tx, &mut terms)?;
            let remembers = |platform| adapter(platform).profile().remembers;
            standing::add_standing(tx, &mut batch.leased, remembers)?;
            if kept { Ok(batch) } else { Err(StoreError::BrokenOff) }
        });
        for group in held_up.into_inner() {
            let place = self.place_of(group);
            self.members[place].held_up_until = now + RESULT_COMES;
        }
        batch
    }

    /// The leases of a node whose results are not recorded yet: their groups and fencing numbers.
    pub fn held_leases(&self, node: usize) -> impl Iterator<Item = (Uuid, i64)> {
        self.nodes[node].holds().map(|number| {
            let leased = &self.requests[number].leased;
            (leased.group, leased.fence)
        })
    }

    fn leased(&mut self, node: usize, leased: Leased) -> Outcome<()> {
        let number = self.requests.len();
        let case = self.case_said(leased.broadcast);
        let along: Vec<usize> = leased.with.iter().map(|other| self.case_said(other.broadcast)).collect();
        let member = self.place_of(leased.group);
        self.note(|| {
            format!(
                "node {node} leases #{number}: {} of case {case} and {along:?} to group {member}, part {} {:?}, deliveries {:?}, standing {:?}",
                leased.purpose.as_str(),
                leased.part,
                leased.act,
                leased.told().collect::<Vec<_>>(),
                leased.standing
            )
        });
        self.rules_of_leasing(node, &leased, case, member)?;
        self.rules_of_digests(&leased, &along, member)?;
        if leased.bot.as_deref() == Some(BOT) {
            self.shared.uses.push(self.clock);
        }
        let paused = self.sight.groups[&leased.group].state == GroupState::Paused;
        let (manner, token) = (self.members[member].chat.manner, self.members[member].chat.token);
        let alone = leased.act.alone || leased.purpose.ends() || !leased.with.is_empty();
        self.requests.push(Request {
            leased,
            case,
            along,
            member,
            leased_at: self.clock,
            behind: self.behind,
            paused,
            token,
            deed: None,
            pictured: manner.shows_pictures() && !alone,
            left_at: None,
            ended_at: None,
            accepted: false,
            named: false,
            told: None,
            fate: Fate::UnderWay,
        });
        self.nodes[node].leased.push(number);
        Ok(())
    }

    /// Sends one of the leased requests.
    pub fn send_one(&mut self, node: usize) -> Outcome<()> {
        if self.nodes[node].leased.is_empty() {
            return Ok(());
        }
        let place = self.dice.below(self.nodes[node].leased.len());
        let number = self.nodes[node].leased.remove(place);
        let (now, request) = (self.clock, &self.requests[number]);
        let leased = &request.leased;
        let hosts = &mut self.nodes[node].hosts;
        hosts.leaves(&leased.host, request.leased_at, now);
        if let Some(state) = conclude::withheld(leased, now, LONGEST) {
            let record = conclude::not_sent(leased.clone(), state, now, now);
            self.keep_back(node, number, record);
            return Ok(());
        }
        let manner = self.members[request.member].chat.manner;
        let parts = parts(leased, manner.parts());
        let course = Course::new(leased.purpose, &leased.standing, manner.ways(), manner.profile(), parts);
        let Some(act) = course.next(conclude::progress(leased)) else {
            return self.broken(Rule::Once, format!("#{number} was leased and there is nothing left to do"));
        };
        if let Some(until) = conclude::quiet_until(leased, act) {
            let record = conclude::not_sent(leased.clone(), DeliveryState::Open, now, until.max(now));
            self.keep_back(node, number, record);
            return Ok(());
        }
        let told: Vec<i64> = leased.told().collect();
        let may_go = due::may_go(self.conn, (&told, leased.fence), conclude::sound(act), now);
        if conclude::has_waited(leased, now) && !may_go? {
            let record = conclude::not_sent(leased.clone(), DeliveryState::Open, now, now);
            self.keep_back(node, number, record);
            return Ok(());
        }
        let deed = Deed::of(act);
        self.requests[number].deed = Some(deed.clone());
        self.requests[number].left_at = Some(now);
        self.rules_of_sending(number)?;
        let (member, truly) = (self.requests[number].member, self.true_time());
        let leased = &self.requests[number].leased;
        let address = leased.credentials_sealed.as_slice().try_into().map(u64::from_be_bytes);
        let (mut deliveries, cases): (Vec<i64>, Vec<usize>) = self.requests[number].tells().unzip();
        deliveries.sort_unstable();
        let asking = Asking {
            deliveries,
            cases,
            ends: leased.purpose.ends(),
            pictured: self.requests[number].pictured,
            address: address.expect("the world's credentials are eight bytes"),
            token: self.requests[number].token,
            at: truly,
        };
        let chat = &mut self.members[member].chat;
        // What an earlier robot still sends does not count against this one's budget.
        if self.requests[number].fate == Fate::UnderWay {
            chat.arrivals.push((truly, number));
        }
        let reply = chat.ask(&deed, asking, &mut self.dice);
        self.requests[number].accepted = reply.accepted;
        self.note(|| {
            let taken = if reply.accepted { "taken" } else { "not taken" };
            format!("node {node} sends #{number}: {deed:?}, {taken}, {:?}", reply.verdict.outcome)
        });
        self.nodes[node].sent.push((number, reply));
        Ok(())
    }

    /// A leased request does not leave.
    fn keep_back(&mut self, node: usize, number: usize, record: Record) {
        let (now, request) = (self.clock, &self.requests[number]);
        let leased = &request.leased;
        self.nodes[node].hosts.ended(&leased.host, leased.group, now, now, Went::NotSent);
        self.note(|| format!("node {node} keeps #{number} back: {:?} until {}", record.state, record.due_at));
        self.nodes[node].heard.push((number, record));
    }

    /// Hears the answer to one request that was sent.
    pub fn hear_one(&mut self, node: usize) -> Outcome<()> {
        if self.nodes[node].sent.is_empty() {
            return Ok(());
        }
        let place = self.dice.below(self.nodes[node].sent.len());
        let (number, mut reply) = self.nodes[node].sent.remove(place);
        let (now, bits) = (self.clock, self.dice.bits());
        let request = &self.requests[number];
        let began = request.left_at.expect("what is answered has left");
        if now - began > LONGEST {
            reply = Reply { verdict: Verdict::ours(Ending::Unknown, "timeout"), went: Went::Failed, ..reply };
        }
        let (host, group) = (request.leased.host.clone(), request.leased.group);
        let manner = self.members[request.member].chat.manner;
        self.nodes[node].hosts.ended(&host, group, began, now, reply.went);
        self.nodes[node].count_failure(&host, group, now, reply.went);
        let request = &mut self.requests[number];
        // A message that tells of several notices is not taken back, so its name is of no use.
        request.named =
            matches!(reply.verdict.outcome, Ending::Delivered(Some(_))) && request.along.is_empty();
        request.told = match reply.verdict.outcome {
            Ending::Slow(wait) => Some((wait, reply.verdict.wide)),
            _ => reply.verdict.rest.map(|rest| (rest, false)),
        };
        request.ended_at = Some(now);
        let record = conclude::concluded(
            request.leased.clone(),
            Ended {
                ours: !self.nodes[node].hosts.answered_lately(now),
                parts: parts(&request.leased, manner.parts()),
                ways: manner.ways(),
                alone: request.pictured && reply.verdict.outcome == Ending::Bad,
                at: now,
                took_ms: 1,
                random: bits,
                answer_sealed: None,
                moved: moved(&reply.verdict),
                verdict: reply.verdict,
            },
        );
        let outcome = record.outcome.map_or("", EndedAs::as_str);
        self.note(|| format!("node {node} hears of #{number}: {outcome}, then {:?}", record.state));
        self.nodes[node].heard.push((number, record));
        Ok(())
    }

    /// Records some of the answers that were heard.
    pub fn record_some(&mut self, node: usize) -> Outcome<()> {
        let waiting = self.nodes[node].heard.len();
        if waiting == 0 {
            return Ok(());
        }
        let count = 1 + self.dice.below(waiting);
        self.record(node, count)
    }

    fn record(&mut self, node: usize, count: usize) -> Outcome<()> {
        let (numbers, records): (Vec<usize>, Vec<Record>) = self.nodes[node].heard.drain(..count).unzip();
        let ours = |record: &Record| {
            let lane = self.sight.lanes.get(&record.leased.group);
            lane.is_some_and(|lane| lane.fence == record.leased.fence)
        };
        let ours: Vec<bool> = records.iter().map(ours).collect();
        let expected = ours.iter().filter(|ours| **ours).count();
        let kept = self.conn.transaction(|tx| results::record(tx, &records))?;
        // Sometimes the database's answer is lost; then they are recorded again.
        if self.requests.len().is_multiple_of(8)
            && self.conn.transaction(|tx| results::record(tx, &records))? > 0
        {
            return self.broken(Rule::Lane, format!("{numbers:?} counted twice"));
        }
        self.note(|| format!("node {node} records {numbers:?}, {kept} of them in time"));
        if kept != expected {
            return self
                .broken(Rule::Lane, format!("{kept} results counted, {expected} had their lane still"));
        }
        for ((number, record), ours) in numbers.into_iter().zip(&records).zip(ours) {
            self.requests[number].fate = match record.outcome.filter(|_| record.attempted) {
                _ if !ours => Fate::Late,
                Some(outcome) => Fate::Kept(outcome),
                None => Fate::Unsent,
            };
            if ours {
                self.learn(number, record.at);
                self.count_use(number);
            }
        }
        self.look()?;
        self.rules_of_rows()
    }

    /// A use of the bot counts from the request's end on, and not at all where that never left.
    fn count_use(&mut self, number: usize) {
        let (request, uses) = (&self.requests[number], &mut self.shared.uses);
        let of_bot = request.leased.bot.as_deref() == Some(BOT);
        let place = uses.iter().rposition(|at| of_bot && *at == request.leased_at);
        match (place, request.fate) {
            (Some(place), Fate::Unsent) => drop(uses.remove(place)),
            (Some(place), Fate::Kept(_)) => {
                uses[place] = request.leased_at.max(request.ended_at.unwrap_or_default())
            }
            _ => {}
        }
    }

    /// From now on the engine knows the wait that the platform asked for.
    fn learn(&mut self, number: usize, at: DateTime<Utc>) {
        let Some((wait, wide)) = self.requests[number].told else { return };
        let until = at + TimeDelta::from_std(wait).expect("the waits of the simulation are short");
        let member = &mut self.members[self.requests[number].member];
        member.allowed_at = member.allowed_at.max(until);
        if wide {
            self.shared.allowed_at = self.shared.allowed_at.max(until);
        }
    }

    /// A whole round with nothing in between; what the node already holds comes first.
    pub fn round(&mut self, node: usize) -> Outcome<()> {
        self.finish(node)?;
        self.lease(node)?;
        self.finish(node)
    }

    /// Sends, hears and records everything the node holds.
    pub fn finish(&mut self, node: usize) -> Outcome<()> {
        while !self.nodes[node].leased.is_empty() {
            self.send_one(node)?;
        }
        if !self.nodes[node].sent.is_empty() {
            let took = self.dice.between(1, 400);
            self.pass(TimeDelta::milliseconds(took));
        }
        while !self.nodes[node].sent.is_empty() {
            self.hear_one(node)?;
        }
        match self.nodes[node].heard.len() {
            0 => Ok(()),
            all => self.record(node, all),
        }
    }

    /// A node loses everything it holds, and starts again.
    pub fn crash(&mut self, node: usize) -> Outcome<()> {
        if self.nodes[node].is_idle() {
            return Ok(());
        }
        let gone = std::mem::take(&mut self.nodes[node]);
        let lost: Vec<usize> = gone.holds().collect();
        for number in &lost {
            self.requests[*number].fate = Fate::Crashed;
        }
        self.note(|| format!("node {node} crashes with {lost:?} in its hands"));
        // The next process on its machine knows that it is gone; if none starts, its leases have to expire.
        if self.dice.percent(50) {
            let now = self.clock;
            let again = |times| retry::after_death(times, now);
            self.conn.transaction(|tx| lanes::free_of(tx, node as i64, now, &again))?;
            self.look()?;
        }
        Ok(())
    }
}

impl Node {
    /// Counts a host's failures, as anybody could who watches it.
    fn count_failure(&mut self, host: &str, group: Uuid, now: DateTime<Utc>, went: Went) {
        let (failures, groups, rests_until) = self.failing.entry(host.to_owned()).or_default();
        match went {
            Went::NotSent => {}
            Went::Answered | Went::Refused(_) => {
                groups.clear();
                (*failures, *rests_until) = (0, DateTime::UNIX_EPOCH);
            }
            Went::Failed => {
                *failures += 1;
                groups.insert(group);
                if *failures >= 8 && groups.len() >= 3 && *rests_until <= now {
                    *rests_until = now + TimeDelta::seconds(5);
                }
            }
        }
    }
}

/// An ending is one request, and so is a digest; for the rest it depends on the platform.
fn parts(leased: &Leased, of_alert: usize) -> usize {
    if leased.purpose.ends() || !leased.with.is_empty() { 1 } else { of_alert }
}

fn moved(verdict: &Verdict) -> Option<Moved> {
    let Ending::Moved(address) = &verdict.outcome else { return None };
    let address = address.parse::<u64>().ok()?.to_be_bytes().to_vec();
    Some(Moved { credentials_sealed: address.clone(), address_hash: address })
}
