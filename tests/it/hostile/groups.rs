//! Addresses that would make us connect to somebody else, and codes that were not read in the chat.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::{ask, faults, only, request};
use crate::fakes::Wire;
use crate::house::{COOLING, House, Person};
use crate::notices;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(no_address_leads_into_our_own_network),
    housed!(an_address_that_is_no_robots_is_refused),
    housed!(a_redirect_of_the_chat_is_not_followed),
    housed!(a_code_is_tried_five_times),
    housed!(the_page_says_how_often_a_code_may_still_be_tried),
    housed!(a_code_is_good_for_ten_minutes),
    housed!(a_chat_gets_three_codes_an_hour_however_often_it_is_connected),
    housed!(groups_that_cannot_be_are_refused_by_field),
    housed!(a_change_says_something_or_nothing),
    housed!(forty_groups_are_connected_at_once),
];

fn group(platform: &str, url: &str) -> Value {
    json!({"platform": platform, "name": "测试群", "credentials": {"url": url}, "regions": ["131003"]})
}

/// Hosts that no robot has.
const HOSTS: &[&str] = &[
    // loopback, in many spellings
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.1",
    "127.0.0.1.",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "%31%32%37.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1]",
    "[fd00::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "ｌｏｃａｌｈｏｓｔ",
    // private networks and cloud metadata
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "2852039166",
    "[fd00:ec2::254]",
    "metadata.google.internal",
    "db.internal",
    "printer.local",
    "router.lan",
    "intranet",
    // names that only look like the platform's
    "qyapi.weixin.qq.com.evil.test",
    "xn--qyapi-weixin.test",
    "1.0.0.127.in-addr.arpa",
];

/// Other ways to lead us elsewhere, and what is no address at all. `PORT` stands for a port of ours, `SEND` for
/// the path of a robot.
const ADDRESSES: &[&str] = &[
    // another scheme
    "http://127.0.0.1:PORT/SEND",
    "http://qyapi.weixin.qq.com/SEND",
    "ftp://qyapi.weixin.qq.com/SEND",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
    "javascript:alert(1)",
    "data:text/plain,x",
    "unix:/run/docker.sock",
    "//127.0.0.1:PORT/SEND",
    "",
    "693a91f6",
    "https://",
    "https:///SEND",
    // credentials before the host, ports and paths after it
    "https://qyapi.weixin.qq.com@127.0.0.1:PORT/SEND",
    "https://qyapi.weixin.qq.com:443@127.0.0.1:PORT/SEND",
    "https://user:password@qyapi.weixin.qq.com/SEND",
    "https://127.0.0.1:PORT\\@qyapi.weixin.qq.com/SEND",
    "https://127.0.0.1:PORT#@qyapi.weixin.qq.com/SEND",
    "https://127.0.0.1:PORT?@qyapi.weixin.qq.com/SEND",
    "https://qyapi.weixin.qq.com/SEND#fragment",
    "https://qyapi.weixin.qq.com:PORT/SEND",
    "https://qyapi.weixin.qq.com:22/SEND",
    "https://qyapi.weixin.qq.com:80/SEND",
    "https://localhost%00.qyapi.weixin.qq.com/SEND",
    "https://127.0.0.1%0d%0aX:PORT/SEND",
];

/// The right host of the wrong platform, lookalikes of it, and paths that belong to no robot.
const NO_ROBOTS: &[&str] = &[
    "https://oapi.dingtalk.com/robot/send?access_token=x",
    "https://open.feishu.cn/open-apis/bot/v2/hook/x",
    "https://hooks.example.org/cgi-bin/webhook/send?key=x",
    "https://qyаpi.weixin.qq.com/cgi-bin/webhook/send?key=x",
    "https://xn--qypi-n4d.weixin.qq.com/cgi-bin/webhook/send?key=x",
    "https://qyapi.weixin.qq.com./cgi-bin/webhook/send?key=x",
    "https://qyapi.weixin.qq.com.evil.cn/cgi-bin/webhook/send?key=x",
    "https://evil.cn/?https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x",
    "https://qyapi.weixin.qq.com/",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key=x",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/../../cgi-bin/gettoken?key=x",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
];

