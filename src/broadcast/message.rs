//! What is said: once per broadcast and language, the same in meaning on every platform.
//!
//! A message is typed sections rather than a text, because every platform cuts by its own unit and
//! some want a link or a picture apart. The first line, the case number and the link are never cut;
//! of the rest the least needed goes first.

use bytes::Bytes;
use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::domain::notice::{
    Campaign, Direction, Incident, Item, Kind, LastSeen, Outcome, Person, Precision, Public, Sex, Subject,
};
use crate::domain::text::{Unit, for_group};
use crate::language::{Arg, text, text_with};

/// What every message begins with, so that a chat's keyword filter can be set to it.
pub const PREFIX: &str = "【72小时】";

/// The longest name or thing in the heading of a notice, in characters.
const NAME: usize = 40;
/// A line shortened to less than this many units says nothing any more and is left out.
const STUB: usize = 24;
/// China has one time zone and no summer time.
const SHANGHAI: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// What is known about one broadcast.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    pub purpose: Purpose,
    pub kind: Kind,
    pub case_number: &'a CaseNumber,
    /// The notice's public page.
    pub link: &'a str,
    /// Where a platform can fetch the poster.
    pub poster: Option<&'a str>,
    /// The poster itself, a JPEG, for platforms that want the bytes.
    pub picture: Option<Bytes>,
    /// Absent where nothing may be shown any more.
    pub public: Option<&'a Public>,
    /// Only with the reporter's consent.
    pub outcome: Option<Outcome>,
    pub language: Language,
    /// When the broadcast was decided.
    pub at: DateTime<Utc>,
}

/// What a line is about; its name in the payload for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Subject,
    Looks,
    Clothing,
    LastSeen,
    Region,
    HeldAt,
    Needs,
    Health,
    Police,
    Description,
}

impl Field {
    /// The name in the payload for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Subject => "subject",
            Field::Looks => "looks",
            Field::Clothing => "clothing",
            Field::LastSeen => "last_seen",
            Field::Region => "region",
            Field::HeldAt => "held_at",
            Field::Needs => "needs",
            Field::Health => "health",
            Field::Police => "police",
            Field::Description => "description",
        }
    }

    /// In which order lines go when there is no room: the highest first.
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
}

