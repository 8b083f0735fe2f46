//! What an edit changes, in words: before and after of each field, and the photos.

use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

use super::super::changes::{Change, PHOTOS};
use super::words::{at, field, word};
use crate::domain::notice::Kind;
use crate::domain::region::Region;
use crate::web::frame::Frame;

/// The changes of an edit, as a page shows them.
pub struct Changes {
    /// Whether what was before is live; otherwise a moderator saw it last.
    pub live: bool,
    /// Label, what was before, what waits; an empty text where there is nothing.
    pub rows: Vec<(String, String, String)>,
    pub added: Vec<Uuid>,
    pub removed: Vec<Uuid>,
    /// The same photos in another order.
    pub reordered: bool,
}

impl Changes {
    /// Nothing changes: somebody asked for more time, or took an edit back.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.added.is_empty() && self.removed.is_empty() && !self.reordered
    }

    /// In the words of the page's language.
    pub fn new(frame: &Frame, kind: Kind, live: bool, changes: &[Change]) -> Changes {
        let (photos, words): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| change.field == PHOTOS);
        let row = |change: &&Change| {
            let said = |value| said(frame, &change.field, value);
            (field(frame, kind, &change.field), said(&change.before), said(&change.after))
        };
        let ids = |value: fn(&Change) -> &Value| -> Vec<Uuid> {
            let list = photos.iter().filter_map(|change| value(change).as_array());
            list.flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
        };
        let (before, after) = (ids(|change| &change.before), ids(|change| &change.after));
        let without = |all: &[Uuid], known: &[Uuid]| -> Vec<Uuid> {
            all.iter().filter(|id| !known.contains(id)).copied().collect()
        };
        let (added, removed) = (without(&after, &before), without(&before, &after));
        let reordered = !photos.is_empty() && added.is_empty() && removed.is_empty();
        Changes { live, rows: words.iter().map(row).collect(), added, removed, reordered }
    }
}

/// A value as people read it: codes by their words, a time in Beijing, a region by its names.
fn said(frame: &Frame, name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(answer) => frame.t(if *answer { "review-yes" } else { "review-no" }),
        Value::String(text) => match name {
            "region" => {
                Region::parse(text).map_or_else(|_| text.clone(), |region| region.name_in(frame.language))
            }
            "last_seen.at" => {
                DateTime::parse_from_rfc3339(text).map_or_else(|_| text.clone(), |time| at(time.to_utc()))
            }
            "person.sex" | "item.direction" | "incident.what" | "last_seen.precision" => {
                word(frame, &format!("f-{}", name.replace('.', "-")), text)
            }
            "category" => word(frame, "review-category", text),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}
