//! The decision log: one event for each transition, with the hash of the event before.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::notices::Notice;
use super::schema::{chain, events};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::hex::hex;
use crate::domain::life_cycle::{ActedAs, Actor, State};
use crate::domain::logged::{Act, Logged};

/// What is to be written down about a transition.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub notice: &'a Notice,
    /// The revision it is about.
    pub revision: i32,
    pub step: Logged,
    pub before: State,
    pub after: State,
    pub actor: Actor,
    /// Why: the name of a reason or of an outcome, or another code.
    pub reason: Option<&'a str>,
    /// Free words, sealed under the case's key: erased with it, while the chain stays whole.
    pub note_sealed: Option<Vec<u8>>,
    pub at: DateTime<Utc>,
}

impl<'a> Entry<'a> {
    /// What was done to a notice that stands where it stood, about the revision that is public or waits.
    pub fn noted(notice: &'a Notice, done: impl Into<Logged>, actor: Actor, at: DateTime<Utc>) -> Entry<'a> {
        Entry {
            notice,
            revision: notice.published_or_newest(),
            step: done.into(),
            before: notice.state,
            after: notice.state,
            actor,
            reason: None,
            note_sealed: None,
            at,
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub struct Event {
    /// 1, 2, 3, … without a gap.
    pub seq: i64,
    pub notice_id: Id,
    pub case_number: String,
    pub revision: i32,
    /// The name of what was done: a [`Logged`].
    pub step: String,
    pub before: State,
    pub after: State,
    pub actor: ActedAs,
    pub account_id: Option<Id>,
    pub reason: Option<String>,
    pub note_sealed: Option<Vec<u8>>,
    pub note_digest: Option<Vec<u8>>,
    pub at: Time,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Event {
    /// What was done; nothing where the line holds a word of its own.
    pub fn logged(&self) -> Option<Logged> {
        Logged::named(&self.step)
    }

    /// Whether that was done.
    pub fn is(&self, done: impl Into<Logged>) -> bool {
        self.step == done.into().as_str()
    }

    /// The hash over everything the line says and the hash of the line before.
    pub fn digest(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            // Each field with its length, so that no two different lines give the same bytes.
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(&self.previous);
        field(&self.seq.to_be_bytes());
        field(self.notice_id.0.as_bytes());
        field(self.case_number.as_bytes());
        field(&self.revision.to_be_bytes());
        field(self.step.as_bytes());
        field(self.before.as_str().as_bytes());
        field(self.after.as_str().as_bytes());
        field(self.actor.as_str().as_bytes());
        field(self.account_id.map(|id| id.0.into_bytes()).unwrap_or_default().as_slice());
        field(self.reason.as_deref().unwrap_or_default().as_bytes());
        field(self.note_digest.as_deref().unwrap_or_default());
        field(&self.at.0.timestamp_micros().to_be_bytes());
        hash.finalize().to_vec()
    }
}

/// Appends to the log. Call it last in a transaction: the head of the chain stays locked until its end.
pub fn append(conn: &mut Conn, entry: Entry<'_>) -> StoreResult<()> {
    let head = lock_head(conn)?;
    let mut event = Event {
        seq: head.seq + 1,
        notice_id: entry.notice.id,
        case_number: entry.notice.case_number.as_str().to_owned(),
        revision: entry.revision,
        step: entry.step.as_str().to_owned(),
        before: entry.before,
        after: entry.after,
        actor: entry.actor.acted_as(),
        account_id: entry.actor.account().map(Id),
        reason: entry.reason.map(str::to_owned),
        note_digest: entry.note_sealed.as_deref().map(|note| Sha256::digest(note).to_vec()),
        note_sealed: entry.note_sealed,
        at: Time(entry.at),
        previous: head.hash,
        hash: Vec::new(),
    };
    event.hash = event.digest();
    both!(conn, c => {
        diesel::insert_into(events::table).values(&event).execute(c)?;
        diesel::update(chain::table.filter(chain::id.eq(1)))
            .set((chain::seq.eq(event.seq), chain::hash.eq(&event.hash)))
            .execute(c)?;
    });
    Ok(())
}

/// The newest line: with a copy kept elsewhere nobody can cut the end off unseen.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = chain)]
pub struct Head {
    pub seq: i64,
    pub hash: Vec<u8>,
}

fn lock_head(conn: &mut Conn) -> StoreResult<Head> {
    if let Conn::Pg(c) = conn {
        return Ok(chain::table.find(1).select(Head::as_select()).for_update().first(&mut **c)?);
    }
    head(conn)
}

/// The head of the log.
pub fn head(conn: &mut Conn) -> StoreResult<Head> {
    Ok(end(conn)?)
}

fn end(conn: &mut Conn) -> QueryResult<Head> {
    both!(conn, c => chain::table.find(1).select(Head::as_select()).first(c))
}

/// The events of a notice, oldest first.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Event>> {
    Ok(both!(conn, c => events::table
        .filter(events::notice_id.eq(Id(notice)))
        .order(events::seq)
        .select(Event::as_select())
        .load(c))?)
}

/// When somebody did that after `since`, newest first.
pub fn times_of(
    conn: &mut Conn,
    account: Uuid,
    act: Act,
    since: DateTime<Utc>,
    limit: i64,
) -> StoreResult<Vec<DateTime<Utc>>> {
    let times: Vec<Time> = both!(conn, c => events::table
        .filter(events::account_id.eq(Id(account)))
        .filter(events::step.eq(act.as_str()))
        .filter(events::at.gt(Time(since)))
        .order(events::at.desc())
        .select(events::at)
        .limit(limit)
        .load(c))?;
    Ok(times.into_iter().map(|time| time.0).collect())
}

/// Forgets the free words of a notice's events; their digests stay, so the chain still holds.
pub fn erase_notes(conn: &mut Conn, notice: Uuid) -> StoreResult<()> {
    both!(conn, c => diesel::update(events::table.filter(events::notice_id.eq(Id(notice))))
        .set(events::note_sealed.eq(None::<Vec<u8>>))
        .execute(c))?;
    Ok(())
}

/// A line that somebody noted elsewhere: anyone who can write the database can forge a whole new log, but not
/// one that contains this line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// 0 is the head of an empty log.
    pub seq: i64,
    /// 64 hexadecimal digits.
    pub hash: String,
}

impl FromStr for Noted {
    type Err = &'static str;

    /// Reads `SEQ:HASH`.
    fn from_str(text: &str) -> Result<Noted, &'static str> {
        let noted = text.split_once(':').and_then(|(seq, hash)| {
            let seq = seq.parse().ok().filter(|seq: &i64| *seq >= 0)?;
            let whole = hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
            whole.then(|| Noted { seq, hash: hash.to_ascii_lowercase() })
        });
        noted.ok_or("it has to be SEQ:HASH, as audit verify prints the head")
    }
}

/// What a walk over the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Walked {
    /// As many lines as the head says, each following from the one before.
    Whole { lines: i64, head: String },
    /// The first line that does not follow, with what is wrong about it.
    Broken { seq: i64, what: &'static str },
}

/// Walks the log from its first line to its head; a line that was noted has to be there, too. What is
/// appended meanwhile is not of this walk.
pub fn verify(conn: &mut Conn, noted: Option<&Noted>) -> StoreResult<Walked> {
    let mut size = 1_000i64;
    let Some(head) = end(conn).optional()? else {
        return Ok(Walked::Broken { seq: 1, what: "the head of the log is missing" });
    };
    let (mut seq, mut previous) = (0i64, vec![0u8; 32]);
    let another = |seq, hash: &[u8]| noted.is_some_and(|noted| noted.seq == seq && noted.hash != hex(hash));
    if another(seq, &previous) {
        return Ok(Walked::Broken { seq, what: ANOTHER });
    }
    loop {
        let slice: QueryResult<Vec<Event>> = both!(conn, c => events::table
            .filter(events::seq.gt(seq).and(events::seq.le(head.seq)))
            .order(events::seq)
            .limit(size)
            .select(Event::as_select())
            .load(c));
        let slice = match slice {
            // One line of this page holds a word that does not load: line by line, it is found.
            Err(diesel::result::Error::DeserializationError(_)) if size > 1 => {
                size = 1;
                continue;
            }
            Err(diesel::result::Error::DeserializationError(_)) => {
                return Ok(Walked::Broken { seq: seq + 1, what: "it cannot be read" });
            }
            slice => slice?,
        };
        for event in &slice {
            seq += 1;
            let what = fault(event, seq, &previous);
            if let Some(what) = what.or(another(seq, &event.hash).then_some(ANOTHER)) {
                return Ok(Walked::Broken { seq, what });
            }
            previous.clone_from(&event.hash);
        }
        if (slice.len() as i64) < size {
            break;
        }
    }
    if seq != head.seq || (head.seq > 0 && previous != head.hash) {
        return Ok(Walked::Broken { seq: seq + 1, what: "entries at the end are missing" });
    }
    if let Some(seq) = beyond_the_head(conn)? {
        return Ok(Walked::Broken { seq, what: "the head does not know it" });
    }
    match noted {
        Some(noted) if noted.seq > head.seq => Ok(Walked::Broken { seq: noted.seq, what: MISSING }),
        _ => Ok(Walked::Whole { lines: seq, head: hex(&previous) }),
    }
}

const MISSING: &str = "it is missing";
const ANOTHER: &str = "it is not the one that was noted";

/// What is wrong with a line that should have this number and follow the line with that hash.
fn fault(event: &Event, seq: i64, previous: &[u8]) -> Option<&'static str> {
    let note = event.note_sealed.as_deref().map(|n| Sha256::digest(n).to_vec());
    if event.seq != seq {
        Some(MISSING)
    } else if event.previous != previous {
        Some("it does not follow from the entry before")
    } else if event.hash != event.digest() {
        Some("it was altered")
    } else if note.is_some() && note != event.note_digest {
        Some("its note was altered")
    } else {
        None
    }
}

/// The first line beyond the head. One query, for the program writes line and head in one transaction.
fn beyond_the_head(conn: &mut Conn) -> StoreResult<Option<i64>> {
    let head = chain::table.find(1).select(chain::seq).single_value().assume_not_null();
    Ok(both!(conn, c => events::table
        .filter(events::seq.gt(head))
        .select(diesel::dsl::min(events::seq))
        .get_result(c))?)
}
