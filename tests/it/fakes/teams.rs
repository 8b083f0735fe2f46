//! Teams, a workflow that posts cards:
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook>

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, robot};

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let refuse = |status, code: &str| {
        Reply::json(status, &json!({"error": {"code": code, "message": "The workflow did not run."}}))
    };
    let (path, query) = robot(Platform::Teams).split_once('?').unwrap();
    if !call.posts_to(path) {
        return refuse(404, "WorkflowNotFound");
    }
    // The signature covers the exact query.
    if call.raw_query() != query {
        return refuse(401, "DirectApiAuthorizationRequired");
    }
    if call.body.len() > 20_000 {
        return Reply::text(413, "Request Entity Too Large");
    }
    let Some(message) = call.json() else { return refuse(400, "TriggerInputSchemaMismatch") };
    let attachment = &message["attachments"][0];
    let content = &attachment["content"];
    let card = attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        && content["type"] == "AdaptiveCard"
        && message["type"] == "message";
    let Some(text) = read(content).filter(|_| card) else { return refuse(400, "TriggerInputSchemaMismatch") };
    if !chat.admits(&[(4, TimeDelta::seconds(1)), (60, TimeDelta::seconds(30)), (100, TimeDelta::hours(1))]) {
        return Reply::text(429, "");
    }
    let picture = content["body"].as_array().into_iter().flatten().find_map(|e| e["url"].as_str());
    let picture = picture.map(str::to_owned);
    chat.show("", message.clone(), &text, picture.as_deref());
    Reply::text(202, "")
}

/// The text of a card built only from elements without markup.
fn read(card: &Value) -> Option<String> {
    let mut lines = Vec::new();
    for element in card["body"].as_array()? {
        match element["type"].as_str()? {
            "RichTextBlock" => {
                let runs = element["inlines"].as_array()?.iter().map(|run| run["text"].as_str());
                lines.push(runs.collect::<Option<String>>()?);
            }
            "Image" => {}
            _ => return None,
        }
    }
    let open = |action: &Value| action["type"] == "Action.OpenUrl" && action["title"] != "";
    card["actions"].as_array()?.iter().all(open).then(|| lines.join("\n"))
}
