//! Stopped with SIGTERM, as at every upgrade: what is under way is ended and written down, so nothing is lost and
//! nothing comes twice; but no stop waits for long.

use super::crowd::Mood;
use super::scene::Scene;
use super::{HEARD, count};
use crate::house::Db;
use crate::process::{Program, assert_audit, eventually};
use crate::{Test, filed, shared};

pub const TESTS: &[Test] =
    &[shared!(a_rolling_restart_loses_and_repeats_nothing), filed!(a_stop_waits_for_nobody_who_hangs)];

/// Groups that each notice goes to: more than a node leases at once.
const GROUPS: usize = 400;

/// Three nodes, of which each in turn is stopped in the middle of a fan-out that it began, and started anew.
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

/// A chat that says nothing and a visitor whose request never ends: the stop comes before the chat's time is up,
/// so nothing is known of its message, and it is said again.
async fn a_stop_waits_for_nobody_who_hangs(db: Db) {
    let scene = Scene::set(db, 3, Mood::Silent).await;
    let program = scene.start().await;
    let visitor = program.door.hang().await;
    scene.publish(&program.door, 0).await;
    eventually("all chats were asked", async || scene.crowd.requests() == 3).await;
    let ended = program.stop().await;
    assert!(ended.success(), "{ended}");
    let heard = count(&scene.db, HEARD).await;
    assert_eq!(heard, 0, "it waited for as long as a chat may take");
    drop(visitor);

    scene.crowd.turn(Mood::Well(0));
    let program = scene.start().await;
    scene.everybody_hears().await;
    scene.assert_bounded(1);
    program.kill();
    assert_audit(&scene.db);
}
