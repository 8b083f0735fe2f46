//! The JSON door of the expiry station: the reporter says that it is over.

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Closer, ExpiryError};
use crate::domain::life_cycle::State;
use crate::domain::notice::{Kind, Outcome};
use crate::store::notices::{self, Notice};
use crate::vault::token_hash;
use crate::web::json::Json;
use crate::web::problem::{FieldFault, FieldFaults, Problem};
use crate::web::session::{AuthFirst, ManageToken};
use crate::web::shared::Shared;

impl From<ExpiryError> for Problem {
    fn from(error: ExpiryError) -> Problem {
        match error {
            ExpiryError::Unknown => Problem::ManageLinkInvalid,
            ExpiryError::Over(state) => Problem::not_from(state),
            ExpiryError::Refused(_) => Problem::Forbidden,
            ExpiryError::Store(error) => error.into(),
            ExpiryError::Blobs(_) => Problem::Internal(error.to_string()),
        }
    }
}

/// The station behind the doors.
pub fn station(shared: &Shared) -> Closer {
    Closer {
        store: shared.store.clone(),
        vault: shared.vault.clone(),
        blobs: shared.blobs.clone(),
        times: shared.times,
    }
}

/// How it ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseBody {
    /// `found` for a missing person, `returned` for property, `rescued` for a rescue, `fulfilled` for a
    /// campaign; `withdrawn` for each.
    #[schema(value_type = Outcome)]
    outcome: String,
    /// Whether the groups may know the outcome.
    #[serde(default)]
    announce: bool,
}

/// A notice that is over.
#[derive(Serialize, ToSchema)]
pub struct Closed {
    state: State,
    outcome: Option<Outcome>,
}

/// It is over
#[utoipa::path(
    tag = "reporting",
    request_body = CloseBody,
    responses(
        (status = 200, body = Closed),
        (status = 409, description = "`not_possible`"),
        (status = 429, description = "`too_many_requests`")
    ),
    security(("manage" = []))
)]
#[post("/my/notice/close")]
pub async fn close(
    AuthFirst(token, body): AuthFirst<ManageToken, Json<CloseBody>>,
    shared: web::Data<Shared>,
) -> Result<web::Json<Closed>, Problem> {
    let notice = by_token(&shared, &token.0).await?;
    let (outcome, announce) = body.read(|body| Ok((outcome(&body.outcome, notice.kind)?, body.announce)))?;
    Ok(web::Json(end(&shared, &notice, outcome, announce).await?))
}

/// The notice of a manage token.
///
/// # Errors
/// [`Problem::ManageLinkInvalid`].
pub async fn by_token(shared: &Shared, token: &str) -> Result<Notice, Problem> {
    let hash = token_hash(token);
    let found = shared.store.read(move |c| notices::by_manage_hash(c, &hash)).await?;
    found.ok_or(Problem::ManageLinkInvalid)
}

/// The outcome of that name.
///
/// # Errors
/// Where there is none, or it does not fit the kind.
pub fn outcome(name: &str, kind: Kind) -> Result<Outcome, FieldFaults> {
    let fault = match Outcome::named(name) {
        Some(outcome) if outcome.fits(kind) => return Ok(outcome),
        Some(_) => FieldFault::new("outcome_of_another_kind").with("own", Outcome::of(kind).as_str()),
        None => FieldFault::none_of(&Outcome::NAMES),
    };
    Err(FieldFaults::from([("outcome".to_owned(), fault)]))
}

/// Closes a notice, and wakes the worker for the closing message.
///
/// # Errors
/// Where it is over already.
pub async fn end(
    shared: &Shared,
    notice: &Notice,
    outcome: Outcome,
    announce: bool,
) -> Result<Closed, Problem> {
    let notice = station(shared).close(notice.id.0, outcome, announce, shared.clock.now()).await?;
    shared.work_is_due.notify_one();
    Ok(Closed { state: notice.state, outcome: notice.outcome })
}