impl Line {
    /// The whole line.
    pub fn text(&self) -> String {
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
    /// The picture itself, a JPEG.
    pub picture: Option<Bytes>,
    first: String,
    lines: Vec<Line>,
    tail: Vec<String>,
    link: Option<Link>,
    /// The event's type, time and further data, for programs.
    event: Option<Event>,
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
    /// What stands between the first line and the link, line by line.
    pub fn body(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(Line::text).chain(self.tail.iter().cloned())
    }

    /// Everything, one line each.
    pub fn text(&self) -> String {
        let link = self.link.map(|link| format!("{}{}", link.label, link.url));
        let lines: Vec<String> = [self.first.to_owned()].into_iter().chain(self.body()).chain(link).collect();
        lines.join("\n")
    }
}

impl Message {
    /// The first line; it begins with [`PREFIX`].
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The message in at most `limit` units, line ends included. Only a limit too small for the
    /// parts that are never cut (some 400 bytes and the link) is exceeded.
    pub fn cut(&self, unit: Unit, limit: usize) -> Cut<'_> {
        let mut cut =
            Cut { first: &self.first, lines: self.lines.clone(), tail: &self.tail, link: self.link.as_ref() };
        loop {
            let over = unit.measure(&cut.text()).saturating_sub(limit);
            let last = (0..cut.lines.len()).max_by_key(|i| cut.lines[*i].field.expendable());
            let Some(last) = last.filter(|_| over > 0) else { return cut };
            let value = &mut cut.lines[last].value;
            match unit.measure(value).checked_sub(over) {
                Some(room) if room >= STUB => *value = unit.cut(value, room),
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
        let Some(event) = &self.event else { return json!({"type": "message", "data": data}) };
        let fields = cut.lines.iter().map(|line| (line.field.as_str().to_owned(), line.value.clone().into()));
        data.insert("fields".into(), Value::Object(fields.collect()));
        data.extend(event.data.clone());
        let at = event.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({"type": event.kind, "timestamp": at, "data": data})
    }
}

/// A message about a chat rather than a notice: `broadcast-code` with `code`, `broadcast-test`.
pub fn plain(language: Language, key: &str, args: &[Arg<'_>]) -> Message {
    Message {
        language,
        poster: None,
        picture: None,
        first: format!("{PREFIX}{}", text_with(language, key, args)),
        lines: Vec::new(),
        tail: Vec::new(),
        link: None,
        event: None,
    }
}

/// The message of one broadcast in one language.
pub fn message(said: &Said<'_>) -> Message {
    let words = Words(said.language);
    // What is over shows nothing of the person any more.
    let public = said.public.filter(|_| !said.purpose.ends());
    Message {
        language: said.language,
        poster: public.and(said.poster).map(str::to_owned),
        picture: public.and(said.picture.clone()),
        first: format!("{PREFIX}{}", first(said, words)),
        lines: public.map(|public| lines(public, words)).unwrap_or_default(),
        tail: tail(said, public, words),
        link: Some(Link {
            label: words.label(if said.purpose.ends() { "broadcast-link-ended" } else { "broadcast-link" }),
            url: said.link.to_owned(),
        }),
        event: Some(event(said, public.is_some())),
    }
}

fn first(said: &Said<'_>, words: Words) -> String {
    let kind = words.of(&format!("broadcast-kind-{}", said.kind.as_str()));
    match (said.purpose, said.outcome) {
        (Purpose::Alert, _) => words.with("broadcast-first-alert", &[("kind", kind.into())]),
        (Purpose::Update, _) => words.with("broadcast-first-update", &[("kind", kind.into())]),
        (Purpose::Correction, _) => words.of("broadcast-first-correction"),
        (Purpose::Closing, None) => words.of("broadcast-first-closing"),
        (Purpose::Closing, Some(outcome)) => words.of(&format!("broadcast-first-{}", outcome.as_str())),
    }
}

fn tail(said: &Said<'_>, public: Option<&Public>, words: Words) -> Vec<String> {
    let mut tail = Vec::new();
    if said.purpose == Purpose::Correction {
        tail.push(words.of("broadcast-delete"));
    }
    if said.kind == Kind::Donation && !said.purpose.ends() {
        tail.push(words.of("broadcast-donate"));
    }
    if let Some(phone) = public.and_then(|public| public.phone.as_deref()) {
        let phone: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').take(16).collect();
        tail.push(words.with("broadcast-phone", &[("phone", phone.into())]));
    }
    tail.push(words.with("broadcast-case", &[("case", said.case_number.to_string().into())]));
    tail
}

fn event(said: &Said<'_>, shows: bool) -> Event {
    let happened = match said.purpose {
        Purpose::Alert => "published",
        Purpose::Update => "updated",
        Purpose::Closing => "closed",
        Purpose::Correction => "corrected",
    };
    let mut data = Map::new();
    data.insert("case_number".into(), said.case_number.to_string().into());
    data.insert("kind".into(), said.kind.as_str().into());
    data.insert("url".into(), said.link.into());
    if let Some(poster) = said.poster.filter(|_| shows) {
        data.insert("poster".into(), poster.into());
    }
    if let Some(outcome) = said.outcome.filter(|_| said.purpose == Purpose::Closing) {
        data.insert("outcome".into(), outcome.as_str().into());
    }
    Event { kind: format!("{}.{happened}", said.kind.as_str()), at: said.at, data }
}

fn lines(public: &Public, words: Words) -> Vec<Line> {
    let mut lines = match &public.subject {
        Subject::MissingPerson { person } => person_lines(person, words),
        Subject::LostProperty { item } => item_lines(item, words),
        Subject::Rescue { incident } => vec![incident_line(incident, words)],
        Subject::Donation { campaign } => campaign_lines(campaign, words),
    };
    let region = public.region.full_name();
    lines.push(match &public.last_seen {
        Some(seen) => {
            words.line(Field::LastSeen, seen_label(&public.subject), last_seen(seen, &region, words))
        }
        None => words.line(Field::Region, "broadcast-label-region", region.to_string()),
    });
    if let Subject::MissingPerson { person } = &public.subject
        && person.medical_urgent
    {
        let value = words.of("broadcast-health");
        lines.push(Line { field: Field::Health, label: String::new(), value });
    }
    let told = |text: &Option<String>| text.as_deref().map(harmless);
    lines
        .extend(told(&public.police_station).map(|t| words.line(Field::Police, "broadcast-label-police", t)));
    lines.push(words.line(Field::Description, "broadcast-label-description", harmless(&public.description)));
    lines.retain(|line| !line.value.is_empty());
    lines
}

fn person_lines(person: &Person, words: Words) -> Vec<Line> {
    let sex = match person.sex {
        Some(Sex::Female) => Some(words.of("broadcast-female")),
        Some(Sex::Male) => Some(words.of("broadcast-male")),
        Some(Sex::Other) | None => None,
    };
    let age = words.with("broadcast-age", &[("age", person.age.into())]);
    let height = person.height_cm.map(|cm| words.with("broadcast-height", &[("cm", cm.into())]));
    let heading = [Some(name(&person.name)), sex, Some(age), height];
    let mut lines = vec![words.line(Field::Subject, "broadcast-label-person", words.list(heading))];
    for (field, label, told) in [
        (Field::Looks, "broadcast-label-looks", &person.appearance),
        (Field::Clothing, "broadcast-label-clothing", &person.clothing),
    ] {
        lines.extend(told.as_deref().map(|told| words.line(field, label, harmless(told))));
    }
    lines
}

fn item_lines(item: &Item, words: Words) -> Vec<Line> {
    let label = match item.direction {
        Direction::Lost => "broadcast-label-lost",
        Direction::Found => "broadcast-label-found",
    };
    let told = |text: &Option<String>| text.as_deref().map(name);
    let heading = words.list([Some(name(&item.what)), told(&item.brand), told(&item.colour)]);
    let held =
        item.held_at.as_deref().map(|t| words.line(Field::HeldAt, "broadcast-label-held_at", harmless(t)));
    [words.line(Field::Subject, label, heading)].into_iter().chain(held).collect()
}

fn incident_line(incident: &Incident, words: Words) -> Line {
    let what = words.of(&format!("broadcast-{}", incident.what.as_str()));
    let people = incident.people.map(|people| words.with("broadcast-people", &[("people", people.into())]));
    words.line(Field::Subject, "broadcast-label-incident", words.list([Some(what), people]))
}

fn campaign_lines(campaign: &Campaign, words: Words) -> Vec<Line> {
    vec![
        words.line(Field::Subject, "broadcast-label-campaign", name(&campaign.organisation)),
        words.line(Field::Needs, "broadcast-label-needs", harmless(&campaign.needs)),
    ]
}

const fn seen_label(subject: &Subject) -> &'static str {
    match subject {
        Subject::MissingPerson { .. } => "broadcast-label-last_seen",
        Subject::LostProperty { item: Item { direction: Direction::Lost, .. } } => {
            "broadcast-label-seen_lost"
        }
        Subject::LostProperty { .. } => "broadcast-label-seen_found",
        Subject::Rescue { .. } | Subject::Donation { .. } => "broadcast-label-scene",
    }
}

/// When and where, the exact place last because it is the first to be cut.
fn last_seen(seen: &LastSeen, region: &str, words: Words) -> String {
    let at = seen.at.with_timezone(&SHANGHAI);
    let key = match seen.precision {
        Precision::Exact => "broadcast-at-exact",
        Precision::About => "broadcast-at-about",
        Precision::Day => "broadcast-at-day",
    };
    let time = at.format("%H:%M").to_string();
    let at =
        words.with(key, &[("month", at.month().into()), ("day", at.day().into()), ("time", time.into())]);
    words.list([Some(at), Some(region.to_owned()), Some(harmless(&seen.place))])
}

/// Text of the public, on one line.
fn harmless(text: &str) -> String {
    for_group(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name or the like, short enough never to crowd out what stands beside it.
fn name(text: &str) -> String {
    Unit::Chars.cut(&harmless(text), NAME)
}

/// Sentences of one language.
#[derive(Clone, Copy)]
struct Words(Language);

impl Words {
    fn of(self, key: &str) -> String {
        text(self.0, key)
    }

    fn with(self, key: &str, args: &[Arg<'_>]) -> String {
        text_with(self.0, key, args)
    }

    /// What stands before a value.
    fn label(self, key: &str) -> String {
        match self.0 {
            Language::ZhCn => self.of(key),
            Language::En => self.of(key) + " ",
        }
    }

    fn line(self, field: Field, label: &str, value: String) -> Line {
        Line { field, label: self.label(label), value }
    }

    /// The parts there are, with commas.
    fn list<const N: usize>(self, parts: [Option<String>; N]) -> String {
        let comma = match self.0 {
            Language::ZhCn => "，",
            Language::En => ", ",
        };
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(comma)
    }
}
