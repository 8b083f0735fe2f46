use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::fixture::{Scene, donation, lost_property, missing_person, rescue};
use super::manage::RENEWALS;
use super::tips::parse as parse_tip;
use super::words::patch;
use super::*;
use crate::domain::language::Language;
use crate::domain::life_cycle::Step;
use crate::domain::people::Moderator;
use crate::store::transition::{By, take};

async fn count(scene: &Scene) -> i64 {
    let counts = scene
        .intake
        .store
        .read(|c| crate::store::figures::count_by_state(c, DateTime::UNIX_EPOCH))
        .await
        .unwrap();
    counts.iter().map(|(_, n)| n).sum()
}

pub(super) async fn submitted(scene: &Scene, body: &Value) -> Receipt {
    scene.intake.submit(scene.request(body, None), scene.now()).await.unwrap().receipt
}

/// Moves the notice behind the link by steps that other people take.
pub(super) async fn steps(scene: &Scene, receipt: &Receipt, steps: &'static [(Step, Actor)]) {
    let (hash, vault, now) = (token_hash(&receipt.manage_token), scene.intake.vault.clone(), scene.now());
    scene
        .intake
        .store
        .write(move |tx| {
            for (step, actor) in steps {
                let notice = notices::by_manage_hash(tx, &hash)?.unwrap();
                let by = By { actor: *actor, reason: None, note: Some("请补充报警编号"), at: now };
                take(tx, &vault, notice, *step, by, |_, n| {
                    if *step == Step::GoLive {
                        n.live_revision = Some(n.revision);
                        n.live_at = Some(Time(now));
                        n.ends_at = Some(Time(now + TimeDelta::hours(72)));
                    }
                    Ok::<_, IntakeError>(())
                })?;
            }
            Ok::<_, IntakeError>(())
        })
        .await
        .unwrap();
}

pub(super) const MODERATOR: Actor = Actor::Moderator(Moderator { id: Uuid::from_u128(9), lead: true });
const TO_LIVE: &[(Step, Actor)] =
    &[(Step::Claim, MODERATOR), (Step::Approve, MODERATOR), (Step::GoLive, Actor::Clock)];

pub(super) async fn live(scene: &Scene, body: &Value) -> Receipt {
    let receipt = submitted(scene, body).await;
    account_of_the_lead(scene).await;
    steps(scene, &receipt, TO_LIVE).await;
    receipt
}

/// Approvals refer to an account, so one must exist.
async fn account_of_the_lead(scene: &Scene) {
    use crate::domain::people::Role;
    use crate::store::accounts::{self, Account, Credentials, Proof};
    let account = Account {
        id: Id(Uuid::from_u128(9)),
        name: "组长".to_owned(),
        role: Role::Lead,
        created_at: Time(scene.now()),
        disabled_at: None,
    };
    let proof = Proof { password_hash: String::new(), totp_sealed: Vec::new(), totp_step: 0 };
    let credentials = Credentials { account, proof };
    scene.intake.store.write(move |tx| accounts::insert(tx, &credentials)).await.unwrap();
}

#[tokio::test]
async fn a_notice_comes_in_sealed_with_one_event() {
    let scene = Scene::new().await;
    let receipt = submitted(&scene, &missing_person()).await;
    assert_eq!(receipt.state, State::Submitted);
    assert_eq!(receipt.public_url, format!("https://72.example.org/n/{}", receipt.case_number));
    let notice = scene.intake.managed(&receipt.manage_token).await.unwrap();
    let (events, revision) = scene
        .intake
        .store
        .read(move |c| {
            let id = notice.id.0;
            Ok((events::of_notice(c, id)?, notices::revision(c, id, 1)?.unwrap()))
        })
        .await
        .unwrap();
    assert_eq!(events.iter().map(|e| e.step.as_str()).collect::<Vec<_>>(), ["submit"]);
    for secret in ["王秀英", "13800138000", "旧表"] {
        for sealed in [&revision.public_sealed, &revision.private_sealed] {
            assert!(!sealed.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
        }
    }
}

#[tokio::test]
async fn the_same_request_is_answered_the_same_and_another_one_is_refused() {
    let scene = Scene::new().await;
    let first = scene.intake.submit(scene.request(&missing_person(), Some("k")), scene.now()).await.unwrap();
    let again = scene.intake.submit(scene.request(&missing_person(), Some("k")), scene.now()).await.unwrap();
    assert_eq!((first.again, again.again), (false, true));
    assert_eq!(first.receipt, again.receipt, "with the same manage token");
    let other = scene.intake.submit(scene.request(&lost_property(), Some("k")), scene.now()).await;
    assert!(matches!(other, Err(IntakeError::KeyReused)), "{other:?}");
    assert_eq!(count(&scene).await, 1);
}

#[tokio::test]
async fn who_logs_in_has_keys_of_his_own() {
    let scene = Scene::new().await;
    let by = |account| Request { submitted_by: account, ..scene.request(&missing_person(), Some("1")) };
    for account in [None, Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2))] {
        assert!(!scene.intake.submit(by(account), scene.now()).await.unwrap().again, "{account:?}");
        assert!(scene.intake.submit(by(account), scene.now()).await.unwrap().again, "{account:?}");
    }
    assert_eq!(count(&scene).await, 3);
}

