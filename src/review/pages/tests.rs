//! The pages of the review station, as a browser requests them.

mod scene;

use actix_web::test::TestRequest;
use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::super::reasons;
use super::super::waiting::Want;
use crate::accounts::fixture::PASSWORD;
use crate::domain::language::Language;
use crate::domain::life_cycle::{SEALED, State, Step};
use crate::domain::notice::*;
use crate::domain::people::Role;
use crate::language::has;
use crate::store::notices::Notice;
use crate::store::types::{Id, Named, Time};
use crate::web::csrf;

use scene::{Desk, HOSTILE, PHONE, PRIVATE, content, person, text};

#[actix_web::test]
async fn a_curious_moderator_reads_no_private_word_without_the_claim() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.somebody("陈静", Role::Moderator).await;
    let curious = desk.somebody("刘洋", Role::Lead).await;
    let path = format!("/review/{case}");
    let (status, before) = desk.page(&path, &curious).await;
    assert_eq!(status, 200);
    assert!(before.contains("李玉兰") && before.contains("8000"), "the public part and the last four digits");
    assert_eq!(desk.send(&format!("{path}/claim"), &holder, &[]).await.status(), 303);
    let (_, while_held) = desk.page(&path, &curious).await;
    let (_, queue) = desk.page("/review", &curious).await;
    for (where_, html) in [("before", &before), ("while held", &while_held), ("queue", &queue)] {
        for secret in PRIVATE {
            assert!(!html.contains(secret), "{secret} {where_}");
        }
        assert!(!html.contains("alert(72)"), "the tip, {where_}");
    }
    let (_, held) = desk.page(&path, &holder).await;
    for secret in &PRIVATE[2..] {
        assert!(held.contains(secret), "{secret} for the holder");
    }
    // A question is shown as it was asked.
    assert!(held.contains("<dt>最近有没有争吵、家暴，或离婚、抚养权争议？</dt><dd>否</dd>"), "{held}");
    // The phone needs a request of its own, with a reason.
    assert!(!held.contains("13800138000"), "{held}");
    let phone = format!("{path}/phone");
    assert_eq!(desk.send(&phone, &holder, &[("reason", "curious")]).await.status(), 422);
    assert_eq!(desk.send(&phone, &curious, &[("reason", "call_back")]).await.status(), 409);
    assert_eq!(desk.send(&phone, &holder, &[("reason", "call_back")]).await.status(), 303);
    assert!(desk.page(&path, &holder).await.1.contains(&format!("href=\"tel:{PHONE}\"")));
    assert!(!desk.page(&path, &curious).await.1.contains("13800138000"));
}

#[actix_web::test]
async fn a_moderator_reads_which_characters_the_poster_lacks() {
    for (name, told) in [("張偉豪", false), ("李玉兰𰻝", true)] {
        let desk = Desk::new().await;
        let moderator = desk.somebody("陈静", Role::Moderator).await;
        let case = desk.notice(content(person(name), ""), |_| {}).await;
        let (_, sheet) = desk.page(&format!("/review/{case}"), &moderator).await;
        assert_eq!(sheet.contains("海报显示不了这些字：𰻝。"), told, "{name}: {sheet}");
    }
}

#[actix_web::test]
async fn a_held_tip_is_passed_on_or_discarded_once() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = desk.page(&path, &holder).await;
    let (_, rest) = html.split_once(&format!("action=\"{path}/tips/")).expect("a form for the tip");
    let tip = format!("{path}/tips/{}", rest.split_once('"').unwrap().0);
    assert_eq!(desk.send(&tip, &holder, &[("action", "explode")]).await.status(), 404);
    let passed = desk.send(&tip, &holder, &[("action", "pass_on")]).await;
    assert_eq!(passed.headers().get("location").unwrap(), &format!("{path}?done=pass_on#tips"));
    assert!(!desk.page(&path, &holder).await.1.contains(&tip), "decided");
    let again = desk.send(&tip, &holder, &[("action", "discard")]).await;
    assert_eq!(again.status(), 404);
    assert!(text(again).await.contains("这条线索已经处理过了"), "told on the page itself");
}

