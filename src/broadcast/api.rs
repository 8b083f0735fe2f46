//! The JSON door of the broadcast station.

use actix_web::{get, web};

use super::report::{self, Report, ReportError};
use crate::domain::case_number::CaseNumber;
use crate::domain::people::{Moderator, Role};
use crate::store::denials;
use crate::web::problem::Problem;
use crate::web::session::Caller;
use crate::web::shared::Shared;

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match error {
            ReportError::Unknown => Problem::CaseUnknown,
            ReportError::LeadRequired => Problem::LeadRequired,
            ReportError::Store(error) => error.into(),
        }
    }
}

/// What became of everything said about a notice
#[utoipa::path(
    tag = "broadcasts",
    params(("case" = String, Path)),
    responses((status = 200, body = Report), (status = 403, description = "`lead_required`")),
    security(("token" = []))
)]
#[get("/broadcasts/{case}")]
pub async fn broadcasts(
    caller: Caller,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<web::Json<Report>, Problem> {
    let by = caller.require(Role::Moderator)?.moderator();
    Ok(web::Json(read(&shared, &path, by).await?))
}

/// Reads a report off the async threads.
///
/// # Errors
/// Where `case` is not a case number or not a known one, or its notice is sealed and the reader is not a
/// lead.
pub async fn read(shared: &Shared, case: &str, by: Moderator) -> Result<Report, Problem> {
    let case: CaseNumber = case.parse()?;
    let now = shared.clock.now();
    let found = shared.store.read(move |c| Ok(report::report(c, case, by, now))).await?;
    if matches!(found, Err(ReportError::LeadRequired)) {
        shared.store.write(move |tx| denials::record_denied(tx, case, by, now)).await?;
    }
    Ok(found?)
}
