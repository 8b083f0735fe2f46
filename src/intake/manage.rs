//! What the reporter may do with a notice: look at it, answer a question, correct it, and ask for another 72
//! hours. Ending it belongs to the fourth station.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::submission::{PHOTOS, Submission, heeds, parse};
use super::view::{MyNotice, view};
use super::words::{patch, restate};
use super::{Intake, IntakeError, attach, seal_if_alike};
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::language::Language;
use crate::domain::life_cycle::{ByPolicy, State, Step, Weighing};
use crate::domain::logged::Act;
use crate::domain::marks::marks;
use crate::domain::notice::{Evidence, Kind, Private, Public};
use crate::domain::screening::FindingKind;
use crate::store::notices::{self, Asks, Notice, Revision};
use crate::store::transition::{By, add_pending_revision, take};
use crate::store::types::Time;
use crate::store::{Conn, StoreError, marks as known_by};
use crate::vault::{Key, Vault, token_hash};

/// How many times a notice's life may be renewed; each renewal is reviewed. Nothing stays public for good by
/// asking: after that it is submitted anew, and verified from the start.
pub const RENEWALS: i16 = 3;
/// The longest reply, in characters.
pub const REPLY: usize = 2_000;

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

    /// What the reporter sees of the notice.
    ///
    /// # Errors
    /// [`IntakeError::LinkInvalid`] where it was erased.
    pub async fn my_notice(
        &self,
        token: &str,
        language: Language,
        now: DateTime<Utc>,
    ) -> Result<MyNotice, IntakeError> {
        let (hash, intake) = (token_hash(token), self.clone());
        self.store
            .read(move |conn| match notices::by_manage_hash(conn, &hash)? {
                Some(notice) => view(conn, &intake, &notice, language, now),
                None => Ok(None),
            })
            .await?
            .ok_or(IntakeError::LinkInvalid)
    }

    /// Whether the notice behind a manage link says exactly this already and is not over. One more photo
    /// makes it different; photo ids do not, because a photo that is sent twice gets two ids.
    pub async fn says_already(
        &self,
        token: &str,
        submission: &Submission,
        now: DateTime<Utc>,
    ) -> Result<bool, IntakeError> {
        let (hash, vault) = (token_hash(token), self.vault.clone());
        let said = self.store.read(move |conn| {
            let Some(notice) = notices::by_manage_hash(conn, &hash)? else { return Ok(None) };
            match notice.key(&vault)? {
                Some(key) if !notice.state_at(now).is_over() => newest(conn, &notice, &key).map(Some),
                _ => Ok(None),
            }
        });
        let Some((mut public, mut private)) = said.await? else { return Ok(false) };
        if submission.public.photos.len() > public.photos.len() {
            return Ok(false);
        }
        private.evidence.clear();
        private.told.clear();
        public.photos.clone_from(&submission.public.photos);
        Ok(public == submission.public && private == submission.private)
    }

    /// Answers a moderator's question; the notice returns to its place in the queue. Photos sent along are
    /// evidence: a photo for the public is added by an edit. New details from the police correct the notice.
    ///
    /// # Errors
    /// The faults of the reply, or [`IntakeError::NotPossible`] where nothing was asked.
    pub async fn reply(&self, token: &str, body: &Value, now: DateTime<Utc>) -> Result<Notice, IntakeError> {
        let reply = read_reply(body).map_err(IntakeError::Invalid)?;
        let (hash, intake) = (token_hash(token), self.clone());
        self.store
            .write(move |tx| {
                let notice = locked(tx, &hash)?;
                if notice.state_at(now) != State::NeedsInfo {
                    return Err(IntakeError::NotPossible(notice.state_for_reporter(now)));
                }
                let by = By { note: Some(&reply.words), ..By::reporter(now) };
                take(tx, &intake.vault, notice, Step::Reply, by, |tx, n| {
                    n.end_claim();
                    heed(tx, &intake, n, &reply, now)
                })
            })
            .await
    }

    /// Corrects the notice by a JSON merge patch. What is not published yet is replaced and reviewed from the
    /// start. What is published stands until the correction is approved, unless its own words are the first
    /// to seal the case: then the notice is taken from view at once, and only a lead resumes it.
    ///
    /// # Errors
    /// Every fault of the corrected notice, or [`IntakeError::NotPossible`] once it is over.
    pub async fn revise(
        &self,
        token: &str,
        changes: Value,
        now: DateTime<Utc>,
    ) -> Result<Notice, IntakeError> {
        let (hash, intake) = (token_hash(token), self.clone());
        self.store
            .write(move |tx| {
                let notice = locked(tx, &hash)?;
                if notice.state_at(now).is_over() {
                    return Err(IntakeError::NotPossible(notice.state_at(now)));
                }
                let key = key(&notice, &intake.vault)?;
                let (public, private) = newest(tx, &notice, &key)?;
                let submission = corrected(&public, &private, &changes, now)?;
                if submission.public.subject.kind() != notice.kind {
                    return Err(IntakeError::field("kind", FieldFault::new("kind_fixed")));
                }
                // A correction that changes nothing needs no review. What was turned down may be asked for
                // again.
                let stands = notice.pending_revision.or(notice.live_revision);
                let stands = stands.is_none_or(|number| number == notice.revision);
                if stands && submission.public == public && submission.private == private {
                    return Ok(notice);
                }
                let told = (intake.weigh)(&public, &private, now).sealed;
                replace(tx, &intake, notice, &key, (&submission, told), now)
            })
            .await
    }

    /// Asks for another 72 hours with the same text; granted by review.
    ///
    /// # Errors
    /// [`IntakeError::NotPossible`] unless it is live, [`IntakeError::RenewedOut`] once it was renewed [`RENEWALS`]
    /// times.
    pub async fn renew(&self, token: &str, now: DateTime<Utc>) -> Result<Notice, IntakeError> {
        let (hash, vault) = (token_hash(token), self.vault.clone());
        self.store
            .write(move |tx| {
                let notice = locked(tx, &hash)?;
                if !notice.is_public(now) {
                    return Err(IntakeError::NotPossible(notice.state_for_reporter(now)));
                }
                if notice.renewals >= RENEWALS {
                    return Err(IntakeError::RenewedOut);
                }
                if renewal_waits(tx, &notice)? {
                    return Ok(notice);
                }
                let key = key(&notice, &vault)?;
                // Not simply the newest, which may be an edit that was turned down.
                let number = notice.pending_revision.unwrap_or_else(|| notice.published_or_newest());
                let (public, mut private) = contents(tx, &notice, &key, number)?;
                // What that edit told stays told all the same.
                let (_, newest) = newest(tx, &notice, &key)?;
                private.told = still_told(&newest, &private.flags);
                add_pending_revision(tx, &vault, notice, Act::Renew, By::reporter(now), |tx, n| {
                    Ok(add_revision(tx, n, &key, (&public, &private), Asks::Time, now)?)
                })
            })
            .await
    }
}