#[actix_web::test]
async fn a_rescue_is_told_by_what_happened_and_asks_for_no_photo() {
    let incident = Incident { what: Emergency::Flood, people: Some(3) };
    for (language, told) in [("zh-CN", "· 洪水被困 · 3 人 ·"), ("en", "· Trapped by flood · 3 people ·")]
    {
        let desk = Desk::new().await;
        let (mut public, private) = content(Subject::Rescue { incident: incident.clone() }, "");
        public.photos.clear();
        let case = desk.notice((public, private), |_| {}).await;
        let moderator = desk.somebody("陈静", Role::Moderator).await;
        let (_, queue) = desk.page(&format!("/review?lang={language}"), &moderator).await;
        assert!(queue.contains(told), "{queue}");
        let (_, sheet) = desk.page(&format!("/review/{case}"), &moderator).await;
        assert!(!sheet.contains("没有照片"), "{sheet}");
    }
}

#[actix_web::test]
async fn a_sealed_case_says_that_both_are_leads_and_goes_to_no_lead_again() {
    let desk = Desk::new().await;
    let case = desk
        .notice(content(person("李玉兰"), ""), |n| {
            (n.sealed, n.needs_approvals, n.needs_leads) = (true, 2, 2);
        })
        .await;
    let lead = desk.somebody("赵组长", Role::Lead).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &lead, &[]).await;
    let (_, html) = desk.page(&path, &lead).await;
    assert!(html.contains("通过：0 / 2 人，两位都须是组长"), "{html}");
    assert!(html.contains("value=\"reject\"") && !html.contains("value=\"escalate\""), "{html}");
}

#[actix_web::test]
async fn what_may_be_the_same_stands_side_by_side() {
    let desk = Desk::new().await;
    let same_phone = |n: &mut Notice| n.phone_hash = Some(b"the same".to_vec());
    let other = |number: u128| {
        move |n: &mut Notice| {
            same_phone(n);
            n.id = Id(Uuid::from_u128(number));
            n.case_number = Named(crate::domain::case_number::CaseNumber::from_bits(number as u64));
        }
    };
    let older = desk.notice(content(person("李玉蓝"), "和平路口"), other(1)).await;
    // As many as the page shows, each newer than the one that this moderator may see.
    let mut sealed = Vec::new();
    for number in 2..5 {
        let put = desk.notice(content(person("不可见"), ""), |n| {
            other(number)(n);
            n.sealed = true;
        });
        sealed.push(put.await);
    }
    let case = desk.notice(content(person("李玉兰"), ""), same_phone).await;
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    let (_, html) = desk.page(&format!("/review/{case}"), &moderator).await;
    let (_, table) = html.split_once("<table class=\"log compare\">").expect("a table");
    let table = table.split_once("</table>").unwrap().0;
    for told in ["李玉兰", "李玉蓝", "<b>76</b>", "和平路口", &older, "/page.jpg"] {
        assert!(table.contains(told), "{told} in {table}");
    }
    // Otherwise anybody could search for cases that only leads may open, with a phone or a face.
    assert!(!table.contains("不可见") && !sealed.iter().any(|case| table.contains(case)), "{table}");
    let lead = desk.somebody("赵组长", Role::Lead).await;
    assert!(desk.page(&format!("/review/{case}"), &lead).await.1.contains("不可见"));
}

#[actix_web::test]
async fn keys_are_named_on_the_page_and_each_presses_one_thing() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let waiting = desk
        .notice(content(person("王秀英"), ""), |n| {
            n.id = Id(Uuid::from_u128(1));
            n.case_number = Named(crate::domain::case_number::CaseNumber::from_bits(1));
        })
        .await;
    let holder = desk.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = desk.page(&path, &holder).await;
    for key in ["c", "a", "r", "i", "e", "n"] {
        assert_eq!(html.matches(&format!("data-key=\"{key}\"")).count(), 1, "{key}");
        assert!(html.contains(&format!("<kbd>{key}</kbd>")), "{key}");
    }
    assert!(html.contains(&format!("href=\"/review/{waiting}\" data-key=\"n\"")), "{html}");
    let (_, queue) = desk.page("/review", &holder).await;
    assert_eq!(queue.matches("data-key=\"n\"").count(), 2, "one for each case");
    assert_eq!(queue.matches("data-key=\"c\"").count(), 1, "one for each case that is free");
}

