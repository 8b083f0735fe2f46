//! Stopped with SIGTERM, as at every upgrade: what is under way is finished and recorded, so nothing is lost
//! and nothing is duplicated; but no stop waits for long.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use reqwest::Method;
use serde_json::json;
use seventytwo::store::Conn;
use seventytwo::store::migrate::LOCK;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot, watch};

use super::crowd::Mood;
use super::scene::Scene;
use super::{HEARD, count, run};
use crate::house::Db;
use crate::process::{Program, Running, assert_audit, command, eventually};
use crate::{Test, bare, shared};

pub const TESTS: &[Test] = &[
    shared!(a_rolling_restart_loses_and_repeats_nothing),
    bare!(a_stop_waits_for_nobody_who_hangs),
    bare!(a_stop_waits_for_whoever_is_slow),
    bare!(a_stop_waits_on_a_connection_that_a_page_opened),
    shared!(a_stop_waits_for_no_database_that_is_silent),
    shared!(a_stop_waits_for_no_migration_of_another_node),
];

/// How many groups each notice goes to: more than a node leases at once.
const GROUPS: usize = 400;

/// Three nodes, each stopped in turn in the middle of a fan-out that it began, and started again.
async fn a_rolling_restart_loses_and_repeats_nothing(db: Db) {
    let scene = Scene::set(db, GROUPS, Mood::Well(400)).await;
    let mut nodes: Vec<Program> = Vec::new();
    for _ in 0..3 {
        nodes.push(scene.start().await);
    }
    for round in 0..3 {
        let node = nodes.remove(0);
        let before = scene.crowd.requests();
        scene.publish(&node.door, round).await;
        eventually("the notice goes out", async || scene.crowd.requests() >= before + GROUPS / 8).await;
        let ended = node.stop().await;
        assert!(ended.success(), "{ended}");
        nodes.push(scene.start().await);
    }
    let all = 3 * GROUPS;
    eventually("every group hears of all", async || scene.delivered().await == all).await;
    let told = scene.crowd.told();
    assert!(told.len() == GROUPS && told.values().all(|times| *times == 3), "{told:?}");
    assert_eq!((scene.crowd.requests(), scene.recorded().await), (all, all));
    nodes.clear();
    assert_audit(&scene.db);
}

/// A chat that does not answer, and a visitor whose request never ends. The stop comes before the chat's time
/// is up, so it is in doubt whether the chat has the message. That is recorded, and the message is sent once
/// more a minute later.
async fn a_stop_waits_for_nobody_who_hangs(db: Db) {
    let scene = Scene::set(db, 3, Mood::Silent).await;
    let program = scene.start().await;
    let visitor = program.door.hang().await;
    scene.publish(&program.door, 0).await;
    eventually("all chats were asked", async || scene.crowd.requests() == 3).await;
    let ended = program.stop().await;
    assert!(ended.success(), "{ended}");
    let in_doubt = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'unknown' AND code = 'stopped'";
    assert_eq!((count(&scene.db, in_doubt).await, count(&scene.db, HEARD).await), (3, 3));
    drop(visitor);

    scene.crowd.turn(Mood::Well(0));
    // As if the minute had passed.
    let due = "UPDATE deliveries SET due_at = (SELECT created_at FROM broadcasts); \
               UPDATE lanes SET open_at = (SELECT created_at FROM broadcasts)";
    run(&scene.db, due).await;
    let program = scene.start().await;
    scene.everybody_hears().await;
    scene.assert_bounded(1);
    program.kill();
    assert_audit(&scene.db);
}

/// Chats that answer, but only after several seconds: what they were sent is recorded, so nothing is repeated.
async fn a_stop_waits_for_whoever_is_slow(db: Db) {
    let scene = Scene::set(db, 3, Mood::Slow(6_000)).await;
    let program = scene.start().await;
    scene.publish(&program.door, 0).await;
    eventually("all chats were asked", async || scene.crowd.requests() == 3).await;
    let ended = program.stop().await;
    assert!(ended.success(), "{ended}");
    let in_doubt = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'unknown'";
    assert_eq!((count(&scene.db, in_doubt).await, scene.delivered().await), (0, 3));
}

