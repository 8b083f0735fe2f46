//! Short of descriptors, of disk, or of its database: nothing is lost, nothing is sent again and again, and
//! the log does not fill the rest of the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use rlimit::{INFINITY, Resource, prlimit};
use seventytwo::broadcast::send::{Limits, Sender};
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::group::Platform;
use seventytwo::store::{Conn, Store, StoreError, events, seal};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot, watch};
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

use super::crowd::{Crowd, Mood};
use super::faults::house_of;
use super::scene::{Scene, WINDOW};
use super::{HEARD, count, run};
use crate::house::{Db, House};
use crate::process::{Program, assert_audit, command, connect, eventually};
use crate::{Test, bare, filed, housed, notices, shared};

pub const TESTS: &[Test] = &[
    bare!(short_of_descriptors_it_waits_for_some),
    filed!(on_a_full_disk_it_waits_for_room),
    housed!(leases_that_were_refused_take_nothing_away),
    housed!(what_cannot_be_recorded_is_not_followed_by_more),
    housed!(what_the_database_could_not_take_for_longer_than_a_lease_is_not_said_again),
    housed!(what_outlasts_its_lease_in_our_hands_is_not_said_again),
    filed!(the_writer_goes_on_when_there_is_room_again),
    shared!(one_question_finds_out_for_all),
    shared!(who_listens_finds_out_for_all),
    housed!(while_changes_are_refused_it_is_not_ready),
    shared!(cut_off_from_its_database_it_goes_on),
    shared!(turned_away_by_its_database_it_waits),
];

/// The most log lines that one shortage may cause.
const LINES: usize = 100;

/// How often results were refused, by its name in `/metrics`.
const REFUSED: &str = "seventytwo_database_refusals_total{what=\"results\"}";

/// How often any change was refused.
const CHANGES_REFUSED: &str = "seventytwo_database_refusals_total{what=\"changes\"}";

/// Sets a soft limit of a running process.
fn limit(program: &Program, resource: Resource, most: u64) {
    let pid = i32::try_from(program.running.id()).unwrap();
    let (mut soft, mut hard) = (0, 0);
    prlimit(pid, resource, None, Some((&mut soft, &mut hard))).unwrap();
    prlimit(pid, resource, Some((most.min(hard), hard)), None).unwrap();
}

/// More requests than descriptors: a request without a descriptor was not sent, so each group gets one
/// message.
async fn short_of_descriptors_it_waits_for_some(db: Db) {
    let scene = Scene::set(db, 200, Mood::Silent).await;
    let program = scene.start().await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.running.id())).unwrap().count();
    limit(&program, Resource::NOFILE, open as u64 + 24);
    scene.publish(&program.door, 0).await;
    let refused = "SELECT COUNT(*) AS n FROM attempts WHERE code = 'connect'";
    eventually("descriptors run out", async || count(&scene.db, refused).await >= 8).await;
    scene.crowd.turn(Mood::Well(0));
    let few = scene.crowd.requests();
    eventually("it goes on with few", async || scene.crowd.requests() > few).await;
    limit(&program, Resource::NOFILE, INFINITY);
    scene.everybody_hears().await;

    let told = scene.crowd.told();
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    let attempts = count(&scene.db, "SELECT COUNT(*) AS n FROM attempts").await;
    assert!(attempts <= 4 * scene.groups as i64, "{attempts} attempts");
    assert!(program.log().len() <= LINES, "{} lines", program.log().len());
}

