//! The stylesheets, scripts and icon: embedded in the binary, and cached for good because the URL contains
//! their hash.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::header::{self, EntityTag, HeaderValue, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::Embed;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::domain::hex::hex;

#[derive(Embed)]
#[folder = "assets/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Files;

/// One file, as it is served.
struct Asset {
    bytes: web::Bytes,
    /// Its [`version`].
    version: String,
    content_type: &'static str,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let version = version(&file.data);
            let content_type = content_type(&name);
            Some((name.into_owned(), Asset { bytes: file.data.into_owned().into(), version, content_type }))
        })
        .collect()
});

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// What names these contents: the first half of their SHA-256, in hexadecimal.
pub fn version(contents: &[u8]) -> String {
    hex(&Sha256::digest(contents)[..16])
}

/// Whether the client says that it has what this tag names.
pub fn is_known(tag: &EntityTag, known: Option<web::Header<IfNoneMatch>>) -> bool {
    match known.map(web::Header::into_inner) {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

/// The URL of a file with its version, so that a browser may cache it for good.
pub fn link(name: &str) -> String {
    match ASSETS.get(name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.version),
        None => format!("/assets/{name}"),
    }
}

/// `GET /assets/{name}`.
///
/// # Errors
/// [`Problem::NotFound`] where the file does not exist.
pub async fn serve(
    http: HttpRequest,
    name: web::Path<String>,
    known: Option<web::Header<IfNoneMatch>>,
) -> Result<HttpResponse, Problem> {
    let asset = ASSETS.get(name.as_str()).ok_or(Problem::NotFound)?;
    let tag = EntityTag::new_strong(asset.version.clone());
    let fresh = is_known(&tag, known);
    let kept = if http.query_string() == format!("v={}", asset.version) {
        "public, max-age=31536000, immutable"
    } else {
        "public, no-cache"
    };
    let mut answer = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header(header::ETag(tag))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(kept)));
    if fresh {
        return Ok(answer.finish());
    }
    Ok(answer.content_type(asset.content_type).body(asset.bytes.clone()))
}
