//! The drawing of a picture: started by the first request that needs it and waited for by all that do, but
//! not for long. A request that waits holds a place at its host, and words for others would have to wait
//! behind it.
//!
//! Words never wait for a picture that is sent separately; they wait at most six seconds for one in the same
//! message, and no delivery waits longer than seven for a drawing. A picture that could not be drawn is drawn again,
//! after longer and longer waits; a separate picture is put off until then, which is no attempt and uses up neither
//! lane nor bot. It is uploaded once for all groups of an account, and again only where the platform says that it
//! does not know it.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use tokio::time::{Instant, timeout_at};

use super::platforms::Act;
use super::retry;

/// How long the first drawing is waited for, so that a lease has time left for its request; the second is
/// waited for half as long, the third a third as long, and so on.
const PATIENCE: Duration = Duration::from_secs(7);

/// How long words wait for a picture that goes out in the same request, at most.
const WORDS: TimeDelta = TimeDelta::seconds(6);
/// How long an edit waits for the picture that replaces a face, at most: what fails for so long will go on to
/// fail. Then the words below the face are edited. Shorter than a drawing is remembered, or this would begin anew.
const FACE: TimeDelta = TimeDelta::minutes(30);
/// How often a request that waits for its picture looks whether it is drawn.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(2);

/// The result of drawing a picture; `None` where it can never be drawn.
pub type Drawn = Result<Option<Bytes>, Failed>;

/// It could not be drawn this time.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

/// A picture that is not there yet.
#[derive(Clone, Copy, Debug)]
pub struct NotDrawn {
    /// Since when it is wanted.
    pub since: DateTime<Utc>,
    /// It is not drawn again before then.
    pub again_at: DateTime<Utc>,
}

impl NotDrawn {
    /// How long an act goes on to wait for its picture; `None` where it goes without. One that `has_words`
    /// without the picture does not wait for long, unless it is an edit, which would leave in the chat what the
    /// picture is to replace; one that has none waits for as long as it may be said.
    pub fn wait(&self, act: Act<'_>, has_words: bool, now: DateTime<Utc>) -> Option<TimeDelta> {
        let until_drawn = (self.again_at - now).max(LOOK_AGAIN);
        let (wait, most) = match act {
            Act::Edit(_) => (until_drawn, FACE),
            _ if has_words => (LOOK_AGAIN, WORDS),
            _ => return Some(until_drawn),
        };
        (now - self.since < most).then_some(wait)
    }
}

/// A picture that is being drawn, was drawn, or could not be.
#[derive(Clone)]
pub struct Drawing {
    /// Since when it is wanted.
    since: DateTime<Utc>,
    began: DateTime<Utc>,
    /// How often it was begun.
    times: u32,
    waited_for: Instant,
    picture: Shared<BoxFuture<'static, Drawn>>,
}

impl Drawing {
    /// The latest drawing unless that failed; else a new one.
    ///
    /// # Errors
    /// Where the latest failed too short a time ago.
    pub fn after(
        latest: Option<&Drawing>,
        now: DateTime<Utc>,
        draw: impl FnOnce() -> BoxFuture<'static, Drawn>,
    ) -> Result<Drawing, NotDrawn> {
        let (since, times) = match latest {
            None => (now, 1),
            Some(latest) if !matches!(latest.picture.peek(), Some(Err(Failed))) => return Ok(latest.clone()),
            Some(latest) if (latest.began..latest.not_drawn().again_at).contains(&now) => {
                return Err(latest.not_drawn());
            }
            Some(latest) => (latest.since, latest.times.saturating_add(1)),
        };
        // It goes on even if nobody waits for it any more.
        let drawn = tokio::spawn(draw()).map(|drawn| drawn.unwrap_or(Err(Failed)));
        let waited_for = Instant::now() + PATIENCE / times;
        Ok(Drawing { since, began: now, times, waited_for, picture: drawn.boxed().shared() })
    }

    /// Whether there is a picture, or it is known that there never will be one.
    pub fn is_drawn(&self) -> bool {
        matches!(self.picture.peek(), Some(Ok(_)))
    }

    /// The picture.
    ///
    /// # Errors
    /// Where it failed, or takes long.
    pub async fn wait(self) -> Result<Option<Bytes>, NotDrawn> {
        let not_drawn = self.not_drawn();
        let drawn = timeout_at(self.waited_for, self.picture).await;
        drawn.unwrap_or(Err(Failed)).map_err(|Failed| not_drawn)
    }

    fn not_drawn(&self) -> NotDrawn {
        NotDrawn { since: self.since, again_at: retry::after(self.began, retry::backoff(self.times)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fails_is_drawn_anew_ever_more_rarely_and_what_is_drawn_is_kept() {
        let began = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (mut latest, mut drawn_at) = (None, Vec::new());
        for second in 0..1_800 {
            let draw = || -> BoxFuture<'static, Drawn> {
                drawn_at.push(second);
                Box::pin(async move { if second < 200 { Err(Failed) } else { Ok(None) } })
            };
            let drawing = Drawing::after(latest.as_ref(), began + TimeDelta::seconds(second), draw);
            let Ok(drawing) = drawing else { continue };
            latest = Some(drawing.clone());
            let drawn = drawing.wait().await;
            assert_eq!(drawn.is_ok(), second >= 200);
            assert!(drawn.map_err(|not_drawn| not_drawn.since).err().is_none_or(|since| since == began));
        }
        assert_eq!(drawn_at, [0, 2, 8, 26, 80, 242]);
    }

    #[tokio::test]
    async fn a_drawing_that_panics_has_failed() {
        let now = DateTime::UNIX_EPOCH;
        let draw = || -> BoxFuture<'static, Drawn> { Box::pin(async { panic!("on purpose") }) };
        assert!(Drawing::after(None, now, draw).unwrap().wait().await.is_err());
    }
}
