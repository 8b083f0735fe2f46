//! The JSON door of the review station.

pub mod bodies;
mod who;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::bodies::{DecisionBody, PhoneBody, RemoveBody, RestrictBody, VerdictBody};
use self::who::AsModerator;
use super::view::Sheet;
use super::waiting::{self, Queue};
use super::{Decision, Desk, ReviewError};
use crate::domain::case_number::CaseNumber;
use crate::domain::cursor;
use crate::domain::life_cycle::{Refusal, State, Step};
use crate::domain::people::Moderator;
use crate::store::notices::Notice;
use crate::web::json::Json;
use crate::web::problem::{Instead, Problem, StateOf};
use crate::web::session::AuthFirst;
use crate::web::shared::Shared;

/// Notices on a page of the queue.
const PAGE: i64 = 50;

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Problem {
        match error {
            ReviewError::Unknown => Problem::CaseUnknown,
            ReviewError::ClaimedByOther => Problem::ClaimedByOther,
            ReviewError::ClaimRequired => Problem::ClaimRequired,
            ReviewError::Stale { state, version } => Problem::StaleVersion { state, version },
            ReviewError::TooLate => Problem::TooLate,
            ReviewError::PoliceReferenceRequired => Problem::PoliceReferenceRequired,
            ReviewError::Reason => Problem::invalid("reason", "reason"),
            ReviewError::Note => Problem::invalid("note", "required"),
            ReviewError::TipUnknown => Problem::NotFound,
            ReviewError::PhonesUsedUp { wait } => Problem::too_many_at_work(wait),
            ReviewError::Refused(Refusal::SameApprover) => Problem::SameApprover,
            ReviewError::Refused(Refusal::LeadRequired) => Problem::LeadRequired,
            ReviewError::Refused(Refusal::NotYours) => Problem::Forbidden,
            ReviewError::Refused(Refusal::NotFrom { from, step }) => {
                Problem::NotPossible { state: StateOf::Notice(from), instead: instead(from, step) }
            }
            ReviewError::TipNotPassed { state } => Problem::not_from(state),
            ReviewError::Store(error) => error.into(),
        }
    }
}

/// What to do instead of that step.
const fn instead(from: State, step: Step) -> Option<Instead> {
    match (from, step) {
        (State::Live | State::Paused, Step::Ask | Step::Escalate) => Some(Instead::Published),
        (State::Cooling, Step::Pause | Step::Reject | Step::Ask | Step::Escalate) => Some(Instead::Cooling),
        _ => None,
    }
}

/// The case number in a path.
///
/// # Errors
/// [`Problem::CaseMalformed`].
pub fn case(given: &str) -> Result<CaseNumber, Problem> {
    Ok(given.parse()?)
}

/// The review desk, from what the doors share.
pub fn station(shared: &Shared) -> Desk {
    Desk { store: shared.store.clone(), vault: shared.vault.clone(), times: shared.times }
}

#[derive(Deserialize, IntoParams)]
pub struct QueueQuery {
    /// Only notices in this state.
    state: Option<String>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// A claim.
#[derive(Serialize, ToSchema)]
pub struct Claimed {
    claimed_until: Option<chrono::DateTime<chrono::Utc>>,
    version: i32,
}

/// Where a notice stands after a step.
#[derive(Serialize, ToSchema)]
pub struct Standing {
    state: State,
    /// Absent for a moderator who may take a live case from view but not open it: they get what its public
    /// page says.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
}

impl From<Notice> for Standing {
    fn from(notice: Notice) -> Standing {
        Standing { state: notice.state, version: Some(notice.version) }
    }
}

/// The review queue, most urgent first
#[utoipa::path(
    tag = "review",
    params(QueueQuery),
    responses((status = 200, body = Queue)),
    security(("token" = []))
)]
#[get("/review/queue")]
pub async fn queue(
    AsModerator(by): AsModerator,
    shared: web::Data<Shared>,
    query: web::Query<QueueQuery>,
) -> Result<web::Json<Queue>, Problem> {
    let state = query.state.as_deref().filter(|state| !state.is_empty());
    let state = state
        .map(|state| State::named(state).ok_or_else(|| Problem::none_of("state", &State::NAMES)))
        .transpose()?;
    let after = cursor::asked(query.cursor.as_deref(), cursor::read).map_err(Problem::Invalid)?;
    let now = shared.clock.now();
    let vault = shared.vault.clone();
    let page = shared.store.read(move |c| waiting::queue(c, &vault, by, state, after, PAGE, now)).await?;
    Ok(web::Json(page))
}

