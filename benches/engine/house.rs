//! The program for a measurement: on a free port and with the real clock; its groups are put straight into
//! the store, its doors are used as by anybody.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use seventytwo::accounts::{people, tokens};
use seventytwo::app::{App, Stations};
use seventytwo::broadcast::platforms::Credentials;
use seventytwo::clock::Clock;
use seventytwo::domain::group::{GroupState, Kinds, Platform};
use seventytwo::domain::language::Language;
use seventytwo::domain::notice::Kind;
use seventytwo::domain::people::Role;
use seventytwo::domain::region::Region;
use seventytwo::groups::{NewGroup, fresh};
use seventytwo::store::{Conn, StoreError, accounts, groups, notices};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use crate::ground::Db;
use crate::ground::{Networks, settings};

/// The program, with its doors open and its loops driven by us.
pub struct House {
    pub stations: Stations,
    pub db: Db,
    pub http: reqwest::Client,
    pub base: String,
    moderator: String,
    networks: Networks,
    numbers: AtomicU32,
    _running: DropGuard,
}

impl House {
    /// A house whose DingTalk robots are at those sinks: one request for each delivery, and words alone.
    pub async fn start(db: Db, sinks: &[&str]) -> House {
        let gateways: Vec<String> = sinks.iter().map(|sink| format!("dingtalk=http://{sink}")).collect();
        let more =
            [("SEVENTYTWO_COOLING", "0s".to_owned()), ("SEVENTYTWO_PLATFORM_HOSTS", gateways.join(","))];
        let config = settings(&db, &more);
        let app = App::build(config, Clock::system()).await.expect("the program starts");
        let (stations, base, stop) = (app.stations.clone(), app.url(), CancellationToken::new());
        tokio::spawn(app.serve(stop.clone()));
        let shared = &stations.shared;
        let now = shared.clock.now();
        let known =
            shared.store.read(|c| accounts::by_name(c, "moderator")).await.expect("the store answers");
        if known.is_none() {
            people::add(&shared.store, &shared.vault, now, "moderator", Role::Moderator, None)
                .await
                .expect("a moderator");
        }
        let moderator = tokens::add(&shared.store, now, "moderator", None).await.expect("a token");
        House {
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            networks: Networks::default(),
            numbers: AtomicU32::new(1),
            _running: stop.drop_guard(),
            stations,
            db,
            base,
            moderator,
        }
    }

    /// A POST to the API; panics unless it succeeds.
    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Value {
        let mut request = self
            .http
            .post(format!("{}/api/v1{path}", self.base))
            .header("x-forwarded-for", self.networks.next())
            .json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a whole answer");
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Hands in a notice of that region; returns its case number.
    pub async fn submit(&self, region: &str) -> String {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let at = self.stations.shared.clock.now() - chrono::TimeDelta::hours(3);
        let body = json!({
            "kind": "lost_property", "region": region,
            "reporter": {"name": "王小红", "phone": format!("+86138{number:08}"), "relation": "owner", "publish_phone": false},
            "consent": {"truthful": true, "publish": true}, "photo_ids": [],
            "description": "遗失在 12 路公交车上。",
            "item": {"direction": "lost", "what": "双肩包", "brand": "探路者", "colour": "蓝色", "is_document": false},
            "last_seen": {"at": at.to_rfc3339(), "precision": "about", "place": "12 路公交车"},
            "secret_detail": "内袋里有一张合影",
        });
        self.post("/notices", None, &body).await["case_number"].as_str().expect("a case number").to_owned()
    }

    /// Hands in a notice and approves it: it cools, and goes out when it is let out.
    pub async fn approved(&self, region: &str) -> String {
        let case = self.submit(region).await;
        let token = Some(self.moderator.as_str());
        let claimed = self.post(&format!("/review/{case}/claim"), token, &json!({})).await;
        let body = json!({"version": claimed["version"], "action": "approve", "reason": "verified"});
        self.post(&format!("/review/{case}/decisions"), token, &body).await;
        case
    }

    /// The broadcast of a notice that is live.
    pub async fn broadcast(&self, case: &str) -> uuid::Uuid {
        let case = case.parse().expect("a case number");
        let find = move |c: &mut Conn| {
            let notice = notices::by_case(c, case)?.expect("it was handed in").id.0;
            Ok(seventytwo::store::broadcasts::of_notice(c, notice)?.first().expect("it is live").id.0)
        };
        self.stations.shared.store.read(find).await.expect("the store answers")
    }

    /// Puts proved groups into the store, one for each name and region.
    pub async fn connect(&self, sink: &str, named: Vec<(String, &'static str)>) {
        self.connect_mixed(named.into_iter().map(|(name, region)| (sink.to_owned(), name, region)).collect())
            .await;
    }

    /// Connects groups of several sinks, in no order.
    pub async fn connect_mixed(&self, groups: Vec<(String, String, &'static str)>) {
        let (store, vault) = (&self.stations.shared.store, self.stations.shared.vault.clone());
        let now = self.stations.shared.clock.now();
        let connect = move |tx: &mut Conn| {
            let account = accounts::by_name(tx, "moderator")?.expect("the house has one").account.id;
            for (sink, name, region) in groups {
                let url = format!("http://{sink}/robot/send?access_token={name}");
                let credentials = Credentials::at(Platform::Dingtalk, url);
                let new = NewGroup {
                    name,
                    credentials,
                    secret: None,
                    regions: Vec::new(),
                    kinds: Kinds::from_iter([Kind::LostProperty]),
                    language: Language::default(),
                    hourly_cap: None,
                    quiet: None,
                };
                let mut group = fresh(&vault, account.0, &new, now);
                group.state = GroupState::Active;
                groups::insert(tx, &group, &[Region::parse(region).expect("a region")])?;
            }
            // A server does so by itself, within a minute.
            if let Conn::Pg(c) = tx {
                diesel::connection::SimpleConnection::batch_execute(&mut **c, "ANALYZE")?;
            }
            Ok::<_, StoreError>(())
        };
        store.write(connect).await.expect("groups are kept");
    }

    /// The same program once more on the same PostgreSQL, which wakes it.
    pub async fn another_node(&self, sink: &str) -> House {
        let house = House::start(Db::at(self.db.url.clone()), &[sink]).await;
        let worker = &house.stations.worker;
        let (store, work_is_due) = (worker.store.clone(), worker.work_is_due.clone());
        tokio::spawn(async move { store.listen(work_is_due, CancellationToken::new()).await });
        house
    }

    /// Starts the worker; it stops when the guard is dropped.
    pub fn work(&self) -> DropGuard {
        let stop = CancellationToken::new();
        tokio::spawn(self.stations.worker.clone().run(stop.clone()));
        stop.drop_guard()
    }
}

/// Asks until `holds` is true; panics after a minute.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
