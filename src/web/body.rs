//! Bodies that are read whole: they have a size, and are waited for no longer than is fair.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{FromRequest as _, HttpRequest, web};

use super::patience;
use super::problem::Problem;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// A larger one, at once where it says so beforehand, and one that does not come whole in time.
pub async fn read(http: &HttpRequest, mut payload: Payload, limit: usize) -> Result<web::Bytes, Problem> {
    let announced = http.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(Problem::TooLarge(limit));
    }
    let payload = web::Payload::from_request(http, &mut payload)
        .await
        .map_err(|e| Problem::Internal(format!("no payload: {e}")))?;
    patience::within(patience::WORDS, async {
        let body = payload.to_bytes_limited(limit).await.map_err(|_| Problem::TooLarge(limit))?;
        // Whoever breaks off does not send the rest in time, either; and hardly anybody reads the answer.
        body.map_err(|_| Problem::TooSlow)
    })
    .await
}
