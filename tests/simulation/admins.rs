//! What admins do with their groups: the steps of the `groups` station, on one connection.

use chrono::DateTime;

use super::chat::{Manner, Mood};
use super::node::Fate;
use super::rules::Outcome;
use super::sight::DeliveryRow;
use super::world::{PEOPLE, REGION, World};
use crate::broadcast::conclude;
use crate::domain::delivery::{DeliveryState, Reach};
use crate::domain::group::{GroupState, Kinds};
use crate::domain::notice::Kind;
use crate::domain::quiet::{DAY, Quiet};
use crate::domain::region::Region;
use crate::store::{StoreError, StoreResult, groups, lanes, wants};

/// A region in another province than all notices.
const ELSEWHERE: &str = "110101";

/// What happens to a group.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// It is paused or resumed.
    Switch,
    /// It wants to hear at other times, or more or less often.
    Times,
    /// It wants to hear of notices such as these no longer, or again.
    Wants,
    /// What was given up is to be sent again.
    Again,
    /// It gets a new robot, whose control is yet to be proved.
    Renew,
    /// Its robot gets a new token, and control is yet to be proved, too.
    Token,
    Delete,
}

const CHANCES: &[(usize, Act)] = &[
    (9, Act::Switch),
    (6, Act::Times),
    (6, Act::Wants),
    (10, Act::Again),
    (4, Act::Renew),
    (4, Act::Token),
    (1, Act::Delete),
];

