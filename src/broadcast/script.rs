//! What is being said right now: each broadcast's message, written once for a platform and a language
//! and shared by all its deliveries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::message::{Message, Said, message};
use super::platforms::{Act, Body, adapter};
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::notice::Public;
use crate::store::broadcasts::{self, Broadcast};
use crate::store::notices::{self, Notice};
use crate::store::{Answer, Store, StoreError};
use crate::vault::Vault;

/// Bodies kept at a time: some dozens of broadcasts under way, each in a few platforms and languages.
const KEPT: usize = 256;

/// The requests of one delivery, in order.
pub type Parts = Arc<[Body]>;

/// Draws the poster of what is said; `None` where there is none.
pub type DrawPoster =
    Arc<dyn Fn(Notice, Public, Language) -> BoxFuture<'static, Option<Bytes>> + Send + Sync>;

/// What is written, or being written, for a broadcast, a platform and a language.
type Written = HashMap<(Uuid, Platform, Language), Arc<OnceCell<Parts>>>;

/// Writes messages and remembers them while they are being sent.
pub struct Script {
    store: Store,
    vault: Vault,
    base_url: Arc<str>,
    draw: DrawPoster,
    written: Mutex<Written>,
}

impl Script {
    /// An empty script.
    pub fn new(store: Store, vault: Vault, base_url: Arc<str>, draw: DrawPoster) -> Script {
        Script { store, vault, base_url, draw, written: Mutex::default() }
    }

    /// The requests that say this broadcast on that platform.
    ///
    /// # Errors
    /// When the database refuses, or holds no such broadcast.
    pub async fn parts(&self, broadcast: Uuid, platform: Platform, language: Language) -> Answer<Parts> {
        let key = (broadcast, platform, language);
        let place = {
            let mut written = lock(&self.written);
            if written.len() >= KEPT && !written.contains_key(&key) {
                written.clear();
            }
            Arc::clone(written.entry(key).or_default())
        };
        // A broadcast begins with many sends at once: the first writes it, the others wait for that.
        let parts = place.get_or_try_init(async || {
            let message = self.write(broadcast, platform, language).await?;
            let adapter = adapter(platform);
            Ok::<Parts, StoreError>(
                (0..adapter.parts(&message))
                    .filter_map(|part| adapter.compose(&message, Act::Say(part)))
                    .collect(),
            )
        });
        parts.await.cloned()
    }

    /// Forgets everything: what was said is sealed again in the store alone.
    pub fn forget(&self) {
        lock(&self.written).clear();
    }

    async fn write(&self, broadcast: Uuid, platform: Platform, language: Language) -> Answer<Message> {
        let vault = self.vault.clone();
        let (broadcast, notice, public) = self.store.read(move |c| content(c, &vault, broadcast)).await?;
        let case_number: CaseNumber = notice
            .case_number
            .parse()
            .map_err(|_| StoreError::Corrupt("a stored case number is not one".to_owned()))?;
        let purpose = broadcast.purpose.0;
        let link = format!("{}/n/{case_number}", self.base_url);
        let poster = format!("{link}/poster.jpg");
        let public = public.filter(|_| !purpose.ends());
        let picture = match &public {
            Some(public) if takes_pictures(platform) => {
                (self.draw)(notice.clone(), public.clone(), language).await
            }
            _ => None,
        };
        Ok(message(&Said {
            purpose,
            kind: notice.kind.0,
            case_number: &case_number,
            link: &link,
            poster: public.is_some().then_some(poster.as_str()),
            picture,
            neutral: None,
            public: public.as_ref(),
            outcome: notice.outcome.map(|o| o.0).filter(|_| purpose == Purpose::Closing && notice.announce),
            language,
            at: broadcast.created_at.0,
        }))
    }
}

fn takes_pictures(platform: Platform) -> bool {
    matches!(adapter(platform).profile().picture, super::platforms::Picture::Sent { .. })
}

fn content(
    conn: &mut crate::store::Conn,
    vault: &Vault,
    id: Uuid,
) -> Answer<(Broadcast, Notice, Option<Public>)> {
    let missing = || StoreError::Corrupt("a delivery without its broadcast".to_owned());
    let broadcast = broadcasts::by_id(conn, id)?.ok_or_else(missing)?;
    let notice = notices::by_id(conn, broadcast.notice_id.0)?.ok_or_else(missing)?;
    let revision = notices::revision(conn, notice.id.0, broadcast.revision)?;
    let public = match (revision, notice.key(vault)?) {
        (Some(revision), Some(key)) => Some(revision.public(&key)?),
        _ => None,
    };
    Ok((broadcast, notice, public))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What a panicking thread left behind is only a cache.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
