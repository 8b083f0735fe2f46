//! Every protected call, by everybody who may not make it. The calls come from the API's own description, so
//! that a new one is covered as soon as it is described.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Map, Value, json};
use seventytwo::accounts::{people, tokens};
use seventytwo::domain::people::Role;
use seventytwo::web::csrf;
use seventytwo::web::routes::PAGES;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::forms::pages;
use super::{ask, by_another, request};
use crate::house::{House, Reply};
use crate::notices;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(no_call_is_made_without_a_valid_token),
    housed!(no_call_is_made_in_another_role),
    housed!(who_asks_is_settled_before_what_they_ask),
    housed!(a_program_is_answered_in_the_language_that_it_accepts),
    housed!(a_manage_token_opens_its_own_notice_and_no_other_door),
    housed!(another_admins_group_is_not_there),
    housed!(what_another_site_sends_is_refused_everywhere),
    housed!(a_notice_ends_as_its_kind_can_end),
    housed!(every_fault_of_a_body_is_told_at_once),
    housed!(another_method_is_told_which_there_are),
    housed!(head_is_answered_like_get_without_a_body),
    housed!(what_is_asked_behind_a_head_is_answered_whole),
    housed!(nothing_below_the_interface_is_a_page),
    housed!(what_asks_for_another_host_is_not_linked),
    housed!(a_sealed_case_shows_its_photos_to_leads_alone),
    housed!(who_does_not_go_on_sending_is_not_waited_for),
    housed!(who_breaks_off_is_told_the_same_at_every_door),
    housed!(what_is_announced_too_large_is_refused_before_it_comes),
    housed!(a_list_is_no_object),
    housed!(whoever_accepts_no_encoding_is_answered_all_the_same),
    housed!(an_address_is_read_however_it_is_written),
];

/// One call that needs a token.
struct Call {
    method: Method,
    /// With its placeholders filled in.
    path: String,
    tag: String,
    security: String,
    body: Option<Value>,
}

/// Every protected call of the description; `id` is used for every group.
async fn protected(house: &House, id: &str) -> Vec<Call> {
    let document = house.page("/api/openapi.json").await.expect(200);
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let Some(security) = call["security"][0].as_object().and_then(|s| s.keys().next()) else {
                continue;
            };
            let schema = &call["requestBody"]["content"]["application/json"]["schema"];
            calls.push(Call {
                method: method.to_uppercase().parse().unwrap(),
                path: path.replace("{case}", "00000-00000").replace("{id}", id),
                tag: call["tags"][0].as_str().unwrap().to_owned(),
                security: security.clone(),
                body: (!schema.is_null()).then(|| smallest(&document, schema)),
            });
        }
    }
    assert!(calls.len() > 20, "the description lost its calls");
    calls
}