#[actix_web::test]
async fn what_is_live_is_paused_or_removed_by_keys_that_ask_first() {
    let desk = Desk::new().await;
    let ends = desk.house.now() + TimeDelta::hours(72);
    let case = desk
        .notice(content(person("李玉兰"), ""), |n| {
            n.state = Named(State::Live);
            (n.live_revision, n.live_at, n.ends_at) = (Some(1), Some(n.submitted_at), Some(Time(ends)));
        })
        .await;
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    let (_, html) = desk.page(&format!("/review/{case}"), &moderator).await;
    for (key, step) in [("p", "pause"), ("x", "remove")] {
        assert!(html.contains(&format!("<kbd>{key}</kbd>")), "{key}: {html}");
        // The key unfolds the form; the button that sends it is another.
        let (before, after) = html.split_once(&format!("<summary data-key=\"{key}\"")).expect(key);
        assert!(before.ends_with("<details name=\"step\">\n"), "{key} finds it folded: {before}");
        assert!(after.split("</form>").next().unwrap().contains(&format!("/{step}\"")), "{key}: {after}");
        assert_eq!(html.matches(&format!("data-key=\"{key}\"")).count(), 1, "{key}");
    }
}

#[actix_web::test]
async fn an_approval_of_what_is_live_says_what_it_does() {
    type Change = fn(&mut Notice);
    for (change, told) in [
        ((|n| n.second_look_at = Some(n.submitted_at)) as Change, ["复看", "它就不再等第二人", "复看通过"]),
        (|n| n.police_due_at = Some(n.submitted_at), ["核对报警编号", "它就不再等编号", "编号已核对"]),
        (|n| n.pending_revision = Some(1), ["通过", "人数够了先进入撤回时间", "通过"]),
    ] {
        let desk = Desk::new().await;
        let ends = desk.house.now() + TimeDelta::hours(72);
        let case = desk
            .notice(content(person("李玉兰"), ""), |n| {
                n.state = Named(State::Live);
                (n.live_revision, n.live_at, n.ends_at) = (Some(1), Some(n.submitted_at), Some(Time(ends)));
                change(n);
            })
            .await;
        let holder = desk.somebody("陈静", Role::Moderator).await;
        let path = format!("/review/{case}");
        desk.send(&format!("{path}/claim"), &holder, &[]).await;
        let (_, html) = desk.page(&path, &holder).await;
        let (_, form) =
            html.split_once("<summary data-key=\"a\" class=\"main\">").expect("a form to approve it");
        let [heading, hint, button] = told;
        let form = form.split("</form>").next().unwrap();
        assert!(form.starts_with(&format!("{heading}</summary>")), "{form}");
        assert!(form.contains(hint) && form.contains(&format!("<button>{button}</button>")), "{form}");
    }
}

/// The reasons for which a page offers to reject a case.
async fn to_reject(subject: Subject) -> Vec<&'static str> {
    let desk = Desk::new().await;
    let (public, mut private) = content(subject, "");
    private.category = None;
    let case = desk.notice((public, private), |_| {}).await;
    let holder = desk.somebody("陈静", Role::Lead).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = desk.page(&path, &holder).await;
    let (_, form) = html.split_once("name=\"action\" value=\"reject\"").expect("a form to reject it");
    let form = form.split("</form>").next().unwrap();
    let offered = |code: &&str| form.contains(&format!("value=\"{code}\""));
    reasons::REJECT.iter().copied().filter(offered).collect()
}

