//! The JSON door of the intake: photos, notices, tips, and the reporter's own notice.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::TimeDelta;
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::manage::MyStanding;
use super::photos::Stored;
use super::submission::parse;
use super::view::MyNotice;
use super::{Intake, IntakeError, Receipt, Request, photo, tips};
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::FieldFault;
use crate::domain::life_cycle::State;
use crate::web::json;
use crate::web::limits::{Limit, network};
use crate::web::patience::Patience;
use crate::web::problem::{Instead, Problem, StateOf};
use crate::web::request;
use crate::web::session::{AnyCaller, Caller, ManageToken};
use crate::web::shared::Shared;
use crate::web::upload_memory::Reservation;

/// How soon a client that found no room for its photo may ask again: by then other photos are done.
const ROOM_IN: TimeDelta = TimeDelta::seconds(5);
/// The longest idempotency key, in bytes.
pub const KEY: usize = 200;

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Problem {
        match error {
            IntakeError::Invalid(faults) => Problem::Invalid(faults),
            IntakeError::KeyReused => Problem::KeyReused,
            IntakeError::Unknown => Problem::CaseUnknown,
            IntakeError::LinkInvalid => Problem::ManageLinkInvalid,
            IntakeError::NotPossible(state) => Problem::not_from(state),
            IntakeError::RenewedOut => Problem::NotPossible {
                state: StateOf::Notice(State::Live),
                instead: Some(Instead::RenewedOut),
            },
            IntakeError::PhotosFull { wait } => Problem::too_many(wait),
            IntakeError::Photo(photo::PhotoFault::TooManyBytes) => Problem::TooLarge(photo::MAX_BYTES),
            IntakeError::Photo(fault) => Problem::PhotoRefused(fault.code()),
            IntakeError::Blobs(error) => Problem::Internal(error.to_string()),
            IntakeError::Store(error) => error.into(),
            IntakeError::BrokenOff(_) => Problem::Internal(error.to_string()),
        }
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Problem {
        tracing::debug!(?error, "a form could not be read");
        match error {
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => Problem::WrongType,
            _ => Problem::invalid("body", "form_broken"),
        }
    }
}

/// The intake behind the doors.
pub fn station(shared: &Shared) -> Intake {
    Intake {
        store: shared.store.clone(),
        vault: shared.vault.clone(),
        blobs: shared.blobs.clone(),
        base_url: shared.base_url.clone(),
        weigh: shared.weigh,
    }
}

/// Counts a tip about a case.
///
/// # Errors
/// [`Problem::TooMany`].
pub fn count_tip(shared: &Shared, http: &HttpRequest, case: CaseNumber) -> Result<(), Problem> {
    shared.limits.check(Limit::TipsOfCase, (case.as_str(), shared.client(http)))
}

/// The hash that recognises the same body again, whatever its spacing.
pub fn body_hash(body: &Value) -> Vec<u8> {
    Sha256::digest(body.to_string()).to_vec()
}

/// A photo as a multipart form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for the interface's description; it is read as a stream")]
pub struct PhotoForm {
    /// JPEG, PNG or WebP, up to 8 MB and 40 megapixels.
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Upload a photo, to be named in a notice afterwards
#[utoipa::path(
    tag = "reporting",
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Stored),
        (status = 422, description = "`photo_refused`"),
        (status = 429, description = "`too_many_requests`")
    )
)]
#[post("/photos")]
pub async fn send_photo(
    http: HttpRequest,
    shared: web::Data<Shared>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Photos)?;
    shared.count(&http, Limit::PhotosADay)?;
    let client = shared.client(&http);
    let mut memory = shared.upload_memory.reserve(client);
    let bytes = photo_part(form, &mut memory).await?;
    let stored = station(&shared).store_photo(bytes, network(client), shared.clock.now()).await?;
    Ok(HttpResponse::Created().json(stored))
}

