//! What an edit changes: the words that are live, or were seen last, beside those that wait.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::notice::{Private, Public};
use crate::domain::phone::Phone;

/// Photos are compared as one: they are looked at, not read.
pub const PHOTOS: &str = "photos";
/// What is no word of the reporter's, is told in public already, or is another question, with a reason.
const PASSED_OVER: [&str; 4] = ["flags", "evidence", "told", "police.station"];
/// Told by its last digits alone: it is shown for a reason, and that is written down.
const PHONE: &str = "reporter.phone";

/// A field that an edit changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// Its dotted name, as `person.name`.
    pub field: String,
    /// What is live, or was seen last; null where nothing is.
    pub before: Value,
    /// What waits for approval; null where nothing is left.
    pub after: Value,
}

/// The fields in which two revisions differ; those that only verifiers may read, where they are given.
///
/// # Errors
/// None that can happen: what was read from JSON can be written as JSON.
pub fn changes(
    (public, private): (&Public, Option<&Private>),
    (new_public, new_private): (&Public, Option<&Private>),
) -> serde_json::Result<Vec<Change>> {
    let mut changes = differ(&fields(public)?, &fields(new_public)?);
    if let Some((private, new_private)) = private.zip(new_private) {
        changes.extend(differ(&fields(private)?, &fields(new_private)?));
    }
    for change in changes.iter_mut().filter(|change| change.field == PHONE) {
        (change.before, change.after) = (last4(&change.before), last4(&change.after));
    }
    Ok(changes)
}

fn last4(phone: &Value) -> Value {
    phone.as_str().and_then(masked).map_or(Value::Null, Value::from)
}

/// A phone by its last four digits; nothing where it is none.
pub(super) fn masked(phone: &str) -> Option<String> {
    Phone::parse(phone).ok().map(|phone| format!("…{}", phone.last4()))
}

fn fields(of: &impl Serialize) -> serde_json::Result<BTreeMap<String, Value>> {
    let mut fields = BTreeMap::new();
    gather("", serde_json::to_value(of)?, &mut fields);
    Ok(fields)
}

fn gather(name: &str, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(parts) => {
            for (part, value) in parts {
                // The API has the parts of a subject beside the rest.
                let own = name.is_empty() || name == "subject";
                gather(&if own { part } else { format!("{name}.{part}") }, value, fields);
            }
        }
        value => drop(fields.insert(name.to_owned(), value)),
    }
}

fn differ(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> Vec<Change> {
    let value = |of: &BTreeMap<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !PASSED_OVER.contains(&name.as_str()))
        .map(|name| Change { field: name.clone(), before: value(old, name), after: value(new, name) })
        .filter(|change| change.before != change.after)
        .collect()
}
