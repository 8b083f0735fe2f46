//! HTML forms: a faulty form comes back with what was typed, no other site can send one, and a GET changes
//! nothing.

use std::net::IpAddr;

use chrono::TimeDelta;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use seventytwo::domain::notice::Kind;
use seventytwo::domain::people::Role;
use seventytwo::web::csrf;
use seventytwo::web::limits::Limit;
use seventytwo::web::routes::PAGES;

use super::{ask, request};
use crate::house::{House, Reply};
use crate::notices;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_faulty_form_comes_back_with_what_was_typed),
    housed!(a_faulty_tip_comes_back_in_the_words_of_its_notice),
    housed!(a_tip_that_lacks_its_time_keeps_its_day),
    housed!(a_tip_that_comes_too_late_is_thanked_for),
    housed!(who_sends_too_often_keeps_what_was_typed),
    housed!(what_is_pasted_is_counted_and_read_up_to_a_length),
    housed!(a_form_that_is_none_is_told_so),
    housed!(a_form_sent_twice_makes_one_notice),
    housed!(forms_of_other_sites_are_refused),
    housed!(forms_without_the_sessions_mark_are_refused),
    housed!(looking_changes_nothing),
    housed!(a_login_with_anything_is_refused_alike),
];

/// The form as a browser sends it.
fn multipart(house: &House, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let form = fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| {
        form.text((*name).to_owned(), (*value).to_owned())
    });
    request(house, Method::POST, path).header("sec-fetch-site", "same-origin").multipart(form)
}

/// Every link of the error summary leads to an element of the page.
fn assert_summary_leads(page: &Reply) {
    let (_, summary) =
        page.text.split_once("class=\"error-summary\"").unwrap_or_else(|| panic!("{}", page.text));
    let (summary, _) = summary.split_once("</ul>").unwrap();
    let links: Vec<&str> =
        summary.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!links.is_empty(), "{summary}");
    for link in links {
        assert!(page.text.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
    }
}

async fn a_faulty_form_comes_back_with_what_was_typed(house: House) -> House {
    for kind in Kind::ALL {
        let path = format!("/report/{}", kind.as_str());
        let empty = ask(multipart(&house, &path, &[("key", "k")])).await;
        assert_eq!(empty.status, 422, "{}", kind.as_str());
        assert_summary_leads(&empty);
        let description = "\"><script>alert(1)</script>&amp;'{{7*7}}";
        let markup = "<img src=x onerror=alert(2)>";
        let typed = [
            ("key", "k"),
            ("description", description),
            ("reporter.name", markup),
            ("reporter.phone", "12345<b>"),
            ("region", "\"onfocus=\"alert(3)"),
            ("last_seen.at", "昨天<i>"),
            ("photo_ids", "\"><svg onload=alert(4)>"),
            ("surprise", "<u>"),
        ];
        let page = ask(multipart(&house, &path, &typed)).await;
        assert_eq!(page.status, 422);
        assert_summary_leads(&page);
        for raw in ["<script>alert", "<img src=x", "\"onfocus=", "<svg onload", "12345<b>", "昨天<i>", "<u>"]
        {
            assert!(!page.text.contains(raw), "{raw} stands raw in the {} form", kind.as_str());
        }
        for kept in
            ["&#60;script&#62;alert(1)&#60;/script&#62;&#38;amp;", "&#60;img src=x", "12345&#60;b&#62;"]
        {
            assert!(page.text.contains(kept), "{kept} is lost from the {} form", kind.as_str());
        }
    }
    house
}