/// The bytes of the one part `photo`. That part is read no further than the largest photo allowed, and all
/// other parts together no further than that either.
async fn photo_part(mut form: Multipart, memory: &mut Reservation) -> Result<Vec<u8>, Problem> {
    let (mut photo, mut others, mut patience) = (None, 0, Patience::for_photos());
    while let Some(mut field) = patience.read(async { Ok(form.try_next().await?) }).await? {
        if field.name() != Some("photo") {
            while let Some(chunk) = next_chunk(&mut field, &mut patience).await? {
                others += chunk.len();
                if others > photo::MAX_BYTES {
                    return Err(Problem::TooLarge(photo::MAX_BYTES));
                }
            }
            continue;
        }
        if photo.is_some() {
            return Err(Problem::invalid("photo", "repeated"));
        }
        photo = Some(read_photo(&mut field, &mut patience, memory).await?);
    }
    photo.ok_or_else(|| IntakeError::Photo(photo::PhotoFault::Empty).into())
}

/// The next piece of a part of a form with photos, where it comes in time.
///
/// # Errors
/// [`Problem::TooSlow`], or that it is not a form.
pub(super) async fn next_chunk(field: &mut Field, patience: &mut Patience) -> Result<Option<Bytes>, Problem> {
    let chunk = patience.read(async { Ok(field.try_next().await?) }).await?;
    patience.arrived(chunk.as_ref().map_or(0, Bytes::len));
    Ok(chunk)
}

/// One uploaded file.
///
/// # Errors
/// [`Problem::TooLarge`] as soon as it is more than 8 MB, [`Problem::TooMany`] where there is no room for it
/// now.
async fn read_photo(
    field: &mut Field,
    patience: &mut Patience,
    memory: &mut Reservation,
) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(field, patience).await? {
        let length = bytes.len() + chunk.len();
        if length > photo::MAX_BYTES {
            return Err(Problem::TooLarge(photo::MAX_BYTES));
        }
        if !memory.grow_to(length) {
            return Err(Problem::too_many(ROOM_IN));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Submit a notice
#[utoipa::path(
    tag = "reporting",
    request_body(content = ref("#/components/schemas/Notice")),
    params(
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "The same key and body again is the same request again, for 24 hours"
        )
    ),
    responses(
        (status = 201, body = Receipt),
        (status = 200, body = Receipt, description = "The same request again"),
        (status = 401, description = "`login_required`: a token was sent that does not hold"),
        (status = 409, description = "`idempotency_key_reused`"),
        (status = 429, description = "`too_many_requests`")
    )
)]
#[post("/notices")]
pub async fn submit(
    http: HttpRequest,
    shared: web::Data<Shared>,
    AnyCaller(caller): AnyCaller,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Submit)?;
    let body = json::value(&http, payload.into_inner()).await?;
    let (intake, now) = (station(&shared), shared.clock.now());
    let (key, body_hash) = (idempotency_key(&http)?, body_hash(&body));
    let submitted_by = caller.as_ref().map(Caller::account_id);
    if let Some(key) = &key
        && let Some(receipt) = intake.answered(key, submitted_by, &body_hash).await?
    {
        return Ok(HttpResponse::Ok().json(receipt));
    }
    let submission = parse(&body, now).map_err(Problem::Invalid)?;
    let done = intake.submit(Request { submission, key, body_hash, submitted_by }, now).await?;
    let mut answer = if done.again { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(answer.json(done.receipt))
}

fn idempotency_key(http: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(header) = http.headers().get("idempotency-key") else { return Ok(None) };
    let key = header.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= KEY);
    let fault = || FieldFault::new("idempotency_key").with("max", KEY);
    key.map(|key| Some(key.to_owned())).ok_or_else(|| IntakeError::field("Idempotency-Key", fault()).into())
}

