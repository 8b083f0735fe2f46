//! The door to photos: gone from view at the same instant as their notice.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use uuid::Uuid;

use crate::blobs::Size;
use crate::domain::people::Role;
use crate::intake::api::{count, desk};
use crate::store::photos;
use crate::web::limits::Limit;
use crate::web::manage;
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::Shared;

/// A photo that may be seen now: everybody's, the reporter's own, or any for those who verify.
#[get("/p/{id}/{size}.jpg")]
pub async fn photo(
    http: HttpRequest,
    shared: web::Data<Shared>,
    path: web::Path<(Uuid, String)>,
    visitor: Visitor,
) -> Result<HttpResponse, Problem> {
    count(&shared, &http, Limit::Reads)?;
    let (id, name) = path.into_inner();
    let size = Size::named(&name).ok_or(Problem::NotFound)?;
    let intake = desk(&shared);
    if visitor.0.is_some_and(|person| person.require(Role::Moderator).is_ok()) {
        let found = shared.store.read(move |c| photos::by_id(c, id)).await?;
        return Ok(jpeg_answer(intake.photo_bytes(&found.ok_or(Problem::NotFound)?, size).await?));
    }
    let public = intake.public_photo(id, size, shared.clock.now()).await?;
    let jpeg = match (public, manage::token(&http, &shared)) {
        (Some(jpeg), _) => Some(jpeg),
        (None, Ok(token)) => intake.own_photo(&token, id, size).await?,
        (None, Err(_)) => None,
    };
    Ok(jpeg_answer(jpeg.ok_or(Problem::NotFound)?))
}

/// A JPEG that nobody keeps: it must vanish at once.
pub fn jpeg_answer(jpeg: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(jpeg)
}
