//! The groups: an admin connects a chat and proves control of it, sets its preferences, and reads what became
//! of every message.
//!
//! No step talks to a platform inside a transaction. The decision to send is recorded first, then the message
//! is sent, then the result is recorded.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::broadcast::hosts::Hosts;
use crate::broadcast::platforms::Verdict;
use crate::broadcast::send::Sender;
use crate::clock::Clock;
use crate::domain::delivery::{DeliveryState, EndedAs, Outcome, Refusal};
use crate::domain::group::{GroupState, Platform};
use crate::store::groups::{self, Group};
use crate::store::lanes::{Missed, NotHeld};
use crate::store::{Conn, Store, StoreError};
use crate::vault::Vault;

pub mod api;
mod budget;
mod connect;
pub mod delivery_log;
pub mod draft;
mod form;
mod host_place;
mod hours;
pub mod pages;
mod pauses;
mod preferences;
mod probe;
mod secret;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use budget::PROBES_KEPT;
pub use connect::{Connected, NoCode, fresh};
pub use delivery_log::LOG_KEPT;
pub use draft::{Addresses, Change, Draft, MAX_REGIONS, NewGroup};
pub use hours::Hours;
pub use pauses::{LONGEST_PAUSE, pause_all, receiving};

/// The most groups of one account: more than anybody can look after, even a program with a token.
pub const MAX_GROUPS: i64 = 5_000;

/// The groups' station; cheap to clone.
#[derive(Clone)]
pub struct Groups {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub sender: Arc<Sender>,
    /// What each host has under way, and which hosts are unavailable.
    pub hosts: Arc<Mutex<Hosts>>,
    /// The base of the links in messages.
    pub base_url: Arc<str>,
    /// Wakes the worker when a group can receive again.
    pub work_is_due: Arc<Notify>,
}

/// Why a step was refused.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    #[error("this admin has no such group")]
    Unknown,
    #[error("the robot is connected already")]
    Exists,
    #[error("this admin has {MAX_GROUPS} groups")]
    Full,
    #[error("a group that is {} cannot do that", .0.as_str())]
    NotPossible(GroupState),
    #[error("the code is wrong")]
    WrongCode {
        /// How many tries are left.
        tries_left: i16,
    },
    #[error("no code is awaited, or it has expired")]
    CodeExpired,
    #[error("a delivery that is {} does not go again", .0.as_str())]
    NotAgain(DeliveryState),
    #[error("we make no secrets for this platform")]
    NoSecret,
    #[error("the code was tried too often; it expires in {0}")]
    TriedTooOften(TimeDelta),
    #[error("too often; possible again in {0}")]
    TooMany(TimeDelta),
    #[error("the platform did not take the message")]
    Unreachable(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Groups {
    /// Takes a step that speaks to a platform to its end, though whoever asked for it may hang up, which drops the
    /// door's own future: what is answered must be recorded, above all for how long the platform wants to hear
    /// nothing.
    async fn to_its_end<T: Send + 'static>(
        &self,
        step: impl Future<Output = Result<T, GroupError>> + Send + 'static,
    ) -> Result<T, GroupError> {
        let taken = self.sender.runtime().spawn(step).await;
        taken.unwrap_or_else(|_| Err(StoreError::BrokenOff.into()))
    }
}

/// What a platform said to a message that it did not take.
fn refusal(platform: Platform, verdict: Verdict) -> Refusal {
    let fault = match verdict.outcome {
        Outcome::Config(fault) => Some(fault),
        _ => None,
    };
    Refusal { platform, ended: verdict.outcome.ended_as(), fault, code: verdict.code }
}

/// What a group keeps of a test message that was refused then; nothing where it came too fast, because then the
/// next one arrives.
fn missed(refusal: &Refusal, at: DateTime<Utc>) -> Option<Missed> {
    let Refusal { ended, fault, code, .. } = refusal.clone();
    (ended != EndedAs::Slow).then_some(Missed { at, ended, fault, code })
}

/// Locks an admin's group. A group of another admin looks like one that does not exist.
fn locked(tx: &mut Conn, account: Uuid, id: Uuid) -> Result<Group, GroupError> {
    groups::lock(tx, account, id)?.ok_or(GroupError::Unknown)
}

impl NotHeld {
    fn refused(self, now: DateTime<Utc>) -> GroupError {
        GroupError::TooMany(match self {
            // About as long as a platform takes to answer.
            NotHeld::InUse => TimeDelta::seconds(5),
            NotHeld::Full(until) => until - now,
        })
    }
}
