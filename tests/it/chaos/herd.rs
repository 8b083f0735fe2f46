//! After an outage everything that failed is due again, perhaps all in the very same instant. Its host gets
//! no more at once than ever, even if it hangs, and other hosts wait for nothing.

use super::crowd::{Crowd, Mood};
use super::scene::Scene;
use super::{count, run};
use crate::house::Db;
use crate::process::{assert_audit, eventually};
use crate::{Test, bare};

pub const TESTS: &[Test] = &[
    bare!(what_is_due_again_in_one_instant_overruns_nobody),
    bare!(a_new_notice_waits_for_no_host_that_hangs),
];

/// Groups of the host that is back and hangs, and of another host.
const GROUPS: usize = 3_000;
const OTHERS: usize = 10;
/// The most requests that one host has under way.
const SHARE: usize = 512;
/// The same for a host that has never answered since the program started.
const SHARE_OF_SILENCE: usize = 192;

async fn what_is_due_again_in_one_instant_overruns_nobody(db: Db) {
    let others = Crowd::start(Mood::Unwell(503)).await;
    let scene = Scene::set(db, GROUPS, Mood::Unwell(503)).await.beside(&others, OTHERS).await;
    let program = scene.start().await;
    scene.publish(&program.door, 0).await;
    let open = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'open'";
    let waits = async || count(&scene.db, open).await as usize == GROUPS + OTHERS;
    eventually("everything waits for the hosts", waits).await;
    program.kill();
    scene.crowd.deserted().await;
    make_due_in_one_instant(&scene.db).await;
    scene.crowd.forget();

    // The hosts do not answer, so requests under way add up.
    scene.crowd.turn(Mood::Silent);
    others.turn(Mood::Well(0));
    let program = scene.start().await;
    eventually("the others wait for nothing", async || others.told().len() == OTHERS).await;
    scene.crowd.turn(Mood::Well(0));
    scene.everybody_hears().await;
    let most = scene.crowd.most_at_once();
    assert!((2..=SHARE_OF_SILENCE).contains(&most), "{most} at once");
    assert_eq!(scene.crowd.requests(), GROUPS, "each is asked once more");
    program.kill();
    assert_audit(&scene.db);
}

async fn a_new_notice_waits_for_no_host_that_hangs(db: Db) {
    let others = Crowd::start(Mood::Well(0)).await;
    let scene = Scene::set(db, SHARE + 100, Mood::Silent).await.beside(&others, OTHERS).await;
    let program = scene.start().await;
    scene.publish(&program.door, 0).await;
    eventually("the others hear of it", async || others.told().len() == OTHERS).await;
    let ended = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'unknown'";
    assert_eq!(count(&scene.db, ended).await, 0, "they waited for the one that hangs");
    program.kill();
}

/// As if everything that failed had been put off to the same moment, and that moment had come.
async fn make_due_in_one_instant(db: &Db) {
    let sql = "UPDATE deliveries SET due_at = (SELECT created_at FROM broadcasts), queued = TRUE \
               WHERE state = 'open'; \
               UPDATE lanes SET open_at = (SELECT created_at FROM broadcasts), \
                 leased_until = (SELECT created_at FROM broadcasts)";
    run(db, sql).await;
}
