//! What a notice costs beside things that must not matter to it: groups that hang, a million deliveries whose
//! time has not come, and a million that are finished. The ceiling is the same notice without them.

use chrono::TimeDelta;
use diesel::RunQueryDsl as _;
use seventytwo::broadcast::send::Limits as SendLimits;
use seventytwo::store::{Conn, StoreError};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::fan_out::{Run, named, one};
use crate::house::{Db, House};
use crate::line;
use crate::sink::{SILENT, Sink};

/// Groups of a notice, and how many of them hang.
const GROUPS: usize = 20_000;
const HANGING: usize = 200;
/// Deliveries that are due tomorrow, and as many that are finished.
const MILLION: i64 = 1_000_000;

/// One group in a hundred takes the request and answers nothing: first at a host of their own, then at the
/// host of all others.
pub async fn hanging(db: Db) {
    let (sink, silent) = (Sink::start(), TcpListener::bind("127.0.0.1:0").await.expect("a free port"));
    let silence = silent.local_addr().expect("it listens").to_string();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    let house = House::start(db, &[&sink.address, &silence]).await;
    let answering = GROUPS - HANGING;
    house.connect(&sink.address, named("131000", answering)).await;
    for (city, silent) in [("440100", &silence), ("330100", &sink.address)] {
        let others =
            named(city, answering).into_iter().map(|(name, city)| (sink.address.clone(), name, city));
        let hang = (0..HANGING).map(|n| (silent.clone(), format!("{SILENT}{city}-{n}"), city));
        house.connect_mixed(others.chain(hang).collect()).await;
    }
    let alone = one(&house, "131003", answering).await;
    for (county, whose) in [("440106", "a host of their own"), ("330106", "the same host")] {
        let beside = one(&house, county, answering).await;
        let what = format!("recorded/s beside {HANGING} groups that hang, {whose} (without)");
        line(&house.db, &what, beside.rate, Some(alone.rate));
        let what = format!("ms to 99 % of the others beside {HANGING} that hang, {whose} (without)");
        line(&house.db, &what, beside.nearly_all_ms, Some(alone.nearly_all_ms));
        // What hangs holds its places until it is given up.
        sleep(SendLimits::default().longest()).await;
    }
}

/// The queue holds a million deliveries for tomorrow; then its table holds a million more that are finished.
pub async fn scheduled(db: Db) {
    let sink = Sink::start();
    let house = House::start(db, &[&sink.address]).await;
    for city in ["131000", "440100", "330100"] {
        house.connect(&sink.address, named(city, GROUPS)).await;
    }
    let alone = one(&house, "131003", GROUPS).await;
    let tomorrow = house.stations.shared.clock.now() + TimeDelta::days(1);
    for (county, beside, state) in [("440106", "scheduled", "open"), ("330106", "finished", "delivered")] {
        let fill = move |tx: &mut Conn| fill(tx, state, tomorrow.timestamp_micros());
        house.stations.shared.store.write(fill).await.expect("the rows are written");
        let crowded = one(&house, county, GROUPS).await;
        let cost = |run: &Run| run.cpu_each + run.server_cpu_each;
        let what = format!("CPU us each, the server's too, beside a million {beside} (without)");
        line(&house.db, &what, cost(&crowded), Some(cost(&alone)));
        let what = format!("recorded/s beside a million {beside} (without)");
        line(&house.db, &what, crowded.rate, Some(alone.rate));
    }
}

/// Adds deliveries of the broadcast there is, to groups that do not matter; open ones are queued.
fn fill(tx: &mut Conn, state: &str, due_at: i64) -> Result<(), StoreError> {
    let columns = "INSERT INTO deliveries \
        (broadcast_id, group_id, priority, state, queued, due_at, attempts, part, reach)";
    let queued = state == "open";
    match tx {
        Conn::Sqlite(c) => drop(diesel::sql_query(format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MILLION}) {columns} \
             SELECT (SELECT id FROM broadcasts LIMIT 1), randomblob(16), 2, '{state}', {queued}, {due_at}, 0, 0, 0 FROM n"
        ))
        .execute(&mut **c)?),
        // A server does so by itself, within a minute.
        Conn::Pg(c) => diesel::connection::SimpleConnection::batch_execute(&mut **c, &format!(
            "{columns} SELECT (SELECT id FROM broadcasts LIMIT 1), gen_random_uuid(), 2, '{state}', {queued}, \
             to_timestamp({due_at} / 1000000), 0, 0, 0 FROM generate_series(1, {MILLION}); ANALYZE deliveries"
        ))?,
    };
    Ok(())
}
