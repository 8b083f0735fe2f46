//! The reporter's own page.

use super::*;

#[actix_web::test]
async fn nobody_is_congratulated_who_did_not_say_that_all_is_well() {
    let (glad, quiet) = ("平安就好", "请照顾好自己和家人");
    for (ticked, said, unsaid) in [(true, glad, quiet), (false, quiet, glad)] {
        let scene = Scene::new().await;
        let mut browser = browser(&scene).await;
        let receipt = live(&scene, &missing_person()).await;
        let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
        browser.cookie = open.cookie();
        assert!(!open.html.contains(" checked"), "nothing is chosen beforehand: {}", open.html);
        let mut form = vec![("csrf", open.csrf())];
        form.extend(ticked.then_some(("announce", "true")));
        let missed = browser.post("/my/close", &form).await;
        let again = browser.get(missed.location().split('#').next().unwrap()).await;
        assert!(again.html.contains("href=\"#outcome\">结果：请选择一项。"), "{}", again.html);
        assert_eq!(again.html.contains(" checked"), ticked, "the tick is kept: {}", again.html);
        form.push(("outcome", "found"));
        let closed = browser.post("/my/close", &form).await;
        let told = browser.get(closed.location()).await;
        assert!(told.html.contains(said) && !told.html.contains(unsaid), "{}", told.html);
        let late = browser.get("/my?unchosen=quiet").await;
        assert!(!late.html.contains("error-summary"), "there is nothing to choose any more: {}", late.html);
    }
}

#[actix_web::test]
async fn what_waits_for_the_police_reference_says_so_from_the_first_minute() {
    let mut scene = Scene::new().await;
    scene.shared.weigh = |_, private, _| Weighing {
        needs: Needs { approvals: 1, leads: 0 },
        sealed: private.safety.violence,
        urgency: 2,
        second_look: false,
        guarded: private.safety.violence,
        police_follow_up: private.category == Some(Category::Dementia)
            && !private.safety.violence
            && private.police.reference.is_none(),
    };
    let mut fleeing = missing_person();
    fleeing["police"] = serde_json::json!({"reported": true});
    let elder = fleeing.clone();
    fleeing["safety"]["violence"] = true.into();
    let mut adult = elder.clone();
    adult["person"]["category"] = "other_adult".into();
    let mut told = adult.clone();
    told["police"]["reference"] = "J131003".into();
    for (body, waits) in
        [(adult, true), (told, false), (elder, false), (fleeing, false), (lost_property(), false)]
    {
        let receipt = submitted(&scene, &body).await;
        let mut browser = browser(&scene).await;
        browser.cookie = browser.get(&format!("/my/{}", receipt.manage_token)).await.cookie();
        for page in [browser.get("/my").await, browser.get("/report/done").await] {
            let asks =
                page.html.contains("还缺报警编号：没有它") && page.html.contains("/my/edit#police.reference");
            assert_eq!(asks, waits, "it goes by the person alone: {body}: {}", page.html);
        }
    }
}

