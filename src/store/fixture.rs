//! For tests: a notice, a group, and groups with what was sent to them in a database of their own.

use chrono::{DateTime, Utc};
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use uuid::Uuid;

use super::groups::{self, Group};
use super::notices::Notice;
use super::types::{Id, Time};
use super::{Conn, Database, Store, StoreError, StoreResult};
use crate::domain::case_number::CaseNumber;
use crate::domain::group::{GroupState, Kinds, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;
use crate::domain::region::Region;

pub(super) const ADMIN: Uuid = Uuid::from_u128(1);
pub(super) const GROUP: Uuid = Uuid::from_u128(2);
pub(super) const OTHER: Uuid = Uuid::from_u128(3);

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A notice in that state, submitted at the beginning of 1970, that one person may approve and nobody holds.
pub fn notice(state: State) -> Notice {
    let then = Time(DateTime::UNIX_EPOCH);
    Notice {
        id: Id(Uuid::from_u128(72)),
        case_number: CaseNumber::from_bits(72),
        kind: Kind::MissingPerson,
        region: "131003".to_owned(),
        state,
        version: 1,
        revision: 1,
        live_revision: None,
        pending_revision: None,
        urgency: 3,
        missing_since: then,
        submitted_at: then,
        needs_approvals: 1,
        needs_leads: 0,
        sealed: false,
        escalated: false,
        guarded: false,
        paused_by_lead: false,
        submitted_by: None,
        claimed_by: None,
        claimed_until: None,
        cooling_until: None,
        live_at: None,
        ends_at: None,
        ended_at: None,
        outcome: None,
        announce: false,
        erase_at: None,
        key_wrapped: None,
        manage_hash: None,
        phone_hash: None,
        second_look_at: None,
        police_due_at: None,
        renewals: 0,
        pending_urgency: None,
    }
}

/// A group of the admin that receives everything.
pub fn group(id: Uuid) -> Group {
    Group {
        id: Id(id),
        account_id: Id(ADMIN),
        platform: Platform::Wecom,
        name: "群".to_owned(),
        credentials_sealed: vec![1],
        address_hash: id.as_bytes().to_vec(),
        last4: "91f6".to_owned(),
        language: Language::ZhCn,
        state: GroupState::Active,
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
pub(super) async fn count<Q>(store: &Store, question: Q) -> i64
where
    Q: for<'q> LoadQuery<'q, SqliteConnection, Counted> + Send + 'static,
{
    let counted = store.read(|c| {
        let Conn::Sqlite(c) = c else { unreachable!("opened as SQLite") };
        StoreResult::Ok(question.get_result(&mut **c)?)
    });
    counted.await.unwrap().rows
}

#[derive(QueryableByName)]
pub(super) struct Counted {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Two groups with two deliveries each, one of them done.
pub(super) async fn store(folder: &std::path::Path) -> Store {
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
                     missing_since, submitted_at, needs_approvals, needs_leads, sealed, escalated, guarded, announce, renewals) \
                     VALUES (x'{}', '0000000012', 'rescue', '131003', 'live', 1, 1, 0, {now}, {now}, 1, 0, 0, 0, 1, 0, 0)",
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
                assert!(groups::insert(tx, &group(id), &[Region::parse("131003").unwrap()])?);
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    store
}
