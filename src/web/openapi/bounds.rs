//! Bounds of fields and parameters beyond their type, for the description. Each comes from the code that
//! enforces it.

use serde_json::{Value, json};

use crate::domain::group::MAX_HOURLY_CAP;
use crate::domain::life_cycle::{State, Step};
use crate::domain::notice::Kind;
use crate::domain::reason::{Reason, Remove};
use crate::groups::draft::{MAX_NAME, MAX_REGIONS};
use crate::intake::api::KEY;
use crate::intake::manage::REPLY;
use crate::intake::submission::{LINE, PHOTOS};
use crate::intake::tips::TEXT;
use crate::pages::api::{MOST, USUAL};
use crate::review::api::bodies::{DECISIONS, NOTE, REASON};
use crate::review::reasons::Reveal;

const REGION: &str = "^[0-9]{6}$";
/// A time of the day.
const CLOCK: &str = "^([01]?[0-9]|2[0-3]):[0-5][0-9]$";
/// The alphabet of an opaque cursor; the cursor of the delivery log is a number.
const CURSOR: &str = "^[A-Za-z0-9_-]+$";
const NUMBER: &str = "^[0-9]+$";

/// A schema, one of its fields, and that field's bounds.
fn fields() -> Vec<(&'static str, &'static str, Value)> {
    let text = |max: usize| json!({"minLength": 1, "maxLength": max});
    let at_most = |max: usize| json!({"maxLength": max});
    let regions =
        json!({"minItems": 1, "maxItems": MAX_REGIONS, "items": {"type": "string", "pattern": REGION}});
    let cap = json!({"minimum": 1, "maximum": MAX_HOURLY_CAP});
    let some = json!({"minItems": 1});
    let one_of = |names: &[&str]| json!({"enum": names});
    let not_live = State::ALL.into_iter().filter(|state| *state != State::Live).map(State::as_str);
    vec![
        ("ChangeBody", "hourly_cap", cap.clone()),
        ("ChangeBody", "kinds", some.clone()),
        ("ChangeBody", "name", text(MAX_NAME)),
        ("ChangeBody", "regions", regions.clone()),
        ("DecisionBody", "action", one_of(&DECISIONS.map(Step::as_str))),
        ("DecisionBody", "note", at_most(NOTE)),
        ("DecisionBody", "reason", at_most(REASON)),
        ("Hours", "from", json!({"pattern": CLOCK})),
        ("Hours", "until", json!({"pattern": CLOCK})),
        ("LiveNotice", "state", one_of(&[State::Live.as_str()])),
        ("NewGroupBody", "hourly_cap", cap),
        ("NewGroupBody", "kinds", some),
        ("NewGroupBody", "name", text(MAX_NAME)),
        ("NewGroupBody", "regions", regions),
        ("PhoneBody", "reason", one_of(&Reveal::NAMES)),
        ("QuietNotice", "state", json!({"enum": not_live.collect::<Vec<_>>()})),
        ("RemoveBody", "note", at_most(NOTE)),
        ("RemoveBody", "reason", one_of(&Remove::NAMES)),
        ("ReplyBody", "photo_ids", json!({"maxItems": PHOTOS})),
        ("ReplyBody", "text", text(REPLY)),
        ("RestrictBody", "note", at_most(NOTE)),
        ("RestrictBody", "reason", at_most(REASON)),
        ("TipBody", "place", at_most(LINE)),
        ("TipBody", "text", text(TEXT)),
    ]
}

/// A call that reads, one of its parameters, and the parameter's bounds.
fn parameters() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let one_of = |names: &[&str]| json!({"type": "string", "enum": names});
    let written = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let limit = json!({"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL});
    let key = json!({"type": "string", "minLength": 1, "maxLength": KEY});
    vec![
        ("/notices", "post", "Idempotency-Key", key),
        ("/notices", "get", "kind", one_of(&Kind::ALL.map(Kind::as_str))),
        ("/notices", "get", "region", written(REGION)),
        ("/notices", "get", "cursor", written(CURSOR)),
        ("/notices", "get", "limit", limit),
        ("/review/queue", "get", "state", one_of(&State::ALL.map(State::as_str))),
        ("/review/queue", "get", "cursor", written(CURSOR)),
        ("/groups", "get", "cursor", written(CURSOR)),
        ("/groups/{id}/deliveries", "get", "cursor", written(NUMBER)),
        ("/groups/{id}/deliveries/{delivery}", "get", "delivery", written(NUMBER)),
        ("/groups/{id}/deliveries/{delivery}/redeliver", "post", "delivery", written(NUMBER)),
    ]
}

/// The reasons of each decision that has a list of them; other decisions take any short text or none.
fn decisions() -> Value {
    let listed = |step: Step| {
        json!({
            "properties": {"action": {"enum": [step.as_str()]}, "reason": {"enum": Reason::names(step)}},
            "required": ["reason"],
        })
    };
    let free = [Step::Ask, Step::Escalate].map(Step::as_str);
    json!([listed(Step::Approve), listed(Step::Reject), {"properties": {"action": {"enum": free}}}])
}

/// Adds the bounds to the description.
pub fn tell(api: &mut Value) {
    for (shape, name, bounds) in fields() {
        let field = api.pointer_mut(&format!("/components/schemas/{shape}/properties/{name}"));
        let field = field.unwrap_or_else(|| panic!("{shape} has no field {name}"));
        for (word, asked) in bounds.as_object().into_iter().flatten() {
            field[word] = asked.clone();
        }
    }
    api["components"]["schemas"]["DecisionBody"]["anyOf"] = decisions();
    for (path, method, name, shape) in parameters() {
        let all = api["paths"][path][method]["parameters"].as_array_mut();
        let parameter = all.into_iter().flatten().find(|parameter| parameter["name"] == name);
        parameter.unwrap_or_else(|| panic!("{method} {path} has no {name}"))["schema"] = shape;
    }
}
