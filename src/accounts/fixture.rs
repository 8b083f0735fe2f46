//! For tests: a store of its own, with people in it.

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::login::{LoginError, Typed, login};
use super::people::{self, Handed};
use super::second_factor::SecondFactor;
use crate::domain::people::Role;
use crate::store::accounts::Account;
use crate::web::shared::Shared;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Keeps the store's folder for the duration of the test.
pub(crate) struct House {
    pub shared: Shared,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn new() -> House {
        House::at("http://127.0.0.1:7272").await
    }

    pub(crate) async fn at(base_url: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let shared = Shared::for_tests(folder.path(), base_url).await;
        House { shared, _folder: folder }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.shared.clock.advance(by);
    }

    pub(crate) async fn person(&self, name: &str, role: Role) -> Handed {
        people::add(&self.shared.store, &self.shared.vault, self.now(), name, role, Some(PASSWORD))
            .await
            .unwrap()
    }

    /// The code that the person's authenticator shows now.
    pub(crate) fn code(&self, person: &Handed) -> String {
        SecondFactor::code(&person.totp_secret, self.now()).unwrap()
    }

    pub(crate) async fn try_login(
        &self,
        name: &str,
        password: &str,
        code: &str,
    ) -> Result<(Account, String), LoginError> {
        let attempt = Typed { name, password, code };
        login(&self.shared.store, &self.shared.vault, self.now(), attempt, None).await
    }

    /// Logs in with correct proofs, half a minute later so that the code is a new one.
    pub(crate) async fn session(&self, person: &Handed) -> String {
        self.advance(TimeDelta::seconds(30));
        self.try_login(&person.name, PASSWORD, &self.code(person)).await.unwrap().1
    }
}
