//! One request of a delivery: from the written message and the way into the chat to the platform's verdict.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::conclude::{self, Ended};
use super::course::Course;
use super::drawing::NotDrawn;
use super::hosts::Went;
use super::message::{self, Message};
use super::platforms::{
    Act, Adapter, Answer, Body, Credentials, Outgoing, Stamp, TakeBack, Verdict, adapter, request_id,
};
use super::retry;
use super::script::{Handle, Written};
use super::worker::{Worker, random};
use crate::domain::delivery::Outcome;
use crate::store::leasing::Leased;
use crate::store::results::Moved;
use crate::store::{StoreError, due};

/// A request with a token that groups share, which has waited for its picture for so long, waits for its turn anew.
const HELD_UP: TimeDelta = TimeDelta::milliseconds(100);
/// What goes out together with a picture waits no longer than this until it is drawn…
const WORDS_WAIT: TimeDelta = TimeDelta::seconds(6);
/// …and looks for it so often.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(2);

impl Worker {
    /// One request, from the written message to the platform's verdict; or when it is due again, where it
    /// never left. `left` is since when its host has it under way: from the lease until it really leaves.
    pub(super) async fn attempt(
        &self,
        leased: &Leased,
        left: &mut DateTime<Utc>,
    ) -> (Went, Result<Ended, DateTime<Utc>>) {
        let adapter = adapter(leased.platform);
        let (written, digest, credentials) = match self.prepare(leased).await {
            Ok(prepared) => prepared,
            Err(error) => return (Went::NotSent, Ok(internal(leased, &error))),
        };
        let parts = adapter.parts(digest.as_ref().unwrap_or(&written.message));
        let ways = adapter.takes_back(&credentials);
        let course = Course::new(leased.purpose, &leased.standing, ways, parts);
        let nothing = || Ok(ended(Verdict::ours(Outcome::Bad, "nothing_to_say"), parts, ways));
        let Some(act) = course.next(conclude::progress(leased)) else { return (Went::NotSent, nothing()) };
        if let Some(until) = conclude::quiet_until(leased, act) {
            return (Went::NotSent, Err(conclude::back(leased.platform, until, random())));
        }
        let asked_at = self.clock.now();
        let body = match &digest {
            Some(digest) => Ok(adapter.compose(digest, act)),
            None => self.script.body(&written, leased.platform, act, asked_at).await,
        };
        let body = match body.or_else(|not_drawn| self.without_picture(leased, &written, act, not_drawn)) {
            Ok(Some(body)) => body,
            Ok(None) => return (Went::NotSent, nothing()),
            Err(until) => return (Went::NotSent, Err(until)),
        };
        // Of words alone there is nothing to keep.
        let keeps = adapter.profile().keeps_media && body.lean().is_some();
        let account = keeps.then(|| credentials.account()).flatten();
        let handle = match &account {
            // Boxed, because it is rare: every send would carry the room for it.
            Some(account) => {
                let way = (account.as_str(), &credentials);
                Box::pin(self.handle(adapter, &written, way, act, (&leased.host, &mut *left))).await.map(Some)
            }
            None => Ok(None),
        };
        let handle = match handle {
            Ok(handle) => handle,
            Err((went, verdict)) => return (went, Ok(ended(verdict, parts, ways))),
        };
        let now = self.clock.now();
        // What waited for the picture would leave in one instant: more than a shared token may be used for.
        if leased.bot.is_some() && now - asked_at > HELD_UP {
            return (Went::NotSent, Err(now));
        }
        let mut stamp = Stamp::new(now, request_id(leased.said(), leased.group, act));
        stamp.media = handle.as_deref().cloned().flatten();
        // Whoever knows the handle lets the others go on; whoever does not keeps them waiting.
        let unknown = handle.filter(|handle| handle.is_none());
        match self.may_leave(leased).await {
            Ok(true) => {}
            Ok(false) => return (Went::NotSent, Err(now)),
            Err(error) => return (Went::NotSent, Ok(internal(leased, &error))),
        }
        let request = adapter.address(act, &body, &credentials, &stamp);
        let (went, mut verdict, answer) = self.exchange(adapter, act, request, (&leased.host, left)).await;
        if let (Some(mut handle), Some(media)) = (unknown, &verdict.media) {
            *handle = Some(media.as_str().into());
        }
        if let (Some(account), Some(media)) = (&account, &stamp.media)
            && verdict.outcome == Outcome::Bad
        {
            // Perhaps it is only the handle that the platform does not know any more.
            written.forget_handle(account, media).await;
            verdict.outcome = Outcome::Retry;
        }
        let moved = match &verdict.outcome {
            Outcome::Moved(chat) => self.moved(&credentials, chat),
            _ => None,
        };
        let answer_sealed = answer.and_then(|answer| sealed(&answer, &verdict, &written, &credentials));
        (went, Ok(Ended { answer_sealed, moved, ..ended(verdict, parts, ways) }))
    }

    /// Sends a request of an act: how that went for the host, what it means for the delivery, and the answer.
    async fn exchange(
        &self,
        adapter: &dyn Adapter,
        act: Act<'_>,
        request: Outgoing,
        (host, left): (&str, &mut DateTime<Utc>),
    ) -> (Went, Verdict, Option<Answer>) {
        let since = std::mem::replace(left, self.clock.now());
        self.hosts().leaves(host, since, *left);
        match self.sender.send(request).await {
            Ok(answer) => {
                let went = Went::answered(answer.status, adapter.profile().refusals);
                (went, adapter.judge(act, &answer), Some(answer))
            }
            Err(fault) => (Went::Failed, Verdict::ours(fault.outcome(), fault.as_str()), None),
        }
    }