fn locked(tx: &mut Conn, manage_hash: &[u8]) -> Result<Notice, IntakeError> {
    let found = notices::by_manage_hash(tx, manage_hash)?.ok_or(IntakeError::LinkInvalid)?;
    notices::lock(tx, found.id.0)?.ok_or(IntakeError::LinkInvalid)
}

fn key(notice: &Notice, vault: &Vault) -> Result<Key, IntakeError> {
    notice.key(vault)?.ok_or(IntakeError::LinkInvalid)
}

/// The newest revision, published or not.
pub(super) fn newest(conn: &mut Conn, notice: &Notice, key: &Key) -> Result<(Public, Private), StoreError> {
    contents(conn, notice, key, notice.revision)
}

fn contents(
    conn: &mut Conn,
    notice: &Notice,
    key: &Key,
    number: i32,
) -> Result<(Public, Private), StoreError> {
    let revision = notices::revision(conn, notice.id.0, number)?
        .ok_or_else(|| StoreError::Corrupt(format!("{} lacks revision {number}", notice.case_number)))?;
    Ok((revision.public(key)?, revision.private(key)?))
}

fn add_revision(
    tx: &mut Conn,
    notice: &mut Notice,
    key: &Key,
    content: (&Public, &Private),
    asks: Asks,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    notice.revision += 1;
    let revision = Revision::seal(key, notice.id.0, notice.revision, content, asks, now)?;
    notices::insert_revision(tx, &revision)
}

