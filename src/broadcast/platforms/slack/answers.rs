//! What Slack's answers mean.

use std::time::Duration;

use serde_json::Value;

use super::super::judging::{failed, kept, object, slow_as_told};
use super::super::{Act, Response, Verdict};
use crate::domain::delivery::{Fault, Outcome};

/// The plan's messages are used up (`message_limit_exceeded`): ask rarely.
const PLAN: Duration = Duration::from_secs(60 * 60);

/// A webhook answers with one word, the API with an object; the word decides, and only then the status:
/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
pub fn judge(act: Act<'_>, answer: &Response) -> Verdict {
    if let Some(said) = object(answer) {
        return match (said["ok"].as_bool(), said["error"].as_str()) {
            (Some(true), _) if answer.status == 200 => Verdict::new(done(act, &said), "ok"),
            (Some(false), Some(word)) => refused(act, word, answer),
            _ if answer.status == 429 => refused(act, "rate_limited", answer),
            _ => Verdict::without_code(answer),
        };
    }
    let say = matches!(act, Act::Say(_));
    match std::str::from_utf8(&answer.body) {
        Ok("ok") if answer.status == 200 && say => Verdict::new(Outcome::Delivered(None), "ok"),
        // A webhook's word decides, if we know it, whatever status it comes with; but a webhook takes
        // nothing back.
        Ok(word)
            if is_word(word) && (answer.status >= 400 || (say && means(act, word, answer).is_some())) =>
        {
            refused(act, word, answer)
        }
        _ => Verdict::without_code(answer),
    }
}

