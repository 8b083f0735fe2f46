//! What holds for every adapter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use serde_json::json;

use std::collections::HashSet;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::broadcast::message::tests::{LINK, said};
use crate::broadcast::message::{Known, PREFIX, digest, message, plain};
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::{Fault, Outcome, Purpose};
use crate::domain::language::Language;
use crate::domain::notice::{self, Public, Subject, samples};
use crate::language::has;
use crate::store::digests::MOST;

mod answers;
mod proof;

/// The required fields, with the profile's own examples; where there is a choice, the first of it.
pub(super) fn given(platform: Platform) -> Value {
    let fields = adapter(platform).profile().fields;
    let choice = fields.iter().all(|field| !field.needed);
    let asked = fields.iter().enumerate().filter(|(place, field)| field.needed || (choice && *place == 0));
    asked.map(|(_, field)| (field.name.to_owned(), field.example.into())).collect::<Map<_, _>>().into()
}

pub(super) fn read(platform: Platform, given: &Value) -> Result<Credentials, CredentialFault> {
    adapter(platform).credentials(given.as_object().unwrap(), &[7; 32], None)
}

/// Credentials with more or other fields.
pub(super) fn with(platform: Platform, more: &[(&str, &str)]) -> Credentials {
    let mut given = given(platform);
    for (field, value) in more {
        given[*field] = (*value).into();
    }
    read(platform, &given).unwrap()
}

pub(super) fn stamp(seconds: i64, millis: u32) -> Stamp {
    let now = Utc.timestamp_opt(seconds, millis * 1_000_000).unwrap();
    Stamp::new(now, Uuid::from_u128(5))
}

pub(super) fn answer(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
}

pub(super) fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn dingtalk_signs_as_its_document_does() {
    let credentials = with(Platform::Dingtalk, &[("secret", "SECthis-is-a-test-secret")]);
    let body = Body::json(&json!({}));
    let out =
        adapter(Platform::Dingtalk).address(Act::Say(0), &body, &credentials, &stamp(1_577_262_236, 757));
    assert_eq!(
        out.url.query(),
        Some(
            "access_token=566cc69da782ec33e42541b09b081234&timestamp=1577262236757\
             &sign=NkacC61mETTYp7O9Zp6aCDO7zbXe%2F%2BaoMo91VLOeqog%3D"
        )
    );
}