#[tokio::test]
async fn no_key_of_an_anonymous_client_is_one_of_an_account() {
    let scene = Scene::new().await;
    let account = Uuid::from_u128(1);
    let mine = Request { submitted_by: Some(account), ..scene.request(&missing_person(), Some("abc")) };
    let receipt = scene.intake.submit(mine, scene.now()).await.unwrap().receipt;
    let guessed = scene.request(&missing_person(), Some(&format!("{account}abc")));
    let other = scene.intake.submit(guessed, scene.now()).await.unwrap();
    assert!(!other.again);
    assert_ne!(other.receipt.manage_token, receipt.manage_token);
}

#[tokio::test]
async fn ten_taps_at_once_make_one_notice() {
    let scene = Scene::new().await;
    let taps = (0..10).map(|_| {
        let (intake, request, now) =
            (scene.intake.clone(), scene.request(&missing_person(), Some("k")), scene.now());
        tokio::spawn(async move { intake.submit(request, now).await.unwrap() })
    });
    let mut receipts = BTreeSet::new();
    let mut new = 0;
    for tap in taps.collect::<Vec<_>>() {
        let done = tap.await.unwrap();
        new += usize::from(!done.again);
        receipts.insert(done.receipt.manage_token);
    }
    assert_eq!((receipts.len(), new, count(&scene).await), (1, 1, 1));
}

#[tokio::test]
async fn a_number_drawn_twice_is_drawn_again() {
    let scene = Scene::new().await;
    let (intake, request, now) = (scene.intake.clone(), scene.request(&lost_property(), None), scene.now());
    let numbers: Result<Vec<CaseNumber>, IntakeError> = scene
        .intake
        .store
        .write(move |tx| {
            let [taken, free] = [1, 2].map(CaseNumber::from_bits);
            let mut given = Vec::new();
            for token in ["a", "b"] {
                let (mut notice, revision) = first_revision(&intake, &request, vec![1], token, now)?;
                notice.case_number = taken;
                insert_under_free_number(tx, &mut notice, &revision, || free)?;
                given.push(notice.case_number);
            }
            Ok(given)
        })
        .await;
    assert_eq!(numbers.unwrap(), [1, 2].map(CaseNumber::from_bits));
}

#[tokio::test]
async fn photos_belong_to_one_notice() {
    let scene = Scene::new().await;
    let photo = scene.photo(120).await;
    assert_eq!((photo.width, photo.height), (120, 80));
    let mut body = missing_person();
    patch(&mut body, &json!({"photo_ids": [photo.id]}));
    submitted(&scene, &body).await;
    let taken = scene.intake.submit(scene.request(&body, None), scene.now()).await;
    let Err(IntakeError::Invalid(faults)) = taken else { panic!("{taken:?}") };
    assert_eq!(faults.keys().collect::<Vec<_>>(), ["photo_ids[0]"]);
    assert_eq!(count(&scene).await, 1, "nothing of the refused one is kept");
}

#[tokio::test]
async fn a_photo_is_seen_while_it_is_live() {
    let scene = Scene::new().await;
    let photo = scene.photo(120).await;
    let seen = async |after: TimeDelta| {
        let now = scene.now() + after;
        scene.intake.public_photo(photo.id, crate::blobs::Size::Thumb, now).await.unwrap().is_some()
    };
    assert!(!seen(TimeDelta::zero()).await, "of no notice yet");
    let mut body = missing_person();
    patch(&mut body, &json!({"photo_ids": [photo.id]}));
    let receipt = submitted(&scene, &body).await;
    assert!(!seen(TimeDelta::zero()).await, "not approved yet");
    account_of_the_lead(&scene).await;
    steps(&scene, &receipt, TO_LIVE).await;
    assert!(seen(TimeDelta::hours(71)).await);
    assert!(!seen(TimeDelta::hours(72)).await, "over, swept or not");
    let extra = scene.photo(130).await;
    let both = json!({"photo_ids": [photo.id, extra.id]});
    scene.intake.revise(&receipt.manage_token, both, scene.now()).await.unwrap();
    let early = scene.intake.public_photo(extra.id, crate::blobs::Size::Page, scene.now()).await.unwrap();
    assert!(early.is_none(), "came with an edit that nobody approved yet");
}

