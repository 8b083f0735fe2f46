//! One seed's world: a database, a few groups and notices, one to three nodes, a clock moved by hand, and
//! the scheduler that decides what happens next.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use uuid::Uuid;

use super::chat::{Chat, Manner, Mood};
use super::dice::Dice;
use super::node::{Node, Request};
use super::rules::{Broken, Outcome, Rule};
use super::sight::Sight;
use crate::domain::case_number::CaseNumber;
use crate::domain::notice::Kind;
use crate::domain::region::Region;
use crate::store::groups::{self, Group};
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreError, StoreResult, fixture};
use crate::vault::Vault;

/// Steps of a seed, before everything comes to rest.
const STEPS: usize = 110;
/// How far the clock is set back in total: less than an exchange may take beyond its lease.
const BACK: TimeDelta = TimeDelta::seconds(4);
/// The farthest that the clock moves at once where time passes in small steps.
const HURRY: TimeDelta = TimeDelta::seconds(40);
/// The bot that some groups share.
pub const BOT: &str = "bot";
/// The region of all notices and groups.
pub const REGION: &str = "131003";
/// How many lines of the trace are kept.
const LINES: usize = 80;

/// The admin of all groups, and the moderators.
pub const PEOPLE: [Uuid; 3] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];

/// A group, and what only the world knows about it.
pub struct Member {
    pub id: Uuid,
    pub chat: Chat,
    /// It could hear everything all the time: it was never paused, disabled or deleted, and always wanted it.
    pub steady: bool,
    /// Its kinds and regions are such that it wants to hear of all notices, and not of none.
    pub wants: bool,
    pub deleted: bool,
    /// The earliest time that the platform allows, as far as the engine has been told.
    pub allowed_at: DateTime<Utc>,
    /// A node that holds something for it looks at it again then.
    pub held_up_until: DateTime<Utc>,
}

/// A notice, and what only the world knows about it.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: Uuid,
    pub number: CaseNumber,
    pub kind: Kind,
    /// How many people have to approve each of its revisions.
    pub needs: i16,
    pub lifetime: TimeDelta,
}

/// The requests of the bot.
pub struct Shared {
    /// Each by the clock at its lease or, once its result is recorded, at its end.
    pub uses: Vec<DateTime<Utc>>,
    pub allowed_at: DateTime<Utc>,
}

/// One seed.
pub struct World<'c> {
    pub conn: &'c mut Conn,
    pub dice: Dice,
    pub vault: Vault,
    pub clock: DateTime<Utc>,
    /// How far the clock has been set back so far.
    pub behind: TimeDelta,
    /// Time passes in small steps, so that budgets are used up.
    hurried: bool,
    /// Hosts are away for long.
    rough: bool,
    /// Nothing is urgent, and groups have quiet hours: they hear in digests.
    pub patient: bool,
    pub members: Vec<Member>,
    pub cases: Vec<Case>,
    pub nodes: Vec<Node>,
    pub requests: Vec<Request>,
    /// Deliveries that an admin had sent again, each with the number of the next request.
    pub again: HashMap<i64, usize>,
    pub shared: Shared,
    pub sight: Sight,
    /// Since when what a broadcast says is not true, by the true time.
    pub untrue: HashMap<Uuid, DateTime<Utc>>,
    trace: Vec<String>,
}

/// What happens next.
#[derive(Clone, Copy)]
enum Happens {
    Lease,
    Send,
    Hear,
    Record,
    Round,
    Crash,
    Refuse,
    Time,
    People,
    Admins,
    Weather,
}

const CHANCES: &[(usize, Happens)] = &[
    (14, Happens::Lease),
    (12, Happens::Send),
    (12, Happens::Hear),
    (10, Happens::Record),
    (12, Happens::Round),
    (3, Happens::Crash),
    (3, Happens::Refuse),
    (20, Happens::Time),
    (14, Happens::People),
    (6, Happens::Admins),
    (6, Happens::Weather),
];

