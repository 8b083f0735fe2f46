//! From the release of an approved notice to the first byte at a chat, on an idle queue. The release is
//! begun by hand, so that neither the cooling nor the scheduler's second counts; its commit does.

use std::time::Instant;

use bytes::Bytes;
use seventytwo::domain::region::{Level, Region};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::house::{Db, House, until};
use crate::{ceilings, line, quantile, sink};

/// Notices, each for a county and its one group: no robot's pace matters.
const ROUNDS: usize = 60;

pub async fn measure(db: Db) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens").to_string();
    let (tell, mut arrivals) = mpsc::unbounded_channel();
    tokio::spawn(sink::serve(listener, Some(tell)));
    let house = House::start(db, &[&address]).await;
    let counties: Vec<&str> =
        Region::all().iter().filter(|r| r.level() == Level::County).map(Region::code).take(ROUNDS).collect();
    let named = counties.iter().enumerate().map(|(place, region)| (format!("g{place}"), *region)).collect();
    house.connect(&address, named).await;
    let worker = house.work();

    let mut waits = Vec::new();
    for county in counties {
        let case = house.approved(county).await;
        let begun = Instant::now();
        house.stations.let_out().await.expect("it goes live");
        let arrived: Instant = arrivals.recv().await.expect("the sink tells");
        waits.push((arrived - begun).as_secs_f64() * 1e3);
        let broadcast = house.broadcast(&case).await;
        let store = &house.stations.shared.store;
        until(async || {
            let tally = store.read(move |c| seventytwo::store::broadcasts::tally(c, broadcast)).await;
            tally.expect("the store answers").iter().all(|t| t.state == "delivered")
        })
        .await;
    }
    drop(worker);
    // The same socket without a program: one request after the other.
    let (rate, _) = ceilings::posts(&address, Bytes::from_static(b"{}"), 500, 1).await;
    let bare = Some(1e3 / rate);
    line(&house.db, "release to first byte, median ms (bare exchange)", quantile(&mut waits, 0.5), bare);
    line(&house.db, "release to first byte, p99 ms (bare exchange)", quantile(&mut waits, 0.99), bare);
}
