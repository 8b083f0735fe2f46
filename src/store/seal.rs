//! A known word sealed under the master key, so that another key is noticed before anything is sealed under
//! it.

use diesel::prelude::*;

use super::schema::seal;
use super::{Conn, StoreResult, both};
use crate::vault::{Unopenable, Vault};

const PURPOSE: &str = "check";
const WORD: &[u8] = b"seventy-two";

/// Whether this database is bound to a master key.
pub fn known(conn: &mut Conn) -> StoreResult<bool> {
    Ok(word(conn)?.is_some())
}

/// Checks that the vault has this database's master key; a database without one is bound to this one from now
/// on.
///
/// # Errors
/// When the database refuses. For another key it returns [`Unopenable`].
pub fn check(conn: &mut Conn, vault: &Vault) -> StoreResult<Result<(), Unopenable>> {
    if word(conn)?.is_none() {
        let row = (seal::id.eq(1), seal::word.eq(vault.seal(PURPOSE, WORD)));
        // Another node may have been faster, with another key.
        both!(conn, c => diesel::insert_into(seal::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    let sealed = word(conn)?.unwrap_or_default();
    Ok(vault.open(PURPOSE, &sealed).map(drop))
}

/// Seals the word anew. It changes nothing for anybody, and shows whether the database keeps changes.
pub fn again(conn: &mut Conn, vault: &Vault) -> StoreResult<()> {
    let word = seal::word.eq(vault.seal(PURPOSE, WORD));
    both!(conn, c => diesel::update(seal::table.find(1)).set(word).execute(c))?;
    Ok(())
}

fn word(conn: &mut Conn) -> StoreResult<Option<Vec<u8>>> {
    Ok(both!(conn, c => seal::table.find(1).select(seal::word).first(c).optional())?)
}

#[cfg(test)]
mod tests {
    use crate::store::{fixture, seal};
    use crate::vault::Vault;

    #[tokio::test]
    async fn the_first_key_stays_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = fixture::store(folder.path()).await;
        let (first, other) = (Vault::new(&[7; 32]), Vault::new(&[8; 32]));
        for (vault, right) in [(first.clone(), true), (other, false), (first, true)] {
            assert_eq!(store.write(move |tx| seal::check(tx, &vault)).await.unwrap().is_ok(), right);
        }
    }
}