impl<'c> World<'c> {
    /// A fresh world in an empty database.
    pub fn new(conn: &'c mut Conn, seed: u64) -> StoreResult<World<'c>> {
        let mut dice = Dice::new(seed);
        let midnight =
            Utc.with_ymd_and_hms(2026, 11, 23, 0, 0, 0).single().expect("a moment of the calendar");
        let clock = midnight + TimeDelta::seconds(dice.between(0, 86_399));
        let nodes = dice.weighted(&[(3, 1), (2, 2), (1, 3)]);
        let mut world = World {
            conn,
            vault: Vault::new(&[72; 32]),
            clock,
            behind: TimeDelta::zero(),
            hurried: dice.percent(30),
            rough: dice.percent(20),
            patient: dice.percent(40),
            members: Vec::new(),
            cases: Vec::new(),
            nodes: (0..nodes).map(|_| Node::default()).collect(),
            requests: Vec::new(),
            again: HashMap::new(),
            shared: Shared { uses: Vec::new(), allowed_at: DateTime::UNIX_EPOCH },
            sight: Sight::default(),
            untrue: HashMap::new(),
            trace: Vec::new(),
            dice,
        };
        world.settle()?;
        world.look()?;
        Ok(world)
    }

    /// Groups of every kind, and people.
    fn settle(&mut self) -> StoreResult<()> {
        let Conn::Sqlite(c) = &mut *self.conn else { unreachable!("the simulation opens SQLite") };
        for person in PEOPLE {
            let sql = format!(
                "INSERT INTO accounts (id, name, role, password_hash, totp_sealed, created_at) \
                 VALUES (x'{0}', '{0}', 'moderator', '', x'', 0)",
                person.simple()
            );
            diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut **c)?;
        }
        let region = Region::parse(REGION).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let kinds = [Manner::Plain, Manner::Threads, Manner::Threads, Manner::Edits, Manner::Once];
        for (place, manner) in kinds.into_iter().enumerate() {
            let group = self.group(place, manner);
            groups::insert(self.conn, &group, std::slice::from_ref(&region))?;
            let chat = Chat {
                manner,
                address: place as u64,
                token: 0,
                mood: Mood::Fine,
                messages: Vec::new(),
                no_edits: self.dice.percent(25),
                no_deletes: self.dice.percent(25),
                no_pictures: self.dice.percent(25),
                arrivals: Vec::new(),
                renewed: false,
            };
            let allowed_at = DateTime::UNIX_EPOCH;
            let held_up_until = DateTime::UNIX_EPOCH;
            let member = Member {
                id: group.id.0,
                chat,
                steady: true,
                wants: true,
                deleted: false,
                allowed_at,
                held_up_until,
            };
            self.members.push(member);
        }
        Ok(())
    }

    fn group(&mut self, place: usize, manner: Manner) -> Group {
        let (quiet, hourly_cap) = self.times(if self.patient { 75 } else { 15 });
        let id = Uuid::from_u128(100 + place as u128);
        let mut group = Group {
            account_id: Id(PEOPLE[0]),
            platform: manner.platform(),
            name: String::new(),
            credentials_sealed: (place as u64).to_be_bytes().to_vec(),
            address_hash: (place as u64).to_be_bytes().to_vec(),
            created_at: Time(self.clock),
            verified_at: Some(Time(self.clock)),
            host: manner.host().to_owned(),
            bot: (manner == Manner::Threads).then(|| BOT.to_owned()),
            hourly_cap,
            ..fixture::group(id)
        };
        group.set_quiet(quiet);
        group
    }

    /// Plays the seed to its end.
    pub fn play(&mut self) -> Outcome<()> {
        for _ in 0..STEPS {
            self.step()?;
        }
        self.come_to_rest()
    }

    fn step(&mut self) -> Outcome<()> {
        let node = self.dice.below(self.nodes.len());
        match self.dice.weighted(CHANCES) {
            Happens::Lease => self.lease(node),
            Happens::Send => self.send_one(node),
            Happens::Hear => self.hear_one(node),
            Happens::Record => self.record_some(node),
            Happens::Round => self.round(node),
            Happens::Crash => self.crash(node),
            Happens::Refuse => self.lease_in_vain(node),
            Happens::Time => {
                self.time_passes();
                Ok(())
            }
            Happens::People => self.people_act(),
            Happens::Admins => self.admins_act(),
            Happens::Weather => {
                self.weather_turns();
                Ok(())
            }
        }
    }

