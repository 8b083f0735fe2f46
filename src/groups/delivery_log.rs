//! The delivery log: what became of every message to a group, in the platform's own words where it refused
//! one. What was given up can be sent once more.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{GroupError, Groups, locked};
use crate::broadcast::platforms::{Act, adapter};
use crate::broadcast::script::{self, Written};
use crate::domain::cursor;
use crate::domain::delivery::DeliveryState;
use crate::domain::group::Platform;
use crate::domain::named::named;
use crate::domain::saying::MayBeSaid;
use crate::store::StoreError;
use crate::store::groups::{self, Attempt, LoggedDelivery};

/// Deliveries on one page of the log.
pub const PAGE: i64 = 20;
/// How far back the log reaches.
pub const LOG_KEPT: TimeDelta = TimeDelta::days(30);

/// A page of the log, newest first.
#[derive(Clone, Debug)]
pub struct Log {
    pub lines: Vec<Line>,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// When the group last received something.
    pub last_delivered: Option<DateTime<Utc>>,
}

/// One delivery with its attempts, oldest first.
#[derive(Clone, Debug)]
pub struct Line {
    pub delivery: LoggedDelivery,
    pub tries: Vec<Attempt>,
}

/// Words stored under the key of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Words(String),
    /// There are no words.
    Nothing,
    /// The case and its key were erased.
    Erased,
}

/// One delivery with everything that was said, in both directions.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub delivery: LoggedDelivery,
    pub platform: Platform,
    /// The words as the platform gets them, without anything about the group; `Nothing` once they are no
    /// longer true.
    pub request: Kept,
    /// Oldest first.
    pub calls: Vec<Call>,
}

/// One request to the platform.
#[derive(Clone, Debug)]
pub struct Call {
    pub attempt: Attempt,
    pub asked: Asked,
    /// The status and the first 4 KB of the answer where the platform refused; `Nothing` once the words are
    /// no longer true.
    pub answer: Kept,
}

named! {
    /// What a request asked for, as far as it can be told: request bodies are not kept.
    pub enum Asked {
        /// To post the words.
        Words = "words",
        /// To post the picture alone.
        Picture = "picture",
        /// To post the words of several notices in one message.
        Digest = "digest",
        /// To edit, delete or answer one of the messages in the chat, or else to post the words.
        Ending = "ending",
    }
}

impl Asked {
    fn of(delivery: &LoggedDelivery, attempt: &Attempt, platform: Platform, written: &Written) -> Asked {
        let adapter = adapter(platform);
        let part = usize::try_from(attempt.part).unwrap_or_default();
        match delivery.broadcast.ends() {
            true if !adapter.profile().takes_back.is_empty() => Asked::Ending,
            _ if delivery.digest => Asked::Digest,
            // The picture's bytes are not loaded here, so a body for the picture alone cannot be composed.
            _ if adapter.compose(&written.message, Act::Say(part)).is_none() => Asked::Picture,
            _ => Asked::Words,
        }
    }
}

impl Groups {
    /// A page of the delivery log of an admin's group, from `before` on.
    ///
    /// # Errors
    /// [`GroupError::Unknown`].
    pub async fn log(&self, account: Uuid, id: Uuid, before: Option<i64>) -> Result<Log, GroupError> {
        let since = self.clock.now() - LOG_KEPT;
        let page = self
            .store
            .read(move |c| {
                if groups::of_admin(c, account, id)?.is_none() {
                    return Ok(None);
                }
                let mut found = groups::log(c, id, before, PAGE + 1)?;
                let oldest = cursor::cut(&mut found, PAGE);
                // Where the oldest of the page is too old, everything after it is older still.
                let next = oldest.filter(|oldest| oldest.latest() >= since).map(|oldest| oldest.id);
                found.retain(|delivery| delivery.latest() >= since);
                let mut tries: HashMap<i64, Vec<Attempt>> = HashMap::new();
                for (attempt, _) in groups::attempts_of(c, &found)? {
                    tries.entry(attempt.delivery_id).or_default().push(attempt);
                }
                let line = |delivery: LoggedDelivery| Line {
                    tries: tries.remove(&delivery.id).unwrap_or_default(),
                    delivery,
                };
                let lines = found.into_iter().map(line).collect();
                Ok(Some(Log { lines, next, last_delivered: groups::last_delivered(c, id)? }))
            })
            .await?;
        page.ok_or(GroupError::Unknown)
    }

