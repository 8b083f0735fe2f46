//! A chat is proved by the code that was sent into it.

use chrono::TimeDelta;

use super::super::{GroupError, NoCode};
use super::Rig;
use crate::domain::delivery::{EndedAs, Refusal};
use crate::domain::group::{GroupState, Platform};

#[actix_web::test]
async fn the_code_in_the_chat_proves_control() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    assert_eq!(rig.state(id).await, GroupState::Unverified);
    let heard = rig.wecom.heard();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].contains("【72小时】") && heard[0].contains(&rig.wecom.code()), "{heard:?}");
    assert!(matches!(
        rig.groups.verify(rig.admin, id, &rig.wrong()).await,
        Err(GroupError::WrongCode { tries_left: 4 })
    ));
    assert_eq!(rig.state(id).await, GroupState::Unverified);
    let spaced = format!(" {} {}", &rig.wecom.code()[..3], &rig.wecom.code()[3..]);
    rig.groups.verify(rig.admin, id, &spaced).await.unwrap();
    assert_eq!(rig.state(id).await, GroupState::Active);
    let again = rig.groups.verify(rig.admin, id, &rig.wecom.code()).await;
    assert!(matches!(again, Err(GroupError::NotPossible(GroupState::Active))), "a code is used once");
}

#[actix_web::test]
async fn of_many_tries_at_once_five_are_compared() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    let wrong = rig.wrong();
    let tries = (0..24).map(|_| rig.groups.verify(rig.admin, id, &wrong));
    let outcomes = futures_util::future::join_all(tries).await;
    let compared = outcomes.iter().filter(|o| matches!(o, Err(GroupError::WrongCode { .. }))).count();
    let refused = outcomes.iter().filter(|o| matches!(o, Err(GroupError::TriedTooOften(_)))).count();
    assert_eq!((compared, refused), (5, 19));
    let sixth = rig.groups.verify(rig.admin, id, &rig.wecom.code()).await;
    assert!(matches!(sixth, Err(GroupError::TriedTooOften(_))), "the sixth is refused even if it is right");
    rig.groups.send_code(rig.admin, id).await.unwrap();
    rig.groups.verify(rig.admin, id, &rig.wecom.code()).await.unwrap();
}

#[actix_web::test]
async fn a_code_expires_after_ten_minutes() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    let code = rig.wecom.code();
    rig.house.advance(TimeDelta::minutes(10));
    assert!(matches!(rig.groups.verify(rig.admin, id, &code).await, Err(GroupError::CodeExpired)));
    assert_eq!(rig.state(id).await, GroupState::Unverified);
}

#[actix_web::test]
async fn a_new_code_makes_the_old_one_worthless() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    let old = rig.wecom.code();
    rig.groups.send_code(rig.admin, id).await.unwrap();
    if old != rig.wecom.code() {
        let tried = rig.groups.verify(rig.admin, id, &old).await;
        assert!(matches!(tried, Err(GroupError::WrongCode { .. })));
    }
    rig.groups.verify(rig.admin, id, &rig.wecom.code()).await.unwrap();
}

#[actix_web::test]
async fn three_codes_an_hour_go_into_a_chat() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    for _ in 0..2 {
        rig.house.advance(TimeDelta::minutes(10));
        rig.groups.send_code(rig.admin, id).await.unwrap();
    }
    match rig.groups.send_code(rig.admin, id).await {
        Err(GroupError::TooMany(wait)) => assert_eq!(wait, TimeDelta::minutes(40)),
        other => panic!("{other:?}"),
    }
    assert_eq!(rig.wecom.heard().len(), 3);
    rig.house.advance(TimeDelta::minutes(40));
    rig.groups.send_code(rig.admin, id).await.unwrap();
}

#[actix_web::test]
async fn a_refused_code_leaves_the_group_unverified_and_is_counted() {
    let rig = Rig::new().await;
    rig.wecom.answers(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
    let connected = rig.groups.connect(rig.admin, rig.robot("first")).await.unwrap();
    let refusal = Refusal {
        platform: Platform::Wecom,
        ended: EndedAs::Gone,
        fault: None,
        code: Some("93000".to_owned()),
    };
    assert_eq!(connected.no_code, Some(NoCode::Refused(refusal)));
    assert_eq!(rig.state(connected.id).await, GroupState::Unverified);
    for _ in 0..2 {
        let sent = rig.groups.send_code(rig.admin, connected.id).await;
        assert!(matches!(sent, Err(GroupError::Unreachable(_))), "{sent:?}");
    }
    // Platforms block a sender that repeats what they refuse.
    let sent = rig.groups.send_code(rig.admin, connected.id).await;
    assert!(matches!(sent, Err(GroupError::TooMany(_))), "{sent:?}");
    assert_eq!(rig.wecom.heard().len(), 3);
    rig.house.advance(TimeDelta::hours(1));
    rig.wecom.answers(r#"{"errcode":0,"errmsg":"ok"}"#);
    rig.groups.send_code(rig.admin, connected.id).await.unwrap();
    rig.groups.verify(rig.admin, connected.id, &rig.wecom.code()).await.unwrap();
}
