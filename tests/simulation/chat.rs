//! The platforms: what stands in a chat, and how a request to change that is answered.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::Dice;
use crate::broadcast::hosts::Went;
use crate::broadcast::platforms::{Act, Profile, TakeBack, Verdict, adapter};
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;

/// How long a platform that recognises requests does so.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// A kind of platform. Rates and whether sending is idempotent are the real platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Names no messages, and takes nothing back.
    Plain,
    /// Edits, deletes, replies, shows a picture with its words; its groups share a bot.
    Threads,
    /// Edits only.
    Edits,
    /// Makes no second message of the same request by the same token, for a day.
    Once,
}

impl Manner {
    pub const fn platform(self) -> Platform {
        match self {
            Manner::Plain => Platform::Wecom,
            Manner::Threads => Platform::Telegram,
            Manner::Edits => Platform::Discord,
            Manner::Once => Platform::Matrix,
        }
    }

    pub const fn host(self) -> &'static str {
        match self {
            Manner::Threads => "threads.example",
            // A host that several kinds of platform share.
            Manner::Plain | Manner::Edits | Manner::Once => "chats.example",
        }
    }

    pub const fn ways(self) -> &'static [TakeBack] {
        match self {
            Manner::Plain => &[],
            Manner::Threads => &[TakeBack::Edit, TakeBack::Delete, TakeBack::Reply],
            Manner::Edits => &[TakeBack::Edit],
            Manner::Once => &[TakeBack::Edit, TakeBack::Delete],
        }
    }

    pub fn profile(self) -> &'static Profile {
        adapter(self.platform()).profile()
    }

    /// Whether the words of an alert and its picture are one message.
    pub const fn shows_pictures(self) -> bool {
        matches!(self, Manner::Threads)
    }

    /// How many requests it takes to say an alert.
    pub const fn parts(self) -> usize {
        if matches!(self, Manner::Threads) { 1 } else { 2 }
    }
}

/// The present condition of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// Answers are lost, whether the message was taken or not.
    Silent,
    /// Too many requests.
    Storm,
    /// This message is refused.
    Refusing,
    /// Something has to be mended there.
    Faulty,
    /// No connection.
    Down,
    /// It has another address.
    Moved,
    /// It no longer exists.
    Dead,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    Stands,
    SaysItIsOver,
    Deleted,
}

/// A message in a chat.
#[derive(Clone, Debug)]
pub struct Message {
    pub reference: String,
    /// Everything that it tells, in order.
    pub deliveries: Vec<i64>,
    pub part: usize,
    pub cases: Vec<usize>,
    /// Whether it tells that the notice is over.
    pub ends: bool,
    pub now: Now,
    /// The token that said it, and when, by the true time.
    said: (u64, DateTime<Utc>),
}

/// What one request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Say(usize),
    Edit(String),
    Delete(String),
    Reply(String),
}

impl Deed {
    pub fn of(act: Act<'_>) -> Deed {
        match act {
            Act::Say(part) => Deed::Say(part),
            Act::Edit(reference) => Deed::Edit(reference.to_owned()),
            Act::Delete(reference) => Deed::Delete(reference.to_owned()),
            Act::Reply(reference) => Deed::Reply(reference.to_owned()),
        }
    }

    /// Whether doing it twice would be noticed.
    pub fn says(&self) -> bool {
        matches!(self, Deed::Say(_) | Deed::Reply(_))
    }
}

/// A request's sender and contents.
#[derive(Clone, Debug)]
pub struct Asking {
    /// In order.
    pub deliveries: Vec<i64>,
    pub cases: Vec<usize>,
    pub ends: bool,
    /// With a picture.
    pub pictured: bool,
    pub address: u64,
    pub token: u64,
    /// When it arrives, by the true time.
    pub at: DateTime<Utc>,
}

/// What the platform did and what it says.
#[derive(Clone, Debug)]
pub struct Reply {
    pub accepted: bool,
    pub verdict: Verdict,
    pub went: Went,
}

/// One chat.
#[derive(Clone, Debug)]
pub struct Chat {
    pub manner: Manner,
    pub address: u64,
    /// The robot's present token; an earlier one is good for what is under way.
    pub token: u64,
    pub mood: Mood,
    pub messages: Vec<Message>,
    /// What it allows nobody: its messages are too old, or the robot lacks the right.
    pub no_edits: bool,
    pub no_deletes: bool,
    pub no_pictures: bool,
    /// When requests arrived, by the true time; each with the request's number.
    pub arrivals: Vec<(DateTime<Utc>, usize)>,
    /// The robot or its token is not the first: what an earlier one took back, or perhaps said, is not known.
    pub renewed: bool,
}

