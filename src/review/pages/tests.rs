//! The pages of the review station, as a browser requests them.

mod queue;
mod scene;
mod sheet;
mod steps;

use actix_web::test::TestRequest;
use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::super::reasons::{NotShown, Reveal};
use super::super::waiting::Want;
use crate::accounts::fixture::PASSWORD;
use crate::domain::language::Language;
use crate::domain::life_cycle::{ByPolicy, State, Step};
use crate::domain::logged::Act;
use crate::domain::notice::*;
use crate::domain::people::Role;
use crate::domain::reason::{Reason, Reject};
use crate::language::has;
use crate::store::notices::Notice;
use crate::store::types::{Id, Time};
use crate::web::csrf;

use scene::{HOSTILE, PHONE, PRIVATE, Scene, content, person, text};

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
        let scene = Scene::new().await;
        let case = scene.notice(content(subject, HOSTILE), |_| {}).await;
        let holder = scene.somebody("陈静", Role::Moderator).await;
        let path = format!("/review/{case}");
        scene.send(&format!("{path}/claim"), &holder, &[]).await;
        let version = scene.stored(&case).await.version.to_string();
        let fields =
            [("version", version.as_str()), ("action", "reject"), ("reason", HOSTILE), ("note", HOSTILE)];
        let again = scene.send(&format!("{path}/decisions"), &holder, &fields).await;
        assert_eq!(again.status(), 422);
        let refused = text(again).await;
        let fields = [("version", version.as_str()), ("action", "ask"), ("note", HOSTILE)];
        assert_eq!(scene.send(&format!("{path}/decisions"), &holder, &fields).await.status(), 303);
        let (_, asked) = scene.page(&path, &holder).await;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", "needs_info"), ("done", HOSTILE), ("cursor", HOSTILE)])
            .finish();
        let (_, queue) = scene.page(&format!("/review?{query}"), &holder).await;
        for html in [refused, asked, queue] {
            assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
            assert!(!html.contains("href=\"javascript:"), "{html}");
        }
    }
}

#[actix_web::test]
async fn the_desk_is_for_moderators_and_takes_only_its_own_forms() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let path = format!("/review/{case}");
    for role in [Role::GroupAdmin, Role::Operator] {
        let session = scene.somebody(role.as_str(), role).await;
        for page in ["/review", &path] {
            let (status, html) = scene.page(page, &session).await;
            assert_eq!(status, 403, "{page} for {role:?}");
            assert!(!html.contains("李玉兰"));
            // They are still logged in, and have a way on.
            assert!(html.contains(&format!("<b>{}</b>", role.as_str())) && !html.contains("href=\"/login\""));
            let own = html.contains("<a class=\"button\" href=\"/groups\">");
            assert_eq!(own, role == Role::GroupAdmin, "{html}");
        }
        assert_eq!(scene.send(&format!("{path}/claim"), &session, &[]).await.status(), 403);
    }
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    for fields in [vec![], vec![("csrf", "wrong")]] {
        let request = TestRequest::post().uri(&format!("{path}/claim")).set_form(fields);
        assert_eq!(scene.ask(request, &moderator).await.status(), 403);
    }
    assert_eq!(scene.stored(&case).await.claimed_by, None);
}

#[test]
fn every_code_has_a_text_in_both_languages() {
    let mut keys: Vec<String> = Vec::new();
    for step in [Step::Approve, Step::Reject, Step::Remove] {
        for code in Reason::names(step) {
            keys.extend([format!("reason-{code}"), format!("reason-{code}-reporter")]);
        }
    }
    for step in super::sheet::FORMS {
        for part in ["do", "hint", "button", "note", "done"] {
            keys.push(format!("review-{part}-{}", step.as_str()));
        }
    }
    for again in ["second_look", "police_reference"] {
        keys.extend(["do", "hint", "button"].map(|part| format!("review-{part}-{again}")));
    }
    for step in [Step::Claim, Step::Release, Step::Undo] {
        keys.push(format!("review-button-{}", step.as_str()));
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
    for code in [&Reveal::NAMES[..], &NotShown::NAMES, &ByPolicy::NAMES].concat() {
        keys.push(format!("reason-{code}"));
    }
    keys.push(format!("reason-{}-reporter", ByPolicy::Sealed.as_str()));
    for fate in crate::review::tips::Fate::ALL {
        keys.extend(["button", "done"].map(|part| format!("review-{part}-{}", fate.as_str())));
    }
    for done in [&Step::NAMES[..], &Act::NAMES, &["forsake"]].concat() {
        keys.push(format!("review-step-{done}"));
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
