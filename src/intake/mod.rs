//! First station: a notice comes in. A submission is parsed, all its faults are reported at once, and what is
//! accepted is on disk before the client gets its answer.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::blobs::{BlobError, Blobs};
use crate::clock::new_id;
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::life_cycle::{Actor, BY_A_LEAD, Refusal, State, Weigh};
use crate::domain::logged::Act;
use crate::domain::marks::marks;
use crate::domain::notice::{Private, Public};
use crate::permits::BrokenOff;
use crate::store::answers::{self, Answered};
use crate::store::events::{self, Entry};
use crate::store::marks::Alike;
use crate::store::notices::{self, Asks, Notice, Revision};
use crate::store::types::{Id, Time};
use crate::store::{Conn, Store, StoreError, marks as known_by, photos as stored};
use crate::vault::{Vault, new_token, random, token_hash};

pub mod api;
pub mod described;
pub mod form;
pub mod manage;
pub mod pages;
pub mod photo;
pub mod photos;
mod reader;
mod subjects;
pub mod submission;
pub mod tips;
pub mod view;
mod words;

use submission::Submission;

/// Attempts to draw a free case number; a second is needed once in millions.
const DRAWS: usize = 8;

/// Why the intake refused a request.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("some fields are wrong")]
    Invalid(FieldFaults),
    #[error("the same key came with another body")]
    KeyReused,
    #[error("no such case number")]
    Unknown,
    #[error("the manage link opens nothing")]
    LinkInvalid,
    #[error("a notice that is {} cannot do that", .0.as_str())]
    NotPossible(State),
    #[error("a notice is renewed {} times at most", manage::RENEWALS)]
    RenewedOut,
    #[error("too many photos wait for a notice")]
    PhotosFull { wait: TimeDelta },
    #[error(transparent)]
    Photo(#[from] photo::PhotoFault),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the decoding of a photo: {0}")]
    BrokenOff(#[from] BrokenOff),
}

impl IntakeError {
    /// One fault of one field.
    fn field(name: impl Into<String>, fault: FieldFault) -> IntakeError {
        IntakeError::Invalid(FieldFaults::from([(name.into(), fault)]))
    }
}

impl From<Refusal> for IntakeError {
    fn from(refusal: Refusal) -> IntakeError {
        match refusal {
            Refusal::NotFrom { from, .. } => IntakeError::NotPossible(from),
            // A reporter's steps are refused only because of the state, never because of who asks.
            refusal => StoreError::Corrupt(refusal.to_string()).into(),
        }
    }
}

impl From<crate::vault::Unopenable> for IntakeError {
    fn from(error: crate::vault::Unopenable) -> IntakeError {
        StoreError::from(error).into()
    }
}

/// The intake desk: everything a step of this station needs.
#[derive(Clone)]
pub struct Intake {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    /// The base of all links, without a slash at the end.
    pub base_url: Arc<str>,
    pub weigh: Weigh,
}

/// A request to take a notice in.
#[derive(Clone, Debug)]
pub struct Request {
    pub submission: Submission,
    /// The client's idempotency key: the same key and body again is the same request again.
    pub key: Option<String>,
    /// The hash of what was sent.
    pub body_hash: Vec<u8>,
    /// The account that was logged in, which then may not approve the notice.
    pub submitted_by: Option<Uuid>,
}

/// The receipt of a submission; the same request again gets it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// `XXXXX-XXXXX`.
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    pub state: State,
    pub public_url: String,
    /// The reporter's own page; anyone who has this link can close the notice.
    pub manage_url: String,
    pub manage_token: String,
    /// What else helps now, as codes: `last_seen_over_72h`, `police_first`, `self_harm`.
    pub hints: Vec<String>,
}

/// A receipt, and whether it was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub receipt: Receipt,
    pub again: bool,
}

