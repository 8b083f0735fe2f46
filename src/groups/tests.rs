//! The groups' steps against a real store and a stand-in platform.

mod codes;
mod doors;
mod robots;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use uuid::Uuid;

use super::api::station;
use super::{Change, Draft, GroupError, Groups, NewGroup};
use crate::accounts::fixture::House;
use crate::broadcast::guard::Guard;
use crate::broadcast::hosts::Went;
use crate::broadcast::send::{Limits, Sender};
use crate::domain::delivery::Priority;
use crate::domain::group::{GroupState, Platform};
use crate::domain::people::Role;
use crate::store::{accounts, lanes};

/// A stand-in for WeCom: keeps what it is sent and answers as it is told.
#[derive(Clone)]
pub(super) struct Wecom {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<&'static str>>,
}

impl Wecom {
    pub(super) async fn start() -> Wecom {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let wecom = Wecom {
            address,
            heard: Arc::default(),
            answer: Arc::new(Mutex::new(r#"{"errcode":0,"errmsg":"ok"}"#)),
        };
        let serving = wecom.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        wecom
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let body = loop {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            if read == 0 {
                return; // the connection was not used
            }
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse::<usize>().unwrap() {
                break body.to_owned();
            }
        };
        self.heard.lock().unwrap().push(body);
        let answer = *self.answer.lock().unwrap();
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(response.as_bytes()).await.unwrap();
    }

    pub(super) fn robot(&self, key: &str) -> String {
        format!("{}/cgi-bin/webhook/send?key={key}", self.address)
    }

    pub(super) fn answers(&self, answer: &'static str) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The six digits of the last message, after the last colon of its first sentence.
    pub(super) fn code(&self) -> String {
        let heard = self.heard().pop().unwrap();
        let (_, rest) = heard.split_once("验证码：").unwrap();
        rest.chars().take(6).collect()
    }
}

pub(super) fn sender(wecom: &Wecom) -> Arc<Sender> {
    let gateway = (Platform::Wecom, Url::parse(&wecom.address).unwrap());
    Arc::new(Sender::new(Guard::new([gateway]), Limits::default()))
}

async fn person(house: &House, name: &str, role: Role) -> Uuid {
    let name = house.person(name, role).await.name;
    let account = house.shared.store.read(move |c| accounts::by_name(c, &name)).await.unwrap();
    account.unwrap().account.id.0
}

struct Rig {
    house: House,
    wecom: Wecom,
    groups: Groups,
    admin: Uuid,
}

impl Rig {
    async fn new() -> Rig {
        let mut house = House::new().await;
        let wecom = Wecom::start().await;
        house.shared.sender = sender(&wecom);
        let admin = person(&house, "qunzhu", Role::GroupAdmin).await;
        Rig { groups: station(&house.shared), house, wecom, admin }
    }

    fn robot(&self, key: &str) -> NewGroup {
        self.draft(key).new_group(self.groups.sender.guard()).unwrap()
    }

    fn draft(&self, key: &str) -> Draft {
        Draft {
            platform: Some("wecom".to_owned()),
            name: Some("广阳互助群".to_owned()),
            credentials: json!({"url": self.wecom.robot(key)}).as_object().cloned(),
            regions: Some(vec!["131000".to_owned()]),
            ..Draft::default()
        }
    }

    async fn connected(&self) -> Uuid {
        self.groups.connect(self.admin, self.robot("first")).await.unwrap().id
    }

    async fn active(&self) -> Uuid {
        let id = self.connected().await;
        self.groups.verify(self.admin, id, &self.wecom.code()).await.unwrap();
        id
    }

    async fn state(&self, id: Uuid) -> GroupState {
        self.groups.whole(self.admin, id).await.unwrap().group.state
    }

    /// A code other than the one that was sent.
    fn wrong(&self) -> String {
        let code: u32 = self.wecom.code().parse().unwrap();
        format!("{:06}", (code + 1) % 1_000_000)
    }
}

#[actix_web::test]
async fn a_host_is_told_how_a_message_of_ours_went() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    let (now, host) = (rig.house.now(), rig.wecom.address.strip_prefix("http://").unwrap());
    let fail = |times: u128| {
        let mut hosts = rig.groups.hosts.lock();
        for group in 0..times {
            hosts.admit(host, Priority::Usual, now);
            hosts.ended(host, Uuid::from_u128(group), now, now, Went::Failed);
        }
        hosts.away(now)
    };
    assert_eq!(fail(7), 0);
    // The host answers after all.
    rig.groups.test(rig.admin, id).await.unwrap();
    assert_eq!(fail(7), 0);
    assert_eq!(fail(1), 1);
    let test = rig.groups.test(rig.admin, id).await;
    assert!(matches!(test, Err(GroupError::TooMany(_))), "{test:?}");
    assert_eq!(rig.wecom.heard().len(), 2);
    rig.house.advance(TimeDelta::minutes(6));
    rig.groups.test(rig.admin, id).await.unwrap();
    rig.groups.test(rig.admin, id).await.unwrap();
}

#[actix_web::test]
async fn nobody_else_has_such_a_group() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    for role in [Role::GroupAdmin, Role::Operator] {
        let other = person(&rig.house, role.as_str(), role).await;
        let groups = &rig.groups;
        assert!(groups.page(other, None).await.unwrap().groups.is_empty());
        for outcome in [
            groups.whole(other, id).await.map(drop),
            groups.log(other, id, None).await.map(drop),
            groups.pause(other, id, None).await.map(drop),
            groups.resume(other, id).await.map(drop),
            groups.test(other, id).await.map(drop),
            groups.send_code(other, id).await,
            groups.verify(other, id, "000000").await,
            groups.change(other, id, Change::default()).await.map(drop),
            groups.delete(other, id).await,
        ] {
            assert!(matches!(outcome, Err(GroupError::Unknown)), "{outcome:?}");
        }
    }
    assert_eq!(rig.state(id).await, GroupState::Active);
}

#[actix_web::test]
async fn pausing_keeps_the_proof() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    assert_eq!(rig.groups.pause(rig.admin, id, None).await.unwrap(), GroupState::Paused);
    assert!(matches!(rig.groups.send_code(rig.admin, id).await, Err(GroupError::NotPossible(_))));
    assert_eq!(rig.groups.resume(rig.admin, id).await.unwrap(), GroupState::Active);
    rig.groups
        .change(rig.admin, id, Change { name: Some("新名字".to_owned()), ..Change::default() })
        .await
        .unwrap();
    let whole = rig.groups.whole(rig.admin, id).await.unwrap();
    assert_eq!((whole.group.name.as_str(), whole.group.state), ("新名字", GroupState::Active));
    assert_eq!(whole.regions.len(), 1, "what is not named stays");
}

