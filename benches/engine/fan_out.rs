//! One notice to many groups: from its release until the last result is on the disk.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prometheus::Registry;
use serde::{Deserialize, Serialize};
use seventytwo::broadcast::platforms::Act;
use seventytwo::domain::delivery::DeliveryState;
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::store::{broadcasts, tally};
use tokio::time::sleep;

use crate::house::{Db, House};
use crate::sink::Sink;
use crate::{ceilings, line, process};

/// The longest that one notice may take; after that it reports how far it came.
const TIME: Duration = Duration::from_secs(60);

/// The arguments that make this program connect groups, or send one notice to them, in a process of its own,
/// whose memory then holds nothing else.
pub const CONNECT: &str = "connect";
pub const SEND: &str = "send";

/// How many groups there are, the county they are in, and the city that a notice for them names. Each number
/// has a city of its own, so that no notice finds lanes that rest.
const ROUNDS: [(usize, &str, &str); 3] =
    [(1_000, "131003", "131000"), (10_000, "440106", "440100"), (100_000, "330106", "330100")];

pub async fn measure(db: Db) {
    let sink = Sink::start();
    for (groups, ..) in ROUNDS {
        apart(CONNECT, &db, &sink, groups);
        let run: Run = serde_json::from_str(&apart(SEND, &db, &sink, groups)).expect("a run is told");
        let (most, least) = ceilings::posts(&sink.address, run.body.into(), 20_000, 128).await;
        if run.delivered < groups {
            println!(
                "{:<10} only {} of {groups} in {} s",
                db.database().name(),
                run.delivered,
                TIME.as_secs()
            );
        }
        line(&db, &format!("recorded/s, {groups} groups (bare posts/s)"), run.rate, Some(most));
        line(&db, &format!("CPU us each, {groups} groups (bare post)"), run.cpu_each, Some(least));
        if !db.is_sqlite() {
            let what = format!("CPU us each with the server's, {groups} groups");
            line(&db, &what, run.cpu_each + run.server_cpu_each, Some(least));
        }
        line(&db, &format!("peak MB, {groups} groups"), run.peak_mb, None);
    }
}

/// Runs that command in a process of its own; returns what it prints.
fn apart(command: &str, db: &Db, sink: &Sink, groups: usize) -> String {
    let own = std::env::current_exe().expect("a program knows where it is");
    let arguments = [command, &db.url, &sink.address, &groups.to_string()];
    let said = Command::new(own).args(arguments).stderr(Stdio::inherit()).output().expect("it starts");
    assert!(said.status.success(), "{command}: {}", said.status);
    String::from_utf8(said.stdout).expect("it says words")
}

/// What a process of its own does when [`apart`] starts it.
pub async fn alone(asked: &[String]) {
    let [command, url, sink, groups] = asked else { panic!("{asked:?}") };
    let groups = groups.parse().expect("a number");
    let (_, county, city) = ROUNDS.into_iter().find(|round| round.0 == groups).expect("a round");
    let house = House::start(Db::at(url.clone()), &[sink]).await;
    if command == CONNECT {
        return house.connect(sink, named(city, groups)).await;
    }
    let run = one(&house, county, groups).await;
    println!("{}", serde_json::to_string(&run).expect("it can be told"));
}

/// Names for so many groups of a city.
pub fn named(city: &'static str, groups: usize) -> Vec<(String, &'static str)> {
    (0..groups).map(|n| (format!("{city}-{n}"), city)).collect()
}

/// What one notice cost.
#[derive(Serialize, Deserialize)]
pub struct Run {
    pub delivered: usize,
    /// Deliveries recorded a second.
    pub rate: f64,
    /// Milliseconds until 99 in 100 were recorded.
    pub nearly_all_ms: f64,
    /// Microseconds of processor time for each delivery.
    pub cpu_each: f64,
    /// The same for the database's server.
    pub server_cpu_each: f64,
    pub peak_mb: f64,
    /// The body that was posted.
    pub body: Vec<u8>,
}

/// One notice of that county, until `wanted` deliveries are recorded.
pub async fn one(house: &House, county: &str, wanted: usize) -> Run {
    let case = house.approved(county).await;
    let registry = Registry::new();
    house.stations.worker.metrics.register(&registry).expect("figures have names");
    process::forget_peak();
    let before = recorded(&registry);
    let worker = house.work();
    let (begun, cpu, server_cpu) = (Instant::now(), process::cpu(), process::cpu_of_servers());
    house.stations.publish_cooled().await.expect("it goes live");
    let broadcast = house.broadcast(&case).await;
    let mut nearly_all_ms = f64::INFINITY;
    loop {
        let (done, elapsed) = (recorded(&registry) - before, begun.elapsed());
        if done * 100 >= wanted * 99 {
            nearly_all_ms = nearly_all_ms.min(elapsed.as_secs_f64() * 1e3);
        }
        if done >= wanted || elapsed >= TIME {
            break;
        }
        sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed().as_secs_f64();
    let peak_mb = process::peak_mb();
    let (cpu, server_cpu) = (process::cpu() - cpu, process::cpu_of_servers().saturating_sub(server_cpu));
    let now = house.stations.shared.clock.now();
    let read = house.stations.shared.store.read(move |c| {
        let said = broadcasts::by_id(c, broadcast)?.expect("it was planned");
        tally::tally(c, &said, now)
    });
    let tally = read.await.expect("the store answers");
    let delivered: usize =
        tally.iter().filter(|t| t.state == DeliveryState::Delivered).map(|t| t.deliveries as usize).sum();
    let rate = delivered as f64 / took;
    let each = |used: Duration| used.as_secs_f64() * 1e6 / delivered.max(1) as f64;
    let (cpu_each, server_cpu_each) = (each(cpu), each(server_cpu));
    drop(worker);
    let script = &house.stations.worker.script;
    let written = script.written(broadcast, Language::default()).await.expect("the message is written");
    let body = script.body(&written, Platform::Dingtalk, Act::Say(0), now).await;
    let body = body.expect("no picture is waited for").expect("it has words").bytes;
    let body = body.to_vec();
    Run { delivered, rate, nearly_all_ms, cpu_each, server_cpu_each, peak_mb, body }
}

/// How many results are on the disk.
fn recorded(registry: &Registry) -> usize {
    let all = registry.gather();
    let recorded = all.iter().filter(|family| family.name() == "seventytwo_results_recorded_total");
    recorded.flat_map(|family| family.get_metric()).map(|one| one.get_counter().get_value() as usize).sum()
}