/// The notice with these changes, parsed as if it were submitted now.
fn corrected(
    public: &Public,
    private: &Private,
    changes: &Value,
    now: DateTime<Utc>,
) -> Result<Submission, IntakeError> {
    let mut body = restate(public, private)?;
    patch(&mut body, changes);
    let mut submission = parse(&body, now).map_err(IntakeError::Invalid)?;
    taken(&submission.public.photos, private.evidence.iter().map(|evidence| evidence.photo))?;
    submission.private.evidence.clone_from(&private.evidence);
    submission.private.told = still_told(private, &submission.private.flags);
    Ok(submission)
}

/// What a reply mentions counts as much as what the notice says: it may be the first to say that somebody
/// fled, and no edit takes that back. Photos and police details sent along become part of the notice.
fn heed(
    tx: &mut Conn,
    intake: &Intake,
    notice: &mut Notice,
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<(), IntakeError> {
    let key = key(notice, &intake.vault)?;
    let (mut public, mut private) = newest(tx, notice, &key)?;
    if let Some(police) = &reply.police {
        let changes = json!({"police": police});
        Submission { public, private, .. } = corrected(&public, &private, &changes, now)?;
    }
    let news: Vec<String> = told_by(reply, notice.kind, &private);
    if reply.police.is_none() && reply.photos.is_empty() && news.is_empty() {
        return Ok(());
    }
    private.told.extend(news);
    require_at_least(notice, &(intake.weigh)(&public, &private, now));
    if reply.police.is_some() {
        seal_if_alike(tx, &intake.vault, notice, (&public, &private))?;
        known_by::add(tx, &intake.vault, notice.id.0, &marks(&public, &private))?;
    }
    taken(&reply.photos, public.photos.iter().copied())?;
    attach(tx, &reply.photos, notice.id.0)?;
    private.evidence.extend(reply.photos.iter().map(|photo| Evidence { photo: *photo, at: now }));
    Ok(add_revision(tx, notice, &key, (&public, &private), Asks::Words, now)?)
}

/// What was told before of those things that no edit takes back, and what `said` does not say anyway.
fn still_told(before: &Private, said: &[String]) -> Vec<String> {
    let unsaid = |flag: &&str| !said.iter().any(|said| said == flag);
    before.mentions().filter(|flag| lasts(flag)).filter(unsaid).map(str::to_owned).collect()
}

/// Whether a flag is of violence, of a flight, of who left or is away with a child, or of a child in dispute.
fn lasts(flag: &str) -> bool {
    use FindingKind::{Accompanied, Custody, Flight, Left, RanAway, Violence};
    [Violence, Flight, Left, RanAway, Accompanied, Custody].iter().any(|what| what.as_str() == flag)
}

/// What a reply is the first to tell of those things.
fn told_by(reply: &Reply, kind: Kind, private: &Private) -> Vec<String> {
    let is_new = |flag: &&String| !private.mentions().any(|known| known == flag.as_str());
    reply.flags.iter().filter(|flag| lasts(flag) && heeds(kind, flag)).filter(is_new).cloned().collect()
}

/// Only raises the bar: an answer that is taken back does not lower it.
fn require_at_least(notice: &mut Notice, weighed: &Weighing) {
    notice.require_at_least(weighed.needs);
    notice.sealed |= weighed.sealed;
    notice.guarded |= weighed.guarded;
}

/// Refuses photos that the other side has already: a photo is either public or evidence, never both.
fn taken(photos: &[Uuid], mut others: impl Iterator<Item = Uuid>) -> Result<(), IntakeError> {
    let at = others.find_map(|other| photos.iter().position(|photo| *photo == other));
    let fault = || FieldFault::new("photo_unknown");
    at.map_or(Ok(()), |at| Err(IntakeError::field(format!("photo_ids[{at}]"), fault())))
}

fn replace(
    tx: &mut Conn,
    intake: &Intake,
    notice: Notice,
    key: &Key,
    (submission, told_before): (&Submission, bool),
    now: DateTime<Utc>,
) -> Result<Notice, IntakeError> {
    let Submission { public, private, .. } = submission;
    attach(tx, &public.photos, notice.id.0)?;
    let weighed = (intake.weigh)(public, private, now);
    let change = |tx: &mut Conn, n: &mut Notice| {
        require_at_least(n, &weighed);
        let former = n.phone_hash.replace(intake.vault.index("phone", &private.reporter.phone));
        seal_if_alike(tx, &intake.vault, n, (public, private))?;
        // By an edit nobody makes a sealed case one that is not recognised; and what is live stands until the
        // edit is approved.
        if n.sealed || n.live_revision.is_some() {
            known_by::add(tx, &intake.vault, n.id.0, &marks(public, private))?;
            known_by::keep_phone(tx, n, former.as_deref())?;
        } else {
            known_by::set(tx, &intake.vault, n.id.0, &marks(public, private))?;
        }
        let asks = if renewal_waits(tx, n)? { Asks::Time } else { Asks::Words };
        add_revision(tx, n, key, (public, private), asks, now)
    };
    if matches!(notice.state, State::Live | State::Paused) {
        let notice =
            add_pending_revision(tx, &intake.vault, notice, Step::Revise, By::reporter(now), |tx, n| {
                // The reporter cannot change the urgency of the text that is live.
                n.pending_urgency = Some(weighed.urgency);
                Ok::<_, IntakeError>(change(tx, n)?)
            })?;
        if weighed.sealed && !told_before && notice.state == State::Live {
            // The person sought may be fleeing from the reporter: nobody looks for them until a lead has read
            // what is told now. What is only like a sealed case changes nothing that its reporter can see, or
            // they would learn by trying which names and phones are in sealed cases.
            return take(
                tx,
                &intake.vault,
                notice,
                Step::Pause,
                By::policy(ByPolicy::Sealed, now),
                |_, _| Ok(()),
            );
        }
        return Ok(notice);
    }
    take(tx, &intake.vault, notice, Step::Revise, By::reporter(now), |tx, n| {
        // A moderator who had claimed it must look at it again.
        n.end_claim();
        n.cooling_until = None;
        n.urgency = weighed.urgency;
        public.region.code().clone_into(&mut n.region);
        n.missing_since = Time(submission.since(n.submitted_at.0));
        Ok(change(tx, n)?)
    })
}

pub(super) fn renewal_waits(conn: &mut Conn, notice: &Notice) -> Result<bool, StoreError> {
    let Some(number) = notice.pending_revision else { return Ok(false) };
    Ok(notices::revision(conn, notice.id.0, number)?.is_some_and(|revision| revision.renewal))
}

/// A reply to a moderator's question.
struct Reply {
    words: String,
    photos: Vec<Uuid>,
    /// Changes to what the notice says about the police, parsed like those of a notice.
    police: Option<Value>,
    /// What the screening found in the text, as codes.
    flags: Vec<String>,
}

fn read_reply(body: &Value) -> Result<Reply, FieldFaults> {
    let ((words, photos), flags) = super::reader::read(body, |r| {
        let words = r.paragraph("text", REPLY);
        let photos = r.list("photo_ids", PHOTOS, super::submission::photo_id);
        r.accept_the_rest(&["police"]);
        Some((words?, photos))
    })?;
    let police = body.get("police").filter(|police| !police.is_null()).cloned();
    Ok(Reply { words, photos, police, flags })
}

/// A notice's state after a step, for the API.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyStanding {
    pub state: State,
    /// Waits for review while the published text stands.
    pub pending: bool,
}

impl MyStanding {
    /// Where it stands at `now`, as its reporter is told.
    pub fn of(notice: &Notice, now: DateTime<Utc>) -> MyStanding {
        MyStanding { state: notice.state_for_reporter(now), pending: notice.pending_revision.is_some() }
    }
}
