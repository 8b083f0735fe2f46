//! The rules. Each is checked where it can be broken: when something is leased, when a request leaves, and
//! after every step in what the database then says. Nothing here asks the engine for its opinion.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::chat::{Chat, Deed, Manner, Now};
use super::node::{Fate, Request, SHARED};
use super::sight::{BroadcastRow, DeliveryRow, LaneRow};
use super::world::{BOT, World};
use crate::broadcast::platforms::{TakeBack, adapter};
use crate::domain::delivery::{DeliveryState, EndedAs, Purpose};
use crate::domain::group::GroupState;
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;
use crate::domain::quiet::Quiet;
use crate::store::StoreError;
use crate::store::leasing::Leased;

/// What must hold. The first six are the product's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// 1. A notice goes live only with the approvals that its policy asks for.
    Approved,
    /// 2. A delivery exists, and goes out, only for a revision that is live.
    Live,
    /// 3. After the end nothing but the ending goes out.
    Ended,
    /// 4. The ending goes to exactly those who received the notice or may have, after it, and leaves nothing
    ///    standing unchanged without saying that it is over.
    Ending,
    /// A correction of a false notice goes before anything else that is due.
    First,
    /// 5. Nothing that may be delivered is lost.
    Lost,
    /// 5. Nothing is said twice except where a crash or a lost answer leaves doubt, and never a third time
    ///    unless the group's admin asks for it.
    Once,
    /// 6. A case number always answers, and says what the chats say.
    Number,
    /// One request of a lane at a time, and only the holder's result counts.
    Lane,
    /// No request before its time: budgets, waits, quiet hours, caps, hosts that are away.
    Pace,
    /// Groups that want to hear nothing hear nothing, and no group hears first of what it does not want. To take
    /// something back makes no sound.
    Wanted,
    /// The database refuses nothing, and everything comes to rest.
    Works,
}

/// A rule that does not hold.
#[derive(Clone, Debug)]
pub struct Broken {
    pub rule: Rule,
    pub what: String,
}

/// What a step of the simulation returns.
pub type Outcome<T> = Result<T, Broken>;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Broken {
        Broken { rule: Rule::Works, what: error.to_string() }
    }
}

