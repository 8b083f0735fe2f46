//! What an operator counts about sending, in Prometheus' terms: numbers only, nothing about anybody.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};

use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;

/// Counters of this process, from its start.
#[derive(Clone, Debug)]
pub struct Figures {
    attempts: IntCounterVec,
    took: HistogramVec,
    /// Sends that are under way or not recorded yet: as many could be doubled by a crash.
    pub unrecorded: IntGauge,
    /// Hosts that are left alone because they do not answer.
    pub away: IntGauge,
}

impl Figures {
    /// All at nothing.
    ///
    /// # Errors
    /// When a name is not one; a test would see it.
    pub fn new() -> prometheus::Result<Figures> {
        Ok(Figures {
            attempts: IntCounterVec::new(
                Opts::new("seventytwo_attempts_total", "Requests to platforms by how they ended."),
                &["platform", "outcome"],
            )?,
            took: HistogramVec::new(
                HistogramOpts::new("seventytwo_attempt_seconds", "How long requests to platforms took.")
                    .buckets(vec![0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0]),
                &["platform"],
            )?,
            unrecorded: IntGauge::new(
                "seventytwo_sends_unrecorded",
                "Sends under way or not yet written down.",
            )?,
            away: IntGauge::new("seventytwo_hosts_away", "Hosts that are left alone for a while.")?,
        })
    }

    /// One request has ended.
    pub fn count(&self, platform: Platform, outcome: &Outcome, took: Duration) {
        self.attempts.with_label_values(&[platform.as_str(), outcome.as_str()]).inc();
        self.took.with_label_values(&[platform.as_str()]).observe(took.as_secs_f64());
    }

    /// Adds them to what is about to be shown.
    ///
    /// # Errors
    /// When a name stands there already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        let all: [Box<dyn Collector>; 4] = [
            Box::new(self.attempts.clone()),
            Box::new(self.took.clone()),
            Box::new(self.unrecorded.clone()),
            Box::new(self.away.clone()),
        ];
        all.into_iter().try_for_each(|figure| registry.register(figure))
    }
}
