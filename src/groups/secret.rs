//! Rotates the signing secret of a group for which we generate it. No message is lost: for a while requests
//! also carry the old secret's signature.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{GroupError, Groups, locked};
use crate::broadcast::sealed_credentials;
use crate::store::groups;
use crate::vault;

/// How many old secrets may still sign at a time: each makes requests longer.
const RETIRING: usize = 3;

/// A secret that was just generated.
#[derive(Clone)]
pub struct Rotated {
    /// Shown now, and only once.
    pub secret: String,
    /// Until when requests also carry the signature of the previous secret.
    pub both_until: DateTime<Utc>,
}

impl Groups {
    /// Generates a new signing secret for a group.
    ///
    /// # Errors
    /// [`GroupError::NoSecret`] on platforms that generate secrets themselves; [`GroupError::TooMany`] while
    /// three older secrets still sign.
    pub async fn rotate(&self, account: Uuid, id: Uuid) -> Result<Rotated, GroupError> {
        let (now, vault, random) = (self.clock.now(), self.vault.clone(), vault::random());
        self.store
            .write(move |tx| {
                let mut group = locked(tx, account, id)?;
                let credentials = sealed_credentials::open(&vault, &group.credentials_sealed)?;
                let holding: Vec<_> = credentials.retired.iter().filter(|old| old.until > now).collect();
                if holding.len() >= RETIRING {
                    return Err(GroupError::TooMany(holding[0].until - now));
                }
                let renewed = credentials.renewed(&random, now).ok_or(GroupError::NoSecret)?;
                group.credentials_sealed = sealed_credentials::seal(&vault, &renewed);
                groups::save(tx, &group)?;
                let both_until = renewed.retired.last().map_or(now, |old| old.until);
                Ok(Rotated { secret: renewed.secret.unwrap_or_default(), both_until })
            })
            .await
    }
}
