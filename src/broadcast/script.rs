//! What is being said right now: the message of each broadcast, written once in each language and shared by
//! all its deliveries; and its bodies, each composed once for a platform and the form of an act.
//!
//! Both stay in memory for an hour at most. Only address, signature, time and keyword are per group.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OnceCell, OwnedMutexGuard};
use uuid::Uuid;

use super::drawing::{Drawing, Drawn, NotDrawn};
use super::message::{Known, Message, message};
use super::platforms::{Act, Body, adapter};
use super::shelf::Shelf;
use crate::domain::delivery::Purpose;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::notice::Public;
use crate::store::broadcasts::{self, Broadcast};
use crate::store::notices::{self, Notice};
use crate::store::{Store, StoreError, StoreResult};
use crate::vault::{Key, Vault};

/// Messages kept at a time: dozens of broadcasts under way, each in both languages. Without pictures a
/// message takes some 10 KB; pictures have bounds of their own.
const KEPT: usize = 128;
/// Bytes of pictures kept at a time: the posters of 24 broadcasts at 500 KB each, or of more if they are
/// smaller. A picture that was forgotten is requested again when it is next needed, and perhaps drawn again.
const PICTURES: usize = 12 * 1024 * 1024;
/// Bytes kept of bodies that contain a picture. They are kept apart from the pictures, because a picture
/// takes tenths of a second to draw and a body a thousandth to compose: no body is worth losing a picture.
const BODIES: usize = 16 * 1024 * 1024;

/// How long an account whose upload had no answer is not made to wait for another one.
const HANGS: TimeDelta = TimeDelta::minutes(5);

/// A revision of a notice: its number, and its public part.
pub type Numbered = (i32, Public);

/// Draws the picture of what is said: the poster of that revision or, where nothing of the notice may be
/// shown any more, the one that replaces it.
pub type DrawPoster =
    Arc<dyn Fn(Notice, Option<Numbered>, Language) -> BoxFuture<'static, Drawn> + Send + Sync>;

/// What an account keeps of a picture; locked while one delivery finds that out.
pub type KeptPicture = OwnedMutexGuard<Kept>;

/// What a platform keeps of a picture for an account.
#[derive(Debug, Default)]
pub struct Kept {
    /// What it is called there, once it was uploaded.
    pub handle: Option<Arc<str>>,
    /// How many uploads in a row had no answer, and when the last of them had none.
    hung: Option<(u32, DateTime<Utc>)>,
}

impl Kept {
    /// Whether uploads have hung so lately that the next one would, too: small requests may still pass. One alone
    /// proves nothing.
    pub fn hangs(&self, now: DateTime<Utc>) -> bool {
        self.hung.is_some_and(|(times, at)| times >= 2 && now - at < HANGS)
    }

    /// Notes down what an upload has come to: its handle, or that nobody answered.
    pub fn uploaded(&mut self, handle: Option<Arc<str>>, answered: bool, now: DateTime<Utc>) {
        let times = self.hung.map_or(0, |(times, _)| times) + 1;
        self.hung = (!answered).then_some((times, now));
        self.handle = handle.or(self.handle.take());
    }
}

/// What identifies a message: its broadcast and its language.
type Name = (Uuid, Language);

/// The messages of broadcasts, each in a cell that its first reader fills.
type Messages = BTreeMap<Name, Arc<OnceCell<Arc<Written>>>>;

/// What a body is composed for: a platform, and the form of an act.
type BodyOf = (Platform, u8);

/// Cells for what is made once, by whoever needs it first.
type Places<K, V> = Mutex<HashMap<K, Arc<V>>>;

/// Writes messages and remembers them while they are being sent.
pub struct Script {
    store: Store,
    vault: Vault,
    base_url: Arc<str>,
    draw: DrawPoster,
    /// By broadcast, and so by age.
    written: Mutex<Messages>,
    /// Which messages have their picture kept.
    pictures: Mutex<Shelf<Name>>,
    /// Which bodies that contain a picture are kept.
    pictured: Mutex<Shelf<(Name, BodyOf)>>,
}

/// One broadcast in one language.
pub struct Written {
    pub message: Message,
    /// What the answers to it are sealed under; absent once the case is erased.
    pub key: Option<Key>,
    name: Name,
    notice: Notice,
    /// The revision that it says, and its public part; absent where nothing of the notice may be shown.
    said: Option<Numbered>,
    picture: Mutex<Option<Drawing>>,
    bodies: Places<BodyOf, OnceCell<Option<Body>>>,
    kept: Places<String, Turn<Kept>>,
}

impl Written {
    /// What an account keeps of the picture. Where it has no handle yet, the caller finds one out while others
    /// wait, so that a picture is uploaded once to each account.
    pub async fn kept(&self, account: &str) -> KeptPicture {
        let turn = Arc::clone(self.kept.lock().entry(account.to_owned()).or_default());
        turn.lock_owned().await
    }

    /// Forgets a handle that the account does not know any more.
    pub async fn forget_handle(&self, account: &str, known: &str) {
        let mut kept = self.kept(account).await;
        if kept.handle.as_deref() == Some(known) {
            kept.handle = None;
        }
    }
}

impl Script {
    /// An empty script.
    pub fn new(store: Store, vault: Vault, base_url: Arc<str>, draw: DrawPoster) -> Script {
        Script {
            store,
            vault,
            base_url,
            draw,
            written: Mutex::default(),
            pictures: Mutex::new(Shelf::new(PICTURES)),
            pictured: Mutex::new(Shelf::new(BODIES)),
        }
    }