/// The smallest body of that schema.
fn smallest(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return smallest(document, document.pointer(name.trim_start_matches('#')).unwrap());
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("string") => json!("withdrawn"),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let fields =
                required.map(|name| (name.to_owned(), smallest(document, &schema["properties"][name])));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

async fn make(house: &House, call: &Call, token: Option<&str>) -> Reply {
    let mut request = request(house, call.method.clone(), &format!("/api/v1{}", call.path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    ask(request).await
}

const NO_GROUP: &str = "0193589e-0000-7000-8000-000000000000";

async fn no_call_is_made_without_a_valid_token(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let gone = house.person("李离开", Role::Lead).await;
    let shared = &house.stations.shared;
    let now = house.clock.now();
    let expired = tokens::add(&shared.store, now, &lead.name, Some(TimeDelta::minutes(1))).await.unwrap();
    people::disable(&shared.store, now, &gone.name).await.unwrap();
    house.advance(TimeDelta::minutes(1));
    let manage = house.post("/notices", None, &notices::rescue(now)).await.expect(201);
    let manage = manage["manage_token"].as_str().unwrap();
    let mut swapped: Vec<char> = lead.token.chars().collect();
    let last = swapped.len() - 1;
    swapped[last] = if swapped[last] == 'A' { 'B' } else { 'A' };
    let swapped: String = swapped.into_iter().collect();
    for call in protected(&house, NO_GROUP).await {
        let code = match call.security.as_str() {
            "token" => "login_required",
            "manage" => "manage_link_invalid",
            other => panic!("{other}: who may that be?"),
        };
        let long = "x".repeat(300);
        let mut wrong = vec![
            None,
            Some("x"),
            Some("st_"),
            Some(&long),
            Some(&expired),
            Some(&gone.token),
            Some(&swapped),
        ];
        // A reporter's authority and an account's are separate.
        wrong.push(Some(if call.security == "token" { manage } else { &lead.token }));
        for token in wrong {
            let refused = make(&house, &call, token).await;
            assert_eq!(refused.headers["www-authenticate"], "Bearer", "{} {}", call.method, call.path);
            assert_eq!(refused.problem(401), code, "{} {} with {token:?}", call.method, call.path);
        }
        for header in ["Basic bGVhZDpwdw==", "Bearer", "Bearer ", &lead.token, "\u{9}"] {
            let plain = request(&house, call.method.clone(), &format!("/api/v1{}", call.path));
            let plain = plain.header("authorization", header).json(call.body.as_ref().unwrap_or(&json!({})));
            assert_eq!(ask(plain).await.problem(401), code, "{} with {header:?}", call.path);
        }
        // A session cookie is only for pages.
        let cookie = request(&house, call.method.clone(), &format!("/api/v1{}", call.path))
            .header("cookie", format!("session={0}; manage={0}", lead.token))
            .json(call.body.as_ref().unwrap_or(&json!({})));
        assert_eq!(ask(cookie).await.problem(401), code, "{} with a cookie", call.path);
    }
    house
}

async fn no_call_is_made_in_another_role(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let operator = house.person("何运营", Role::Operator).await;
    for call in protected(&house, NO_GROUP).await {
        let wrong = match (call.security.as_str(), call.tag.as_str()) {
            ("manage", _) => continue,
            (_, "review" | "broadcasts") => &admin,
            (_, "groups") => &moderator,
            (_, tag) => panic!("{tag}: whose calls are these?"),
        };
        for person in [wrong, &operator] {
            let refused = make(&house, &call, Some(&person.token)).await;
            assert_eq!(refused.problem(403), "forbidden", "{} {} by {}", call.method, call.path, person.name);
        }
    }
    house
}

async fn who_asks_is_settled_before_what_they_ask(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let broken = [("application/json", "{"), ("application/json", "7"), ("text/plain", "x"), ("", "")];
    for call in protected(&house, NO_GROUP).await.iter().filter(|call| call.method != Method::GET) {
        let (unknown, role) = match (call.security.as_str(), call.tag.as_str()) {
            ("manage", _) => ("manage_link_invalid", None),
            (_, "groups") => ("login_required", Some(&moderator)),
            _ => ("login_required", Some(&admin)),
        };
        for (kind, body) in broken {
            let refused = async |token: &str| {
                let asked = request(&house, call.method.clone(), &format!("/api/v1{}", call.path));
                let asked = asked.bearer_auth(token).body(body);
                ask(if kind.is_empty() { asked } else { asked.header("content-type", kind) }).await
            };
            let told = (&call.method, &call.path, kind, body);
            assert_eq!(refused("x").await.problem(401), unknown, "{told:?}");
            if let Some(other) = role {
                assert_eq!(refused(&other.token).await.problem(403), "forbidden", "{told:?}");
            }
        }
    }
    house
}

/// Pages keep a reader's choice of language in a cookie, which the API does not know.
async fn a_program_is_answered_in_the_language_that_it_accepts(house: House) -> House {
    let titled = async |path: &str| {
        let asked = request(&house, Method::GET, path).header("cookie", "lang=en");
        ask(asked.header("accept-language", "zh-CN")).await.body["title"].as_str().unwrap().to_owned()
    };
    let chinese = titled("/api/v1/notices/00000-00000").await;
    assert!(!chinese.is_ascii(), "{chinese}");
    assert_eq!(titled("/api/v1/notices/00000-00000?lang=en").await, chinese);
    house
}

async fn a_manage_token_opens_its_own_notice_and_no_other_door(house: House) -> House {
    let mut made = Vec::new();
    for n in 0..2 {
        let body = by_another(notices::lost_property(house.clock.now()), n);
        made.push(house.post("/notices", None, &body).await.expect(201));
    }
    let token = |n: usize| made[n]["manage_token"].as_str();
    for n in 0..2 {
        let mine = house.get("/my/notice", token(n)).await.expect(200);
        assert_eq!(mine["case_number"], made[n]["case_number"]);
        assert!(!mine.to_string().contains(made[1 - n]["case_number"].as_str().unwrap()), "{mine}");
    }
    let close = json!({"outcome": "withdrawn", "announce": false});
    house.post("/my/notice/close", token(0), &close).await.expect(200);
    assert_eq!(house.get("/my/notice", token(1)).await.expect(200)["state"], "submitted");
    for outcome in ["", "x", "found ", "FOUND"] {
        let body = json!({"outcome": outcome, "announce": true});
        let refused = house.post("/my/notice/close", token(1), &body).await;
        assert_eq!(super::faults(refused), super::only(["outcome"]), "{outcome}");
    }
    let unasked = house.post("/my/notice/reply", token(1), &json!({"text": "答"})).await;
    assert_eq!(unasked.problem(409), "not_possible");
    // The case number, which anybody may know, opens nothing.
    let case = made[1]["case_number"].as_str();
    assert_eq!(house.get("/my/notice", case).await.problem(401), "manage_link_invalid");
    house
}

async fn another_admins_group_is_not_there(house: House) -> House {
    let house = house.and_chats(&[seventytwo::domain::group::Platform::Wecom]).await;
    let owner = house.person("王群主", Role::GroupAdmin).await;
    let other = house.person("赵群主", Role::GroupAdmin).await;
    let id = house.group(&house.chats[0].clone(), &owner, &["131003"], &["rescue"]).await;
    let before = house.get(&format!("/groups/{id}"), Some(&owner.token)).await.expect(200);
    let mut asked = 0;
    for call in protected(&house, &id).await {
        if call.tag != "groups" || !call.path.contains(&id) {
            continue;
        }
        asked += 1;
        let refused = make(&house, &call, Some(&other.token)).await;
        assert_eq!(refused.problem(404), "not_found", "{} {}", call.method, call.path);
    }
    assert!(asked >= 8, "{asked} calls about a group");
    for none in ["x", "00000000-0000-0000-0000-000000000000", "%00", "%FF"] {
        let refused = house.get(&format!("/groups/{none}"), Some(&owner.token)).await;
        assert_eq!(refused.problem(404), "not_found", "{none}");
    }
    let list = house.get("/groups", Some(&other.token)).await.expect(200);
    assert_eq!(list["items"], json!([]));
    let after = house.get(&format!("/groups/{id}"), Some(&owner.token)).await.expect(200);
    assert_eq!(after, before);
    house
}

async fn what_another_site_sends_is_refused_everywhere(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    for call in protected(&house, NO_GROUP).await.into_iter().filter(|call| call.method != Method::GET) {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.cn")]
        {
            let sent = request(&house, call.method.clone(), &format!("/api/v1{}", call.path))
                .header(name, value)
                .bearer_auth(&lead.token)
                .json(call.body.as_ref().unwrap_or(&json!({})));
            assert_eq!(ask(sent).await.problem(403), "cross_site", "{} {name}: {value}", call.path);
        }
    }
    house
}

/// Builds a notice of some kind.
type MakeNotice = fn(DateTime<Utc>) -> Value;

async fn a_notice_ends_as_its_kind_can_end(house: House) -> House {
    let kinds: [(MakeNotice, &str); 4] = [
        (notices::missing_person, "found"),
        (notices::lost_property, "returned"),
        (notices::rescue, "rescued"),
        (notices::donation, "fulfilled"),
    ];
    let vault = &house.stations.shared.vault;
    for (n, (kind, own)) in (40..).zip(kinds) {
        let made = house.post("/notices", None, &by_another(kind(house.clock.now()), n)).await.expect(201);
        let manage = made["manage_token"].as_str().unwrap();
        for (_, other) in kinds.iter().filter(|(_, other)| *other != own) {
            let body = json!({"outcome": other, "announce": true});
            let refused = house.post("/my/notice/close", Some(manage), &body).await;
            assert_eq!(super::faults(refused), super::only(["outcome"]), "{own}: {other}");
            let form = [("csrf", csrf::token(vault, manage)), ("outcome", (*other).to_owned())];
            let sent =
                request(&house, Method::POST, "/my/close").header("cookie", format!("manage={manage}"));
            assert_eq!(ask(sent.form(&form)).await.status, 422, "{own}: {other}");
            assert_eq!(house.get("/my/notice", Some(manage)).await.expect(200)["state"], "submitted");
        }
        let body = json!({"outcome": own, "announce": true});
        let closed = house.post("/my/notice/close", Some(manage), &body).await.expect(200);
        assert_eq!(closed["outcome"], *own);
    }
    house
}

async fn every_fault_of_a_body_is_told_at_once(house: House) -> House {
    let house = house.and_chats(&[seventytwo::domain::group::Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let group = house.group(&house.chats[0].clone(), &admin, &["131003"], &["rescue"]).await;
    let made = house.post("/notices", None, &notices::rescue(house.clock.now())).await.expect(201);
    let manage = made["manage_token"].as_str().unwrap();
    let review = |step: &str| format!("/review/{}/{step}", made["case_number"].as_str().unwrap());
    let (long, note) = ("长".repeat(61), "长".repeat(2_001));
    let quiet = json!({"from": "25:00", "until": 7, "x": 1});
    let tip = review("tips/00000000-0000-7000-8000-000000000000");
    for (path, token, body, told) in [
        (review("decisions"), &*moderator.token, json!({"x": 1}), &["action", "version", "x"][..]),
        (
            review("decisions"),
            &moderator.token,
            json!({"version": "1", "action": "explode", "note": note, "x": 1}),
            &["action", "note", "version", "x"],
        ),
        (
            review("decisions"),
            &moderator.token,
            json!({"version": 1, "action": "reject", "reason": "unheard_of", "note": note, "x": 1}),
            &["note", "reason", "x"],
        ),
        (
            review("decisions"),
            &moderator.token,
            json!({"version": 1, "action": "ask", "x": 1}),
            &["note", "x"],
        ),
        (review("pause"), &moderator.token, json!({"version": 1.5, "reason": long}), &["reason", "version"]),
        (review("resume"), &moderator.token, json!({"note": note, "x": 1}), &["note", "version", "x"]),
        (
            review("remove"),
            &moderator.token,
            json!({"version": 1, "reason": "hoax", "x": 1}),
            &["reason", "x"],
        ),
        (review("phone"), &moderator.token, json!({"reason": "curious", "x": 1}), &["reason", "x"]),
        (tip, &moderator.token, json!({"action": "explode", "x": 1}), &["action", "x"]),
        ("/my/notice/close".to_owned(), manage, json!({"outcome": "found", "x": 1}), &["outcome", "x"]),
        ("/my/notice/close".to_owned(), manage, json!({"announce": 1}), &["announce", "outcome"]),
        (
            "/groups".to_owned(),
            &admin.token,
            json!({
                "platform": "icq", "name": long, "regions": ["999999"], "kinds": ["weather"], "language": "fr",
                "hourly_cap": 61, "quiet": quiet, "x": 1,
            }),
            &[
                "credentials",
                "hourly_cap",
                "kinds",
                "language",
                "name",
                "platform",
                "quiet.from",
                "quiet.until",
                "quiet.x",
                "regions",
                "x",
            ],
        ),
        (
            "/groups".to_owned(),
            &admin.token,
            json!({"platform": "wecom", "credentials": {"url": "693a91f6", "x": 1}, "regions": "131003", "kinds": [7]}),
            &["credentials.url", "credentials.x", "kinds[0]", "name", "regions"],
        ),
        (format!("/groups/{group}/pause"), &admin.token, json!({"until": "8h", "x": 1}), &["until", "x"]),
        (format!("/groups/{group}/verify"), &admin.token, json!({"x": 1}), &["code", "x"]),
    ] {
        let refused = house.post(&path, Some(token), &body).await;
        let fields: Vec<String> = super::faults(refused).into_iter().collect();
        assert_eq!(fields, told, "{path}: {body}");
    }
    let change = json!({"name": " ", "regions": [], "quiet": {"from": "22:00"}, "hourly_cap": 0, "x": 1});
    let path = format!("/groups/{group}");
    let refused = house.call(Method::PATCH, &path, Some(&admin.token), Some(&change)).await;
    assert_eq!(super::faults(refused), super::only(["hourly_cap", "name", "quiet.until", "regions", "x"]));
    house
}

async fn another_method_is_told_which_there_are(house: House) -> House {
    let mut doors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path) in PAGES {
        doors.entry((*path).to_owned()).or_default().insert((*method).to_owned());
    }
    let document = house.page("/api/openapi.json").await.expect(200);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase());
        doors.insert(format!("/api/v1{path}"), methods.collect());
    }
    for takes in doors.values_mut().filter(|takes| takes.contains("GET")) {
        takes.insert("HEAD".to_owned());
    }
    assert!(doors.len() > 60, "{doors:?}");
    for (path, takes) in &doors {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            if takes.contains(method.as_str()) {
                continue;
            }
            let told = ask(request(&house, method.clone(), &path.replace(['{', '}'], ""))).await;
            assert_eq!(told.status, 405, "{method} {path}: {}", told.text);
            let allow = told.headers["allow"].to_str().unwrap();
            let allow: BTreeSet<String> = allow.split(", ").map(str::to_owned).collect();
            // A path may match the pattern of another handler, too.
            assert!(allow.is_superset(takes) && !allow.contains(method.as_str()), "{path}: {allow:?}");
            match path.starts_with("/api/") {
                true => assert_eq!(told.problem(405), "method_not_allowed", "{path}"),
                false => assert!(told.text.contains("<h1>"), "{path}: {}", told.text),
            }
        }
    }
    for (method, path, allow) in [
        (Method::POST, "/check", "GET, HEAD"),
        (Method::GET, "/review/00000-00000/claim", "POST"),
        (Method::PUT, "/login", "GET, HEAD, POST"),
        (Method::DELETE, "/api/v1/notices", "GET, HEAD, POST"),
        (Method::POST, "/api/docs", "GET, HEAD"),
        (Method::HEAD, "/review/00000-00000/claim", "POST"),
    ] {
        let told = ask(request(&house, method, path)).await;
        assert_eq!((told.status.as_u16(), told.headers["allow"].to_str().unwrap()), (405, allow), "{path}");
    }
    for path in ["/nothing", "/api/v1/nothing", "/api/nothing"] {
        let none = ask(request(&house, Method::PUT, path)).await;
        assert_eq!((none.status.as_u16(), none.headers.get("allow")), (404, None), "{path}");
    }
    house
}

async fn head_is_answered_like_get_without_a_body(house: House) -> House {
    let document = house.page("/api/openapi.json").await.expect(200);
    let api =
        document["paths"].as_object().unwrap().iter().filter(|(_, methods)| methods.get("get").is_some());
    let mut paths: Vec<String> = api.map(|(path, _)| format!("/api/v1{path}")).collect();
    paths.extend(pages("GET"));
    paths.extend(["/nothing".to_owned(), "/api/v1/nothing".to_owned(), "/assets/style.css".to_owned()]);
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let path = path.replace("{case}", "00000-00000").replace("{id}", NO_GROUP).replace(['{', '}'], "");
        let looked = ask(request(&house, Method::GET, &path)).await;
        let asked = ask(request(&house, Method::HEAD, &path)).await;
        assert_eq!(asked.status, looked.status, "{path}");
        assert_eq!(asked.text, "", "{path}");
        for header in ["content-type", "location", "etag", "allow"] {
            assert_eq!(asked.headers.get(header), looked.headers.get(header), "{path}: {header}");
        }
        // Metrics change between two requests, and every problem has an id of its own, of a fixed length.
        if path != "/metrics" {
            assert_eq!(asked.headers.get("content-length"), looked.headers.get("content-length"), "{path}");
        }
    }
    // On the wire nothing follows the head: the next answer on the same connection begins at once.
    let address = house.base.trim_start_matches("http://");
    let mut wire = TcpStream::connect(address).await.unwrap();
    wire.write_all(b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(wire.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: "), "{head}");
    wire.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut next = String::new();
    wire.read_to_string(&mut next).await.unwrap();
    assert!(next.starts_with("HTTP/1.1 200") && next.ends_with("ok"), "{next}");
    house
}

async fn what_is_asked_behind_a_head_is_answered_whole(house: House) -> House {
    let address = house.base.trim_start_matches("http://");
    for path in
        ["/", "/nothing", "/review", "/readyz", "/api/v1/notices", "/api/openapi.json", "/assets/style.css"]
    {
        for encoding in ["identity", "gzip"] {
            let mut wire = TcpStream::connect(address).await.unwrap();
            // Both requests are there before the first is answered.
            let asked = format!(
                "HEAD {path} HTTP/1.1\r\nhost: {address}\r\naccept-encoding: {encoding}\r\n\r\n\
                 GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
            );
            wire.write_all(asked.as_bytes()).await.unwrap();
            let mut told = Vec::new();
            wire.read_to_end(&mut told).await.unwrap();
            let told = String::from_utf8_lossy(&told).into_owned();
            let (head, next) = told.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 "), "{path}: {told}");
            assert!(
                next.starts_with("HTTP/1.1 200") && next.ends_with("\r\n\r\nok"),
                "{path}, {encoding}: {told}"
            );
        }
    }
    house
}

async fn nothing_below_the_interface_is_a_page(house: House) -> House {
    for path in ["/api", "/api/", "/api/nothing", "/api/v1", "/api/v1/nothing"] {
        assert_eq!(ask(request(&house, Method::GET, path)).await.problem(404), "not_found", "{path}");
    }
    let page = ask(request(&house, Method::GET, "/apiary")).await;
    assert!(page.status == 404 && page.text.contains("<h1>"), "{}", page.text);
    house
}

async fn what_asks_for_another_host_is_not_linked(house: House) -> House {
    let address = house.base.trim_start_matches("http://");
    for path in ["//evil.example/x", "///evil.example/x", "/\\evil.example/x", "/\\/evil.example/x"] {
        let mut wire = TcpStream::connect(address).await.unwrap();
        let asked = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        wire.write_all(asked.as_bytes()).await.unwrap();
        let mut told = String::new();
        wire.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 404") || told.starts_with("HTTP/1.1 400"), "{path}: {told}");
        for leads_away in ["=\"//", "=\"/\\", "=\"\\"] {
            assert!(!told.contains(leads_away), "{path}: {told}");
        }
    }
    house
}

async fn a_sealed_case_shows_its_photos_to_leads_alone(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let (moderator, lead) = (house.session(&moderator).await, house.session(&lead).await);
    let mut seen = Vec::new();
    // A photo of a sealed case would seal the other.
    for (number, violence) in [(1, false), (2, true)] {
        let photo = house.photo(notices::jpeg()).await;
        let mut body = by_another(notices::missing_person(house.clock.now()), number);
        body["person"]["name"] = json!(if violence { "李玉兰" } else { "王秀英" });
        body["person"]["age"] = json!(34);
        body["person"]["category"] = json!("other_adult");
        body["safety"]["violence"] = json!(violence);
        body["photo_ids"] = json!([photo]);
        house.post("/notices", None, &body).await.expect(201);
        for session in [&moderator, &lead] {
            for size in ["full", "page", "thumb"] {
                let path = format!("/p/{photo}/{size}.jpg");
                let status = house.page_as(&path, &format!("session={session}")).await.status.as_u16();
                seen.push((violence, session == &lead, status));
            }
        }
    }
    for (sealed, by_lead, status) in seen {
        assert_eq!(
            status,
            if sealed && !by_lead { 404 } else { 200 },
            "sealed: {sealed}, by a lead: {by_lead}"
        );
    }
    house
}

async fn who_does_not_go_on_sending_is_not_waited_for(house: House) -> House {
    let address = house.base.trim_start_matches("http://");
    let begun = |path: &str, kind: &str, length: usize, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let part = "--b\r\ncontent-disposition: form-data; name=\"photo\"\r\n\r\nhalf";
    let multipart = "multipart/form-data; boundary=b";
    let mut waiting = Vec::new();
    for asked in [
        begun("/api/v1/notices", "application/json", 60_000, "{\"ki"),
        begun("/login", "application/x-www-form-urlencoded", 60_000, "name="),
        begun("/api/v1/photos", multipart, 60_000, part),
        begun("/report/rescue", multipart, 60_000, part),
    ] {
        let mut wire = TcpStream::connect(address).await.unwrap();
        wire.write_all(asked.as_bytes()).await.unwrap();
        waiting.push((asked, wire));
    }
    for (asked, mut wire) in waiting {
        // It ends by itself: answered, and closed.
        let mut told = String::new();
        wire.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 408"), "{asked}: {told}");
    }
    house
}

async fn who_breaks_off_is_told_the_same_at_every_door(house: House) -> House {
    let address = house.base.trim_start_matches("http://");
    for (path, kind) in
        [("/api/v1/notices", "application/json"), ("/login", "application/x-www-form-urlencoded")]
    {
        let asked = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: 60\r\n\r\nhalf"
        );
        let mut wire = TcpStream::connect(address).await.unwrap();
        wire.write_all(asked.as_bytes()).await.unwrap();
        wire.shutdown().await.unwrap();
        let mut told = String::new();
        wire.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 408"), "{path}: {told}");
    }
    house
}

async fn what_is_announced_too_large_is_refused_before_it_comes(house: House) -> House {
    let address = house.base.trim_start_matches("http://");
    for (path, kind) in
        [("/api/v1/notices", "application/json"), ("/login", "application/x-www-form-urlencoded")]
    {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: 1000000\r\n\r\n"
        );
        let mut wire = TcpStream::connect(address).await.unwrap();
        wire.write_all(head.as_bytes()).await.unwrap();
        let mut told = [0; 12];
        wire.read_exact(&mut told).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&told), "HTTP/1.1 413", "{path}");
    }
    house
}

