//! The reporter's page in a browser: the manage link opens it, and it shows the result of each step.

use chrono::TimeDelta;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::json;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::photos;

use crate::hostile::{ask, request};
use crate::house::{COOLING, House, Reply};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(the_manage_link_is_the_page_and_says_when_it_is_over),
    housed!(a_device_that_others_use_forgets_the_manage_link),
    housed!(who_is_refused_reads_why_and_what_to_do_next),
    housed!(a_photo_that_comes_with_an_answer_is_never_published),
    housed!(age_and_height_are_read_as_people_write_them),
    housed!(the_police_number_given_in_an_answer_counts),
    housed!(a_police_number_that_may_follow_is_asked_for_until_it_is_there),
    housed!(who_is_not_sure_is_taken_to_have_said_yes),
    housed!(what_was_seen_is_kept_from_whoever_is_looked_into),
];

async fn a_device_that_others_use_forgets_the_manage_link(house: House) -> House {
    let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
    let link = format!("/my/{}", made["manage_token"].as_str().unwrap());
    let open = house.page(&link).await;
    let cookie = open.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    for page in ["/my", "/my/edit", "/report/done"] {
        let page = house.page_as(page, &cookie).await.text;
        assert!(page.contains("action=\"/my/leave\"") && page.contains("离开并从此设备忘记"), "{page}");
    }
    let csrf = open.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let leave = request(&house, Method::POST, "/my/leave").header("cookie", &cookie);
    let left = ask(leave.form(&[("csrf", csrf)])).await;
    assert_eq!((left.status.as_u16(), left.headers["location"].to_str().unwrap()), (303, "/"));
    let gone = left.headers["set-cookie"].to_str().unwrap();
    assert!(gone.starts_with("manage=;") && gone.contains("Max-Age=0"), "{gone}");
    assert_eq!(house.page(&link).await.status, 200, "the link opens it as before");
    house
}

async fn who_is_refused_reads_why_and_what_to_do_next(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let again = "href=\"/report/lost_property?again=1\">再提交一次";
    let box_of = |page: &str| {
        let (_, rest) = page.split_once("class=\"warning\"").expect("a box");
        rest.split_once("id=\"state\"").expect("above the state").0.to_owned()
    };
    for (reason, said, mendable) in
        [("unclear_photo", "请换一张", true), ("duplicate", "110", false), ("debt", "12348", false)]
    {
        let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
        house.decide(made["case_number"].as_str().unwrap(), &moderator, "reject", reason).await.expect(200);
        let page = house.page(&format!("/my/{}", made["manage_token"].as_str().unwrap())).await.text;
        let told = box_of(&page);
        assert!(told.contains(said), "{reason}: {told}");
        assert_eq!(told.contains(again), mendable, "{reason}: {told}");
    }
    // Handing it in again does not mean typing it again; only the consents are asked for again.
    let body = notices::lost_property(house.clock.now());
    let made = house.post("/notices", None, &body).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str().unwrap());
    let form = async |cookie: &str| house.page_as("/report/lost_property?again=1", cookie).await.text;
    let (_, cookie, _) = at_home(&house, &format!("/my/{manage}")).await;
    assert!(!form(&cookie).await.contains("双肩包"), "it is not over");
    house.decide(case, &moderator, "reject", "unclear_photo").await.expect(200);
    let filled = form(&cookie).await;
    for kept in ["value=\"双肩包\"", "12 路公交车上", "value=\"河北省廊坊市广阳区\"", "内袋里有一张合影"]
    {
        assert!(filled.contains(kept), "{kept}: {filled}");
    }
    assert!(!filled.contains("name=\"consent.publish\" value=\"true\" checked"), "{filled}");
    assert!(!form("").await.contains("双肩包"), "nobody else reads it");
    let empty = house.page_as("/report/rescue?again=1", &cookie).await.text;
    assert!(!empty.contains("12 路公交车上"), "another kind: {empty}");
    // A notice whose time ran out may be handed in again.
    let (_, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let path = format!("/my/{manage}");
    // No group hears it: a reporter told that it went out would wait instead of looking.
    let live = house.page(&path).await.text;
    assert!(live.contains("这个地区还没有接入的群") && live.contains("请自己转发"), "{live}");
    assert!(live.contains("已公开") && !live.contains("已发布到当地的群"), "{live}");
    house.advance(TimeDelta::hours(72));
    let page = house.page(&path).await.text;
    let told = box_of(&page);
    assert!(told.contains("公开的时间已到") && told.contains(again), "{told}");
    assert!(told.contains("没有群收到过") && !page.contains("收到过的群"), "{page}");
    assert!(!page.contains("已有 0 个群"), "{page}");
    // Whose notice was taken down may hand it in again where the reason says so.
    for (reason, said, mendable) in [("false", "再带报警编号重新提交", true), ("unsafe", "不再公开", false)]
    {
        let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
        house.go_live(&case, &[&moderator]).await;
        let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
        let removal = json!({"version": sheet["version"], "reason": reason});
        let path = format!("/review/{case}/remove");
        house.post(&path, Some(&moderator.token), &removal).await.expect(200);
        let told = box_of(&house.page(&format!("/my/{manage}")).await.text);
        assert!(told.contains(said), "{reason}: {told}");
        assert_eq!(told.contains(again), mendable, "{reason}: {told}");
    }
    house
}