#[actix_web::test]
async fn a_case_is_rejected_for_what_can_be_true_of_it() {
    let aged = |years: u8| {
        let Subject::MissingPerson { person } = person("李玉兰") else { unreachable!() };
        Subject::MissingPerson { person: Person { age: years, ..person } }
    };
    let incident = Incident { what: Emergency::Flood, people: None };
    for (subject, not) in [
        (aged(7), &["left_voluntarily", "debt", "fundraising"][..]),
        (aged(40), &["fundraising"]),
        (
            Subject::Rescue { incident },
            &["no_police_reference", "left_voluntarily", "family_dispute", "debt"],
        ),
    ] {
        let all = reasons::REJECT.iter().copied();
        let fitting: Vec<_> = all.filter(|code| !not.contains(code)).collect();
        assert_eq!(to_reject(subject.clone()).await, fitting, "{subject:?}");
    }
}

#[actix_web::test]
async fn hostile_words_stay_words() {
    let campaign = Campaign {
        organisation: HOSTILE.into(),
        credit_code: "53330000501874064B".parse().unwrap(),
        filing_number: "53330000501874064BA18023".parse().unwrap(),
        url: format!("javascript:alert(72){HOSTILE}"),
        starts_on: NaiveDate::default(),
        ends_on: NaiveDate::default(),
        needs: HOSTILE.into(),
    };
    let item = Item {
        direction: Direction::Found,
        what: HOSTILE.into(),
        brand: Some(HOSTILE.into()),
        colour: Some(HOSTILE.into()),
        is_document: false,
        held_at: Some(HOSTILE.into()),
    };
    for subject in [person(HOSTILE), Subject::LostProperty { item }, Subject::Donation { campaign }] {
        let desk = Desk::new().await;
        let case = desk.notice(content(subject, HOSTILE), |_| {}).await;
        let holder = desk.somebody("陈静", Role::Moderator).await;
        let path = format!("/review/{case}");
        desk.send(&format!("{path}/claim"), &holder, &[]).await;
        let version = desk.stored(&case).await.version.to_string();
        let fields =
            [("version", version.as_str()), ("action", "reject"), ("reason", HOSTILE), ("note", HOSTILE)];
        let again = desk.send(&format!("{path}/decisions"), &holder, &fields).await;
        assert_eq!(again.status(), 422);
        let refused = text(again).await;
        let fields = [("version", version.as_str()), ("action", "ask"), ("note", HOSTILE)];
        assert_eq!(desk.send(&format!("{path}/decisions"), &holder, &fields).await.status(), 303);
        let (_, asked) = desk.page(&path, &holder).await;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", "needs_info"), ("done", HOSTILE), ("cursor", HOSTILE)])
            .finish();
        let (_, queue) = desk.page(&format!("/review?{query}"), &holder).await;
        for html in [refused, asked, queue] {
            assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
            assert!(!html.contains("href=\"javascript:"), "{html}");
        }
    }
}

#[actix_web::test]
async fn a_stale_decision_changes_nothing_and_loses_no_word() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &holder, &[]).await;
    let before = desk.stored(&case).await;
    let now = before.version.to_string();
    let silent = [("version", now.as_str()), ("action", "ask"), ("note", "")];
    let silent = desk.send(&format!("{path}/decisions"), &holder, &silent).await;
    assert_eq!(silent.status(), 422);
    assert!(text(silent).await.contains("请写问题"), "by the name that its field has");
    let old = (before.version - 1).to_string();
    let fields = [("version", old.as_str()), ("action", "ask"), ("note", "她戴手表吗？")];
    let answer = desk.send(&format!("{path}/decisions"), &holder, &fields).await;
    assert_eq!(answer.status(), 409);
    let html = text(answer).await;
    assert!(html.contains("她戴手表吗？</textarea>"), "{html}");
    assert!(html.contains(&format!("name=\"version\" value=\"{}\"", before.version)), "the present version");
    assert_eq!(desk.stored(&case).await.version, before.version);
    // The claim ran out meanwhile: the form is gone, but what was typed is not.
    desk.house.advance(desk.house.shared.times.lease + TimeDelta::seconds(1));
    let answer = desk.send(&format!("{path}/decisions"), &holder, &fields).await;
    assert_eq!(answer.status(), 409);
    let html = text(answer).await;
    assert!(html.contains("id=\"kept\"") && html.contains("她戴手表吗？</textarea>"), "{html}");
}