#[actix_web::test]
async fn the_manage_link_is_the_page_and_its_forms_need_a_token() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let receipt =
        scene.intake.submit(scene.request(&lost_property(), None), scene.now()).await.unwrap().receipt;
    assert_eq!(browser.get("/my").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/my/wrong").await.status, StatusCode::UNAUTHORIZED);
    let link = format!("/my/{}", receipt.manage_token);
    let open = browser.get(&link).await;
    assert_eq!(open.status, StatusCode::OK);
    assert!(
        open.html.contains(&receipt.case_number.to_string()) && open.html.contains(&link),
        "{}",
        open.html
    );
    let header = |name: &str| open.headers.get(name).unwrap().to_str().unwrap();
    let looked_again = TestRequest::get().uri(&link).insert_header(("sec-fetch-dest", "empty"));
    let looked_again = browser.ask(looked_again).await;
    assert!(looked_again.headers.get(header::SET_COOKIE).is_none(), "another tab may be at another notice");
    // The link leaks to no other site as referrer, and is not cached.
    assert_eq!((header("referrer-policy"), header("cache-control")), ("strict-origin", "no-store"));
    let set = open.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    for part in ["__Host-manage=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    browser.cookie = open.cookie();
    let mine = browser.get("/my").await;
    assert!(
        mine.html.contains(&receipt.case_number.to_string()) && mine.html.contains("/my/close"),
        "{}",
        mine.html
    );
    assert!(mine.html.contains(&link) && !mine.html.contains("class=\"good\" role"), "{}", mine.html);
    let edit = browser.get("/my/edit").await;
    assert!(edit.html.contains(r#"value="河北省廊坊市广阳区""#), "{}", edit.html);
    assert!(edit.html.contains(r#"value="13800138000""#), "as it is dialled: {}", edit.html);
    let csrf = edit.csrf();
    let mut form = typed(&lost_property());
    form.insert("item.what".to_owned(), "红色钱包".to_owned());
    let forged = browser.send("/my/edit", &pairs(&form), None).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    form.insert("csrf".to_owned(), csrf.to_owned());
    let changed = browser.send("/my/edit", &pairs(&form), None).await;
    assert_eq!(
        (changed.status, changed.location()),
        (StatusCode::SEE_OTHER, "/my?done=changed"),
        "{}",
        changed.html
    );
    assert!(browser.get(changed.location()).await.html.contains("role=\"status\">修改已收到"));
    assert!(browser.get("/my/edit").await.html.contains("红色钱包"));
}

#[actix_web::test]
async fn the_end_is_one_press_from_the_top() {
    use crate::intake::tests::{live, submitted};
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let waits = submitted(&scene, &missing_person()).await;
    let waits = browser.get(&format!("/my/{}", waits.manage_token)).await.html;
    assert!(!waits.contains("#close\""), "{waits}");
    let link = format!("/my/{}", live(&scene, &lost_property()).await.manage_token);
    let public = browser.get(&link).await.html;
    assert!(public.contains(&format!("<a href=\"{link}#close\">有结果了？结束这条信息</a>")), "{public}");
    assert!(public.contains("id=\"close\"") && public.contains("通知各群"), "{public}");
}

#[actix_web::test]
async fn there_is_something_to_forward_once_it_is_live_and_not_before() {
    use crate::intake::tests::{live, submitted};
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let waiting = submitted(&scene, &missing_person()).await;
    let open = browser.get(&format!("/my/{}", waiting.manage_token)).await;
    browser.cookie = open.cookie();
    let confirmed = browser.get("/report/done").await;
    for page in [&open, &confirmed] {
        assert!(!page.html.contains("poster.jpg") && !page.html.contains("id=\"copy\""), "{}", page.html);
    }
    assert!(confirmed.html.contains("在那之前，请不要转发"), "{}", confirmed.html);
    assert!(!confirmed.html.contains(">可以转发的文字<"), "there is none yet: {}", confirmed.html);
    for page in [&open, &confirmed] {
        assert!(page.html.contains("我们不发短信"), "nobody else tells them to look: {}", page.html);
    }
    let mut body = lost_property();
    body["description"] = Value::from("落在 12 路公交车上。");
    let public = live(&scene, &body).await;
    let open = browser.get(&format!("/my/{}", public.manage_token)).await;
    let poster = format!("src=\"/n/{}/poster.jpg\"", public.case_number);
    assert!(open.html.contains(&poster) && open.html.contains("id=\"copy\""), "{}", open.html);
    // The text of the public page, by which people can tell that a message is ours.
    let copy = |html: &str| {
        let (_, copy) = html.split_once("id=\"copy\">").unwrap();
        copy.split_once("</p>").unwrap().0.to_owned()
    };
    let said = copy(&open.html);
    assert!(said.starts_with("【72小时】失物招领\n捡到：黑色钱包"), "{said}");
    for told in [
        "人民公园东门",
        "广阳区",
        "落在 12 路公交车上。",
        &public.case_number.to_string(),
        &public.public_url,
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(said, copy(&browser.get(&format!("/n/{}", public.case_number)).await.html));
}

#[actix_web::test]
async fn a_family_sees_whose_notice_it_is_and_what_of_it_arrived() {
    use crate::intake::fixture::{donation, rescue};
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    for (body, about) in [
        (missing_person(), "王秀英 · 76 岁 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (lost_property(), "黑色钱包 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (rescue(), "洪水、被水围困 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (donation(), "某某慈善基金会 · 河北省廊坊市广阳区 · 没有照片"),
    ] {
        let receipt = crate::intake::tests::submitted(&scene, &body).await;
        let open = browser.get(&format!("/my/{}", receipt.manage_token)).await.html;
        assert!(open.contains(&format!("您填写的内容：{about}")), "{about}: {open}");
    }
    let form = typed(&missing_person());
    browser.cookie = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await.cookie();
    let mine = browser.get("/my?lang=en").await.html;
    assert!(mine.contains("王秀英 · 76 · ") && mine.contains("one photo"), "{mine}");
}

#[actix_web::test]
async fn whoever_ends_it_may_tell_how_it_ended_for_that_kind() {
    use crate::intake::fixture::{donation, rescue};
    use crate::store::{notices, types::Time};
    use crate::vault::token_hash;
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    for (body, outcome) in [
        (missing_person(), "已平安找到"),
        (lost_property(), "已物归原主"),
        (rescue(), "已获救"),
        (donation(), "募捐已完成"),
    ] {
        let receipt = crate::intake::tests::submitted(&scene, &body).await;
        let link = format!("/my/{}", receipt.manage_token);
        let tells = format!("可以告诉群里“{outcome}”");
        assert!(!browser.get(&link).await.html.contains(&tells), "no group has heard of it");
        let (hash, now) = (token_hash(&receipt.manage_token), scene.now());
        let published = scene.intake.store.write(move |tx| {
            let mut notice = notices::by_manage_hash(tx, &hash)?.unwrap();
            notice.live_at = Some(Time(now));
            notices::save(tx, &notice)
        });
        published.await.unwrap();
        let open = browser.get(&link).await.html;
        assert!(open.contains(&tells), "{outcome}: {open}");
    }
}

#[actix_web::test]
async fn a_browser_that_keeps_no_cookies_gets_the_receipt_at_once() {
    let scene = Scene::new().await;
    let browser = Browser { cookie: String::new(), ..browser(&scene).await };
    let fresh = browser.get("/report/missing_person").await;
    assert_eq!(fresh.cookie(), "__Host-manage=", "it is looked for at the submission");
    let mut form = typed(&missing_person());
    form.insert("key".to_owned(), fresh.hidden("key").unwrap().to_owned());
    let sent = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.html);
    let part = |after: &str| sent.html.split(after).nth(1).unwrap().split(['<', '"']).next().unwrap();
    let (case, link) = (part("data-case>"), part("<a href=\"https://72.example.org"));
    let open = browser.get(link).await;
    assert!(open.status == StatusCode::OK && open.html.contains(case), "{}", open.html);
    for other in [format!("{link}?lang=en"), format!("{link}?big=1")] {
        assert!(sent.html.contains(&format!("href=\"{other}\"")), "{other}: {}", sent.html);
    }
    let again = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert!(again.html.contains(case) && again.html.contains(link), "the same one: {}", again.html);
}

#[actix_web::test]
async fn a_page_opened_by_the_link_works_without_cookies() {
    use crate::domain::life_cycle::Step;
    use crate::intake::tests::{MODERATOR, steps};
    let scene = Scene::new().await;
    let browser = Browser { cookie: String::new(), ..browser(&scene).await };
    let receipt = submitted(&scene, &lost_property()).await;
    let link = format!("/my/{}", receipt.manage_token);
    steps(&scene, &receipt, &[(Step::Claim, MODERATOR), (Step::Ask, MODERATOR)]).await;
    let open = browser.get(&link).await;
    assert!(!open.html.contains("href=\"/my#") && !open.html.contains("href=\"/my/edit"), "{}", open.html);
    let with = |page: &Page, more: &[(&'static str, &str)]| {
        let mut form = typed(&lost_property());
        form.insert("csrf".to_owned(), page.csrf().to_owned());
        form.insert("token".to_owned(), page.hidden("token").unwrap().to_owned());
        form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        form
    };
    // A faulty answer, and then a right one.
    let faulty = browser.send("/my/reply", &pairs(&with(&open, &[("text", "")])), None).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", faulty.html);
    assert!(faulty.html.contains(&format!("href=\"{link}?lang=en\"")), "{}", faulty.html);
    let right = with(&faulty, &[("text", "在东门")]);
    let replied = browser.send("/my/reply", &pairs(&right), Some(&png(90))).await;
    assert_eq!(replied.location(), format!("{link}?done=replied"), "{}", replied.html);
    assert!(browser.get(replied.location()).await.html.contains("在东门"));
    // The form for a change, with a photo first.
    let asked = browser.send("/my/edit", &pairs(&with(&open, &[("open", "1")])), None).await;
    assert!(asked.status == StatusCode::OK && asked.html.contains("黑色钱包"), "{}", asked.html);
    assert!(asked.html.contains(&format!("href=\"{link}\"")), "the way back: {}", asked.html);
    let stays = browser.send("/my/edit", &pairs(&with(&asked, &[("stay", "1")])), Some(&png(80))).await;
    let photo = stays.html.split("name=\"photo_ids\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = with(&stays, &[("item.what", "红色钱包"), ("photo_ids", photo)]);
    let changed = browser.send("/my/edit", &pairs(&form), None).await;
    assert_eq!(changed.location(), format!("{link}?done=changed"), "{}", changed.html);
    // The end, after its outcome was missed once.
    let fields = [("csrf", open.csrf()), ("token", open.hidden("token").unwrap()), ("outcome", "withdrawn")];
    let missed = browser.post("/my/close", &fields[..2]).await;
    assert_eq!(missed.location(), format!("{link}?unchosen=quiet#faults"), "{}", missed.html);
    for forged in [&fields[..1], &fields[1..]] {
        assert!(browser.post("/my/close", forged).await.status.is_client_error());
    }
    let closed = browser.post("/my/close", &fields).await;
    assert_eq!(closed.location(), link, "{}", closed.html);
    assert!(browser.get(&link).await.html.contains("role=\"status\">这条信息已结束"));
}

#[actix_web::test]
async fn a_renewal_needs_no_cookie_and_a_kept_one_makes_the_addresses_short() {
    let scene = Scene::new().await;
    let mut browser = Browser { cookie: String::new(), ..browser(&scene).await };
    let link = format!("/my/{}", live(&scene, &lost_property()).await.manage_token);
    let open = browser.get(&link).await;
    let renew = [("csrf", open.csrf()), ("token", open.hidden("token").unwrap())];
    let renewed = browser.post("/my/renew", &renew).await;
    assert_eq!(renewed.location(), format!("{link}?done=renewed"), "{}", renewed.html);
    // The first page cannot know yet whether the browser keeps its cookie; what it sends then shows it.
    browser.cookie = open.cookie();
    let form = [renew[0], renew[1], ("open", "1")];
    assert_eq!(browser.send("/my/edit", &form, None).await.location(), "/my/edit");
    let exchanged = browser.get(&format!("{link}?done=renewed")).await;
    assert_eq!((exchanged.status, exchanged.location()), (StatusCode::SEE_OTHER, "/my?done=renewed"));
    let mine = browser.get(exchanged.location()).await;
    assert!(mine.hidden("token").is_none() && mine.html.contains("href=\"/my/edit\""), "{}", mine.html);
}

#[actix_web::test]
async fn somebody_elses_link_does_not_decide_for_which_notice_a_browser_acts() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let (own, others) =
        (submitted(&scene, &lost_property()).await, submitted(&scene, &missing_person()).await);
    let link = |receipt: &crate::intake::Receipt| format!("/my/{}", receipt.manage_token);
    browser.cookie = browser.get(&link(&own)).await.cookie();
    let exchanged = browser.get(&link(&own)).await;
    assert_eq!((exchanged.status, exchanged.location()), (StatusCode::SEE_OTHER, "/my"));
    assert_eq!(browser.get("/my/nobody").await.status, StatusCode::UNAUTHORIZED);
    let open = browser.get(&link(&others)).await;
    assert!(open.html.contains(&others.case_number.to_string()), "{}", open.html);
    assert!(open.headers.get(header::SET_COOKIE).is_none() && open.hidden("token").is_some());
    let mine = browser.get("/my").await.html;
    assert!(mine.contains(&own.case_number.to_string()), "{mine}");
    // Once its own notice is over, the browser may act for another.
    let own_page = browser.get("/my").await;
    let fields = [("csrf", own_page.csrf()), ("outcome", "withdrawn")];
    assert_eq!(browser.post("/my/close", &fields).await.status, StatusCode::SEE_OTHER);
    browser.cookie = browser.get(&link(&others)).await.cookie();
    assert_eq!(browser.get(&link(&others)).await.location(), "/my");
}
