//! Microsoft Teams, by a workflow that posts what its webhook receives.
//!
//! The words are in text runs, which have no markup; a `TextBlock` would be read as markdown.

use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::Given;
use super::judging::{object, slow};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, Verdict,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Teams;

/// A card has at most 28 KB, measured after the server has expanded it, so a body gets 20 000 bytes and
/// the text a part of them. Four requests a second, 60 in half a minute, 100 an hour, 150 in two, 1800 a
/// day; 75 an hour keep the last three:
/// <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
static PROFILE: Profile = Profile {
    platform: Platform::Teams,
    source: "https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
    fields: &[Field::needed(
        "url",
        "https://default1.02.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/c0ffee/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=kR8w2Qv1234",
    )],
    unit: Unit::Bytes,
    text: 5000,
    hosts: Hosts::Under(&[
        ".environment.api.powerplatform.com",
        ".logic.azure.com",
        ".logic.azure.us",
        ".logic.azure.cn",
    ]),
    path: is_workflow,
    rate: &[Budget::new(4, 1), Budget::new(60, 30), Budget::new(75, 60 * 60)],
    account_rate: &[],
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

/// A workflow's trigger, with its signature. The address is used exactly as given: encoded again it would
/// lose its signature.
fn is_workflow(url: &Url) -> bool {
    let signatures = url.query_pairs().filter(|(name, _)| name == "sig");
    url.path().contains("/workflows/") && signatures.clone().count() == 1 && !signature(url).is_empty()
}

/// The signature in an address.
fn signature(url: &Url) -> String {
    let signature = url.query_pairs().find(|(name, _)| name == "sig");
    signature.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The old connectors, which workflows have replaced: they are shut down.
fn is_connector(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.ends_with(".webhook.office.com") || host == "outlook.office.com"
}

impl Adapter for Teams {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let url = Given::new(given, PROFILE.fields)?.url_unless(Platform::Teams, is_connector)?;
        Ok(Credentials::at(Platform::Teams, url.into()))
    }

    /// Each workflow has signatures of its own; what else an address holds can be written in many ways.
    fn names_robot(&self, address: &Url) -> (String, String) {
        (String::new(), signature(address))
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        let cut = message.cut(PROFILE.unit, PROFILE.text);
        let run = |words: &str, weight: &str| json!({"type": "TextRun", "text": words, "weight": weight});
        let line = |runs: Vec<Value>| json!({"type": "RichTextBlock", "inlines": runs});
        let mut card = vec![line(vec![run(cut.first, "Bolder")])];
        card.extend(cut.body().map(|(words, link)| {
            // A text run has no links of its own.
            let opens = link.map(|link| {
                let mut opens = run(link, "Default");
                opens["selectAction"] = json!({"type": "Action.OpenUrl", "url": link});
                opens
            });
            line([run(&words, "Default")].into_iter().chain(opens).collect())
        }));
        if let Some(poster) = &message.poster {
            card.push(json!({"type": "Image", "url": poster, "altText": cut.first}));
        }
        let mut actions = Vec::new();
        if let Some(link) = cut.link {
            let title = link.label.trim_end_matches([' ', ':', '：']);
            actions.push(json!({"type": "Action.OpenUrl", "title": title, "url": link.url}));
        }
        Some(Body::json(&json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard", "version": "1.4", "body": card, "actions": actions,
                },
            }],
        })))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        Outgoing::post(credentials, body)
    }

    /// 202, or 200 where its author gave it a `Response` action, is the workflow's word that it took the
    /// message; nobody ever reports that it was posted. Only addresses of workflows can be connected, not
    /// those of the old connectors, for which 200 proves nothing without `1`. Whatever stands in front of a
    /// workflow may still use the connectors' words, which hid errors as text in a 200:
    /// <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let text = String::from_utf8_lossy(&answer.body).to_lowercase();
        let said = object(answer);
        let code = said.as_ref().and_then(|said| said["error"]["code"].as_str());
        let outcome = match (answer.status, code) {
            (200 | 202, None) if text.contains("http error 429") => slow(answer),
            (200 | 202, None) if text.contains("http error 413") => Outcome::Bad,
            (200 | 202, None) if text.contains("http error") => Outcome::Retry,
            (200 | 202 | 400, _) if text.contains("payload is too large") => Outcome::Bad,
            (200 | 202, None) if nothing_wrong(&text, said.as_ref()) => Outcome::Delivered(None),
            (_, Some("WorkflowTriggerIsNotEnabled" | "WorkflowNotFound")) => Outcome::Gone,
            (401 | 403, _) => Outcome::Config(Fault::Credential),
            (400 | 413, Some(_)) | (413, None) => Outcome::Bad,
            (429, _) => slow(answer),
            _ => return Verdict::without_code(answer),
        };
        // A signature that does not hold has many codes with one meaning.
        let code = code.filter(|_| !matches!(answer.status, 401 | 403));
        let code = code.map_or_else(|| format!("http_{}", answer.status), str::to_owned);
        Verdict::new(outcome, code)
    }
}