#[actix_web::test]
async fn what_was_written_when_the_session_was_over_goes_back_to_the_case() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.house.person("陈静", Role::Moderator).await;
    let session = desk.house.session(&holder).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &session, &[]).await;
    let before = desk.stored(&case).await;
    let version = before.version.to_string();
    let note = "她戴手表吗？\n“左手”还是\"右手\"？";
    let form = [("version", version.as_str()), ("writer", "陈静"), ("action", "ask"), ("note", note)];
    let answer = desk.send(&format!("{path}/decisions"), "over", &form).await;
    // With this status the browser posts the form again, and none of its text is in a URL.
    assert_eq!(answer.status(), 307);
    let login = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
    assert_eq!(login, format!("/login?next=%2Freview%2F{case}"));

    let answer = desk.send(&login, "over", &form).await;
    assert_eq!(answer.status(), 401);
    let kept = "name=\"note\" value=\"她戴手表吗？\n“左手”还是&#34;右手&#34;？\"";
    let html = text(answer).await;
    assert!(html.contains(kept) && !html.contains("role=\"alert\""), "nobody has failed to log in: {html}");
    // A code works only once.
    desk.house.advance(TimeDelta::seconds(30));
    let code = desk.house.code(&holder);
    let fields = |password| {
        [("next", path.as_str()), ("writer", "陈静"), ("action", "ask"), ("reason", ""), ("note", note)]
            .into_iter()
            .chain([("name", "陈静"), ("password", password), ("code", code.as_str())])
            .collect::<Vec<_>>()
    };
    // Volunteers share computers: another person who logs in there must not read it.
    let other = desk.house.person("周明", Role::Moderator).await;
    let theirs = [("next", path.as_str()), ("writer", "陈静"), ("action", "ask"), ("note", note)];
    let code_of_other = desk.house.code(&other);
    let login = [("name", "周明"), ("password", PASSWORD), ("code", code_of_other.as_str())];
    let let_in = desk.send("/login", "over", &[&theirs[..], &login[..]].concat()).await;
    assert_eq!(let_in.status(), 303);
    let refused = desk.send("/login", "over", &fields("wrong")).await;
    assert_eq!(refused.status(), 401);
    assert!(text(refused).await.contains(kept), "a slip costs no word");
    let let_in = desk.send("/login", "over", &fields(PASSWORD)).await;
    assert_eq!(let_in.status(), 200);
    let session = let_in.response().cookies().next().unwrap().value().to_owned();
    let html = text(let_in).await;
    let again = format!("{path}/again");
    assert!(html.contains(&format!("action=\"{again}\"")) && html.contains(kept), "{html}");
    assert!(html.contains(&csrf::token(&desk.house.shared.vault, &session)), "{html}");

    let words = [("action", "ask"), ("reason", ""), ("note", note)];
    let html = text(desk.send(&again, &session, &words).await).await;
    let (_, form) = html.split_once("id=\"ask-note\"").unwrap_or_else(|| panic!("{html}"));
    assert!(form.split_once("</textarea>").unwrap().0.contains("她戴手表吗？"), "{html}");
    assert_eq!(desk.stored(&case).await.version, before.version, "nothing is decided");
    // The claim ran out, too.
    desk.house.advance(desk.house.shared.times.lease + TimeDelta::seconds(1));
    let html = text(desk.send(&again, &session, &words).await).await;
    assert!(html.contains("id=\"kept\"") && html.contains("她戴手表吗？"), "{html}");
}

