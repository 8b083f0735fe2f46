//! When codes and test messages were sent to a robot, by the keyed hash of its address: what a chat gets is
//! bounded, however often it is connected again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::lanes::{decode_times, encode_times};
use super::schema::probes;
use super::types::Time;
use super::{Conn, StoreResult, both};

/// When some were sent to the robot at that address, oldest first, as far as they are remembered. The row
/// stays locked until the transaction ends.
pub fn lock(conn: &mut Conn, address_hash: &[u8], now: DateTime<Utc>) -> StoreResult<Vec<DateTime<Utc>>> {
    let sent: Vec<u8> = both!(conn, c => {
        diesel::insert_into(probes::table)
            .values((
                probes::address_hash.eq(address_hash),
                probes::sent.eq(Vec::<u8>::new()),
                probes::latest_at.eq(Time(now)),
            ))
            .on_conflict(probes::address_hash)
            .do_update()
            .set(probes::latest_at.eq(Time(now)))
            .execute(c)?;
        probes::table.find(address_hash).select(probes::sent).first(c)
    })?;
    Ok(decode_times(&sent))
}

/// Replaces what [`lock`] returned.
pub fn save(conn: &mut Conn, address_hash: &[u8], sent: &[DateTime<Utc>]) -> StoreResult<()> {
    both!(conn, c => diesel::update(probes::table.find(address_hash))
        .set(probes::sent.eq(encode_times(sent)))
        .execute(c))?;
    Ok(())
}

/// Forgets the robots that were last asked about before that time.
pub fn forget(conn: &mut Conn, before: DateTime<Utc>) -> StoreResult<()> {
    both!(conn, c => diesel::delete(probes::table.filter(probes::latest_at.le(Time(before)))).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use crate::store::fixture::{at, store};

    #[tokio::test]
    async fn a_robot_is_forgotten_when_its_latest_counts_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        store
            .write(move |tx| {
                for robot in [b"old", b"new"] {
                    assert!(lock(tx, robot, at(0))?.is_empty());
                    save(tx, robot, &[at(0)])?;
                }
                assert_eq!(lock(tx, b"new", at(9))?, [at(0)]);
                save(tx, b"new", &[at(0), at(9)])?;
                forget(tx, at(8))?;
                assert_eq!(lock(tx, b"new", at(10))?, [at(0), at(9)]);
                assert!(lock(tx, b"old", at(10))?.is_empty());
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }
}
