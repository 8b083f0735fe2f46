//! Turns a notice back into the JSON that would make it, for edits and for filling in a form.

use serde_json::{Value, json};

use super::subjects::SAFETY;
use crate::domain::notice::{Private, Public, Subject};
use crate::store::StoreError;

/// The body that [`super::submission::parse`] reads as this notice.
///
/// # Errors
/// Never for content that came from a submission.
pub fn restate(public: &Public, private: &Private) -> Result<Value, StoreError> {
    let mut body = serde_json::to_value(&public.subject)?;
    body["region"] = json!(public.region.code());
    body["reporter"] = serde_json::to_value(&private.reporter)?;
    body["consent"] = json!({"truthful": true, "publish": true, "sensitive": true});
    body["photo_ids"] = serde_json::to_value(&public.photos)?;
    body["description"] = json!(public.description);
    if let Some(seen) = &public.last_seen {
        body["last_seen"] = serde_json::to_value(seen)?;
    }
    match public.subject {
        Subject::MissingPerson { .. } => {
            body["person"]["category"] = serde_json::to_value(private.category)?;
            body["police"] = serde_json::to_value(&private.police)?;
            body["safety"] = serde_json::to_value(&private.safety)?;
            let unsure = SAFETY.iter().filter(|(_, flag)| private.flags.iter().any(|raised| raised == flag));
            let unsure: Vec<&str> = unsure.map(|(question, _)| *question).collect();
            if !unsure.is_empty() {
                body["safety"]["unsure"] = json!(unsure);
            }
            body["secret_detail"] = json!(private.secret_detail);
        }
        Subject::LostProperty { .. } => body["secret_detail"] = json!(private.secret_detail),
        Subject::Rescue { .. } => body["incident"]["emergency_called"] = json!(true),
        Subject::Donation { .. } => {}
    }
    Ok(body)
}

/// Applies a JSON merge patch (RFC 7396) to `body`: null removes, objects merge, everything else replaces.
pub fn patch(body: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        changes.clone_into(body);
        return;
    };
    if !body.is_object() {
        *body = json!({});
    }
    let Value::Object(fields) = body else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            patch(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_merges_objects_and_replaces_the_rest() {
        let mut body = json!({"a": {"b": 1, "c": [1, 2]}, "d": "x"});
        patch(&mut body, &json!({"a": {"b": null, "c": [3]}, "d": {"e": null, "f": 1}}));
        assert_eq!(body, json!({"a": {"c": [3]}, "d": {"f": 1}}));
    }
}
