//! Serves photos; a photo disappears at the same instant as its notice.

use std::collections::HashMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::form::uploaded;
use crate::blobs::Size;
use crate::domain::people::{Moderator, Role};
use crate::intake::api::station;
use crate::intake::form::Typed;
use crate::store::photos::{self, Photo};
use crate::store::{Conn, StoreResult, notices};
use crate::web::limits::Limit;
use crate::web::manage::Manage;
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::Shared;

/// A photo that the reader may see now: a public one, the reporter's own, or, for those who verify, any photo
/// of a notice that they may open.
pub async fn photo(
    http: HttpRequest,
    shared: web::Data<Shared>,
    path: web::Path<(Uuid, String)>,
    visitor: Visitor,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let (id, name) = path.into_inner();
    let size = Size::named(&name).ok_or(Problem::NotFound)?;
    let intake = station(&shared);
    if let Some(person) = visitor.0
        && let Ok(account) = person.require(Role::Moderator)
    {
        let by = account.moderator();
        let now = shared.clock.now();
        let found = shared.store.read(move |c| may_be_looked_at(c, id, by, now)).await?;
        if let Some(photo) = found {
            return Ok(jpeg_answer(intake.photo_bytes(&photo, size).await?));
        }
    }
    let public = intake.public_photo(id, size, shared.clock.now()).await?;
    let jpeg = match (public, Manage::by_cookie(&http, &shared)) {
        (Some(jpeg), _) => Some(jpeg),
        (None, Ok(manage)) => intake.own_photo(&manage.token, id, size).await?,
        (None, Err(_)) => None,
    };
    Ok(jpeg_answer(jpeg.ok_or(Problem::NotFound)?))
}

/// The photo of a notice; of one which is for leads alone, or over, for leads alone.
fn may_be_looked_at(
    conn: &mut Conn,
    id: Uuid,
    by: Moderator,
    now: DateTime<Utc>,
) -> StoreResult<Option<Photo>> {
    let Some(found) = photos::by_id(conn, id)? else { return Ok(None) };
    let owner = found.notice_id.map(|owner| notices::by_id(conn, owner.0)).transpose()?.flatten();
    let may =
        owner.is_some_and(|notice| by.lead || !(notice.is_for_leads() || notice.state_at(now).is_over()));
    Ok(may.then_some(found))
}

/// The thumbnails of the photos of a form that belong to no notice yet, by their ids: addresses that hold the
/// picture itself. At an address of ours others could see it, too, and anybody may upload anything. Where they cannot
/// be had, the form is shown without: its words matter more.
pub async fn previews(shared: &Shared, typed: &Typed) -> HashMap<Uuid, String> {
    let ids: Vec<Uuid> = uploaded(typed).collect();
    let mut previews = HashMap::new();
    let alone = shared.store.read(move |c| photos::alone(c, &ids)).await;
    let alone = alone.inspect_err(|error| tracing::warn!(%error, "the photos of a form cannot be shown"));
    for photo in alone.unwrap_or_default() {
        match station(shared).photo_bytes(&photo, Size::Thumb).await {
            Ok(jpeg) => {
                let picture = format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg));
                previews.insert(photo.id.0, picture);
            }
            Err(error) => {
                tracing::warn!(%error, "a photo cannot be shown in its form");
                break;
            }
        }
    }
    previews
}

/// A JPEG with headers that forbid caching: it must be able to disappear at once.
pub fn jpeg_answer(jpeg: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(jpeg)
}
