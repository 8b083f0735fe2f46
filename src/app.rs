//! The whole program: configuration, store, clock, stations and doors, put together once.
//!
//! [`App::build`] opens everything and binds the address; [`App::run`] serves until it is told to stop. A
//! test builds the same program with a clock driven by hand, and calls the stations' loops itself.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpServer, web};
use anyhow::Context as _;
use chrono::TimeDelta;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::blobs::Blobs;
use crate::broadcast::drawing::Failed;
use crate::broadcast::guard::Guard;
use crate::broadcast::held_leases::HeldLeases;
use crate::broadcast::hosts::Hosts;
use crate::broadcast::metrics::Metrics;
use crate::broadcast::node::Node;
use crate::broadcast::script::{DrawPoster, Script};
use crate::broadcast::send::{Limits as SendLimits, Sender};
use crate::broadcast::worker::Worker;
use crate::clock::Clock;
use crate::config::Config;
use crate::expiry::{self, Closer};
use crate::groups::{self, Groups};
use crate::language;
use crate::poster::Ending;
use crate::poster::press::Press;
use crate::review::{self, Desk};
use crate::store::StoreError;
use crate::vault::Unopenable;
use crate::web::limits::Limits;
use crate::web::shared::Shared;
use crate::web::upload_memory::UploadMemory;
use crate::{schedule, tls, web as doors};

mod clocks;
pub mod failure;
mod forgetting;
mod opening;

pub use opening::{open_existing, open_store, unlock};

/// A clock set back by less than this is not acted on: what waits is merely a little late.
const CLOCK_MAY_SLIP: TimeDelta = TimeDelta::seconds(10);
/// How long a stop waits for what is under way: for answers of platforms ([`Worker`]) and then for their record.
/// The README promises ten seconds in all.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Why the program does not start: one line that says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("SEVENTYTWO_BIND: cannot listen on {0}: {1}; is another program using this port?")]
    Bind(String, std::io::Error),
    #[error("SEVENTYTWO_DATA_DIR: cannot use {0}: {1}; create it, or give this user the right to")]
    DataDir(String, std::io::Error),
    #[error("the key file {0} does not hold 32 bytes in base64; restore it from your backup")]
    KeyFile(String),
    #[error("the key file {0} is gone, and the database was sealed under it; restore it from your backup")]
    KeyGone(String),
    #[error(transparent)]
    WrongKey(#[from] Unopenable),
    #[error("DATABASE_URL: there is no database at {0}; make one with `seventytwo migrate`")]
    NoDatabase(String),
    #[error(
        "DATABASE_URL: the database has no tables of Seventy-Two; if it is the right one, run `seventytwo migrate`"
    )]
    Empty,
    #[error("DATABASE_URL: cannot use {0}: {1}; create it, or give this user the right to")]
    DatabaseDir(String, std::io::Error),
    #[error("SEVENTYTWO_BLOBS: {0}")]
    Blobs(String),
    #[error("DATABASE_URL: {0}")]
    Store(#[from] StoreError),
}

/// The stations behind the doors, with their loops; cheap to clone.
#[derive(Clone)]
pub struct Stations {
    pub shared: web::Data<Shared>,
    pub desk: Desk,
    pub closer: Closer,
    pub groups: Groups,
    pub worker: Worker,
    /// What the last look at the clock has seen.
    seen: Arc<clocks::Seen>,
    /// As [`PublishedNow::next`](crate::review::PublishedNow::next), in microseconds since 1970.
    next_publication: Arc<AtomicI64>,
    /// Notified when the system's clock was set back.
    pub clock_went_back: Arc<Notify>,
    /// Whether a copy of what was erased may still be in the database's log.
    log_holds_erased: Arc<AtomicBool>,
}

