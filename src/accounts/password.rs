//! Passwords: hashed with Argon2id on blocking threads, two at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::permits::{self, BrokenOff};
use crate::store::{StoreError, StoreResult};
use crate::vault::random;

/// The shortest password a person may choose, in characters.
pub const MIN_CHARS: usize = 12;

/// KiB of memory for one hash, and the number of passes over it:
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id>.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// Bounds the memory of the whole process: a flood of logins waits here instead of exhausting it.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash that belongs to no account: checking a password against it costs as much as any other check.
pub const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3MgaGFzaCEhIQ$\
                           l6Zo0JpYvM7WcN3q5S8kTfXr1uE2aDgHbIiKjLmOnPw";

/// The hash of a password for storage, as a PHC string.
///
/// # Errors
/// [`BrokenOff`] when the program is stopping.
pub async fn hash(password: &str) -> Result<String, BrokenOff> {
    in_turn(password, |password| {
        argon2()
            .hash_password_with_salt(password, &random::<16>())
            .expect("a salt of 16 bytes and parameters within their bounds hash any password")
            .to_string()
    })
    .await
}

/// Whether `password` matches the stored hash.
///
/// # Errors
/// [`StoreError::Corrupt`] where `stored` is not a hash; around it, [`BrokenOff`] when the program is
/// stopping.
pub async fn verify(password: &str, stored: &str) -> Result<StoreResult<bool>, BrokenOff> {
    let stored = match PasswordHash::new(stored) {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(corrupt(error))),
    };
    in_turn(password, move |password| match argon2().verify_password(password, &stored) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(corrupt(error)),
    })
    .await
}

/// A password of 100 random bits that can be read aloud: four groups of five characters.
pub fn generate() -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let letters = random::<20>().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within their bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("a password's hash: {error}"))
}

async fn in_turn<T: Send + 'static>(
    password: &str,
    work: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, BrokenOff> {
    let password = Zeroizing::new(password.as_bytes().to_vec());
    permits::with_permit(AT_ONCE.acquire(), move || work(&password)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let stored = hash("correct horse battery").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", &stored).await.unwrap().unwrap());
        assert!(!verify("correct horse batterz", &stored).await.unwrap().unwrap());
        assert!(verify("any", "not a hash").await.unwrap().is_err());
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_a_real_one_costs() {
        let real = hash("correct horse battery").await.unwrap();
        let (real, nobodys) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(NOBODYS).unwrap());
        assert_eq!(nobodys.algorithm, real.algorithm);
        assert_eq!(nobodys.version, real.version);
        assert_eq!(nobodys.params.to_string(), real.params.to_string());
        assert_eq!(nobodys.salt.unwrap().as_ref().len(), real.salt.unwrap().as_ref().len());
        assert_eq!(nobodys.hash.unwrap().as_bytes().len(), real.hash.unwrap().as_bytes().len());
        assert!(!verify("", NOBODYS).await.unwrap().unwrap());
    }

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, other) = (generate(), generate());
        assert_eq!(one.len(), 23);
        assert!(one.split('-').all(|group| group.len() == 5), "{one}");
        assert_ne!(one, other);
    }
}
