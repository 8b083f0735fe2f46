//! A word sealed under the master key, so that another key is noticed before anything is sealed under it.

use diesel::prelude::*;

use super::schema::{accounts, notices, seal};
use super::{Answer, Conn, both};
use crate::vault::{Unopenable, Vault};

const PURPOSE: &str = "check";
const WORD: &[u8] = b"seventy-two";

/// Whether it is decided which key this database is sealed under.
///
/// # Errors
/// When the database refuses.
pub fn known(conn: &mut Conn) -> Answer<bool> {
    Ok(word(conn)?.is_some())
}

/// Whether the vault is under the key of this database; where none was decided on, it is from now on.
///
/// # Errors
/// When the database refuses. The answer is [`Unopenable`] for another key.
pub fn check(conn: &mut Conn, vault: &Vault) -> Answer<Result<(), Unopenable>> {
    if word(conn)?.is_none() {
        // What an earlier version has sealed tells the key, too.
        if let Err(another) = opens_what_is_there(conn, vault)? {
            return Ok(Err(another));
        }
        let row = (seal::id.eq(1), seal::word.eq(vault.seal(PURPOSE, WORD)));
        // Another node may have been faster, with its own key.
        both!(conn, c => diesel::insert_into(seal::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    let sealed = word(conn)?.unwrap_or_default();
    Ok(vault.open(PURPOSE, &sealed).map(drop))
}

fn word(conn: &mut Conn) -> Answer<Option<Vec<u8>>> {
    Ok(both!(conn, c => seal::table.find(1).select(seal::word).first(c).optional())?)
}

fn opens_what_is_there(conn: &mut Conn, vault: &Vault) -> Answer<Result<(), Unopenable>> {
    let factor: Option<Vec<u8>> =
        both!(conn, c => accounts::table.select(accounts::totp_sealed).first(c).optional())?;
    let key: Option<Option<Vec<u8>>> = both!(conn, c => notices::table
        .filter(notices::key_wrapped.is_not_null())
        .select(notices::key_wrapped)
        .first(c)
        .optional())?;
    let factor = factor.map_or(Ok(()), |sealed| vault.open("totp", &sealed).map(drop));
    let key = key.flatten().map_or(Ok(()), |wrapped| vault.unwrap(&wrapped).map(drop));
    Ok(factor.and(key))
}

#[cfg(test)]
mod tests {
    use crate::accounts::fixture::House;
    use crate::domain::people::Role;
    use crate::store::seal;
    use crate::vault::Vault;

    #[tokio::test]
    async fn the_first_key_stays_the_key() {
        let house = House::new().await;
        let store = &house.shared.store;
        let (first, other) = (house.shared.vault.clone(), Vault::new(&[8; 32]));
        for (vault, right) in [(first.clone(), true), (other, false), (first, true)] {
            assert_eq!(store.write(move |tx| seal::check(tx, &vault)).await.unwrap().is_ok(), right);
        }
    }

    #[tokio::test]
    async fn what_was_sealed_before_tells_the_key() {
        let house = House::new().await;
        house.person("小王", Role::Moderator).await;
        let other = Vault::new(&[8; 32]);
        let store = &house.shared.store;
        assert!(store.write(move |tx| seal::check(tx, &other)).await.unwrap().is_err());
        assert!(!store.read(seal::known).await.unwrap(), "another key is not taken for the right one");
    }
}
