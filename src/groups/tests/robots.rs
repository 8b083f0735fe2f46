//! A group gets another robot, which has to be proved again; and a robot belongs to one group.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Change, GroupError, PROBES_KEPT};
use super::{Rig, person};
use crate::domain::group::GroupState;
use crate::domain::people::Role;
use crate::store::lanes;

#[actix_web::test]
async fn a_robot_is_connected_once() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    let other = person(&rig.house, "other", Role::GroupAdmin).await;
    assert!(matches!(rig.groups.connect(other, rig.robot("first")).await, Err(GroupError::Exists)));
    rig.groups.connect(other, rig.robot("second")).await.unwrap();
    let theirs = Change { credentials: Some(rig.robot("second").credentials), ..Change::default() };
    assert!(matches!(rig.groups.change(rig.admin, id, theirs).await, Err(GroupError::Exists)));
    rig.groups.delete(rig.admin, id).await.unwrap();
    rig.groups.connect(other, rig.robot("first")).await.unwrap();
}

#[actix_web::test]
async fn whoever_tried_a_dead_robot_can_still_replace_it() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    rig.wecom.answers(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
    for _ in 0..3 {
        rig.house.advance(TimeDelta::minutes(1));
        assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::Unreachable(_))));
    }
    assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::TooMany(_))));
    let to = |robot| Change { credentials: Some(rig.robot(robot).credentials), ..Change::default() };
    // Nobody sends codes to one chat after another, either.
    for robot in ["second", "third", "fourth"] {
        assert!(matches!(rig.groups.change(rig.admin, id, to(robot)).await, Err(GroupError::Unreachable(_))));
    }
    rig.wecom.answers(r#"{"errcode":0,"errmsg":"ok"}"#);
    assert!(matches!(rig.groups.change(rig.admin, id, to("fifth")).await, Err(GroupError::TooMany(_))));
    rig.house.advance(PROBES_KEPT);
    rig.groups.change(rig.admin, id, to("fifth")).await.unwrap();
}

#[actix_web::test]
async fn another_robot_has_to_be_proved_again() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    // The old robot's waiting time does not bind the new one, which has a budget of its own.
    rig.wecom.answers(r#"{"errcode":45009,"errmsg":"freq"}"#);
    assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::Unreachable(_))));
    rig.wecom.answers(r#"{"errcode":0,"errmsg":"ok"}"#);
    assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::TooMany(_))));
    let change = Change { credentials: Some(rig.robot("second").credentials), ..Change::default() };
    rig.groups.change(rig.admin, id, change).await.unwrap();
    assert_eq!(rig.state(id).await, GroupState::Unverified);
    let now = rig.house.now();
    let asked = move |sends: &[DateTime<Utc>]| {
        assert_eq!(sends.len(), 1, "the code");
        now + TimeDelta::seconds(60)
    };
    let book = rig.groups.store.write(move |tx| lanes::hold(tx, id, (now, now), &asked)).await.unwrap();
    assert!(matches!(book, Err(lanes::NotHeld::Full(_))));
    assert!(matches!(rig.groups.resume(rig.admin, id).await, Err(GroupError::NotPossible(_))));
    rig.groups.verify(rig.admin, id, &rig.wecom.code()).await.unwrap();
    assert_eq!(rig.state(id).await, GroupState::Active);
}

#[actix_web::test]
async fn nothing_goes_out_between_the_code_and_the_change() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    let way = rig.robot("first").credentials;
    let free = async || {
        let now = rig.house.now();
        let held = rig.groups.store.write(move |tx| lanes::hold(tx, id, (now, now), &|_| now)).await.unwrap();
        held.is_ok()
    };
    let tried = rig.groups.try_way(rig.admin, id, way.clone()).await.unwrap();
    assert!(!free().await, "a delivery would still take the group for proved");
    rig.house.advance(TimeDelta::seconds(25));
    drop(tried);
    // Whether the change is made or refused, the lane is free afterwards.
    rig.wecom.answers(r#"{"errcode":93000,"errmsg":"invalid webhook"}"#);
    let change = Change { credentials: Some(way), ..Change::default() };
    assert!(matches!(
        rig.groups.change(rig.admin, id, change.clone()).await,
        Err(GroupError::Unreachable(_))
    ));
    assert!(free().await && rig.state(id).await == GroupState::Active);
    rig.wecom.answers(r#"{"errcode":0,"errmsg":"ok"}"#);
    rig.groups.change(rig.admin, id, change).await.unwrap();
    assert!(free().await && rig.state(id).await == GroupState::Unverified);
}
