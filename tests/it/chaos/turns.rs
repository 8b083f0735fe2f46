//! Notices are paused, resumed, edited and ended while they go out and their results are written, on two
//! nodes where the database allows it. Nobody is refused because of another, nothing is lost, and what is
//! over stays over.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::Text;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::delivery::DeliveryState;
use seventytwo::store::{Conn, StoreResult, broadcasts, notices, tally};

use super::asked;
use super::crowd::{Arrival, Mood};
use super::dice::Dice;
use super::scene::Scene;
use crate::house::Db;
use crate::process::{Door, Program, assert_audit, backlog, command, eventually, peek};
use crate::{Test, bare};

pub const TESTS: &[Test] = &[bare!(turned_in_the_middle_every_notice_is_heard_to_its_end)];

const GROUPS: usize = 300;
/// The words of a closing and of a correction.
const ENDS: [&str; 2] = ["请停止转发", "更正"];

async fn turned_in_the_middle_every_notice_is_heard_to_its_end(db: Db) {
    let scene = Scene::set(db, GROUPS, Mood::Well(30)).await;
    let mut nodes = Vec::new();
    for _ in 0..if scene.db.is_sqlite() { 1 } else { 2 } {
        let mut command = command(&scene.db);
        command.env("SEVENTYTWO_LOG", "warn");
        nodes.push(scene.spawn_by(command).listening().await);
    }
    let (first, last) = (&nodes[0].door, &nodes[nodes.len() - 1].door);
    let (closed, removed, paused, changed) = tokio::join!(
        Turned::publish(&scene, first, 0),
        Turned::publish(&scene, last, 1),
        Turned::publish(&scene, first, 2),
        Turned::publish(&scene, last, 3),
    );
    let seed = asked("SEVENTYTWO_CHAOS", 1);
    println!("SEVENTYTWO_CHAOS={seed}");
    tokio::join!(
        close(&closed),
        remove(&removed, Dice::new(seed)),
        pause_again_and_again(&paused, Dice::new(seed + 1)),
        change(&changed),
    );
    // What is cooling or not planned yet is in no backlog.
    let all_is_said = async || {
        let newest = paused.newest_is_heard().await && changed.newest_is_heard().await;
        newest && backlog(&scene.db).await == 0
    };
    eventually("all is said, to every group the newest words", all_is_said).await;

    let arrivals = scene.crowd.arrivals();
    for one in [&closed, &removed] {
        one.assert_over(&arrivals, one.tried().await);
    }
    paused.assert_heard_once(&arrivals, paused.tried().await);
    let refused: Vec<String> = nodes.iter().flat_map(Program::log).collect();
    assert!(!refused.iter().any(|line| line.contains("could not")), "{refused:#?}");
    nodes.clear();
    assert_audit(&scene.db);
}

/// A notice, and the API that its people use.
struct Turned<'a> {
    scene: &'a Scene,
    door: &'a Door,
    case: String,
    manage: String,
}

