//! What operators can count about sending, as Prometheus metrics: numbers only, nothing about any person.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;

/// Counters of this process, from its start.
#[derive(Clone, Debug)]
pub struct Metrics {
    attempts: IntCounterVec,
    took: HistogramVec,
    /// Sends that are under way or not recorded yet: a crash could double as many.
    pub unrecorded: IntGauge,
    /// Hosts that are left alone because they do not answer.
    pub away: IntGauge,
    /// How far the machine's clock is ahead of the database's.
    pub clock_offset: Gauge,
    recorded: IntCounter,
    lost: IntCounter,
    refusals: IntCounterVec,
}

/// The database failed to tell what is due.
const QUEUE: &str = "queue";
/// The database failed to record results.
const RESULTS: &str = "results";
/// The database failed to keep a change, of whatever kind.
const CHANGES: &str = "changes";

impl Metrics {
    /// All counters at zero.
    ///
    /// # Errors
    /// When a metric's name is not valid; a test would notice that.
    pub fn new() -> prometheus::Result<Metrics> {
        let refusals = IntCounterVec::new(
            Opts::new("seventytwo_database_refusals_total", "How often the database refused something."),
            &["what"],
        )?;
        // Shown as 0 from the start, not as absent.
        [QUEUE, RESULTS, CHANGES].iter().for_each(|what| drop(refusals.with_label_values(&[what])));
        Ok(Metrics {
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
            clock_offset: Gauge::new(
                "seventytwo_clock_offset_seconds",
                "How far this machine's clock is ahead of PostgreSQL's, as far as that is certain.",
            )?,
            recorded: IntCounter::new(
                "seventytwo_results_recorded_total",
                "Results that were written down.",
            )?,
            lost: IntCounter::new(
                "seventytwo_results_lost_total",
                "Results that could not be written down in time: what was sent is sent again.",
            )?,
            refusals,
        })
    }

    /// One request has ended.
    pub fn count(&self, platform: Platform, outcome: &Outcome, took: Duration) {
        self.attempts.with_label_values(&[platform.as_str(), outcome.as_str()]).inc();
        self.took.with_label_values(&[platform.as_str()]).observe(took.as_secs_f64());
    }

    /// This many results were recorded.
    pub fn recorded(&self, results: usize) {
        self.recorded.inc_by(results as u64);
    }

    /// This many results were given up: what was sent is sent again.
    pub fn lost(&self, results: usize) {
        self.lost.inc_by(results as u64);
    }

    /// The database failed to tell what is due, or to lease it.
    pub fn queue_refused(&self) {
        self.refusals.with_label_values(&[QUEUE]).inc();
    }

    /// The database failed to record results; they may be handed to it again.
    pub fn results_refused(&self) {
        self.refusals.with_label_values(&[RESULTS]).inc();
    }

    /// The database failed to keep a change, for reasons of its own.
    pub fn change_refused(&self) {
        self.refusals.with_label_values(&[CHANGES]).inc();
    }

    /// Registers all metrics.
    ///
    /// # Errors
    /// When a metric of one of these names is registered already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        let all: [Box<dyn Collector>; 8] = [
            Box::new(self.attempts.clone()),
            Box::new(self.took.clone()),
            Box::new(self.unrecorded.clone()),
            Box::new(self.away.clone()),
            Box::new(self.clock_offset.clone()),
            Box::new(self.recorded.clone()),
            Box::new(self.lost.clone()),
            Box::new(self.refusals.clone()),
        ];
        all.into_iter().try_for_each(|figure| registry.register(figure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::TextEncoder;

    fn shown(metrics: &Metrics) -> String {
        let registry = Registry::new();
        metrics.register(&registry).unwrap();
        TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
    }

    #[test]
    fn what_never_happened_is_shown_as_never() {
        let shown = shown(&Metrics::new().unwrap());
        for line in [
            "seventytwo_results_recorded_total 0",
            "seventytwo_results_lost_total 0",
            "seventytwo_database_refusals_total{what=\"queue\"} 0",
            "seventytwo_database_refusals_total{what=\"results\"} 0",
            "seventytwo_database_refusals_total{what=\"changes\"} 0",
        ] {
            assert!(shown.lines().any(|one| one == line), "no {line} in {shown}");
        }
    }

    #[test]
    fn results_and_refusals_are_counted_each_for_itself() {
        let metrics = Metrics::new().unwrap();
        metrics.recorded(500);
        metrics.recorded(3);
        metrics.lost(2);
        metrics.queue_refused();
        (0..4).for_each(|_| metrics.results_refused());
        let shown = shown(&metrics);
        for line in [
            "seventytwo_results_recorded_total 503",
            "seventytwo_results_lost_total 2",
            "seventytwo_database_refusals_total{what=\"queue\"} 1",
            "seventytwo_database_refusals_total{what=\"results\"} 4",
        ] {
            assert!(shown.lines().any(|one| one == line), "no {line} in {shown}");
        }
    }
}
