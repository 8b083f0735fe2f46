//! What Telegram's answers mean, by the words of its
//! [server](https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp).

use serde_json::Value;

use super::super::judging::{MINUTE, kept, object, slow_as_told};
use super::super::{Act, Response, Verdict};
use super::read;
use crate::domain::delivery::{Fault, Outcome};

pub fn judge(act: Act<'_>, answer: &Response) -> Verdict {
    let Some(said) = object(answer) else { return Verdict::without_code(answer) };
    match said["ok"].as_bool() {
        Some(true) if answer.status == 200 => {
            let sizes = said["result"]["photo"].as_array();
            let file = sizes.and_then(|sizes| sizes.last()?["file_id"].as_str());
            Verdict::new(done(act, &said["result"]), "ok").with_media(file)
        }
        Some(false) => refused(act, &said, answer),
        _ => Verdict::without_code(answer),
    }
}

fn done(act: Act<'_>, result: &Value) -> Outcome {
    let message = result["message_id"].as_i64().filter(|id| *id > 0);
    let at = result["chat"]["id"].as_i64().filter(|id| *id != 0).zip(message);
    match (act, at) {
        (Act::Say(_) | Act::Reply(_), Some((chat, id))) => {
            let what = if result["photo"].is_array() { "photo" } else { "text" };
            Outcome::Delivered(kept(&format!("{what}/{chat}/{id}")))
        }
        // The answer is the message as it stands now.
        (Act::Edit(edited), Some((_, id))) if read(edited).2 == id.to_string() => Outcome::Delivered(None),
        (Act::Delete(_), _) if *result == true => Outcome::Delivered(None),
        _ => Outcome::Unknown,
    }
}

/// Words that say that the bot may not speak in the chat: the server's own, and error names that it passes
/// on.
const UNALLOWED: [&str; 13] = [
    "not enough rights",
    "no rights to send",
    "no write access",
    "need administrator rights",
    "write_forbidden",
    "send_plain_forbidden",
    "chat_restricted",
    "user_banned_in_channel",
    "chat_admin_required",
    "peer_id_invalid",
    "topic_closed",
    "topic_deleted",
    "payment_required",
];

/// Words that say that a photo's handle is not known (any more): the server's own, and error names that it
/// passes on.
const UNKNOWN_FILE: [&str; 4] =
    ["wrong file identifier", "wrong remote file identifier", "file_id_invalid", "file_reference_"];