impl World<'_> {
    /// An admin does something with a group.
    pub fn admins_act(&mut self) -> Outcome<()> {
        let place = self.dice.below(self.members.len());
        if self.members[place].deleted {
            return Ok(());
        }
        match self.dice.weighted(CHANCES) {
            Act::Switch => {
                let active = self.sight.groups[&self.members[place].id].state == GroupState::Active;
                self.switch(place, if active { GroupState::Paused } else { GroupState::Active })?;
            }
            Act::Times => {
                let (quiet, cap) = self.times(40);
                self.change_times(place, quiet, cap)?;
            }
            Act::Wants => {
                let wants = !self.members[place].wants;
                self.change_wants(place, wants)?;
            }
            Act::Again => self.send_again(place)?,
            Act::Renew => self.renew(self.half_told().unwrap_or(place))?,
            Act::Token => self.renew_token(self.doubted().unwrap_or(place))?,
            Act::Delete => {
                self.conn.transaction(|tx| groups::delete(tx, self.members[place].id))?;
                self.members[place].deleted = true;
                self.note(|| format!("group {place} is deleted"));
            }
        }
        self.look()?;
        self.rules_of_rows()
    }

    /// Pauses a group, or lets it hear again; a chat that was gone has a new robot then.
    pub fn switch(&mut self, place: usize, to: GroupState) -> StoreResult<()> {
        let (id, now, bits) = (self.members[place].id, self.clock, self.dice.bits());
        let fresh = matches!(self.members[place].chat.mood, Mood::Dead | Mood::Moved)
            .then(|| 2_000_000 + self.dice.bits() % 1_000_000);
        if let Some(address) = fresh.filter(|_| to == GroupState::Active) {
            (self.members[place].chat.address, self.members[place].chat.mood) = (address, Mood::Fine);
        }
        self.conn.transaction(|tx| {
            let mut group = groups::lock(tx, PEOPLE[0], id)?.ok_or(StoreError::BrokenOff)?;
            let is_proved_anew = group.state == GroupState::Disabled && to == GroupState::Active;
            group.state = to;
            group.reason = None;
            if let Some(address) = fresh.filter(|_| to == GroupState::Active) {
                group.credentials_sealed = address.to_be_bytes().to_vec();
                group.address_hash = address.to_be_bytes().to_vec();
            }
            groups::save(tx, &group)?;
            if is_proved_anew {
                groups::redeliver_unheard(tx, id, now)?;
            }
            if to == GroupState::Active {
                let platform = group.platform;
                lanes::reopen(tx, id, &|sends| conclude::pace(platform, sends, now, bits))?;
            }
            Ok::<_, StoreError>(())
        })?;
        self.note(|| format!("group {place} is {to:?}"));
        Ok(())
    }

    /// A group gets a new robot, which has a budget of its own; the results of what the old one has under way
    /// no longer count.
    fn renew(&mut self, place: usize) -> StoreResult<()> {
        let address = 3_000_000 + self.dice.bits() % 1_000_000;
        let member = &mut self.members[place];
        let id = member.id;
        member.chat.renew(address);
        member.allowed_at = DateTime::UNIX_EPOCH;
        for request in self.requests.iter_mut().filter(|r| r.member == place && r.fate == Fate::UnderWay) {
            request.fate = Fate::Late;
        }
        self.conn.transaction(|tx| {
            let mut group = groups::lock(tx, PEOPLE[0], id)?.ok_or(StoreError::BrokenOff)?;
            (group.state, group.reason) = (GroupState::Unverified, None);
            group.credentials_sealed = address.to_be_bytes().to_vec();
            group.address_hash = address.to_be_bytes().to_vec();
            groups::save(tx, &group)?;
            lanes::renew(tx, id)?;
            lanes::disown(tx, id)
        })?;
        self.note(|| format!("group {place} has a new robot"));
        Ok(())
    }

    /// The robot of a group gets a new token. It can take back what it said by the old one, but what is said again by
    /// the new one is another message.
    fn renew_token(&mut self, place: usize) -> StoreResult<()> {
        let member = &mut self.members[place];
        (member.chat.token, member.chat.renewed) = (member.chat.token + 1, true);
        let id = member.id;
        self.conn.transaction(|tx| {
            let mut group = groups::lock(tx, PEOPLE[0], id)?.ok_or(StoreError::BrokenOff)?;
            (group.state, group.reason) = (GroupState::Unverified, None);
            groups::save(tx, &group)?;
            lanes::doubt(tx, id)
        })?;
        self.note(|| format!("group {place} has a new token"));
        Ok(())
    }

    /// A group that knows requests again by their token, and has perhaps heard something.
    fn doubted(&self) -> Option<usize> {
        let perhaps = |d: &&DeliveryRow| d.state == DeliveryState::Open && d.reach == Reach::Maybe as i16;
        let mut places = self.sight.deliveries.iter().filter(perhaps).map(|d| self.place_of(d.group_id.0));
        places.find(|place| self.members[*place].chat.manner == Manner::Once)
    }

    /// A group in which the end of a notice has taken back only a part of what has to be.
    fn half_told(&self) -> Option<usize> {
        let half = |d: &&DeliveryRow| d.state == DeliveryState::Open && d.how.is_some();
        self.sight.deliveries.iter().find(half).map(|d| self.place_of(d.group_id.0))
    }

    /// When a group wants to be left alone, and how often it wants to hear; each is set with that chance.
    pub fn times(&mut self, of_hundred: u64) -> (Option<Quiet>, Option<i16>) {
        let cap = self.dice.percent(of_hundred).then(|| self.dice.between(1, 2) as i16);
        let quiet = self.dice.percent(of_hundred).then(|| {
            let from = self.dice.below(DAY as usize) as i16;
            let until = (from + self.dice.between(1, 600) as i16) % DAY;
            Quiet { from, until, but_urgent: self.dice.percent(50) }
        });
        (quiet, cap)
    }

    /// A group's admin says when it wants to be left alone, and how often it wants to hear.
    pub fn change_times(&mut self, place: usize, quiet: Option<Quiet>, cap: Option<i16>) -> StoreResult<()> {
        let (id, now) = (self.members[place].id, self.clock);
        self.conn.transaction(|tx| {
            let mut group = groups::lock(tx, PEOPLE[0], id)?.ok_or(StoreError::BrokenOff)?;
            let before = (group.quiet(), group.hourly_cap);
            group.set_quiet(quiet);
            group.hourly_cap = cap;
            if (group.quiet(), group.hourly_cap) != before {
                groups::reconsider(tx, id, now)?;
            }
            groups::save(tx, &group).map(drop)
        })?;
        self.note(|| format!("group {place} has {quiet:?} and hears {cap:?} an hour"));
        Ok(())
    }

    /// A group's admin says what it wants to hear of: by the kind or by the region, both of which all notices of a
    /// seed have in common.
    pub fn change_wants(&mut self, place: usize, wants: bool) -> StoreResult<()> {
        let (id, now) = (self.members[place].id, self.clock);
        let by_region = self.dice.percent(50);
        let asked_for = if self.patient { Kind::LostProperty } else { Kind::Rescue };
        let region = if wants || !by_region { REGION } else { ELSEWHERE };
        let region = Region::parse(region).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        self.conn.transaction(|tx| {
            let mut group = groups::lock(tx, PEOPLE[0], id)?.ok_or(StoreError::BrokenOff)?;
            let kinds = Kinds::all().iter().filter(|kind| wants || by_region || *kind != asked_for);
            group.kinds = kinds.collect::<Kinds>().bits();
            groups::set_regions(tx, id, &[region.province()])?;
            groups::save(tx, &group)?;
            wants::changed(tx, id, now)
        })?;
        self.members[place].wants = wants;
        self.note(|| format!("group {place} wants to hear of it: {wants}"));
        Ok(())
    }

    /// Sends again what was given up, where that is still true.
    fn send_again(&mut self, place: usize) -> StoreResult<()> {
        let (id, now) = (self.members[place].id, self.clock);
        let given_up = |d: &&DeliveryRow| d.group_id.0 == id && d.state == DeliveryState::GivenUp;
        let all: Vec<i64> = self.sight.deliveries.iter().filter(given_up).map(|d| d.id).collect();
        if all.is_empty() || !self.sight.groups[&id].state.is_proved() {
            return Ok(());
        }
        let delivery = self.dice.one_of(&all);
        let goes = self.conn.transaction(|tx| {
            let found = groups::logged(tx, id, delivery)?.ok_or(StoreError::BrokenOff)?;
            if !found.can_go_again(now) {
                return Ok(false);
            }
            groups::redeliver(tx, &found, now).map(|()| true)
        })?;
        if goes {
            self.again.insert(delivery, self.requests.len());
            // What kept it from being proved may still be wrong.
            if self.members[place].chat.mood == Mood::Fine && self.dice.percent(30) {
                self.members[place].chat.mood = Mood::Silent;
            }
        }
        self.note(|| format!("delivery {delivery} is to be sent once more: {goes}"));
        Ok(())
    }
}
