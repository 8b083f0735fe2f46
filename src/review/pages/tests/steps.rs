//! What is done there, and who may do it.

use super::*;

#[actix_web::test]
async fn a_held_tip_is_passed_on_or_discarded_once() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = scene.page(&path, &holder).await;
    let (_, rest) = html.split_once(&format!("action=\"{path}/tips/")).expect("a form for the tip");
    let tip = format!("{path}/tips/{}", rest.split_once('"').unwrap().0);
    assert_eq!(scene.send(&tip, &holder, &[("action", "explode")]).await.status(), 404);
    let passed = scene.send(&tip, &holder, &[("action", "pass_on")]).await;
    assert_eq!(passed.headers().get("location").unwrap(), &format!("{path}?done=pass_on#tips"));
    assert!(!scene.page(&path, &holder).await.1.contains(&tip), "decided");
    let again = scene.send(&tip, &holder, &[("action", "discard")]).await;
    assert_eq!(again.status(), 404);
    assert!(text(again).await.contains("这条线索已经处理过了"), "told on the page itself");
}

#[actix_web::test]
async fn a_stale_decision_changes_nothing_and_loses_no_word() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &holder, &[]).await;
    let before = scene.stored(&case).await;
    let now = before.version.to_string();
    let silent = [("version", now.as_str()), ("action", "ask"), ("note", "")];
    let silent = scene.send(&format!("{path}/decisions"), &holder, &silent).await;
    assert_eq!(silent.status(), 422);
    assert!(text(silent).await.contains("请写问题"), "by the name that its field has");
    let old = (before.version - 1).to_string();
    let fields = [("version", old.as_str()), ("action", "ask"), ("note", "她戴手表吗？")];
    let answer = scene.send(&format!("{path}/decisions"), &holder, &fields).await;
    assert_eq!(answer.status(), 409);
    let html = text(answer).await;
    assert!(html.contains("她戴手表吗？</textarea>"), "{html}");
    assert!(html.contains(&format!("name=\"version\" value=\"{}\"", before.version)), "the present version");
    assert_eq!(scene.stored(&case).await.version, before.version);
    // The claim ran out meanwhile: the form is gone, but what was typed is not.
    scene.house.advance(scene.house.shared.times.claim + TimeDelta::seconds(1));
    let answer = scene.send(&format!("{path}/decisions"), &holder, &fields).await;
    assert_eq!(answer.status(), 409);
    let html = text(answer).await;
    assert!(html.contains("id=\"kept\"") && html.contains("她戴手表吗？</textarea>"), "{html}");
}

#[actix_web::test]
async fn what_was_written_when_the_session_was_over_goes_back_to_the_case() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.house.person("陈静", Role::Moderator).await;
    let session = scene.house.session(&holder).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &session, &[]).await;
    let before = scene.stored(&case).await;
    let version = before.version.to_string();
    let note = "她戴手表吗？\n“左手”还是\"右手\"？";
    let form = [("version", version.as_str()), ("writer", "陈静"), ("action", "ask"), ("note", note)];
    let answer = scene.send(&format!("{path}/decisions"), "over", &form).await;
    // With this status the browser posts the form again, and none of its text is in a URL.
    assert_eq!(answer.status(), 307);
    let login = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
    assert_eq!(login, format!("/login?next=%2Freview%2F{case}"));

    let answer = scene.send(&login, "over", &form).await;
    assert_eq!(answer.status(), 401);
    let kept = "name=\"note\" value=\"她戴手表吗？\n“左手”还是&#34;右手&#34;？\"";
    let html = text(answer).await;
    assert!(html.contains(kept) && !html.contains("role=\"alert\""), "nobody has failed to log in: {html}");
    // A code works only once.
    scene.house.advance(TimeDelta::seconds(30));
    let code = scene.house.code(&holder);
    let fields = |password| {
        [("next", path.as_str()), ("writer", "陈静"), ("action", "ask"), ("reason", ""), ("note", note)]
            .into_iter()
            .chain([("name", "陈静"), ("password", password), ("code", code.as_str())])
            .collect::<Vec<_>>()
    };
    // Volunteers share computers: another person who logs in there must not read it.
    let other = scene.house.person("周明", Role::Moderator).await;
    let theirs = [("next", path.as_str()), ("writer", "陈静"), ("action", "ask"), ("note", note)];
    let code_of_other = scene.house.code(&other);
    let login = [("name", "周明"), ("password", PASSWORD), ("code", code_of_other.as_str())];
    let let_in = scene.send("/login", "over", &[&theirs[..], &login[..]].concat()).await;
    assert_eq!(let_in.status(), 303);
    let refused = scene.send("/login", "over", &fields("wrong")).await;
    assert_eq!(refused.status(), 401);
    assert!(text(refused).await.contains(kept), "a slip costs no word");
    let let_in = scene.send("/login", "over", &fields(PASSWORD)).await;
    assert_eq!(let_in.status(), 200);
    let session = let_in.response().cookies().next().unwrap().value().to_owned();
    let html = text(let_in).await;
    let again = format!("{path}/again");
    assert!(html.contains(&format!("action=\"{again}\"")) && html.contains(kept), "{html}");
    assert!(html.contains(&csrf::token(&scene.house.shared.vault, &session)), "{html}");

    let words = [("action", "ask"), ("reason", ""), ("note", note)];
    let html = text(scene.send(&again, &session, &words).await).await;
    let (_, form) = html.split_once("id=\"ask-note\"").unwrap_or_else(|| panic!("{html}"));
    assert!(form.split_once("</textarea>").unwrap().0.contains("她戴手表吗？"), "{html}");
    assert_eq!(scene.stored(&case).await.version, before.version, "nothing is decided");
    // The claim ran out, too.
    scene.house.advance(scene.house.shared.times.claim + TimeDelta::seconds(1));
    let html = text(scene.send(&again, &session, &words).await).await;
    assert!(html.contains("id=\"kept\"") && html.contains("她戴手表吗？"), "{html}");
}