/// No file may grow: to SQLite this looks like a full disk.
async fn on_a_full_disk_it_waits_for_room(db: Db) {
    let scene = Scene::set(db, 500, Mood::Silent).await;
    let serve = command(&scene.db);
    let mut ignoring = std::process::Command::new("/bin/sh");
    ignoring.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(serve.get_program());
    ignoring.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let program = scene.spawn_by(ignoring).listening().await;
    scene.publish(&program.door, 0).await;
    let (mut broke, path) = (0, scene.db.url.trim_start_matches("sqlite:").to_owned());
    // Sometimes there is room for a lease, but none for its results.
    for room in [0, 64 << 10, 256 << 10] {
        let (lines, before) = (program.log().len(), scene.crowd.requests());
        eventually("it sends", async || scene.crowd.requests() > before || scene.all_have_heard().await)
            .await;
        let size = |file: String| std::fs::metadata(file).map_or(0, |file| file.len());
        limit(&program, Resource::FSIZE, size(path.clone()).max(size(format!("{path}-wal"))) + room);
        // The first time there is certainly something to record.
        scene.crowd.turn(Mood::Well(100));
        let full = async || program.log().len() > lines || scene.all_have_heard().await;
        eventually("the disk is full", full).await;
        broke += usize::from(program.log().len() > lines);
        limit(&program, Resource::FSIZE, INFINITY);
    }
    scene.everybody_hears().await;
    assert!(broke > 0, "the disk was never full");
    scene.assert_bounded(broke);
    assert!(program.log().len() <= LINES, "{} lines", program.log().len());
    program.kill();
    assert_audit(&scene.db);
}

/// More deliveries are chosen and then refused by the database, again and again, than a host ever gets at
/// once. The clock stands still, so nothing is freed by time.
async fn leases_that_were_refused_take_nothing_away(house: House) -> House {
    const GROUPS: usize = 120;
    let crowd = Crowd::start(Mood::Well(0)).await;
    let (house, moderator) = house_of(house, &[(Platform::Dingtalk, &crowd.url)]).await;
    let chats = (0..GROUPS).map(|n| (Platform::Dingtalk, crowd.url.as_str(), format!("g{n}")));
    connect(&house.db, "王群主", chats).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;

    refuse(&house.db, "lanes").await;
    for _ in 0..10 {
        // A hundred at a time.
        let refused = house.stations.worker.drain().await;
        assert!(refused.is_err(), "there was nothing to refuse");
    }
    assert_eq!(crowd.requests(), 0);
    allow(&house.db, "lanes").await;
    house.settle().await;
    let told = crowd.told();
    assert!(told.len() == GROUPS && told.values().all(|times| *times == 1), "{told:?}");
    house
}

/// No more sends are unrecorded than the window holds, however many groups wait and however long. The clock
/// stands still, so no lease runs out and no result is discarded.
async fn what_cannot_be_recorded_is_not_followed_by_more(house: House) -> House {
    const GROUPS: usize = 2 * WINDOW;
    let crowd = Crowd::start(Mood::Well(0)).await;
    let (mut house, moderator) = house_of(house, &[(Platform::Dingtalk, &crowd.url)]).await;
    connect(
        &house.db,
        "王群主",
        (0..GROUPS).map(|n| (Platform::Dingtalk, crowd.url.as_str(), format!("g{n}"))),
    )
    .await;
    // As long as the lease allows, so that no chat is in doubt only because it waited for a processor.
    let longest = Duration::from_secs(20);
    let limits = Limits { connect: longest, exchange: longest, ..Limits::default() };
    let guard = house.stations.worker.sender.guard().clone();
    house.stations.worker.sender = Arc::new(Sender::new(guard, limits));
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;

    refuse(&house.db, "deliveries").await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(house.stations.worker.clone().run(stop.clone()));
    eventually("the window is full", async || crowd.requests() >= WINDOW).await;
    let tried = refusals(&house).await;
    eventually("it tries to record them again", async || refusals(&house).await >= tried + 3).await;
    assert_eq!(crowd.requests(), WINDOW);
    allow(&house.db, "deliveries").await;
    eventually("every group hears of it", async || count(&house.db, HEARD).await == GROUPS as i64).await;
    stop.cancel();
    working.await.unwrap().unwrap();
    let told = crowd.told();
    assert!(told.len() == GROUPS && told.values().all(|times| *times == 1), "{told:?}");
    house
}

