//! Says something of ours to a group on its admin's request: a code or a test message.
//!
//! It takes the group's lane for that, so that it counts against the robot's budget and never gets
//! between the requests of a delivery.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{GroupError, Groups, Refusal, locked};
use crate::broadcast::message::plain;
use crate::broadcast::platforms::{Act, Credentials, Stamp, Verdict, adapter};
use crate::broadcast::retry;
use crate::clock::new_id;
use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::language::Arg;
use crate::store::groups::{self, Group};
use crate::store::lanes::{self, Held};
use crate::store::{Conn, StoreError};

/// Codes or tests that a group gets on request in [`SPAN`], so that nobody can make us spam it.
const PROBES: usize = 3;
const SPAN: TimeDelta = TimeDelta::hours(1);
/// Longer than any exchange takes, and no longer than a delivery holds a lane.
const HOLD: TimeDelta = TimeDelta::seconds(25);

/// Something that may be said now, decided and written down.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub group: Uuid,
    pub platform: Platform,
    pub language: Language,
    credentials_sealed: Vec<u8>,
    /// The group's lane; a robot that is not in it yet has a budget of its own.
    held: Option<Held>,
    started: DateTime<Utc>,
}

/// Lets one more code or test go to a locked group: counts it, holds the lane and saves the group.
///
/// # Errors
/// [`GroupError::TooMany`] where the group's own limit or its robot's is reached.
pub(super) fn set_out(tx: &mut Conn, group: &mut Group, now: DateTime<Utc>) -> Result<Errand, GroupError> {
    count(group, now)?;
    let platform = group.platform.0;
    let held = lanes::hold(tx, group.id.0, (now, now + HOLD), &|sends| pace(platform, sends, now))?
        .map_err(|not_held| not_held.refused(now))?;
    groups::save(tx, group)?;
    Ok(errand(group, group.credentials_sealed.clone(), Some(held), now))
}

/// As [`set_out`], to the robot that is to take the place of the present one, as `renewed` has it. It does not wait
/// for what the present one has under way, nor for its budget.
pub(super) fn set_out_to(
    tx: &mut Conn,
    group: &mut Group,
    renewed: &Group,
    now: DateTime<Utc>,
) -> Result<Errand, GroupError> {
    if renewed.address_hash == group.address_hash {
        let errand = set_out(tx, group, now)?;
        return Ok(Errand { credentials_sealed: renewed.credentials_sealed.clone(), ..errand });
    }
    count(group, now)?;
    groups::save(tx, group)?;
    Ok(errand(group, renewed.credentials_sealed.clone(), None, now))
}

/// Writes into the renewed lane of a group that its new robot has just been asked for something.
pub(super) fn note(tx: &mut Conn, group: &Group, at: DateTime<Utc>) -> Result<(), GroupError> {
    let pace = |sends: &[DateTime<Utc>]| pace(group.platform.0, sends, at);
    let held = lanes::hold(tx, group.id.0, (at, at), &pace)?.map_err(|not_held| not_held.refused(at))?;
    Ok(lanes::free(tx, group.id.0, held, (at, at), &pace)?)
}

/// Counts one more code or test.
fn count(group: &mut Group, now: DateTime<Utc>) -> Result<(), GroupError> {
    let mut probes: Vec<_> = group.probes().into_iter().filter(|at| *at > now - SPAN).collect();
    if probes.len() >= PROBES {
        return Err(GroupError::TooMany(probes[0] + SPAN - now));
    }
    probes.push(now);
    group.set_probes(&probes);
    Ok(())
}

fn errand(group: &Group, credentials_sealed: Vec<u8>, held: Option<Held>, now: DateTime<Utc>) -> Errand {
    Errand {
        group: group.id.0,
        platform: group.platform.0,
        language: group.language.0,
        credentials_sealed,
        held,
        started: now,
    }
}

/// When the robot may be asked once more.
pub(super) fn pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    retry::open_at(adapter(platform).profile().rate, sends, 1, now)
}

impl Groups {
    /// Says it, gives the lane back, and answers what the platform said. A message that certainly did
    /// not arrive is not counted against the group's limit.
    pub(super) async fn say(
        &self,
        account: Uuid,
        errand: Errand,
        key: &str,
        args: &[Arg<'_>],
    ) -> Result<Verdict, StoreError> {
        let verdict = self.attempt(&errand, key, args).await?;
        tracing::info!(
            group = %errand.group,
            platform = errand.platform.as_str(),
            outcome = verdict.outcome.as_str(),
            code = verdict.code.as_deref(),
            "{key}"
        );
        let arrived = matches!(verdict.outcome, Outcome::Delivered(_) | Outcome::Unknown);
        let delivered = matches!(verdict.outcome, Outcome::Delivered(_));
        let at = self.clock.now();
        let asked_until = retry::rest_asked(&verdict, at);
        self.store
            .write(move |tx| {
                // It may have been deleted meanwhile.
                let Some(mut group) = groups::lock(tx, account, errand.group)? else { return Ok(()) };
                let pace = |sends: &[DateTime<Utc>]| pace(errand.platform, sends, at);
                if let Some(held) = errand.held {
                    lanes::free(tx, errand.group, held, (at, asked_until), &pace)?;
                    if delivered {
                        lanes::reopen(tx, errand.group, &pace)?;
                    }
                }
                if !arrived {
                    let kept: Vec<_> = group.probes().into_iter().filter(|p| *p != errand.started).collect();
                    group.set_probes(&kept);
                    groups::save(tx, &group)?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        self.wake.notify_one();
        Ok(verdict)
    }

    async fn attempt(&self, errand: &Errand, key: &str, args: &[Arg<'_>]) -> Result<Verdict, StoreError> {
        let opened = self.vault.open("credentials", &errand.credentials_sealed)?;
        let credentials: Credentials = serde_json::from_slice(&opened)?;
        let adapter = adapter(errand.platform);
        let act = Act::Say(0);
        let Some(body) = adapter.compose(&plain(errand.language, key, args, errand.started), act) else {
            return Ok(Verdict::ours(Outcome::Bad, "internal"));
        };
        let stamp = Stamp::new(errand.started, new_id(errand.started));
        Ok(match self.sender.send(adapter.address(act, &body, &credentials, &stamp)).await {
            Ok(answer) => adapter.judge(act, &answer),
            Err(fault) => Verdict::ours(fault.outcome(), fault.as_str()),
        })
    }

    /// Sends a message marked as a test; answers the platform's code.
    ///
    /// # Errors
    /// [`GroupError::NotPossible`] before control is proved, [`GroupError::TooMany`] after three in an
    /// hour, [`GroupError::Unreachable`] where there is no proof that it arrived.
    pub async fn test(&self, account: Uuid, id: Uuid) -> Result<Option<String>, GroupError> {
        let now = self.clock.now();
        let errand = self
            .store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                if !super::preferences::is_proved(&group) {
                    return Err(GroupError::NotPossible(group.state.0));
                }
                set_out(tx, &mut group, now)
            })
            .await?;
        let platform = errand.platform;
        let verdict = self.say(account, errand, "broadcast-test", &[]).await?;
        match verdict.outcome {
            Outcome::Delivered(_) => Ok(verdict.code),
            _ => Err(GroupError::Unreachable(Refusal::new(platform, verdict))),
        }
    }
}
