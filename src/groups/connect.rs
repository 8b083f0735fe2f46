//! Connecting a chat and proving control of it: a code is sent into the chat, and its admin, who reads it
//! there, types it in here.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::probe::{self, Probe, ProbeResult, Reservation};
use super::{GroupError, Groups, MAX_GROUPS, NewGroup, locked, refusal};
use crate::broadcast::platforms::Credentials;
use crate::broadcast::sealed_credentials;
use crate::clock::new_id;
use crate::domain::delivery::{Outcome, Refusal};
use crate::domain::group::GroupState;
use crate::domain::text::compact;
use crate::store::groups::{self, Group};
use crate::store::types::{Id, Time};
use crate::store::{Conn, accounts, lanes, probes};
use crate::vault::{self, Vault};

/// How long a code is valid.
const VALID: TimeDelta = TimeDelta::minutes(10);
/// How often one code may be tried.
const TRIES: i16 = 5;

/// A code that was sent to an address which the group does not use yet.
#[derive(Debug)]
pub(super) struct Tested {
    /// The code's hash, as a group keeps it.
    hash: Vec<u8>,
    /// When it was sent.
    at: DateTime<Utc>,
    /// The new credentials, where the chat has moved to a new id, or was given by a name.
    moved: Option<Credentials>,
    /// What the platform answered instead of taking it.
    pub refused: Option<Refusal>,
}

/// A group that was connected, or that got a new robot.
#[derive(Clone, Debug)]
pub struct Connected {
    pub id: Uuid,
    /// A secret that we generated: shown now, and only once.
    pub secret: Option<String>,
    /// Why no code is in the chat.
    pub no_code: Option<NoCode>,
}

/// Why no code is in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// What the platform answered instead of taking it.
    Refused(Refusal),
    /// None was sent, nor will be for so long: the chat has had as many as it may, or its bot or host rests.
    Held(TimeDelta),
}

/// The result of trying a code. Not an error, because a wrong try must be committed.
enum Tried {
    Right,
    /// Wrong; this many tries are left.
    Wrong(i16),
}

impl Groups {
    /// Stores a new group, unverified, and sends the code into it. Where the chat does not take the code, the
    /// group is kept all the same: its admin fixes the chat and asks for another code.
    ///
    /// # Errors
    /// [`GroupError::Exists`] where the robot is connected already, as may be known only once the platform has
    /// answered; [`GroupError::Full`] beyond [`MAX_GROUPS`].
    pub async fn connect(&self, account: Uuid, new: NewGroup) -> Result<Connected, GroupError> {
        self.to_its_end(self.clone().store_and_ask(account, new)).await
    }

    async fn store_and_ask(self, account: Uuid, new: NewGroup) -> Result<Connected, GroupError> {
        let now = self.clock.now();
        let group = fresh(&self.vault, account, &new, now);
        let id = group.id.0;
        self.store
            .write(move |tx| {
                // Without the lock, several at once could each pass as the last one allowed.
                accounts::lock(tx, account)?;
                if groups::count_of(tx, account)? >= MAX_GROUPS {
                    return Err(GroupError::Full);
                }
                if groups::insert(tx, &group, &new.regions)? { Ok(()) } else { Err(GroupError::Exists) }
            })
            .await?;
        let no_code = match self.clone().send_new_code(account, id).await {
            Ok(()) => None,
            Err(GroupError::Unreachable(refusal)) => Some(NoCode::Refused(refusal)),
            Err(GroupError::TooMany(wait)) => Some(NoCode::Held(wait)),
            Err(GroupError::Exists) => {
                self.delete(account, id).await?;
                return Err(GroupError::Exists);
            }
            Err(error) => return Err(error),
        };
        Ok(Connected { id, secret: new.secret, no_code })
    }

