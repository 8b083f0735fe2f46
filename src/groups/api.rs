//! The JSON door of the groups.

mod bodies;
pub mod log;

use actix_web::dev::Payload;
use actix_web::http::header::LOCATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::bodies::{ChangeBody, CodeBody, GroupBody, NewGroupBody, PauseBody};
use super::pauses;
use super::secret::Rotated;
use super::words::addresses;
use super::{Groups, NoCode};
use crate::domain::cursor;
use crate::domain::delivery::EndedAs;
use crate::domain::group::GroupState;
use crate::domain::language::Language;
use crate::domain::people::Role;
use crate::language::text_with;
use crate::web::answers::refused;
use crate::web::json::{Json, JsonIfAny};
use crate::web::limits::Limit;
use crate::web::problem::{Problem, seconds, waited};
use crate::web::request::language;
use crate::web::session::{AuthFirst, Caller};
use crate::web::shared::Shared;

/// The station behind the doors.
pub fn station(shared: &Shared) -> Groups {
    Groups {
        store: shared.store.clone(),
        vault: shared.vault.clone(),
        clock: shared.clock.clone(),
        sender: shared.sender.clone(),
        hosts: shared.hosts.clone(),
        base_url: shared.base_url.clone(),
        work_is_due: shared.work_is_due.clone(),
    }
}

/// A group that was connected.
#[derive(Serialize, ToSchema)]
pub struct Created {
    id: Uuid,
    #[schema(value_type = String)]
    state: GroupState,
    /// Whether the chat took the code. Where it did not, the group is kept all the same: mend what `reason`
    /// names and ask for another code. A receiver that checks signatures needs `secret` first.
    code_sent: bool,
    /// What the platform said instead of taking the code, or why none was sent, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// In how many seconds a code may be asked for, where none was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    /// The new signing secret, shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A paused group.
#[derive(Serialize, ToSchema)]
pub struct PausedGroup {
    state: GroupState,
    /// When the pause ends by itself; `null`: when the group is resumed.
    paused_until: Option<DateTime<Utc>>,
}

/// Where a group stands after a step.
#[derive(Serialize, ToSchema)]
pub struct GroupStanding {
    state: GroupState,
}

/// A test message that arrived.
#[derive(Serialize, ToSchema)]
pub struct Tested {
    outcome: &'static str,
    /// The platform's code.
    code: Option<String>,
}

/// A new signing secret.
#[derive(Serialize, ToSchema)]
pub struct NewSecret {
    /// Shown only this once.
    secret: String,
    /// Until when requests also carry the signature of the previous secret.
    both_until: DateTime<Utc>,
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// A page of an admin's groups, oldest first.
#[derive(Serialize, ToSchema)]
pub struct GroupList {
    items: Vec<GroupBody>,
    /// The `cursor` for the next page; null on the last page.
    next: Option<String>,
}

/// The group's id in a path.
pub(super) fn id(path: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(path).map_err(|_| Problem::NotFound)
}

/// A program that acts for a group admin's account. Refused as [`Caller`], and with 403 `forbidden` for other
/// roles.
pub struct AsAdmin(pub Uuid);

impl FromRequest for AsAdmin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<AsAdmin, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(http, payload);
        Box::pin(async move { Ok(AsAdmin(caller.await?.require(Role::GroupAdmin)?.id.0)) })
    }
}

/// Why no code is in a chat, and what to do.
pub(super) fn no_code(why: &NoCode, language: Language) -> String {
    match why {
        NoCode::Refused(refusal) => refused(refusal, language),
        NoCode::Held(wait) => {
            text_with(language, "groups-code-held", &[("wait", waited(seconds(*wait), language).into())])
        }
    }
}

/// Connect a chat: a six-digit code is sent into it
#[utoipa::path(
    tag = "groups",
    request_body = NewGroupBody,
    responses(
        (status = 201, body = Created),
        (status = 409, description = "`group_exists`, `too_many_groups`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[post("/groups")]
pub async fn connect(
    http: HttpRequest,
    AuthFirst(AsAdmin(account), body): AuthFirst<AsAdmin, Json<NewGroupBody>>,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let new = body.read(|body| body.draft().new_group(addresses(&http, &shared)))?;
    shared.limits.check(Limit::GroupConnects, account)?;
    let reader = language(&http);
    let connected = station(&shared).connect(account, new).await?;
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/groups/{}", connected.id))).json(
        Created {
            id: connected.id,
            state: GroupState::Unverified,
            code_sent: connected.no_code.is_none(),
            reason: connected.no_code.as_ref().map(|why| no_code(why, reader)),
            retry_after_s: match connected.no_code {
                Some(NoCode::Held(wait)) => Some(seconds(wait)),
                _ => None,
            },
            secret: connected.secret,
        },
    ))
}

/// The caller's groups, 500 per page
#[utoipa::path(
    tag = "groups",
    params(ListQuery),
    responses((status = 200, body = GroupList)),
    security(("token" = []))
)]
#[get("/groups")]
pub async fn list(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    query: web::Query<ListQuery>,
) -> Result<web::Json<GroupList>, Problem> {
    let after = cursor::asked(query.cursor.as_deref(), cursor::read).map_err(Problem::Invalid)?;
    let page = station(&shared).page(account, after).await?;
    let items = page.groups.into_iter().map(GroupBody::from).collect();
    Ok(web::Json(GroupList { items, next: page.next.as_ref().map(cursor::write) }))
}

