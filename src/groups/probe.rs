//! Probes: what is sent to a group at its admin's request, a code or a test message.
//!
//! It needs what a delivery needs: the group's lane, so that it counts against the robot's budget and never
//! comes between the requests of a delivery; a place in the budget of a bot that groups share; and a place
//! at the host.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use uuid::Uuid;

use super::budget::{PROBES, WITH_ANOTHER, count, without};
use super::connect::forget_code;
use super::host_place::HostPlace;
use super::{GroupError, Groups, locked, missed, refusal};
use crate::broadcast::conclude::{self, Judged};
use crate::broadcast::hosts::{Hosts, Went};
use crate::broadcast::message::{Message, plain};
use crate::broadcast::platforms::{Act, Credentials, Stamp, Verdict, adapter};
use crate::broadcast::{retry, sealed_credentials};
use crate::clock::new_id;
use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::language::Arg;
use crate::store::bots::{self, Use, Used};
use crate::store::groups::{self, Group};
use crate::store::lanes::{self, Held, Missed};
use crate::store::{Conn, StoreError, probes};

/// How long a lane is held: longer than any exchange takes, and no longer than a delivery holds it.
const HOLD: TimeDelta = TimeDelta::seconds(25);

/// A test message, and how it is called in the log.
const TEST: &str = "broadcast-test";

/// Permission to send something now, recorded and with its places taken.
#[derive(Debug)]
pub(super) struct Probe {
    pub group: Uuid,
    pub platform: Platform,
    language: Language,
    credentials_sealed: Vec<u8>,
    address_hash: Vec<u8>,
    /// The bot that the group shares with other groups.
    bot: Option<String>,
    /// The hold on the group's lane; `None` for a robot that is not in the lane yet and has a budget of its
    /// own.
    held: Option<Held>,
    place: HostPlace,
    started: DateTime<Utc>,
}

impl Probe {
    /// What is sent, in its group's language.
    pub(super) fn words(&self, key: &str, args: &[Arg<'_>]) -> Message {
        plain(self.language, key, args, self.started)
    }
}

/// The result of a probe.
#[derive(Debug)]
pub(super) struct ProbeResult {
    pub verdict: Verdict,
    /// The new credentials, where the chat has moved to a new id, or was given by a name.
    pub moved: Option<Credentials>,
    /// Whether the chat turned out to be another group's.
    pub taken: bool,
    pub reservation: Reservation,
}

/// Whether a group could follow its chat to an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Followed {
    Yes,
    /// Another group has that chat.
    Taken,
    /// It has another robot by now, or is deleted.
    Gone,
}

/// What a probe took and has to be given back, with what became of the request.
#[derive(Debug)]
#[must_use = "the lane stays held until it is given back"]
pub(super) struct Reservation {
    group: Uuid,
    platform: Platform,
    address_hash: Vec<u8>,
    bot: Option<String>,
    held: Option<Held>,
    started: DateTime<Utc>,
    ended: DateTime<Utc>,
    /// The platform wants to hear nothing more before then: from the group, or, where it is `wide`, from its
    /// bot.
    asked_until: DateTime<Utc>,
    wide: bool,
    delivered: bool,
    /// It was a test message that did not arrive, and not because of the platform's pace.
    missed: Option<Missed>,
    /// Whether the request may have reached the platform.
    reached: bool,
    /// Whether that answered.
    answered: bool,
}

/// Admits one more code or test to a locked group: counts it, holds the lane and saves the group. A bot
/// that it shares with others, and its host, must have room for one more, too.
///
/// # Errors
/// [`GroupError::TooMany`] where the limit of the group or of its robot is reached, or the lane, the bot or
/// the host has no room now.
pub(super) fn reserve(
    tx: &mut Conn,
    hosts: &Arc<Mutex<Hosts>>,
    group: &mut Group,
    now: DateTime<Utc>,
) -> Result<Probe, GroupError> {
    count(tx, group, &group.address_hash.clone(), PROBES, now)?;
    let held = hold(tx, group, now)?;
    groups::save(tx, group)?;
    probe(tx, hosts, group, Some(held), now)
}

fn hold(tx: &mut Conn, group: &Group, now: DateTime<Utc>) -> Result<Held, GroupError> {
    let pace = |sends: &[DateTime<Utc>]| pace(group.platform, sends, now);
    lanes::hold(tx, group.id.0, (now, now + HOLD), &pace)?.map_err(|not_held| not_held.refused(now))
}