impl Intake {
    /// Takes a notice in. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`IntakeError::KeyReused`], or a photo that is not there to be taken.
    pub async fn submit(&self, request: Request, now: DateTime<Utc>) -> Result<Submitted, IntakeError> {
        let request = Arc::new(request);
        for _ in 0..2 {
            let (intake, asked) = (self.clone(), Arc::clone(&request));
            let outcome: Result<Submitted, Raced> =
                self.store.write(move |tx| take_in(tx, &intake, &asked, now)).await;
            match outcome {
                Ok(submitted) => return Ok(submitted),
                Err(Raced::Refused(error)) => return Err(error),
                // The same request won on another node; its answer can be read now.
                Err(Raced::Lost) => {}
            }
        }
        Err(StoreError::Corrupt("an answer is remembered but cannot be found".to_owned()).into())
    }

    /// The receipt that this idempotency key got before, for an account or for an anonymous client. It can be
    /// asked before the body is parsed: the same key means the same request, or one that is refused because
    /// its body differs.
    ///
    /// # Errors
    /// [`IntakeError::KeyReused`].
    pub async fn answered(
        &self,
        key: &str,
        by: Option<Uuid>,
        body_hash: &[u8],
    ) -> Result<Option<Receipt>, IntakeError> {
        let hash = self.key_hash(key, by);
        let answered = self.store.read(move |c| answers::answered(c, &hash)).await?;
        answered.map(|answered| self.receipt(&answered, body_hash)).transpose()
    }

    /// Each account has idempotency keys of its own, which no other client can spell; all anonymous clients
    /// share one space, so there a key must be one that nobody can guess.
    fn key_hash(&self, key: &str, by: Option<Uuid>) -> Vec<u8> {
        match by {
            Some(account) => self.vault.index("idempotency of an account", &format!("{account} {key}")),
            None => self.vault.index("idempotency", key),
        }
    }

    fn receipt(&self, answered: &Answered, body_hash: &[u8]) -> Result<Receipt, IntakeError> {
        if answered.body_hash != body_hash {
            return Err(IntakeError::KeyReused);
        }
        let receipt = self.vault.open("answer", &answered.answer_sealed).map_err(StoreError::from)?;
        Ok(serde_json::from_slice(&receipt).map_err(StoreError::from)?)
    }
}

/// Either the request was refused, or the same request finished first elsewhere.
#[derive(Debug, thiserror::Error)]
enum Raced {
    #[error(transparent)]
    Refused(IntakeError),
    #[error("the same request won")]
    Lost,
}

impl<E: Into<IntakeError>> From<E> for Raced {
    fn from(error: E) -> Raced {
        Raced::Refused(error.into())
    }
}

fn take_in(tx: &mut Conn, intake: &Intake, asked: &Request, now: DateTime<Utc>) -> Result<Submitted, Raced> {
    let key_hash = asked.key.as_deref().map(|key| intake.key_hash(key, asked.submitted_by));
    if let Some(answered) = key_hash.as_deref().map(|hash| answers::answered(tx, hash)).transpose()?.flatten()
    {
        return Ok(Submitted { receipt: intake.receipt(&answered, &asked.body_hash)?, again: true });
    }
    let phone_hash = intake.vault.index("phone", &asked.submission.private.reporter.phone);
    let token = new_token();
    let (mut notice, revision) = first_revision(intake, asked, phone_hash, &token, now)?;
    let Submission { public, private, .. } = &asked.submission;
    seal_if_alike(tx, &intake.vault, &mut notice, (public, private))?;
    insert_under_free_number(tx, &mut notice, &revision, new_number)?;
    let case_number = notice.case_number;
    attach(tx, &public.photos, notice.id.0)?;
    known_by::set(tx, &intake.vault, notice.id.0, &marks(public, private))?;
    let receipt = Receipt {
        case_number,
        state: notice.state,
        public_url: format!("{}/n/{case_number}", intake.base_url),
        manage_url: format!("{}/my/{token}", intake.base_url),
        manage_token: token,
        hints: asked.submission.hints.iter().map(|hint| (*hint).to_owned()).collect(),
    };
    if let Some(key_hash) = key_hash {
        let answer = serde_json::to_vec(&receipt).map_err(StoreError::from)?;
        let answered = Answered {
            key_hash,
            body_hash: asked.body_hash.clone(),
            notice_id: notice.id,
            answer_sealed: intake.vault.seal("answer", &answer),
            created_at: Time(now),
        };
        if !answers::remember_answer(tx, &answered)? {
            return Err(Raced::Lost);
        }
    }
    events::append(tx, Entry::noted(&notice, Act::Submit, Actor::Reporter, now))?;
    Ok(Submitted { receipt, again: false })
}