#[actix_web::test]
async fn a_form_without_words_leads_to_the_login_and_straight_back() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.house.person("陈静", Role::Moderator).await;
    let (path, code) = (format!("/review/{case}"), desk.house.code(&holder));
    let answer = desk.send(&format!("{path}/claim"), "over", &[]).await;
    let login = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let html = text(desk.send(&login, "over", &[]).await).await;
    assert!(html.contains(&format!("value=\"{path}\"")) && !html.contains("name=\"note\""), "{html}");
    let fields = [("next", path.as_str()), ("name", "陈静"), ("password", PASSWORD), ("code", &code)];
    let let_in = desk.send("/login", "over", &fields).await;
    assert_eq!(
        (let_in.status().as_u16(), let_in.headers().get("location").unwrap().to_str().unwrap()),
        (303, &*path)
    );
    // Kept words lead back to cases only.
    let elsewhere = [("note", "x"), ("action", "ask")];
    for next in ["/groups/0193589e-0000-7000-8000-000000000000", "/review/figures", "//evil.example/", ""] {
        let html = text(desk.send(&format!("/login?next={next}"), "over", &elsewhere).await).await;
        assert!(!html.contains("name=\"note\""), "{next}: {html}");
    }
}

#[actix_web::test]
async fn an_approval_can_be_taken_back_by_its_giver_while_it_cools() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = desk.somebody("陈静", Role::Moderator).await;
    let other = desk.somebody("刘洋", Role::Moderator).await;
    let path = format!("/review/{case}");
    desk.send(&format!("{path}/claim"), &holder, &[]).await;
    let version = desk.stored(&case).await.version.to_string();
    let unticked = [("version", version.as_str()), ("action", "approve")];
    let refused = desk.send(&format!("{path}/decisions"), &holder, &unticked).await;
    assert_eq!(refused.status(), 422);
    let refused = text(refused).await;
    assert!(
        refused.contains("请先勾选“我已核实”") && refused.contains("href=\"#approve-reason\""),
        "{refused}"
    );
    let ticked = [("version", version.as_str()), ("action", "approve"), ("reason", "verified")];
    let answer = desk.send(&format!("{path}/decisions"), &holder, &ticked).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers().get("location").unwrap(), &format!("{path}?done=approve"));
    let undo = format!("action=\"{path}/undo\" data-left=\"30\"");
    assert!(desk.page(&path, &holder).await.1.contains(&undo));
    assert!(!desk.page(&path, &other).await.1.contains(&undo));
    assert_eq!(desk.send(&format!("{path}/undo"), &other, &[]).await.status(), 403);
    assert_eq!(desk.send(&format!("{path}/undo"), &holder, &[]).await.status(), 303);
    assert_eq!(desk.stored(&case).await.state.0, State::InReview);
}

/// What the page of a case says in its history, newest first.
fn history(html: &str) -> Vec<&str> {
    let (_, log) = html.rsplit_once("<table class=\"log\">").expect("a history");
    let lines = log.split("<td class=\"quiet\">").skip(1);
    lines.map(|line| line.split("<td>").nth(1).unwrap().split("</td>").next().unwrap().trim()).collect()
}

#[actix_web::test]
async fn the_history_says_what_happened_and_leaves_out_what_says_nothing() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let (holder, other) =
        (desk.somebody("陈静", Role::Moderator).await, desk.somebody("刘洋", Role::Moderator).await);
    let path = format!("/review/{case}");
    for (step, by) in [("claim", &other), ("release", &other), ("claim", &holder)] {
        assert_eq!(desk.send(&format!("{path}/{step}"), by, &[]).await.status(), 303);
    }
    let version = desk.stored(&case).await.version.to_string();
    let approved = [("version", version.as_str()), ("action", "approve"), ("reason", "verified")];
    assert_eq!(desk.send(&format!("{path}/decisions"), &holder, &approved).await.status(), 303);
    assert!(desk.page(&path, &holder).await.1.contains("此前可以撤回"));
    desk.house.advance(desk.house.shared.times.cooling);
    let (_, over) = desk.page(&path, &holder).await;
    assert!(
        over.contains("正在发出") && !over.contains("撤回我的通过") && !over.contains("此前可以撤回"),
        "{over}"
    );
    let now = desk.house.now();
    assert!(super::station(&desk.house.shared).let_out(now).await.failed.is_none());
    let (_, chinese) = desk.page(&path, &holder).await;
    let told = history(&chinese);
    assert_eq!(told[0], "撤回时间已过，已自动发出", "{told:?}");
    assert!(told[1].starts_with("陈静 · 通过 → 即将发布"), "what an approval leads to: {told:?}");
    assert_eq!(&told[2..], ["刘洋 · 放回队列"], "who decides or lets go had it claimed: {told:?}");
    let (_, english) = desk.page(&format!("{path}?lang=en"), &holder).await;
    let told = history(&english);
    assert_eq!(told[0], "The undo time passed; it went out by itself", "{told:?}");
}

