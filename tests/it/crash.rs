//! Killed with SIGKILL in the middle of its work and started again: what was answered is there, nothing is
//! half done, and what was under way goes on. The program runs as its own process, by the real clock.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use seventytwo::domain::life_cycle::State;
use seventytwo::domain::people::Role;
use seventytwo::store::events::{self, Walked};
use tokio::task::JoinSet;

use crate::house::Db;
use crate::process::{
    Asked, Chats, GROUPS, Message, Program, assert_audit, backlog, connect_groups, eventually, left_alone,
    peek, person, recorded, standing,
};
use crate::{Test, bare};

pub const TESTS: &[Test] = &[
    bare!(killed_while_notices_come_in),
    bare!(killed_while_people_decide),
    bare!(killed_while_a_broadcast_goes_out),
];

/// Every notice answered with 201 is there afterwards, once and whole. A request that was cut off may be
/// there or not; the same idempotency key decides which.
async fn killed_while_notices_come_in(db: Db) {
    let program = Program::start(&db, &[]).await;
    let answered = Arc::new(Mutex::new(Vec::new()));
    let mut reporters = JoinSet::new();
    for reporter in 0..16 {
        let (door, answered) = (program.door.clone(), Arc::clone(&answered));
        reporters.spawn(async move {
            for number in 0.. {
                let asked = Asked::new(reporter, number);
                match door.submit(&asked).await {
                    Ok(reply) => answered.lock().unwrap().push((asked, reply.expect(201))),
                    Err(_) => return asked,
                }
            }
            unreachable!("a reporter stops where the program does")
        });
    }
    eventually("notices come in", async || answered.lock().unwrap().len() >= 100).await;
    program.kill();
    let cut_off = reporters.join_all().await;
    let answered = std::mem::take(&mut *answered.lock().unwrap());

    let program = Program::start(&db, &[]).await;
    for (asked, receipt) in &answered {
        let again = program.door.submit(asked).await.unwrap().expect(200);
        assert_eq!(again, *receipt);
        program.door.assert_readable(receipt).await;
    }
    for asked in &cut_off {
        let reply = program.door.submit(asked).await.unwrap();
        assert!(reply.status.is_success(), "{}", reply.text);
        program.door.assert_readable(&reply.body).await;
    }
    program.kill();
    // Every notice has exactly one event now: one more would mean half a notice, or a duplicate.
    let total = answered.len() + cut_off.len();
    let verdict = peek(&db, |c| events::verify(c, None)).await;
    assert!(matches!(verdict, Walked::Whole { lines, .. } if lines == total as i64), "{total}: {verdict:?}");
    assert_audit(&db);
}

/// Every decision that was answered stands, with its event; no notice has one without the other; and the rest
/// can still be decided.
async fn killed_while_people_decide(db: Db) {
    let settings = [("SEVENTYTWO_COOLING", "1h")];
    let mut team = Vec::new();
    for name in ["林志愿", "周志愿", "吴志愿", "郑志愿"] {
        team.push(person(&db, name, Role::Moderator).await);
    }
    let program = Program::start(&db, &settings).await;
    let mut cases = Vec::new();
    for number in 0..40 {
        let made = program.door.submit(&Asked::new(0, number)).await.unwrap().expect(201);
        cases.push(made["case_number"].as_str().unwrap().to_owned());
    }
    let (door, program) = (program.door.clone(), Arc::new(Mutex::new(Some(program))));
    let decided = Arc::new(Mutex::new(HashSet::new()));
    let mut moderators = JoinSet::new();
    for (token, cases) in team.iter().cloned().zip(cases.chunks(10).map(<[String]>::to_vec)) {
        let (door, program, decided) = (door.clone(), Arc::clone(&program), Arc::clone(&decided));
        moderators.spawn(async move {
            for case in cases {
                let Ok(state) = door.approve(&case, &token).await else { return };
                assert_eq!(state, "cooling");
                let mut decided = decided.lock().unwrap();
                decided.insert(case);
                // The twelfth decision kills it, while the others are in progress.
                if decided.len() == 12 {
                    program.lock().unwrap().take().expect("it is killed once").kill();
                }
            }
        });
    }
    moderators.join_all().await;
    let decided = std::mem::take(&mut *decided.lock().unwrap());
    assert!((12..cases.len()).contains(&decided.len()), "{} of {} decided", decided.len(), cases.len());
    left_alone(&db).await;

    let program = Program::start(&db, &settings).await;
    let mut open = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let (state, approvals, approved) = standing(&db, case).await;
        let cooling = state == State::Cooling;
        assert!(cooling || !decided.contains(case), "{case} was answered and is {state:?}");
        assert_eq!((approvals, approved), if cooling { (1, 1) } else { (0, 0) }, "{case} is half decided");
        if !cooling {
            open.push((case, &team[place / 10]));
        }
    }
    for (case, token) in open {
        assert_eq!(program.door.approve(case, token).await.unwrap(), "cooling");
    }
    program.kill();
    assert_audit(&db);
}

/// Every group gets the notice. Only what was unrecorded at the kill is duplicated. The closing comes to
/// everybody once.
async fn killed_while_a_broadcast_goes_out(db: Db) {
    let chats = Chats::start().await;
    let settings =
        [("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_PLATFORM_HOSTS", &format!("wecom={}", chats.url))];
    let token = person(&db, "林志愿", Role::Moderator).await;
    person(&db, "王群主", Role::GroupAdmin).await;
    connect_groups(&db, &chats.url, "王群主").await;
    let program = Program::start(&db, &settings).await;
    let made = program.door.submit(&Asked::new(0, 0)).await.unwrap().expect(201);
    let case = made["case_number"].as_str().unwrap();
    program.door.approve(case, &token).await.unwrap();

    // The chats answer a hundred messages and hold the next ones.
    eventually("the chats sit on messages", async || chats.taken().len() >= 120).await;
    program.kill();
    chats.answer_all();
    chats.deserted().await;
    let recorded = peek(&db, recorded).await;
    let unrecorded = chats.taken().len() - recorded.values().sum::<usize>();
    assert!(unrecorded > 0, "killed when all was recorded: that shows nothing");

    let program = Program::start(&db, &settings).await;
    let all_heard = async || chats.count("text").len() == GROUPS && backlog(&db).await == 0;
    eventually("every group hears of it", all_heard).await;
    let mut doubled = 0;
    for (part, kind) in ["text", "image"].into_iter().enumerate() {
        let told = chats.count(kind);
        assert_eq!(told.len(), GROUPS, "groups that got the {kind}");
        for (group, times) in told {
            let most = if recorded[&group] > part { 1 } else { 2 };
            assert!(times <= most, "{times} times the {kind} in {group}");
            doubled += times - 1;
        }
    }
    assert!(doubled <= unrecorded, "{doubled} messages came twice, {unrecorded} were unrecorded");
    let first = chats.taken().len();

    let closing = json!({"outcome": "returned", "announce": true});
    let manage = made["manage_token"].as_str();
    let closed = program.door.call(Method::POST, "/my/notice/close", manage, Some(&closing)).await.unwrap();
    closed.expect(200);
    let all_told = async || chats.taken().len() >= first + GROUPS && backlog(&db).await == 0;
    eventually("every group hears that it is over", all_told).await;
    let closings: Vec<Message> = chats.taken().split_off(first);
    let heard: HashSet<&str> = closings.iter().map(|m| m.group.as_str()).collect();
    assert_eq!((closings.len(), heard.len()), (GROUPS, GROUPS), "each group is told once that it is over");
    program.kill();
    assert_audit(&db);
}
