//! The reporter's own view of a notice, and what its reporter may do with it: answer a question,
//! correct it, ask for another 72 hours. Ending it is the fourth station's.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::submission::{PHOTOS, Submission, parse};
use super::words::{patch, restate};
use super::{Intake, IntakeError, attach, tips};
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::language::Language;
use crate::domain::life_cycle::{Actor, State, Step};
use crate::domain::notice::{Kind, Private, Public};
use crate::language::{has, text};
use crate::store::events::{self, Entry, Event};
use crate::store::notices::{self, Notice, Revision};
use crate::store::transition::{By, take};
use crate::store::types::Time;
use crate::store::{Conn, StoreError};
use crate::vault::{Key, Vault, token_hash};

/// Times a notice's life may be renewed; each is reviewed.
pub const RENEWALS: i16 = 3;
/// The longest reply, in characters.
pub const REPLY: usize = 2_000;

/// What the reporter sees of the notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyNotice {
    /// `XXXXX-XXXXX`.
    pub case_number: String,
    #[schema(value_type = String)]
    pub kind: Kind,
    #[schema(value_type = String)]
    pub state: State,
    pub public_url: String,
    pub submitted_at: DateTime<Utc>,
    pub live_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub renewals_left: i16,
    /// Waits for review while the published text stands: `revision` or `renewal`.
    pub waiting: Option<&'static str>,
    /// The newest text, as it was sent.
    #[schema(value_type = Object)]
    pub notice: Value,
    pub events: Vec<Happened>,
    /// Questions of those who verify, and the reporter's answers.
    pub replies: Vec<Said>,
    pub tips: Vec<TipShown>,
}

/// Something that happened to the notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Happened {
    pub at: DateTime<Utc>,
    pub step: String,
    /// The same in the reader's language, with the reason where there is one.
    pub text: String,
}

/// One line of the conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Said {
    pub at: DateTime<Utc>,
    /// `moderator` or `reporter`.
    pub from: &'static str,
    pub text: String,
}

/// A tip that the reporter may read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TipShown {
    pub at: DateTime<Utc>,
    pub text: String,
    pub seen_at: Option<DateTime<Utc>>,
    pub place: Option<String>,
}

impl Intake {
    /// The notice that a manage link opens.
    ///
    /// # Errors
    /// [`IntakeError::LinkInvalid`].
    pub async fn managed(&self, token: &str) -> Result<Notice, IntakeError> {
        let hash = token_hash(token);
        let notice = self.store.read(move |conn| notices::by_manage_hash(conn, &hash)).await?;
        notice.ok_or(IntakeError::LinkInvalid)
    }

    /// What its reporter sees of the notice.
    ///
    /// # Errors
    /// [`IntakeError::LinkInvalid`] where it was erased.
    pub async fn my_notice(
        &self,
        token: &str,
        language: Language,
        now: DateTime<Utc>,
    ) -> Result<MyNotice, IntakeError> {
        let (hash, desk) = (token_hash(token), self.clone());
        self.store
            .read(move |conn| match notices::by_manage_hash(conn, &hash)? {
                Some(notice) => view(conn, &desk, &notice, language, now),
                None => Ok(None),
            })
            .await?
            .ok_or(IntakeError::LinkInvalid)
    }

    /// Answers a moderator's question; the notice goes back to where it stood in the queue.
    ///
    /// # Errors
    /// The faults of the reply, or [`IntakeError::NotPossible`] where nothing was asked.
    pub async fn reply(&self, token: &str, body: &Value, now: DateTime<Utc>) -> Result<Notice, IntakeError> {
        let (words, photos) = read_reply(body).map_err(IntakeError::Invalid)?;
        let (hash, vault) = (token_hash(token), self.vault.clone());
        self.store
            .write(move |tx| {
                let notice = locked(tx, &hash)?;
                let by = By { note: Some(&words), ..reporter(now) };
                take(tx, &vault, notice, Step::Reply, by, |tx, n| {
                    let_go(n);
                    if photos.is_empty() { Ok(()) } else { add_photos(tx, &vault, n, &photos, now) }
                })
            })
            .await
    }

    /// Corrects the notice by a JSON merge patch. What is not published yet is replaced and reviewed
    /// from the start; what is published stands until the correction is approved.
    ///
    /// # Errors
    /// Every fault of the corrected notice, or [`IntakeError::NotPossible`] once it is over.
    pub async fn revise(
        &self,
        token: &str,
        changes: Value,
        now: DateTime<Utc>,
    ) -> Result<Notice, IntakeError> {
        let (hash, desk) = (token_hash(token), self.clone());
        self.store
            .write(move |tx| {
                let notice = locked(tx, &hash)?;
                if notice.state_at(now).is_over() {
                    return Err(IntakeError::NotPossible(notice.state_at(now)));
                }
                let key = key(&notice, &desk.vault)?;
                let (public, private) = newest(tx, &notice, &key)?;
                let mut body = restate(&public, &private)?;
                patch(&mut body, &changes);
                let submission = parse(&body, now).map_err(IntakeError::Invalid)?;
                if submission.public.subject.kind() != notice.kind.0 {
                    return Err(IntakeError::field("kind", FieldFault::new("kind_fixed")));
                }
                replace(tx, &desk, notice, &key, &submission, now)
            })
            .await
    }

