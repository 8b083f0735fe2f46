//! What a lease hands out: a delivery with everything that sending it takes.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::delivery::{ActSoFar, How, Purpose, Reach};
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::store::digests::Companion;

/// A delivery that this node may send now, with everything that sending it takes.
#[derive(Clone, Debug)]
pub struct Leased {
    pub delivery: i64,
    pub broadcast: Uuid,
    pub group: Uuid,
    pub platform: Platform,
    pub language: Language,
    /// The host that its requests go to.
    pub host: String,
    /// The bot its group shares with other groups, if there is one.
    pub bot: Option<String>,
    pub credentials_sealed: Vec<u8>,
    pub purpose: Purpose,
    /// How many requests of the delivery are done.
    pub part: i16,
    pub act: ActSoFar,
    /// What the taking back has come to so far.
    pub how: Option<How>,
    /// How many attempts there were, this one included.
    pub attempts: i32,
    /// How often its present request has failed.
    pub tries: i16,
    /// Whether earlier attempts may have reached the group. Of an end: whether an answer left that in doubt;
    /// a process that died may have said nothing, which is no reason to say the end less often.
    pub reach_before: Reach,
    /// The result counts only while the lane still has this fencing number.
    pub fence: i64,
    /// The result counts only until then.
    pub leased_until: DateTime<Utc>,
    /// The lane's latest requests, the last of them this one.
    pub sends: Vec<DateTime<Utc>>,
    /// When its group heard something within the last hour, as far as the cap counts it.
    pub heard: Vec<DateTime<Utc>>,
    /// The lane's failures since something last arrived.
    pub failures: i32,
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was decided to say this.
    pub said_at: DateTime<Utc>,
    /// Nothing of it goes out after this.
    pub not_after: Option<DateTime<Utc>>,
    /// Whether it counts for its group's hourly cap.
    pub is_rationed: bool,
    /// Until when its group wants to be left alone, because of its quiet hours or a pause: what is taken back
    /// silently may go, what makes a sound has to wait.
    pub quiet_until: Option<DateTime<Utc>>,
    /// Of an end: the messages about the notice that stand in the chat, oldest first, each by the platform's
    /// reference, or `None` for one that may stand there and that we cannot name.
    pub standing: Vec<Option<String>>,
    /// The deliveries that are told together with it, if it is a digest.
    pub with: Vec<Companion>,
}

impl Leased {
    /// The deliveries that its one request tells: itself and its companions.
    pub fn told(&self) -> impl Iterator<Item = i64> {
        [self.delivery].into_iter().chain(self.with.iter().map(|other| other.delivery))
    }

    /// Its companions, each as if it went alone.
    pub fn along(&self) -> impl Iterator<Item = Leased> {
        self.with.iter().map(|other| Leased {
            delivery: other.delivery,
            broadcast: other.broadcast,
            purpose: other.purpose,
            act: other.act,
            attempts: other.attempts,
            tries: other.tries,
            reach_before: other.reach_before,
            said_at: other.said_at,
            not_after: other.not_after,
            with: Vec::new(),
            ..self.clone()
        })
    }

    /// Whether it tells something that was not told, nor perhaps told, before.
    pub fn says_new(&self) -> bool {
        [self.act].into_iter().chain(self.with.iter().map(|other| other.act)).any(|act| act.in_vain == 0)
    }

    /// The broadcasts whose words it carries.
    pub fn said(&self) -> impl Iterator<Item = Uuid> {
        [self.broadcast].into_iter().chain(self.with.iter().map(|other| other.broadcast))
    }
}
