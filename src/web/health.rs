//! Liveness, readiness, and metrics for the operator.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use prometheus::{Encoder, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::problem::Problem;
use super::shared::Shared;
use crate::broadcast::metrics::Metrics;
use crate::domain::group::Condition;
use crate::store::broadcasts::Growing;
use crate::store::deliveries::Backlog;
use crate::store::figures::Overdue;
use crate::store::{broadcasts, deliveries, figures as counted, lanes};

/// Liveness: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// Readiness: the database answers, too, and soon, and keeps what it is given.
pub async fn ready(shared: web::Data<Shared>) -> (&'static str, StatusCode) {
    /// Shorter than the wait for a pooled connection, and longer than a busy database takes.
    const PATIENCE: Duration = Duration::from_secs(3);
    let asked = async {
        let unread = |error| ("the database does not answer", error);
        shared.store.read(crate::store::events::head).await.map_err(unread)?;
        shared
            .store
            .keeps_changes(&shared.vault)
            .await
            .map_err(|error| ("the database keeps no changes", error))
    };
    let told = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => return ("ok", StatusCode::OK),
        Ok(Err((told, error))) => {
            tracing::error!(%error, "not ready");
            told
        }
        Err(_) => {
            tracing::error!("not ready: the database does not answer in time");
            "the database does not answer"
        }
    };
    (told, StatusCode::SERVICE_UNAVAILABLE)
}

/// What the database knows about the program's work.
struct Counts {
    notices: Vec<(&'static str, i64)>,
    overdue: Vec<Overdue>,
    backlog: Backlog,
    lanes: Vec<(Condition, i64)>,
    growing: Growing,
}

/// Metrics in Prometheus' text format: only counts, nothing about any person. Where the database does not
/// answer, they are those of the process alone, which then show what is wrong.
pub async fn metrics(shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    /// Shorter than Prometheus usually waits.
    const PATIENCE: Duration = Duration::from_secs(5);
    let now = shared.clock.now();
    let read = shared.store.read(move |c| {
        Ok(Counts {
            notices: counted::count_by_state(c, now)?,
            overdue: counted::overdue(c, now)?,
            backlog: deliveries::backlog(c, now)?,
            lanes: lanes::count(c, now)?,
            growing: broadcasts::growing(c)?,
        })
    });
    let counts = match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(counts)) => Some(counts),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database could not be counted");
            None
        }
        Err(_) => {
            tracing::error!("the database could not be counted in time");
            None
        }
    };
    let text = render(&shared.metrics, counts.as_ref(), now);
    let text = text.map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

fn render(metrics: &Metrics, counts: Option<&Counts>, now: DateTime<Utc>) -> prometheus::Result<Vec<u8>> {
    let registry = Registry::new();
    metrics.register(&registry)?;
    let answers = i64::from(counts.is_some());
    add(&registry, "seventytwo_database_answers", "Whether the database answers: 1 or 0.", answers)?;
    if let Some(counts) = counts {
        counts.add(&registry, now)?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}

impl Counts {
    fn add(&self, registry: &Registry, now: DateTime<Utc>) -> prometheus::Result<()> {
        let Counts { notices, overdue, backlog, lanes, growing } = self;
        let mut notices = notices.iter().copied();
        add_by(registry, "state", "seventytwo_notices", "Notices by state.", &mut notices)?;
        let looks = ("second_look", overdue.iter().map(|one| one.second_looks).sum());
        let references = ("police_reference", overdue.iter().map(|one| one.police_references).sum());
        let help = "Live notices that should have been looked at again by now, by what they want.";
        add_by(registry, "want", "seventytwo_notices_overdue", help, &mut [looks, references].into_iter())?;
        let mut lanes = lanes.iter().map(|(condition, groups)| (condition.as_str(), *groups));
        add_by(registry, "state", "seventytwo_lanes", "Groups by what their lane does.", &mut lanes)?;
        let seconds = |since: Option<DateTime<Utc>>| since.map_or(0, |at| (now - at).num_seconds().max(0));
        for (name, help, value) in [
            ("seventytwo_deliveries_open", "Deliveries that are not finished.", backlog.open),
            ("seventytwo_deliveries_due", "Open deliveries whose time has come.", backlog.due),
            ("seventytwo_deliveries_late", "Open deliveries due for more than a minute.", backlog.late),
            (
                "seventytwo_delivery_oldest_due_seconds",
                "How long the oldest due delivery has waited.",
                seconds(backlog.oldest_due),
            ),
            (
                "seventytwo_delivery_oldest_waiting_seconds",
                "Age of the oldest due message that its group wants and has not yet received.",
                seconds(backlog.oldest_waiting),
            ),
            (
                "seventytwo_broadcasts_growing",
                "Broadcasts that have not reached all their groups yet.",
                growing.broadcasts,
            ),
            (
                "seventytwo_broadcast_oldest_growing_seconds",
                "How long the oldest of them has been growing.",
                seconds(growing.since),
            ),
        ] {
            add(registry, name, help, value)?;
        }
        Ok(())
    }
}

fn add(registry: &Registry, name: &str, help: &str, value: i64) -> prometheus::Result<()> {
    let gauge = IntGauge::new(name, help)?;
    gauge.set(value);
    registry.register(Box::new(gauge))
}

fn add_by(
    registry: &Registry,
    label: &str,
    name: &str,
    help: &str,
    counts: &mut dyn Iterator<Item = (&str, i64)>,
) -> prometheus::Result<()> {
    let gauge = IntGaugeVec::new(Opts::new(name, help), &[label])?;
    counts.for_each(|(value, count)| gauge.with_label_values(&[value]).set(count));
    registry.register(Box::new(gauge))
}