    /// Asks for another 72 hours with the same text; granted by review.
    ///
    /// # Errors
    /// [`IntakeError::NotPossible`] unless it is live and was renewed less than [`RENEWALS`] times.
    pub async fn renew(&self, token: &str, now: DateTime<Utc>) -> Result<Notice, IntakeError> {
        let (hash, vault) = (token_hash(token), self.vault.clone());
        self.store
            .write(move |tx| {
                let mut notice = locked(tx, &hash)?;
                if !notice.is_public(now) || notice.renewals >= RENEWALS {
                    return Err(IntakeError::NotPossible(notice.state_at(now)));
                }
                if renewal_waits(tx, &notice)? {
                    return Ok(notice);
                }
                let key = key(&notice, &vault)?;
                let (public, private) = newest(tx, &notice, &key)?;
                add_revision(tx, &mut notice, &key, (&public, &private), true, now)?;
                save_pending(tx, notice, "renew", now)
            })
            .await
    }
}

const fn reporter(now: DateTime<Utc>) -> By<'static> {
    By { actor: Actor::Reporter, reason: None, note: None, at: now }
}

fn locked(tx: &mut Conn, manage_hash: &[u8]) -> Result<Notice, IntakeError> {
    let found = notices::by_manage_hash(tx, manage_hash)?.ok_or(IntakeError::LinkInvalid)?;
    notices::lock(tx, found.id.0)?.ok_or(IntakeError::LinkInvalid)
}

fn key(notice: &Notice, vault: &Vault) -> Result<Key, IntakeError> {
    notice.key(vault)?.ok_or(IntakeError::LinkInvalid)
}

/// The newest text, published or not.
fn newest(conn: &mut Conn, notice: &Notice, key: &Key) -> Result<(Public, Private), StoreError> {
    let revision = notices::revision(conn, notice.id.0, notice.revision)?
        .ok_or_else(|| StoreError::Corrupt(format!("{} lacks its newest revision", notice.case_number)))?;
    Ok((revision.public(key)?, revision.private(key)?))
}

/// Whoever was looking at it has to look again.
fn let_go(notice: &mut Notice) {
    notice.claimed_by = None;
    notice.claimed_until = None;
    notice.cooling_until = None;
}

fn add_revision(
    tx: &mut Conn,
    notice: &mut Notice,
    key: &Key,
    content: (&Public, &Private),
    renewal: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    notice.revision += 1;
    let revision = Revision::seal(key, notice.id.0, notice.revision, content, renewal, now)?;
    notices::insert_revision(tx, &revision)
}

fn add_photos(
    tx: &mut Conn,
    vault: &Vault,
    notice: &mut Notice,
    photos: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), IntakeError> {
    let key = key(notice, vault)?;
    let (mut public, private) = newest(tx, notice, &key)?;
    if public.photos.len() + photos.len() > PHOTOS {
        return Err(IntakeError::field("photo_ids", FieldFault::new("too_many").with("max", PHOTOS)));
    }
    attach(tx, photos, notice.id.0)?;
    public.photos.extend_from_slice(photos);
    Ok(add_revision(tx, notice, &key, (&public, &private), false, now)?)
}

fn replace(
    tx: &mut Conn,
    desk: &Intake,
    mut notice: Notice,
    key: &Key,
    submission: &Submission,
    now: DateTime<Utc>,
) -> Result<Notice, IntakeError> {
    let Submission { public, private, .. } = submission;
    attach(tx, &public.photos, notice.id.0)?;
    let weighed = (desk.weigh)(public, private, now);
    let change = |tx: &mut Conn, n: &mut Notice| {
        // An answer taken back does not lower the bar it raised.
        n.needs_approvals = n.needs_approvals.max(i16::from(weighed.needs.approvals));
        n.needs_leads = n.needs_leads.max(i16::from(weighed.needs.leads));
        n.sealed |= weighed.sealed;
        n.urgency = weighed.urgency;
        n.phone_hash = Some(desk.vault.index("phone", &private.reporter.phone));
        let renewal = renewal_waits(tx, n)?;
        add_revision(tx, n, key, (public, private), renewal, now)
    };
    if matches!(notice.state.0, State::Live | State::Paused) {
        change(tx, &mut notice)?;
        return save_pending(tx, notice, Step::Revise.as_str(), now);
    }
    take(tx, &desk.vault, notice, Step::Revise, reporter(now), |tx, n| {
        let_go(n);
        public.region.code().clone_into(&mut n.region);
        n.missing_since = Time(submission.since(n.submitted_at.0));
        Ok(change(tx, n)?)
    })
}