/// As [`reserve`], by the credentials in `renewed`, which are to replace the present ones. If they are of another
/// robot than the `same`, it waits neither for requests of the present robot nor for its budget.
pub(super) fn reserve_for(
    tx: &mut Conn,
    hosts: &Arc<Mutex<Hosts>>,
    group: &mut Group,
    renewed: &Group,
    same: bool,
    now: DateTime<Utc>,
) -> Result<Probe, GroupError> {
    count(tx, group, &renewed.address_hash, if same { PROBES } else { WITH_ANOTHER }, now)?;
    let held = if same { Some(hold(tx, group, now)?) } else { None };
    groups::save(tx, group)?;
    probe(tx, hosts, renewed, held, now)
}

/// Records in the lane of a group that its new robot has just been sent something.
pub(super) fn record_sent(tx: &mut Conn, group: &Group, at: DateTime<Utc>) -> Result<(), GroupError> {
    let pace = |sends: &[DateTime<Utc>]| pace(group.platform, sends, at);
    let held = lanes::hold(tx, group.id.0, (at, at), &pace)?.map_err(|not_held| not_held.refused(at))?;
    Ok(lanes::free(tx, group.id.0, held, (at, at), &pace)?)
}

/// Takes the places that the group shares with others: its bot's and its host's.
fn probe(
    tx: &mut Conn,
    hosts: &Arc<Mutex<Hosts>>,
    group: &Group,
    held: Option<Held>,
    now: DateTime<Utc>,
) -> Result<Probe, GroupError> {
    let platform = group.platform;
    if let Some(bot) = &group.bot {
        let pace = |platform, sends: &[DateTime<Utc>]| conclude::bot_pace(platform, sends, now);
        bots::take(tx, bot, platform, now, &pace)?.map_err(|not_held| not_held.refused(now))?;
    }
    // Taken last: once the host admits it, it goes out.
    let place = HostPlace::take(hosts, group, now).map_err(|not_held| not_held.refused(now))?;
    Ok(Probe {
        group: group.id.0,
        platform,
        language: group.language,
        credentials_sealed: group.credentials_sealed.clone(),
        address_hash: group.address_hash.clone(),
        bot: group.bot.clone(),
        held,
        place,
        started: now,
    })
}

/// When messages that waited for a robot may go out; later where its platform refuses everybody.
pub(super) fn back(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    conclude::back(platform, pace(platform, sends, now), rand::random())
}

/// When the robot may get its next request.
pub(super) fn pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    conclude::pace(platform, sends, now, rand::random())
}

impl Groups {
    /// Sends it, follows the chat where it has moved, or where it was given by a name and the answer tells its
    /// id, and returns what the platform answered. The host's place is free again; the rest is to be given
    /// back.
    pub(super) async fn send_probe(
        &self,
        account: Uuid,
        mut probe: Probe,
        key: &str,
        words: Message,
    ) -> Result<ProbeResult, StoreError> {
        let credentials = sealed_credentials::open(&self.vault, &probe.credentials_sealed)?;
        let mut judged = self.attempt(&probe, &credentials, &words).await;
        let (mut moved, mut followed) = (None, Followed::Yes);
        if let Outcome::Moved(chat) = &judged.verdict.outcome {
            let there = credentials.moved_to(chat.clone());
            followed = self.follow(account, &probe, &there).await?;
            if followed == Followed::Yes {
                judged = self.attempt(&probe, &there, &words).await;
                moved = Some(there);
            }
        } else if let Outcome::Delivered(Some(reference)) = &judged.verdict.outcome
            && let Some(chat) = adapter(probe.platform).chat(reference)
            && credentials.chat.as_deref() != Some(chat)
        {
            let there = credentials.moved_to(chat.to_owned());
            followed = self.follow(account, &probe, &there).await?;
            moved = Some(there).filter(|_| followed == Followed::Yes);
        }
        let Judged { went, verdict, answer } = judged;
        tracing::info!(
            group = %probe.group,
            platform = probe.platform.as_str(),
            outcome = verdict.outcome.as_str(),
            code = verdict.code.as_deref(),
            "{key}"
        );
        let ended = self.clock.now();
        probe.place.ended = (ended, went);
        let reservation = Reservation {
            asked_until: retry::rest_asked(&verdict, ended),
            wide: verdict.wide,
            delivered: matches!(verdict.outcome, Outcome::Delivered(_)),
            missed: None,
            reached: answer.is_some() || verdict.outcome == Outcome::Unknown,
            answered: answer.is_some(),
            ended,
            group: probe.group,
            platform: probe.platform,
            address_hash: probe.address_hash,
            bot: probe.bot,
            held: probe.held,
            started: probe.started,
        };
        Ok(ProbeResult { verdict, moved, taken: followed == Followed::Taken, reservation })
    }

