//! Whether the program is alive and ready, and figures for the operator.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use prometheus::{Encoder, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::problem::Problem;
use super::shared::Shared;
use crate::broadcast::figures::Figures;
use crate::store::deliveries::Backlog;
use crate::store::{deliveries, lanes, queue};

/// Alive: the process answers.
#[get("/healthz")]
pub async fn alive() -> &'static str {
    "ok"
}

/// Ready: the database answers, too.
#[get("/readyz")]
pub async fn ready(shared: web::Data<Shared>) -> HttpResponse {
    match shared.store.read(crate::store::events::head).await {
        Ok(_) => HttpResponse::Ok().body("ok"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            HttpResponse::ServiceUnavailable().body("the database does not answer")
        }
    }
}

/// Figures in Prometheus' text format: counts only, nothing about anybody.
#[get("/metrics")]
pub async fn metrics(shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    let now = shared.clock.now();
    let read = shared
        .store
        .read(move |c| Ok((queue::count_by_state(c)?, deliveries::backlog(c, now)?, lanes::count(c, now)?)));
    let (notices, backlog, lanes) = read.await?;
    let text = render(&shared.figures, &notices, &backlog, &lanes, now);
    let text = text.map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

fn render(
    figures: &Figures,
    notices: &[(String, i64)],
    backlog: &Backlog,
    lanes: &[(&'static str, i64)],
    now: DateTime<Utc>,
) -> prometheus::Result<Vec<u8>> {
    let registry = Registry::new();
    figures.register(&registry)?;
    let by_state = |name: &str, help: &str, counts: &mut dyn Iterator<Item = (&str, i64)>| {
        let gauge = IntGaugeVec::new(Opts::new(name, help), &["state"])?;
        counts.for_each(|(state, count)| gauge.with_label_values(&[state]).set(count));
        registry.register(Box::new(gauge))
    };
    let mut counts = notices.iter().map(|(state, count)| (state.as_str(), *count));
    by_state("seventytwo_notices", "Notices by state.", &mut counts)?;
    by_state("seventytwo_lanes", "Groups by what their lane does.", &mut lanes.iter().copied())?;
    let oldest = backlog.oldest_due.map_or(0, |at| (now - at).num_seconds().max(0));
    for (name, help, value) in [
        ("seventytwo_deliveries_open", "Deliveries that are not finished.", backlog.open),
        ("seventytwo_deliveries_due", "Open deliveries whose time has come.", backlog.due),
        ("seventytwo_deliveries_late", "Open deliveries due for more than a minute.", backlog.late),
        ("seventytwo_delivery_oldest_due_seconds", "How long the oldest due delivery has waited.", oldest),
    ] {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(value);
        registry.register(Box::new(gauge))?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}
