//! What is said: once per broadcast and language, the same in meaning on every platform.
//!
//! A message is typed sections rather than a text, because every platform cuts by its own unit and
//! some want a link or a picture apart. The first line, the case number and the link are never cut;
//! of the rest the least needed goes first.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::domain::language::Language;
use crate::domain::named::named;
use crate::domain::text::{Unit, cut_for_group};
use crate::language::{Arg, text_with};

mod lines;
mod notice;
mod words;

pub use notice::{Known, message};

/// What every message begins with, so that a chat's keyword filter can be set to it.
pub const PREFIX: &str = "【72小时】";

/// The longest heading of a notice in a digest, in characters.
const DIGESTED: usize = 32;
/// A line shortened to less than this many units says nothing any more and is left out.
const STUB: usize = 24;

named! {
    /// What a line is about; its name in the payload for programs.
    pub enum Field {
        Subject = "subject",
        Looks = "looks",
        Clothing = "clothing",
        LastSeen = "last_seen",
        Region = "region",
        HeldAt = "held_at",
        Needs = "needs",
        Health = "health",
        Police = "police",
        Description = "description",
    }
}

impl Field {
    /// The order in which lines are dropped where there is no room: the highest first.
    const fn expendable(self) -> u8 {
        match self {
            Field::Subject => 0,
            Field::LastSeen | Field::Region => 1,
            Field::Health => 2,
            Field::HeldAt => 3,
            Field::Police => 4,
            Field::Clothing => 5,
            Field::Looks => 6,
            Field::Needs => 7,
            Field::Description => 8,
        }
    }
}

/// One line of the body: our label, and what the public told, made harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub field: Field,
    label: String,
    value: String,
    /// The link that follows the words.
    link: Option<String>,
}

impl Line {
    /// The line without its link.
    fn words(&self) -> String {
        format!("{}{}", self.label, self.value)
    }
}

/// A link and the words before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

/// One thing to say, ready for every platform of one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub language: Language,
    /// Where a platform can fetch a picture.
    pub poster: Option<String>,
    /// Whether there is a picture to be said, drawn already or not.
    pub has_picture: bool,
    /// The picture itself, a JPEG, set in for forms that need it. For what is over it is one that shows
    /// nobody and replaces the poster; `has_picture` is then false, because there is nothing new to see.
    pub picture: Option<Bytes>,
    first: String,
    lines: Vec<Line>,
    tail: Vec<String>,
    link: Option<Link>,
    /// The event's type, time and further data, for programs.
    event: Event,
}

#[derive(Clone, Debug, PartialEq)]
struct Event {
    kind: String,
    at: DateTime<Utc>,
    data: Map<String, Value>,
}

/// A message cut to a platform's limit.
#[derive(Clone, Debug)]
pub struct Cut<'a> {
    pub first: &'a str,
    pub lines: Vec<Line>,
    pub tail: &'a [String],
    pub link: Option<&'a Link>,
}

impl Cut<'_> {
    /// What follows the first line, line by line: words, and the link behind them.
    pub fn body(&self) -> impl Iterator<Item = (String, Option<&str>)> {
        let lines = self.lines.iter().map(|line| match line.link.as_deref() {
            Some(link) => (line.words() + " ", Some(link)),
            None => (line.words(), None),
        });
        let tail = self.tail.iter().map(|words| (words.clone(), None));
        let link = self.link.map(|link| (link.label.clone(), Some(link.url.as_str())));
        lines.chain(tail).chain(link)
    }

    /// Everything, one line each.
    pub fn text(&self) -> String {
        self.text_with(str::to_owned)
    }

    /// Everything, one line each, with each link as `write` writes it.
    pub fn text_with(&self, write: impl Fn(&str) -> String) -> String {
        let written = |(words, link): (String, Option<&str>)| words + &link.map(&write).unwrap_or_default();
        let lines: Vec<String> =
            [self.first.to_owned()].into_iter().chain(self.body().map(written)).collect();
        lines.join("\n")
    }
}