    /// One delivery to an admin's group, with the request and the answers.
    ///
    /// # Errors
    /// [`GroupError::Unknown`].
    pub async fn exchange(&self, account: Uuid, id: Uuid, delivery: i64) -> Result<Exchange, GroupError> {
        let since = self.clock.now() - LOG_KEPT;
        let found = self
            .store
            .read(move |c| {
                let Some(group) = groups::of_admin(c, account, id)? else { return Ok(None) };
                let delivery = groups::logged(c, id, delivery)?.filter(|one| one.latest() >= since);
                let Some(delivery) = delivery else { return Ok(None) };
                let calls = groups::attempts_of(c, std::slice::from_ref(&delivery))?;
                Ok(Some((group, delivery, calls)))
            })
            .await?;
        let (group, delivery, calls) = found.ok_or(GroupError::Unknown)?;
        let (broadcast, language) = (delivery.broadcast_id.0, group.language);
        let written = script::write(&self.store, &self.vault, &self.base_url, broadcast, language).await?;
        let platform = group.platform;
        // The platform's answer may repeat the words.
        let is_shown = delivery.may_be_said(self.clock.now()) == MayBeSaid::Now;
        let request = match written.key {
            None => Kept::Erased,
            Some(_) if is_shown => said(&written, platform, delivery.goes_alone()),
            Some(_) => Kept::Nothing,
        };
        let calls: Result<_, StoreError> = calls
            .into_iter()
            .map(|(attempt, sealed)| {
                let asked = Asked::of(&delivery, &attempt, platform, &written);
                let answer = answer(&written, sealed.as_deref())?;
                let is_kept = is_shown || answer == Kept::Erased;
                Ok(Call { asked, answer: if is_kept { answer } else { Kept::Nothing }, attempt })
            })
            .collect();
        Ok(Exchange { delivery, platform, request, calls: calls? })
    }

    /// Sends once more what was given up and is still true. A delivery that is already open stays as it is,
    /// so asking twice has the effect of asking once.
    ///
    /// # Errors
    /// [`GroupError::NotAgain`] where it arrived, was cancelled, is no longer true or not wanted any more;
    /// [`GroupError::NotPossible`] where control of the group has to be proved first.
    pub async fn redeliver(&self, account: Uuid, id: Uuid, delivery: i64) -> Result<(), GroupError> {
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                let group = locked(tx, account, id)?;
                let found = groups::logged(tx, id, delivery)?.ok_or(GroupError::Unknown)?;
                match found.state {
                    DeliveryState::Open => Ok(()),
                    _ if !found.can_go_again(now) => Err(GroupError::NotAgain(found.state)),
                    _ if !group.state.is_proved() => Err(GroupError::NotPossible(group.state)),
                    _ => Ok(groups::redeliver(tx, &found, now)?),
                }
            })
            .await?;
        self.work_is_due.notify_one();
        Ok(())
    }
}

/// A message as the platform gets it, formatted for reading.
fn said(written: &Written, platform: Platform, alone: bool) -> Kept {
    let mut message = if alone { written.message.words_alone() } else { written.message.clone() };
    // The message may have fewer words beside a picture, so a placeholder stands for the picture.
    message.picture = message.has_picture.then(|| Bytes::from_static(b"drawn"));
    let body = adapter(platform).compose(&message, Act::Say(0));
    let laid_out = body.and_then(|body| {
        let value: serde_json::Value = serde_json::from_slice(&body.lean().unwrap_or(&body).bytes).ok()?;
        serde_json::to_string_pretty(&value).ok()
    });
    laid_out.map_or_else(
        || {
            let profile = adapter(platform).profile();
            Kept::Words(written.message.text(profile.unit, profile.text))
        },
        Kept::Words,
    )
}

fn answer(written: &Written, sealed: Option<&[u8]>) -> Result<Kept, StoreError> {
    Ok(match (sealed, &written.key) {
        (None, _) => Kept::Nothing,
        (Some(_), None) => Kept::Erased,
        (Some(sealed), Some(key)) => {
            Kept::Words(String::from_utf8_lossy(&key.open("answer", sealed)?).into_owned())
        }
    })
}
