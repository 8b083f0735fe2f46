//! A fan-out of the real program to a crowd of chats, by the real clock.

use std::time::{Duration, Instant};

use serde_json::Value;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::count;
use super::crowd::{Crowd, Mood};
use super::dice::Dice;
use crate::house::Db;
use crate::process::{Asked, Door, Program, Running, backlog, command, connect, eventually, person};

/// How many sends of one node may be unrecorded at any time, as in the worker.
pub const WINDOW: usize = 640;

/// A database with groups in it, and their chats.
pub struct Scene {
    pub db: Db,
    pub crowd: Crowd,
    pub groups: usize,
    settings: Vec<(&'static str, String)>,
    pub token: String,
    /// The token of the groups' admin.
    pub admin: String,
}

impl Scene {
    pub async fn set(db: Db, groups: usize, mood: Mood) -> Scene {
        let crowd = Crowd::start(mood).await;
        let settings = vec![
            ("SEVENTYTWO_COOLING", "0s".to_owned()),
            ("SEVENTYTWO_PLATFORM_HOSTS", format!("dingtalk={}", crowd.url)),
        ];
        let token = person(&db, "林志愿", Role::Moderator).await;
        let admin = person(&db, "王群主", Role::GroupAdmin).await;
        let chats = (0..groups).map(|n| (Platform::Dingtalk, crowd.url.as_str(), format!("g{n}")));
        connect(&db, "王群主", chats).await;
        Scene { db, crowd, groups, settings, token, admin }
    }

    /// The same with this many more groups at another host, which are last in every order.
    pub async fn beside(mut self, neighbours: &Crowd, groups: usize) -> Scene {
        let (_, hosts) = self.settings.last_mut().expect("where the chats are");
        *hosts = format!("{hosts},wecom={}", neighbours.url);
        let chats = (0..groups).map(|n| (Platform::Wecom, neighbours.url.as_str(), format!("n{n}")));
        connect(&self.db, "王群主", chats).await;
        self
    }

    pub fn spawn(&self) -> Running {
        self.spawn_by(command(&self.db))
    }

    pub fn spawn_by(&self, command: std::process::Command) -> Running {
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Running::spawn(command, &settings)
    }

    pub async fn start(&self) -> Program {
        self.spawn().listening().await
    }

    /// Lets a notice go out to all groups; returns its reporter's receipt.
    pub async fn publish(&self, door: &Door, number: u32) -> Value {
        let asked = Asked::new(number / 10_000, number % 10_000);
        let made = door.submit(&asked).await.unwrap().expect(201);
        door.approve(made["case_number"].as_str().unwrap(), &self.token).await.unwrap();
        made
    }

    pub async fn all_have_heard(&self) -> bool {
        self.crowd.told().len() == self.groups && backlog(&self.db).await == 0
    }

    pub async fn everybody_hears(&self) {
        eventually("every group hears of it", async || self.all_have_heard().await).await;
    }

    /// Waits for a random moment: until up to this many more messages have come, or for a while.
    pub async fn moment(&self, dice: &mut Dice, messages: usize) {
        let until = self.crowd.requests() + dice.below(messages);
        let latest = Instant::now() + Duration::from_millis(dice.below(1_500) as u64);
        while self.crowd.requests() < until && Instant::now() < latest {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// How many deliveries are recorded as arrived.
    pub async fn delivered(&self) -> usize {
        count(&self.db, "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'").await as usize
    }

    /// How many requests are recorded as arrived.
    pub async fn recorded(&self) -> usize {
        let arrived = "SELECT (SELECT COUNT(*) FROM attempts WHERE outcome = 'delivered') \
             + (SELECT COUNT(took_ms) FROM deliveries) AS n";
        count(&self.db, arrived).await as usize
    }

    /// Every group heard of it; something broke `broke` times, and each time no group heard of it once more than
    /// that.
    #[track_caller]
    pub fn assert_bounded(&self, broke: usize) {
        let told = self.crowd.told();
        let twice: usize = told.values().map(|times| times - 1).sum();
        println!("{} groups, {broke} times broken, {twice} came twice", told.len());
        assert_eq!(told.len(), self.groups, "groups that heard of it");
        let most = told.values().max().copied().unwrap_or_default();
        assert!(most <= 1 + broke, "one group got it {most} times");
    }
}
