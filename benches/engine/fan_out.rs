//! One notice to many groups: from its release until the last result is on the disk.

use std::time::{Duration, Instant};

use prometheus::Registry;
use seventytwo::broadcast::platforms::Act;
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::store::broadcasts;
use tokio::time::sleep;

use crate::house::{Db, House};
use crate::sink::Sink;
use crate::{ceilings, line, process};

/// What a part may take at most; then it tells how far it came.
const TIME: Duration = Duration::from_secs(25);

pub async fn measure(db: Db) {
    let sink = Sink::start();
    let house = House::start(db, &sink.address).await;
    // Two cities, so that the second notice finds lanes that rested.
    for (groups, county, city) in [(1_000, "131003", "131000"), (10_000, "440106", "440100")] {
        let named = (0..groups).map(|n| (format!("{city}-{n}"), city)).collect();
        house.connect(&sink.address, named).await;
        one(&house, &sink, groups, county).await;
    }
}

async fn one(house: &House, sink: &Sink, groups: usize, county: &str) {
    let case = house.approved(county).await;
    let registry = Registry::new();
    house.stations.worker.figures.register(&registry).expect("figures have names");
    process::forget_peak();
    let before = attempts(&registry);
    let worker = house.work();
    let (begun, cpu) = (Instant::now(), process::cpu());
    house.stations.let_out().await.expect("it goes live");
    let broadcast = house.broadcast(&case).await;
    let mut delivered = 0;
    while delivered < groups && begun.elapsed() < TIME {
        sleep(Duration::from_millis(2)).await;
        // Counting the rows costs, too: only when they should all be there.
        if attempts(&registry) < before + groups {
            continue;
        }
        let tally = house.stations.shared.store.read(move |c| broadcasts::tally(c, broadcast)).await;
        let tally = tally.expect("the store answers");
        delivered = tally.iter().filter(|t| t.state == "delivered").map(|t| t.deliveries as usize).sum();
    }
    let rate = delivered as f64 / begun.elapsed().as_secs_f64();
    let each = (process::cpu() - cpu).as_secs_f64() * 1e6 / delivered.max(1) as f64;
    let peak = process::peak_mb();
    drop(worker);

    let script = &house.stations.worker.script;
    let written = script.written(broadcast, Language::default()).await.expect("the message is written");
    let body = script.body(&written, Platform::Dingtalk, Act::Say(0)).await.expect("it has words").bytes;
    let (most, least) = ceilings::posts(&sink.address, body, 20_000, 128).await;
    if delivered < groups {
        println!("{:<10} only {delivered} of {groups} within {} s", house.db.name(), TIME.as_secs());
    }
    line(&house.db, &format!("recorded/s, {groups} groups (bare posts/s)"), rate, Some(most));
    line(&house.db, &format!("CPU us each, {groups} groups (bare post)"), each, Some(least));
    line(&house.db, &format!("peak MB, {groups} groups"), peak, None);
}

/// Requests that have ended so far.
fn attempts(registry: &Registry) -> usize {
    let all = registry.gather();
    let attempts = all.iter().filter(|family| family.name() == "seventytwo_attempts_total");
    attempts.flat_map(|family| family.get_metric()).map(|one| one.get_counter().get_value() as usize).sum()
}