fn is_word(text: &str) -> bool {
    (1..=80).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A message is identified by channel and time, both as the answer gives them.
fn done(act: Act<'_>, said: &Value) -> Outcome {
    let member = |name: &str| said[name].as_str().filter(|value| !value.is_empty());
    match (act, member("channel").zip(member("ts"))) {
        (Act::Say(_) | Act::Reply(_), Some((channel, ts))) => {
            Outcome::Delivered(kept(&format!("{channel}/{ts}")))
        }
        (Act::Edit(reference) | Act::Delete(reference), Some((_, ts)))
            if reference.split_once('/').is_some_and(|(_, of)| of == ts) =>
        {
            Outcome::Delivered(None)
        }
        _ => Outcome::Unknown,
    }
}

/// As long as header or body asks for; a webhook may say it in the body alone.
fn limited(answer: &Response) -> Outcome {
    slow_as_told(object(answer).as_ref(), answer)
}

/// What a word means, where we know it.
fn means(act: Act<'_>, word: &str, answer: &Response) -> Option<Outcome> {
    let back = !matches!(act, Act::Say(_));
    Some(match word {
        // An edit of a message that is gone counts as refused; deleting it then reports that it is gone.
        "message_not_found" if matches!(act, Act::Delete(_)) && answer.status == 200 => {
            Outcome::Delivered(None)
        }
        "ratelimited" | "rate_limited" => limited(answer),
        "message_limit_exceeded" => Outcome::Slow(answer.wait().unwrap_or(PLAN).max(PLAN)),
        "invalid_auth" | "not_authed" | "token_expired" | "invalid_token" => {
            Outcome::Config(Fault::Credential)
        }
        "channel_not_found"
        | "is_archived"
        | "channel_is_archived"
        | "no_service"
        | "no_service_id"
        | "no_team"
        | "no_active_hooks"
        | "team_disabled"
        | "team_not_found"
        | "account_inactive"
        | "token_revoked" => Outcome::Gone,
        // "It's possible some aspect of the operation succeeded".
        "fatal_error" => Outcome::Unknown,
        "internal_error"
        | "service_unavailable"
        | "request_timeout"
        | "rollup_error"
        | "team_added_to_org"
        | "org_login_required" => Outcome::Retry,
        _ if answer.status == 429 => limited(answer),
        // Too old, not ours, not allowed here: then not in this way. Even where somebody could allow it
        // (`cant_delete_message`), there is no point in waiting: the chat would go on showing what is over.
        _ if back && answer.status < 500 => Outcome::Bad,
        "not_in_channel"
        | "missing_scope"
        | "ekm_access_denied"
        | "no_permission"
        | "action_prohibited"
        | "access_denied"
        | "accesslimited"
        | "not_allowed_token_type"
        | "team_access_not_granted"
        | "messages_tab_disabled"
        | "posting_to_general_channel_denied" => Outcome::Config(Fault::Permission),
        _ if word.starts_with("restricted_action") => Outcome::Config(Fault::Permission),
        "no_text"
        | "msg_too_long"
        | "msg_blocks_too_long"
        | "metadata_too_large"
        | "user_not_found"
        | "attachment_payload_limit_exceeded" => Outcome::Bad,
        _ if word.starts_with("invalid_") || word.starts_with("too_many_") => Outcome::Bad,
        _ => return None,
    })
}

fn refused(act: Act<'_>, word: &str, answer: &Response) -> Verdict {
    let outcome = means(act, word, answer).unwrap_or(match answer.status {
        410 => Outcome::Gone,
        403 => Outcome::Config(Fault::Permission),
        400 => Outcome::Bad,
        _ => failed(answer),
    });
    let of_account = match outcome {
        // Posting is limited by channel, editing and deleting by account.
        Outcome::Slow(_) => !matches!(act, Act::Say(_)),
        Outcome::Config(Fault::Credential) => true,
        Outcome::Config(_) => word == "missing_scope",
        Outcome::Gone => matches!(word, "account_inactive" | "token_revoked" | "team_not_found"),
        _ => false,
    };
    Verdict::new(outcome, word).widely(of_account)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::{answer, means};
    use super::*;
    use crate::domain::group::Platform;

    const SAY: Act<'_> = Act::Say(0);
    const EDIT: Act<'_> = Act::Edit("C1/2.3");

    #[test]
    fn an_answer_is_one_word_or_an_object() {
        let slow = |seconds| Outcome::Slow(Duration::from_secs(seconds));
        means(
            Platform::Slack,
            SAY,
            &[
                (200, "ok", Outcome::Delivered(None)),
                (200, "OK", Outcome::Unknown),
                (200, "ok\n", Outcome::Unknown),
                (201, "ok", Outcome::Unknown),
                (200, "<html>ok</html>", Outcome::Unknown),
                // The word decides, whatever status it comes with.
                (200, "no_service", Outcome::Gone),
                (200, "invalid_token", Outcome::Config(Fault::Credential)),
                (200, "invalid_payload", Outcome::Bad),
                (200, "rollup_error", Outcome::Retry),
                (200, "posted", Outcome::Unknown),
                (400, "invalid_payload", Outcome::Bad),
                (400, "no_text", Outcome::Bad),
                (403, "action_prohibited", Outcome::Config(Fault::Permission)),
                (403, "invalid_token", Outcome::Config(Fault::Credential)),
                (404, "no_service", Outcome::Gone),
                (404, "no_service_id", Outcome::Gone),
                (404, "no_team", Outcome::Gone),
                (404, "no_active_hooks", Outcome::Gone),
                (404, "team_disabled", Outcome::Gone),
                (403, "posting_to_general_channel_denied", Outcome::Config(Fault::Permission)),
                (404, "channel_not_found", Outcome::Gone),
                (410, "channel_is_archived", Outcome::Gone),
                (429, r#"{"retry_after":1,"ok":false,"error":"rate_limited"}"#, slow(1)),
                (429, r#"{"retry_after":90.5,"ok":false,"error":"rate_limited"}"#, slow(91)),
                (429, r#"{"ok":false,"error":"rate_limited"}"#, slow(60)),
                (429, r#"{"retry_after":30}"#, slow(30)),
                (500, "rollup_error", Outcome::Retry),
                (502, "<html>", Outcome::Retry),
                (504, "<html>", Outcome::Unknown),
                (
                    200,
                    r#"{"ok":true,"channel":"C1","ts":"1503435956.000247"}"#,
                    Outcome::Delivered(Some("C1/1503435956.000247".into())),
                ),
                (200, r#"{"ok":true}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"not_in_channel"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_thread_locked"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"token_expired"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"not_authed"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"invalid_auth"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"missing_scope"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"restricted_action"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_read_only_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_thread_only_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_non_threadable_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"no_permission"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"access_denied"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"accesslimited"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"not_allowed_token_type"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"team_access_not_granted"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"ekm_access_denied"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"messages_tab_disabled"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"team_not_found"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"account_inactive"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"token_revoked"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"is_archived"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"msg_too_long"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"msg_blocks_too_long"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"metadata_too_large"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"attachment_payload_limit_exceeded"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"user_not_found"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"too_many_attachments"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"invalid_blocks"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"no_text"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"fatal_error"}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"message_limit_exceeded"}"#, slow(3600)),
                (200, r#"{"ok":false,"error":"never_heard_of"}"#, Outcome::Retry),
            ],
        );
    }

    #[test]
    fn what_cannot_be_taken_back_this_way_is_told() {
        means(
            Platform::Slack,
            EDIT,
            &[
                (200, r#"{"ok":true,"channel":"C1","ts":"2.3"}"#, Outcome::Delivered(None)),
                (200, r#"{"ok":true,"channel":"C1","ts":"2.4"}"#, Outcome::Unknown),
                (200, r#"{"ok":true}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"edit_window_closed"}"#, Outcome::Bad),
                (503, r#"{"ok":false,"error":"whatever"}"#, Outcome::Retry),
                (200, r#"{"ok":false,"error":"cant_update_message"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"invalid_auth"}"#, Outcome::Config(Fault::Credential)),
                (200, "ok", Outcome::Unknown),
            ],
        );
        let delete = [
            (200, r#"{"ok":false,"error":"cant_delete_message"}"#, Outcome::Bad),
            (200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Delivered(None)),
            (500, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Retry),
        ];
        means(Platform::Slack, Act::Delete("C1/2.3"), &delete);
        let reply = [(200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Bad)];
        means(Platform::Slack, Act::Reply("C1/2.3"), &reply);
    }

    #[test]
    fn of_two_waits_the_longer_counts() {
        let body = r#"{"retry_after":1,"ok":false,"error":"rate_limited"}"#;
        let limited = Response { headers: vec![("retry-after", "7".to_owned())], ..answer(429, body) };
        assert_eq!(judge(SAY, &limited).outcome, Outcome::Slow(Duration::from_secs(7)));
    }

    #[test]
    fn what_holds_for_the_whole_account_is_told() {
        let limited = answer(429, r#"{"ok":false,"error":"ratelimited"}"#);
        assert!(!judge(SAY, &limited).wide, "posting is limited by channel");
        assert!(judge(EDIT, &limited).wide);
        for (word, wide) in [("invalid_auth", true), ("token_revoked", true), ("channel_not_found", false)] {
            let refused = answer(200, &json!({"ok": false, "error": word}).to_string());
            assert_eq!(judge(SAY, &refused).wide, wide, "{word}");
        }
    }
}