    /// Sends a code to another address of the chat, and leaves the group as it is. What it took is given back
    /// once the group has the address: until then a delivery would go out by the present one.
    ///
    /// # Errors
    /// [`GroupError::Exists`] where the robot belongs to another group, [`GroupError::TooMany`] after three
    /// codes in an hour.
    pub(super) async fn try_way(
        &self,
        account: Uuid,
        id: Uuid,
        way: Credentials,
    ) -> Result<(Tested, Reservation), GroupError> {
        let (now, code, vault) = (self.clock.now(), random_code(), self.vault.clone());
        let hosts = Arc::clone(&self.hosts);
        let probe = self
            .store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                let mut renewed = group.clone();
                enter(&vault, &mut renewed, &way);
                if groups::is_taken(tx, &renewed)? {
                    return Err(GroupError::Exists);
                }
                let same = sealed_credentials::open(&vault, &group.credentials_sealed)?.is_same_robot(&way);
                probe::reserve_for(tx, &hosts, &mut group, &renewed, same, now)
            })
            .await?;
        let hash = code_hash(&self.vault, id, &code);
        let (refused, ProbeResult { moved, taken, reservation, .. }) =
            self.say_code(account, probe, code).await?;
        if taken {
            self.release(account, reservation).await?;
            return Err(GroupError::Exists);
        }
        Ok((Tested { hash, at: self.clock.now(), moved, refused }, reservation))
    }

    /// Sends a new code, which replaces the one before. A disabled group comes back this way, too.
    ///
    /// # Errors
    /// [`GroupError::NotPossible`] where control is already proved, [`GroupError::TooMany`] after three codes
    /// in an hour, [`GroupError::Unreachable`] where the platform certainly did not take it,
    /// [`GroupError::Exists`] where the chat turns out to be another group's.
    pub async fn send_code(&self, account: Uuid, id: Uuid) -> Result<(), GroupError> {
        self.to_its_end(self.clone().send_new_code(account, id)).await
    }

    async fn send_new_code(self, account: Uuid, id: Uuid) -> Result<(), GroupError> {
        let (now, code) = (self.clock.now(), random_code());
        let (vault, hashed, hosts) = (self.vault.clone(), code.clone(), Arc::clone(&self.hosts));
        let probe: Probe = self
            .store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                if group.state.is_proved() {
                    return Err(GroupError::NotPossible(group.state));
                }
                group.code_hash = Some(code_hash(&vault, id, &hashed));
                group.code_expires_at = Some(Time(now + VALID));
                group.code_tries = 0;
                probe::reserve(tx, &hosts, &mut group, now)
            })
            .await?;
        let (refused, ProbeResult { taken, reservation, .. }) = self.say_code(account, probe, code).await?;
        self.release(account, reservation).await?;
        if taken {
            return Err(GroupError::Exists);
        }
        refused.map_or(Ok(()), |refusal| Err(GroupError::Unreachable(refusal)))
    }

    /// Sends a code. Returns the refusal, too, where the platform did not take it.
    async fn say_code(
        &self,
        account: Uuid,
        probe: Probe,
        code: String,
    ) -> Result<(Option<Refusal>, ProbeResult), GroupError> {
        const KEY: &str = "broadcast-code";
        let (platform, words) = (probe.platform, probe.words(KEY, &[("code", code.into())]));
        let result = self.send_probe(account, probe, KEY, words).await?;
        let refused = match &result.verdict.outcome {
            // Without proof either way the code may have arrived, and only a person who has read it can type
            // it in.
            Outcome::Delivered(_) | Outcome::Unknown => None,
            _ => Some(refusal(platform, result.verdict.clone())),
        };
        Ok((refused, result))
    }

    /// Takes the code that was read in the chat. From now on the group receives.
    ///
    /// # Errors
    /// [`GroupError::WrongCode`]; [`GroupError::CodeExpired`] where no code is awaited any more;
    /// [`GroupError::TriedTooOften`] after five tries, right or wrong.
    pub async fn verify(&self, account: Uuid, id: Uuid, given: &str) -> Result<(), GroupError> {
        let now = self.clock.now();
        let given = code_hash(&self.vault, id, &compact(given));
        let tried = self.store.write(move |tx| try_code(tx, account, id, &given, now)).await?;
        match tried {
            Tried::Wrong(tries_left) => Err(GroupError::WrongCode { tries_left }),
            Tried::Right => {
                tracing::info!(group = %id, "control of a group was proved");
                self.work_is_due.notify_one();
                Ok(())
            }
        }
    }
}