async fn a_list_is_no_object(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.claim(&case, &lead).await;
    let path = |step: &str| format!("/review/{case}/{step}");
    for (call, token, body) in [
        ("/my/notice/close".to_owned(), &manage, json!(["withdrawn"])),
        (path("decisions"), &lead.token, json!([2, "approve", "verified", null])),
        (path("phone"), &lead.token, json!(["call_back"])),
        ("/groups".to_owned(), &admin.token, json!(["wecom", "群", {}, ["131003"], [], null, null, null])),
    ] {
        let refused = house.post(&call, Some(token), &body).await;
        assert!(refused.body["fields"]["body"].is_string(), "{call}: {}", refused.text);
        assert_eq!(refused.problem(422), "invalid_fields", "{call}");
    }
    house
}

async fn whoever_accepts_no_encoding_is_answered_all_the_same(house: House) -> House {
    for accepted in ["identity;q=0", "*;q=0", "gzip;q=0, identity;q=0"] {
        let asked = request(&house, Method::GET, "/healthz").header("accept-encoding", accepted);
        assert_eq!(ask(asked).await.status, 200, "{accepted}");
    }
    house
}

async fn an_address_is_read_however_it_is_written(house: House) -> House {
    for (query, language, size) in [
        ("lang=en&big=1", "en", "1"),
        ("x=1&%6Cang=%65n&big=%31", "en", "1"),
        ("lang=xx&lang=en&big=0", "en", "0"),
        ("big=1&lang=zh%2DCN", "zh-CN", "1"),
    ] {
        let page = ask(request(&house, Method::GET, &format!("/?{query}"))).await;
        assert_eq!(page.headers["content-language"], language, "{query}");
        // A choice is kept for the next page.
        let kept: Vec<&str> =
            page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        let is_kept = |cookie: String| kept.iter().any(|kept| kept.starts_with(&cookie));
        assert!(is_kept(format!("lang={language};")) && is_kept(format!("big={size};")), "{query}: {kept:?}");
    }
    assert_eq!(ask(request(&house, Method::GET, "/")).await.headers.get("set-cookie"), None);
    house
}
