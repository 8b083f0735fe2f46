//! Closed sets of names, for the description: each is written out wherever it is used.

use serde_json::{Map, Value, json};

/// Writes every set in the place of each reference to it.
pub fn write_out(api: &mut Value) {
    if let Value::Object(all) = api["components"]["schemas"].take() {
        let (sets, shapes) = all.into_iter().partition(|(_, shape)| shape["enum"].is_array());
        api["components"]["schemas"] = Value::Object(shapes);
        replace(api, &sets);
    }
}

fn replace(shape: &mut Value, sets: &Map<String, Value>) {
    match shape {
        Value::Array(all) => all.iter_mut().for_each(|one| replace(one, sets)),
        Value::Object(words) => {
            words.values_mut().for_each(|word| replace(word, sets));
            let to = words.get("$ref").and_then(|to| to.as_str()?.rsplit('/').next());
            if let Some(Value::Object(set)) = to.and_then(|to| sets.get(to)) {
                words.remove("$ref");
                words.extend(set.clone());
            }
            if let Some(Value::Object(set)) = or_null(words) {
                words.remove("oneOf");
                words.extend(set);
            }
        }
        _ => {}
    }
}

/// A set beside `null`, as one schema.
fn or_null(words: &Map<String, Value>) -> Option<Value> {
    let [set, null] = words.get("oneOf")?.as_array()?.as_slice() else { return None };
    let names = set["enum"].as_array().filter(|_| null["type"] == "null")?;
    let names: Value = names.iter().chain([&Value::Null]).cloned().collect();
    let mut set = set.clone();
    (set["type"], set["enum"]) = (json!(["string", "null"]), names);
    Some(set)
}
