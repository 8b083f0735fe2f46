//! `/safety`: how families, helpers and the people sought are protected.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::case_number::CaseNumber;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "safety.html")]
struct SafetyPage<'a> {
    frame: &'a Frame,
    /// The notice that the reader comes from.
    case: Option<CaseNumber>,
}

/// What the address may say.
#[derive(Deserialize)]
pub struct Asked {
    case: Option<String>,
}

/// The page on safety and privacy. Whoever comes from a notice, perhaps the person sought, finds the way back to
/// its form.
///
/// # Errors
/// When the template fails.
pub async fn safety(
    http: HttpRequest,
    visitor: Visitor,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let frame = &visitor.frame(&http);
    let case = asked.case.as_deref().and_then(|case| case.parse().ok());
    page(&http, frame, &SafetyPage { frame, case })
}
