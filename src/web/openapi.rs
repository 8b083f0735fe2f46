//! The OpenAPI description of the JSON API, generated from its handlers.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;
use super::routes::Calls;
use crate::{intake, pages};

mod bounds;
mod choices;
mod refusals;

#[derive(OpenApi)]
#[openapi(
    info(title = "Seventy-Two", description = "Missing-person notices: verified by volunteers, broadcast to group chats, gone after 72 hours. Faults are `application/problem+json` (RFC 9457) with a stable `code`."),
    servers((url = "/api/v1")),
    modifiers(&Tokens),
)]
struct Api;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = || SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", bearer());
        components.add_security_scheme("manage", bearer());
    }
}

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let api = Api::openapi().merge_from(Calls::openapi());
    let mut api = serde_json::to_value(api).expect("names and sentences are JSON");
    choices::write_out(&mut api);
    for (name, shape) in intake::described::shapes() {
        api["components"]["schemas"][name] = shape;
    }
    bounds::tell(&mut api);
    refusals::add(&mut api);
    require_bodies(&mut api);
    name_answers(&mut api);
    api
});

/// Every call.
fn calls(api: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = api["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten()).map(|(_, call)| call)
}

/// Says of every body whether it must be sent: where nothing is said, it need not. None need be where it may be
/// `null`.
fn require_bodies(api: &mut Value) {
    for body in calls(api).filter_map(|call| call.get_mut("requestBody")) {
        let shapes = body["content"]["application/json"]["schema"]["oneOf"].as_array();
        let may_be_null = shapes.is_some_and(|shapes| shapes.iter().any(|shape| shape["type"] == "null"));
        body["required"] = Value::Bool(!may_be_null);
    }
}

/// Gives a response without a description the description of its schema.
fn name_answers(api: &mut Value) {
    let shapes = api["components"]["schemas"].clone();
    for (_, answer) in calls(api).flat_map(|call| call["responses"].as_object_mut().into_iter().flatten()) {
        let shape = answer["content"]["application/json"]["schema"]["$ref"].as_str();
        let named = shape.and_then(|to| shapes.get(to.rsplit('/').next()?));
        if answer["description"].as_str().is_none_or(str::is_empty)
            && let Some(shape) = named
        {
            answer["description"] = shape["description"].clone();
        }
    }
}

/// The description, built once.
pub fn document() -> &'static Value {
    &DESCRIPTION
}

/// The description for programs, as JSON.
pub async fn json() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// The description for people, as a page.
pub async fn docs(http: HttpRequest) -> Result<HttpResponse, Problem> {
    pages::docs::page(&http, document())
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn a_body_that_must_be_sent_is_said_to_be() {
        let required = |at: &str| document().pointer(&format!("/paths/{at}/requestBody/required")).cloned();
        for at in ["~1notices/post", "~1my~1notice/patch", "~1my~1notice~1reply/post", "~1photos/post"] {
            assert_eq!(required(at), Some(true.into()), "{at}");
        }
        assert_eq!(required("~1groups~1{id}~1pause/post"), Some(false.into()));
    }

    #[test]
    fn a_changed_group_is_described_with_its_new_secret() {
        let api = document();
        let reference =
            |at: &str| api.pointer(at).and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let changed = "/paths/~1groups~1{id}/patch/responses/200/content/application~1json/schema/$ref";
        let schema = reference(changed);
        let whole = api.pointer(schema.trim_start_matches('#')).unwrap().to_string();
        assert!(whole.contains("secret"), "a changed group may come with its new secret: {whole}");
    }
}
