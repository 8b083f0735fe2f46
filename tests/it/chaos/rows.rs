//! Periodic jobs when a part of their work fails: a bad row or photo holds up nothing else, what was done is
//! still reported, and what another node erased is cached nowhere.

use std::sync::{Arc, Weak, mpsc};

use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::json;
use seventytwo::broadcast::script::Written;
use seventytwo::clock::Clock;
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::domain::people::Role;
use seventytwo::store::notices::by_case;
use seventytwo::store::{Conn, broadcasts, photos};

use super::{count, run};
use crate::house::{COOLING, Db, House, Person, morning};
use crate::{Test, filed, housed, notices, shared};

pub const TESTS: &[Test] = &[
    housed!(a_bad_row_holds_nobody_up),
    housed!(more_bad_rows_than_a_look_takes_hold_nobody_up),
    housed!(a_region_that_nobody_knows_holds_no_broadcast_up),
    housed!(a_photo_that_stays_holds_nobody_up),
    filed!(what_is_erased_is_forgotten_though_somebody_reads),
    shared!(what_another_node_erased_is_let_go_of),
];

/// An approved notice of that region, with a photo; returns its case number.
async fn approved(house: &House, by: &Person, region: &str, phone: &str) -> String {
    let mut notice = notices::lost_property(house.clock.now());
    notice["region"] = region.into();
    notice["reporter"]["phone"] = phone.into();
    notice["photo_ids"] = json!([house.photo(notices::jpeg()).await]);
    let (case, _) = house.submit(&notice).await;
    house.approve(&case, &[by]).await;
    case
}

/// Two notices that cool, of 131003 and of 130102; the first is always looked at first.
async fn two(house: &House) -> [String; 2] {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let first = approved(house, &moderator, "131003", "13800138001").await;
    house.advance(TimeDelta::seconds(1));
    let second = approved(house, &moderator, "130102", "13800138002").await;
    house.advance(COOLING);
    [first, second]
}

/// The message of a case, as cached by this node.
async fn remembered(house: &House, case: &str) -> Weak<Written> {
    let number = case.parse().unwrap();
    let broadcast = house.stations.shared.store.read(move |c| {
        let notice = by_case(c, number)?.unwrap();
        Ok(broadcasts::of_notice(c, notice.id.0)?[0].id.0)
    });
    let written = house.stations.worker.script.written(broadcast.await.unwrap(), Language::ZhCn).await;
    Arc::downgrade(&written.unwrap())
}

async fn a_bad_row_holds_nobody_up(house: House) -> House {
    const UNREADABLE: &str = "UPDATE revisions SET public_sealed = private_sealed, private_sealed = public_sealed \
         WHERE notice_id = (SELECT id FROM notices WHERE region = '131003')";
    const NONSENSE: &str = "UPDATE notices SET outcome = 'nonsense' WHERE region = '131003'";
    const MENDED: &str = "UPDATE notices SET outcome = NULL WHERE region = '131003'";
    let live = "SELECT COUNT(*) AS n FROM notices WHERE state = 'live'";
    let expired = "SELECT COUNT(*) AS n FROM notices WHERE state = 'expired'";
    let erased = "SELECT COUNT(*) AS n FROM notices WHERE state = 'erased'";
    two(&house).await;
    run(&house.db, UNREADABLE).await;
    house.woken();
    assert!(house.stations.publish_when_due().await.is_err(), "somebody must hear of it");
    assert_eq!(count(&house.db, live).await, 1);
    assert!(house.woken(), "the other has to be said");
    // Once repaired, it is let out at the next look.
    run(&house.db, UNREADABLE).await;
    house.advance(TimeDelta::seconds(1));
    house.stations.publish_when_due().await.unwrap();
    assert_eq!(count(&house.db, live).await, 2);

    house.advance(TimeDelta::hours(72));
    run(&house.db, NONSENSE).await;
    house.woken();
    assert!(house.stations.sweep().await.is_err());
    assert_eq!(count(&house.db, expired).await, 1);
    assert!(house.woken(), "the other's end has to be said");
    run(&house.db, MENDED).await;
    house.stations.sweep().await.unwrap();
    assert_eq!(count(&house.db, expired).await, 2);

    house.advance(TimeDelta::days(30));
    run(&house.db, NONSENSE).await;
    assert!(house.stations.sweep().await.is_err());
    assert_eq!(count(&house.db, erased).await, 1);
    run(&house.db, MENDED).await;
    house.stations.sweep().await.unwrap();
    assert_eq!(count(&house.db, erased).await, 2);
    house
}

/// Three hundred copies of the first of two rows, sorted before it; none can be read.
async fn bad_rows(house: &House) {
    const FILED: &str = "CREATE TEMP TABLE bad AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
           SELECT notices.* FROM notices, n WHERE region = '131003'; \
         UPDATE bad SET id = randomblob(16), case_number = 'bad' || rowid, manage_hash = NULL, outcome = 'nonsense', \
           region = '131002'; \
         INSERT INTO notices SELECT * FROM bad";
    const SERVED: &str = "CREATE TEMP SEQUENCE bad_number; \
         CREATE TEMP TABLE bad AS SELECT notices.* FROM notices, generate_series(1, 300) WHERE region = '131003'; \
         UPDATE bad SET id = gen_random_uuid(), case_number = 'bad' || nextval('bad_number'), manage_hash = NULL, \
           outcome = 'nonsense', region = '131002'; \
         INSERT INTO notices SELECT * FROM bad";
    run(&house.db, if house.db.is_sqlite() { FILED } else { SERVED }).await;
}

