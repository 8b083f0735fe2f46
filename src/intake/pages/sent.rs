//! Reads a form with photos: its words are kept as typed and its photos are stored at once, so that neither
//! has to be sent again when something else is wrong.

use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::TryStreamExt;

use crate::domain::faults::{FieldFault, FieldFaults};
use crate::intake::IntakeError;
use crate::intake::api::{next_chunk, station};
use crate::intake::form::Typed;
use crate::intake::photo::{MAX_BYTES, PhotoFault};
use crate::intake::submission::PHOTOS;
use crate::web::limits::{Limit, network};
use crate::web::patience::Patience;
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::session::MAX_FORM_BYTES;
use crate::web::shared::Shared;

/// How far a form is read even when a file is too large, in bytes. A browser whose upload is cut off shows
/// its own error instead of ours.
const READ_AT_MOST: usize = 8 * MAX_BYTES;
/// The field that marks a form whose photo was refused.
pub const PHOTO_REFUSED: &str = "photo_refused";
/// More parts than any of our forms has; the bound is needed because even an empty part takes memory.
const PARTS: usize = 200;

/// What a form brought.
pub struct Sent {
    pub typed: Typed,
    /// Faults of the photos, or that too many forms came from this network.
    pub faults: FieldFaults,
    /// Set where too many forms came: seconds until the next may be sent. Further photos were not stored.
    pub wait: Option<u64>,
}

/// The form page again; where too many forms came from the network, with a `Retry-After` in seconds.
pub fn again(mut page: HttpResponse, wait: Option<u64>) -> HttpResponse {
    if let Some(wait) = wait {
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        request::retry_after(&mut page, wait);
    }
    page
}

/// Reads a form to its end, and counts it. A sender over the limit gets the typed words back, within the
/// limit for reading pages.
///
/// # Errors
/// Where it is not a form, has too much text, too many parts or bytes, or arrives too slowly.
pub async fn read(http: &HttpRequest, shared: &Shared, form: Multipart) -> Result<Sent, Problem> {
    read_whole(http, shared, Incoming::new(form, Patience::for_photos())).await
}

/// A form on its way in.
struct Incoming {
    form: Multipart,
    patience: Patience,
    parts: usize,
    /// The total size of its parts so far, in bytes.
    bytes: usize,
}

impl Incoming {
    const fn new(form: Multipart, patience: Patience) -> Incoming {
        Incoming { form, patience, parts: 0, bytes: 0 }
    }

    async fn next_part(&mut self) -> Result<Option<Field>, Problem> {
        let part = self.patience.read(async { Ok(self.form.try_next().await?) }).await?;
        self.parts += 1;
        if self.parts > PARTS {
            return Err(Problem::TooLarge(MAX_FORM_BYTES));
        }
        Ok(part)
    }

    /// A part's content; `None` once `kept` refuses its length.
    async fn content(
        &mut self,
        field: &mut Field,
        mut kept: impl FnMut(usize) -> bool,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let mut content = Some(Vec::new());
        while let Some(chunk) = next_chunk(field, &mut self.patience).await? {
            self.bytes += chunk.len();
            if self.bytes > READ_AT_MOST {
                return Err(Problem::TooLarge(MAX_BYTES));
            }
            content = content.filter(|before: &Vec<u8>| kept(before.len() + chunk.len()));
            if let Some(content) = &mut content {
                content.extend_from_slice(&chunk);
            }
        }
        Ok(content)
    }
}