impl Stations {
    /// Lets out what has cooled, and wakes the worker.
    ///
    /// # Errors
    /// When the database refuses, or one could not go live; the others did.
    pub async fn publish_cooled(&self) -> anyhow::Result<()> {
        self.notice_clock().await?;
        let out = self.desk.publish_cooled(self.shared.clock.now()).await;
        self.next_publication.store(out.next.timestamp_micros(), Ordering::SeqCst);
        if out.live > 0 {
            self.shared.work_is_due.notify_one();
        }
        out.failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// As [`Stations::publish_cooled`], unless it is known that nothing can have cooled: an idle node asks the
    /// database once in a cooling time.
    ///
    /// # Errors
    /// As [`Stations::publish_cooled`].
    pub async fn publish_when_due(&self) -> anyhow::Result<()> {
        let went_back = self.notice_clock().await?;
        let now = self.shared.clock.now().timestamp_micros();
        // What was known by a clock that was set back since is no longer known.
        if went_back || now >= self.next_publication.load(Ordering::SeqCst) {
            return self.publish_cooled().await;
        }
        Ok(())
    }

    /// Does what has become due by the clock, and wakes the worker.
    ///
    /// # Errors
    /// When the database refuses, or a notice could not be ended or erased; the others were.
    pub async fn sweep(&self) -> anyhow::Result<()> {
        let swept = self.closer.sweep(self.shared.clock.now()).await;
        if swept.expired + swept.erased > 0 {
            tracing::info!(expired = swept.expired, erased = swept.erased, "swept");
            self.forget_messages();
            self.shared.work_is_due.notify_one();
        }
        if swept.erased > 0 {
            self.log_holds_erased.store(true, Ordering::SeqCst);
        }
        self.empty_log().await?;
        swept.failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Removes what was erased from the database's log; where somebody is reading that, the next sweep does
    /// it.
    async fn empty_log(&self) -> anyhow::Result<()> {
        if !self.log_holds_erased.load(Ordering::SeqCst) {
            return Ok(());
        }
        match self.shared.store.empty_log().await {
            Ok(()) => self.log_holds_erased.store(false, Ordering::SeqCst),
            Err(StoreError::Busy) => {
                tracing::info!("the database's log is being read; the next sweep empties it")
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Lets the groups hear again whose pause is over.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_pauses(&self) -> anyhow::Result<()> {
        Ok(self.groups.end_pauses().await?)
    }

    /// Does everything the loops would do until nothing is left to do at this moment: for tests with a clock
    /// driven by hand.
    ///
    /// # Errors
    /// One line that says what failed.
    pub async fn settle(&self) -> anyhow::Result<()> {
        self.publish_cooled().await?;
        self.sweep().await?;
        self.end_pauses().await?;
        Ok(self.worker.drain().await?)
    }
}

/// The program, ready to run.
pub struct App {
    pub stations: Stations,
    listener: TcpListener,
    address: SocketAddr,
    sweep: String,
    extra: Doors,
}

/// Doors beside the usual ones.
type Doors = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

impl App {
    /// Opens the database, the key, the blobs and the address.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn build(config: Config, clock: Clock) -> Result<App, StartError> {
        let listener = listen(&config.bind)?;
        App::build_on(listener, config, clock).await
    }

    /// As [`App::build`], on an address that is already listened on.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn build_on(listener: TcpListener, config: Config, clock: Clock) -> Result<App, StartError> {
        language::check();
        tls::install();
        if rlimit::increase_nofile_limit(u64::MAX).is_err() {
            tracing::warn!("the limit of open files could not be raised");
        }
        let address = listener.local_addr().map_err(|e| StartError::Bind(config.bind.clone(), e))?;
        let base_url: Arc<str> =
            config.base_url.clone().unwrap_or_else(|| format!("http://{address}")).into();
        let metrics = Arc::new(Metrics::new().expect("the names of the metrics are names"));
        let count = Arc::clone(&metrics);
        let store = open_store(&config).await?.telling_of_refusals(move || count.change_refused());
        let seen = clocks::Seen::first(&store, &clock).await?;
        let vault = unlock(&config, &store).await?;
        let node = Node::enter(&store, &config.data_dir.join("nodes"), clock.now()).await?;
        clocks::repair_what_is_ahead(&store, &clock, &config.times).await?;
        let blobs = Blobs::open(&config.blobs).map_err(|e| StartError::Blobs(e.to_string()))?;
        let work_is_due = Arc::new(Notify::new());
        let press = Press::new(store.clone(), vault.clone(), blobs.clone(), base_url.clone());
        let gateways = config.gateways.iter().map(|gateway| (gateway.platform, gateway.url.clone()));
        let sender = Arc::new(Sender::new(Guard::new(gateways), SendLimits::default()));
        let hosts: Arc<Mutex<Hosts>> = Arc::default();
        let script = Script::new(store.clone(), vault.clone(), base_url.clone(), posters_of(&press));
        let shared = web::Data::new(Shared {
            store: store.clone(),
            vault: vault.clone(),
            clock: clock.clone(),
            times: config.times,
            base_url,
            contact: config.contact.as_deref().map(Into::into),
            trusted_proxies: config.trusted_proxies.clone().into(),
            work_is_due: work_is_due.clone(),
            limits: Arc::new(Limits::new(&clock)),
            upload_memory: UploadMemory::default(),
            blobs,
            press: press.clone(),
            sender: sender.clone(),
            hosts: hosts.clone(),
            metrics: metrics.clone(),
            weigh: review::policy::weigh,
        });
        let stations = Stations {
            desk: review::api::station(&shared),
            closer: expiry::api::station(&shared),
            groups: groups::api::station(&shared),
            worker: Worker {
                store,
                vault,
                clock,
                sender,
                script: Arc::new(script),
                node: Arc::new(node),
                hosts,
                turns: Arc::default(),
                held_leases: HeldLeases::default(),
                metrics,
                work_is_due,
                break_off: CancellationToken::new(),
            },
            shared,
            seen: Arc::new(seen),
            next_publication: Arc::default(),
            clock_went_back: Arc::default(),
            // An earlier process may have stopped before it emptied the log.
            log_holds_erased: Arc::new(AtomicBool::new(true)),
        };
        Ok(App { stations, listener, address, sweep: config.sweep, extra: Arc::new(|_| ()) })
    }

    /// The same program with doors of its own beside the usual ones (the demo's practice chat).
    #[must_use]
    pub fn with_doors(self, extra: impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static) -> App {
        App { extra: Arc::new(extra), ..self }
    }

    /// The address that is listened on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open in a browser.
    pub fn url(&self) -> String {
        self.stations.shared.base_url.to_string()
    }

    /// Serves, broadcasts and sweeps until `stop`; then ends cleanly within ten seconds.
    ///
    /// # Errors
    /// When the server or the scheduler cannot start.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let running = TaskTracker::new();
        let jobs = schedule::start(&self.stations, &self.sweep, &running, &stop).await?;
        let worker = self.stations.worker.clone();
        let (store, work_is_due, until) = (worker.store.clone(), worker.work_is_due.clone(), stop.clone());
        running.spawn(async move { store.listen(work_is_due, until).await });
        let worker = tokio::spawn(watched(worker, stop.clone()));
        let asked = stop.clone();
        let stops_by = tokio::spawn(async move {
            asked.cancelled().await;
            Instant::now() + STOP_WITHIN
        });
        let served = self.serve(stop.clone()).await;
        stop.cancel();
        running.close();
        // The doors have already used part of that time.
        let ended = tokio::time::timeout_at(stops_by.await?, async {
            running.wait().await;
            jobs.await??;
            worker.await?
        });
        let worked = ended.await.unwrap_or_else(|_| {
            tracing::warn!("stopped with work under way; its leases run out and it is taken up again");
            Ok(())
        });
        served.and(worked)
    }

    /// Serves the doors alone until `stop`: a test drives the loops itself.
    ///
    /// # Errors
    /// When the server cannot start.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (shared, extra) = (self.stations.shared.clone(), self.extra.clone());
        let server = HttpServer::new(move || {
            actix_web::App::new()
                .app_data(shared.clone())
                .wrap(from_fn(doors::request::around))
                .wrap(Compress::default())
                .wrap(from_fn(doors::request::in_some_encoding))
                // Outermost, so that nothing is compressed for a request that asks for the head alone.
                .wrap(from_fn(doors::request::head_alone))
                .configure(|config| extra(config))
                .configure(doors::routes::all)
        })
        .client_request_timeout(Duration::from_secs(20))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(STOP_WITHIN.as_secs())
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(async move {
            stop.cancelled().await;
            handle.stop(true).await;
        });
        server.await?;
        Ok(())
    }
}

/// Broadcasts until `stop`. If that ends earlier, so does the program: its supervisor then starts it again,
/// whereas open doors would hide that nothing goes out any more.
async fn watched(worker: Worker, stop: CancellationToken) -> anyhow::Result<()> {
    let ended = tokio::spawn(worker.run(stop.clone())).await;
    stop.cancel();
    ended.context("the worker came to an end")?.context("the recorder of results came to an end")
}

/// Listens on `HOST:PORT`.
///
/// # Errors
/// [`StartError::Bind`].
pub fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|e| StartError::Bind(address.to_owned(), e))
}

/// The press as broadcasts use it: where a poster can never be drawn, the message goes without one.
fn posters_of(press: &Press) -> DrawPoster {
    let press = press.clone();
    Arc::new(move |notice, said, language| {
        let press = press.clone();
        Box::pin(async move {
            let drawn = match &said {
                Some((revision, public)) => press.poster(&notice, (*revision, public), language).await,
                None => press.ended(&notice, Ending::Over, language).await,
            };
            drawn.map(Some).or_else(|error| {
                tracing::error!(%error, case = notice.case_number.as_str(), "a poster could not be drawn");
                if error.is_final() { Ok(None) } else { Err(Failed) }
            })
        })
    })
}
