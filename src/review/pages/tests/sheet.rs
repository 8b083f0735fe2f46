//! The page of a case.

use super::*;

#[actix_web::test]
async fn a_curious_moderator_reads_no_private_word_without_the_claim() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let holder = scene.somebody("陈静", Role::Moderator).await;
    let curious = scene.somebody("刘洋", Role::Lead).await;
    let path = format!("/review/{case}");
    let (status, before) = scene.page(&path, &curious).await;
    assert_eq!(status, 200);
    assert!(before.contains("李玉兰") && before.contains("8000"), "the public part and the last four digits");
    assert_eq!(scene.send(&format!("{path}/claim"), &holder, &[]).await.status(), 303);
    let (_, while_held) = scene.page(&path, &curious).await;
    let (_, queue) = scene.page("/review", &curious).await;
    for (where_, html) in [("before", &before), ("while held", &while_held), ("queue", &queue)] {
        for secret in PRIVATE {
            assert!(!html.contains(secret), "{secret} {where_}");
        }
        assert!(!html.contains("alert(72)"), "the tip, {where_}");
    }
    let (_, held) = scene.page(&path, &holder).await;
    for secret in &PRIVATE[2..] {
        assert!(held.contains(secret), "{secret} for the holder");
    }
    // A question is shown as it was asked.
    assert!(held.contains("<dt>最近有没有争吵、家暴，或离婚、抚养权争议？</dt><dd>否</dd>"), "{held}");
    // The phone needs a request of its own, with a reason.
    assert!(!held.contains("13800138000"), "{held}");
    let phone = format!("{path}/phone");
    assert_eq!(scene.send(&phone, &holder, &[("reason", "curious")]).await.status(), 422);
    assert_eq!(scene.send(&phone, &curious, &[("reason", "call_back")]).await.status(), 409);
    assert_eq!(scene.send(&phone, &holder, &[("reason", "call_back")]).await.status(), 303);
    assert!(scene.page(&path, &holder).await.1.contains(&format!("href=\"tel:{PHONE}\"")));
    assert!(!scene.page(&path, &curious).await.1.contains("13800138000"));
}

#[actix_web::test]
async fn a_moderator_reads_which_characters_the_poster_lacks() {
    for (name, told) in [("張偉豪", false), ("李玉兰𰻝", true)] {
        let scene = Scene::new().await;
        let moderator = scene.somebody("陈静", Role::Moderator).await;
        let case = scene.notice(content(person(name), ""), |_| {}).await;
        let (_, sheet) = scene.page(&format!("/review/{case}"), &moderator).await;
        assert_eq!(sheet.contains("海报显示不了这些字：𰻝。"), told, "{name}: {sheet}");
    }
}

#[actix_web::test]
async fn a_sealed_case_says_that_both_are_leads_and_goes_to_no_lead_again() {
    let scene = Scene::new().await;
    let case = scene
        .notice(content(person("李玉兰"), ""), |n| {
            (n.sealed, n.needs_approvals, n.needs_leads) = (true, 2, 2);
        })
        .await;
    let lead = scene.somebody("赵组长", Role::Lead).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &lead, &[]).await;
    let (_, html) = scene.page(&path, &lead).await;
    assert!(html.contains("通过：0 / 2 人，两位都须是组长"), "{html}");
    assert!(html.contains("value=\"reject\"") && !html.contains("value=\"escalate\""), "{html}");
}

#[actix_web::test]
async fn what_may_be_the_same_stands_side_by_side() {
    let scene = Scene::new().await;
    let same_phone = |n: &mut Notice| n.phone_hash = Some(b"the same".to_vec());
    let other = |number: u128| {
        move |n: &mut Notice| {
            same_phone(n);
            n.id = Id(Uuid::from_u128(number));
            n.case_number = crate::domain::case_number::CaseNumber::from_bits(number as u64);
        }
    };
    let older = scene.notice(content(person("李玉蓝"), "和平路口"), other(1)).await;
    // As many as the page shows, each newer than the one that this moderator may see.
    let mut sealed = Vec::new();
    for number in 2..5 {
        let put = scene.notice(content(person("不可见"), ""), |n| {
            other(number)(n);
            n.sealed = true;
        });
        sealed.push(put.await);
    }
    let case = scene.notice(content(person("李玉兰"), ""), same_phone).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    scene.send(&format!("/review/{case}/claim"), &moderator, &[]).await;
    let (_, html) = scene.page(&format!("/review/{case}"), &moderator).await;
    let (_, table) = html.split_once("<table class=\"log compare\">").expect("a table");
    let table = table.split_once("</table>").unwrap().0;
    for told in ["李玉兰", "李玉蓝", "<b>76</b>", "和平路口", &older, "/page.jpg"] {
        assert!(table.contains(told), "{told} in {table}");
    }
    // Otherwise anybody could search for cases that only leads may open, with a phone or a face.
    assert!(!table.contains("不可见") && !sealed.iter().any(|case| table.contains(case)), "{table}");
    let lead = scene.somebody("赵组长", Role::Lead).await;
    assert!(scene.page(&format!("/review/{case}"), &lead).await.1.contains("不可见"));
}

