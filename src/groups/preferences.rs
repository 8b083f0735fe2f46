//! A group's preferences: reading and changing them, and deleting the group.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Tested, renew};
use super::{Change, Connected, GroupError, Groups, NoCode, locked};
use crate::domain::cursor;
use crate::domain::group::{Condition, GroupState};
use crate::domain::region::Region;
use crate::store::groups::{self, Group};
use crate::store::lanes::{self, Lane};
use crate::store::types::Id;
use crate::store::{Conn, StoreResult, deliveries, wants};

/// The most groups on a page.
pub const PAGE: i64 = 500;

/// A group with everything that its admin may know.
#[derive(Clone, Debug)]
pub struct Whole {
    pub group: Group,
    pub regions: Vec<Region>,
    pub lane: Option<Lane>,
}

impl Whole {
    /// The group's condition, as its admin reads it.
    pub fn condition(&self, now: DateTime<Utc>) -> Condition {
        match (self.group.state, &self.lane) {
            (GroupState::Active, Some(lane)) if lane.failures > 0 => Condition::Failing,
            (GroupState::Active, Some(lane)) if lane.rests(now) => Condition::Resting,
            (GroupState::Active, _) => Condition::Open,
            (GroupState::Paused, _) => Condition::Paused,
            (GroupState::Disabled, _) => Condition::Disabled,
            (GroupState::Unverified, _) => Condition::Unverified,
        }
    }
}

/// Some of an admin's groups, oldest first.
#[derive(Clone, Debug)]
pub struct Page {
    pub groups: Vec<Whole>,
    /// After which group the next page begins, where there is one.
    pub next: Option<Uuid>,
}

/// Groups with everything that their admin may know, in the order given.
fn with_all(conn: &mut Conn, found: Vec<Group>) -> StoreResult<Vec<Whole>> {
    let ids: Vec<Id> = found.iter().map(|group| group.id).collect();
    let (mut regions, mut lanes) = (groups::regions(conn, &ids)?, lanes::of(conn, &ids)?);
    let whole = |group: Group| Whole {
        regions: regions.remove(&group.id).unwrap_or_default(),
        lane: lanes.remove(&group.id),
        group,
    };
    Ok(found.into_iter().map(whole).collect())
}

impl Groups {
    /// A page of an admin's groups, at most 500, after `after`.
    pub async fn page(&self, account: Uuid, after: Option<Uuid>) -> Result<Page, GroupError> {
        let page = self.store.read(move |c| {
            let mut found = groups::of_account(c, account, after, PAGE + 1)?;
            let next = cursor::cut(&mut found, PAGE).map(|group| group.id.0);
            Ok(Page { groups: with_all(c, found)?, next })
        });
        Ok(page.await?)
    }

    /// One of an admin's groups.
    ///
    /// # Errors
    /// [`GroupError::Unknown`].
    pub async fn whole(&self, account: Uuid, id: Uuid) -> Result<Whole, GroupError> {
        let found = self.store.read(move |c| {
            let found = groups::of_admin(c, account, id)?;
            with_all(c, found.into_iter().collect())
        });
        found.await?.pop().ok_or(GroupError::Unknown)
    }

    /// Changes a group: everything that is asked for, or nothing. With new credentials control has to be
    /// proved again, and the code is sent by them before anything is changed, so that a working robot is not
    /// given up for one that does not work. Where the quiet hours or the cap change, deliveries that waited
    /// for them are considered again; what waits and is not of its kinds and regions any more is cancelled.
    ///
    /// # Errors
    /// [`GroupError::Exists`] where the new robot is connected already, [`GroupError::Unreachable`] where the
    /// robot knows its secret but does not take the code, [`GroupError::TooMany`] after three codes in an
    /// hour.
    pub async fn change(&self, account: Uuid, id: Uuid, change: Change) -> Result<Connected, GroupError> {
        self.to_its_end(self.clone().try_and_make(account, id, change)).await
    }

    async fn try_and_make(self, account: Uuid, id: Uuid, change: Change) -> Result<Connected, GroupError> {
        let (tested, reservation) = match change.credentials.clone() {
            Some(way) => self
                .try_way(account, id, way)
                .await
                .map(|(tested, reservation)| (Some(tested), Some(reservation)))?,
            None => (None, None),
        };
        let (secret, refused) =
            (change.secret.clone(), tested.as_ref().and_then(|code| code.refused.clone()));
        let made = match refused.clone() {
            // Whoever checks signatures takes no code before they know the secret that we have just made.
            Some(refusal) if secret.is_none() => Err(GroupError::Unreachable(refusal)),
            _ => self.make(account, id, change, tested).await,
        };
        if let Some(reservation) = reservation {
            self.release(account, reservation).await?;
        }
        made.map(|()| Connected { id, secret, no_code: refused.map(NoCode::Refused) })
    }

    /// Writes a change to the database.
    async fn make(
        &self,
        account: Uuid,
        id: Uuid,
        change: Change,
        tested: Option<Tested>,
    ) -> Result<(), GroupError> {
        let (vault, now) = (self.vault.clone(), self.clock.now());
        self.store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                let times = (group.hourly_cap, group.quiet());
                if let (Some(credentials), Some(tested)) = (&change.credentials, tested) {
                    renew(tx, &vault, &mut group, credentials, tested)?;
                }
                if let Some(name) = change.name {
                    group.name = name;
                }
                if let Some(kinds) = change.kinds {
                    group.kinds = kinds.bits();
                }
                if let Some(language) = change.language {
                    group.language = language;
                }
                if let Some(cap) = change.hourly_cap {
                    group.hourly_cap = cap;
                }
                if let Some(quiet) = change.quiet {
                    group.set_quiet(quiet);
                }
                if let Some(regions) = &change.regions {
                    groups::set_regions(tx, id, regions)?;
                }
                if (group.hourly_cap, group.quiet()) != times {
                    groups::reconsider(tx, id, now)?;
                }
                let wishes = change.kinds.is_some() || change.regions.is_some();
                if wishes {
                    // Before its robot is noted down, for which somebody may wait who holds other deliveries.
                    deliveries::lock_waiting(tx, id)?;
                }
                if !groups::save(tx, &group)? {
                    return Err(GroupError::Exists);
                }
                if wishes {
                    wants::changed(tx, id, now)?;
                }
                Ok(())
            })
            .await?;
        self.work_is_due.notify_one();
        Ok(())
    }

    /// Deletes a group and its credentials, and gives up at once what waits for it.
    ///
    /// # Errors
    /// [`GroupError::Unknown`].
    pub async fn delete(&self, account: Uuid, id: Uuid) -> Result<(), GroupError> {
        self.store
            .write(move |tx| {
                locked(tx, account, id)?;
                Ok(groups::delete(tx, id)?)
            })
            .await
    }
}
