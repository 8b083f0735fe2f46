//! Several nodes on one PostgreSQL, stopped and killed while a broadcast goes out: every group hears of it,
//! and the others take over what a node had leased.

use serde_json::json;
use seventytwo::domain::people::Role;

use crate::house::Db;
use crate::process::{
    Asked, Chats, GROUPS, Program, assert_audit, backlog, connect_groups, eventually, person,
};
use crate::{Test, shared};

pub const TESTS: &[Test] = &[shared!(three_nodes_stopped_and_killed_lose_nothing)];

async fn three_nodes_stopped_and_killed_lose_nothing(db: Db) {
    let chats = Chats::start().await;
    let settings =
        [("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_PLATFORM_HOSTS", &format!("wecom={}", chats.url))];
    let token = person(&db, "林志愿", Role::Moderator).await;
    person(&db, "王群主", Role::GroupAdmin).await;
    connect_groups(&db, &chats.url, "王群主").await;
    let first = Program::start(&db, &settings).await;
    let second = Program::start(&db, &settings).await;
    let third = Program::start(&db, &settings).await;

    let made = first.door.submit(&Asked::new(0, 0)).await.unwrap().expect(201);
    let case = made["case_number"].as_str().unwrap();
    first.door.approve(case, &token).await.unwrap();
    // The chats hold messages: the node that took the decision has most of the lanes, and dies with them.
    eventually("the chats sit on messages", async || chats.taken().len() >= 120).await;
    first.kill();
    let fourth = Program::start(&db, &settings).await;
    chats.answer(250);
    eventually("the others take over", async || chats.taken().len() >= 280).await;
    second.pause();
    chats.answer(400);
    eventually("two go on without the third", async || chats.taken().len() >= 410).await;
    second.resume();
    chats.answer_all();

    let all_heard = async || chats.count("text").len() == GROUPS && backlog(&db).await == 0;
    eventually("every group hears of it", all_heard).await;
    for kind in ["text", "image"] {
        let told = chats.count(kind);
        assert_eq!(told.len(), GROUPS, "groups that got the {kind}");
        assert!(told.values().all(|times| *times <= 3), "no more than once for each disturbance: {told:?}");
    }

    // It is over: each group is told once, whichever node does it.
    let before = chats.taken().len();
    let closing = json!({"outcome": "returned", "announce": true});
    let manage = made["manage_token"].as_str();
    let close = fourth.door.call(reqwest::Method::POST, "/my/notice/close", manage, Some(&closing));
    close.await.unwrap().expect(200);
    let told = async || chats.taken().len() >= before + GROUPS && backlog(&db).await == 0;
    eventually("every group hears that it is over", told).await;
    assert_eq!(chats.taken().len(), before + GROUPS, "each group is told once that it is over");
    for node in [second, third, fourth] {
        node.kill();
    }
    assert_audit(&db);
}