async fn more_bad_rows_than_a_look_takes_hold_nobody_up(house: House) -> House {
    const GONE: &str = "DELETE FROM notices WHERE region = '131002'";
    two(&house).await;
    bad_rows(&house).await;
    for (state, passes) in
        [("live", TimeDelta::zero()), ("expired", TimeDelta::hours(72)), ("erased", TimeDelta::days(30))]
    {
        house.advance(passes);
        let done = async || {
            let good = "SELECT COUNT(*) AS n FROM notices WHERE region <> '131002' AND state = ";
            count(&house.db, format!("{good}'{state}'")).await
        };
        run(&house.db, GONE).await;
        bad_rows(&house).await;
        let published = house.stations.publish_when_due().await;
        let swept = house.stations.sweep().await;
        assert!(published.is_err() || swept.is_err(), "somebody must hear of it");
        assert_eq!(done().await, 2, "{state}");
    }
    run(&house.db, GONE).await;
    house
}

async fn a_region_that_nobody_knows_holds_no_broadcast_up(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let chat = house.chat_for("lost_property", "130102").await;
    let [_, other] = two(&house).await;
    house.stations.publish_when_due().await.unwrap();
    run(&house.db, "UPDATE notices SET region = '999999' WHERE region = '131003'").await;
    house.settle().await;
    assert!(chat.read().expect("the other's alert").to_string().contains(&other));
    run(&house.db, "UPDATE notices SET region = '131003' WHERE region = '999999'").await;
    house
}

async fn a_photo_that_stays_holds_nobody_up(house: House) -> House {
    let [first, _] = two(&house).await;
    house.settle().await;
    house.pass(TimeDelta::hours(72)).await;
    let number = first.parse().unwrap();
    let photo = house.stations.shared.store.read(move |c| {
        let notice = by_case(c, number)?.unwrap();
        Ok(photos::of_notice(c, notice.id.0)?[0].id.0)
    });
    let photo = photo.await.unwrap().simple().to_string();
    let file = house.db.folder.path().join("blobs/photos").join(photo).join("full");
    // A folder is in its place, which cannot be deleted like a file.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    house.advance(TimeDelta::days(30));
    assert!(house.stations.sweep().await.is_err(), "somebody must hear of it");
    let erased = "SELECT COUNT(*) AS n FROM notices WHERE state = 'erased'";
    assert_eq!(count(&house.db, erased).await, 1);
    std::fs::remove_dir(&file).unwrap();
    house.stations.sweep().await.unwrap();
    assert_eq!(count(&house.db, erased).await, 2);
    house
}

/// SQLite's log is not emptied while a reader is active; erased data is forgotten in memory all the same.
async fn what_is_erased_is_forgotten_though_somebody_reads(db: Db) {
    let house = House::start(db).await;
    let [first, _] = two(&house).await;
    house.settle().await;
    house.pass(TimeDelta::hours(72)).await;
    let remembered = remembered(&house, &first).await;
    house.advance(TimeDelta::days(30));
    house.woken();
    let (begun, reads) = tokio::sync::oneshot::channel();
    let (release, held) = mpsc::channel::<()>();
    let store = house.stations.shared.store.clone();
    let read = move |c: &mut Conn| {
        let Conn::Sqlite(c) = c else { unreachable!("it is a file") };
        c.batch_execute("BEGIN; SELECT COUNT(*) FROM notices")?;
        begun.send(()).unwrap();
        held.recv().unwrap();
        Ok(c.batch_execute("COMMIT")?)
    };
    let reader = tokio::spawn(async move { store.read(read).await });
    reads.await.unwrap();
    house.stations.sweep().await.unwrap();
    assert!(remembered.upgrade().is_none(), "the words of an erased notice, in memory");
    assert!(house.woken());
    let log = house.db.folder.path().join("test.db-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    assert_ne!(length(), 0, "somebody reads it");
    release.send(()).unwrap();
    reader.await.unwrap().unwrap();
    // Nothing more is erased, but the log is emptied all the same.
    house.stations.sweep().await.unwrap();
    assert_eq!(length(), 0);
    house.finish().await;
}

async fn what_another_node_erased_is_let_go_of(db: Db) {
    let clock = Clock::by_hand(morning());
    let other = House::with_chats(Db::at(db.url.clone()), Vec::new(), clock.clone()).await;
    let house = House::with_chats(db, Vec::new(), clock).await;
    let [first, _] = two(&house).await;
    house.settle().await;
    let remembered = remembered(&house, &first).await;
    other.pass(TimeDelta::hours(72)).await;
    other.pass(TimeDelta::days(30)).await;
    assert!(remembered.upgrade().is_some(), "this node has not heard of it");
    house.stations.forget_messages();
    assert!(remembered.upgrade().is_none());
}
