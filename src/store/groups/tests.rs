//! Groups and their logs, in a database.

use super::*;
use crate::domain::delivery::Purpose;
use crate::store::fixture::{ADMIN, GROUP, OTHER, at, group, store};
use crate::store::wants;

fn states(conn: &mut Conn, id: Uuid) -> Vec<DeliveryState> {
    let log = log(conn, id, None, 10).unwrap();
    log.into_iter().map(|line| line.state).collect()
}

#[tokio::test]
async fn deleting_a_group_gives_up_what_waits_for_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    store.write(|tx| delete(tx, GROUP)).await.unwrap();
    let (gone, log, others) = store
        .read(|c| {
            Ok((
                of_admin(c, ADMIN, GROUP)?.is_none() && lanes::of(c, &[Id(GROUP)])?.is_empty(),
                states(c, GROUP),
                states(c, OTHER),
            ))
        })
        .await
        .unwrap();
    assert!(gone);
    assert_eq!(log, [DeliveryState::GivenUp, DeliveryState::Delivered], "the past keeps the group's id");
    assert_eq!(others, [DeliveryState::Open, DeliveryState::Delivered]);
    // Its robot can be connected again.
    assert!(store.write(|tx| insert(tx, &group(GROUP), &[])).await.unwrap());
}

#[tokio::test]
async fn the_log_is_read_page_by_page_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let pages = store
        .read(|c| {
            let first = log(c, GROUP, None, 1)?;
            let second = log(c, GROUP, Some(first[0].id), 1)?;
            let third = log(c, GROUP, Some(second[0].id), 1)?;
            Ok([first, second, third])
        })
        .await
        .unwrap();
    let purposes = pages.each_ref().map(|page| page.first().map(|line| line.broadcast));
    assert_eq!(purposes, [Some(Purpose::Closing), Some(Purpose::Alert), None]);
    assert_eq!(pages[0][0].case_number.as_str(), "0000000012");
}

/// One statement of SQLite cannot name so many.
#[tokio::test]
async fn very_much_may_wait_for_one_group() {
    const MANY: usize = 40_000;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    store
        .write(|tx| {
            let Conn::Sqlite(c) = &mut *tx else { unreachable!("opened as SQLite") };
            let wait = format!(
                "INSERT INTO deliveries (broadcast_id, group_id, priority, state, queued, due_at, attempts, part, reach) \
                 WITH RECURSIVE many (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many WHERE number < {MANY}) \
                 SELECT randomblob(16), x'{}', 0, 'open', 1, {}, 0, 0, 0 FROM many",
                GROUP.simple(),
                at(9).timestamp_micros()
            );
            diesel::sql_query(wait).execute(&mut **c)?;
            lanes::reopen(tx, GROUP, &|_| at(8))?;
            assert_eq!(due(tx, at(8))?, MANY + 1);
            reconsider(tx, GROUP, at(7))?;
            assert_eq!(due(tx, at(7))?, MANY + 1);
            wants::changed(tx, GROUP, at(7))
        })
        .await
        .unwrap();
}

/// How many deliveries are due at that moment.
fn due(conn: &mut Conn, at: DateTime<Utc>) -> StoreResult<usize> {
    let due = deliveries::table.filter(deliveries::due_at.eq(Time(at))).select(deliveries::id);
    Ok(both!(conn, c => due.load::<i64>(c))?.len())
}