#[tokio::test]
async fn a_question_is_answered_and_the_notice_keeps_its_age() {
    let scene = Scene::new().await;
    let receipt = submitted(&scene, &missing_person()).await;
    let early = scene.intake.reply(&receipt.manage_token, &json!({"text": "好"}), scene.now()).await;
    assert!(matches!(early, Err(IntakeError::NotPossible(State::Submitted))), "{early:?}");
    steps(&scene, &receipt, &[(Step::Claim, MODERATOR), (Step::Ask, MODERATOR)]).await;
    let photo = scene.photo(120).await;
    let later = scene.now() + TimeDelta::hours(1);
    let body = json!({"text": "回执已拿到", "photo_ids": [photo.id]});
    let notice = scene.intake.reply(&receipt.manage_token, &body, later).await.unwrap();
    assert_eq!((notice.state, notice.submitted_at.0), (State::Submitted, scene.now()));
    assert_eq!(notice.revision, 2);
    let mine = scene.intake.my_notice(&receipt.manage_token, Language::ZhCn, later).await.unwrap();
    let said: Vec<_> = mine.replies.iter().map(|s| (s.from, s.text.as_str())).collect();
    assert_eq!(said, [("moderator", "请补充报警编号"), ("reporter", "回执已拿到")]);
    assert_eq!((&mine.notice["photo_ids"], &mine.replies[1].photo_ids), (&json!([]), &vec![photo.id]));
    assert!(!mine.events.iter().any(|e| e.step == "claim"), "who works on it is not the reporter's");
}

#[tokio::test]
async fn an_approval_taken_back_is_none_to_the_reporter() {
    let scene = Scene::new().await;
    let receipt = submitted(&scene, &missing_person()).await;
    account_of_the_lead(&scene).await;
    steps(&scene, &receipt, &[(Step::Claim, MODERATOR), (Step::Approve, MODERATOR), (Step::Undo, MODERATOR)])
        .await;
    let told = async || {
        let mine = scene.intake.my_notice(&receipt.manage_token, Language::ZhCn, scene.now()).await.unwrap();
        mine.events.into_iter().map(|event| event.step).collect::<Vec<_>>()
    };
    assert_eq!(told().await, ["submit"]);
    steps(&scene, &receipt, &[(Step::Approve, MODERATOR)]).await;
    assert_eq!(told().await, ["submit", "approve"]);
}

#[tokio::test]
async fn before_it_is_live_an_edit_replaces_it_and_never_lowers_the_bar() {
    let scene = Scene::new().await;
    let mut body = missing_person();
    patch(&mut body, &json!({"safety": {"violence": true}}));
    let receipt = submitted(&scene, &body).await;
    let changes = json!({"safety": {"violence": false}, "person": {"clothing": "蓝色外套"}});
    let notice = scene.intake.revise(&receipt.manage_token, changes, scene.now()).await.unwrap();
    assert_eq!((notice.state, notice.revision, notice.pending_revision), (State::Submitted, 2, None));
    assert!(notice.sealed && notice.needs_approvals == 2, "an answer taken back");
    let wrong =
        scene.intake.revise(&receipt.manage_token, json!({"person": {"age": 500}}), scene.now()).await;
    assert!(matches!(wrong, Err(IntakeError::Invalid(_))), "{wrong:?}");
    let kind = scene.intake.revise(&receipt.manage_token, lost_property(), scene.now()).await;
    assert!(matches!(kind, Err(IntakeError::Invalid(_))), "{kind:?}");
}