#[test]
fn feishu_signs_as_its_document_does() {
    let credentials = with(Platform::Feishu, &[("secret", "demo")]);
    let adapter = adapter(Platform::Feishu);
    let body = adapter
        .compose(&plain(Language::ZhCn, "broadcast-test", &[], DateTime::UNIX_EPOCH), Act::Say(0))
        .unwrap();
    let out = json_of(&adapter.address(Act::Say(0), &body, &credentials, &stamp(1_599_360_473, 0)).body);
    assert_eq!(out["timestamp"], "1599360473");
    assert_eq!(out["sign"], "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    assert_eq!(out["msg_type"], "post");
}

#[test]
fn a_webhook_is_verified_by_the_reference_library() {
    let case = CaseNumber::from_bits(1);
    let adapter = adapter(Platform::Webhook);
    let body = adapter.compose(&message(&said(&case, &samples::public())), Act::Say(0)).unwrap();
    let made = read(Platform::Webhook, &json!({"url": "https://hooks.example.org/x"})).unwrap();
    for credentials in [with(Platform::Webhook, &[]), made] {
        let out = adapter.address(
            Act::Say(0),
            &body,
            &credentials,
            &Stamp { now: Utc.timestamp_opt(now(), 0).unwrap(), ..stamp(0, 0) },
        );
        let mut headers = hyper::HeaderMap::new();
        for (name, value) in &out.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        let library = standardwebhooks::Webhook::new(credentials.secret.as_deref().unwrap()).unwrap();
        library.verify(&out.body, &headers).unwrap();
        assert!(library.verify(&[&out.body[..], b" "].concat(), &headers).is_err());
    }
}

#[expect(clippy::disallowed_methods, reason = "the reference library compares with the time of day")]
fn now() -> i64 {
    Utc::now().timestamp()
}

#[test]
fn a_picture_goes_where_the_platform_takes_it() {
    let (case, public) = (CaseNumber::from_bits(1), samples::public());
    let poster = Some("https://72.example.org/p.jpg");
    let mut message = message(&Known { poster, ..said(&case, &public) });
    message.picture = Some(Bytes::from_static(b"not really a jpeg"));

    let wecom = adapter(Platform::Wecom);
    assert_eq!(wecom.parts(&message), 2);
    let image = json_of(&wecom.compose(&message, Act::Say(1)).unwrap().bytes);
    assert_eq!(image["image"]["base64"], STANDARD.encode("not really a jpeg"));
    assert_eq!(image["image"]["md5"], "08a83d6686281a5a292732435b21f83a");
    let mut huge = message.clone();
    huge.picture = Some(vec![0; 2 * 1024 * 1024 + 1].into());
    assert_eq!(wecom.compose(&huge, Act::Say(1)), None);
    let mut undrawn = message.clone();
    undrawn.picture = None;
    assert_eq!((wecom.parts(&undrawn), wecom.compose(&undrawn, Act::Say(1))), (2, None));

    let dingtalk = json_of(&adapter(Platform::Dingtalk).compose(&message, Act::Say(0)).unwrap().bytes);
    assert_eq!(dingtalk["msgtype"], "markdown");
    assert_eq!(dingtalk["markdown"]["title"], "【72小时】寻人");
    let text = dingtalk["markdown"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("【72小时】寻人\n\n姓名") && text.ends_with("![](https://72.example.org/p.jpg)"),
        "{text}"
    );

    let webhook = json_of(&adapter(Platform::Webhook).compose(&message, Act::Say(0)).unwrap().bytes);
    assert_eq!(webhook["data"]["poster"], "https://72.example.org/p.jpg");
    assert_eq!(webhook["type"], "missing_person.published");
    assert_eq!(webhook["timestamp"], "2026-11-23T04:00:00Z");
    assert_eq!(webhook["data"]["fields"]["police"], "爱民东道派出所");
}

#[test]
fn a_code_and_a_test_are_events_with_a_time_too() {
    let at = Utc.timestamp_opt(1_577_262_236, 0).unwrap();
    for key in ["broadcast-code", "broadcast-test"] {
        let said = plain(Language::En, key, &[("code", "123456".into())], at);
        let event = json_of(&adapter(Platform::Webhook).compose(&said, Act::Say(0)).unwrap().bytes);
        assert_eq!(
            (&event["type"], &event["timestamp"]),
            (&json!("message"), &json!("2019-12-25T08:23:56Z"))
        );
    }
}

#[test]
fn a_groups_keyword_is_in_its_messages() {
    let case = CaseNumber::from_bits(1);
    for platform in [Platform::Dingtalk, Platform::Feishu] {
        let adapter = adapter(platform);
        let public = samples::public();
        let alert = said(&case, &public);
        let end = |purpose, outcome| Known { purpose, outcome, public: None, poster: None, ..alert.clone() };
        let messages = [
            message(&alert),
            message(&end(Purpose::Closing, Some(notice::Outcome::Found))),
            message(&end(Purpose::Correction, None)),
            digest(Language::ZhCn, &[message(&alert), message(&alert)]),
            plain(Language::ZhCn, "broadcast-test", &[], DateTime::UNIX_EPOCH),
        ];
        for message in messages {
            let body = adapter.compose(&message, Act::Say(0)).unwrap();
            let send = |keyword| {
                adapter
                    .address(Act::Say(0), &body, &with(platform, &[("keyword", keyword)]), &stamp(0, 0))
                    .body
            };
            assert_eq!(send("72小时"), body.bytes, "already there");
            let out = send("平安\"\\");
            assert!(json_of(&out).to_string().contains(r#"平安\"\\"#), "{out:?}");
        }
    }
}

#[test]
fn credentials_are_refused_with_the_field_and_the_reason() {
    use CredentialCode::*;
    for (platform, given, field, code) in [
        (Platform::Wecom, json!({}), "url", Missing),
        (Platform::Wecom, json!({"url": "  "}), "url", Missing),
        (Platform::Wecom, json!({"url": 7}), "url", NotText),
        (Platform::Wecom, json!({"url": "693a91f6-7xxx-4bc4"}), "url", NotAnAddress),
        (Platform::Wecom, json!({"url": "javascript:alert(1)"}), "url", NotAnAddress),
        (
            Platform::Wecom,
            json!({"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}),
            "url",
            Incomplete,
        ),
        (Platform::Wecom, given(Platform::Feishu), "url", Belongs(Platform::Feishu)),
        (Platform::Webhook, given(Platform::Wecom), "url", Belongs(Platform::Wecom)),
        (Platform::Wecom, json!({"url": "x", "secret": "y"}), "secret", Unknown),
        (
            Platform::Dingtalk,
            json!({"url": "https://oapi.dingtalk.com/robot/send?token=x"}),
            "url",
            Incomplete,
        ),
        (
            Platform::Feishu,
            json!({"url": "https://open.feishu.cn/open-apis/bot/v2/hook/a/b"}),
            "url",
            Incomplete,
        ),
        (
            Platform::Feishu,
            json!({"url": "https://open.feishu.cn/open-apis/bot/hook/a"}),
            "url",
            Unfit(Platform::Feishu),
        ),
        (
            Platform::Webhook,
            json!({"url": "https://h.org/", "secret": "whsec_c2hvcnQ="}),
            "secret",
            BadSecret,
        ),
        (Platform::Webhook, json!({"url": "https://h.org/", "secret": "plain"}), "secret", BadSecret),
        (Platform::Webhook, json!({"url": format!("https://h.org/{}", "x".repeat(4096))}), "url", TooLong),
    ] {
        assert_eq!(read(platform, &given).unwrap_err(), credentials::fault(field, code), "{given}");
    }
}

#[test]
fn credentials_show_only_their_end() {
    for platform in Platform::ALL {
        let credentials = with(platform, &[]);
        assert_eq!(credentials.last4(), "1234");
        let out = adapter(platform).address(Act::Say(0), &Body::json(&json!({})), &credentials, &stamp(0, 0));
        let shown = format!("{credentials:?} {out:?}");
        let secret = credentials.token.as_deref().unwrap_or(&credentials.url);
        assert!(!shown.contains(&secret[secret.len() - 8..]) && !shown.contains("whsec"), "{shown}");
        let stored = serde_json::to_string(&credentials).unwrap();
        assert_eq!(serde_json::from_str::<Credentials>(&stored).unwrap(), credentials);
    }
    let before = r#"{"platform":"wecom","url":"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"}"#;
    assert_eq!(serde_json::from_str::<Credentials>(before).unwrap().token, None, "what was stored before");
}

#[test]
fn the_same_robot_is_known_again() {
    let plain = with(Platform::Dingtalk, &[]);
    let pasted = plain.url.replace('?', "?sign=x&timestamp=1&");
    let key = |more: &[(&str, &str)]| with(Platform::Dingtalk, more).address_key();
    assert_eq!(key(&[("url", &pasted), ("secret", "SECx")]), plain.address_key());
    assert_ne!(key(&[("url", &(plain.url.clone() + "5"))]), plain.address_key());
    // A bot in two groups is two robots with one account.
    let [one, two] = ["-1", "-2"].map(|chat| with(Platform::Telegram, &[("chat_id", chat)]));
    assert_ne!(one.address_key(), two.address_key());
    let by = |token| with(Platform::Telegram, &[("chat_id", "-1"), ("token", token)]);
    let (renewed, stranger) = (by("110201543:another"), by("110201544:another"));
    assert!(one.is_same_robot(&renewed) && !one.is_same_robot(&stranger) && !one.is_same_robot(&two));
    assert!(two.is_same_account(&renewed) && !two.is_same_account(&stranger));
    let elsewhere = with(Platform::Matrix, &[("room_id", "!elsewhere")]);
    assert!(!elsewhere.is_same_account(&with(Platform::Matrix, &[])), "its references tell no room");
    assert!(!plain.is_same_account(&plain), "it speaks in one chat");
    assert!(one.is_elsewhere("text/-2/42") && !one.is_elsewhere("text/-1/42"));
    assert_ne!(
        one.address_key(),
        renewed.address_key(),
        "whoever claims a token has not shown that it is theirs"
    );
    for (platform, field, chat, tokens, stranger) in [
        (
            Platform::Slack,
            "token",
            ("channel", "C1"),
            ["xoxb-17653-38214-kR8w2Qv", "xoxb-17653-38214-aNother1"],
            "xoxb-17653-38215-aNother1",
        ),
        (
            Platform::Matrix,
            "access_token",
            ("room_id", "!x"),
            ["syt_Ym90_kR8w2QvTn9xLmZkR8w2Q_0a1B2c", "syt_Ym90_aNotherOneaNotherOne_3d4E5f"],
            "syt_Ym91_aNotherOneaNotherOne_3d4E5f",
        ),
    ] {
        let by = |token: &str| {
            let server = (platform == Platform::Matrix).then_some(("homeserver", "https://m.example.org/"));
            let given = [chat, (field, token)].into_iter().chain(server);
            let given: Map<_, _> = given.map(|(name, value)| (name.to_owned(), value.into())).collect();
            read(platform, &given.into()).unwrap()
        };
        assert!(by(tokens[0]).is_same_robot(&by(tokens[1])), "{platform:?}");
        assert!(!by(tokens[0]).is_same_robot(&by(stranger)), "{platform:?}");
        // Nothing is read out of a token of another form.
        let short = tokens[0].rsplit_once(['-', '_']).unwrap().0;
        assert!(!by(short).is_same_robot(&by(tokens[0])), "{platform:?}");
    }
    assert!(one.account().is_some() && one.account() == two.account());
    let other = with(Platform::Telegram, &[("token", "1:other")]);
    assert_ne!(other.account(), one.account());
    assert_eq!(one.moved_to("-2".into()).address_key(), two.address_key());
    assert_eq!(plain.account(), None);
}

/// What people paste for one and the same chat.
#[test]
fn a_chat_has_one_address_however_it_is_written() {
    let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send";
    let rocketchat = "https://chat.example.org/hooks/6566c0ffee";
    let teams = "https://prod-1.westus.logic.azure.com/workflows/c0ffee/triggers/manual/paths/invoke";
    for (platform, field, ways) in [
        (Platform::Telegram, "chat_id", &["-1001234567890", "-01001234567890"][..]),
        (Platform::Telegram, "chat_id", &["5", "+5", "005"]),
        (Platform::Telegram, "chat_id", &["@Langfang_72", "@langfang_72"]),
        (Platform::Wecom, "url", &[&format!("{wecom}?key=693a"), &format!("{wecom}?%6Bey=%3693a")]),
        (
            Platform::Rocketchat,
            "url",
            &[&format!("{rocketchat}/kR8w2Qv%2FTn9"), &format!("{rocketchat}/rocket.cat/kR8w2Qv%2FTn9")],
        ),
        (
            Platform::Teams,
            "url",
            &[
                &format!("{teams}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=kR8w2Qv-_1234"),
                &format!("{teams}?sv=1.0&api-version=1&x=y&%73ig=kR8w2Qv%2D_1234"),
            ],
        ),
    ] {
        let keys = ways.iter().map(|way| with(platform, &[(field, way)]).address_key());
        assert_eq!(keys.collect::<HashSet<_>>().len(), 1, "{platform:?} {ways:?}");
    }
    let slack = |channel| {
        let given = json!({"token": "xoxb-1", "channel": channel});
        read(Platform::Slack, &given).unwrap().address_key()
    };
    assert_eq!(slack("#general"), slack("General"));
    assert_ne!(slack("general"), slack("C024BE91L"), "only Slack knows which channel that is");
    // No vendor writes its addresses like these.
    for (platform, url) in [
        (Platform::Slack, "https://hooks.slack.com/services/T02EXAMPLE/B02EXAMPLE/%6BR8w2Qv1234"),
        (Platform::Discord, "https://discord.com/api/webhooks/223704706495545344/%33d89bb75"),
        (Platform::Discord, "https://discord.com/api/webhooks/0223704706495545344/3d89bb75"),
        (Platform::Rocketchat, "https://chat.example.org/hooks/6566c0ffee/kR8w2Qv%2fTn9"),
        (Platform::Rocketchat, "https://chat.example.org/hooks/6566c0ffee/%6BR8w2QvTn9"),
        (Platform::Rocketchat, "https://chat.example.org/%68ooks/hooks/6566c0ffee/kR8w2QvTn9"),
        (Platform::Mattermost, "https://chat.example.org/%6D/hooks/xe3q7c9pbtfbdqnw8zo1iu1234"),
        (Platform::Teams, "https://prod-1.westus.logic.azure.com/workflows/c0ffee/x?sig=a&sig=b"),
    ] {
        let fault = credentials::fault("url", CredentialCode::Incomplete);
        assert_eq!(read(platform, &json!({"url": url})).unwrap_err(), fault, "{url}");
    }
}

#[test]
fn addresses_are_recognised_by_their_host() {
    let own = Platform::ALL.into_iter().filter(|p| adapter(*p).profile().hosts != Hosts::AnyPublic);
    for platform in own.filter(|platform| given(*platform).get("url").is_some()) {
        assert_eq!(recognise(given(platform)["url"].as_str().unwrap()), Some(platform));
    }
    assert_eq!(recognise("https://open.larksuite.com/open-apis/bot/v2/hook/x"), Some(Platform::Feishu));
    assert_eq!(recognise("https://prod-1.westus.logic.azure.com/workflows/x"), Some(Platform::Teams));
    assert_eq!(recognise("https://api.telegram.org/bot1:x/getUpdates"), Some(Platform::Telegram));
    assert_eq!(recognise("https://.logic.azure.com/workflows/x"), None);
    assert_eq!(recognise("https://logic.azure.com/workflows/x"), None);
    assert_eq!(recognise("https://qyapi.weixin.qq.com.evil.cn/"), None);
    assert_eq!(recognise("not an address"), None);
}

/// Every example can be connected, and every call goes where the guard lets it.
#[test]
fn every_call_keeps_to_the_platforms_paths() {
    let (case, public) = (CaseNumber::from_bits(1), samples::public());
    let poster = Some("https://72.example.org/p.jpg");
    let mut alert = message(&Known { poster, ..said(&case, &public) });
    alert.picture = Some(Bytes::from_static(b"jpeg"));
    for platform in Platform::ALL {
        let (adapter, credentials) = (adapter(platform), with(platform, &[]));
        let parts = (0..adapter.parts(&alert)).map(Act::Say);
        let reference = if platform == Platform::Discord { "5" } else { "photo/-100/5" };
        let ways = adapter.takes_back(&credentials).iter().map(|way| way.act(reference));
        for act in parts.chain(ways) {
            let body = adapter.compose(&alert, act).unwrap();
            for media in [None, Some("handle")] {
                let stamp = Stamp { media: media.map(Into::into), ..stamp(0, 0) };
                let out = adapter.address(act, &body, &credentials, &stamp);
                assert!((adapter.profile().path)(&out.url), "{platform:?} {act:?} {}", out.url.path());
            }
        }
    }
}

/// A platform's answers and what they mean, for one act.
#[track_caller]
pub(super) fn means(platform: Platform, act: Act<'_>, table: &[(u16, &str, Outcome)]) {
    for (status, body, outcome) in table {
        let verdict = adapter(platform).judge(act, &answer(*status, body));
        assert_eq!(verdict.outcome, *outcome, "{status} {body}");
        if matches!(outcome, Outcome::Gone | Outcome::Config(_)) {
            let key = format!("code-{}-{}", platform.as_str(), verdict.code.unwrap());
            assert!(Language::ALL.into_iter().all(|language| has(language, &key)), "no advice: {key}");
        }
    }
}

pub(super) fn slow(seconds: u64) -> Outcome {
    Outcome::Slow(Duration::from_secs(seconds))
}

/// The credentials that add the most to a body.
fn longest(platform: Platform) -> Credentials {
    let keyword = "\"".repeat(256);
    let more: &[_] = match platform {
        Platform::Dingtalk | Platform::Feishu => &[("secret", "SECret"), ("keyword", &keyword)],
        _ => &[],
    };
    with(platform, more)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The vendors' limits hold for anything the public may write, in one notice and in as many as are ever
    /// told together.
    #[test]
    fn every_body_is_within_its_platforms_limit(
        text in "[好👨\u{200d}👩\"\\\\\n\u{1}a1，/<&@]{0,300}", times in 1_usize..60, poster: bool, picture: bool,
    ) {
        let case = CaseNumber::from_bits(7);
        let long = text.repeat(times);
        let mut public = Public { description: long.clone(), police_station: Some(long.clone()), ..samples::public() };
        let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
        person.name = long;
        let poster = poster.then_some("https://72.example.org/n/00000-00010/poster.jpg");
        let mut message = message(&Known { poster, ..said(&case, &public) });
        message.picture = picture.then_some(Bytes::from_static(b"jpeg"));
        let digest = digest(Language::ZhCn, &vec![message.clone(); MOST]);
        for (message, links) in [(&message, 1), (&digest, MOST)] {
            for platform in Platform::ALL {
                let body = adapter(platform).compose(message, Act::Say(0)).unwrap();
                let sent = adapter(platform).address(Act::Say(0), &body, &longest(platform), &stamp(0, 0)).body;
                // A form with a file stands for the same words with a handle.
                let value = json_of(&body.lean().unwrap_or(&body).bytes);
                let shown = value.to_string();
                prop_assert!(shown.contains(PREFIX) && shown.matches(LINK).count() >= links);
                prop_assert!(links > 1 || shown.contains(&case.to_string()));
                prop_assert!(!shown.contains('@'), "{}", shown);
                let utf16 = |field: &str| value[field].as_str().unwrap_or_default().encode_utf16().count();
                match platform {
                    Platform::Wecom => prop_assert!(value["text"]["content"].as_str().unwrap().len() <= 2048),
                    Platform::Discord => prop_assert!(utf16("content") <= 2000),
                    Platform::Telegram => prop_assert!(utf16("text") <= 4096 && utf16("caption") <= 1024),
                    Platform::Slack => prop_assert!(utf16("text") <= 4000),
                    Platform::Rocketchat => prop_assert!(utf16("text") <= 5000),
                    Platform::Mattermost => prop_assert!(utf16("text") <= 16_383),
                    Platform::Matrix => prop_assert!(sent.len() <= 30_000),
                    _ => prop_assert!(sent.len() <= 20_000, "{:?} {}", platform, sent.len()),
                }
            }
        }
    }
}
