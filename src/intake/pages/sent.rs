//! Reads a form that may bring photos: its words are kept as typed, its photos are taken in at once,
//! so that neither has to be sent again when something else is wrong.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use futures_util::TryStreamExt;

use crate::domain::faults::{FieldFault, FieldFaults};
use crate::intake::IntakeError;
use crate::intake::api::{count, desk};
use crate::intake::form::Typed;
use crate::intake::photo::{MAX_BYTES, PhotoFault};
use crate::intake::submission::PHOTOS;
use crate::web::limits::Limit;
use crate::web::patience;
use crate::web::problem::Problem;
use crate::web::session::MAX_FORM_BYTES;
use crate::web::shared::Shared;

/// A file that is too large is read to its end all the same, up to this: a browser whose sending is
/// broken off shows its own error instead of ours. In bytes.
const READ_AT_MOST: usize = 8 * MAX_BYTES;

/// What a form brought.
pub struct Sent {
    pub typed: Typed,
    /// What is wrong with its photos.
    pub faults: FieldFaults,
}

/// Reads a form to its end.
///
/// # Errors
/// Where it is no form, or one of too many words or bytes, or does not come in time.
pub async fn read(http: &HttpRequest, shared: &Shared, form: Multipart) -> Result<Sent, Problem> {
    patience::within(patience::PHOTOS, read_whole(http, shared, form)).await
}

async fn read_whole(http: &HttpRequest, shared: &Shared, mut form: Multipart) -> Result<Sent, Problem> {
    let mut sent = Sent { typed: Typed::default(), faults: FieldFaults::new() };
    let (mut words, mut bytes) = (0, 0);
    while let Some(mut field) = form.try_next().await.map_err(|_| Problem::WrongType)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "photo" {
            // A browser sends an empty part without a name where no file was chosen.
            let file = field.content_disposition().and_then(|part| part.get_filename());
            let chosen = file.is_some_and(|file| !file.is_empty());
            let photo = content(&mut field, MAX_BYTES, &mut bytes).await?;
            if chosen || photo.as_ref().is_none_or(|photo| !photo.is_empty()) {
                take_photo(http, shared, &mut sent, photo).await?;
            }
        } else {
            let text = content(&mut field, MAX_FORM_BYTES, &mut bytes).await?;
            words += name.len() + text.as_ref().map_or(MAX_FORM_BYTES, Vec::len);
            if words > MAX_FORM_BYTES {
                return Err(Problem::TooLarge(MAX_FORM_BYTES));
            }
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            sent.typed.add(&name, text);
        }
    }
    Ok(sent)
}

/// A part's content; `None` where it is longer than `max`.
async fn content(field: &mut Field, max: usize, bytes: &mut usize) -> Result<Option<Vec<u8>>, Problem> {
    let mut content = Some(Vec::new());
    while let Some(chunk) = field.try_next().await.map_err(|_| Problem::WrongType)? {
        *bytes += chunk.len();
        if *bytes > READ_AT_MOST {
            return Err(Problem::TooLarge(MAX_BYTES));
        }
        content = content.filter(|kept: &Vec<u8>| kept.len() + chunk.len() <= max);
        if let Some(kept) = &mut content {
            kept.extend_from_slice(&chunk);
        }
    }
    Ok(content)
}

async fn take_photo(
    http: &HttpRequest,
    shared: &Shared,
    sent: &mut Sent,
    photo: Option<Vec<u8>>,
) -> Result<(), Problem> {
    if sent.typed.all("photo_ids").len() >= PHOTOS {
        sent.faults.insert("photo".to_owned(), FieldFault::new("too_many").with("max", PHOTOS));
        return Ok(());
    }
    count(shared, http, Limit::Photos)?;
    let taken = match photo {
        Some(photo) => desk(shared).store_photo(photo, shared.clock.now()).await,
        None => Err(IntakeError::Photo(PhotoFault::TooManyBytes)),
    };
    match taken {
        Ok(stored) => sent.typed.add("photo_ids", stored.id.to_string()),
        Err(IntakeError::Photo(fault)) => {
            sent.faults.insert("photo".to_owned(), FieldFault::new(fault.code()));
        }
        Err(IntakeError::PhotosFull { .. }) => {
            sent.faults.insert("photo".to_owned(), FieldFault::new("photos_full"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