#[actix_web::test]
async fn a_form_without_words_leads_to_the_login_and_straight_back() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.house.person("陈静", Role::Moderator).await;
    let (path, code) = (format!("/review/{case}"), scene.house.code(&holder));
    let answer = scene.send(&format!("{path}/claim"), "over", &[]).await;
    let login = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let html = text(scene.send(&login, "over", &[]).await).await;
    assert!(html.contains(&format!("value=\"{path}\"")) && !html.contains("name=\"note\""), "{html}");
    let fields = [("next", path.as_str()), ("name", "陈静"), ("password", PASSWORD), ("code", &code)];
    let let_in = scene.send("/login", "over", &fields).await;
    assert_eq!(
        (let_in.status().as_u16(), let_in.headers().get("location").unwrap().to_str().unwrap()),
        (303, &*path)
    );
    // Kept words lead back to cases only.
    let elsewhere = [("note", "x"), ("action", "ask")];
    for next in ["/groups/0193589e-0000-7000-8000-000000000000", "/review/figures", "//evil.example/", ""] {
        let html = text(scene.send(&format!("/login?next={next}"), "over", &elsewhere).await).await;
        assert!(!html.contains("name=\"note\""), "{next}: {html}");
    }
}

#[actix_web::test]
async fn an_approval_can_be_taken_back_by_its_giver_while_it_cools() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.somebody("陈静", Role::Moderator).await;
    let other = scene.somebody("刘洋", Role::Moderator).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &holder, &[]).await;
    let version = scene.stored(&case).await.version.to_string();
    let unticked = [("version", version.as_str()), ("action", "approve")];
    let refused = scene.send(&format!("{path}/decisions"), &holder, &unticked).await;
    assert_eq!(refused.status(), 422);
    let refused = text(refused).await;
    assert!(
        refused.contains("请先勾选“我已核实”") && refused.contains("href=\"#approve-reason\""),
        "{refused}"
    );
    let ticked = [("version", version.as_str()), ("action", "approve"), ("reason", "verified")];
    let answer = scene.send(&format!("{path}/decisions"), &holder, &ticked).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers().get("location").unwrap(), &format!("{path}?done=approve"));
    let undo = format!("action=\"{path}/undo\" data-left=\"30\"");
    assert!(scene.page(&path, &holder).await.1.contains(&undo));
    assert!(!scene.page(&path, &other).await.1.contains(&undo));
    assert_eq!(scene.send(&format!("{path}/undo"), &other, &[]).await.status(), 403);
    assert_eq!(scene.send(&format!("{path}/undo"), &holder, &[]).await.status(), 303);
    assert_eq!(scene.stored(&case).await.state, State::InReview);
}

#[actix_web::test]
async fn a_sealed_case_opens_for_leads_and_tells_others_who_they_are() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |n| n.sealed = true).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    let lead = scene.somebody("赵组长", Role::Lead).await;
    let path = format!("/review/{case}");
    let (status, html) = scene.page(&path, &moderator).await;
    assert_eq!(status, 403);
    assert!(html.contains("赵组长") && !html.contains("李玉兰"), "{html}");
    assert!(!html.contains("<form method=\"post\" action=\"/review/"), "nobody can read it: {html}");
    assert!(!scene.page("/review", &moderator).await.1.contains(&case));
    assert_eq!(scene.page(&path, &lead).await.0, 200);
    assert!(scene.page("/review", &lead).await.1.contains(&case));
}

#[actix_web::test]
async fn a_sealed_case_that_everybody_can_read_is_taken_from_view_by_any_moderator() {
    let scene = Scene::new().await;
    let case = scene.live(|n| n.sealed = true).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    let html = scene.page(&path, &moderator).await.1;
    for step in ["pause", "remove"] {
        assert!(html.contains(&format!("action=\"{path}/{step}\"")), "{step}: {html}");
    }
    assert!(!html.contains("李玉兰") && !html.contains(&format!("action=\"{path}/resume\"")), "{html}");
    // The fault is shown where it can be mended, and nothing typed is lost.
    let remove = format!("{path}/remove");
    let faulty = scene.send(&remove, &moderator, &[("note", "她被认出来了")]).await;
    assert_eq!(faulty.status(), 422);
    let html = text(faulty).await;
    assert!(html.contains("href=\"#remove-reason\"") && html.contains(">她被认出来了</textarea>"), "{html}");
    let paused = scene.send(&format!("{path}/pause"), &moderator, &[]).await;
    assert_eq!(paused.headers().get("location").unwrap(), "/review?done=pause");
    assert!(scene.page("/review?done=pause", &moderator).await.1.contains("已暂停"));
    assert_eq!(scene.stored(&case).await.state, State::Paused);
    let refused = scene.send(&remove, &moderator, &[("reason", "unsafe")]).await;
    assert_eq!(refused.status(), 403);
    assert!(!text(refused).await.contains("action=\"/review/"), "it is the leads' now");
}
