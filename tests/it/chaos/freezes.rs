//! Three nodes on one PostgreSQL. One freezes with requests under way until all its leases are over;
//! meanwhile the others are killed with SIGKILL or freeze for a moment, at random. The results that the
//! frozen node gets afterwards must not overwrite what the others did.
//!
//! `SEVENTYTWO_KILLS=1000` sets the number of disturbances, `SEVENTYTWO_CHAOS=17` the random seed.

use std::sync::mpsc;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use seventytwo::store::{Conn, StoreError};
use tokio::sync::oneshot;

use super::crowd::Mood;
use super::dice::Dice;
use super::scene::Scene;
use super::{HEARD, asked, count};
use crate::house::Db;
use crate::process::{Program, assert_audit, eventually};
use crate::{Test, shared};

pub const TESTS: &[Test] = &[
    shared!(frozen_and_killed_at_random_nothing_is_lost_or_written_over),
    shared!(what_a_frozen_transaction_has_locked_is_free_again),
];

/// Groups: more than a node leases at once, and fewer than a host may get at once.
const GROUPS: usize = 300;
/// The most disturbances while a node is frozen.
const MOST: usize = 20;

async fn frozen_and_killed_at_random_nothing_is_lost_or_written_over(db: Db) {
    let (wanted, seed) = (asked("SEVENTYTWO_KILLS", 5) as usize, asked("SEVENTYTWO_CHAOS", 5));
    println!("SEVENTYTWO_CHAOS={seed} SEVENTYTWO_KILLS={wanted}");
    let scene = Scene::set(db, GROUPS, Mood::Silent).await;
    let mut winter = Winter { scene, dice: Dice::new(seed), nodes: Vec::new(), published: 0 };
    let mut done = 0;
    while done < wanted {
        let now = (wanted - done).min(MOST);
        winter.freeze_one_and_disturb_the_others(now).await;
        done += now;
    }
    winter.nodes.clear();
    assert_audit(&winter.scene.db);
}

/// The nodes, and the random events.
struct Winter {
    scene: Scene,
    dice: Dice,
    nodes: Vec<Program>,
    published: u32,
}

impl Winter {
    async fn start(&mut self) {
        let node = self.scene.start().await;
        self.nodes.push(node);
    }

    async fn publish(&mut self) {
        self.scene.publish(&self.nodes[0].door, self.published).await;
        self.published += 1;
    }

    /// One notice goes out while all chats are silent, so that one node has all its requests under way and is
    /// not using the database. It freezes; another notice goes out without it.
    async fn freeze_one_and_disturb_the_others(&mut self, disturbances: usize) {
        self.nodes.clear();
        self.start().await;
        // A host that has never answered would not get all of them.
        self.scene.crowd.turn(Mood::Well(0));
        self.publish().await;
        self.everybody_has_heard().await;
        let (arrived, heard) = (self.scene.crowd.requests(), self.heard().await);
        self.scene.crowd.turn(Mood::Silent);
        self.publish().await;
        let all_asked = async || self.scene.crowd.requests() == arrived + GROUPS;
        eventually("all chats are asked", all_asked).await;
        // What a transaction has locked when its node freezes, no other node can have.
        let at_work = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
             AND state <> 'idle' AND pid <> pg_backend_pid()";
        eventually("nobody is at work", async || count(&self.scene.db, at_work).await == 0).await;
        let frozen = self.nodes.remove(0);
        frozen.pause();
        self.start().await;
        self.start().await;
        self.scene.crowd.turn(Mood::Well(150));
        self.publish().await;
        let mut kills = 0;
        for _ in 0..disturbances {
            self.scene.moment(&mut self.dice, GROUPS / 4).await;
            kills += self.disturb().await;
        }
        // A killed or frozen node still holds its lanes for as long as its leases last.
        self.everybody_has_heard().await;
        frozen.resume();
        let ended = frozen.stop().await;
        assert!(ended.success(), "{ended}");

        let new = 2 * GROUPS;
        let late = self.heard().await - heard - new;
        assert!(late > 0, "no result came when others had taken over: that shows nothing");
        let twice = self.scene.crowd.requests() - arrived - new;
        println!("{kills} kills, {disturbances} disturbances, {late} results came late, {twice} came twice");
        let over = "SELECT COUNT(*) AS n FROM deliveries d WHERE d.state <> 'delivered' \
             OR d.attempts < (SELECT COUNT(*) FROM attempts a WHERE a.delivery_id = d.id) \
               + CASE WHEN d.took_ms IS NULL THEN 0 ELSE 1 END";
        assert_eq!(count(&self.scene.db, over).await, 0, "late results were written over what others did");
    }

    /// Waits until every group has got everything published.
    async fn everybody_has_heard(&self) {
        let wanted = GROUPS * self.published as usize;
        eventually("every group hears of all", async || self.scene.delivered().await == wanted).await;
    }

    /// How many requests have a recorded end, in time or late.
    async fn heard(&self) -> usize {
        count(&self.scene.db, HEARD).await as usize
    }

    /// A node is killed and replaced, or freezes for a moment; returns how many were killed.
    async fn disturb(&mut self) -> usize {
        let victim = self.dice.below(self.nodes.len());
        if self.dice.percent(50) {
            self.nodes[victim].pause();
            let moment = Duration::from_millis(self.dice.below(1_500) as u64);
            tokio::time::sleep(moment).await;
            self.nodes[victim].resume();
            return 0;
        }
        self.nodes.swap_remove(victim).kill();
        self.start().await;
        1
    }
}

/// A node freezes in the middle of a transaction, and the others need what it has locked.
async fn what_a_frozen_transaction_has_locked_is_free_again(db: Db) {
    let (locked, frozen) = (oneshot::channel(), mpsc::channel::<()>());
    let node = tokio::task::spawn_blocking({
        let database = db.database();
        move || {
            let mut conn = Conn::open(&database).unwrap();
            conn.transaction(|conn| {
                let Conn::Pg(c) = conn else { unreachable!("only PostgreSQL is shared") };
                diesel::sql_query("SELECT pg_advisory_xact_lock(72)").execute(&mut **c)?;
                locked.0.send(()).unwrap();
                frozen.1.recv().unwrap();
                Ok::<_, StoreError>(())
            })
        }
    });
    locked.1.await.unwrap();
    let free = async || count(&db, "SELECT pg_try_advisory_xact_lock(72)::int::bigint AS n").await == 1;
    assert!(!free().await, "it is not locked");
    eventually("what it has locked is free", free).await;
    frozen.0.send(()).unwrap();
    assert!(node.await.unwrap().is_err(), "what it did meanwhile is not kept");
}