async fn a_faulty_tip_comes_back_in_the_words_of_its_notice(house: House) -> House {
    let (moderator, lead) =
        (house.person("林志愿", Role::Moderator).await, house.person("赵组长", Role::Lead).await);
    let now = house.clock.now();
    let mut found = notices::lost_property(now);
    found["item"]["direction"] = json!("found");
    for (body, by, asks, thanks) in [
        (found, [Some(&moderator), None], "怎样证明是您的？", "以免被人冒领"),
        (notices::rescue(now), [Some(&moderator), None], "您能怎样帮忙？", "再联系现场"),
        (notices::donation(now), [&moderator, &lead].map(Some), "哪里不对？", "会向收到过的每个群更正"),
    ] {
        let (case, _) = house.submit(&body).await;
        for person in by.into_iter().flatten() {
            house.approve(&case, &[person]).await;
        }
        house.pass(TimeDelta::hours(1)).await;
        let send = async |text: &str, phone: &str, language: &str| {
            let typed = [("text", text), ("phone", phone)];
            let path = format!("/n/{case}/tips?lang={language}");
            ask(request(&house, Method::POST, &path).form(&typed).header("sec-fetch-site", "same-origin"))
                .await
        };
        // Each fault names its field, both above the form and at the field.
        for (language, phone, fill_in) in
            [("zh-CN", "您的电话：", "：请填写这一项。"), ("en", "Your phone: ", ": Fill this in.")]
        {
            let faulty = send("", "12345", language).await;
            assert_summary_leads(&faulty);
            let label = faulty
                .text
                .split_once("<label for=\"text\">")
                .and_then(|(_, rest)| rest.split_once("</label>"));
            let asked = label.expect("a label").0.trim_end_matches(['?', '？']);
            for (field, said) in [("text", format!("{asked}{fill_in}")), ("phone", phone.to_owned())] {
                for place in [format!("<a href=\"#{field}\">"), format!("id=\"{field}-error\">")] {
                    assert!(
                        faulty.text.contains(&format!("{place}{said}")),
                        "{place}{said}: {}",
                        faulty.text
                    );
                }
            }
        }
        let faulty = send("只有我知道的一件事", "12345", "zh-CN").await;
        assert_eq!(faulty.status, 422, "{}", faulty.text);
        assert_summary_leads(&faulty);
        for words in [asks, "只有我知道的一件事", "value=\"12345\""] {
            assert!(faulty.text.contains(words), "{words}: {}", faulty.text);
        }
        let (_, form) = faulty.text.split_once("<form method=\"post\" action=\"/n/").expect("a form");
        assert!(!form.contains("看到"), "nobody asks what was seen: {form}");
        let taken = send("只有我知道的一件事", "", "zh-CN").await;
        assert!(taken.status == 202 && taken.text.contains(thanks), "{}", taken.text);
        assert!(!taken.text.contains("当事人") && !taken.text.contains("请先打 110"), "{}", taken.text);
    }
    house
}

async fn a_tip_that_comes_too_late_is_thanked_for(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    house.close(&manage, "returned").await;
    let tip = request(&house, Method::POST, &format!("/n/{case}/tips")).form(&[("text", "放在司机那里")]);
    let late = ask(tip.header("sec-fetch-site", "same-origin")).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("已经结束") && late.text.contains("放在司机那里"), "{}", late.text);
    assert!(!late.text.contains("双肩包"), "what is over shows nothing: {}", late.text);
    house
}

async fn a_tip_that_lacks_its_time_keeps_its_day(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
    let case = made["case_number"].as_str().unwrap();
    house.approve(case, &[&moderator]).await;
    house.pass(TimeDelta::minutes(1)).await;
    let send = |seen_at: &str, seen_time: &str| {
        let typed = [("text", "放在司机那里"), ("seen_at", seen_at), ("seen_time", seen_time)];
        let tip = request(&house, Method::POST, &format!("/n/{case}/tips")).form(&typed);
        ask(tip.header("sec-fetch-site", "same-origin"))
    };
    let page = house.page(&format!("/n/{case}")).await.text;
    assert!(page.contains("type=\"date\"") && page.contains("type=\"time\""), "{page}");
    let faulty = send("2026-11-22", "").await;
    assert_summary_leads(&faulty);
    for kept in ["请补上时间，大概的也行", "name=\"seen_at\" value=\"2026-11-22\""] {
        assert!(faulty.text.contains(kept), "{kept}: {}", faulty.text);
    }
    let unread = send("刚才", "").await;
    assert!(
        unread.text.contains("看不懂这个时间") && unread.text.contains("value=\"刚才\""),
        "{}",
        unread.text
    );
    assert_eq!(send("2026-11-22", "09:40").await.status, 202);
    house.pass_tips(case, &moderator).await;
    let mine = house.get("/my/notice", made["manage_token"].as_str()).await.expect(200);
    assert_eq!(mine["tips"][0]["seen_at"], "2026-11-22T01:40:00Z", "{mine}");
    house
}