#[tokio::test]
async fn what_is_live_stands_until_the_edit_is_approved() {
    let scene = Scene::new().await;
    let receipt = live(&scene, &missing_person()).await;
    let change = json!({"person": {"clothing": "蓝色外套"}});
    let notice = scene.intake.revise(&receipt.manage_token, change, scene.now()).await.unwrap();
    assert_eq!(
        (notice.state, notice.live_revision, notice.pending_revision),
        (State::Live, Some(1), Some(2))
    );
    let renewed = scene.intake.renew(&receipt.manage_token, scene.now()).await.unwrap();
    let again = scene.intake.renew(&receipt.manage_token, scene.now()).await.unwrap();
    assert_eq!((renewed.pending_revision, again.revision), (Some(3), 3), "asked twice, waits once");
    let mine = scene.intake.my_notice(&receipt.manage_token, Language::En, scene.now()).await.unwrap();
    assert_eq!(mine.waiting, Some("renewal"));
    assert_eq!(mine.notice["person"]["clothing"], "蓝色外套", "the edit is not lost by renewing");
    assert_eq!(mine.renewals_left, RENEWALS);
    let change = json!({"safety": {"violence": true}});
    let notice = scene.intake.revise(&receipt.manage_token, change, scene.now()).await.unwrap();
    assert_eq!((notice.urgency, notice.pending_urgency), (2, Some(3)), "it is sent as it was approved");
    assert_eq!((notice.state, notice.live_revision), (State::Paused, Some(1)), "unless that seals the case");
    let over = scene.now() + TimeDelta::hours(72);
    let late = scene.intake.renew(&receipt.manage_token, over).await;
    assert!(matches!(late, Err(IntakeError::NotPossible(State::Expired))), "{late:?}");
}

#[tokio::test]
async fn a_moderator_reads_every_tip_first() {
    let scene = Scene::new().await;
    let adult = live(&scene, &missing_person()).await;
    let mut lost = lost_property();
    patch(&mut lost, &json!({"item": {"direction": "lost"}}));
    let thing = live(&scene, &lost).await;
    let appeal = live(&scene, &donation()).await;
    let mut child = missing_person();
    patch(
        &mut child,
        &json!({"person": {"age": 9, "category": "child"}, "reporter": {"phone": "13800138011"}}),
    );
    let child = live(&scene, &child).await;
    let mut found = lost_property();
    patch(&mut found, &json!({"item": {"what": "蓝色书包"}, "reporter": {"phone": "13800138012"}}));
    let found = live(&scene, &found).await;
    let mut help = rescue();
    patch(&mut help, &json!({"reporter": {"phone": "13800138013"}}));
    let help = live(&scene, &help).await;
    let tip = async |receipt: &Receipt, text: &str| {
        let told = parse_tip(&json!({"text": text, "phone": "13700137000"}), scene.now()).unwrap();
        scene.intake.tip(receipt.case_number, told, scene.now()).await
    };
    tip(&adult, "在东门看到过她").await.unwrap();
    tip(&appeal, "备案号查不到").await.unwrap();
    tip(&thing, "先转账两百").await.unwrap();
    for text in [
        "在我手里，给我三千块",
        "3000 元，不要报警",
        "加微信 evil12345",
        "看这里 evil.com/pay",
        "这条是假的，发布人是骗子",
    ] {
        tip(&thing, text).await.unwrap();
    }
    tip(&child, "我是本人，我很安全，在姑姑家").await.unwrap();
    tip(&found, "里面有一张写着我名字的卡").await.unwrap();
    tip(&help, "我认得她，她不想被找到").await.unwrap();
    tip(&thing, "好像是我的").await.unwrap();
    let read = async |receipt: &Receipt| {
        let mine = scene.intake.my_notice(&receipt.manage_token, Language::ZhCn, scene.now()).await.unwrap();
        mine.tips.into_iter().map(|t| t.text).collect::<Vec<_>>()
    };
    for held in [&adult, &appeal, &child, &found, &help, &thing] {
        assert_eq!(read(held).await, Vec::<String>::new());
    }
    let waiting = submitted(&scene, &{
        let mut body = lost_property();
        patch(&mut body, &json!({"reporter": {"phone": "13900139000"}}));
        body
    })
    .await;
    let early = tip(&waiting, "看到了").await;
    assert!(
        matches!(early, Err(IntakeError::NotPossible(State::Paused))),
        "how far it is is nobody's business: {early:?}"
    );
    let told = parse_tip(&json!({"text": "x"}), scene.now()).unwrap();
    let unknown = scene.intake.tip(CaseNumber::from_bits(0), told, scene.now()).await;
    assert!(matches!(unknown, Err(IntakeError::Unknown)), "{unknown:?}");
    let faults = parse_tip(&json!({"place": 7}), scene.now()).unwrap_err();
    assert_eq!(faults.keys().collect::<Vec<_>>(), ["place", "text"]);
}

#[tokio::test]
async fn no_link_opens_nothing() {
    let scene = Scene::new().await;
    submitted(&scene, &missing_person()).await;
    let mine = scene.intake.my_notice("x", Language::ZhCn, scene.now()).await;
    assert!(matches!(mine, Err(IntakeError::LinkInvalid)), "{mine:?}");
}