/// Results that cannot be recorded are kept until they can, though their leases run out meanwhile.
async fn what_the_database_could_not_take_for_longer_than_a_lease_is_not_said_again(house: House) -> House {
    const GROUPS: usize = 20;
    let crowd = Crowd::start(Mood::Silent).await;
    let (house, moderator) = house_of(house, &[(Platform::Dingtalk, &crowd.url)]).await;
    let chats = (0..GROUPS).map(|n| (Platform::Dingtalk, crowd.url.as_str(), format!("g{n}")));
    connect(&house.db, "王群主", chats).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;

    let stop = CancellationToken::new();
    let working = tokio::spawn(house.stations.worker.clone().run(stop.clone()));
    eventually("it is said", async || crowd.requests() == GROUPS).await;
    refuse(&house.db, "lanes").await;
    crowd.turn(Mood::Well(0));
    eventually("it cannot be recorded", async || refusals(&house).await > 0).await;
    house.advance(LEASE_FOR + TimeDelta::seconds(1));
    let tried = refusals(&house).await;
    eventually("it tries to record it again", async || refusals(&house).await >= tried + 3).await;
    allow(&house.db, "lanes").await;
    eventually("every result is there", async || count(&house.db, HEARD).await == GROUPS as i64).await;
    stop.cancel();
    working.await.unwrap().unwrap();
    let told = crowd.told();
    assert!(told.len() == GROUPS && told.values().all(|times| *times == 1), "{told:?}");
    house
}

/// The process was held up, and its lease ends before the answer arrives. It still has the request under way,
/// so it must not send the message again.
async fn what_outlasts_its_lease_in_our_hands_is_not_said_again(house: House) -> House {
    let crowd = Crowd::start(Mood::Silent).await;
    let (house, moderator) = house_of(house, &[(Platform::Dingtalk, &crowd.url)]).await;
    connect(&house.db, "王群主", [(Platform::Dingtalk, crowd.url.as_str(), "g".to_owned())]).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;

    let (worker, stop) = (&house.stations.worker, CancellationToken::new());
    let working = tokio::spawn(worker.clone().run(stop.clone()));
    eventually("it is said", async || crowd.requests() == 1).await;
    house.advance(LEASE_FOR);
    worker.work_is_due.notify_one();
    // If it were leased again, it would be due at the end of that lease.
    let put_off =
        "SELECT COUNT(*) AS n FROM deliveries WHERE queued AND due_at > (SELECT leased_until FROM lanes)";
    let looked_at = async || crowd.requests() > 1 || count(&house.db, put_off).await == 1;
    eventually("it is looked at again", looked_at).await;
    crowd.turn(Mood::Well(0));
    eventually("its result is written down", async || count(&house.db, HEARD).await >= 1).await;
    stop.cancel();
    working.await.unwrap().unwrap();
    assert_eq!(crowd.requests(), 1);
    house
}

/// How often the database has refused to record results.
async fn refusals(house: &House) -> u64 {
    let page = house.page("/metrics").await.text;
    let counted = page.lines().find_map(|line| line.strip_prefix(REFUSED));
    counted.expect("it is counted").trim().parse().unwrap()
}

/// Reading goes on as before, so only a change can tell.
async fn while_changes_are_refused_it_is_not_ready(house: House) -> House {
    let refusals = async || {
        let shown = house.page("/metrics").await.text;
        let count = shown.lines().find_map(|line| line.strip_prefix(CHANGES_REFUSED));
        count.unwrap().trim().parse::<u32>().unwrap()
    };
    let ready = async || house.page("/readyz").await.status.as_u16();
    let shared = house.stations.shared.clone();
    let change = async || {
        let vault = shared.vault.clone();
        shared.store.write(move |tx| seal::again(tx, &vault)).await
    };
    let own = shared.store.write(|_| Err::<(), _>(StoreError::Corrupt("on purpose".to_owned())));
    own.await.unwrap_err();
    assert_eq!((ready().await, refusals().await), (200, 0), "no fault of the database's");
    refuse(&house.db, "seal").await;
    assert_eq!(ready().await, 200, "nobody has asked for a change");
    change().await.unwrap_err();
    assert_eq!(refusals().await, 1);
    assert_eq!((ready().await, ready().await, refusals().await), (503, 503, 3));
    allow(&house.db, "seal").await;
    assert_eq!((ready().await, refusals().await), (200, 3));
    house
}

