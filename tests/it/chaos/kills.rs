//! Processes are killed with SIGKILL at random moments of a fan-out, on one to three nodes. Every group hears
//! of the notice, and each kill duplicates no more messages than the window holds.
//!
//! `SEVENTYTWO_KILLS=1000` sets the number of kills, `SEVENTYTWO_CHAOS=17` the random seed.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::asked;
use super::crowd::{Arrival, Mood};
use super::dice::Dice;
use super::scene::{Scene, WINDOW};
use crate::house::Db;
use crate::process::{Program, assert_audit};
use crate::{Test, bare};

pub const TESTS: &[Test] = &[bare!(killed_at_random_nothing_is_lost_and_little_comes_twice)];

/// The most kills in one fan-out.
const KILLS: usize = 4;
/// No process starts faster than this, and no request is on its way for longer.
const ON_THE_WAY: Duration = Duration::from_millis(10);
/// The most messages between two kills, so that the fan-out outlasts them.
const MESSAGES: usize = 150;

async fn killed_at_random_nothing_is_lost_and_little_comes_twice(db: Db) {
    let (kills, seed) = (asked("SEVENTYTWO_KILLS", 3) as usize, asked("SEVENTYTWO_CHAOS", 1));
    println!("SEVENTYTWO_CHAOS={seed} SEVENTYTWO_KILLS={kills}");
    // A window more than may be duplicated, or nothing could be duplicated too often.
    let groups = WINDOW * (kills.min(KILLS) + 1);
    let scene = Scene::set(db, groups, Mood::Well(150)).await;
    let mut storm = Storm { scene, dice: Dice::new(seed), nodes: Vec::new() };
    let mut sum = Sum::default();
    for round in 0.. {
        if sum.kills >= kills {
            break;
        }
        let most = (kills - sum.kills).min(KILLS);
        let killed = storm.publish_and_kill(round, most).await;
        storm.scene.everybody_hears().await;
        sum.add(&storm.scene.crowd.forget(), groups, &killed);
    }
    assert_eq!(storm.scene.recorded().await, sum.delivered, "what was on record was said again");
    println!("{}: {sum}", if storm.scene.db.is_sqlite() { "SQLite" } else { "PostgreSQL" });
    storm.nodes.clear();
    assert_audit(&storm.scene.db);
}

/// The nodes, and the random events.
struct Storm {
    scene: Scene,
    dice: Dice,
    nodes: Vec<Program>,
}

impl Storm {
    /// Lets a notice go out, and kills nodes until all groups have heard of it or there were enough kills.
    /// Returns the kills.
    async fn publish_and_kill(&mut self, round: u32, most: usize) -> Vec<Kill> {
        self.nodes.clear();
        let nodes = if self.scene.db.is_sqlite() { 1 } else { 1 + self.dice.below(3) };
        for _ in 0..nodes {
            self.nodes.push(self.scene.start().await);
        }
        self.scene.publish(&self.nodes[0].door, round).await;
        let mut killed: Vec<Kill> = Vec::new();
        while killed.len() < most && !self.scene.all_have_heard().await {
            self.scene.moment(&mut self.dice, MESSAGES).await;
            let victim = self.dice.below(self.nodes.len());
            self.nodes.swap_remove(victim).kill();
            let mut kill = Kill::now(nodes == 1 && self.scene.crowd.requests() > 0);
            // Some processes are killed before they even listen.
            while killed.len() + 1 < most && self.dice.percent(10) {
                let early = self.scene.spawn();
                let lives = Duration::from_millis(self.dice.below(150) as u64);
                tokio::time::sleep(lives).await;
                drop(early);
                killed.push(std::mem::replace(&mut kill, Kill::now(nodes == 1)));
            }
            let node = self.scene.spawn();
            kill.followed_at = Instant::now();
            self.nodes.push(node.listening().await);
            killed.push(kill);
        }
        killed
    }
}

/// A kill.
struct Kill {
    /// Whether it left no node to send, in the middle of a fan-out.
    leaves_nobody: bool,
    /// When the next process was started.
    followed_at: Instant,
}

impl Kill {
    fn now(leaves_nobody: bool) -> Kill {
        Kill { leaves_nobody, followed_at: Instant::now() }
    }
}

/// The results of all kills.
#[derive(Default)]
struct Sum {
    kills: usize,
    delivered: usize,
    twice: usize,
    /// The most duplicates in one fan-out, per kill.
    twice_of_a_kill: usize,
    /// The most copies of one message that one group got.
    most_of_a_group: usize,
    /// The longest time between a message and its duplicate.
    repeated_after: Duration,
    /// The times from the start of a process, where no other node sends, to its first message.
    sends_after: Vec<Duration>,
}

impl Sum {
    fn add(&mut self, arrivals: &[Arrival], groups: usize, killed: &[Kill]) {
        let mut told: HashMap<&str, Vec<Instant>> = HashMap::new();
        for arrival in arrivals {
            told.entry(&arrival.group).or_default().push(arrival.at);
        }
        let twice = arrivals.len() - told.len();
        assert_eq!(told.len(), groups, "groups that heard of it");
        assert!(twice <= WINDOW * killed.len(), "{twice} came twice after {} kills", killed.len());
        for (group, times) in &told {
            assert!(times.len() <= 1 + killed.len(), "{group} got it {} times", times.len());
            self.most_of_a_group = self.most_of_a_group.max(times.len());
            let between = times.windows(2).map(|pair| pair[1] - pair[0]);
            self.repeated_after = between.fold(self.repeated_after, Duration::max);
        }
        for kill in killed.iter().filter(|kill| kill.leaves_nobody) {
            // What the killed process had sent may still arrive for a moment.
            let first = arrivals.iter().find(|arrival| arrival.at > kill.followed_at + ON_THE_WAY);
            self.sends_after.extend(first.map(|first| first.at - kill.followed_at));
        }
        self.sends_after.sort_unstable();
        self.kills += killed.len();
        self.delivered += told.len();
        self.twice += twice;
        self.twice_of_a_kill = self.twice_of_a_kill.max(twice / killed.len().max(1));
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sum { kills, delivered, twice, twice_of_a_kill, most_of_a_group, .. } = self;
        let of = |hundredths: usize| self.sends_after.get(self.sends_after.len() * hundredths / 100);
        let (median, most) = (of(50).copied().unwrap_or_default(), self.sends_after.last());
        write!(
            f,
            "{kills} kills, {delivered} delivered, none lost, {twice} came twice (in a fan-out at most {twice_of_a_kill} for \
             each kill, {most_of_a_group} times to one group, the last after {:?}); alone, a new process \
             sends after {median:?}, at most {:?}",
            self.repeated_after,
            most.copied().unwrap_or_default(),
        )
    }
}