async fn who_sends_too_often_keeps_what_was_typed(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.go_live(&case, &[&moderator]).await;
    let (sender, photographer) = ("203.0.113.7", "203.0.114.7");
    let limits = &house.stations.shared.limits;
    let spent = [(Limit::Submit, sender), (Limit::Tips, sender), (Limit::PhotosADay, photographer)];
    for (limit, from) in spent {
        while limits.check(limit, from.parse::<IpAddr>().unwrap()).is_ok() {}
    }
    let words = "昨天下午在人民公园东门看到过";
    let post = |from: &str, path: &str| {
        let sent = house.http.post(format!("{}{path}", house.base)).header("sec-fetch-site", "same-origin");
        sent.header("x-forwarded-for", from)
    };
    let report = |from| {
        let photo = Part::bytes(notices::jpeg()).file_name("a.jpg");
        let form = Form::new().text("description", words).part("photo", photo);
        post(from, "/report/lost_property").multipart(form)
    };
    let tip = post(sender, &format!("/n/{case}/tips")).form(&[("text", words)]);
    for (sent, told) in
        [(report(sender), "请等"), (tip, "请等"), (report(photographer), "暂时收不下更多照片")]
    {
        let page = ask(sent).await;
        assert_eq!(page.status, 429, "{}", page.text);
        assert!(page.headers.contains_key("retry-after"));
        assert!(page.text.contains(words) && page.text.contains(told), "{told}: {}", page.text);
        assert_summary_leads(&page);
    }
    house
}

async fn what_is_pasted_is_counted_and_read_up_to_a_length(house: House) -> House {
    let check = async |text: &str| {
        let sent = house.http.get(format!("{}/check?case={text}", house.base));
        ask(sent.header("x-forwarded-for", "203.0.113.7")).await
    };
    let (read, long) = ("a.".repeat(1_500), "a.".repeat(1_501));
    assert!(check(&read).await.text.contains("编号是 10 个字母或数字"));
    let page = check(&long).await;
    assert!(page.text.contains("这段文字太长") && page.text.contains(&long), "{}", page.text);
    let from: IpAddr = "203.0.113.7".parse().unwrap();
    while house.stations.shared.limits.check(Limit::Reads, from).is_ok() {}
    assert_eq!(check(&read).await.status, 429);
    house
}

async fn a_form_that_is_none_is_told_so(house: House) -> House {
    let path = "/report/rescue";
    for (kind, body, status) in [
        ("application/x-www-form-urlencoded", "description=x".to_owned(), 415),
        ("application/json", "{}".to_owned(), 415),
        ("multipart/form-data", "x".to_owned(), 422),
        ("multipart/form-data; boundary=b", "--b\r\nbroken".to_owned(), 422),
        (
            "multipart/form-data; boundary=b",
            format!(
                "--b\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\n{}\r\n--b--\r\n",
                "x".repeat(70_000)
            ),
            413,
        ),
        // Parts without a name and without content.
        (
            "multipart/form-data; boundary=b",
            format!(
                "{}--b--\r\n",
                "--b\r\ncontent-disposition: form-data; name=\"\"\r\n\r\n\r\n".repeat(5_000)
            ),
            413,
        ),
    ] {
        let sent = request(&house, Method::POST, path).header("content-type", kind).body(body);
        let page = ask(sent).await;
        assert_eq!(page.status.as_u16(), status, "{kind}: {}", page.text);
        assert!(page.text.contains("<h1>"), "{kind}: {}", page.text);
    }
    // Bytes that are not valid text, in names and in values.
    let raw = b"--b\r\ncontent-disposition: form-data; name=\"desc\xffription\"\r\n\r\n\xff\x00\r\n--b\r\n\
        content-disposition: form-data; name=\"key\"\r\n\r\n\x00\xff\r\n--b--\r\n";
    let sent = request(&house, Method::POST, path)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(raw.to_vec());
    let status = ask(sent).await.status.as_u16();
    assert_eq!(status, 422);
    assert_eq!(ask(multipart(&house, "/report/weather", &[])).await.status, 404);
    house
}