async fn no_address_leads_into_our_own_network(house: House) -> House {
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let canary = Wire::start(&[]).await;
    let port = canary.address.port().unwrap().to_string();
    let send = "cgi-bin/webhook/send?key=693a91f6";
    let hosts =
        HOSTS.iter().flat_map(|host| [format!("https://{host}/SEND"), format!("https://{host}:PORT/SEND")]);
    let written = hosts.chain(ADDRESSES.iter().map(|written| (*written).to_owned()));
    let addresses: Vec<String> =
        written.map(|written| written.replace("PORT", &port).replace("SEND", send)).collect();
    assert!(addresses.len() > 100);
    // Addresses that are right for one of the two are tried with the other below.
    for platform in ["wecom", "webhook"] {
        for address in &addresses {
            let refused = house.post("/groups", Some(&admin.token), &group(platform, address)).await;
            assert_eq!(faults(refused), only(["credentials.url"]), "{platform}: {address}");
        }
    }
    assert_eq!(canary.connections(), 0, "somebody knocked at the canary");
    assert_nothing_is_kept(&house, &admin).await;
    house
}

async fn an_address_that_is_no_robots_is_refused(house: House) -> House {
    let admin = house.person("王群主", Role::GroupAdmin).await;
    for address in NO_ROBOTS {
        let refused = house.post("/groups", Some(&admin.token), &group("wecom", address)).await;
        assert_eq!(faults(refused), only(["credentials.url"]), "{address}");
    }
    assert_nothing_is_kept(&house, &admin).await;
    house
}

async fn assert_nothing_is_kept(house: &House, admin: &Person) {
    let list = house.get("/groups", Some(&admin.token)).await.expect(200);
    assert_eq!(list["items"], json!([]), "nothing of it was kept");
}

async fn a_redirect_of_the_chat_is_not_followed(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let chat = house.chats[0].clone();
    let canary = Wire::start(&[]).await;
    let there = canary.address.as_str();
    for status in [301, 307] {
        chat.script(status, &[("location", there)], "");
        let body = group("wecom", &format!("{}{status}", chat.robot()));
        let kept = house.post("/groups", Some(&admin.token), &body).await.expect(201);
        assert_eq!(kept["code_sent"], false, "{status}");
    }
    house.group(&chat, &admin, &["131003"], &["rescue"]).await;
    let (case, _) = house.submit(&notices::rescue(house.clock.now())).await;
    house.approve(&case, &[&moderator]).await;
    chat.script(302, &[("location", there)], "");
    house.pass(COOLING).await;
    assert_eq!(chat.read(), None);
    assert_eq!(canary.connections(), 0, "the redirect was followed");
    // The right code still works where it belongs.
    house.pass(TimeDelta::hours(1)).await;
    assert!(chat.read().expect("the notice").to_string().contains(&case));
    chat.read_all();
    house
}

/// Connects a group; returns its id and the code sent into its chat.
async fn connected(house: &House, admin: &Person, chat: usize) -> (String, String) {
    let chat = &house.chats[chat];
    let mut body = group(chat.platform().as_str(), &chat.robot());
    if let Some(secret) = chat.secret() {
        body["credentials"]["secret"] = json!(secret);
    }
    let made = house.post("/groups", Some(&admin.token), &body).await.expect(201);
    (made["id"].as_str().unwrap().to_owned(), chat.read_code())
}

async fn a_code_is_tried_five_times(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let (id, code) = connected(&house, &admin, 0).await;
    let path = format!("/groups/{id}/verify");
    let other = if code == "000000" { "111111" } else { "000000" };
    for (wrong, left) in [other, "", "x", "１２３４５６７", "\u{0}"].into_iter().zip((0..5).rev()) {
        let told = house.post(&path, Some(&admin.token), &json!({"code": wrong})).await;
        assert_eq!(told.body["tries_left"], left, "{wrong}: {}", told.text);
        let detail = told.body["detail"].as_str().unwrap().to_owned();
        let said = if left == 0 { "重新发送".to_owned() } else { format!("还可以试 {left} 次") };
        assert!(detail.contains(&said), "{wrong}: {detail}");
        assert_eq!(told.problem(422), "wrong_code", "{wrong}");
    }
    let right = house.post(&path, Some(&admin.token), &json!({"code": code})).await;
    assert!(right.headers.contains_key("retry-after"));
    let detail = right.body["detail"].as_str().unwrap();
    assert!(detail.contains("10 分钟后过期）。请重新发送验证码"), "{detail}");
    assert_eq!(right.problem(429), "too_many_requests", "the right code comes too late");
    // Nor after a restart, when everything in memory is gone.
    let house = house.restart().await;
    let right = house.post(&path, Some(&admin.token), &json!({"code": code})).await;
    assert_eq!(right.problem(429), "too_many_requests");
    let shown = house.get(&format!("/groups/{id}"), Some(&admin.token)).await.expect(200);
    assert_eq!(shown["state"], "unverified");
    house
}

