//! `/safety`: how families, helpers and the people sought are protected.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "safety.html")]
struct SafetyPage<'a> {
    frame: &'a Frame,
}

/// The page on safety and privacy.
///
/// # Errors
/// When the template fails.
pub async fn safety(http: HttpRequest, visitor: Visitor) -> Result<HttpResponse, Problem> {
    let frame = &visitor.frame(&http);
    page(&http, frame, &SafetyPage { frame })
}