/// Opens a manage link; returns the page, the cookie and the CSRF token of its forms.
async fn at_home(house: &House, path: &str) -> (Reply, String, String) {
    let open = house.page(path).await;
    let cookie = open.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf =
        open.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (open, cookie, csrf)
}

async fn the_police_number_given_in_an_answer_counts(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["category"] = json!("other_adult");
    body["police"] = json!({"reported": false});
    let (case, manage) = house.submit(&body).await;
    let refused = house.decide(&case, &lead, "approve", "verified").await;
    assert_eq!(refused.problem(422), "police_reference_required");
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
    let ask = json!({"version": sheet["version"], "action": "ask", "note": "请补充报警编号"});
    house.post(&format!("{path}/decisions"), Some(&lead.token), &ask).await.expect(200);

    let (open, cookie, csrf) = at_home(&house, &format!("/my/{manage}")).await;
    assert!(open.text.contains("id=\"police.reference\""), "{}", open.text);
    let answer = async |reference: &str, text: &str| {
        let fields = [("csrf", csrf.as_str()), ("police.reference", reference), ("text", text)];
        let fields = fields.into_iter().chain([("police.station", "银河南路派出所")]);
        let form =
            fields.fold(Form::new(), |form, (name, value)| form.text(name.to_owned(), value.to_owned()));
        ask_with(&house, "/my/reply", &cookie, form).await
    };
    // The same rules as for a notice, and nothing typed is lost.
    let refused = answer(&"9".repeat(61), "在这里").await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("id=\"police.reference-error\""), "{}", refused.text);
    assert!(refused.text.contains("在这里") && refused.text.contains("银河南路派出所"), "{}", refused.text);
    let sent = answer("廊公2026-77", "").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    let police = json!({"reported": true, "station": "银河南路派出所", "reference": "廊公2026-77"});
    assert_eq!(mine["notice"]["police"], police, "as an edit of that field");
    assert_eq!(mine["replies"][1]["text"], "报警编号：廊公2026-77");
    let approved = house.decide(&case, &lead, "approve", "verified").await.expect(200);
    assert_eq!(approved["state"], "second_review");
    house
}

async fn a_police_number_that_may_follow_is_asked_for_until_it_is_there(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::missing_person(house.clock.now());
    body["police"] = json!({"reported": true});
    let (case, manage) = house.submit(&body).await;
    house.go_live(&case, &[&moderator]).await;
    let due = house.clock.now() + TimeDelta::hours(2);
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["police_reference_due_at"].as_str().map(str::parse), Some(Ok(due)));
    let page = house.page_as("/my", &format!("manage={manage}")).await.text;
    assert!(page.contains("还缺报警编号") && page.contains("2026-11-23 12:07"), "{page}");
    assert!(page.contains("href=\"/my/edit#police.reference\""), "{page}");
    let edit = json!({"police": {"reference": "廊公2026-77"}});
    house.call(Method::PATCH, "/my/notice", Some(&manage), Some(&edit)).await.expect(200);
    let page = house.page(&format!("/my/{manage}")).await.text;
    assert!(!page.contains("还缺报警编号"), "{page}");
    house
}

async fn who_is_not_sure_is_taken_to_have_said_yes(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let form = house.page("/report/missing_person").await.text;
    assert_eq!(form.matches("value=\"unsure\"").count(), 3, "{form}");
    let mut body = notices::missing_person(house.clock.now());
    body["safety"] = json!({"violence": true, "protection_order": false, "left_voluntarily": false, "unsure": ["violence"]});
    let made = house.post("/notices", None, &body).await.expect(201);
    let mine = house.get("/my/notice", made["manage_token"].as_str()).await.expect(200);
    assert_eq!(mine["notice"]["safety"], body["safety"]);
    let queue = house.get("/review/queue", Some(&lead.token)).await.expect(200);
    assert_eq!(queue["items"][0]["sealed"], true, "{queue}");
    // The holder of the case reads that it was no plain yes.
    let path = format!("/review/{}", made["case_number"].as_str().unwrap());
    house.post(&format!("{path}/claim"), Some(&lead.token), &json!({})).await.expect(200);
    let flags = house.get(&path, Some(&lead.token)).await.expect(200)["flags"].clone();
    let flags = flags.as_array().unwrap();
    assert!(flags.contains(&json!("violence")) && flags.contains(&json!("violence_unsure")), "{flags:?}");
    house
}