async fn read_whole(http: &HttpRequest, shared: &Shared, mut form: Incoming) -> Result<Sent, Problem> {
    let mut sent = Sent { typed: Typed::default(), faults: FieldFaults::new(), wait: None };
    match shared.count(http, Limit::Submit) {
        Err(Problem::TooMany { retry_after_s, .. }) => {
            shared.count(http, Limit::Reads)?;
            sent.faults.insert("key".to_owned(), FieldFault::new("too_often").with("seconds", retry_after_s));
            sent.wait = Some(retry_after_s);
        }
        counted => counted?,
    }
    let mut words = 0;
    while let Some(mut field) = form.next_part().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "photo" {
            // Where no file was chosen, a browser sends an empty part without a file name.
            let file = field.content_disposition().and_then(|part| part.get_filename());
            let chosen = file.is_some_and(|file| !file.is_empty());
            let mut memory = shared.upload_memory.reserve(shared.client(http));
            let looked_at = sent.wait.is_none();
            let kept = |length| {
                let holds = looked_at && length <= MAX_BYTES && memory.grow_to(length);
                if !holds {
                    memory.release();
                }
                holds
            };
            let photo = form.content(&mut field, kept).await?;
            if !looked_at {
                continue;
            }
            if memory.is_refused() {
                sent.faults.insert("photo".to_owned(), FieldFault::new("photos_full"));
            } else if chosen || photo.as_ref().is_none_or(|photo| !photo.is_empty()) {
                take_photo(http, shared, &mut sent, photo).await?;
            }
        } else {
            let text = form.content(&mut field, |length| length <= MAX_FORM_BYTES).await?;
            words += name.len() + text.as_ref().map_or(MAX_FORM_BYTES, Vec::len);
            if words > MAX_FORM_BYTES {
                return Err(Problem::TooLarge(MAX_FORM_BYTES));
            }
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            sent.typed.add(&name, text);
        }
    }
    sent.remember_refusal();
    Ok(sent)
}

impl Sent {
    /// Where a photo is sent ahead of its form, its fault is gone once the form is sent. So the form keeps a
    /// mark of it, and the first time that it comes with the mark and no photo, the fault is told.
    fn remember_refusal(&mut self) {
        let refused = self.faults.contains_key("photo");
        let marked = !self.typed.first(PHOTO_REFUSED).is_empty() && self.typed.all("photo_ids").is_empty();
        self.typed.remove(PHOTO_REFUSED);
        if self.typed.first("stay").is_empty() {
            if marked && !refused && self.wait.is_none() {
                self.faults.insert("photo".to_owned(), FieldFault::new("photo_refused"));
            }
        } else if marked || refused {
            self.typed.add(PHOTO_REFUSED, "1".to_owned());
        }
    }
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
    let counted = shared.count(http, Limit::Photos).and_then(|()| shared.count(http, Limit::PhotosADay));
    if let Err(Problem::TooMany { retry_after_s, .. }) = counted {
        // The words need no photo and are shown again.
        sent.faults.insert("photo".to_owned(), FieldFault::new("photos_full"));
        sent.wait = Some(retry_after_s);
        return Ok(());
    }
    counted?;
    let taken = match photo {
        Some(photo) => {
            let sender = network(shared.client(http));
            station(shared).store_photo(photo, sender, shared.clock.now()).await
        }
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

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use actix_web::test::TestRequest;
    use actix_web::web::Bytes;
    use futures_util::stream::once;

    use super::*;
    use crate::intake::fixture::{Scene, png};

    /// A form that has arrived as a whole.
    fn form(parts: &[(&str, &[u8])]) -> Multipart {
        let mut body = Vec::new();
        for (name, content) in parts {
            let head = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        }
        body.extend_from_slice(b"--b--\r\n");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"));
        Multipart::new(&headers, once(async { Ok(Bytes::from(body)) }))
    }

    #[actix_web::test]
    async fn whoever_has_sent_all_in_time_does_not_wait_too_long_for_us() {
        let scene = Scene::new().await;
        let http = TestRequest::default().to_http_request();
        let form = form(&[("photo", &png(300)), ("description", b"x")]);
        // With no patience at all, what has arrived is still read: our own processing does not count against
        // it.
        let sent = read_whole(&http, &scene.shared, Incoming::new(form, Patience::none())).await;
        let sent = sent.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!((sent.typed.all("photo_ids").len(), sent.typed.first("description")), (1, "x"));
    }
}