/// The chat answers over the connection over which it was sent a test: a page's, as far as its runtime goes.
async fn a_stop_waits_on_a_connection_that_a_page_opened(db: Db) {
    let scene = Scene::set(db, 1, Mood::Well(0)).await;
    let program = scene.start().await;
    let groups =
        program.door.call(Method::GET, "/groups", Some(&scene.admin), None).await.unwrap().expect(200);
    let test = format!("/groups/{}/test", groups["items"][0]["id"].as_str().unwrap());
    program.door.call(Method::POST, &test, Some(&scene.admin), Some(&json!({}))).await.unwrap().expect(200);
    scene.crowd.turn(Mood::Slow(6_000));
    scene.publish(&program.door, 0).await;
    eventually("the chat was asked", async || scene.crowd.requests() == 2).await;
    let ended = program.stop().await;
    assert!(ended.success(), "{ended}");
    let in_doubt = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'unknown'";
    assert_eq!((count(&scene.db, in_doubt).await, scene.delivered().await), (0, 1));
}

/// A connection to the database that is open but carries nothing any more, while a job waits for an answer.
async fn a_stop_waits_for_no_database_that_is_silent(db: Db) {
    let line = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut url = reqwest::Url::parse(&db.url).unwrap();
    let server = url.socket_addrs(|| None).unwrap();
    url.set_ip_host(line.local_addr().unwrap().ip()).unwrap();
    url.set_port(Some(line.local_addr().unwrap().port())).unwrap();
    let (silent, asked) = (watch::Sender::new(false), Arc::<Notify>::default());
    tokio::spawn({
        let (silent, asked) = (silent.clone(), asked.clone());
        async move {
            while let Ok((program, _)) = line.accept().await {
                let server = TcpStream::connect(&*server).await.unwrap();
                tokio::spawn(carry(program, server, silent.subscribe(), asked.clone()));
            }
        }
    });
    let often = [("SEVENTYTWO_SWEEP", "* * * * * *")];
    let program = Program::start(&Db::at(url.into()), &often).await;
    let ready = async || program.door.page("/readyz").await.unwrap().status().as_u16();
    assert_eq!(ready().await, 200);
    silent.send_replace(true);
    asked.notified().await;
    let told = tokio::time::timeout(Duration::from_secs(60), ready()).await;
    assert_eq!(told.expect("it waits for no line that is never given up"), 503);
    let stop = tokio::spawn(program.stop());
    eventually("it stops", async || stop.is_finished()).await;
    let ended = stop.await.unwrap();
    assert!(ended.success(), "{ended}");
}

/// Forwards traffic until it is silenced; reports traffic after that.
async fn carry(
    mut program: TcpStream,
    mut server: TcpStream,
    mut silent: watch::Receiver<bool>,
    asked: Arc<Notify>,
) {
    tokio::select! {
        carried = tokio::io::copy_bidirectional(&mut program, &mut server) => drop(carried),
        () = async { drop(silent.wait_for(|silent| *silent).await) } => {
            program.readable().await.unwrap();
            asked.notify_one();
            std::future::pending().await
        }
    }
}

/// Another node migrates for as long as it likes; this one has begun to wait for it.
async fn a_stop_waits_for_no_migration_of_another_node(db: Db) {
    let (locked, done) = (oneshot::channel(), mpsc::channel::<()>());
    let other = db.database();
    let other = tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&other).unwrap();
        let Conn::Pg(c) = &mut conn else { unreachable!("only PostgreSQL is shared") };
        c.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
        locked.0.send(()).unwrap();
        done.1.recv().unwrap();
    });
    locked.1.await.unwrap();
    let waiting = Running::spawn(command(&db), &[]);
    let waits = "SELECT COUNT(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    eventually("it waits", async || count(&db, waits).await == 1).await;
    let stop = tokio::spawn(waiting.stop());
    eventually("it stops", async || stop.is_finished()).await;
    let ended = stop.await.unwrap();
    assert!(ended.success(), "{ended}");
    done.0.send(()).unwrap();
    other.await.unwrap();
}
