//! Whether the program is alive and ready, and figures for the operator.

use actix_web::{HttpResponse, get, web};
use prometheus::{Encoder, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::problem::Problem;
use super::shared::Shared;
use crate::store::{deliveries, queue};

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
    let (states, backlog) =
        shared.store.read(move |c| Ok((queue::count_by_state(c)?, deliveries::backlog(c, now)?))).await?;
    let text = render(&states, backlog, now).map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

fn render(
    states: &[(String, i64)],
    (open, due, oldest): (i64, i64, Option<chrono::DateTime<chrono::Utc>>),
    now: chrono::DateTime<chrono::Utc>,
) -> prometheus::Result<Vec<u8>> {
    let registry = Registry::new();
    let notices = IntGaugeVec::new(Opts::new("seventytwo_notices", "Notices by state."), &["state"])?;
    for (state, count) in states {
        notices.with_label_values(&[state]).set(*count);
    }
    registry.register(Box::new(notices))?;
    let late = oldest.map_or(0, |at| (now - at).num_seconds().max(0));
    for (name, help, value) in [
        ("seventytwo_deliveries_open", "Deliveries that are not finished.", open),
        ("seventytwo_deliveries_due", "Open deliveries whose time has come.", due),
        ("seventytwo_delivery_oldest_due_seconds", "How long the oldest due delivery has waited.", late),
    ] {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(value);
        registry.register(Box::new(gauge))?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}