/// A new group as it is stored, unverified.
pub fn fresh(vault: &Vault, account: Uuid, new: &NewGroup, now: DateTime<Utc>) -> Group {
    let mut group = Group {
        id: Id(new_id(now)),
        account_id: Id(account),
        platform: new.credentials.platform,
        name: new.name.clone(),
        credentials_sealed: Vec::new(),
        address_hash: Vec::new(),
        last4: String::new(),
        language: new.language,
        state: GroupState::Unverified,
        reason: None,
        kinds: new.kinds.bits(),
        code_hash: None,
        code_expires_at: None,
        code_tries: 0,
        probes: Vec::new(),
        created_at: Time(now),
        verified_at: None,
        host: String::new(),
        bot: None,
        hourly_cap: new.hourly_cap,
        quiet_from: None,
        quiet_until: None,
        quiet_but_urgent: true,
        paused_until: None,
    };
    group.set_quiet(new.quiet);
    enter(vault, &mut group, &new.credentials);
    group
}

/// Counts the try first and then compares: of many concurrent tries, no sixth is ever compared.
fn try_code(
    tx: &mut Conn,
    account: Uuid,
    id: Uuid,
    given: &[u8],
    now: DateTime<Utc>,
) -> Result<Tried, GroupError> {
    let mut group = locked(tx, account, id)?;
    if group.state.is_proved() {
        return Err(GroupError::NotPossible(group.state));
    }
    let awaited = group.code_hash.clone().zip(group.code_expires_at);
    let Some((hash, expires)) = awaited.filter(|(_, expires)| expires.0 > now) else {
        return Err(GroupError::CodeExpired);
    };
    if group.code_tries >= TRIES {
        return Err(GroupError::TriedTooOften(expires.0 - now));
    }
    group.code_tries += 1;
    let right = vault::same(&hash, given);
    if right {
        group.state = GroupState::Active;
        group.reason = None;
        group.verified_at = Some(Time(now));
        forget_code(&mut group);
        group.set_probes(&[]);
        let platform = group.platform;
        groups::redeliver_unheard(tx, id, now)?;
        lanes::reopen(tx, id, &|sends| probe::back(platform, sends, now))?;
        probes::save(tx, &group.address_hash, &[])?;
    }
    groups::save(tx, &group)?;
    Ok(if right { Tried::Right } else { Tried::Wrong(TRIES - group.code_tries) })
}

/// Gives a group new credentials; control of the chat is not proved yet.
fn enter(vault: &Vault, group: &mut Group, credentials: &Credentials) {
    group.credentials_sealed = sealed_credentials::seal(vault, credentials);
    group.address_hash = sealed_credentials::hash(vault, credentials);
    group.last4 = credentials.last4();
    group.host = credentials.host();
    group.bot = credentials.account();
    group.state = GroupState::Unverified;
    group.reason = None;
    group.paused_until = None;
    forget_code(group);
}

/// Gives a locked group the credentials to which a code was sent; that code is awaited now.
pub(super) fn renew(
    tx: &mut Conn,
    vault: &Vault,
    group: &mut Group,
    credentials: &Credentials,
    tested: Tested,
) -> Result<(), GroupError> {
    let present = sealed_credentials::open(vault, &group.credentials_sealed)?;
    let credentials = tested.moved.as_ref().unwrap_or(credentials);
    enter(vault, group, credentials);
    let (id, same_robot) = (group.id.0, present.is_same_robot(credentials));
    if !same_robot {
        lanes::renew(tx, id)?;
        probe::record_sent(tx, group, tested.at)?;
    }
    if !same_robot && !present.is_same_account(credentials) {
        lanes::disown(tx, id)?;
    } else if !same_robot || present.token != credentials.token {
        lanes::doubt(tx, id)?;
    }
    group.code_hash = Some(tested.hash);
    group.code_expires_at = Some(Time(tested.at + VALID));
    Ok(())
}

/// From now on the group awaits no code.
pub(super) fn forget_code(group: &mut Group) {
    group.code_hash = None;
    group.code_expires_at = None;
    group.code_tries = 0;
}

/// Bound to its group: the code of one group is useless for another.
fn code_hash(vault: &Vault, group: Uuid, code: &str) -> Vec<u8> {
    vault.index("group-code", &format!("{group}:{code}"))
}

/// A uniformly random six-digit code.
fn random_code() -> String {
    format!("{:06}", rand::random_range(0..1_000_000))
}