/// The fields of a rescue form without a fault.
const RIGHT: [(&str, &str); 10] = [
    ("reporter.name", "王小红"),
    ("reporter.phone", "138 0013 8000"),
    ("consent.truthful", "true"),
    ("consent.publish", "true"),
    ("description", "三人被困在桥头。"),
    ("incident.emergency_called", "true"),
    ("incident.what", "flood"),
    ("region", "河北省廊坊市广阳区"),
    ("last_seen.place", "大桥南侧"),
    ("last_seen.at", "2026-11-23T09:40"),
];

async fn a_form_sent_twice_makes_one_notice(house: House) -> House {
    let send = |key: &'static str, words: &'static str| {
        let mut fields = RIGHT.to_vec();
        fields[4].1 = words;
        fields.push(("key", key));
        ask(multipart(&house, "/report/rescue", &fields).header("cookie", "manage="))
    };
    let (one, two) = tokio::join!(send("tap\u{0}", "三人被困。"), send("tap\u{0}", "三人被困。"));
    for reply in [&one, &two] {
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["location"]),
            (303, &"/report/done".parse().unwrap()),
            "{}",
            reply.text
        );
    }
    assert_eq!(one.headers["set-cookie"], two.headers["set-cookie"], "both open the same notice");
    let other = send("tap\u{0}", "四人被困。").await;
    assert_eq!(other.status, 409);
    assert!(other.text.contains("四人被困。"), "what was typed is kept");
    let moderator = house.person("林志愿", Role::Moderator).await;
    let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"].as_array().unwrap().len(), 1, "{queue}");
    house
}

/// The paths of pages that take this method.
pub fn pages(method: &str) -> Vec<String> {
    let found = PAGES.iter().filter(|(taken, _)| *taken == method).map(|(_, path)| (*path).to_owned());
    found.collect()
}

/// A path with its placeholders filled in.
fn filled(path: &str, case: &str) -> String {
    path.replace("{case}", case)
        .replace("{kind}", "rescue")
        .replace("{token}", "no-such-token")
        .replace("{id}", "0193589e-0000-7000-8000-000000000000")
        .replace("{size}", "page")
        .replace("{name}", "style.css")
}

async fn forms_of_other_sites_are_refused(house: House) -> House {
    let case = "00000-00000";
    for path in pages("POST") {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.cn"),
            ("origin", "null"),
            ("origin", ""),
            // A prefix of our own origin.
            ("origin", "http://127.0.0.1"),
        ] {
            let sent = request(&house, Method::POST, &filled(&path, case))
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded")
                .body("x=1");
            let page = ask(sent).await;
            assert_eq!(page.status, 403, "{path} with {name}: {value}");
            assert!(page.text.contains("<h1>"), "{path}: {}", page.text);
        }
    }
    house
}

