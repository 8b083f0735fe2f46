//! Groups and their logs, in a database.

use diesel::query_dsl::LoadQuery;
use diesel::sql_types::{BigInt, Text};
use diesel::{SqliteConnection, sql_query};

use super::*;
use crate::domain::delivery::Purpose;
use crate::store::{Database, Store};

const ADMIN: Uuid = Uuid::from_u128(1);
pub(crate) const GROUP: Uuid = Uuid::from_u128(2);
pub(crate) const OTHER: Uuid = Uuid::from_u128(3);

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn group(id: Uuid) -> Group {
    Group {
        id: Id(id),
        account_id: Id(ADMIN),
        platform: Named(Platform::Wecom),
        name: "群".to_owned(),
        credentials_sealed: vec![1],
        address_hash: id.as_bytes().to_vec(),
        last4: "91f6".to_owned(),
        language: Named(Language::ZhCn),
        state: Named(GroupState::Active),
        reason: None,
        kinds: Kinds::all().bits(),
        code_hash: None,
        code_expires_at: None,
        code_tries: 0,
        probes: Vec::new(),
        created_at: Time(at(0)),
        verified_at: None,
        host: String::new(),
        bot: None,
        hourly_cap: None,
        quiet_from: None,
        quiet_until: None,
        quiet_but_urgent: true,
        paused_until: None,
    }
}

/// How many `rows` a question says there are.
pub(crate) async fn count<Q>(store: &Store, question: Q) -> i64
where
    Q: for<'q> LoadQuery<'q, SqliteConnection, Counted> + Send + 'static,
{
    let counted = store.read(|c| {
        let Conn::Sqlite(c) = c else { unreachable!("opened as SQLite") };
        Answer::Ok(question.get_result(&mut **c)?)
    });
    counted.await.unwrap().rows
}

#[derive(QueryableByName)]
pub(crate) struct Counted {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Two groups with two deliveries each, one of them done.
pub(crate) async fn store(folder: &std::path::Path) -> Store {
    let path = folder.join("test.db").display().to_string();
    let store = Store::open(Database::Sqlite(path)).await.unwrap();
    store
        .write(|tx| {
            let Conn::Sqlite(c) = &mut *tx else { unreachable!("opened as SQLite") };
            let now = at(0).timestamp_micros();
            for sql in [
                format!(
                    "INSERT INTO accounts (id, name, role, password_hash, totp_sealed, created_at) \
                     VALUES (x'{}', 'qunzhu', 'group_admin', '', x'', {now})",
                    ADMIN.simple()
                ),
                format!(
                    "INSERT INTO notices (id, case_number, kind, region, state, version, revision, urgency, \
                     missing_since, submitted_at, needs_approvals, needs_leads, sealed, announce, renewals) \
                     VALUES (x'{}', '0000000012', 'rescue', '131003', 'live', 1, 1, 0, {now}, {now}, 1, 0, 0, 0, 0)",
                    Uuid::from_u128(9).simple()
                ),
            ] {
                sql_query(sql).execute(&mut **c)?;
            }
            for (place, (purpose, state)) in [("alert", "delivered"), ("closing", "open")].into_iter().enumerate() {
                let broadcast = Uuid::from_u128(20 + place as u128).simple();
                sql_query(format!(
                    "INSERT INTO broadcasts (id, notice_id, revision, purpose, priority, created_at, expanded, planned) \
                     VALUES (x'{broadcast}', x'{}', 1, ?, 0, {now}, 1, 2)",
                    Uuid::from_u128(9).simple()
                ))
                .bind::<Text, _>(purpose)
                .execute(&mut **c)?;
                for id in [GROUP, OTHER] {
                    sql_query(format!(
                        "INSERT INTO deliveries (broadcast_id, group_id, priority, state, queued, due_at, attempts, part, reach) \
                         VALUES (x'{broadcast}', x'{}', 0, ?, {}, {now} + 3600000000, 1, 0, 0)",
                        id.simple(),
                        state == "open"
                    ))
                    .bind::<Text, _>(state)
                    .execute(&mut **c)?;
                }
            }
            for id in [GROUP, OTHER] {
                assert!(insert(tx, &group(id), &[Region::parse("131003").unwrap()])?);
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    store
}

fn states(conn: &mut Conn, id: Uuid) -> Vec<DeliveryState> {
    let log = log(conn, id, None, 10).unwrap();
    log.into_iter().map(|line| line.state.0).collect()
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
    let purposes = pages.each_ref().map(|page| page.first().map(|line| line.broadcast.0));
    assert_eq!(purposes, [Some(Purpose::Closing), Some(Purpose::Alert), None]);
    assert_eq!(pages[0][0].case_number.0.as_str(), "0000000012");
}
