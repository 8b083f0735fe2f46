//! The second factor: six digits that change every 30 seconds (TOTP, RFC 6238).

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret, Totp, TotpError};
use zeroize::Zeroizing;

use crate::domain::text;
use crate::store::{StoreError, StoreResult};
use crate::vault::{Vault, random};

/// How many seconds a code is valid.
pub const STEP: i64 = 30;

/// The issuer that the authenticator shows with the code.
const ISSUER: &str = "Seventy-Two";

/// The purpose under which the secret is sealed.
const PURPOSE: &str = "totp";

/// The secret that a person's authenticator shares with the server.
pub struct SecondFactor(Zeroizing<[u8; 20]>);

impl SecondFactor {
    /// A new secret of 160 random bits.
    pub fn random() -> SecondFactor {
        SecondFactor(Zeroizing::new(random()))
    }

    /// The secret, sealed for storage.
    pub fn seal(&self, vault: &Vault) -> Vec<u8> {
        vault.seal(PURPOSE, self.0.as_slice())
    }

    /// Opens what [`SecondFactor::seal`] made.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it was sealed under another master key.
    pub fn open(vault: &Vault, sealed: &[u8]) -> StoreResult<SecondFactor> {
        let plain = Zeroizing::new(vault.open(PURPOSE, sealed)?);
        let bytes = plain
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Corrupt(format!("a second factor of {} bytes", plain.len())))?;
        Ok(SecondFactor(Zeroizing::new(bytes)))
    }

    /// The secret in the form in which a person types it into an authenticator.
    pub fn base32(&self) -> String {
        Secret::from(*self.0).to_base32()
    }

    /// The secret in the form in which an authenticator scans it.
    ///
    /// # Errors
    /// Where `name` contains a colon, which the format cannot express.
    pub fn uri(&self, name: &str) -> Result<String, TotpError> {
        self.builder().with_account_name(name).with_issuer(Some(ISSUER)).build()?.to_url()
    }

    /// The time step of a code: the present one, the one before or the one after, because clocks differ.
    /// Spaces and full-width digits are accepted.
    pub fn step(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        let step = self.totp().check(&text::compact(code), seconds)?;
        i64::try_from(step).ok()
    }

    fn totp(&self) -> Totp {
        self.builder().build().expect("160 bits, six digits and 30 seconds are what the RFC recommends")
    }

    /// The crate's defaults, which every authenticator supports: SHA-1, six digits, 30 s, one step of skew.
    fn builder(&self) -> Builder {
        Builder::new().with_secret(*self.0)
    }

    /// The code at that time, as an authenticator shows it that was given the secret in this form; `None`
    /// where it is not valid base 32.
    pub fn code(base32: &str, now: DateTime<Utc>) -> Option<String> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        let secret = Secret::try_from_base32(base32).ok()?;
        Some(Builder::new().with_secret(secret).build().ok()?.generate(seconds).to_string())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B, truncated to six digits.
    #[test]
    fn it_agrees_with_the_rfc() {
        let factor = SecondFactor(Zeroizing::new(*b"12345678901234567890"));
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(factor.step(code, at(seconds)), Some(seconds / STEP));
            assert_eq!(SecondFactor::code(&factor.base32(), at(seconds)).as_deref(), Some(code));
        }
        assert_eq!(factor.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(SecondFactor::code("not base 32", at(59)), None);
    }

    #[test]
    fn one_step_of_skew_and_no_more() {
        let factor = SecondFactor::random();
        let now = at(1_800_000_000);
        let code = |steps: i64| {
            SecondFactor::code(&factor.base32(), now + TimeDelta::seconds(STEP * steps)).unwrap()
        };
        for steps in [-1, 0, 1] {
            assert_eq!(factor.step(&code(steps), now), Some(60_000_000 + steps), "{steps}");
        }
        // By chance a code of another step may equal one of the three accepted codes; then it is valid.
        for steps in [-3, -2, 2, 3] {
            let far = code(steps);
            let near = (-1..=1).any(|near| code(near) == far);
            assert_eq!(factor.step(&far, now).is_some(), near, "{steps}");
        }
    }

    #[test]
    fn typed_codes_are_forgiven_and_nonsense_is_not() {
        let factor = SecondFactor(Zeroizing::new(*b"12345678901234567890"));
        for code in ["287 082", " 287082\n", "２８７０８２"] {
            assert_eq!(factor.step(code, at(59)), Some(1), "{code:?}");
        }
        for code in ["", "28708", "2870820", "+87082", "abcdef", "28708２２"] {
            assert_eq!(factor.step(code, at(59)), None, "{code:?}");
        }
    }

    #[test]
    fn sealed_it_opens_under_its_key_only() {
        let (vault, factor) = (Vault::new(&[7; 32]), SecondFactor::random());
        let sealed = factor.seal(&vault);
        assert_eq!(SecondFactor::open(&vault, &sealed).unwrap().base32(), factor.base32());
        assert!(SecondFactor::open(&Vault::new(&[8; 32]), &sealed).is_err());
    }

    #[test]
    fn the_uri_carries_name_and_secret() {
        let factor = SecondFactor(Zeroizing::new(*b"12345678901234567890"));
        let uri = factor.uri("小王").unwrap();
        assert!(uri.starts_with("otpauth://totp/Seventy-Two:%E5%B0%8F%E7%8E%8B?"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=Seventy-Two"), "{uri}");
        assert!(factor.uri("a:b").is_err());
    }
}
