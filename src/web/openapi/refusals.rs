//! The errors of every call, for the description. What all calls of a sort have in common is added here; a
//! call's own codes are written at its handler.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::web::problem::CODES;

/// The name of the schema of every error.
const PROBLEM: &str = "Problem";

/// Adds to every call its possible errors and their schema.
pub fn add(api: &mut Value) {
    api["components"]["schemas"][PROBLEM] = problem();
    for (path, methods) in api["paths"].as_object_mut().into_iter().flatten() {
        for (method, call) in methods.as_object_mut().into_iter().flatten() {
            let codes = own(call).into_iter().chain(common(path, method, call)).collect::<Vec<_>>();
            let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
            for (code, status) in CODES.iter().filter(|(code, _)| codes.iter().any(|told| told == code)) {
                by_status.entry(status.as_u16()).or_default().push(code);
            }
            for (status, codes) in by_status {
                call["responses"][status.to_string()] = refusal(status, &codes);
            }
        }
    }
}

/// The codes written at a call's handler.
fn own(call: &Value) -> Vec<String> {
    let refusals =
        call["responses"].as_object().into_iter().flatten().filter(|(s, _)| s.starts_with(['4', '5']));
    let told = refusals.filter_map(|(_, answer)| answer["description"].as_str());
    told.flat_map(|told| told.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The codes that follow from the inputs of a call.
fn common(path: &str, method: &str, call: &Value) -> Vec<String> {
    let is_for =
        |who: &str| call["security"].as_array().is_some_and(|all| all.iter().any(|s| s.get(who).is_some()));
    let takes = |media: &str| call["requestBody"]["content"].get(media).is_some();
    let asks =
        |place: &str| call["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["in"] == place));
    let codes: [(bool, &[&str]); 9] = [
        (true, &["internal_error"]),
        (is_for("token"), &["login_required", "forbidden"]),
        (is_for("manage"), &["manage_link_invalid"]),
        (method != "get", &["cross_site"]),
        (path.contains("{case}"), &["case_unknown", "case_malformed"]),
        (path.contains("{id}"), &["not_found"]),
        (
            call.get("requestBody").is_some(),
            &["wrong_content_type", "too_large", "too_slow", "invalid_fields"],
        ),
        (takes("application/json"), &["not_json"]),
        (asks("query"), &["invalid_fields"]),
    ];
    codes
        .iter()
        .filter(|(applies, _)| *applies)
        .flat_map(|(_, codes)| *codes)
        .map(|c| (*c).to_owned())
        .collect()
}

fn refusal(status: u16, codes: &[&str]) -> Value {
    let told: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut answer = json!({
        "description": told.join(", "),
        "content": {"application/problem+json": {"schema": {"$ref": format!("#/components/schemas/{PROBLEM}")}}},
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", "string", "Always `Bearer`.")),
        429 => Some(("Retry-After", "integer", "Seconds to wait before asking again.")),
        _ => None,
    };
    if let Some((name, sort, description)) = header {
        answer["headers"] = json!({name: {"description": description, "schema": {"type": sort}}});
    }
    answer
}

fn problem() -> Value {
    let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    let text = |description: &str| json!({"type": "string", "description": description});
    let fields: Map<String, Value> = [
        ("type", text("Where the code is explained: `/api/docs#CODE`.")),
        ("title", text("What went wrong, in the reader's language.")),
        ("status", json!({"type": "integer", "minimum": 400, "maximum": 599})),
        ("detail", text("What to do, in the reader's language.")),
        ("code", json!({"type": "string", "enum": codes})),
        ("request_id", text("The request's id in the log.")),
        (
            "fields",
            json!({
                "type": "object", "additionalProperties": {"type": "string"},
                "description": "A sentence for every field that is wrong, by its path, such as `last_seen.at`.",
            }),
        ),
        ("state", text("Where the notice or the group stands, where that is why.")),
        ("version", json!({"type": "integer", "description": "The version of the notice now."})),
        ("tries_left", json!({"type": "integer", "description": "How often the code may still be tried."})),
    ]
    .into_iter()
    .map(|(name, field)| (name.to_owned(), field))
    .collect();
    json!({
        "type": "object",
        "description": "What was answered instead of what was asked for (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": fields,
    })
}