/// From now on the table cannot be changed, as on a full disk.
async fn refuse(db: &Db, table: &str) {
    run(db, &if db.is_sqlite() {
        format!("CREATE TRIGGER refuse BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    } else {
        format!(
            "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE 'disk is full'; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    })
    .await;
}

async fn allow(db: &Db, table: &str) {
    let on = if db.is_sqlite() { String::new() } else { format!(" ON {table}") };
    run(db, &format!("DROP TRIGGER refuse{on}")).await;
}

/// A full disk makes SQLite roll back behind diesel's back: the writer needs a new connection.
async fn the_writer_goes_on_when_there_is_room_again(db: Db) {
    let store = Store::open(db.database()).await.unwrap();
    let run = |sql: &'static str| {
        store.write(move |tx| match tx {
            Conn::Sqlite(c) => {
                Ok::<_, StoreError>(diesel::connection::SimpleConnection::batch_execute(&mut **c, sql)?)
            }
            Conn::Pg(_) => unreachable!("a file"),
        })
    };
    run("CREATE TABLE stuff (of BLOB)").await.unwrap();
    for _ in 0..3 {
        // This limit belongs to the connection, not to the file.
        run("PRAGMA max_page_count = 1").await.unwrap();
        let full = run("INSERT INTO stuff VALUES (zeroblob(10000000))").await;
        assert!(full.is_err(), "the disk was not full");
        // The next statement may still fail, but none after it.
        drop(run("INSERT INTO stuff VALUES (zeroblob(10))").await);
        run("INSERT INTO stuff VALUES (zeroblob(100000))").await.unwrap();
    }
    assert_eq!(count(&db, "SELECT COUNT(*) AS n FROM stuff WHERE length(of) > 10").await, 3);
}

/// Opens so many connections of a store's pool, then ends all that the database has but those that listen, or
/// those, too.
async fn open_and_cut(store: &Store, db: &Db, but: &str) {
    const OPEN: usize = 8;
    let all_are_open = Arc::new(std::sync::Barrier::new(OPEN));
    let questions = (0..OPEN).map(|_| {
        let all_are_open = all_are_open.clone();
        store.read(move |_| {
            all_are_open.wait();
            Ok(())
        })
    });
    futures_util::future::try_join_all(questions).await.unwrap();
    let cut = format!(
        "SELECT COUNT(pg_terminate_backend(pid, 10000)) AS n FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE '{but}'"
    );
    assert!(count(db, cut).await >= OPEN as i64);
}

/// How many of a dozen questions, one after the other, fail.
async fn fail(store: &Store) -> usize {
    let (mut held, mut failed) = (Vec::new(), 0);
    for _ in 0..12 {
        let (hold, released) = std::sync::mpsc::channel::<()>();
        let (tell, told) = oneshot::channel();
        let store = store.clone();
        let question = tokio::spawn(async move {
            let answer = store.read(move |c| {
                events::verify(c, None)?;
                tell.send(()).unwrap();
                released.recv().unwrap_or_default();
                Ok(())
            });
            answer.await
        });
        if told.await.is_ok() {
            // It keeps its connection, so that the next one gets another.
            held.push((hold, question));
        } else {
            question.await.unwrap().unwrap_err();
            failed += 1;
        }
    }
    for (hold, question) in held {
        drop(hold);
        question.await.unwrap().unwrap();
    }
    failed
}

/// All idle connections end; nobody looks at them meanwhile.
async fn one_question_finds_out_for_all(db: Db) {
    let store = Store::open(db.database()).await.unwrap();
    open_and_cut(&store, &db, "LISTEN%").await;
    assert_eq!(fail(&store).await, 1);
}

/// The same, but a connection is listened to, and its end is noticed at once.
async fn who_listens_finds_out_for_all(db: Db) {
    let store = Store::open(db.database()).await.unwrap();
    let (woken, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let (listener, until, wake) = (store.clone(), stop.clone(), woken.clone());
    let listening = tokio::spawn(async move { listener.listen(wake, until).await });
    woken.notified().await;
    open_and_cut(&store, &db, "nobody").await;
    // Whoever listens again has noticed.
    woken.notified().await;
    assert_eq!(fail(&store).await, 0);
    stop.cancel();
    listening.await.unwrap();
}

/// All connections end, again and again, as when PostgreSQL is restarted.
async fn cut_off_from_its_database_it_goes_on(db: Db) {
    const CUTS: usize = 4;
    let (server, name) = db.url.split_once('?').unwrap().0.rsplit_once('/').unwrap();
    let admin = format!("{server}/postgres?sslmode=disable");
    let (client, connection) = tokio_postgres::connect(&admin, NoTls).await.unwrap();
    tokio::spawn(connection);
    let ours = format!("FROM pg_stat_activity WHERE datname = '{name}'");
    let cut = format!("SELECT pg_terminate_backend(pid) {ours}");
    let listening = format!("SELECT pid {ours} AND query LIKE 'LISTEN%'");

    let scene = Scene::set(db, 600, Mood::Well(100)).await;
    let program = scene.start().await;
    eventually("it listens", async || client.query(&listening, &[]).await.unwrap().len() == 1).await;
    scene.publish(&program.door, 0).await;
    for cuts in 1..=CUTS {
        let enough = scene.groups * cuts / (CUTS + 2);
        eventually("it sends", async || scene.crowd.told().len() >= enough).await;
        client.execute(&cut, &[]).await.unwrap();
    }
    scene.everybody_hears().await;
    scene.assert_bounded(CUTS);
    eventually("it listens again", async || client.query(&listening, &[]).await.unwrap().len() == 1).await;
    assert!(program.log().len() <= LINES, "{} lines", program.log().len());
    program.kill();
    assert_audit(&scene.db);
}

/// A proxy to the server that can be closed, like a server that is about to start: connections break, and new
/// ones are refused.
struct Gate {
    url: String,
    shut: watch::Sender<bool>,
    turned_away: Arc<AtomicUsize>,
}

impl Gate {
    async fn before(db: &Db) -> Gate {
        let mut url = reqwest::Url::parse(&db.url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (shut, is_shut) = watch::channel(false);
        let turned_away = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turned_away);
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let mut is_shut = is_shut.clone();
                if *is_shut.borrow_and_update() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let mut outside = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = copy_bidirectional(&mut inside, &mut outside) => {}
                        _ = is_shut.changed() => {}
                    }
                });
            }
        });
        Gate { url: url.into(), shut, turned_away }
    }

    /// Closes it until this many connections were refused.
    async fn turn_away(&self, most: usize) {
        let before = self.turned_away.load(Ordering::SeqCst);
        self.shut.send_replace(true);
        let turned_away = async || self.turned_away.load(Ordering::SeqCst) >= before + most;
        eventually("somebody knocks in vain", turned_away).await;
        self.shut.send_replace(false);
    }
}

/// For a while no connection is accepted, again and again, as while PostgreSQL restarts.
async fn turned_away_by_its_database_it_waits(db: Db) {
    const TIMES: usize = 3;
    let gate = Gate::before(&db).await;
    let scene = Scene::set(Db::at(gate.url.clone()), 600, Mood::Well(100)).await;
    let program = scene.start().await;
    scene.publish(&program.door, 0).await;
    for times in 1..=TIMES {
        let enough = scene.groups * times / (TIMES + 2);
        eventually("it sends", async || scene.crowd.told().len() >= enough).await;
        gate.turn_away(10).await;
    }
    scene.everybody_hears().await;
    scene.assert_bounded(TIMES);
    let log = program.log();
    assert!(log.len() <= LINES, "{} lines", log.len());
    assert!(log.iter().all(|line| !line.contains("r2d2")), "the pool tells of it, too: {log:#?}");
    program.kill();
    assert_audit(&scene.db);
}
