//! The methods of each path, for the answer to a request with a wrong one. A handler matches only its own
//! method, so a request that no handler took is looked up here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use actix_web::dev::ResourceDef;

use super::openapi;
use super::routes::PAGES;

/// Every path pattern with a method that it takes.
static DOORS: LazyLock<Vec<(ResourceDef, &'static str)>> = LazyLock::new(|| {
    let mut doors: Vec<_> = PAGES.iter().map(|(method, path)| (ResourceDef::new(*path), *method)).collect();
    for (path, taken) in openapi::document()["paths"].as_object().into_iter().flatten() {
        let taken = ["GET", "POST", "PATCH", "DELETE"]
            .into_iter()
            .filter(|method| taken.get(method.to_ascii_lowercase()).is_some());
        doors.extend(taken.map(|method| (ResourceDef::new(format!("/api/v1{path}")), method)));
    }
    doors
});

/// The methods that a path takes, for the `Allow` header; `None` where the path does not exist.
pub fn allowed(path: &str) -> Option<String> {
    let mut taken: BTreeSet<&str> =
        DOORS.iter().filter(|(door, _)| door.is_match(path)).map(|(_, method)| *method).collect();
    if taken.contains("GET") {
        taken.insert("HEAD");
    }
    (!taken.is_empty()).then(|| taken.into_iter().collect::<Vec<_>>().join(", "))
}
