//! The JSON door of the delivery log.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::delivery_log::{Asked, Call, Exchange, Kept, Log};
use super::{AsAdmin, id, station};
use crate::domain::case_number::CaseNumber;
use crate::domain::cursor;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::language::Language;
use crate::store::groups::{LoggedDelivery, WaitsFor};
use crate::web::answers::explained;
use crate::web::problem::Problem;
use crate::web::request::language;
use crate::web::shared::Shared;

/// One delivery of the log.
#[derive(Serialize, ToSchema)]
pub struct DeliveryBody {
    id: String,
    #[schema(value_type = String)]
    case_number: CaseNumber,
    /// `alert`, `update`, `closing` or `correction`.
    #[schema(value_type = String)]
    broadcast: Purpose,
    /// `open`, `delivered`, `given_up` or `cancelled`.
    #[schema(value_type = String)]
    state: DeliveryState,
    /// Requests so far, including those before it was sent again.
    attempts: i32,
    last_outcome: Option<&'static str>,
    last_code: Option<String>,
    /// Absent once nothing more goes out.
    due_at: Option<DateTime<Utc>>,
    /// What an open one waits for instead of `due_at`: a paused `notice`, a paused `group`, or `proof` of
    /// control.
    #[schema(value_type = Option<String>)]
    waits_for: Option<WaitsFor>,
    delivered_at: Option<DateTime<Utc>>,
    /// Whether its words arrived and their picture did not. Where `last_outcome` is not `delivered`, it and
    /// `last_code` say why; else its notice ended first, or its words were sent once more without the picture.
    words_only: bool,
    /// Whether it was given up and may be sent again: it is still true, its group wants it, and control of the
    /// group is proved.
    redeliverable: bool,
}

impl DeliveryBody {
    fn new(delivery: LoggedDelivery, now: DateTime<Utc>) -> DeliveryBody {
        DeliveryBody {
            id: delivery.id.to_string(),
            words_only: delivery.is_words_only(),
            redeliverable: delivery.is_redeliverable(now),
            due_at: delivery.is_open().then_some(delivery.due_at.0),
            waits_for: delivery.waits_for(now),
            case_number: delivery.case_number,
            broadcast: delivery.broadcast,
            state: delivery.state,
            attempts: delivery.attempts,
            last_outcome: delivery.last_outcome.map(|ended| ended.as_str()),
            last_code: delivery.last_code,
            delivered_at: delivery.delivered_at.map(|at| at.0),
        }
    }
}

/// A page of the delivery log, newest first.
#[derive(Serialize, ToSchema)]
pub struct LogBody {
    items: Vec<DeliveryBody>,
    next: Option<String>,
}

/// Where a page of the log begins.
#[derive(Deserialize, IntoParams)]
pub struct LogQuery {
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Words stored under the key of a case.
#[derive(Serialize, ToSchema)]
pub struct KeptBody {
    /// `null` where there are none, or none any more.
    words: Option<String>,
    /// They were erased with their notice.
    erased: bool,
}

impl From<Kept> for KeptBody {
    fn from(kept: Kept) -> KeptBody {
        let erased = kept == Kept::Erased;
        let words = match kept {
            Kept::Words(words) => Some(words),
            Kept::Nothing | Kept::Erased => None,
        };
        KeptBody { words, erased }
    }
}

/// One call to the platform.
#[derive(Serialize, ToSchema)]
pub struct CallBody {
    /// When it ended.
    at: DateTime<Utc>,
    outcome: &'static str,
    /// The platform's code, or ours where there was no answer.
    code: Option<String>,
    /// The result, in words.
    meaning: String,
    took_ms: i32,
    /// Which of the delivery's requests it was, from 1: words and picture may be separate requests, and each
    /// message that is taken back is one.
    part: i16,
    /// What it asked for: `words`, those of `request`; `picture`, alone; `digest`, one message for several
    /// notices, whose words are not kept; `ending`, one message in the chat edited, deleted or answered, or
    /// else the words of
    /// `request`: which of these is not kept.
    #[schema(value_type = String)]
    asked: Asked,
    /// Status and first 4 KB of the answer, where the platform refused; null once the words are no longer
    /// true.
    answer: KeptBody,
}

/// One delivery with the request and the answers.
#[derive(Serialize, ToSchema)]
pub struct ExchangeBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// The words as the platform gets them, without anything about the group, as long as they are true.
    request: KeptBody,
    /// It was sent in one message together with others, or will be at the end of the quiet hours.
    digest: bool,
    /// Oldest first; kept for 30 days.
    calls: Vec<CallBody>,
}

impl ExchangeBody {
    fn new(exchange: Exchange, now: DateTime<Utc>, language: Language) -> ExchangeBody {
        let Exchange { delivery, platform, request, calls } = exchange;
        let calls = calls.into_iter().map(|Call { attempt, asked, answer }| CallBody {
            at: attempt.at.0,
            part: attempt.number(),
            asked,
            meaning: explained(language, platform, attempt.outcome, attempt.code.as_deref()),
            outcome: attempt.outcome.as_str(),
            code: attempt.code,
            took_ms: attempt.took_ms,
            answer: answer.into(),
        });
        ExchangeBody {
            calls: calls.collect(),
            digest: delivery.digest,
            delivery: DeliveryBody::new(delivery, now),
            request: request.into(),
        }
    }
}

/// A delivery that is on its way.
#[derive(Serialize, ToSchema)]
pub struct UnderWay {
    #[schema(value_type = String)]
    state: DeliveryState,
}

/// What became of every message to a group
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path), LogQuery),
    responses((status = 200, body = LogBody)),
    security(("token" = []))
)]
#[get("/groups/{id}/deliveries")]
pub async fn deliveries(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    query: web::Query<LogQuery>,
) -> Result<web::Json<LogBody>, Problem> {
    let place = |given: &str| given.parse().ok().filter(|place| *place > 0);
    let before = cursor::asked(query.cursor.as_deref(), place).map_err(Problem::Invalid)?;
    let Log { lines, next, .. } = station(&shared).log(account, id(&path)?, before).await?;
    let now = shared.clock.now();
    let items = lines.into_iter().map(|line| DeliveryBody::new(line.delivery, now)).collect();
    Ok(web::Json(LogBody { items, next: next.map(|id| id.to_string()) }))
}

/// One delivery, with the request and what the platform answered
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path), ("delivery" = String, Path)),
    responses((status = 200, body = ExchangeBody)),
    security(("token" = []))
)]
#[get("/groups/{id}/deliveries/{delivery}")]
pub async fn detail(
    http: HttpRequest,
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<ExchangeBody>, Problem> {
    let (group, delivery) = ids(&path)?;
    let exchange = station(&shared).exchange(account, group, delivery).await?;
    Ok(web::Json(ExchangeBody::new(exchange, shared.clock.now(), language(&http))))
}

/// Send again what was given up and is still true; asking twice has the effect of asking once
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path), ("delivery" = String, Path)),
    responses((status = 202, body = UnderWay), (status = 409, description = "`not_redeliverable`")),
    security(("token" = []))
)]
#[post("/groups/{id}/deliveries/{delivery}/redeliver")]
pub async fn redeliver(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (group, delivery) = ids(&path)?;
    station(&shared).redeliver(account, group, delivery).await?;
    Ok(HttpResponse::Accepted().json(UnderWay { state: DeliveryState::Open }))
}

/// The group and the delivery in a path.
pub(in super::super) fn ids((group, delivery): &(String, String)) -> Result<(Uuid, i64), Problem> {
    Ok((id(group)?, delivery.parse().map_err(|_| Problem::NotFound)?))
}
