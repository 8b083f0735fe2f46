//! One request of a delivery: from the written message and the chat's credentials to the platform's verdict.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::conclude::{self, Ended, Judged};
use super::course::Course;
use super::drawing::NotDrawn;
use super::hosts::Went;
use super::message::{self, Message};
use super::platforms::{
    Act, Adapter, Body, Credentials, Outgoing, Stamp, TakeBack, Verdict, adapter, request_id,
};
use super::script::{KeptPicture, Written};
use super::send::Unanswered;
use super::worker::Worker;
use super::{retry, sealed_credentials};
use crate::domain::delivery::Outcome;
use crate::store::leasing::Leased;
use crate::store::results::Moved;
use crate::store::{StoreError, due};

/// A request of a bot that has waited longer than this for its picture waits for its turn again.
const HELD_UP: TimeDelta = TimeDelta::milliseconds(100);

/// How far a request has got on its way out; kept outside the attempt, which may panic or be broken off.
pub(super) struct Leaving<'a> {
    pub host: &'a str,
    /// Since when its host has it under way: from the lease until it really leaves.
    pub since: DateTime<Utc>,
    /// Whether the request itself has left; an upload of its picture does not count.
    pub left: &'a AtomicBool,
}

/// What an attempt has come to.
pub(super) struct Attempted {
    /// How it went for the host.
    pub went: Went,
    pub end: End,
}

/// How an attempt ended, for its delivery.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every attempt is concluded, and a box would cost each of them"
)]
pub(super) enum End {
    Concluded(Ended),
    /// Its request never left, and is due again then.
    DueAgain(DateTime<Utc>),
}

impl Attempted {
    fn concluded(went: Went, ended: Ended) -> Attempted {
        Attempted { went, end: End::Concluded(ended) }
    }

    fn due_again(at: DateTime<Utc>) -> Attempted {
        Attempted { went: Went::NotSent, end: End::DueAgain(at) }
    }
}

/// Why a request that had its connection did not leave.
enum Withheld {
    /// Its notice is over, or its lease may have expired by the time the answer comes.
    Over,
    Unknown(StoreError),
}

/// What an attempt needs.
struct Prepared {
    adapter: &'static dyn Adapter,
    written: Arc<Written>,
    /// The one message of a digest, where this is one.
    digest: Option<Message>,
    credentials: Credentials,
    /// The requests that the message takes on this platform.
    parts: usize,
    /// What the platform lets us take back with these credentials.
    ways: &'static [TakeBack],
}

impl Prepared {
    fn ended(&self, verdict: Verdict) -> Ended {
        ended(verdict, self.parts, self.ways)
    }

    /// Whether the message that was `sent` can also be said in words alone; `false` where that was sent
    /// already.
    fn has_words_alone(&self, act: Act<'_>, sent: &Body) -> bool {
        let alone = self.adapter.compose(&self.written.message.words_alone(), act);
        matches!(act, Act::Say(_)) && alone.is_some_and(|alone| alone != *sent)
    }

    fn nothing_to_say(&self) -> Ended {
        self.ended(Verdict::ours(Outcome::Bad, "nothing_to_say"))
    }
}

impl Worker {
    /// Makes one request, from the written message to the platform's verdict.
    pub(super) async fn attempt(&self, leased: &Leased, leaving: &mut Leaving<'_>) -> Attempted {
        let prepared = match self.prepare(leased).await {
            Ok(prepared) => prepared,
            Err(error) => return Attempted::concluded(Went::NotSent, internal(leased, &error)),
        };
        let Prepared { adapter, ways, parts, .. } = prepared;
        let course = Course::new(leased.purpose, &leased.standing, ways, adapter.profile(), parts);
        let Some(act) = course.next(conclude::progress(leased)) else {
            return Attempted::concluded(Went::NotSent, prepared.nothing_to_say());
        };
        if let Some(until) = conclude::quiet_until(leased, act) {
            return Attempted::due_again(conclude::back(leased.platform, until, rand::random()));
        }
        self.carry_out(leased, &prepared, act, leaving).await
    }

