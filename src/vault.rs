//! What is private: sealing under the master key or a key of one case, and keyed hashes for look-ups.
//!
//! XChaCha20-Poly1305 with a random 24-byte nonce in front of the sealed bytes; every use has a
//! purpose as associated data, so that bytes sealed for one column cannot be moved to another.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// Sealed bytes cannot be opened: another key, another purpose, or damage.
#[derive(Debug, thiserror::Error)]
#[error(
    "sealed data cannot be opened: SEVENTYTWO_KEY is not the one it was sealed with, or it was altered; start with the key of this database"
)]
pub struct Unopenable;

/// A key that opens what belongs to one case; destroyed with the case.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A fresh random key.
    pub fn random() -> Key {
        Key(Zeroizing::new(random()))
    }

    /// Seals `plain` for one purpose.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = random();
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: purpose.as_bytes() })
            .expect("a message of less than 256 GiB can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Key::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`Unopenable`] where key, purpose or bytes differ.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Unopenable> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unopenable)?;
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: purpose.as_bytes() })
            .map_err(|_| Unopenable)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_slice().try_into().expect("a key has 32 bytes"))
    }
}

/// The master key and what is derived from it.
#[derive(Clone)]
pub struct Vault {
    wrapping: Key,
    index: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// A vault under `master`.
    pub fn new(master: &[u8; 32]) -> Vault {
        Vault {
            wrapping: Key(Zeroizing::new(derive(master, "wrap"))),
            index: Zeroizing::new(derive(master, "index")),
        }
    }

    /// A new key for one case, and its wrapped form, which may be stored.
    pub fn new_key(&self) -> (Key, Vec<u8>) {
        let key = Key::random();
        let wrapped = self.wrapping.seal("key", key.0.as_slice());
        (key, wrapped)
    }

    /// The key in a wrapped form.
    ///
    /// # Errors
    /// [`Unopenable`] under another master key.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Key, Unopenable> {
        let plain = Zeroizing::new(self.wrapping.open("key", wrapped)?);
        let bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| Unopenable)?;
        Ok(Key(Zeroizing::new(bytes)))
    }

    /// Seals what belongs to no case (a group's credentials, a second factor) under the master key.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        self.wrapping.seal(purpose, plain)
    }

    /// Opens what [`Vault::seal`] made.
    ///
    /// # Errors
    /// [`Unopenable`] where key, purpose or bytes differ.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Unopenable> {
        self.wrapping.open(purpose, sealed)
    }

    /// A keyed hash: finds equal values (a phone, a robot's address) without storing them.
    pub fn index(&self, purpose: &str, value: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.index.as_slice()).expect("any length is a key");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// A bearer token of 160 random bits, safe in addresses.
pub fn new_token() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<20>())
}

/// The form in which a token of full entropy is stored: its SHA-256.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Whether two byte strings are equal, in time that tells nothing about where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn derive(master: &[u8; 32], label: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("any length is a key");
    mac.update(b"seventytwo/");
    mac.update(label.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_for_its_key_and_purpose() {
        let vault = Vault::new(&[7; 32]);
        let (key, wrapped) = vault.new_key();
        let sealed = key.seal("private", "手机".as_bytes());
        assert_eq!(vault.unwrap(&wrapped).unwrap().open("private", &sealed).unwrap(), "手机".as_bytes());
        assert!(key.open("public", &sealed).is_err());
        assert!(Key::random().open("private", &sealed).is_err());
        assert!(Vault::new(&[8; 32]).unwrap(&wrapped).is_err());
        let mut altered = sealed;
        *altered.last_mut().unwrap() ^= 1;
        assert!(key.open("private", &altered).is_err());
        assert!(key.open("private", &[1, 2, 3]).is_err());
    }

    #[test]
    fn the_index_finds_equals_under_one_key_and_purpose_only() {
        let vault = Vault::new(&[7; 32]);
        assert_eq!(vault.index("phone", "+8613800138000"), vault.index("phone", "+8613800138000"));
        assert_ne!(vault.index("phone", "a"), vault.index("robot", "a"));
        assert_ne!(vault.index("phone", "a"), Vault::new(&[8; 32]).index("phone", "a"));
    }
}