    /// Whether a request may leave now. Where it waited for something it is asked about again: its notice may be
    /// over by now.
    async fn may_leave(&self, leased: &Leased) -> Result<bool, StoreError> {
        if self.withheld(leased).is_some() {
            return Ok(false);
        }
        let now = self.clock.now();
        if !conclude::has_waited(leased, now) {
            return Ok(true);
        }
        let (told, fence) = (leased.told().collect::<Vec<_>>(), leased.fence);
        let may_go = self.store.read(move |c| due::may_go(c, &told, fence, now)).await?;
        // The answer may have been waited for, too.
        Ok(may_go && self.withheld(leased).is_none())
    }

    /// What is said: the message, the one that it is told in, and the way into the chat.
    async fn prepare(
        &self,
        leased: &Leased,
    ) -> Result<(Arc<Written>, Option<Message>, Credentials), StoreError> {
        let written = self.script.written(leased.broadcast, leased.language).await?;
        let digest = self.digest(leased, &written).await?;
        let plain = self.vault.open("credentials", &leased.credentials_sealed)?;
        Ok((written, digest, serde_json::from_slice(&plain)?))
    }

    /// The one message for all that a delivery is told together with, where it is.
    async fn digest(&self, leased: &Leased, written: &Written) -> Result<Option<Message>, StoreError> {
        if leased.with.is_empty() {
            return Ok(None);
        }
        let mut all = vec![written.message.clone()];
        for other in &leased.with {
            all.push(self.script.written(other.broadcast, leased.language).await?.message.clone());
        }
        Ok(Some(message::digest(leased.language, &all)))
    }

    /// What goes out for now of an act whose picture is not drawn yet: nothing before a moment; or, where that would be
    /// too late, the words that it was to go with, or nothing at all.
    fn without_picture(
        &self,
        leased: &Leased,
        written: &Written,
        act: Act<'_>,
        not_drawn: NotDrawn,
    ) -> Result<Option<Body>, DateTime<Utc>> {
        let now = self.clock.now();
        let alone = adapter(leased.platform).compose(&written.message, act);
        let is_all = alone.is_none() && matches!(act, Act::Say(_));
        let wait = if is_all { (not_drawn.again_at - now).max(LOOK_AGAIN) } else { LOOK_AGAIN };
        let again = retry::after(now, retry::jittered(wait.to_std().unwrap_or_default(), random()));
        let too_late = leased.not_after.is_some_and(|end| end <= again);
        if too_late || (!is_all && now - not_drawn.since >= WORDS_WAIT) { Ok(alone) } else { Err(again) }
    }

    /// What this account calls the picture of an act that shows one, where its platform keeps pictures.
    async fn handle(
        &self,
        adapter: &dyn Adapter,
        written: &Written,
        (account, credentials): (&str, &Credentials),
        act: Act<'_>,
        (host, left): (&str, &mut DateTime<Utc>),
    ) -> Result<Handle, (Went, Verdict)> {
        let mut handle = written.handle(account).await;
        if handle.is_none()
            && let Ok(Some(picture)) = self.script.picture(written, self.clock.now()).await
            && let Some(upload) = adapter.upload(&picture, credentials)
        {
            let (went, verdict, _) = self.exchange(adapter, act, upload, (host, left)).await;
            match verdict.media {
                Some(media) => *handle = Some(media.into()),
                // Taken, they say, but under no name: another try is no second message.
                None if matches!(verdict.outcome, Outcome::Delivered(_) | Outcome::Unknown) => {
                    return Err((went, Verdict { outcome: Outcome::Retry, ..verdict }));
                }
                None => return Err((went, verdict)),
            }
        }
        Ok(handle)
    }

    fn moved(&self, credentials: &Credentials, chat: &str) -> Option<Moved> {
        let credentials = credentials.clone().moved_to(chat.to_owned());
        Some(Moved {
            credentials_sealed: self.vault.seal("credentials", &serde_json::to_vec(&credentials).ok()?),
            address_hash: self.vault.index("robot", &credentials.address_key()),
        })
    }
}

/// The end of an attempt that failed on our side.
fn internal(leased: &Leased, error: &StoreError) -> Ended {
    tracing::error!(%error, delivery = leased.delivery, "a message could not be prepared");
    ended(Verdict::ours(Outcome::Retry, "internal"), 1, &[])
}

/// The end of an attempt that panicked. Where its request had left nobody knows whether it arrived.
pub(super) fn broken_off(leased: &Leased, left: bool) -> (Went, Result<Ended, DateTime<Utc>>) {
    tracing::error!(delivery = leased.delivery, left, "a send panicked");
    let outcome = if left { Outcome::Unknown } else { Outcome::Retry };
    (Went::NotSent, Ok(ended(Verdict::ours(outcome, "internal"), 1, &[])))
}

/// An end whose times are not known yet.
fn ended(verdict: Verdict, parts: usize, ways: &'static [TakeBack]) -> Ended {
    let at = DateTime::UNIX_EPOCH;
    Ended { verdict, parts, ways, at, took_ms: 0, random: random(), answer_sealed: None, moved: None }
}

/// What a platform said instead of taking the message: its first 4 KB, under the key of the case, because
/// some repeat the message, and without anything of the way in.
fn sealed(answer: &Answer, verdict: &Verdict, written: &Written, with: &Credentials) -> Option<Vec<u8>> {
    const KEPT: usize = 4 * 1024;
    if matches!(verdict.outcome, Outcome::Delivered(_)) {
        return None;
    }
    let words = String::from_utf8_lossy(&answer.body[..answer.body.len().min(KEPT)]);
    let words = format!("HTTP {}\n{}", answer.status, with.redact(&words));
    Some(written.key.as_ref()?.seal("answer", words.as_bytes()))
}