    /// Gives back what a probe took, and records what became of it. From now on deliveries may use the lane.
    /// A request that never reached the platform is not counted.
    pub(super) async fn release(&self, account: Uuid, reservation: Reservation) -> Result<(), StoreError> {
        self.store
            .write(move |tx| {
                let at = reservation.ended;
                // The group may have been deleted meanwhile.
                let group = groups::lock(tx, account, reservation.group)?;
                if let Some(mut group) = group {
                    let pace = |sends: &[DateTime<Utc>]| pace(reservation.platform, sends, at);
                    if let Some(held) = reservation.held {
                        lanes::free(tx, reservation.group, held, (at, reservation.asked_until), &pace)?;
                        if reservation.delivered {
                            lanes::reopen(tx, reservation.group, &|sends| {
                                back(reservation.platform, sends, at)
                            })?;
                            groups::redeliver_unheard(tx, reservation.group, at)?;
                        }
                    }
                    if let Some(missed) = &reservation.missed {
                        lanes::miss(tx, reservation.group, missed)?;
                    }
                    if !reservation.reached {
                        group.set_probes(&without(group.probes(), reservation.started));
                        groups::save(tx, &group)?;
                    }
                }
                if !reservation.reached {
                    let sent = without(probes::lock(tx, &reservation.address_hash, at)?, reservation.started);
                    probes::save(tx, &reservation.address_hash, &sent)?;
                }
                match reservation.bot.as_deref().filter(|_| reservation.reached) {
                    Some(bot) => {
                        let rests_until =
                            Some(reservation.asked_until).filter(|until| reservation.wide && *until > at);
                        let one = Use {
                            taken: reservation.started,
                            ended: Some(at),
                            answered: reservation.answered,
                        };
                        let used = Used { requests: vec![one], rests_until };
                        bots::record(tx, &BTreeMap::from([(bot, used)]))
                    }
                    None => Ok(()),
                }
            })
            .await?;
        self.work_is_due.notify_one();
        Ok(())
    }

    /// One request.
    async fn attempt(&self, probe: &Probe, credentials: &Credentials, words: &Message) -> Judged {
        let (adapter, act) = (adapter(probe.platform), Act::Say(0));
        let Some(body) = adapter.compose(words, act) else {
            let verdict = Verdict::ours(Outcome::Bad, "internal");
            return Judged { went: Went::NotSent, verdict, answer: None };
        };
        let stamp = Stamp::new(probe.started, new_id(probe.started));
        let sent = self.sender.send(adapter.address(act, &body, credentials, &stamp)).await;
        conclude::judged(adapter, act, sent, self.clock.now())
    }

    /// Moves a group to its chat's id. For a robot that the group does not use yet there is nothing to move.
    async fn follow(&self, account: Uuid, probe: &Probe, to: &Credentials) -> Result<Followed, StoreError> {
        if probe.held.is_none() {
            return Ok(Followed::Yes);
        }
        let (sealed, address_hash) =
            (sealed_credentials::seal(&self.vault, to), sealed_credentials::hash(&self.vault, to));
        let (group, robot) = (probe.group, probe.address_hash.clone());
        self.store
            .write(move |tx| {
                let locked = groups::lock(tx, account, group)?;
                let Some(mut group) = locked.filter(|group| group.address_hash == robot) else {
                    return Ok(Followed::Gone);
                };
                let there = Group { credentials_sealed: sealed, address_hash, ..group.clone() };
                if groups::save(tx, &there)? {
                    return Ok(Followed::Yes);
                }
                // Whoever reads the code in that chat must not prove control of it a second time.
                forget_code(&mut group);
                groups::save(tx, &group)?;
                Ok(Followed::Taken)
            })
            .await
    }

    /// Sends a message marked as a test; returns the platform's code.
    ///
    /// # Errors
    /// [`GroupError::NotPossible`] before control is proved, [`GroupError::TooMany`] after three in an hour,
    /// [`GroupError::Unreachable`] where there is no proof that it arrived.
    pub async fn test(&self, account: Uuid, id: Uuid) -> Result<Option<String>, GroupError> {
        self.to_its_end(self.clone().send_test(account, id)).await
    }

    async fn send_test(self, account: Uuid, id: Uuid) -> Result<Option<String>, GroupError> {
        let (now, hosts) = (self.clock.now(), Arc::clone(&self.hosts));
        let probe = self
            .store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                if !group.state.is_proved() {
                    return Err(GroupError::NotPossible(group.state));
                }
                reserve(tx, &hosts, &mut group, now)
            })
            .await?;
        let (platform, words) = (probe.platform, probe.words(TEST, &[]));
        let ProbeResult { verdict, mut reservation, .. } =
            self.send_probe(account, probe, TEST, words).await?;
        if matches!(verdict.outcome, Outcome::Delivered(_)) {
            self.release(account, reservation).await?;
            return Ok(verdict.code);
        }
        let refusal = refusal(platform, verdict);
        reservation.missed = missed(&refusal, reservation.ended);
        self.release(account, reservation).await?;
        Err(GroupError::Unreachable(refusal))
    }
}