impl Message {
    /// The first line; it begins with [`PREFIX`].
    pub fn first(&self) -> &str {
        &self.first
    }

    /// What is left of it where a platform refuses its picture, or the link to one.
    pub fn words_alone(&self) -> Message {
        Message { poster: None, has_picture: false, picture: None, ..self.clone() }
    }

    /// How many links it contains, at most.
    pub fn links(&self) -> usize {
        self.lines.iter().filter_map(|line| line.link.as_ref()).count() + usize::from(self.link.is_some())
    }

    /// The message in at most `limit` units, line ends included. It exceeds the limit only where that is too
    /// small for the parts that are never cut (some 400 bytes and the link).
    pub fn cut(&self, unit: Unit, limit: usize) -> Cut<'_> {
        let mut cut =
            Cut { first: &self.first, lines: self.lines.clone(), tail: &self.tail, link: self.link.as_ref() };
        loop {
            let over = unit.measure(&cut.text()).saturating_sub(limit);
            let last = (0..cut.lines.len()).max_by_key(|i| cut.lines[*i].field.expendable());
            let Some(last) = last.filter(|_| over > 0) else { return cut };
            let value = &mut cut.lines[last].value;
            match unit.measure(value).checked_sub(over) {
                Some(room) if room >= STUB => *value = cut_for_group(value, unit, room),
                _ => drop(cut.lines.remove(last)),
            }
        }
    }

    /// [`Message::cut`] as one text.
    pub fn text(&self, unit: Unit, limit: usize) -> String {
        self.cut(unit, limit).text()
    }

    /// The message as an event for programs, its text within `limit`.
    pub fn event(&self, unit: Unit, limit: usize) -> Value {
        let cut = self.cut(unit, limit);
        let mut data = Map::new();
        data.insert("language".into(), self.language.as_str().into());
        data.insert("title".into(), self.first.clone().into());
        data.insert("text".into(), cut.text().into());
        let fields = cut.lines.iter().map(|line| (line.field.as_str().to_owned(), line.value.clone().into()));
        data.insert("fields".into(), Value::Object(fields.collect()));
        data.extend(self.event.data.clone());
        let at = self.event.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({"type": self.event.kind, "timestamp": at, "data": data})
    }
}

/// A message about a chat rather than a notice, said at that time: `broadcast-code` with `code`,
/// `broadcast-test`.
pub fn plain(language: Language, key: &str, args: &[Arg<'_>], at: DateTime<Utc>) -> Message {
    Message {
        language,
        poster: None,
        has_picture: false,
        picture: None,
        first: format!("{PREFIX}{}", text_with(language, key, args)),
        lines: Vec::new(),
        tail: Vec::new(),
        link: None,
        event: Event { kind: "message".to_owned(), at, data: Map::new() },
    }
}

/// One message in place of several: the heading and the link of each.
pub fn digest(language: Language, messages: &[Message]) -> Message {
    let count = [("count", messages.len().into())];
    let told = |message: &Message| {
        let subject = message.lines.iter().find(|line| line.field == Field::Subject)?;
        let heading = cut_for_group(&subject.words(), Unit::Chars, DIGESTED);
        let link = message.link.as_ref().map(|link| link.url.clone());
        Some(Line { field: Field::Subject, label: String::new(), value: heading, link })
    };
    let at = messages.iter().map(|message| message.event.at).max().unwrap_or_default();
    let notices: Vec<Value> = messages.iter().map(|told| Value::Object(told.event.data.clone())).collect();
    let data = Map::from_iter([("notices".to_owned(), notices.into())]);
    Message {
        lines: messages.iter().filter_map(told).collect(),
        event: Event { kind: "digest.published".to_owned(), at, data },
        ..plain(language, "broadcast-first-digest", &count, at)
    }
}

#[cfg(test)]
pub(crate) mod tests;