async fn the_page_says_how_often_a_code_may_still_be_tried(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let (id, _) = connected(&house, &admin, 0).await;
    let cookie = house.cookie(&admin).await;
    let page = house.page_as(&format!("/groups/{id}"), &cookie).await.text;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for (language, said) in [
        ("zh-CN", "还可以试 4 次"),
        ("en", "3 tries are left"),
        ("zh-CN", "还可以试 2 次"),
        ("en", "1 try is left"),
        ("en", "Send a new one"),
    ] {
        let path = format!("/groups/{id}/verify?lang={language}");
        let form = [("csrf", csrf), ("code", "x")];
        let told = ask(request(&house, Method::POST, &path).header("cookie", &cookie).form(&form)).await;
        assert_eq!(told.status, 422);
        assert!(told.text.contains(said), "{said}: {}", told.text);
    }
    house
}

async fn a_code_is_good_for_ten_minutes(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Feishu]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let (late, late_code) = connected(&house, &admin, 0).await;
    house.advance(TimeDelta::minutes(10));
    let told =
        house.post(&format!("/groups/{late}/verify"), Some(&admin.token), &json!({"code": late_code})).await;
    assert_eq!(told.problem(410), "code_expired");
    // In time, full-width and with spaces, as a phone shows it: accepted.
    let (id, code) = connected(&house, &admin, 1).await;
    house.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    let spaced = format!("{} {}", &wide[..9], &wide[9..]);
    let path = format!("/groups/{id}/verify");
    house.post(&path, Some(&admin.token), &json!({"code": spaced})).await.expect(200);
    let again = house.post(&path, Some(&admin.token), &json!({"code": code})).await;
    assert_eq!(again.problem(409), "not_possible");
    house
}

async fn a_chat_gets_three_codes_an_hour_however_often_it_is_connected(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let other = house.person("赵群主", Role::GroupAdmin).await;
    let forget = async |id: &str, by: &Person| {
        let path = format!("/groups/{id}");
        house.call(Method::DELETE, &path, Some(&by.token), None).await.expect(204);
    };
    for by in [&admin, &other, &admin] {
        let (id, _) = connected(&house, by, 0).await;
        forget(&id, by).await;
    }
    // A fourth code is not sent, whoever asks and however; nor is there a code to try.
    let robot = house.chats[0].robot();
    let connect = async |url: &str, by: &Person| {
        let made = house.post("/groups", Some(&by.token), &group("wecom", url)).await.expect(201);
        assert_eq!((&made["code_sent"], house.chats[0].read()), (&json!(false), None), "{made}");
        made
    };
    let made = connect(&robot, &other).await;
    // Nobody takes the robot for broken.
    let reason = made["reason"].as_str().unwrap();
    assert!(reason.contains("60 分钟") && !reason.contains("平台这次没有收下"), "{reason}");
    assert_eq!(made["retry_after_s"], 3_600, "{made}");
    let id = made["id"].as_str().unwrap();
    let path = format!("/groups/{id}");
    let tried = house.post(&format!("{path}/verify"), Some(&other.token), &json!({"code": "000000"})).await;
    assert_eq!(tried.problem(410), "code_expired");
    let asked = house.post(&format!("{path}/code"), Some(&other.token), &json!({})).await;
    assert_eq!(asked.problem(429), "too_many_requests");
    forget(id, &other).await;
    let id = connect(&format!("{robot}x"), &admin).await["id"].as_str().unwrap().to_owned();
    let robot = json!({"credentials": {"url": robot}});
    let changed = async |house: &House| {
        house.call(Method::PATCH, &format!("/groups/{id}"), Some(&admin.token), Some(&robot)).await
    };
    assert_eq!(changed(&house).await.problem(429), "too_many_requests");
    // Nor after a restart, but after an hour.
    let house = house.restart().await;
    assert_eq!(changed(&house).await.problem(429), "too_many_requests");
    house.advance(TimeDelta::hours(1));
    changed(&house).await.expect(200);
    house.chats[0].read_code();
    house
}