    fn time_passes(&mut self) {
        if self.dice.percent(4) && self.behind < BACK {
            let back = TimeDelta::milliseconds(self.dice.between(1, 2_000));
            self.behind += back;
            self.clock -= back;
            return self.note(|| format!("the clock is set back by {} ms", back.num_milliseconds()));
        }
        if let Some(moment) = self.interesting_moment() {
            return self.pass(moment - self.clock);
        }
        let chances: &[(usize, (i64, i64))] = if self.hurried {
            &[(20, (1, 100)), (6, (100, 1_000)), (1, (1_000, 40_000))]
        } else {
            &[
                (8, (1, 1_000)),
                (5, (1_000, 10_000)),
                (4, (10_000, 70_000)),
                (3, (60_000, 1_200_000)),
                (1, (1_200_000, 20_000_000)),
                // What platforms remember for a day they have forgotten.
                (1, (70_000_000, 100_000_000)),
            ]
        };
        let (least, most) = self.dice.weighted(chances);
        let passes = self.dice.between(least, most);
        self.pass(TimeDelta::milliseconds(passes));
    }

    /// Sometimes the clock stops where something falls due, or just before a notice ends.
    fn interesting_moment(&mut self) -> Option<DateTime<Utc>> {
        let moment = match self.dice.below(10) {
            0..3 => self.next_due(),
            3 => {
                self.first_to_end().map(|(_, end)| end - TimeDelta::milliseconds(self.dice.between(1, 1_500)))
            }
            _ => None,
        };
        moment.filter(|moment| *moment > self.clock && (!self.hurried || *moment < self.clock + HURRY))
    }

    /// The clock goes on.
    pub fn pass(&mut self, time: TimeDelta) {
        self.clock += time;
        self.note(|| format!("{} ms later", time.num_milliseconds()));
    }

    /// The time as it really is, which never goes back.
    pub fn true_time(&self) -> DateTime<Utc> {
        self.clock + self.behind
    }

    /// The condition of a chat changes.
    fn weather_turns(&mut self) {
        let member = self.dice.below(self.members.len());
        let mood = self.dice.weighted(&[
            (if self.rough { 2 } else { 16 }, Mood::Fine),
            (6, Mood::Silent),
            (6, Mood::Storm),
            (3, Mood::Refusing),
            (3, Mood::Faulty),
            (if self.rough { 30 } else { 6 }, Mood::Down),
            (3, Mood::Moved),
            (1, Mood::Dead),
        ]);
        // An outage is of the host, and so of all its chats.
        let host = self.members[member].chat.manner.host();
        let wide = mood == Mood::Down;
        for place in 0..self.members.len() {
            let chat = &self.members[place].chat;
            let concerned = place == member || (wide && chat.manner.host() == host);
            if concerned && chat.mood != Mood::Dead {
                self.turn(place, mood);
            }
        }
    }

    fn turn(&mut self, place: usize, mood: Mood) {
        let neighbour = self.dice.below(self.members.len());
        let into_known = self.dice.percent(30);
        let fresh = 1_000 + self.dice.bits() % 1_000_000;
        let known = self.members[neighbour].chat.address;
        let chat = &mut self.members[place].chat;
        chat.mood = mood;
        if mood == Mood::Moved {
            // A chat whose new address another group already has moves for good.
            let for_good = into_known && neighbour != place;
            chat.address = if for_good { known } else { fresh };
            chat.mood = if for_good { Mood::Moved } else { Mood::Fine };
        }
        self.note(|| format!("the chat of group {place} is {mood:?}"));
    }

    /// Reads the database again, for the rules.
    pub fn look(&mut self) -> StoreResult<()> {
        self.sight = Sight::of(self.conn)?;
        Ok(())
    }

    /// Which of the groups that is.
    pub fn place_of(&self, group: Uuid) -> usize {
        self.members.iter().position(|m| m.id == group).expect("every group is the world's")
    }

    /// Which of the notices a broadcast is about.
    pub fn case_said(&self, broadcast: Uuid) -> usize {
        let said = self.sight.broadcast(broadcast).expect("a lease's broadcast was there before it");
        self.case_of(said.notice_id.0)
    }

    /// Which of the notices that is.
    pub fn case_of(&self, notice: Uuid) -> usize {
        self.cases.iter().position(|c| c.id == notice).expect("every notice is the world's")
    }

    /// Writes down what happens.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        let line = format!("{}  {}", self.clock.format("%d %H:%M:%S%.3f"), what());
        if self.trace.len() >= 2 * LINES {
            self.trace.drain(..LINES);
        }
        self.trace.push(line);
    }

    /// The last lines of the trace.
    pub fn trace(&self) -> String {
        self.trace[self.trace.len().saturating_sub(LINES)..].join("\n")
    }

    /// A rule that does not hold.
    pub fn broken<T>(&self, rule: Rule, what: impl Into<String>) -> Outcome<T> {
        Err(Broken { rule, what: what.into() })
    }
}