impl<'a> Turned<'a> {
    async fn publish(scene: &'a Scene, door: &'a Door, number: u32) -> Turned<'a> {
        let made = scene.publish(door, number).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Turned { scene, door, case: text("case_number"), manage: text("manage_token") }
    }

    /// Waits until this many groups have heard of it, while it still goes out to others.
    async fn goes_out(&self, groups: usize) {
        let heard = async || self.said(&self.scene.crowd.arrivals()).count() >= groups;
        eventually("it goes out", heard).await;
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: &Value) {
        self.door.call(method, path, Some(token), Some(body)).await.unwrap().expect(200);
    }

    /// A moderator takes a step.
    async fn turn(&self, step: &str) {
        let (path, token) = (format!("/review/{}", self.case), &self.scene.token);
        let sheet = self.door.call(Method::GET, &path, Some(token), None).await.unwrap().expect(200);
        let body = json!({"version": sheet["version"], "reason": "other", "note": "…"});
        self.call(Method::POST, &format!("{path}/{step}"), token, &body).await;
    }

    /// What was said of it, each with the group that got it.
    fn said<'b>(&self, arrivals: &'b [Arrival]) -> impl Iterator<Item = (&'b str, &'b str)> {
        let said =
            arrivals.iter().map(|arrival| (&*arrival.group, std::str::from_utf8(&arrival.said).unwrap()));
        said.filter(|(_, said)| said.contains(&self.case))
    }

    /// For each group the requests about it that have a row of their own.
    async fn tried(&self) -> Tried {
        let case = self.case.replace('-', "");
        let asked = format!(
            "SELECT g.name AS name, a.outcome AS outcome, \
               b.purpose || ': ' || a.outcome || ' ' || COALESCE(a.code, '-') || ', ' || a.took_ms || ' ms, ' || a.at AS line \
             FROM attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN groups g ON g.id = a.group_id \
             JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
             WHERE n.case_number = '{case}' ORDER BY a.id"
        );
        let asked = move |c: &mut Conn| -> StoreResult<Vec<Request>> {
            Ok(match c {
                Conn::Pg(c) => diesel::sql_query(asked).load(&mut **c)?,
                Conn::Sqlite(c) => diesel::sql_query(asked).load(&mut **c)?,
            })
        };
        let mut of: HashMap<String, Vec<Request>> = HashMap::new();
        for request in peek(&self.scene.db, asked).await {
            of.entry(request.name.clone()).or_default().push(request);
        }
        Tried { of, excused: HashMap::new() }
    }

    /// Exactly the groups that heard of it heard that it is over, once, and nothing about it afterwards.
    #[track_caller]
    fn assert_over(&self, arrivals: &[Arrival], mut tried: Tried) {
        let (mut heard, mut over) = (HashSet::new(), HashSet::new());
        for (group, said) in self.said(arrivals) {
            let first = if ENDS.iter().any(|end| said.contains(end)) {
                over.insert(group)
            } else {
                assert!(!over.contains(group), "{group} heard of it after its end: {said}\n{tried}");
                heard.insert(group)
            };
            assert!(first || tried.excuses(group), "{group} heard it twice: {said}\n{tried}");
        }
        assert!(!heard.is_empty());
        assert_eq!(over, heard, "who heard of it hears its end");
    }

    /// All groups heard of it once.
    #[track_caller]
    fn assert_heard_once(&self, arrivals: &[Arrival], mut tried: Tried) {
        let mut heard = HashSet::new();
        for (group, said) in self.said(arrivals) {
            assert!(heard.insert(group) || tried.excuses(group), "{group} heard it twice: {said}\n{tried}");
        }
        assert_eq!(heard.len(), GROUPS);
    }

    /// Whether no edit waits and all groups have received what was said last.
    async fn newest_is_heard(&self) -> bool {
        let case = self.case.parse().unwrap();
        let heard = move |c: &mut Conn| -> StoreResult<bool> {
            let notice = notices::by_case(c, case)?.expect("it was published");
            let last = broadcasts::of_notice(c, notice.id.0)?.pop().expect("it went out");
            let tally = tally::tally(c, &last, last.created_at.0)?;
            let delivered = tally.iter().filter(|line| line.state == DeliveryState::Delivered);
            let delivered: i64 = delivered.map(|line| line.deliveries).sum();
            Ok(notice.pending_revision.is_none() && delivered == GROUPS as i64)
        };
        peek(&self.scene.db, heard).await
    }
}

/// A request that did not complete its delivery, as recorded.
#[derive(Debug, QueryableByName)]
struct Request {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Text)]
    line: String,
}

/// Such requests by group, and how many of each group have already excused a duplicate.
struct Tried {
    of: HashMap<String, Vec<Request>>,
    excused: HashMap<String, usize>,
}

impl Tried {
    /// Whether a group may get something once more: an answer was in doubt, as after fifteen seconds without
    /// one, or came when the lease had ended and another node had taken the lane, as when a process is held
    /// up for that long.
    fn excuses(&mut self, group: &str) -> bool {
        let in_doubt = |request: &&Request| matches!(&*request.outcome, "unknown" | "delivered");
        let doubts = self.of.get(group).map_or(0, |requests| requests.iter().filter(in_doubt).count());
        let excused = self.excused.entry(group.to_owned()).or_default();
        *excused += 1;
        *excused <= doubts
    }
}

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut requests = self.of.values().flatten();
        requests.try_for_each(|request| writeln!(f, "{}, {}", request.name, request.line))
    }
}

async fn close(notice: &Turned<'_>) {
    notice.goes_out(100).await;
    let body = json!({"outcome": "returned", "announce": true});
    notice.call(Method::POST, "/my/notice/close", &notice.manage, &body).await;
}

async fn remove(notice: &Turned<'_>, mut dice: Dice) {
    notice.goes_out(50).await;
    notice.turn("pause").await;
    notice.scene.moment(&mut dice, 50).await;
    notice.turn("remove").await;
}

async fn pause_again_and_again(notice: &Turned<'_>, mut dice: Dice) {
    notice.goes_out(20).await;
    for _ in 0..10 {
        notice.scene.moment(&mut dice, 60).await;
        notice.turn("pause").await;
        notice.scene.moment(&mut dice, 30).await;
        notice.turn("resume").await;
    }
}

async fn change(notice: &Turned<'_>) {
    for (groups, colour) in [(50, "红色"), (150, "绿色")] {
        notice.goes_out(groups).await;
        notice.call(Method::PATCH, "/my/notice", &notice.manage, &json!({"item": {"colour": colour}})).await;
        notice.door.approve(&notice.case, &notice.scene.token).await.unwrap();
    }
}