#[actix_web::test]
async fn what_is_live_is_paused_or_removed_by_keys_that_ask_first() {
    let scene = Scene::new().await;
    let case = scene.live(|_| {}).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    let (_, html) = scene.page(&format!("/review/{case}"), &moderator).await;
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
        let scene = Scene::new().await;
        let case = scene.live(change).await;
        let holder = scene.somebody("陈静", Role::Moderator).await;
        let path = format!("/review/{case}");
        scene.send(&format!("{path}/claim"), &holder, &[]).await;
        let (_, html) = scene.page(&path, &holder).await;
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
    let scene = Scene::new().await;
    let (public, mut private) = content(subject, "");
    private.category = None;
    let case = scene.notice((public, private), |_| {}).await;
    let holder = scene.somebody("陈静", Role::Lead).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = scene.page(&path, &holder).await;
    let (_, form) = html.split_once("name=\"action\" value=\"reject\"").expect("a form to reject it");
    let form = form.split("</form>").next().unwrap();
    let offered = |code: &&str| form.contains(&format!("value=\"{code}\""));
    Reject::NAMES.into_iter().filter(offered).collect()
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
        let fitting: Vec<_> = Reject::NAMES.into_iter().filter(|code| !not.contains(code)).collect();
        assert_eq!(to_reject(subject.clone()).await, fitting, "{subject:?}");
    }
}

/// What the page of a case says in its history, newest first.
fn history(html: &str) -> Vec<&str> {
    let (_, log) = html.rsplit_once("<table class=\"log\">").expect("a history");
    let lines = log.split("<td class=\"quiet\">").skip(1);
    lines.map(|line| line.split("<td>").nth(1).unwrap().split("</td>").next().unwrap().trim()).collect()
}

#[actix_web::test]
async fn the_history_says_what_happened_and_leaves_out_what_says_nothing() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let (holder, other) =
        (scene.somebody("陈静", Role::Moderator).await, scene.somebody("刘洋", Role::Moderator).await);
    let path = format!("/review/{case}");
    for (step, by) in [("claim", &other), ("release", &other), ("claim", &holder)] {
        assert_eq!(scene.send(&format!("{path}/{step}"), by, &[]).await.status(), 303);
    }
    let version = scene.stored(&case).await.version.to_string();
    let approved = [("version", version.as_str()), ("action", "approve"), ("reason", "verified")];
    assert_eq!(scene.send(&format!("{path}/decisions"), &holder, &approved).await.status(), 303);
    assert!(scene.page(&path, &holder).await.1.contains("此前可以撤回"));
    scene.house.advance(scene.house.shared.times.cooling);
    let (_, over) = scene.page(&path, &holder).await;
    assert!(
        over.contains("正在发出") && !over.contains("撤回我的通过") && !over.contains("此前可以撤回"),
        "{over}"
    );
    let now = scene.house.now();
    assert!(super::super::station(&scene.house.shared).publish_cooled(now).await.failed.is_none());
    let (_, chinese) = scene.page(&path, &holder).await;
    let told = history(&chinese);
    assert_eq!(told[0], "撤回时间已过，已自动发出", "{told:?}");
    assert!(told[1].starts_with("陈静 · 通过 → 即将发布"), "what an approval leads to: {told:?}");
    assert_eq!(&told[2..], ["刘洋 · 放回队列"], "who decides or lets go had it claimed: {told:?}");
    let (_, english) = scene.page(&format!("{path}?lang=en"), &holder).await;
    let told = history(&english);
    assert_eq!(told[0], "The undo time passed; it went out by itself", "{told:?}");
}

#[actix_web::test]
async fn the_preview_says_who_reads_it_in_this_language() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    for (language, kind, told) in [
        (
            "en",
            "Missing person",
            "Groups set to English read this; those set to Chinese get our words in Chinese.",
        ),
        ("zh-CN", "寻人", "中文群收到的就是这段文字；英文群里栏目名是英文"),
    ] {
        let (_, html) = scene.page(&format!("/review/{case}?lang={language}"), &moderator).await;
        let (_, preview) = html.split_once(told).unwrap_or_else(|| panic!("{language}: {html}"));
        assert!(preview.split("</blockquote>").next().unwrap().contains(kind), "{language}: {preview}");
    }
}