#[actix_web::test]
async fn the_preview_says_who_reads_it_in_this_language() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    for (language, kind, told) in [
        (
            "en",
            "Missing person",
            "Groups set to English read this; those set to Chinese get our words in Chinese.",
        ),
        ("zh-CN", "寻人", "中文群收到的就是这段文字；英文群里栏目名是英文"),
    ] {
        let (_, html) = desk.page(&format!("/review/{case}?lang={language}"), &moderator).await;
        let (_, preview) = html.split_once(told).unwrap_or_else(|| panic!("{language}: {html}"));
        assert!(preview.split("</blockquote>").next().unwrap().contains(kind), "{language}: {preview}");
    }
}

#[actix_web::test]
async fn a_sealed_case_opens_for_leads_and_tells_others_who_they_are() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |n| n.sealed = true).await;
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    let lead = desk.somebody("赵组长", Role::Lead).await;
    let path = format!("/review/{case}");
    let (status, html) = desk.page(&path, &moderator).await;
    assert_eq!(status, 403);
    assert!(html.contains("赵组长") && !html.contains("李玉兰"), "{html}");
    assert!(!html.contains("<form method=\"post\" action=\"/review/"), "nobody can read it: {html}");
    assert!(!desk.page("/review", &moderator).await.1.contains(&case));
    assert_eq!(desk.page(&path, &lead).await.0, 200);
    assert!(desk.page("/review", &lead).await.1.contains(&case));
}

#[actix_web::test]
async fn a_sealed_case_that_everybody_can_read_is_taken_from_view_by_any_moderator() {
    let desk = Desk::new().await;
    let now = desk.house.now();
    let live = |n: &mut Notice| {
        (n.sealed, n.state, n.live_revision) = (true, Named(State::Live), Some(1));
        n.ends_at = Some(Time(now + TimeDelta::hours(72)));
    };
    let case = desk.notice(content(person("李玉兰"), ""), live).await;
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    let html = desk.page(&path, &moderator).await.1;
    for step in ["pause", "remove"] {
        assert!(html.contains(&format!("action=\"{path}/{step}\"")), "{step}: {html}");
    }
    assert!(!html.contains("李玉兰") && !html.contains(&format!("action=\"{path}/resume\"")), "{html}");
    // The fault is shown where it can be mended, and nothing typed is lost.
    let remove = format!("{path}/remove");
    let faulty = desk.send(&remove, &moderator, &[("note", "她被认出来了")]).await;
    assert_eq!(faulty.status(), 422);
    let html = text(faulty).await;
    assert!(html.contains("href=\"#remove-reason\"") && html.contains(">她被认出来了</textarea>"), "{html}");
    let paused = desk.send(&format!("{path}/pause"), &moderator, &[]).await;
    assert_eq!(paused.headers().get("location").unwrap(), "/review?done=pause");
    assert!(desk.page("/review?done=pause", &moderator).await.1.contains("已暂停"));
    assert_eq!(desk.stored(&case).await.state.0, State::Paused);
    let refused = desk.send(&remove, &moderator, &[("reason", "unsafe")]).await;
    assert_eq!(refused.status(), 403);
    assert!(!text(refused).await.contains("action=\"/review/"), "it is the leads' now");
}