/// Everything that the role may see of a notice
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    responses((status = 200, body = Sheet), (status = 403, description = "`lead_required`")),
    security(("token" = []))
)]
#[get("/review/{case}")]
pub async fn sheet(
    AsModerator(by): AsModerator,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Sheet>, Problem> {
    Ok(web::Json(read_sheet(&shared, case(&path)?, by).await?))
}

/// A sheet, for this and for its page.
///
/// # Errors
/// As [`Desk::sheet`].
pub async fn read_sheet(shared: &Shared, case: CaseNumber, by: Moderator) -> Result<Sheet, Problem> {
    Ok(station(shared).sheet(case, by, shared.clock.now()).await?)
}

/// Claim a notice, or renew the claim
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    responses(
        (status = 200, body = Claimed),
        (status = 403, description = "`lead_required`, `same_approver`"),
        (status = 409, description = "`claimed_by_other`, `stale_version`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/claim")]
pub async fn claim(
    AsModerator(by): AsModerator,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Claimed>, Problem> {
    let notice = station(&shared).claim(case(&path)?, by, shared.clock.now()).await?;
    Ok(web::Json(Claimed { claimed_until: notice.claimed_until.map(|t| t.0), version: notice.version }))
}

/// Release a notice
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    responses(
        (status = 200, body = Claimed),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`claimed_by_other`, `claim_required`, `stale_version`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/release")]
pub async fn release(
    AsModerator(by): AsModerator,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Claimed>, Problem> {
    let notice = station(&shared).release(case(&path)?, by, shared.clock.now()).await?;
    Ok(web::Json(Claimed { claimed_until: None, version: notice.version }))
}

/// Decide a claimed notice
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    request_body = DecisionBody,
    responses(
        (status = 200, body = Standing),
        (status = 403, description = "`same_approver`, `lead_required`"),
        (status = 409, description = "`stale_version`, `claim_required`, `claimed_by_other`, `not_possible`"),
        (status = 422, description = "`police_reference_required`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/decisions")]
pub async fn decide(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<DecisionBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Standing>, Problem> {
    let decision = body.read(DecisionBody::decision)?;
    let notice = station(&shared).decide(case(&path)?, by, decision, shared.clock.now()).await?;
    shared.work_is_due.notify_one();
    Ok(web::Json(notice.into()))
}

/// Take back one's approval while the notice is cooling
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    responses(
        (status = 200, body = Standing),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`too_late`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/undo")]
pub async fn undo(
    AsModerator(by): AsModerator,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Standing>, Problem> {
    let notice = station(&shared).undo(case(&path)?, by, shared.clock.now()).await?;
    Ok(web::Json(notice.into()))
}

/// Pause a live notice
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    request_body = RestrictBody,
    responses(
        (status = 200, body = Standing),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`stale_version`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/pause")]
pub async fn pause(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<RestrictBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Standing>, Problem> {
    restrict(&shared, &path, by, body.read(|body| body.decision(Step::Pause))?).await
}

/// Resume a paused notice
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    request_body = RestrictBody,
    responses(
        (status = 200, body = Standing),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`stale_version`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/resume")]
pub async fn resume(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<RestrictBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Standing>, Problem> {
    restrict(&shared, &path, by, body.read(|body| body.decision(Step::Resume))?).await
}

/// Remove a notice that is false, unsafe or unlawful, with a correction to those who received it
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    request_body = RemoveBody,
    responses(
        (status = 200, body = Standing),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`stale_version`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/remove")]
pub async fn remove(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<RemoveBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Standing>, Problem> {
    restrict(&shared, &path, by, body.read(RemoveBody::decision)?).await
}

/// Pass a held tip on to the family, discard or believe it
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path), ("id" = Uuid, Path)),
    request_body = VerdictBody,
    responses(
        (status = 204, description = "It is done"),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`claim_required`, `claimed_by_other`, `not_possible`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/tips/{id}")]
pub async fn decide_tip(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<VerdictBody>>,
    shared: web::Data<Shared>,
    path: web::Path<(String, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (given, tip) = path.into_inner();
    let fate = body.read(VerdictBody::fate)?;
    station(&shared).decide_tip(case(&given)?, tip, fate, by, shared.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A reporter's phone.
#[derive(Serialize, ToSchema)]
pub struct PhoneShown {
    /// E.164.
    phone: String,
    /// How many more may be shown today.
    left: i64,
}

/// Reveal the reporter's phone; recorded, and limited per day
#[utoipa::path(
    tag = "review",
    params(("case" = String, Path)),
    request_body = PhoneBody,
    responses(
        (status = 200, body = PhoneShown),
        (status = 403, description = "`lead_required`"),
        (status = 409, description = "`claim_required`, `claimed_by_other`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[post("/review/{case}/phone")]
pub async fn reveal_phone(
    AuthFirst(AsModerator(by), body): AuthFirst<AsModerator, Json<PhoneBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<PhoneShown>, Problem> {
    let now = shared.clock.now();
    let reason = Some(body.read(PhoneBody::reason)?);
    let shown = station(&shared).reveal_phone(case(&path)?, by, reason, now).await?;
    Ok(web::Json(PhoneShown { phone: shown.phone, left: shown.left }))
}

async fn restrict(
    shared: &Shared,
    path: &str,
    by: Moderator,
    decision: Decision,
) -> Result<web::Json<Standing>, Problem> {
    let notice = station(shared).restrict(case(path)?, by, decision, shared.clock.now()).await?;
    shared.work_is_due.notify_one();
    let version = notice.may_be_opened_by(by).then_some(notice.version);
    Ok(web::Json(Standing { state: notice.state, version }))
}