fn first_revision(
    intake: &Intake,
    asked: &Request,
    phone_hash: Vec<u8>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(Notice, Revision), StoreError> {
    let Submission { public, private, .. } = &asked.submission;
    let weighed = (intake.weigh)(public, private, now);
    let (key, key_wrapped) = intake.vault.new_key();
    let id = new_id(now);
    let revision = Revision::seal(&key, id, 1, (public, private), Asks::Words, now)?;
    let notice = Notice {
        id: Id(id),
        case_number: new_number(),
        kind: public.subject.kind(),
        region: public.region.code().to_owned(),
        state: State::Submitted,
        version: 1,
        revision: 1,
        live_revision: None,
        pending_revision: None,
        urgency: weighed.urgency,
        missing_since: Time(asked.submission.since(now)),
        submitted_at: Time(now),
        needs_approvals: i16::from(weighed.needs.approvals),
        needs_leads: i16::from(weighed.needs.leads),
        sealed: weighed.sealed,
        escalated: false,
        guarded: weighed.guarded,
        paused_by_lead: false,
        submitted_by: asked.submitted_by.map(Id),
        claimed_by: None,
        claimed_until: None,
        cooling_until: None,
        live_at: None,
        ends_at: None,
        ended_at: None,
        outcome: None,
        announce: false,
        erase_at: None,
        key_wrapped: Some(key_wrapped),
        manage_hash: Some(token_hash(token)),
        phone_hash: Some(phone_hash),
        second_look_at: None,
        police_due_at: None,
        renewals: 0,
        pending_urgency: None,
    };
    Ok((notice, revision))
}

fn new_number() -> CaseNumber {
    CaseNumber::from_bits(u64::from_be_bytes(random()))
}

/// Another number is drawn where its own is taken.
fn insert_under_free_number(
    tx: &mut Conn,
    notice: &mut Notice,
    revision: &Revision,
    mut draw: impl FnMut() -> CaseNumber,
) -> Result<(), StoreError> {
    for _ in 0..DRAWS {
        if notices::insert(tx, notice, revision)? {
            return Ok(());
        }
        notice.case_number = draw();
    }
    Err(StoreError::Corrupt("no case number is free".to_owned()))
}

/// A notice that may be about the same as a sealed case, or comes from the same phone, goes to the leads too.
/// Otherwise a person looking for somebody who fled would report again with other answers. Where nobody has
/// looked at that case yet, or only a name and a city are the same, a lead decides about this one, and all who
/// verify may open it.
fn seal_if_alike(
    tx: &mut Conn,
    vault: &Vault,
    notice: &mut Notice,
    said: (&Public, &Private),
) -> Result<(), StoreError> {
    let phone = notice.phone_hash.as_deref();
    match known_by::like_sealed(tx, vault, said, phone, notice.id.0)? {
        Some(Alike::Sealed(needs)) => notice.seal(needs),
        Some(Alike::Unsure) => notice.require_at_least(BY_A_LEAD),
        None => {}
    }
    Ok(())
}

/// Attaches photos to a notice; each must be free or attached to it already.
fn attach(tx: &mut Conn, ids: &[Uuid], notice: Uuid) -> Result<(), IntakeError> {
    let mut faults = FieldFaults::new();
    for (i, id) in ids.iter().enumerate() {
        let photo = stored::by_id(tx, *id)?;
        if photo.is_none_or(|photo| photo.notice_id.is_some_and(|owner| owner.0 != notice)) {
            faults.insert(format!("photo_ids[{i}]"), FieldFault::new("photo_unknown"));
        }
    }
    if !faults.is_empty() {
        return Err(IntakeError::Invalid(faults));
    }
    if stored::attach(tx, ids, notice)? != ids.len() {
        // Another request took one between the check and the update.
        return Err(IntakeError::field("photo_ids", FieldFault::new("photo_unknown")));
    }
    Ok(())
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