#[actix_web::test]
async fn the_desk_is_for_moderators_and_takes_only_its_own_forms() {
    let desk = Desk::new().await;
    let case = desk.notice(content(person("李玉兰"), ""), |_| {}).await;
    let path = format!("/review/{case}");
    for role in [Role::GroupAdmin, Role::Operator] {
        let session = desk.somebody(role.as_str(), role).await;
        for page in ["/review", &path] {
            let (status, html) = desk.page(page, &session).await;
            assert_eq!(status, 403, "{page} for {role:?}");
            assert!(!html.contains("李玉兰"));
            // They are still logged in, and have a way on.
            assert!(html.contains(&format!("<b>{}</b>", role.as_str())) && !html.contains("href=\"/login\""));
            let own = html.contains("<a class=\"button\" href=\"/groups\">");
            assert_eq!(own, role == Role::GroupAdmin, "{html}");
        }
        assert_eq!(desk.send(&format!("{path}/claim"), &session, &[]).await.status(), 403);
    }
    let moderator = desk.somebody("陈静", Role::Moderator).await;
    for fields in [vec![], vec![("csrf", "wrong")]] {
        let request = TestRequest::post().uri(&format!("{path}/claim")).set_form(fields);
        assert_eq!(desk.ask(request, &moderator).await.status(), 403);
    }
    assert_eq!(desk.stored(&case).await.claimed_by, None);
}

#[test]
fn whatever_can_be_told_has_words_in_both_languages() {
    let mut keys: Vec<String> = Vec::new();
    for step in [Step::Approve, Step::Reject, Step::Remove] {
        for code in reasons::of(step) {
            keys.extend([format!("reason-{code}"), format!("reason-{code}-reporter")]);
        }
    }
    for step in super::sheet::FORMS {
        for part in ["do", "hint", "button", "note", "step", "done"] {
            keys.push(format!("review-{part}-{}", step.as_str()));
        }
    }
    for again in ["second_look", "police_reference"] {
        keys.extend(["do", "hint", "button"].map(|part| format!("review-{part}-{again}")));
    }
    for step in [Step::Claim, Step::Release, Step::Undo] {
        keys.extend([format!("review-button-{}", step.as_str()), format!("review-step-{}", step.as_str())]);
    }
    keys.extend(Category::ALL.map(|c| format!("review-category-{}", c.as_str())));
    keys.extend(State::ALL.map(|s| format!("state-{}", s.as_str())));
    keys.extend(Kind::ALL.map(|k| format!("kind-{}", k.as_str())));
    keys.extend(crate::review::policy::TABLE.map(|line| super::sheet::policy_key(line.class).to_owned()));
    for code in ["stale_version", "not_possible", "claimed_by_other", "claim_required", "same_approver"] {
        keys.push(format!("review-fault-{code}"));
    }
    for code in ["not_found", "too_many_requests"] {
        keys.push(format!("review-fault-{code}"));
    }
    keys.extend(reasons::REVEAL.iter().chain(reasons::REFUSAL).map(|code| format!("reason-{code}")));
    keys.extend(reasons::POLICY.iter().map(|code| format!("reason-{code}")));
    keys.push(format!("reason-{SEALED}-reporter"));
    for fate in crate::review::tips::Fate::ALL {
        keys.extend(["button", "done"].map(|part| format!("review-{part}-{}", fate.as_str())));
    }
    keys.extend(
        ["pass_tip", "discard_tip", "reveal_phone", "refuse_phone"].map(|step| format!("review-step-{step}")),
    );
    for step in ["submit", "reply", "revise", "renew", "go_live", "close", "expire", "forsake", "erase"] {
        keys.push(format!("review-step-{step}"));
    }
    keys.extend(Want::ALL.map(|want| format!("review-want-{}", want.as_str())));
    keys.extend(Outcome::ALL.map(|outcome| format!("my-outcome-{}", outcome.as_str())));
    for period in crate::review::figures::Period::ALL {
        keys.push(format!("figures-period-{}", period.as_str()));
    }
    for code in ["lead_required", "police_reference_required", "too_late", "forbidden", "reason", "note"] {
        keys.push(format!("review-fault-{code}"));
    }
    for language in Language::ALL {
        for key in &keys {
            assert!(has(language, key), "{key} in {}", language.as_str());
        }
    }
}