    /// Carries out the act that comes next.
    async fn carry_out(
        &self,
        leased: &Leased,
        prepared: &Prepared,
        act: Act<'_>,
        leaving: &mut Leaving<'_>,
    ) -> Attempted {
        let Prepared { adapter, written, digest, credentials, .. } = prepared;
        let asked_at = self.clock.now();
        let body = match self.body(leased, prepared, act, asked_at).await {
            Ok(Some(body)) => body,
            Ok(None) => return Attempted::concluded(Went::NotSent, prepared.nothing_to_say()),
            Err(until) => return Attempted::due_again(until),
        };
        // Words alone need no handle.
        let keeps = adapter.profile().keeps_media && body.lean().is_some();
        let account = keeps.then(|| credentials.account()).flatten();
        let kept = match &account {
            // Boxed, because it is rare: otherwise the future of every send would have room for it.
            Some(account) => Box::pin(self.kept(prepared, account, act, leaving)).await.map(Some),
            None => Ok(None),
        };
        let kept = match kept {
            Ok(kept) => kept,
            Err((went, verdict)) => return Attempted::concluded(went, prepared.ended(verdict)),
        };
        let now = self.clock.now();
        // Everything that waited for the picture would now leave at once, more than a bot's budget
        // allows.
        if leased.bot.is_some() && now - asked_at > HELD_UP {
            return Attempted::due_again(now);
        }
        let mut stamp = Stamp::new(now, request_id(leased.said(), leased.group, act));
        stamp.media = kept.as_ref().and_then(|kept| kept.handle.clone());
        let uploads = kept.is_some() && stamp.media.is_none();
        let hangs = uploads && kept.as_ref().is_some_and(|kept| kept.hangs(now));
        if hangs && matches!(act, Act::Say(_)) {
            let refused = prepared.ended(Verdict::ours(Outcome::Bad, "upload_hangs"));
            return Attempted::concluded(Went::NotSent, Ended { alone: true, ..refused });
        }
        // A known handle is released at once, so that others can use it; an unknown one stays locked until
        // this request has found it out, unless that may take as long as the last one did in vain.
        let unknown = kept.filter(|_| uploads && !hangs);
        let request = adapter.address(act, &body, credentials, &stamp);
        let left = leaving.left;
        let may = |longest| async move {
            self.may_leave(leased, act, longest).await?;
            left.store(true, Ordering::Relaxed);
            Ok(())
        };
        let sent = self.exchange(*adapter, act, request, leaving, may).await;
        let Judged { went, mut verdict, answer } = match sent {
            Ok(judged) => judged,
            Err(Withheld::Over) => return Attempted::due_again(self.clock.now()),
            Err(Withheld::Unknown(error)) => {
                return Attempted::concluded(Went::NotSent, internal(leased, &error));
            }
        };
        let elsewhere = act.reference().is_some_and(|reference| credentials.is_elsewhere(reference));
        verdict = if elsewhere { verdict.of_left_chat() } else { verdict };
        if uploads && let Some(account) = &account {
            let mut kept = match unknown {
                Some(kept) => kept,
                None => written.kept(account).await,
            };
            let answered = verdict.outcome != Outcome::Unknown;
            kept.uploaded(verdict.media.as_deref().map(Into::into), answered, self.clock.now());
        }
        if let (Some(account), Some(media)) = (&account, &stamp.media)
            && verdict.unknown_media
        {
            written.forget_handle(account, media).await;
            verdict.outcome = Outcome::Retry;
        }
        let alone = digest.is_none()
            && match verdict.outcome {
                Outcome::Bad => prepared.has_words_alone(act, &body),
                Outcome::Unknown => uploads,
                _ => false,
            };
        let moved = self.moved(*adapter, credentials, &verdict).filter(|_| !elsewhere);
        let answer_sealed = answer
            .and_then(|answer| conclude::sealed_answer(&answer, &verdict, written.key.as_ref(), credentials));
        Attempted::concluded(went, Ended { alone, answer_sealed, moved, ..prepared.ended(verdict) })
    }