impl Chat {
    /// From now on it has another robot.
    pub fn renew(&mut self, address: u64) {
        (self.address, self.mood, self.renewed) = (address, Mood::Fine, true);
        self.arrivals.clear();
    }

    /// Answers a request.
    pub fn ask(&mut self, deed: &Deed, asking: Asking, dice: &mut Dice) -> Reply {
        let ended = |outcome: Outcome, went| {
            let code = outcome.as_str();
            let verdict = Verdict { answered: went == Went::Answered, ..Verdict::ours(outcome, code) };
            Reply { accepted: false, verdict, went }
        };
        let answered = |outcome| ended(outcome, Went::Answered);
        let lost = ended(Outcome::Unknown, Went::Failed);
        if asking.address != self.address {
            return answered(Outcome::Moved(self.address.to_string()));
        }
        match self.mood {
            Mood::Dead => answered(Outcome::Gone),
            Mood::Moved => answered(Outcome::Moved(self.address.to_string())),
            Mood::Faulty => answered(Outcome::Config(Fault::Keyword)),
            Mood::Refusing => answered(Outcome::Bad),
            Mood::Down => ended(Outcome::Retry, Went::Failed),
            Mood::Storm if dice.percent(70) => {
                let seconds = dice.weighted(&[(6, 600), (2, 20_000), (1, 2)]);
                let wait = Duration::from_secs(dice.between(1, seconds) as u64);
                let mut slow = answered(Outcome::Slow(wait));
                slow.verdict.wide = self.manner == Manner::Threads && dice.percent(60);
                slow
            }
            Mood::Silent if dice.percent(50) => lost,
            // A digest is rare, and a doubtful one would be rarer still.
            _ if asking.deliveries.len() > 1 && dice.percent(25) => match self.does(deed, asking) {
                None => answered(Outcome::Bad),
                Some(_) => Reply { accepted: true, ..lost },
            },
            _ if dice.percent(3) => ended(Outcome::Retry, Went::Failed),
            _ => match self.does(deed, asking) {
                None => answered(Outcome::Bad),
                Some(_) if self.mood == Mood::Silent || dice.percent(4) => Reply { accepted: true, ..lost },
                Some(reference) => {
                    let mut taken = answered(Outcome::Delivered(reference));
                    taken.accepted = true;
                    taken.verdict.rest = dice.percent(5).then(|| Duration::from_secs(10));
                    taken
                }
            },
        }
    }

    /// Does it; returns the new message's name, or `None` where the platform does not allow it.
    fn does(&mut self, deed: &Deed, asking: Asking) -> Option<Option<String>> {
        let (part, named) = match deed {
            Deed::Edit(_) if self.no_edits => return None,
            Deed::Delete(_) if self.no_deletes => return None,
            Deed::Say(_) if self.no_pictures && asking.pictured => return None,
            Deed::Edit(name) | Deed::Delete(name) => {
                let over = if matches!(deed, Deed::Edit(_)) { Now::SaysItIsOver } else { Now::Deleted };
                let message = self.messages.iter_mut().find(|m| m.reference == *name)?;
                if message.now == Now::Deleted && over == Now::SaysItIsOver {
                    return None;
                }
                message.now = over;
                return Some(None);
            }
            Deed::Say(part) => (*part, self.manner != Manner::Plain),
            Deed::Reply(_) => (0, true),
        };
        let same = |m: &&Message| {
            let known = m.said.0 == asking.token && asking.at - m.said.1 < REMEMBERED;
            known && m.deliveries == asking.deliveries && m.part == part
        };
        if self.manner == Manner::Once
            && let Some(message) = self.messages.iter().find(same)
        {
            return Some(Some(message.reference.clone()));
        }
        let reference = format!("m{}", self.messages.len());
        let Asking { deliveries, cases, ends, token, at, .. } = asking;
        self.messages.push(Message {
            reference: reference.clone(),
            deliveries,
            part,
            cases,
            ends,
            now: Now::Stands,
            said: (token, at),
        });
        Some(named.then_some(reference))
    }
}