fn refused(act: Act<'_>, said: &Value, answer: &Response) -> Verdict {
    let Some(code) = said["error_code"].as_i64() else { return Verdict::without_code(answer) };
    let words = said["description"].as_str().unwrap_or_default();
    let lower = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|part| lower.contains(part));
    let say = matches!(act, Act::Say(_));
    // Already as it should be.
    let done: &[&str] = match act {
        // An edit of a message that is gone counts as refused; deleting it then reports that it is gone.
        Act::Edit(_) => &["message is not modified"],
        Act::Delete(_) => &["message to delete not found"],
        Act::Say(_) | Act::Reply(_) => &[],
    };
    let moved = said["parameters"]["migrate_to_chat_id"].as_i64();
    let outcome = match (code, moved) {
        (429, _) => slow_as_told(Some(&said["parameters"]), answer),
        (400, _) if answer.status == 400 && done.iter().any(|part| words.contains(part)) => {
            Outcome::Delivered(None)
        }
        (_, Some(id)) if say => Outcome::Moved(id.to_string()),
        // What was said before the chat moved was left behind.
        (_, Some(_)) => Outcome::Bad,
        // No such token: <https://core.telegram.org/bots/api#authorizing-your-bot>.
        (401 | 404, _) => Outcome::Config(Fault::Credential),
        (403, _)
            if says(&["was kicked", "is not a member", "was deleted", "was blocked", "is deactivated"]) =>
        {
            Outcome::Gone
        }
        (400, _) if says(&["chat not found"]) => Outcome::Gone,
        // Only the picture is refused: the words may go.
        (400 | 403, _) if say && says(&["rights to send photos", "send_photos_forbidden"]) => Outcome::Bad,
        (403, _) if say => Outcome::Config(Fault::Permission),
        (400, _) if say && says(&UNALLOWED) => Outcome::Config(Fault::Permission),
        (400..=499, _) => Outcome::Bad,
        _ => Outcome::Retry,
    };
    // The answer does not tell whether chat or bot is too fast. A chat's own budget is full for a minute at
    // most: a longer wait is the bot's.
    let wide = match outcome {
        Outcome::Slow(wait) => wait > MINUTE,
        _ => outcome == Outcome::Config(Fault::Credential),
    };
    // 400 stands for all sorts of things; these two can be mended by the group's admin.
    let code = match (&outcome, code) {
        (Outcome::Gone, 400) => "chat_not_found".to_owned(),
        (Outcome::Config(Fault::Permission), 400) => "no_rights".to_owned(),
        _ => code.to_string(),
    };
    let unknown = outcome == Outcome::Bad && says(&UNKNOWN_FILE);
    Verdict::new(outcome, code).widely(wide).not_knowing(unknown)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::super::tests::{answer, means};
    use super::*;
    use crate::domain::group::Platform;

    const SAY: Act<'_> = Act::Say(0);
    const EDIT: Act<'_> = Act::Edit("text/-100/42");

    fn said(code: u16, words: &str) -> String {
        json!({"ok": false, "error_code": code, "description": words}).to_string()
    }

    #[test]
    fn answers_mean_what_the_server_says() {
        let taken = r#"{"ok":true,"result":{"message_id":42,"chat":{"id":-100},"text":"x"}}"#;
        let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}"#;
        let limited = r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}"#;
        let slow = Outcome::Slow(Duration::from_secs(35));
        means(
            Platform::Telegram,
            SAY,
            &[
                (200, taken, Outcome::Delivered(Some("text/-100/42".into()))),
                (200, r#"{"ok":true,"result":true}"#, Outcome::Unknown),
                (200, r#"{"ok":true}"#, Outcome::Unknown),
                (200, "<html>", Outcome::Unknown),
                (429, limited, slow.clone()),
                (400, moved, Outcome::Moved("-1001234567890".into())),
                (403, &said(403, "Forbidden: bot was kicked from the supergroup chat"), Outcome::Gone),
                (403, &said(403, "Forbidden: the group chat was deleted"), Outcome::Gone),
                (403, &said(403, "Forbidden: bot is not a member of the channel chat"), Outcome::Gone),
                (403, &said(403, "Forbidden: bot was blocked by the user"), Outcome::Gone),
                (403, &said(403, "Forbidden: user is deactivated"), Outcome::Gone),
                (403, &said(403, "Forbidden: CHAT_WRITE_FORBIDDEN"), Outcome::Config(Fault::Permission)),
                (400, &said(400, "Bad Request: chat not found"), Outcome::Gone),
                (
                    400,
                    &said(400, "Bad Request: not enough rights to send text messages to the chat"),
                    Outcome::Config(Fault::Permission),
                ),
                (
                    400,
                    &said(400, "Bad Request: have no rights to send a message"),
                    Outcome::Config(Fault::Permission),
                ),
                (400, &said(400, "Bad Request: CHAT_RESTRICTED"), Outcome::Config(Fault::Permission)),
                (400, &said(400, "Bad Request: not enough rights to send photos to the chat"), Outcome::Bad),
                (
                    400,
                    &said(400, "Bad Request: need administrator rights in the channel chat"),
                    Outcome::Config(Fault::Permission),
                ),
                (400, &said(400, "Bad Request: TOPIC_CLOSED"), Outcome::Config(Fault::Permission)),
                (400, &said(400, "Bad Request: PEER_ID_INVALID"), Outcome::Config(Fault::Permission)),
                (400, &said(400, "Bad Request: CHAT_ADMIN_REQUIRED"), Outcome::Config(Fault::Permission)),
                (400, &said(400, "Bad Request: message is too long"), Outcome::Bad),
                (401, &said(401, "Unauthorized"), Outcome::Config(Fault::Credential)),
                (404, &said(404, "Not Found"), Outcome::Config(Fault::Credential)),
                (500, &said(500, "Internal Server Error"), Outcome::Retry),
                (502, "<html>", Outcome::Retry),
                (504, "<html>", Outcome::Unknown),
            ],
        );
        means(
            Platform::Telegram,
            EDIT,
            &[
                (200, taken, Outcome::Delivered(None)),
                (200, r#"{"ok":true,"result":true}"#, Outcome::Unknown),
                (200, r#"{"ok":true,"result":{"message_id":43,"chat":{"id":-100}}}"#, Outcome::Unknown),
                (400, &said(400, "Bad Request: message is not modified: …"), Outcome::Delivered(None)),
                (400, &said(400, "Bad Request: message to delete not found"), Outcome::Bad),
                (403, &said(403, "Forbidden: message to edit not found"), Outcome::Bad),
                (400, &said(400, "Bad Request: message to edit not found"), Outcome::Bad),
                (400, &said(400, "Bad Request: message can't be edited"), Outcome::Bad),
                (400, moved, Outcome::Bad),
                (429, limited, slow),
                (403, &said(403, "Forbidden: bot was kicked from the group chat"), Outcome::Gone),
                (401, &said(401, "Unauthorized"), Outcome::Config(Fault::Credential)),
            ],
        );
        let delete = [
            (200, r#"{"ok":true,"result":true}"#, Outcome::Delivered(None)),
            (400, &*said(400, "Bad Request: message can't be deleted for everyone"), Outcome::Bad),
            (400, &*said(400, "Bad Request: message to delete not found"), Outcome::Delivered(None)),
        ];
        means(Platform::Telegram, Act::Delete("photo/-100/42"), &delete);
        let reply = [(400, &*said(400, "Bad Request: message to edit not found"), Outcome::Bad)];
        means(Platform::Telegram, Act::Reply("photo/-100/42"), &reply);
        assert!(judge(SAY, &answer(401, &said(401, "Unauthorized"))).wide);
    }

    #[test]
    fn a_wait_that_no_chat_explains_is_the_bots() {
        let wide = |seconds| {
            let parameters = json!({"retry_after": seconds});
            let said = json!({"ok": false, "error_code": 429, "parameters": parameters});
            judge(SAY, &answer(429, &said.to_string())).wide
        };
        assert_eq!([3, 60, 61, 3600].map(wide), [false, false, true, true]);
    }

    #[test]
    fn a_photo_is_known_by_the_handle_of_its_largest_size() {
        let photo = r#"{"ok":true,"result":{"message_id":42,"chat":{"id":-100},"photo":[{"file_id":"small"},{"file_id":"large"}]}}"#;
        let verdict = judge(SAY, &answer(200, photo));
        assert_eq!(verdict.outcome, Outcome::Delivered(Some("photo/-100/42".into())));
        assert_eq!(verdict.media.as_deref(), Some("large"));
    }

    #[test]
    fn a_handle_is_blamed_only_where_the_server_does_not_know_it() {
        let unknown = |act, words| judge(act, &answer(400, &said(400, words))).unknown_media;
        for act in [SAY, Act::Edit("photo/-100/42")] {
            for words in [
                "Bad Request: wrong file identifier/HTTP URL specified",
                "Bad Request: wrong remote file identifier specified: can't unserialize it",
                "Bad Request: FILE_REFERENCE_EXPIRED",
            ] {
                assert!(unknown(act, words), "{words}");
            }
            for words in [
                "Bad Request: not enough rights to send photos to the chat",
                "Bad Request: message to edit not found",
                "Bad Request: message can't be edited",
                "Bad Request: IMAGE_PROCESS_FAILED",
            ] {
                assert!(!unknown(act, words), "{words}");
            }
        }
    }
}
