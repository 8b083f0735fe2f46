//! Each vendor's table of answers.

use chrono::TimeDelta;

use super::*;

#[test]
fn wecom_answers_mean_what_its_document_says() {
    let table = [
        (200, r#"{"errcode":0,"errmsg":"ok"}"#, Outcome::Delivered(None)),
        (200, r#"{"errcode":0,"errmsg":"ok. Warning: wrong json format. "}"#, Outcome::Unknown),
        (200, r#"{"errmsg":"ok"}"#, Outcome::Unknown),
        (200, r#"{"errcode":"0"}"#, Outcome::Unknown),
        (200, "<html>", Outcome::Unknown),
        (200, "", Outcome::Unknown),
        (500, r#"{"errcode":0,"errmsg":"ok"}"#, Outcome::Unknown),
        (200, r#"{"errcode":-1,"errmsg":"system busy"}"#, Outcome::Retry),
        (200, r#"{"errcode":45009,"errmsg":"api freq out of limit, hint: [1], from ip: 1.2.3.4"}"#, slow(60)),
        (200, r#"{"errcode":45033}"#, slow(5)),
        (200, r#"{"errcode":40033}"#, Outcome::Bad),
        (200, r#"{"errcode":40007,"errmsg":"invalid media_id"}"#, Outcome::Bad),
        (200, r#"{"errcode":40008}"#, Outcome::Bad),
        (200, r#"{"errcode":40009}"#, Outcome::Bad),
        (200, r#"{"errcode":40035}"#, Outcome::Bad),
        (200, r#"{"errcode":40063}"#, Outcome::Bad),
        (200, r#"{"errcode":40123}"#, Outcome::Bad),
        (200, r#"{"errcode":44004}"#, Outcome::Bad),
        (200, r#"{"errcode":45001}"#, Outcome::Bad),
        (200, r#"{"errcode":45002}"#, Outcome::Bad),
        (200, r#"{"errcode":45008}"#, Outcome::Bad),
        (200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, Outcome::Gone),
        (200, r#"{"errcode":93004}"#, Outcome::Gone),
        (200, r#"{"errcode":93008}"#, Outcome::Gone),
        (200, r#"{"errcode":40058,"errmsg":"text.content exceed max length 2048"}"#, Outcome::Bad),
        (200, r#"{"errcode":301019,"errmsg":"media md5 not match"}"#, Outcome::Bad),
        (200, r#"{"errcode":99999}"#, Outcome::Retry),
        (302, "", Outcome::Retry),
        (502, "bad gateway", Outcome::Retry),
        (429, "", slow(60)),
    ];
    means(Platform::Wecom, Act::Say(0), &table);
}

#[test]
fn dingtalk_answers_mean_what_its_document_says() {
    let table = [
        (200, r#"{"errcode":0,"errmsg":"ok"}"#, Outcome::Delivered(None)),
        (200, r#"{"errcode":310000,"errmsg":"keywords not in content"}"#, Outcome::Config(Fault::Keyword)),
        (200, r#"{"errcode":310000,"errmsg":"错误描述:关键词不匹配"}"#, Outcome::Config(Fault::Keyword)),
        (200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, Outcome::Config(Fault::Signature)),
        (200, r#"{"errcode":310000,"errmsg":"机器人发送签名不匹配"}"#, Outcome::Config(Fault::Signature)),
        (200, r#"{"errcode":310000,"errmsg":"机器人发送签名过期"}"#, Outcome::Config(Fault::Clock)),
        (200, r#"{"errcode":310000,"errmsg":"invalid timestamp"}"#, Outcome::Config(Fault::Clock)),
        (
            200,
            r#"{"errcode":310000,"errmsg":"ip 1.2.3.4 not in whitelist"}"#,
            Outcome::Config(Fault::Address),
        ),
        (200, r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, slow(600)),
        (200, r#"{"errcode":410100}"#, slow(600)),
        (200, r#"{"errcode":450101}"#, slow(600)),
        (200, r#"{"errcode":90030,"errmsg":"webhook over limit"}"#, slow(3600)),
        (200, r#"{"errcode":-1,"errmsg":"系统繁忙"}"#, Outcome::Retry),
        (200, r#"{"errcode":300005,"errmsg":"token is not exist"}"#, Outcome::Gone),
        (200, r#"{"errcode":400013}"#, Outcome::Gone),
        (200, r#"{"errcode":300001}"#, Outcome::Gone),
        (200, r#"{"errcode":400101}"#, Outcome::Gone),
        (200, r#"{"errcode":400102}"#, Outcome::Gone),
        (200, r#"{"errcode":400106}"#, Outcome::Gone),
        (200, r#"{"errcode":460101,"errmsg":"message too long, exceed 20000 bytes"}"#, Outcome::Bad),
        (200, r#"{"errcode":101002,"errmsg":"message is too long"}"#, Outcome::Bad),
        (200, r#"{"errcode":400105}"#, Outcome::Bad),
        (200, r#"{"errcode":40035}"#, Outcome::Bad),
        (200, r#"{"errcode":43002}"#, Outcome::Bad),
        (200, r#"{"errcode":43004}"#, Outcome::Bad),
        (200, r#"{"errcode":430101}"#, Outcome::Bad),
        (200, r#"{"errcode":430102}"#, Outcome::Bad),
        (200, r#"{"errcode":430103}"#, Outcome::Bad),
        (200, r#"{"errcode":430104}"#, Outcome::Bad),
        (200, r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}"#, slow(60)),
        (200, r#"{"status":1111,"wait":900,"punish":"deny"}"#, slow(900)),
        (200, r#"{"errcode":0,"punish":"deny"}"#, slow(60)),
        // The gateway again, in other words: no robot has seen it.
        (200, "{}", Outcome::Retry),
        (200, r#"{"wait":900}"#, slow(900)),
        (200, "<!DOCTYPE html><html>", Outcome::Retry),
        (500, "<html>", Outcome::Retry),
        // It asks for a wait whatever status it says that with.
        (500, r#"{"wait":900}"#, slow(900)),
        (503, r#"{"wait":5}"#, slow(60)),
        (429, r#"{"wait":900}"#, slow(900)),
        (500, "{}", Outcome::Retry),
        (429, "{}", slow(60)),
        // Cut off, or not as promised: it may have been the robot.
        (200, "", Outcome::Unknown),
        (200, r#"{"errcode":0,"#, Outcome::Unknown),
        (200, r#"{"errcode":"0"}"#, Outcome::Unknown),
    ];
    means(Platform::Dingtalk, Act::Say(0), &table);
}

/// How long a chat must rest after an answer, and how often it may be asked again.
#[test]
fn a_busy_platform_is_left_alone_for_a_while() {
    let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
    for (platform, status, body, rest, tries) in [
        (Platform::Wecom, 200, r#"{"errcode":-1}"#, minutes(5), Some(4)),
        (Platform::Wecom, 200, r#"{"errcode":99999}"#, None, None),
        (Platform::Dingtalk, 200, r#"{"errcode":-1}"#, Some(Duration::from_secs(30)), None),
        (Platform::Dingtalk, 500, "<html>", minutes(1), None),
        (Platform::Dingtalk, 200, "<html>", minutes(1), None),
        (Platform::Dingtalk, 200, r#"{"errcode":0}"#, None, None),
    ] {
        let verdict = adapter(platform).judge(Act::Say(0), &answer(status, body));
        assert_eq!((verdict.rest, verdict.tries), (rest, tries), "{platform:?} {body}");
    }
}

#[test]
fn feishu_answers_mean_what_its_document_says() {
    let table = [
        (200, r#"{"code":0,"msg":"success","data":{},"StatusCode":0}"#, Outcome::Delivered(None)),
        (200, r#"{"StatusCode":0,"StatusMessage":"success"}"#, Outcome::Delivered(None)),
        (200, r#"{"code":19024,"StatusCode":0}"#, Outcome::Config(Fault::Keyword)),
        (200, r#"{"code":null,"StatusCode":0}"#, Outcome::Unknown),
        (200, r#"{"code":0,"StatusCode":19024}"#, Outcome::Unknown),
        (200, r#"{"ok":true}"#, Outcome::Unknown),
        (200, r#"{"code":11232,"msg":"frequency limited psm[x]"}"#, slow(60)),
        (400, r#"{"code":9499,"msg":"too many request"}"#, slow(60)),
        (400, r#"{"code":9499,"msg":"Bad Request"}"#, Outcome::Bad),
        (
            200,
            r#"{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}"#,
            Outcome::Gone,
        ),
        (
            200,
            r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#,
            Outcome::Config(Fault::Signature),
        ),
        (200, r#"{"code":19022,"msg":"Ip Not Allowed"}"#, Outcome::Config(Fault::Address)),
        (200, r#"{"code":19002}"#, Outcome::Bad),
        (200, r#"{"code":19036}"#, Outcome::Bad),
        (200, r#"{"code":230099,"msg":"Failed, ext=ErrCode: 11310; ErrMsg: too many"}"#, Outcome::Bad),
        (400, r#"{"code":11246,"msg":"Failed, ext=ErrCode: 200621; ErrMsg: parse"}"#, Outcome::Bad),
        (200, r#"{"code":2200}"#, Outcome::Retry),
        (503, "", Outcome::Retry),
    ];
    means(Platform::Feishu, Act::Say(0), &table);
    let headers = vec![("x-ogw-ratelimit-reset", "7".to_owned())];
    let limited = Response { headers, ..answer(429, r#"{"code":99991400}"#) };
    assert_eq!(adapter(Platform::Feishu).judge(Act::Say(0), &limited).outcome, slow(7));
    let card = answer(400, r#"{"code":11246,"msg":"Failed, ext=ErrCode: 200621; ErrMsg: parse"}"#);
    assert_eq!(adapter(Platform::Feishu).judge(Act::Say(0), &card).code.as_deref(), Some("11246/200621"));
}

#[test]
fn a_webhooks_answer_is_its_status() {
    let table = [
        (200, "", Outcome::Delivered(None)),
        (204, "", Outcome::Delivered(None)),
        (302, "", Outcome::Retry),
        (401, "", Outcome::Config(Fault::Signature)),
        (403, "", Outcome::Config(Fault::Permission)),
        (404, "", Outcome::Retry),
        (410, "", Outcome::Gone),
        (413, "", Outcome::Bad),
        (429, "", slow(60)),
        (502, "", Outcome::Retry),
        (503, "", Outcome::Retry),
        (504, "", Outcome::Retry),
    ];
    means(Platform::Webhook, Act::Say(0), &table);
    for status in [429, 502, 503, 504] {
        let busy = asking(status, &[("retry-after", "120")]);
        assert_eq!(adapter(Platform::Webhook).judge(Act::Say(0), &busy).outcome, slow(120), "{status}");
    }
}

/// An answer that says nothing but these headers.
fn asking(status: u16, headers: &[(&'static str, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Response { headers, ..answer(status, "") }
}

#[test]
fn a_wait_is_kept_however_it_is_asked_for() {
    const WEEK: u64 = 7 * 24 * 60 * 60;
    let came = Utc.with_ymd_and_hms(2026, 11, 23, 10, 0, 0).unwrap() + TimeDelta::milliseconds(600);
    let wait =
        |headers: &[(&'static str, &str)]| asking(503, headers).dated(came).wait().map(|w| w.as_secs());
    assert_eq!(wait(&[("retry-after", "120")]), Some(120));
    assert_eq!(wait(&[("retry-after", "0.2")]), Some(1), "never sooner than asked");
    assert_eq!(wait(&[("retry-after", "100000")]), Some(100_000), "more than a day");
    assert_eq!(wait(&[("retry-after", "99999999999")]), Some(WEEK));
    assert_eq!(wait(&[("retry-after", "-1")]), None);
    let until = ("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT");
    assert_eq!(wait(&[until, ("date", "Mon, 23 Nov 2026 10:59:30 GMT")]), Some(30), "by its own clock");
    for older in ["Monday, 23-Nov-26 11:00:00 GMT", "Mon Nov 23 11:00:00 2026"] {
        assert_eq!(wait(&[("retry-after", older)]), Some(3600), "{older}");
        assert_eq!(wait(&[until, ("date", older)]), Some(0), "{older}");
    }
    // Without a time of its own it is measured from when it came, and never sooner.
    for none in [&[until][..], &[until, ("date", "")], &[until, ("date", "today")]] {
        assert_eq!(wait(none), Some(3600), "{none:?}");
    }
    assert_eq!(wait(&[("retry-after", "Mon, 23 Nov 2026 09:00:00 GMT")]), Some(0), "it is over");
    assert_eq!(wait(&[("retry-after", "soon")]), None);
}

#[test]
fn a_wait_of_more_than_a_day_in_the_body_is_kept() {
    for (platform, status, body) in [
        (Platform::Dingtalk, 200, r#"{"status":1111,"wait":100000,"punish":"deny"}"#),
        (Platform::Slack, 429, r#"{"ok":false,"error":"rate_limited","retry_after":100000}"#),
        (Platform::Discord, 429, r#"{"retry_after":100000}"#),
        (Platform::Telegram, 429, r#"{"ok":false,"error_code":429,"parameters":{"retry_after":100000}}"#),
        (Platform::Matrix, 429, r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":99999001}"#),
    ] {
        let verdict = adapter(platform).judge(Act::Say(0), &answer(status, body));
        assert_eq!(verdict.outcome, slow(100_000), "{platform:?}");
    }
}