#[actix_web::test]
async fn tests_are_marked_few_and_only_for_proved_groups() {
    let rig = Rig::new().await;
    let id = rig.connected().await;
    assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::NotPossible(_))));
    rig.groups.verify(rig.admin, id, &rig.wecom.code()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(rig.groups.test(rig.admin, id).await.unwrap(), Some("0".to_owned()));
    }
    assert!(matches!(rig.groups.test(rig.admin, id).await, Err(GroupError::TooMany(_))));
    let heard = rig.wecom.heard();
    assert_eq!(heard.len(), 4);
    assert!(heard[1].contains("【72小时】测试"), "{heard:?}");
}

#[actix_web::test]
async fn a_test_waits_for_the_robots_budget_and_for_a_delivery_under_way() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    let now = rig.house.now();
    let hold = |opens: DateTime<Utc>| {
        rig.groups.store.write(move |tx| {
            lanes::hold(tx, id, (now, now + TimeDelta::seconds(30)), &|sends| {
                assert!(
                    matches!(sends.len(), 1 | 2),
                    "the code is in the lane's book, and the test joins it"
                );
                opens
            })
        })
    };
    let full = hold(now + TimeDelta::seconds(60)).await.unwrap();
    assert!(matches!(full, Err(lanes::NotHeld::Full(until)) if until == now + TimeDelta::seconds(60)));
    hold(now).await.unwrap().unwrap();
    let busy = rig.groups.test(rig.admin, id).await;
    assert!(matches!(busy, Err(GroupError::TooMany(_))), "{busy:?}");
    rig.house.advance(TimeDelta::seconds(30));
    rig.groups.test(rig.admin, id).await.unwrap();
}

#[actix_web::test]
async fn a_failed_test_says_why() {
    let rig = Rig::new().await;
    let id = rig.active().await;
    for (answer, outcome) in [
        (r#"{"errcode":45009,"errmsg":"freq"}"#, "slow"),
        ("<html>", "unknown"),
        (r#"{"errcode":93004,"errmsg":"stopped"}"#, "gone"),
    ] {
        rig.wecom.answers(answer);
        match rig.groups.test(rig.admin, id).await {
            Err(GroupError::Unreachable(refusal)) => assert_eq!(refusal.ended.as_str(), outcome),
            other => panic!("{other:?}"),
        }
        // The wait that the robot asked for is observed.
        rig.house.advance(TimeDelta::seconds(60));
    }
}
