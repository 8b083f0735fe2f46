//! Bodies that are read whole: they have a size, and are waited for no longer than is fair.

use actix_web::dev::Payload;
use actix_web::{FromRequest as _, HttpRequest, web};

use super::patience;
use super::problem::Problem;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// A larger one, and one that does not come whole in time.
pub async fn read(http: &HttpRequest, mut payload: Payload, limit: usize) -> Result<web::Bytes, Problem> {
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
