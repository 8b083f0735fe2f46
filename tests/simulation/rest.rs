//! How a seed ends: all chats are well again, time goes on until nothing is left to do, and then nothing may
//! be missing.

use chrono::{DateTime, TimeDelta, Utc};

use super::chat::{Deed, Manner, Message, Mood, Now};
use super::node::{Fate, Node, Request, SHARED};
use super::rules::{Outcome, Rule};
use super::sight::{BroadcastRow, DeliveryRow, NoticeRow};
use super::world::{Member, World};
use crate::broadcast::conclude::ENDING;
use crate::broadcast::platforms::TakeBack;
use crate::broadcast::retry;
use crate::domain::delivery::{DeliveryState, EndedAs};
use crate::domain::group::GroupState;
use crate::domain::life_cycle::State;
use crate::store::bots::TRIAL;

/// After this many rounds the engine is going round in circles.
const ROUNDS: usize = 600;

impl World<'_> {
    /// Lets everything come to rest, and checks the result.
    pub fn come_to_rest(&mut self) -> Outcome<()> {
        self.note(|| "everybody is well again".to_owned());
        for node in 0..self.nodes.len() {
            self.finish(node)?;
        }
        self.heal()?;
        while let Some((case, ends)) = self.first_to_end() {
            self.work_until(ends)?;
            if self.clock < ends {
                self.nothing_is_missing(case)?;
            }
            self.clock = self.clock.max(ends);
            self.sweep()?;
            self.look()?;
            self.rules_of_rows()?;
        }
        // Long enough for whatever wait a platform asked for, and for those after failures.
        self.work_until(self.clock + TimeDelta::days(3))?;
        self.nothing_stands_in_a_pause()?;
        for place in 0..self.members.len() {
            if !self.members[place].deleted && self.group_state(place) == GroupState::Paused {
                self.switch(place, GroupState::Active)?;
            }
        }
        self.look()?;
        self.work_until(DateTime::<Utc>::MAX_UTC)?;
        self.nothing_is_left()
    }

    /// All chats are well, and their groups hear again, except some that stay paused until everything is
    /// over.
    fn heal(&mut self) -> Outcome<()> {
        for place in 0..self.members.len() {
            if self.members[place].chat.mood != Mood::Dead && self.members[place].chat.mood != Mood::Moved {
                self.members[place].chat.mood = Mood::Fine;
            }
            let stays = !self.members[place].deleted
                && self.group_state(place) == GroupState::Paused
                && self.dice.percent(50);
            if !self.members[place].deleted && self.group_state(place) != GroupState::Active && !stays {
                self.switch(place, GroupState::Active)?;
            }
            if !self.members[place].deleted && self.dice.percent(50) {
                self.change_times(place, None, None)?;
            }
            if !self.members[place].deleted && !self.members[place].wants && self.dice.percent(70) {
                self.change_wants(place, true)?;
            }
        }
        self.look()?;
        for case in 0..self.cases.len() {
            if self.state_of(case) == State::Paused {
                self.resume(case)?;
            }
        }
        self.look()?;
        self.rules_of_rows()
    }

    fn group_state(&self, place: usize) -> GroupState {
        self.sight.groups[&self.members[place].id].state
    }

    fn state_of(&self, case: usize) -> State {
        self.sight.notice(self.cases[case].id).map_or(State::Erased, |n| n.state)
    }

    /// The live notice that ends first, and when.
    pub fn first_to_end(&self) -> Option<(usize, DateTime<Utc>)> {
        let live = |n: &&NoticeRow| matches!(n.state, State::Live | State::Paused);
        let ends = |n: &NoticeRow| n.ends_at.map(|ends| (self.case_of(n.id.0), ends.0));
        self.sight.notices.iter().filter(live).filter_map(ends).min_by_key(|(_, ends)| *ends)
    }

    /// The nodes work until nothing is due before `end`.
    fn work_until(&mut self, end: DateTime<Utc>) -> Outcome<()> {
        for _ in 0..ROUNDS {
            if self.clock >= end {
                return Ok(());
            }
            let before = self.requests.len();
            for node in 0..self.nodes.len() {
                self.round(node)?;
            }
            if self.requests.len() > before {
                continue;
            }
            let Some(next) = self.next_due().filter(|next| *next < end) else { return Ok(()) };
            self.clock = next.max(self.clock + TimeDelta::seconds(1));
        }
        self.broken(Rule::Works, "it does not come to rest")
    }

    /// When the next delivery may go, or be taken back; those for groups that hear nothing do not count.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let open = |d: &&DeliveryRow| d.state == DeliveryState::Open;
        let ends = |d: &DeliveryRow| self.sight.said(d).is_some_and(|b| b.purpose.ends());
        let heard = |d: &&DeliveryRow| match self.sight.groups.get(&d.group_id.0).map(|g| g.state) {
            Some(GroupState::Active) => true,
            Some(GroupState::Paused) => ends(d),
            _ => false,
        };
        let lane = |d: &DeliveryRow| self.sight.lanes.get(&d.group_id.0).map(|l| l.leased_until.0);
        let due = |d: &DeliveryRow| d.due_at.0.max(lane(d).unwrap_or_default());
        let grows = self.sight.broadcasts.iter().any(|b| !b.expanded).then_some(self.clock);
        self.sight.deliveries.iter().filter(open).filter(heard).map(due).min().into_iter().chain(grows).min()
    }

    /// A live notice was said in its present revision to every group that always wanted to hear it, and to those that
    /// were to hear of it once and want to again.
    fn nothing_is_missing(&self, case: usize) -> Outcome<()> {
        let notice = self.sight.notice(self.cases[case].id).expect("a live notice is in sight");
        let said = self.sight.broadcasts.iter().rfind(|b| {
            b.notice_id == notice.id && Some(b.revision) == notice.live_revision && !b.purpose.ends()
        });
        let Some(said) = said else {
            return self.broken(Rule::Lost, format!("case {case} is live and nobody was to be told"));
        };
        for (place, member) in self.members.iter().enumerate() {
            let of = |d: &&DeliveryRow| d.broadcast_id == said.id && d.group_id.0 == member.id;
            // It was over already, before the clock was set back.
            let in_time = said.not_after.is_none_or(|end| self.true_time() < end.0);
            let missing = match self.sight.deliveries.iter().find(of) {
                None => member.steady || (self.is_wanted_again(case, member) && in_time),
                Some(d) => match d.state {
                    DeliveryState::Delivered => false,
                    DeliveryState::GivenUp => !self.may_be_given_up(d, member.deleted),
                    DeliveryState::Cancelled => member.wants && in_time,
                    DeliveryState::Open => !self.must_wait(d, place),
                },
            };
            if missing {
                let there = self.sight.deliveries.iter().find(of);
                return self.broken(Rule::Lost, format!("group {place} lacks case {case}: {there:?}"));
            }
        }
        Ok(())
    }

    /// Whether a group that was to hear of a notice, in whatever revision, wants to hear of it.
    fn is_wanted_again(&self, case: usize, member: &Member) -> bool {
        let of_it = |d: &DeliveryRow| {
            let about = |b: &BroadcastRow| b.notice_id.0 == self.cases[case].id && !b.purpose.ends();
            d.group_id.0 == member.id && self.sight.said(d).is_some_and(about)
        };
        member.wants && !member.deleted && self.sight.deliveries.iter().any(of_it)
    }

    /// Whether an open delivery has a reason to wait beyond the end of its notice.
    fn must_wait(&self, delivery: &DeliveryRow, place: usize) -> bool {
        let group = &self.sight.groups[&delivery.group_id.0];
        let end = self.sight.said(delivery).and_then(|b| b.not_after).map_or(self.clock, |end| end.0);
        let lane = &self.sight.lanes[&delivery.group_id.0];
        let budget_frees = retry::open_at(&SHARED, &self.shared.uses, 1, self.clock);
        let asked_to_wait = |r: &Request| {
            r.told.is_some_and(|(_, wide)| wide) && r.ended_at.is_some_and(|at| at + longest_wait(r) >= end)
        };
        // One request tries the bot that was limited; the others wait for its result.
        let limited = self.requests.iter().any(|r| r.told.is_some_and(|(_, wide)| wide));
        let tries = |at: &DateTime<Utc>| limited && *at + TRIAL >= end;
        let shared = self.members[place].chat.manner == Manner::Threads
            && (budget_frees >= end
                || self.requests.iter().any(asked_to_wait)
                || self.shared.uses.iter().any(tries));
        let host = self.members[place].chat.manner.host();
        let away = |node: &Node| node.failing.get(host).is_some_and(|(failures, ..)| *failures >= 8);
        group.state != GroupState::Active
            || shared
            || self.nodes.iter().any(away)
            || group.quiet_from.is_some()
            || group.hourly_cap.is_some()
            || lane.open_at.0.max(lane.leased_until.0) >= end
            || self.members[place].held_up_until >= end
            || self.members[place].chat.mood == Mood::Dead
            || self.clock >= end
    }

    /// Whether there was a reason to give up a delivery.
    fn may_be_given_up(&self, delivery: &DeliveryRow, deleted: bool) -> bool {
        let all = self.since_set_going(delivery.id);
        let says = |r: &&&Request| r.deed.as_ref().is_none_or(Deed::says);
        // Where the picture is refused, its words go alone.
        let refused = |r: &&Request| {
            r.fate == Fate::Kept(EndedAs::Gone) || (r.fate == Fate::Kept(EndedAs::Bad) && !r.pictured)
        };
        let gone =
            all.iter().any(|r| r.fate == Fate::Kept(EndedAs::Gone) || r.fate == Fate::Kept(EndedAs::Moved));
        let end = self.sight.said(delivery).map(|b| b.not_after.map_or(b.created_at.0 + ENDING, |end| end.0));
        let too_late = |r: &&Request| {
            let ended = r.ended_at.unwrap_or(r.leased_at);
            end.is_some_and(|end| ended + longest_wait(r) >= end)
        };
        deleted
            || gone
            || all.iter().filter(says).any(refused)
            || all.iter().filter(says).filter(|r| r.is_doubtful()).count() >= 2
            || all.iter().any(too_late)
            || all
                .iter()
                .any(|r| r.leased.failing_since.is_some_and(|s| r.leased_at - s >= TimeDelta::hours(23)))
    }

    /// In the chats of paused groups nothing is left of what is over that can be taken back.
    fn nothing_stands_in_a_pause(&self) -> Outcome<()> {
        let open = |d: &&DeliveryRow| d.state == DeliveryState::Open;
        for ending in self.sight.deliveries.iter().filter(open) {
            let Some(said) = self.sight.said(ending).filter(|b| b.purpose.ends()) else { continue };
            let (case, place) = (self.case_of(said.notice_id.0), self.place_of(ending.group_id.0));
            let chat = &self.members[place].chat;
            let may = |way| match way {
                TakeBack::Edit => !chat.no_edits,
                TakeBack::Delete => !chat.no_deletes,
                TakeBack::Reply => false,
            };
            let refused = self
                .requests
                .iter()
                .any(|r| r.carries(ending.id) && matches!(r.fate, Fate::Kept(EndedAs::Bad | EndedAs::Moved)));
            let paused =
                self.sight.groups.get(&ending.group_id.0).map(|g| g.state) == Some(GroupState::Paused);
            if !paused
                || refused
                || chat.renewed
                || chat.mood != Mood::Fine
                || !chat.manner.ways().iter().any(|way| may(*way))
            {
                continue;
            }
            // Where it was said twice, and one answer was lost, one of the messages has no name.
            let named = |m: &&Message| {
                let of_it = |r: &&Request| {
                    m.deliveries == [r.leased.delivery] && r.leased.part as usize == m.part && r.accepted
                };
                let mut told = self.requests.iter().filter(of_it).peekable();
                told.peek().is_some()
                    && told.all(|r| r.along.is_empty() && r.named && r.fate == Fate::Kept(EndedAs::Delivered))
            };
            let stands = |m: &&Message| m.cases == [case] && !m.ends && m.now == Now::Stands;
            if let Some(message) = chat.messages.iter().filter(stands).find(named) {
                let what =
                    format!("{} of case {case} stands in group {place}, which is paused", message.reference);
                return self.broken(Rule::Ending, what);
            }
        }
        Ok(())
    }

    /// All endings are told, and no node holds anything.
    fn nothing_is_left(&self) -> Outcome<()> {
        for case in 0..self.cases.len() {
            for place in 0..self.members.len() {
                self.ending_is_told(case, place)?;
            }
        }
        let heard = |d: &&DeliveryRow| {
            self.sight.groups.get(&d.group_id.0).is_some_and(|g| g.state == GroupState::Active)
        };
        let open = |d: &&DeliveryRow| d.state == DeliveryState::Open;
        if let Some(left) = self.sight.deliveries.iter().filter(open).find(heard) {
            return self.broken(Rule::Works, format!("delivery {} is open for ever", left.id));
        }
        if self.sight.lanes.values().any(|lane| lane.leased_until.0 > self.clock) {
            return self.broken(Rule::Works, "a lane is leased for ever");
        }
        if !self.nodes.iter().all(|node| node.is_idle()) {
            return self.broken(Rule::Works, "a node has something in its hands");
        }
        Ok(())
    }

    fn ending_is_told(&self, case: usize, place: usize) -> Outcome<()> {
        let member = &self.members[place];
        if member.deleted || self.group_state(place) != GroupState::Active {
            return Ok(());
        }
        let ends = |d: &&DeliveryRow| {
            let said = self.sight.said(d).expect("a delivery's broadcast is in sight");
            d.group_id.0 == member.id && said.notice_id.0 == self.cases[case].id && said.purpose.ends()
        };
        let mut endings = self.sight.deliveries.iter().filter(ends);
        let ending = endings.next();
        if endings.next().is_some() {
            return self.broken(Rule::Ending, format!("group {place} is told the end of case {case} twice"));
        }
        let fine = match (self.may_have_received(case, place), ending.map(|d| d.state)) {
            (true, Some(DeliveryState::Delivered)) => true,
            (true, Some(DeliveryState::GivenUp)) => {
                ending.is_some_and(|d| self.may_be_given_up(d, member.deleted))
            }
            (true, _) => false,
            (false, state) => matches!(state, None | Some(DeliveryState::Cancelled)),
        };
        if fine {
            return Ok(());
        }
        self.broken(Rule::Ending, format!("group {place} and the end of case {case}: {ending:?}"))
    }
}

/// The longest wait that may follow an outcome, with the largest jitter.
fn longest_wait(request: &Request) -> TimeDelta {
    let told = request.told.and_then(|(wait, _)| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    let own = match request.fate {
        Fate::Kept(EndedAs::Config) => TimeDelta::hours(12),
        Fate::Kept(EndedAs::Retry) => TimeDelta::minutes(15),
        _ => TimeDelta::minutes(1),
    };
    told.max(own) * 5 / 4 + TimeDelta::seconds(1)
}