/// A new revision of what is live waits for review; the state stays, and one event says so.
fn save_pending(
    tx: &mut Conn,
    mut notice: Notice,
    step: &str,
    now: DateTime<Utc>,
) -> Result<Notice, IntakeError> {
    notice.pending_revision = Some(notice.revision);
    notice.version += 1;
    notice.claimed_by = None;
    notice.claimed_until = None;
    notices::save(tx, &notice)?;
    let state = notice.state.0;
    let entry = Entry {
        notice: &notice,
        revision: notice.revision,
        step,
        before: state,
        after: state,
        actor: Actor::Reporter,
        reason: None,
        note_sealed: None,
        at: now,
    };
    events::append(tx, entry)?;
    Ok(notice)
}

fn renewal_waits(conn: &mut Conn, notice: &Notice) -> Result<bool, StoreError> {
    let Some(number) = notice.pending_revision else { return Ok(false) };
    Ok(notices::revision(conn, notice.id.0, number)?.is_some_and(|revision| revision.renewal))
}

fn read_reply(body: &Value) -> Result<(String, Vec<Uuid>), FieldFaults> {
    let (reply, _) = super::reader::read(body, |r| {
        let words = r.paragraph("text", REPLY);
        let photos = r.list("photo_ids", PHOTOS, super::submission::photo_id);
        Some((words?, photos))
    })?;
    Ok(reply)
}

fn view(
    conn: &mut Conn,
    desk: &Intake,
    notice: &Notice,
    language: Language,
    now: DateTime<Utc>,
) -> Result<Option<MyNotice>, StoreError> {
    let Some(key) = notice.key(&desk.vault)? else { return Ok(None) };
    let (public, private) = newest(conn, notice, &key)?;
    let log = events::of_notice(conn, notice.id.0)?;
    let case_number = notice.case_number.parse::<CaseNumber>().map(|c| c.to_string()).unwrap_or_default();
    let waiting = match notice.pending_revision {
        Some(_) if renewal_waits(conn, notice)? => Some("renewal"),
        Some(_) => Some("revision"),
        None => None,
    };
    Ok(Some(MyNotice {
        public_url: format!("{}/n/{case_number}", desk.base_url),
        case_number,
        kind: notice.kind.0,
        state: told(notice.state_at(now)),
        submitted_at: notice.submitted_at.0,
        live_at: notice.live_at.map(|t| t.0),
        ends_at: notice.ends_at.map(|t| t.0),
        renewals_left: RENEWALS - notice.renewals,
        waiting,
        notice: restate(&public, &private)?,
        replies: log.iter().filter_map(|event| said(event, &key).transpose()).collect::<Result<_, _>>()?,
        events: log.iter().filter_map(|event| happened(event, language)).collect(),
        tips: tips::for_reporter(conn, notice.id.0, &key)?
            .into_iter()
            .map(|(at, tip)| TipShown { at, text: tip.text, seen_at: tip.seen_at, place: tip.place })
            .collect(),
    }))
}

/// That a lead took a case on tells somebody with something to hide that it was noticed.
const fn told(state: State) -> State {
    match state {
        State::Escalated => State::InReview,
        state => state,
    }
}

fn said(event: &Event, key: &Key) -> Result<Option<Said>, StoreError> {
    let from = match event.step.as_str() {
        "ask" => "moderator",
        "reply" => "reporter",
        _ => return Ok(None),
    };
    let Some(sealed) = &event.note_sealed else { return Ok(None) };
    let text = String::from_utf8_lossy(&key.open("note", sealed)?).into_owned();
    Ok(Some(Said { at: event.at.0, from, text }))
}

/// An event in plain words; how the work is shared out behind the desk is not the reporter's.
fn happened(event: &Event, language: Language) -> Option<Happened> {
    let sentence = format!("my-event-{}", event.step.replace('_', "-"));
    if !has(language, &sentence) {
        return None;
    }
    let reason = event
        .reason
        .as_deref()
        .filter(|_| matches!(event.step.as_str(), "reject" | "remove"))
        .map(|reason| format!("reason-{reason}-reporter"))
        .filter(|sentence| has(language, sentence))
        .map(|sentence| text(language, &sentence));
    let what = text(language, &sentence);
    Some(Happened {
        at: event.at.0,
        step: event.step.clone(),
        text: reason.map_or(what.clone(), |reason| format!("{what} {reason}")),
    })
}

/// A notice's state after a step, for the API.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Standing {
    #[schema(value_type = String)]
    pub state: State,
    /// Waits for review while the published text stands.
    pub pending: bool,
}

impl From<&Notice> for Standing {
    fn from(notice: &Notice) -> Standing {
        Standing { state: told(notice.state.0), pending: notice.pending_revision.is_some() }
    }
}
