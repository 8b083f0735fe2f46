//! From the commit that makes a notice live to the first byte at a chat, on an idle queue: for one group, for
//! very many, and where another node sends.

use std::time::Instant;

use bytes::Bytes;
use seventytwo::domain::delivery::DeliveryState;
use seventytwo::domain::region::{Level, Region};
use seventytwo::store::{broadcasts, tally};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::fan_out::named;
use crate::house::{Db, House, until};
use crate::{ceilings, line, quantile, sink};

/// Notices, each for a county with one group, so that no robot's pace matters.
const ROUNDS: usize = 60;
/// Notices for many groups, which all have to hear them afterwards.
const LARGE_ROUNDS: usize = 3;

type Arrivals = mpsc::UnboundedReceiver<Instant>;

pub async fn measure(db: Db) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens").to_string();
    let (tell, mut arrivals) = mpsc::unbounded_channel();
    tokio::spawn(sink::serve(listener, Some(tell)));
    let house = House::start(db, &[&address]).await;
    let wanted = 2 * ROUNDS;
    let counties: Vec<&str> =
        Region::all().iter().filter(|r| r.level() == Level::County).map(Region::code).take(wanted).collect();
    let one_each =
        counties.iter().enumerate().map(|(place, region)| (format!("g{place}"), *region)).collect();
    house.connect(&address, one_each).await;
    // The same socket without a program: one request after the other.
    let (rate, _) = ceilings::posts(&address, Bytes::from_static(b"{}"), 500, 1).await;
    let bare = 1e3 / rate;

    let worker = house.work();
    let mut waits = waits(&house, &mut arrivals, &counties[..ROUNDS]).await;
    tell_of(&house, "first byte", &mut waits, bare);
    for (groups, county, city) in [(1_000, "440106", "440100"), (100_000, "330106", "330100")] {
        house.connect(&address, named(city, groups)).await;
        let mut waits = self::waits(&house, &mut arrivals, &[county; LARGE_ROUNDS]).await;
        tell_of(&house, &format!("first byte of {groups} groups"), &mut waits, bare);
    }
    drop(worker);
    if !house.db.is_sqlite() {
        let other = house.another_node(&address).await;
        let worker = other.work();
        let mut waits = self::waits(&house, &mut arrivals, &counties[ROUNDS..]).await;
        tell_of(&house, "first byte from another node", &mut waits, bare);
        drop(worker);
    }
}

fn tell_of(house: &House, what: &str, waits: &mut [f64], bare: f64) {
    line(&house.db, &format!("{what}, median ms (bare exchange)"), quantile(waits, 0.5), Some(bare));
    line(&house.db, &format!("{what}, p99 ms (bare exchange)"), quantile(waits, 0.99), Some(bare));
}

/// A notice for each of those counties, one after the other: milliseconds until the first arrival.
async fn waits(house: &House, arrivals: &mut Arrivals, counties: &[&str]) -> Vec<f64> {
    let mut waits = Vec::new();
    for county in counties {
        let case = house.approved(county).await;
        while arrivals.try_recv().is_ok() {}
        house.stations.publish_cooled().await.expect("it goes live");
        let begun = Instant::now();
        let arrived: Instant = arrivals.recv().await.expect("the sink tells");
        waits.push(arrived.saturating_duration_since(begun).as_secs_f64() * 1e3);
        let broadcast = house.broadcast(&case).await;
        let (store, now) = (&house.stations.shared.store, house.stations.shared.clock.now());
        until(async || {
            let read = store.read(move |c| {
                let said = broadcasts::by_id(c, broadcast)?.expect("it was planned");
                Ok((said.expanded, tally::tally(c, &said, now)?))
            });
            let (expanded, tally) = read.await.expect("the store answers");
            expanded && tally.iter().all(|t| t.state == DeliveryState::Delivered)
        })
        .await;
    }
    waits
}