/// One group
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = GroupBody)),
    security(("token" = []))
)]
#[get("/groups/{id}")]
pub async fn show(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<GroupBody>, Problem> {
    Ok(web::Json(station(&shared).whole(account, id(&path)?).await?.into()))
}

/// Change a group: all of it, or nothing; new credentials need a new proof of control, and a code is sent by
/// them first
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    request_body = ChangeBody,
    responses(
        (status = 200, body = Changed),
        (status = 409, description = "`group_exists`, `not_possible`"),
        (status = 422, description = "`group_unreachable`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[patch("/groups/{id}")]
pub async fn change(
    http: HttpRequest,
    AuthFirst(AsAdmin(account), body): AuthFirst<AsAdmin, Json<ChangeBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, reader) = (id(&path)?, language(&http));
    let groups = station(&shared);
    let platform = groups.whole(account, id).await?.group.platform;
    let change = body.read(|body| body.draft().change(platform, addresses(&http, &shared)))?;
    let changed = groups.change(account, id, change).await?;
    let whole = groups.whole(account, id).await?;
    let code_refused = changed.no_code.map(|why| no_code(&why, reader));
    Ok(HttpResponse::Ok().json(Changed { group: whole.into(), secret: changed.secret, code_refused }))
}

/// A group as it now is.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    #[serde(flatten)]
    group: GroupBody,
    /// The new signing secret, shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What a receiver that does not know this secret yet said instead of taking the code, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    code_refused: Option<String>,
}

/// Generate a new signing secret, on platforms for which we generate it; for 24 hours requests carry the
/// signatures of both
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = NewSecret), (status = 429, description = "`too_many_requests`")),
    security(("token" = []))
)]
#[post("/groups/{id}/secret")]
pub async fn rotate(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<NewSecret>, Problem> {
    let Rotated { secret, both_until } = station(&shared).rotate(account, id(&path)?).await?;
    Ok(web::Json(NewSecret { secret, both_until }))
}

/// Delete a group; what waits for it is given up at once
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is done")),
    security(("token" = []))
)]
#[delete("/groups/{id}")]
pub async fn forget(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    station(&shared).delete(account, id(&path)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Prove control of the chat with the code that was sent into it
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    request_body = CodeBody,
    responses(
        (status = 200, body = GroupStanding),
        (status = 409, description = "`not_possible`"),
        (status = 410, description = "`code_expired`"),
        (status = 422, description = "`wrong_code`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[post("/groups/{id}/verify")]
pub async fn verify(
    AuthFirst(AsAdmin(account), body): AuthFirst<AsAdmin, Json<CodeBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<GroupStanding>, Problem> {
    let (id, code) = (id(&path)?, body.whole()?.code);
    station(&shared).verify(account, id, &code).await?;
    Ok(web::Json(GroupStanding { state: GroupState::Active }))
}

/// Send another code; at most three in an hour
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, description = "It is on its way"),
        (status = 409, description = "`not_possible`"),
        (status = 422, description = "`group_unreachable`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[post("/groups/{id}/code")]
pub async fn send_code(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    station(&shared).send_code(account, id(&path)?).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Pause a group, until a time or until it is resumed
#[utoipa::path(
    operation_id = "pause_group",
    tag = "groups",
    params(("id" = Uuid, Path)),
    request_body = Option<PauseBody>,
    responses((status = 200, body = PausedGroup), (status = 409, description = "`not_possible`")),
    security(("token" = []))
)]
#[post("/groups/{id}/pause")]
pub async fn pause(
    AuthFirst(AsAdmin(account), body): AuthFirst<AsAdmin, JsonIfAny<PauseBody>>,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<PausedGroup>, Problem> {
    let id = id(&path)?;
    let now = shared.clock.now();
    let end = |body: PauseBody| body.until.map(|until| pauses::end(&until, now)).transpose();
    let paused_until = body.0.read(|body| Ok(body.map(end).transpose()?.flatten()))?;
    let state = station(&shared).pause(account, id, paused_until).await?;
    Ok(web::Json(PausedGroup { state, paused_until }))
}

/// Resume a paused group
#[utoipa::path(
    operation_id = "resume_group",
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = GroupStanding), (status = 409, description = "`not_possible`")),
    security(("token" = []))
)]
#[post("/groups/{id}/resume")]
pub async fn resume(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<GroupStanding>, Problem> {
    let state = station(&shared).resume(account, id(&path)?).await?;
    Ok(web::Json(GroupStanding { state }))
}

/// Send a message marked as a test; at most three in an hour
#[utoipa::path(
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Tested),
        (status = 409, description = "`not_possible`"),
        (status = 422, description = "`group_unreachable`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("token" = []))
)]
#[post("/groups/{id}/test")]
pub async fn test(
    AsAdmin(account): AsAdmin,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Tested>, Problem> {
    let code = station(&shared).test(account, id(&path)?).await?;
    Ok(web::Json(Tested { outcome: EndedAs::Delivered.as_str(), code }))
}