async fn groups_that_cannot_be_are_refused_by_field(house: House) -> House {
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let good = group("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6");
    for (field, value, named) in [
        ("platform", json!("icq"), "platform"),
        ("platform", json!(1), "platform"),
        ("name", json!(""), "name"),
        ("name", json!("\u{200b}\u{202e}"), "name"),
        ("name", json!("群".repeat(61)), "name"),
        ("regions", json!([]), "regions"),
        ("regions", json!(["999999"]), "regions"),
        ("kinds", json!(["weather"]), "kinds"),
        ("kinds", json!([]), "kinds"),
        ("language", json!("fr"), "language"),
        ("hourly_cap", json!(0), "hourly_cap"),
        ("hourly_cap", json!(61), "hourly_cap"),
        ("hourly_cap", json!(i64::MIN), "hourly_cap"),
        ("hourly_cap", json!("two"), "hourly_cap"),
        ("regions", json!("131003"), "regions"),
        ("regions", json!([131003]), "regions[0]"),
        ("kinds", json!({}), "kinds"),
        ("credentials", json!("x"), "credentials"),
        ("quiet", json!({"from": "24:00", "until": "07:00"}), "quiet.from"),
        ("quiet", json!({"from": "22:00", "until": "\u{0}"}), "quiet.until"),
        ("quiet", json!({"from": "22:00", "until": "22:00"}), "quiet.until"),
        ("quiet", json!({"from": "22:00"}), "quiet.until"),
        ("quiet", json!({"from": "22:00", "until": 7}), "quiet.until"),
        ("quiet", json!({"from": "22:00", "until": "07:00", "surprise": 1}), "quiet.surprise"),
        ("quiet", json!("night"), "quiet"),
        ("surprise", json!(1), "surprise"),
        ("credentials", json!({}), "credentials.url"),
        ("credentials", json!({"url": 1}), "credentials.url"),
        (
            "credentials",
            json!({"url": format!("https://qyapi.weixin.qq.com/{}", "x".repeat(5_000))}),
            "credentials.url",
        ),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = house.post("/groups", Some(&admin.token), &body).await;
        let fields = faults(refused);
        assert!(fields.contains(named) && fields.len() == 1, "{body}: {fields:?}");
    }
    let mut extra = good.clone();
    extra["credentials"]["surprise\u{202e}"] = json!("x");
    let fields = faults(house.post("/groups", Some(&admin.token), &extra).await);
    assert!(fields.iter().all(|f| f.starts_with("credentials.")), "{fields:?}");
    // All faults are reported together, as far as possible.
    let both = json!({"platform": 1, "regions": "131003", "surprise": 1, "quiet": {"from": 1}});
    let all = faults(house.post("/groups", Some(&admin.token), &both).await);
    assert_eq!(
        all,
        only(["platform", "regions", "surprise", "quiet.from", "quiet.until", "name", "credentials"])
    );
    house
}

async fn a_change_says_something_or_nothing(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let id = house.group(&house.chats[0], &admin, &["131003"], &["rescue"]).await;
    let path = format!("/groups/{id}");
    let before = house.get(&path, Some(&admin.token)).await.expect(200);
    for field in ["name", "credentials", "regions", "kinds", "language"] {
        let nothing = json!({field: null, "hourly_cap": 5});
        let refused = house.call(Method::PATCH, &path, Some(&admin.token), Some(&nothing)).await;
        assert_eq!(faults(refused), only([field]));
    }
    for (body, named) in [
        (r#"{"name": "一", "name": "二"}"#, "name"),
        (r#"{"credentials": {"url": "https://a.example", "url": "https://b.example"}}"#, "credentials.url"),
        (r#"{"quiet": {"from": "22:00", "from": "23:00", "until": "07:00"}}"#, "quiet.from"),
    ] {
        let sent = request(&house, Method::PATCH, &format!("/api/v1{path}")).bearer_auth(&admin.token);
        let refused = ask(sent.header("content-type", "application/json").body(body)).await;
        assert_eq!(faults(refused), only([named]), "{body}");
    }
    assert_eq!(house.get(&path, Some(&admin.token)).await.expect(200), before);
    let bounds = json!({"hourly_cap": null, "quiet": null});
    house.call(Method::PATCH, &path, Some(&admin.token), Some(&bounds)).await.expect(200);
    house
}

/// One admin connects many chats in a row: a script that keeps to the API's rules is not held back.
async fn forty_groups_are_connected_at_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let chat = house.chats[0].clone();
    for number in 0..40 {
        // A chat that knows only another robot: the group is kept all the same.
        let body = group("wecom", &format!("{}{number}", chat.robot()));
        house.post("/groups", Some(&admin.token), &body).await.expect(201);
    }
    let list = house.get("/groups", Some(&admin.token)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 40);
    house
}
