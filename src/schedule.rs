//! The one list of periodic jobs. Each is short, safe on several nodes at once, and never runs beside itself;
//! the scheduler only decides when. The scheduler fires by wall-clock time, so after the clock is set back it
//! would sleep until that time comes again. The beat therefore runs on monotonic time: it notices that, and
//! the scheduler is started again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{Stations, failure};

/// Why the jobs ended other than they should.
#[derive(Debug, thiserror::Error)]
pub enum JobsFailed {
    /// After the clock had jumped.
    #[error("the periodic jobs could not be started anew: {0}")]
    NotAnew(JobSchedulerError),
    /// At a stop.
    #[error("the periodic jobs could not be shut down: {0}")]
    NotShutDown(JobSchedulerError),
}

/// What has cooled goes live within this time.
const BEAT: Duration = Duration::from_secs(1);

/// Starts the jobs; they end with `stop`, and `running` is empty once the last of them has. The task that is
/// returned ends earlier only where the jobs cannot be started again, and then stops the program.
///
/// # Errors
/// When a cron expression is not valid.
pub async fn start(
    stations: &Stations,
    sweep: &str,
    running: &TaskTracker,
    stop: &CancellationToken,
) -> Result<JoinHandle<Result<(), JobsFailed>>, JobSchedulerError> {
    let jobs = by_the_clock(stations, sweep, running, stop).await?;
    running.spawn(beat(stations.clone(), stop.clone()));
    let keeper = keep(jobs, stations.clone(), sweep.to_owned(), running.clone(), stop.clone());
    let stop = stop.clone();
    Ok(running.spawn(async move {
        let kept = keeper.await;
        // Without the jobs nothing ends and nothing is erased. The program's supervisor starts it again.
        stop.cancel();
        kept
    }))
}

/// Publishes what has cooled.
async fn beat(stations: Stations, stop: CancellationToken) {
    let mut beats = tokio::time::interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(beats.tick()).await.is_some() {
        let stations = stations.clone();
        // In a task of its own: if it panics, the next beat tries again.
        let published = tokio::spawn(async move { stations.publish_when_due().await }).await;
        if let Err(error) = published.unwrap_or_else(|panic| Err(panic.into())) {
            let error = failure::told(&error);
            tracing::error!(error, "what has cooled could not go live; the next beat tries again");
        }
    }
}

/// Starts the scheduler again whenever the clock was set back.
async fn keep(
    mut jobs: JobScheduler,
    stations: Stations,
    sweep: String,
    running: TaskTracker,
    stop: CancellationToken,
) -> Result<(), JobsFailed> {
    while stop.run_until_cancelled(stations.clock_went_back.notified()).await.is_some() {
        jobs.shutdown().await.map_err(JobsFailed::NotAnew)?;
        jobs = by_the_clock(&stations, &sweep, &running, &stop).await.map_err(JobsFailed::NotAnew)?;
    }
    jobs.shutdown().await.map_err(JobsFailed::NotShutDown)
}

async fn by_the_clock(
    stations: &Stations,
    sweep: &str,
    running: &TaskTracker,
    stop: &CancellationToken,
) -> Result<JobScheduler, JobSchedulerError> {
    let jobs = JobScheduler::new().await?;
    let list = Jobs { jobs: &jobs, stations, running, stop };
    list.add("sweep", sweep, |s| async move { s.sweep().await }).await?;
    list.add("close idle connections", "*/10 * * * * *", |s| async move {
        s.worker.sender.close_idle();
        Ok(())
    })
    .await?;
    list.add("end pauses", "*/10 * * * * *", |s| async move { s.end_pauses().await }).await?;
    list.add("compare the clock", "30 * * * * *", |s| async move { s.compare_clock().await }).await?;
    list.add("forget ended sessions", "0 7 * * * *", |s| async move { s.forget_sessions().await }).await?;
    list.add("forget old codes", "0 13 * * * *", |s| async move { s.forget_probes().await }).await?;
    list.add("forget old attempts", "0 23 * * * *", |s| async move { s.forget_attempts().await }).await?;
    list.add("forget what was said long ago", "0 33 * * * *", |s| async move { s.forget_broadcasts().await })
        .await?;
    list.add("forget written messages", "0 43 * * * *", |s| async move {
        s.forget_messages();
        Ok(())
    })
    .await?;
    list.add("forget quiet addresses", "0 */5 * * * *", |s| async move {
        s.shared.limits.forget_idle();
        Ok(())
    })
    .await?;
    jobs.start().await?;
    Ok(jobs)
}

struct Jobs<'a> {
    jobs: &'a JobScheduler,
    stations: &'a Stations,
    running: &'a TaskTracker,
    stop: &'a CancellationToken,
}

impl Jobs<'_> {
    async fn add<F, R>(&self, name: &'static str, cron: &str, job: F) -> Result<(), JobSchedulerError>
    where
        F: Fn(Stations) -> R + Send + Sync + Clone + 'static,
        R: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (stations, running, stop) = (self.stations.clone(), self.running.clone(), self.stop.clone());
        let turn = Arc::<Mutex<()>>::default();
        let scheduled = Job::new_async(cron, move |_, _| {
            let (stations, stop, turn, job) = (stations.clone(), stop.clone(), turn.clone(), job.clone());
            let tracked = running.track_future(async move {
                // The scheduler would start a slow job a second time. A job that panics gives its turn back,
                // too.
                let Ok(_turn) = turn.try_lock_owned() else { return };
                if stop.is_cancelled() {
                    return;
                }
                if let Err(error) = job(stations).await {
                    let error = failure::told(&error);
                    tracing::error!(job = name, error, "a periodic job failed; the next run tries again");
                }
            });
            Box::pin(tracked)
        })?;
        self.jobs.add(scheduled).await.map(drop)
    }
}
