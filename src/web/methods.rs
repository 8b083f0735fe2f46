//! Which methods an address takes, to be told where it was asked with another. A door answers to its own
//! method alone, so what falls through all of them is looked up here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::dev::ResourceDef;

use super::openapi;

/// The pages that are looked at.
const READ: &[&str] = &[
    "/",
    "/api/docs",
    "/api/openapi.json",
    "/assets/{name}",
    "/broadcasts/{case}",
    "/check",
    "/feeds/notices.atom",
    "/groups",
    "/groups/new",
    "/groups/{id}",
    "/groups/{id}/delete",
    "/groups/{id}/deliveries/{delivery}",
    "/groups/{id}/edit",
    "/groups/{id}/robot",
    "/healthz",
    "/login",
    "/logout",
    "/metrics",
    "/my",
    "/my/edit",
    "/my/{token}",
    "/n/{case}",
    "/n/{case}/poster.jpg",
    "/p/{id}/{size}.jpg",
    "/readyz",
    "/report",
    "/report/done",
    "/report/{kind}",
    "/review",
    "/review/figures",
    "/review/{case}",
    "/review/{case}/poster.jpg",
    "/safety",
];

/// The forms that are sent.
const SENT: &[&str] = &[
    "/groups/new",
    "/groups/{id}/code",
    "/groups/{id}/delete",
    "/groups/{id}/deliveries/{delivery}/redeliver",
    "/groups/{id}/edit",
    "/groups/{id}/pause",
    "/groups/{id}/resume",
    "/groups/{id}/robot",
    "/groups/{id}/secret",
    "/groups/{id}/test",
    "/groups/{id}/verify",
    "/login",
    "/logout",
    "/my/close",
    "/my/edit",
    "/my/renew",
    "/my/reply",
    "/n/{case}/tips",
    "/report/{kind}",
    "/review/{case}/phone",
    "/review/{case}/tips/{id}",
    "/review/{case}/{step}",
];

/// Every address with a method that it takes; those of the JSON interface from its description.
static DOORS: LazyLock<Vec<(ResourceDef, &'static str)>> = LazyLock::new(|| {
    let pages = READ.iter().map(|path| (*path, "GET")).chain(SENT.iter().map(|path| (*path, "POST")));
    let mut doors: Vec<_> = pages.map(|(path, method)| (ResourceDef::new(path), method)).collect();
    for (path, taken) in openapi::document()["paths"].as_object().into_iter().flatten() {
        let taken = ["GET", "POST", "PATCH", "DELETE"]
            .into_iter()
            .filter(|method| taken.get(method.to_ascii_lowercase()).is_some());
        doors.extend(taken.map(|method| (ResourceDef::new(format!("/api/v1{path}")), method)));
    }
    doors
});

/// The methods that a path takes, as the `Allow` header names them; `None` where there is nothing.
pub fn allowed(path: &str) -> Option<String> {
    let mut taken: BTreeSet<&str> =
        DOORS.iter().filter(|(door, _)| door.is_match(path)).map(|(_, method)| *method).collect();
    if taken.contains("GET") {
        taken.insert("HEAD");
    }
    (!taken.is_empty()).then(|| taken.into_iter().collect::<Vec<_>>().join(", "))
}