/// The author's own words, or none; but not a page, nor an object that was cut off or names an error.
fn nothing_wrong(text: &str, said: Option<&Value>) -> bool {
    let blank = |sign: char| sign.is_whitespace() || sign == '\u{feff}';
    match said {
        Some(said) => said.get("error").is_none(),
        None => !text.trim_start_matches(blank).starts_with(['<', '{']),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::super::CredentialCode;
    use super::super::tests::{json_of, means, read, stamp};
    use super::*;
    use crate::broadcast::message::tests::{LINK, said};
    use crate::broadcast::message::{digest, message, plain};
    use crate::domain::case_number::CaseNumber;
    use crate::domain::language::Language;
    use crate::domain::notice::samples;

    #[test]
    fn a_workflow_accepts_and_says_no_more() {
        let said = |code: &str| json!({"error": {"code": code, "message": "m"}}).to_string();
        let slow = Outcome::Slow(Duration::from_secs(60));
        means(
            Platform::Teams,
            Act::Say(0),
            &[
                (202, "", Outcome::Delivered(None)),
                (202, r#"{"taken":true}"#, Outcome::Delivered(None)),
                (202, r#"{"error":{}}"#, Outcome::Unknown),
                (202, "<html>", Outcome::Unknown),
                (202, "Accepted", Outcome::Delivered(None)),
                (202, r#"{"error":{}"#, Outcome::Unknown),
                // What a workflow with a `Response` action says.
                (200, "1", Outcome::Delivered(None)),
                (200, "", Outcome::Delivered(None)),
                (200, "posted", Outcome::Delivered(None)),
                (200, r#"{"status":"posted"}"#, Outcome::Delivered(None)),
                (204, "", Outcome::Unknown),
                (200, r#"{"error":{"message":"m"}}"#, Outcome::Unknown),
                (200, "Microsoft Teams endpoint returned HTTP error 429", slow.clone()),
                (200, "Microsoft Teams endpoint returned HTTP error 413", Outcome::Bad),
                (200, "<html>", Outcome::Unknown),
                (200, &said("Whatever"), Outcome::Unknown),
                (400, &said("WorkflowTriggerIsNotEnabled"), Outcome::Gone),
                (404, &said("WorkflowNotFound"), Outcome::Gone),
                (401, &said("DirectApiAuthorizationRequired"), Outcome::Config(Fault::Credential)),
                (403, "", Outcome::Config(Fault::Credential)),
                (400, &said("TriggerInputSchemaMismatch"), Outcome::Bad),
                (413, "", Outcome::Bad),
                (400, "Webhook message delivery failed: the payload is too large", Outcome::Bad),
                (429, "", slow),
                (502, "", Outcome::Retry),
            ],
        );
    }

    #[test]
    fn an_address_is_used_to_the_letter() {
        let url = "https://prod-05.westeurope.logic.azure.com/workflows/c0ffee/triggers/manual/paths/invoke\
                   ?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-b_c%2B";
        let flow = read(Platform::Teams, &json!({ "url": url })).unwrap();
        let body = Teams
            .compose(&plain(Language::En, "broadcast-test", &[], DateTime::UNIX_EPOCH), Act::Say(0))
            .unwrap();
        assert_eq!(Teams.address(Act::Say(0), &body, &flow, &stamp(0, 0)).url.as_str(), url);
        for wrong in [url.split("&sig").next().unwrap(), "https://x.logic.azure.com/triggers?sig=1"] {
            let refused = read(Platform::Teams, &json!({ "url": wrong })).unwrap_err();
            assert_eq!(refused.code, CredentialCode::Incomplete, "{wrong}");
        }
        for old in [
            "https://contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d",
            "https://outlook.office.com/webhook/a",
        ] {
            let refused = read(Platform::Teams, &json!({ "url": old })).unwrap_err();
            assert_eq!(refused.code, CredentialCode::Unfit(Platform::Teams), "{old}");
        }
    }

    #[test]
    fn every_link_of_a_digest_can_be_followed() {
        let (case, public) = (CaseNumber::from_bits(1), samples::public());
        let all = vec![message(&said(&case, &public)); 2];
        let card = json_of(&Teams.compose(&digest(Language::En, &all), Act::Say(0)).unwrap().bytes);
        let shown = card.to_string();
        let opens = json!({"type": "Action.OpenUrl", "url": LINK}).to_string();
        assert_eq!(shown.matches(&format!("\"selectAction\":{opens}")).count(), 2, "{shown}");
    }

    #[test]
    fn words_stand_where_there_is_no_markup() {
        let words = plain(
            Language::En,
            "broadcast-code",
            &[("code", "**x** [y](https://z.cn)".into())],
            DateTime::UNIX_EPOCH,
        );
        let card = json_of(&Teams.compose(&words, Act::Say(0)).unwrap().bytes);
        let body = card["attachments"][0]["content"]["body"].as_array().unwrap().clone();
        assert!(body.iter().all(|element| element["type"] == "RichTextBlock"), "{body:?}");
    }
}