    /// The message of a broadcast.
    ///
    /// # Errors
    /// When the database refuses, or holds no such broadcast.
    pub async fn written(&self, broadcast: Uuid, language: Language) -> StoreResult<Arc<Written>> {
        let key = (broadcast, language);
        let place = {
            let mut written = self.written.lock();
            if written.len() >= KEPT
                && !written.contains_key(&key)
                && let Some((gone, _)) = written.pop_first()
            {
                self.pictures.lock().forget(|name| *name == gone);
                self.pictured.lock().forget(|(name, _)| *name == gone);
            }
            Arc::clone(written.entry(key).or_default())
        };
        // A broadcast starts with many sends at once: the first writes its message, the others wait for that.
        place.get_or_try_init(|| self.write(broadcast, language)).await.cloned()
    }

    /// The body of an act on that platform; `None` where there is nothing to say.
    ///
    /// # Errors
    /// Where it shows a picture that is not drawn yet.
    pub async fn body(
        &self,
        written: &Written,
        platform: Platform,
        act: Act<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Body>, NotDrawn> {
        let form = adapter(platform).form(act);
        let of = (platform, form.id);
        let place = Arc::clone(written.bodies.lock().entry(of).or_default());
        let body = place.get_or_try_init(async || {
            if !form.pictured {
                return Ok(adapter(platform).compose(&written.message, act));
            }
            let mut message = written.message.clone();
            if message.has_picture || matches!(act, Act::Edit(_)) {
                message.picture = self.picture(written, now).await?;
            }
            Ok(adapter(platform).compose(&message, act))
        });
        let body = body.await.cloned()?;
        if form.pictured
            && let Some(body) = &body
        {
            let forgotten = self.pictured.lock().put((written.name, of), body.bytes.len());
            for (name, of) in forgotten {
                self.of_kept(name, |written| drop(written.bodies.lock().remove(&of)));
            }
        }
        Ok(body)
    }

    /// The picture of what is said, drawn when it is first needed; words that go by themselves never wait for
    /// it. `None` where there never is one.
    ///
    /// # Errors
    /// Where it is not drawn yet.
    pub async fn picture(&self, written: &Written, now: DateTime<Utc>) -> Result<Option<Bytes>, NotDrawn> {
        let draw = || (self.draw)(written.notice.clone(), written.said.clone(), written.message.language);
        let drawing = {
            let mut latest = written.picture.lock();
            let drawing = Drawing::after(latest.as_ref(), now, draw)?;
            latest.insert(drawing).clone()
        };
        let picture = drawing.wait().await?;
        if let Some(picture) = &picture {
            let forgotten = self.pictures.lock().put(written.name, picture.len());
            for name in forgotten {
                self.of_kept(name, |written| drop(written.picture.lock().take_if(|it| it.is_drawn())));
            }
        }
        Ok(picture)
    }

    /// Applies `act` to a message, if that is still kept.
    fn of_kept(&self, name: Name, act: impl FnOnce(&Written)) {
        let place = self.written.lock().get(&name).cloned();
        if let Some(written) = place.as_ref().and_then(|place| place.get()) {
            act(written);
        }
    }

    /// Forgets everything: from then on what was said exists only in the store, sealed.
    pub fn forget(&self) {
        self.written.lock().clear();
        self.pictures.lock().clear();
        self.pictured.lock().clear();
    }

    async fn write(&self, broadcast: Uuid, language: Language) -> StoreResult<Arc<Written>> {
        write(&self.store, &self.vault, &self.base_url, broadcast, language).await.map(Arc::new)
    }
}

/// Writes the message of a broadcast.
///
/// # Errors
/// When the database refuses, or holds no such broadcast.
pub async fn write(
    store: &Store,
    vault: &Vault,
    base_url: &str,
    broadcast: Uuid,
    language: Language,
) -> StoreResult<Written> {
    let opens = vault.clone();
    let (broadcast, notice, said) = store.read(move |c| content(c, &opens, broadcast)).await?;
    let case_number = notice.case_number;
    let purpose = broadcast.purpose;
    let link = format!("{}/n/{case_number}", base_url);
    let poster = format!("{link}/poster.jpg");
    let said = said.filter(|_| !purpose.ends());
    let message = message(&Known {
        purpose,
        kind: notice.kind,
        case_number: &case_number,
        link: &link,
        poster: said.is_some().then_some(poster.as_str()),
        public: said.as_ref().map(|(_, public)| public),
        outcome: notice.outcome.filter(|_| purpose == Purpose::Closing && notice.announce),
        language,
        at: broadcast.created_at.0,
    });
    Ok(Written {
        name: (broadcast.id.0, language),
        message,
        key: notice.key(vault)?,
        notice,
        said,
        picture: Mutex::default(),
        bodies: Mutex::default(),
        kept: Mutex::default(),
    })
}

fn content(
    conn: &mut crate::store::Conn,
    vault: &Vault,
    id: Uuid,
) -> StoreResult<(Broadcast, Notice, Option<Numbered>)> {
    let missing = || StoreError::Corrupt("a delivery without its broadcast".to_owned());
    let broadcast = broadcasts::by_id(conn, id)?.ok_or_else(missing)?;
    let notice = notices::by_id(conn, broadcast.notice_id.0)?.ok_or_else(missing)?;
    let opened = notices::opened(conn, vault, &notice, broadcast.revision)?;
    let said = opened.map(|opened| (broadcast.revision, opened.public));
    Ok((broadcast, notice, said))
}