async fn forms_without_the_sessions_mark_are_refused(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let (lead, admin) = (house.session(&lead).await, house.session(&admin).await);
    let made = house.post("/notices", None, &notices::rescue(house.clock.now())).await.expect(201);
    let manage = made["manage_token"].as_str().unwrap();
    let vault = &house.stations.shared.vault;
    // Logging out would end the session of all later requests, so it comes last.
    let (last, first): (Vec<_>, Vec<_>) = pages("POST").into_iter().partition(|path| path == "/logout");
    for path in first.into_iter().chain(last) {
        let (cookie, token) = match path.as_str() {
            // Anybody may send these, from our own pages.
            "/login" | "/report/{kind}" | "/n/{case}" | "/n/{case}/tips" => continue,
            path if path.starts_with("/my") => ("manage", manage),
            path if path.starts_with("/groups") => ("session", admin.as_str()),
            _ => ("session", lead.as_str()),
        };
        let another = csrf::token(vault, "another");
        let right = csrf::token(vault, token);
        for (mark, passes) in [("", false), ("x", false), (another.as_str(), false), (right.as_str(), true)] {
            let send = |as_multipart: bool| {
                let path = filled(&path, "00000-00000");
                let sent = request(&house, Method::POST, &path).header("cookie", format!("{cookie}={token}"));
                if as_multipart {
                    ask(sent.multipart(reqwest::multipart::Form::new().text("csrf", mark.to_owned())))
                } else {
                    ask(sent.form(&[("csrf", mark)]))
                }
            };
            let mut page = send(false).await;
            if page.status == 415 {
                page = send(true).await;
            }
            assert_eq!(page.status != 403, passes, "{path} with {mark:?}: {}", page.status);
        }
    }
    house
}

async fn looking_changes_nothing(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let cookie = house.session(&lead).await;
    let (case, manage) = house.submit(&notices::rescue(house.clock.now())).await;
    house.post(&format!("/review/{case}/claim"), Some(&lead.token), &json!({})).await.expect(200);
    let state = async || {
        let sheet = house.get(&format!("/review/{case}"), Some(&lead.token)).await.expect(200);
        let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
        let verdict =
            house.stations.shared.store.read(|c| seventytwo::store::events::verify(c, None)).await.unwrap();
        (sheet, mine, format!("{verdict:?}"))
    };
    let before = state().await;
    let posts = pages("POST");
    for path in pages("GET").iter().chain(&posts) {
        let looked = request(&house, Method::GET, &filled(path, &case))
            .header("cookie", format!("session={cookie}; manage={manage}"));
        let page = ask(looked).await;
        if posts.contains(path) && !pages("GET").contains(path) {
            let status = page.status.as_u16();
            // Below `/my` everything that is not a page is read as the token of a manage link.
            let none: &[u16] = if path.starts_with("/my/") { &[401] } else { &[404, 405] };
            assert!(none.contains(&status), "{path} is only for sending, and looking at it is {status}");
        }
    }
    assert_eq!(state().await, before);
    house
}

async fn a_login_with_anything_is_refused_alike(house: House) -> House {
    let person = house.person("陈组长", Role::Lead).await;
    let long = "x".repeat(10_000);
    let mut said = Vec::new();
    for (name, password, code) in [
        (person.name.as_str(), "wrong", "000000"),
        ("nobody", "wrong", "000000"),
        ("", "", ""),
        ("陈组长\u{0}", "\u{0}", "\u{0}"),
        ("' OR 1=1 --", "' OR 1=1 --", "' OR 1=1"),
        (&long, &long, &long),
        ("<script>", "<script>", "<script>"),
    ] {
        let sent = request(&house, Method::POST, "/login").header("sec-fetch-site", "same-origin").form(&[
            ("name", name),
            ("password", password),
            ("code", code),
            ("next", "https://evil.cn/"),
        ]);
        let page = ask(sent).await;
        assert_eq!(page.status, 401, "{}", name.chars().take(20).collect::<String>());
        assert!(!page.headers.contains_key("set-cookie"));
        assert!(!page.text.contains("evil.cn") && !page.text.contains("<script>"), "{}", page.text);
        let (_, alert) = page.text.split_once("role=\"alert\"").unwrap_or_else(|| panic!("{}", page.text));
        said.push(alert.split("</").next().unwrap_or_default().to_owned());
    }
    assert!(said.iter().all(|s| *s == said[0]), "answers tell names apart: {said:?}");
    house
}