impl World<'_> {
    /// Of everything that has just been leased; `sight` still shows the database from before. While a chat
    /// has a correction to hear, neither it nor any chat that is reached in the same way hears anything else.
    pub fn corrections_go_first(&self, node: usize, leased: &[Leased]) -> Outcome<()> {
        let due: Vec<&DeliveryRow> =
            self.sight.deliveries.iter().filter(|d| self.is_correction_that_can_go(node, d)).collect();
        let corrected = |group| leased.iter().any(|l| l.group == group && l.purpose == Purpose::Correction);
        for other in leased.iter().filter(|l| l.purpose != Purpose::Correction) {
            let manner = |group| self.members[self.place_of(group)].chat.manner;
            let passed =
                due.iter().find(|d| manner(d.group_id.0) == manner(other.group) && !corrected(d.group_id.0));
            if let Some(passed) = passed {
                let (purpose, place) = (other.purpose.as_str(), self.place_of(passed.group_id.0));
                return self
                    .broken(Rule::First, format!("a {purpose} goes before the correction of group {place}"));
            }
        }
        Ok(())
    }

    fn is_correction_that_can_go(&self, node: usize, delivery: &DeliveryRow) -> bool {
        let (now, group) = (self.clock, delivery.group_id.0);
        let corrects = self.sight.said(delivery).is_some_and(|b| b.purpose == Purpose::Correction);
        let hears = self.sight.groups.get(&group).is_some_and(|g| g.state == GroupState::Active);
        // A node waits for the results of leases that it holds itself.
        let is_held = |lane: &LaneRow| self.held_leases(node).any(|held| held == (group, lane.fence));
        let free = |lane: &LaneRow| lane.leased_until.0 <= now && lane.open_at.0 <= now && !is_held(lane);
        let due = delivery.state == DeliveryState::Open && delivery.due_at.0 <= now;
        corrects && hears && due && self.sight.lanes.get(&group).is_some_and(free)
    }

    /// Of one delivery that has just been leased; `sight` still shows the database from before.
    pub fn rules_of_leasing(&self, node: usize, leased: &Leased, case: usize, place: usize) -> Outcome<()> {
        let (now, member) = (self.clock, &self.members[place]);
        self.may_be_said(leased.broadcast, case, place)?;
        let Some(group) = self.sight.groups.get(&leased.group) else {
            return self.broken(Rule::Wanted, "a deleted group is spoken to");
        };
        // An end may be taken back silently; whether it makes a sound is checked when it leaves.
        let silent = group.state == GroupState::Paused && leased.purpose.ends();
        if group.state != GroupState::Active && !silent {
            return self.broken(Rule::Wanted, format!("group {place} is {:?}", group.state));
        }
        self.is_asked_for(leased.broadcast, case, place)?;
        // An earlier holder has lost the lane for good, even if the clock is set back afterwards.
        let holder = self.requests.iter().rfind(|r| r.member == place);
        if holder.is_some_and(|r| r.fate == Fate::UnderWay && r.leased.leased_until > now) {
            return self.broken(Rule::Lane, format!("the lane of group {place} is in use"));
        }
        if self.held_leases(node).any(|held| held == (leased.group, leased.fence - 1)) {
            return self
                .broken(Rule::Once, format!("node {node} has said it to group {place}, and knows that"));
        }
        let lane = &self.sight.lanes[&leased.group];
        if lane.open_at.0 > now || member.allowed_at > now {
            let until = lane.open_at.0.max(member.allowed_at);
            return self.broken(Rule::Pace, format!("group {place} rests until {until}"));
        }
        if !leased.purpose.ends() && self.is_to_be_quiet(leased, case, now) {
            return self.broken(Rule::Pace, format!("group {place} has quiet hours"));
        }
        // Whatever the group's quiet hours let through.
        let is_rationed = !self.presses(leased.purpose, case, true) && !leased.purpose.ends();
        if leased.is_rationed != is_rationed {
            return self.broken(Rule::Pace, format!("group {place} counts it for its cap: {}", !is_rationed));
        }
        if let Some(cap) = group.hourly_cap.filter(|_| is_rationed) {
            self.within_cap(leased, cap)?;
        }
        if leased.bot.as_deref() == Some(BOT) {
            let per = TimeDelta::from_std(SHARED[0].per).expect("five seconds are a span");
            let lately = self.shared.uses.iter().filter(|at| **at > now - per).count();
            if lately >= SHARED[0].count as usize || self.shared.allowed_at > now {
                return self.broken(Rule::Pace, format!("the bot was used {lately} times just now"));
            }
        }
        let rests = self.nodes[node].failing.get(&leased.host).is_some_and(|(.., until)| *until > now);
        if rests {
            return self.broken(Rule::Pace, format!("{} is away", leased.host));
        }
        self.not_said_already(leased.delivery, leased.part, place)
    }

    /// Of a delivery's companions: everything that is asked of one that goes alone.
    pub fn rules_of_digests(&self, leased: &Leased, along: &[usize], place: usize) -> Outcome<()> {
        for (other, case) in leased.with.iter().zip(along) {
            self.may_be_said(other.broadcast, *case, place)?;
            self.is_asked_for(other.broadcast, *case, place)?;
            let quiet = self.is_to_be_quiet(leased, *case, self.clock);
            if quiet || self.cases[*case].kind == Kind::Rescue || leased.purpose.ends() {
                return self.broken(Rule::Pace, format!("case {case} goes along to group {place}"));
            }
            self.not_said_already(other.delivery, 0, place)?;
        }
        leased.told().try_for_each(|delivery| self.in_no_other_digest(delivery, leased, place))
    }

    /// Where the platform makes no second message of the same request, what is in doubt arrives once more at
    /// most: alone it is the same request every time, and no digest is like another.
    fn in_no_other_digest(&self, delivery: i64, leased: &Leased, place: usize) -> Outcome<()> {
        let doubted = |r: &Request| !r.along.is_empty() && r.fate == Fate::Kept(EndedAs::Unknown);
        let once = self.members[place].chat.manner == Manner::Once && !leased.with.is_empty();
        if once && self.since_set_going(delivery).into_iter().any(doubted) {
            return self.broken(Rule::Once, format!("delivery {delivery} is in a digest once more"));
        }
        Ok(())
    }

    /// Rules 2, 3, 4 and 6 at the moment of leasing.
    fn may_be_said(&self, broadcast: Uuid, case: usize, place: usize) -> Outcome<()> {
        let now = self.clock;
        let notice = self.sight.notice(self.cases[case].id).expect("a lease's notice is in sight");
        let broadcast = self.sight.broadcast(broadcast).expect("a lease's broadcast is in sight");
        if broadcast.purpose.ends() {
            if !self.may_have_received(case, place) {
                return self.broken(Rule::Ending, format!("group {place} received nothing of case {case}"));
            }
            if !notice.is_over(now) {
                return self.broken(Rule::Number, format!("case {case} is {:?}", notice.state));
            }
            return Ok(());
        }
        if notice.is_over(now) || broadcast.not_after.is_none_or(|end| end.0 <= now) {
            return self.broken(Rule::Ended, format!("case {case} is over"));
        }
        if notice.state != State::Live || notice.live_revision != Some(broadcast.revision) {
            let (state, live) = (notice.state, notice.live_revision);
            return self.broken(
                Rule::Live,
                format!("revision {} of case {case}, {state:?} with {live:?}", broadcast.revision),
            );
        }
        Ok(())
    }

    /// What a group does not want goes to it only where it may have heard of the notice before.
    fn is_asked_for(&self, broadcast: Uuid, case: usize, place: usize) -> Outcome<()> {
        let member = &self.members[place];
        let ends = |b: &BroadcastRow| b.purpose.ends();
        let heard = |d: &DeliveryRow| {
            let of_it = |b: &BroadcastRow| b.notice_id.0 == self.cases[case].id && !ends(b);
            d.group_id.0 == member.id && d.reach > 0 && self.sight.said(d).is_some_and(of_it)
        };
        let says_end = self.sight.broadcast(broadcast).is_some_and(ends);
        if member.wants || says_end || self.sight.deliveries.iter().any(heard) {
            return Ok(());
        }
        self.broken(Rule::Wanted, format!("group {place} does not want to hear of case {case}"))
    }

    /// Whether the group of a lease does not want to hear such a thing at that moment.
    fn is_to_be_quiet(&self, leased: &Leased, case: usize, at: DateTime<Utc>) -> bool {
        let Some(group) = self.sight.groups.get(&leased.group) else { return false };
        let (Some(from), Some(until)) = (group.quiet_from, group.quiet_until) else { return false };
        let quiet = Quiet { from, until, but_urgent: true };
        quiet.over_at(at).is_some() && !self.presses(leased.purpose, case, group.quiet_but_urgent)
    }

    fn presses(&self, purpose: Purpose, case: usize, but_urgent: bool) -> bool {
        let urgency = self.sight.notice(self.cases[case].id).map_or(0, |n| n.urgency);
        purpose == Purpose::Correction || (urgency >= 2 && but_urgent)
    }

    /// A message counts when its first part has arrived, whether its answer came or not, and what belongs to
    /// it follows. A digest counts once. To repeat what perhaps arrived is no message more.
    fn within_cap(&self, leased: &Leased, cap: i16) -> Outcome<()> {
        let doubted = |delivery: i64, before: usize| {
            let lost = |r: &Request| r.leased.part == 0 && r.fate == Fate::Kept(EndedAs::Unknown);
            self.requests[..before].iter().any(|r| r.carries(delivery) && lost(r))
        };
        if leased.part > 0 || doubted(leased.delivery, self.requests.len()) {
            return Ok(());
        }
        let since = self.clock - TimeDelta::hours(1);
        let begun = |(number, r): &(usize, &Request)| {
            let same = r.leased.group == leased.group && r.leased.part == 0;
            let kept = matches!(r.fate, Fate::Kept(EndedAs::Delivered | EndedAs::Unknown));
            let new = || r.leased.told().any(|told| !doubted(told, *number));
            same && r.leased.is_rationed && kept && r.accepted && new()
        };
        let begun = self.requests.iter().enumerate().filter(begun).filter_map(|(_, r)| r.ended_at);
        let count = begun.filter(|at| *at > since).count();
        if count >= usize::from(cap.unsigned_abs()) {
            return self.broken(Rule::Pace, format!("{count} within the hour, the cap is {cap}"));
        }
        Ok(())
    }

    /// Rule 5: what certainly arrived is not said again, what perhaps arrived once more at most. So each
    /// message that came twice is due to a crash, a lost lease or a lost answer, and each of these accounts
    /// for one only.
    fn not_said_already(&self, delivery: i64, part: i16, place: usize) -> Outcome<()> {
        let same = |r: &&Request| {
            r.carries(delivery) && r.leased.part == part && r.deed.as_ref().is_some_and(Deed::says)
        };
        let earlier: Vec<&Request> = self.requests.iter().filter(same).collect();
        // A node that still has it under way lost it with the lease.
        let lost = |r: &Request| r.is_doubtful() || r.fate == Fate::UnderWay;
        if earlier.iter().any(|r| r.fate == Fate::Kept(EndedAs::Delivered) || (r.accepted && !lost(r))) {
            return self.broken(Rule::Once, format!("group {place} has it: delivery {delivery}"));
        }
        let anew = self.since_set_going(delivery);
        let silent = anew.iter().filter(|r| same(r) && r.fate == Fate::Kept(EndedAs::Unknown)).count();
        let idempotent = self.members[place].chat.manner == Manner::Once;
        if silent >= 2 && !idempotent {
            return self.broken(Rule::Once, format!("delivery {delivery} is said a third time"));
        }
        Ok(())
    }

    /// The requests of a delivery; if its admin had it sent again, only those since then.
    pub fn since_set_going(&self, delivery: i64) -> Vec<&Request> {
        let first = self.again.get(&delivery).copied().unwrap_or_default();
        self.requests[first..].iter().filter(|r| r.carries(delivery)).collect()
    }

    /// Whether a group received something of a notice, as far as anybody knows.
    pub fn may_have_received(&self, case: usize, place: usize) -> bool {
        let of = |r: &&Request| r.about(case).is_some() && r.member == place && !r.leased.purpose.ends();
        self.requests.iter().filter(of).any(Request::may_have_arrived)
    }

    /// Of a request that leaves now.
    pub fn rules_of_sending(&self, number: usize) -> Outcome<()> {
        let (now, request) = (self.clock, &self.requests[number]);
        let (leased, chat) = (&request.leased, &self.members[request.member].chat);
        if leased.not_after.is_some_and(|end| end <= now) {
            return self.broken(Rule::Ended, format!("#{number} leaves after its end"));
        }
        if leased.leased_until <= now {
            return self.broken(Rule::Lane, format!("#{number} leaves after its lease"));
        }
        self.is_still_true(number)?;
        // What a robot says in the last second before it is replaced breaks no rule.
        let ours = request.fate == Fate::UnderWay;
        let says_more = ours && !leased.purpose.ends() && request.deed.as_ref().is_some_and(Deed::says);
        let told_of = |case: usize| chat.messages.iter().any(|m| m.cases.contains(&case) && m.ends);
        if says_more && request.tells().any(|(_, case)| told_of(case)) {
            return self.broken(Rule::Ending, format!("#{number} comes after the ending"));
        }
        let taken_back = |name: &str| chat.messages.iter().find(|m| m.reference == name);
        if let Some(Deed::Edit(name) | Deed::Delete(name)) = &request.deed
            && taken_back(name).is_some_and(|m| m.cases.len() > 1)
        {
            return self.broken(Rule::Ending, format!("#{number} takes back what tells of others as well"));
        }
        if leased.purpose.ends() && request.deed.as_ref().is_some_and(Deed::says) {
            self.follow_up_is_owed(number, chat)?;
            if self.is_to_be_quiet(leased, request.case, request.leased_at) {
                return self.broken(Rule::Pace, format!("#{number} is said aloud in quiet hours"));
            }
        }
        if ours && request.deed.as_ref().is_some_and(Deed::says) {
            self.is_wanted(number)?;
        }
        self.within_budgets(number, chat)
    }

    /// What leaves within a second of its lease goes by what was known then. So nothing is said of a notice that was
    /// closed, paused or revised more than a second ago. (A clock that is set back makes that second longer.)
    fn is_still_true(&self, number: usize) -> Outcome<()> {
        let request = &self.requests[number];
        let latest = TimeDelta::seconds(1) + self.behind - request.behind;
        let with = request.leased.with.iter().map(|other| other.broadcast);
        let untrue =
            |said: Uuid| self.untrue.get(&said).is_some_and(|since| self.true_time() - *since > latest);
        if [request.leased.broadcast].into_iter().chain(with).any(untrue) {
            return self.broken(Rule::Live, format!("#{number} has not been true for more than a second"));
        }
        Ok(())
    }

    /// Of a request that is heard. What leaves within a second of its lease goes by what was known then.
    fn is_wanted(&self, number: usize) -> Outcome<()> {
        let request = &self.requests[number];
        let at_once = self.clock - request.leased_at <= TimeDelta::seconds(1) && !request.paused;
        let hears = |id| self.sight.groups.get(id).is_some_and(|g| g.state == GroupState::Active);
        if at_once || hears(&request.leased.group) {
            return Ok(());
        }
        let place = request.member;
        self.broken(Rule::Wanted, format!("#{number} is heard in group {place}, which wants to hear nothing"))
    }

    /// A further message about the end is only for chats where something stands unchanged, or may; and for a
    /// correction where an edit hides nothing.
    fn follow_up_is_owed(&self, number: usize, chat: &Chat) -> Outcome<()> {
        let request = &self.requests[number];
        if request.leased.purpose == Purpose::Correction && chat.manner.profile().keeps_edited {
            return Ok(());
        }
        let takes_back = chat.manner.ways().iter().any(|way| *way != TakeBack::Reply);
        let stands = |now: Now| now == Now::Stands;
        let named_stands =
            chat.messages.iter().any(|m| m.cases.contains(&request.case) && !m.ends && stands(m.now));
        // A lost answer leaves unknown whether the message was taken back.
        let known = !self.since_set_going(request.leased.delivery).iter().any(|r| r.is_doubtful());
        if takes_back
            && known
            && !chat.renewed
            && !named_stands
            && !self.doubt_remains(request.case, request.member)
        {
            return self.broken(Rule::Ending, format!("#{number} follows up what was taken back"));
        }
        Ok(())
    }

    /// Whether a message about a notice may stand in a chat although nobody can name it.
    fn doubt_remains(&self, case: usize, place: usize) -> bool {
        let remembers = self.members[place].chat.manner.profile().remembers;
        let of = |r: &&Request| r.about(case).is_some() && r.member == place && !r.leased.purpose.ends();
        let all: Vec<&Request> = self.requests.iter().filter(of).collect();
        let proved = |r: &Request| {
            let same = |o: &&&Request| {
                (o.about(case), o.leased.part, &o.along, o.token)
                    == (r.about(case), r.leased.part, &r.along, r.token)
                    && o.named
            };
            all.iter().filter(same).any(|o| o.fate == Fate::Kept(EndedAs::Delivered))
        };
        // Only proof of the last part can tell whether a lost answer was that of the next part.
        let complete = |r: &Request| {
            let told = r.about(case);
            // What was planned for a digest may have been told in one: then the proof is about another
            // request.
            let whole =
                |d: &DeliveryRow| Some(d.id) == told && d.state == DeliveryState::Delivered && !d.digest;
            let last = all.iter().rfind(|o| o.about(case) == told);
            // What was decided on long before may have been said long before.
            let soon = |o: &Request| {
                let took = o.ended_at.map(|at| at - o.leased.said_at);
                took.zip(remembers).is_some_and(|(took, remembers)| took < remembers)
            };
            self.sight.deliveries.iter().any(whole)
                && last.is_some_and(|o| o.fate == Fate::Kept(EndedAs::Delivered) && soon(o))
        };
        all.iter().any(|r| match r.fate {
            Fate::Kept(EndedAs::Delivered) => !r.named,
            _ => r.may_have_arrived() && !(proved(r) && complete(r)),
        })
    }

    /// Counted as the platform counts, by arrival, whether its result was recorded or not.
    fn within_budgets(&self, number: usize, chat: &Chat) -> Outcome<()> {
        let now = self.true_time();
        for budget in adapter(chat.manner.platform()).profile().rate {
            let per = TimeDelta::from_std(budget.per).expect("a platform's span is short");
            let lately = chat.arrivals.iter().filter(|(at, _)| *at > now - per).count();
            if lately >= budget.count as usize {
                let (count, per) = (budget.count, budget.per);
                return self.broken(Rule::Pace, format!("#{number} is one more than {count} in {per:?}"));
            }
        }
        Ok(())
    }

    /// Of what the database says after a step.
    pub fn rules_of_rows(&mut self) -> Outcome<()> {
        for member in &mut self.members {
            let active = self.sight.groups.get(&member.id).is_some_and(|g| g.state == GroupState::Active);
            member.steady &= active && member.wants;
        }
        let now = self.true_time();
        for broadcast in self.sight.broadcasts.iter().filter(|b| !b.purpose.ends()) {
            let notice = self.sight.notice(broadcast.notice_id.0);
            if notice.is_some_and(|n| n.state == State::Live && n.live_revision == Some(broadcast.revision)) {
                self.untrue.remove(&broadcast.id.0);
            } else {
                self.untrue.entry(broadcast.id.0).or_insert(now);
            }
        }
        for case in &self.cases {
            if !self.sight.notices.iter().any(|n| n.case_number == case.number) {
                return self.broken(Rule::Number, format!("nothing is known of {}", case.number));
            }
        }
        for broadcast in &self.sight.broadcasts {
            let case = self.case_of(broadcast.notice_id.0);
            let approval = (broadcast.notice_id, broadcast.revision);
            let given = self.sight.approvals.iter().filter(|a| **a == approval).count();
            if given < self.cases[case].needs as usize {
                return self.broken(Rule::Approved, format!("case {case} is live with {given} approvals"));
            }
            let over = self.sight.notice(broadcast.notice_id.0).is_some_and(|n| n.state.is_over());
            if broadcast.purpose.ends() && !over {
                return self.broken(Rule::Number, format!("case {case} has an ending and is not over"));
            }
        }
        self.sight.deliveries.iter().try_for_each(|delivery| self.is_what_the_chat_says(delivery))
    }

    /// What counts as delivered has arrived; what counts as ended leaves nothing standing unchanged without
    /// saying that it is over.
    fn is_what_the_chat_says(&self, delivery: &DeliveryRow) -> Outcome<()> {
        if delivery.state != DeliveryState::Delivered {
            return Ok(());
        }
        let broadcast = self.sight.said(delivery).expect("a delivery's broadcast is in sight");
        let case = self.case_of(broadcast.notice_id.0);
        let place = self.place_of(delivery.group_id.0);
        let messages = &self.members[place].chat.messages;
        if !broadcast.purpose.ends() {
            if !messages.iter().any(|m| m.deliveries.contains(&delivery.id)) {
                return self.broken(Rule::Lost, format!("delivery {} is not in the chat", delivery.id));
            }
            return Ok(());
        }
        let told = messages.iter().any(|m| m.cases.contains(&case) && m.ends);
        let stands = messages.iter().find(|m| m.cases.contains(&case) && !m.ends && m.now == Now::Stands);
        if let (Some(message), false) = (stands, told) {
            let what = format!("{} of case {case} stands in group {place} as it was", message.reference);
            return self.broken(Rule::Ending, what);
        }
        Ok(())
    }
}