async fn what_was_seen_is_kept_from_whoever_is_looked_into(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let chat = house.chat_for("lost_property", "131000").await;
    let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.go_live(&case, &[&moderator]).await;
    let seen = json!({"text": "在东门的长椅上"});
    house.post(&format!("/notices/{case}/tips"), None, &seen).await.expect(202);
    house.pass_tips(&case, &moderator).await;
    let tips = async || {
        let told = house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].as_array().unwrap().len();
        let page = house.page_as("/my", &format!("manage={manage}")).await.text;
        assert_eq!(page.contains("在东门的长椅上"), told > 0, "{page}");
        // Beside the state, a line leads to them.
        let (_, card) = page.split_once("id=\"state\"").unwrap();
        let (card, below) = card.split_once("id=\"tips\"").unwrap();
        assert_eq!(card.contains("href=\"/my#tips\">收到 1 条线索"), told > 0, "{page}");
        assert!(!below.contains("id=\"state\"") && !card.contains("id=\"copy\""), "{page}");
        assert!(!page.contains("还没有接入的群"), "a group heard of it: {page}");
        told
    };
    let restrict = async |step: &str, reason: &str| {
        let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": reason});
        house.post(&format!("/review/{case}/{step}"), Some(&moderator.token), &body).await.expect(200);
        house.settle().await;
    };
    assert_eq!(tips().await, 1);
    restrict("pause", "").await;
    assert_eq!(tips().await, 0, "its reporter may be the danger");
    restrict("resume", "").await;
    assert_eq!(tips().await, 1);
    restrict("pause", "").await;
    // Ending it while it is being checked reveals nothing to the reporter.
    house.close(&manage, "withdrawn").await;
    house.settle().await;
    assert_eq!(tips().await, 0);
    chat.read_all();
    house
}

async fn a_photo_that_comes_with_an_answer_is_never_published(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let face = house.photo(notices::jpeg()).await;
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([face]);
    let made = house.post("/notices", None, &body).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str());
    let path = format!("/review/{case}");
    let claim = house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    let ask = json!({"version": claim["version"], "action": "ask", "note": "请发报警回执"});
    house.post(&format!("{path}/decisions"), Some(&moderator.token), &ask).await.expect(200);
    let receipt = house.photo(notices::jpeg()).await;
    let both = json!({"text": "见照片", "photo_ids": [receipt, face]});
    let refused = house.post("/my/notice/reply", manage, &both).await.expect(422);
    assert!(!refused["fields"]["photo_ids[1]"].is_null(), "what is public is no evidence: {refused}");
    let answer = json!({"text": "见照片", "photo_ids": [receipt]});
    house.post("/my/notice/reply", manage, &answer).await.expect(200);
    let sheet = house.get(&path, Some(&moderator.token)).await;
    assert!(!sheet.text.contains(&receipt), "only whoever holds the case sees it: {}", sheet.text);

    let claim = house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let reply = sheet["events"].as_array().unwrap().iter().find(|event| event["step"] == "reply").unwrap();
    assert_eq!((&reply["photo_ids"], &sheet["public"]["photos"]), (&json!([receipt]), &json!([face])));
    let approve = json!({"version": claim["version"], "action": "approve", "reason": "verified"});
    house.post(&format!("{path}/decisions"), Some(&moderator.token), &approve).await.expect(200);
    house.pass(COOLING).await;

    let picture = |id: &str| format!("/p/{id}/page.jpg");
    assert_eq!(house.page(&picture(&face)).await.status, 200);
    assert_eq!(house.page(&picture(&receipt)).await.status, 404);
    let public = house.page(&format!("/n/{case}")).await;
    assert!(public.text.contains(&face) && !public.text.contains(&receipt), "{}", public.text);
    let mine = house.get("/my/notice", manage).await.expect(200);
    assert_eq!(
        (&mine["notice"]["photo_ids"], &mine["replies"][1]["photo_ids"]),
        (&json!([face]), &json!([receipt]))
    );

    // An edit keeps the evidence, and cannot make it public either.
    let edit = json!({"photo_ids": [face, receipt]});
    let refused = house.call(Method::PATCH, "/my/notice", manage, Some(&edit)).await.expect(422);
    assert!(!refused["fields"]["photo_ids[1]"].is_null(), "{refused}");
    let edit = json!({"description": "遗失在 12 路公交车的后排。"});
    house.call(Method::PATCH, "/my/notice", manage, Some(&edit)).await.expect(200);
    let mine = house.get("/my/notice", manage).await.expect(200);
    assert_eq!(mine["replies"][1]["photo_ids"], json!([receipt]));

    // It is erased with the notice.
    let close = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", manage, &close).await.expect(200);
    house.pass(TimeDelta::days(30)).await;
    let id = receipt.parse().unwrap();
    let left = house.stations.shared.store.read(move |c| photos::by_id(c, id)).await.unwrap();
    assert!(left.is_none(), "its key is deleted");
    house
}