    /// The body that an act sends; or until when it has to wait for its picture.
    async fn body(
        &self,
        leased: &Leased,
        Prepared { adapter, written, digest, .. }: &Prepared,
        act: Act<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Body>, DateTime<Utc>> {
        match digest {
            Some(digest) => Ok(adapter.compose(digest, act)),
            None if leased.act.alone => Ok(adapter.compose(&written.message.words_alone(), act)),
            None => {
                let body = self.script.body(written, leased.platform, act, now).await;
                body.or_else(|not_drawn| self.without_picture(leased, written, act, not_drawn))
            }
        }
    }

    /// Sends an act's request if it `may` leave.
    async fn exchange<W, F: Future<Output = Result<(), W>>>(
        &self,
        adapter: &dyn Adapter,
        act: Act<'_>,
        request: Outgoing,
        leaving: &mut Leaving<'_>,
        may: impl FnMut(Duration) -> F,
    ) -> Result<Judged, W> {
        let since = std::mem::replace(&mut leaving.since, self.clock.now());
        self.hosts().leaves(leaving.host, since, leaving.since);
        let sent = match self.sender.send_if(request, may).await {
            Ok(answer) => Ok(answer),
            Err(Unanswered::Fault(fault)) => Err(fault),
            Err(Unanswered::Withheld(why)) => return Err(why),
        };
        Ok(conclude::judged(adapter, act, sent, self.clock.now()))
    }

    /// Decides whether an act's request that takes `longest` at most may leave. Where it has waited for something,
    /// the database is asked again, because its notice may be over by now.
    async fn may_leave(&self, leased: &Leased, act: Act<'_>, longest: Duration) -> Result<(), Withheld> {
        let longest = TimeDelta::from_std(longest).unwrap_or(TimeDelta::MAX);
        let stands = |now| match conclude::withheld(leased, now, longest) {
            None => Ok(()),
            Some(_) => Err(Withheld::Over),
        };
        let now = self.clock.now();
        stands(now)?;
        if !conclude::has_waited(leased, now) {
            return Ok(());
        }
        let (told, fence, sound) = (leased.told().collect::<Vec<_>>(), leased.fence, conclude::sound(act));
        let may_go = self.store.read(move |c| due::may_go(c, (&told, fence), sound, now)).await;
        if !may_go.map_err(Withheld::Unknown)? {
            return Err(Withheld::Over);
        }
        // That query may have taken its time, too.
        stands(self.clock.now())
    }

    /// Ends an attempt that a stop does not wait for any longer. A request that had left may arrive or not;
    /// one that had not is due again at once.
    pub(super) async fn broken_off(&self, leased: &Leased, left: bool) -> Attempted {
        if !left {
            return Attempted::due_again(self.clock.now());
        }
        let verdict = Verdict::ours(Outcome::Unknown, "stopped");
        let ended = match self.prepare(leased).await {
            Ok(prepared) => prepared.ended(verdict),
            Err(_) => ended(verdict, 1, &[]),
        };
        Attempted::concluded(Went::NotSent, Ended { ours: true, ..ended })
    }

    /// What is said, to whom, and in how many requests.
    async fn prepare(&self, leased: &Leased) -> Result<Prepared, StoreError> {
        let adapter = adapter(leased.platform);
        let written = self.script.written(leased.broadcast, leased.language).await?;
        let digest = self.digest(leased, &written).await?;
        let credentials = sealed_credentials::open(&self.vault, &leased.credentials_sealed)?;
        let parts = adapter.parts(digest.as_ref().unwrap_or(&written.message));
        let ways = adapter.takes_back(&credentials);
        Ok(Prepared { adapter, written, digest, credentials, parts, ways })
    }

    /// The message that says everything a digest tells; `None` where this is not a digest.
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

    /// What an act sends while its picture is not drawn yet: nothing before a certain moment; or, where that
    /// would be too late, the words without it, or nothing at all.
    fn without_picture(
        &self,
        leased: &Leased,
        written: &Written,
        act: Act<'_>,
        not_drawn: NotDrawn,
    ) -> Result<Option<Body>, DateTime<Utc>> {
        let now = self.clock.now();
        let alone = adapter(leased.platform).compose(&written.message, act);
        let Some(wait) = not_drawn.wait(act, alone.is_some(), now) else { return Ok(alone) };
        let again = retry::after(now, retry::jittered(wait.to_std().unwrap_or_default(), rand::random()));
        if leased.not_after.is_some_and(|end| end <= again) { Ok(alone) } else { Err(again) }
    }

    /// What this account keeps of the picture of an act that shows one, where its platform keeps pictures.
    async fn kept(
        &self,
        Prepared { adapter, written, credentials, .. }: &Prepared,
        account: &str,
        act: Act<'_>,
        leaving: &mut Leaving<'_>,
    ) -> Result<KeptPicture, (Went, Verdict)> {
        let mut kept = written.kept(account).await;
        if kept.handle.is_none()
            && let Ok(Some(picture)) = self.script.picture(written, self.clock.now()).await
            && let Some(upload) = adapter.upload(&picture, credentials)
        {
            let may = |_| ready(Ok::<_, Infallible>(()));
            let Judged { went, verdict, .. } = match self.exchange(*adapter, act, upload, leaving, may).await
            {
                Ok(judged) => judged,
                Err(never) => match never {},
            };
            match verdict.media {
                Some(media) => kept.handle = Some(media.into()),
                // Accepted, but without a handle: to upload it again makes no second message.
                None if matches!(verdict.outcome, Outcome::Delivered(_) | Outcome::Unknown) => {
                    return Err((went, Verdict { outcome: Outcome::Retry, ..verdict }));
                }
                None => return Err((went, verdict)),
            }
        }
        Ok(kept)
    }

    /// The address by a chat's id, where it was given a new one, or its first answer tells the id of a chat that
    /// was connected by a name.
    fn moved(&self, adapter: &dyn Adapter, credentials: &Credentials, verdict: &Verdict) -> Option<Moved> {
        let chat = match &verdict.outcome {
            Outcome::Moved(chat) => chat,
            Outcome::Delivered(Some(reference)) => {
                adapter.chat(reference).filter(|chat| credentials.chat.as_deref() != Some(chat))?
            }
            _ => return None,
        };
        let credentials = credentials.clone().moved_to(chat.to_owned());
        Some(Moved {
            credentials_sealed: sealed_credentials::seal(&self.vault, &credentials),
            address_hash: sealed_credentials::hash(&self.vault, &credentials),
        })
    }
}

/// The end of an attempt that failed on our side.
fn internal(leased: &Leased, error: &StoreError) -> Ended {
    tracing::error!(%error, delivery = leased.delivery, "a message could not be prepared");
    Ended { ours: true, ..ended(Verdict::ours(Outcome::Retry, "internal"), 1, &[]) }
}

/// The end of an attempt that panicked. If its request had left, nobody knows whether it arrived.
pub(super) fn panicked(leased: &Leased, left: bool) -> Attempted {
    tracing::error!(delivery = leased.delivery, left, "a send panicked");
    let outcome = if left { Outcome::Unknown } else { Outcome::Retry };
    let ended = Ended { ours: true, ..ended(Verdict::ours(outcome, "internal"), 1, &[]) };
    Attempted::concluded(Went::NotSent, ended)
}

/// An end whose times are not known yet.
fn ended(verdict: Verdict, parts: usize, ways: &'static [TakeBack]) -> Ended {
    let (at, took_ms, answer_sealed, moved) = (DateTime::UNIX_EPOCH, 0, None, None);
    Ended {
        verdict,
        ours: false,
        parts,
        ways,
        alone: false,
        at,
        took_ms,
        random: rand::random(),
        answer_sealed,
        moved,
    }
}