/// Send a tip about a live notice
#[utoipa::path(
    tag = "public",
    request_body = TipBody,
    params(("case" = String, Path)),
    responses(
        (status = 202, description = "It is taken in"),
        (status = 409, description = "`not_possible`"),
        (status = 429, description = "`too_many_requests`")
    )
)]
#[post("/notices/{case}/tips")]
pub async fn tip(
    http: HttpRequest,
    shared: web::Data<Shared>,
    case: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Tips)?;
    let body = json::value(&http, payload.into_inner()).await?;
    let case: CaseNumber = case.parse()?;
    let now = shared.clock.now();
    let told = tips::parse(&body, now).map_err(Problem::Invalid)?;
    count_tip(&shared, &http, case)?;
    station(&shared).tip(case, told, now).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// A tip.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "describes the body for the interface's description; it is read with all its faults"
)]
pub struct TipBody {
    /// At most 1,000 characters; with `from_sought` it may be left out.
    text: Option<String>,
    seen_at: Option<chrono::DateTime<chrono::Utc>>,
    place: Option<String>,
    /// Only for those who verify.
    phone: Option<String>,
    /// The writer is the person whom the notice looks for, or a parent whom the child is with; the reporter learns
    /// of no such tip. About a missing person it is taken until the erasure, also where the notice is not live.
    from_sought: Option<bool>,
}

/// What the reporter sees of the notice
#[utoipa::path(
    tag = "reporting",
    responses((status = 200, body = MyNotice), (status = 429, description = "`too_many_requests`")),
    security(("manage" = []))
)]
#[get("/my/notice")]
pub async fn my_notice(
    http: HttpRequest,
    shared: web::Data<Shared>,
    token: ManageToken,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let mine = station(&shared).my_notice(&token.0, request::language(&http), shared.clock.now()).await?;
    Ok(HttpResponse::Ok().json(mine))
}

/// A reply.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "describes the body for the interface's description; it is read with all its faults"
)]
pub struct ReplyBody {
    /// At most 2,000 characters.
    text: String,
    #[serde(default)]
    photo_ids: Vec<uuid::Uuid>,
    /// New details from the police: changes to the notice's `police`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    police: Option<Value>,
}

/// Answer a question of those who verify
#[utoipa::path(
    tag = "reporting",
    request_body = ReplyBody,
    responses(
        (status = 200, body = MyStanding),
        (status = 409, description = "`not_possible`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("manage" = []))
)]
#[post("/my/notice/reply")]
pub async fn reply(
    http: HttpRequest,
    shared: web::Data<Shared>,
    token: ManageToken,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Submit)?;
    let body = json::value(&http, payload.into_inner()).await?;
    let now = shared.clock.now();
    let notice = station(&shared).reply(&token.0, &body, now).await?;
    Ok(HttpResponse::Ok().json(MyStanding::of(&notice, now)))
}

/// Correct the notice, by a JSON merge patch
#[utoipa::path(
    tag = "reporting",
    request_body(content = ref("#/components/schemas/NoticeChange")),
    responses(
        (status = 200, body = MyStanding),
        (status = 409, description = "`not_possible`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("manage" = []))
)]
#[patch("/my/notice")]
pub async fn revise(
    http: HttpRequest,
    shared: web::Data<Shared>,
    token: ManageToken,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Submit)?;
    let changes = json::value(&http, payload.into_inner()).await?;
    let now = shared.clock.now();
    let notice = station(&shared).revise(&token.0, changes, now).await?;
    Ok(HttpResponse::Ok().json(MyStanding::of(&notice, now)))
}

/// Ask for another 72 hours
#[utoipa::path(
    tag = "reporting",
    responses(
        (status = 200, body = MyStanding),
        (status = 409, description = "`not_possible`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("manage" = []))
)]
#[post("/my/notice/renew")]
pub async fn renew(
    http: HttpRequest,
    shared: web::Data<Shared>,
    token: ManageToken,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Submit)?;
    let now = shared.clock.now();
    let notice = station(&shared).renew(&token.0, now).await?;
    Ok(HttpResponse::Ok().json(MyStanding::of(&notice, now)))
}
