//! `multipart/form-data` (RFC 7578) that is written once and has room for fields of one chat.

use std::borrow::Cow;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Body;
use crate::domain::hex::hex;

const TYPE: &str = "multipart/form-data; boundary=";

/// A form with a text field, a JPEG, and room before them for what [`fields`] writes.
pub(super) fn form(text: (&str, &str), picture: (&str, &Bytes)) -> Body {
    // A digest of the content, which must not contain the boundary.
    let digest = Sha256::new().chain_update(text.1).chain_update(picture.1).finalize();
    let boundary = format!("seventytwo-{}", hex(&digest[..16]));
    let mut bytes = field(&boundary, text.0, text.1).into_bytes();
    bytes.extend_from_slice(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"poster.jpg\"\r\n\
             Content-Type: image/jpeg\r\n\r\n",
            picture.0
        )
        .as_bytes(),
    );
    bytes.extend_from_slice(picture.1);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Body::raw_with_room(Cow::Owned(format!("{TYPE}{boundary}")), Vec::new(), &bytes)
}

/// Fields for the room of a form; `None` where the body is not a form.
pub(super) fn fields(form: &Body, fields: &[(&str, &str)]) -> Option<String> {
    let boundary = form.content_type.strip_prefix(TYPE)?;
    Some(fields.iter().map(|(name, value)| field(boundary, name, value)).collect())
}

fn field(boundary: &str, name: &str, value: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}