async fn the_manage_link_is_the_page_and_says_when_it_is_over(house: House) -> House {
    let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
    let link = made["manage_url"].as_str().unwrap();
    let path = link.strip_prefix(&house.base).expect("an address of this house");
    let open = house.page(path).await;
    assert_eq!(open.status, 200, "{}", open.text);
    assert!(open.text.contains(made["case_number"].as_str().unwrap()), "without any cookie");
    assert!(open.text.contains(&format!("href=\"{link}\"")), "what is to be kept stands there");
    assert!(!open.text.contains("class=\"good\" role=\"status\""), "{}", open.text);
    let cookie = open.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = open.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let close = |mark: &str| {
        let form = [("csrf", mark), ("outcome", "withdrawn")];
        ask(request(&house, Method::POST, "/my/close").header("cookie", &cookie).form(&form))
    };
    assert_eq!(close("x").await.status, 403);
    let closed = close(csrf).await;
    assert_eq!(closed.status, 303, "{}", closed.text);
    let told = house.page_as(closed.headers["location"].to_str().unwrap(), &cookie).await;
    assert!(told.text.contains("role=\"status\">这条信息已结束"), "{}", told.text);
    assert!(told.text.contains("已经撤回。"), "and a kind word: {}", told.text);
    for promise in ["公开页面已撤下", "收到过的群", "通知各群", "可以告诉群里"] {
        assert!(
            !told.text.contains(promise) && !open.text.contains(promise),
            "nobody ever read it: {promise}"
        );
    }
    let english = house.page(&format!("{path}?lang=en")).await;
    assert!(english.text.contains("role=\"status\">This notice is over"), "{}", english.text);
    house
}

/// Submits the form for a missing person with this age and height.
async fn report(house: &House, age: &str, height: &str) -> Reply {
    let mut form = Form::new();
    let body = notices::missing_person(house.clock.now());
    for (name, value) in [
        ("region", "廊坊市广阳区"),
        ("person.name", "李玉兰"),
        ("person.age", age),
        ("person.height_cm", height),
        ("person.category", "dementia"),
        ("last_seen.at", body["last_seen"]["at"].as_str().unwrap()),
        ("last_seen.place", "银河南路"),
        ("last_seen.precision", "about"),
        ("description", "早上出门买菜后未归。"),
        ("police.reported", "true"),
        ("safety.violence", "false"),
        ("safety.protection_order", "false"),
        ("safety.left_voluntarily", "false"),
        ("reporter.name", "王小红"),
        ("reporter.phone", "13800138000"),
        ("reporter.relation", "女儿"),
        ("consent.truthful", "true"),
        ("consent.sensitive", "true"),
        ("consent.publish", "true"),
    ] {
        form = form.text(name.to_owned(), value.to_owned());
    }
    ask_with(house, "/report/missing_person", "manage=", form).await
}

async fn ask_with(house: &House, path: &str, cookie: &str, form: Form) -> Reply {
    ask(request(house, Method::POST, path).header("cookie", cookie).multipart(form)).await
}

async fn age_and_height_are_read_as_people_write_them(house: House) -> House {
    let sent = report(&house, "１９５０年生", "1.58米").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let cookie = sent.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let done = sent.headers["location"].to_str().unwrap();
    let told = house.page_as(done, cookie).await.text;
    assert!(told.contains("76 岁") && told.contains("158 厘米"), "what was understood: {told}");
    let told = house.page_as(&format!("{done}?lang=en"), cookie).await.text;
    assert!(told.contains("76 years old") && told.contains("158 cm"), "{told}");

    // What cannot be read is kept, and the page says how to write it.
    let again = report(&house, "很老了", "中等").await;
    assert_eq!(again.status, 422);
    for kept in ["value=\"很老了\"", "value=\"中等\"", "出生年份，例如 1950", "请写厘米数"] {
        assert!(again.text.contains(kept), "{kept}: {}", again.text);
    }
    // Beside other faults, a value that was understood is shown as it was typed.
    let again = report(&house, "1950年生", "中等").await;
    assert!(again.text.contains("value=\"1950年生\""), "{}", again.text);
    // A person that old must have been born in another year.
    assert_eq!(report(&house, "1850", "158").await.status, 422);

    // Programs send numbers.
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["age"] = json!("1950年生");
    body["person"]["height_cm"] = json!("1.58米");
    let refused = house.post("/notices", None, &body).await.expect(422);
    let fields = refused["fields"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["person.age", "person.height_cm"], "{refused}");
    house
}
