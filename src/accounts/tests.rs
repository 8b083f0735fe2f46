//! The steps of accounts against a real store, with a hand-driven clock.

use chrono::TimeDelta;

use super::fixture::{House, PASSWORD};
use super::login::{LoginError, Typed, login};
use super::people::{self, AccountError};
use super::second_factor::{STEP, SecondFactor};
use super::{sessions, tokens};
use crate::domain::people::Role;
use crate::store::{Conn, accounts};

#[tokio::test]
async fn who_was_added_can_log_in() {
    let house = House::new().await;
    let person = house.person("  小王\u{200b} ", Role::Moderator).await;
    assert_eq!((person.name.as_str(), person.password.as_deref()), ("小王", None));
    let (account, token) = house.try_login("小王 ", PASSWORD, &house.code(&person)).await.unwrap();
    assert_eq!((account.name.as_str(), account.role), ("小王", Role::Moderator));
    let found = sessions::find(&house.shared.store, house.now(), &token).await.unwrap().unwrap();
    assert_eq!(found.id, account.id);
}

#[tokio::test]
async fn a_generated_password_opens() {
    let house = House::new().await;
    let shared = &house.shared;
    let person =
        people::add(&shared.store, &shared.vault, house.now(), "小李", Role::Lead, None).await.unwrap();
    let password = person.password.clone().unwrap();
    assert!(house.try_login("小李", &password, &house.code(&person)).await.is_ok());
}

#[tokio::test]
async fn neither_password_nor_second_factor_is_in_the_database() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let stored =
        house.shared.store.read(|c| crate::store::accounts::by_name(c, "小王")).await.unwrap().unwrap();
    assert!(stored.proof.password_hash.starts_with("$argon2id$"));
    assert!(SecondFactor::open(&crate::vault::Vault::new(&[8; 32]), &stored.proof.totp_sealed).is_err());
    let opened = SecondFactor::open(&house.shared.vault, &stored.proof.totp_sealed).unwrap();
    assert_eq!(opened.base32(), person.totp_secret);
}

#[tokio::test]
async fn who_cannot_be_added_hears_why() {
    let house = House::new().await;
    house.person("小王", Role::Moderator).await;
    let add = async |name: &str, password| {
        let shared = &house.shared;
        people::add(&shared.store, &shared.vault, house.now(), name, Role::Lead, Some(password)).await.err()
    };
    for name in ["", " \u{200b} ", "a:b", &"长".repeat(41)] {
        assert!(matches!(add(name, PASSWORD).await, Some(AccountError::BadName)), "{name:?}");
    }
    assert!(add(&"长".repeat(40), PASSWORD).await.is_none());
    assert!(matches!(add("小王 ", PASSWORD).await, Some(AccountError::NameTaken(name)) if name == "小王"));
    assert!(matches!(add("小李", "elevenchars").await, Some(AccountError::ShortPassword)));
    assert!(add("小李", "十二个字符的密码也可以了").await.is_none());
    let names: Vec<_> =
        people::list(&house.shared.store).await.unwrap().into_iter().map(|a| (a.name, a.role)).collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&("小王".to_owned(), Role::Moderator)), "the first one stays as it was");
}

#[tokio::test]
async fn every_wrong_proof_gets_the_same_answer() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let gone = house.person("小李", Role::Moderator).await;
    people::disable(&house.shared.store, house.now(), "小李").await.unwrap();
    let (code, gone_code) = (house.code(&person), house.code(&gone));
    let wrong_code = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let far = SecondFactor::code(&person.totp_secret, house.now() + TimeDelta::minutes(10)).unwrap();
    for (name, password, code) in [
        ("小王", "correct horse batterz", code.as_str()),
        ("小王", "", &code),
        ("小王", PASSWORD, &wrong_code),
        ("小王", PASSWORD, ""),
        ("小王", PASSWORD, &far),
        ("nobody", PASSWORD, &code),
        ("", "", ""),
        ("小李", PASSWORD, &gone_code),
    ] {
        let refused = house.try_login(name, password, code).await;
        assert!(matches!(refused, Err(LoginError::Refused { .. })), "{name} {password} {code}");
    }
    // None of these attempts used the code up.
    assert!(house.try_login("小王", PASSWORD, &code).await.is_ok());
}

#[tokio::test]
async fn a_code_opens_once() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let code = |steps: i64| {
        let at = house.now() + TimeDelta::seconds(STEP * steps);
        SecondFactor::code(&person.totp_secret, at).unwrap()
    };
    assert!(house.try_login("小王", PASSWORD, &code(0)).await.is_ok());
    for used in [code(0), code(-1)] {
        assert!(matches!(house.try_login("小王", PASSWORD, &used).await, Err(LoginError::Refused { .. })));
    }
    assert!(house.try_login("小王", PASSWORD, &code(1)).await.is_ok());
}

#[tokio::test]
async fn of_two_at_once_with_one_code_one_is_let_in() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let code = house.code(&person);
    let (one, other) =
        tokio::join!(house.try_login("小王", PASSWORD, &code), house.try_login("小王", PASSWORD, &code));
    assert_eq!([one.is_ok(), other.is_ok()].into_iter().filter(|ok| *ok).count(), 1);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_its_life() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let store = &house.shared.store;
    let alive = async |token: &str| sessions::find(store, house.now(), token).await.unwrap().is_some();

    let idle = house.session(&person).await;
    house.advance(sessions::IDLE - TimeDelta::seconds(1));
    assert!(alive(&idle).await, "and this use keeps it");
    house.advance(sessions::IDLE - TimeDelta::seconds(1));
    assert!(alive(&idle).await);
    house.advance(sessions::IDLE);
    assert!(!alive(&idle).await);

    let busy = house.session(&person).await;
    for _ in 0..11 {
        house.advance(TimeDelta::hours(1));
        assert!(alive(&busy).await);
    }
    house.advance(TimeDelta::hours(1));
    assert!(!alive(&busy).await, "twelve hours are its life, used or not");
    assert_eq!(sessions::forget_ended(store, house.now()).await.unwrap(), 2);
    assert!(!alive("").await);
}

#[tokio::test]
async fn a_login_ends_the_session_the_browser_still_had() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let shared = &house.shared;
    let old = house.session(&person).await;
    house.advance(TimeDelta::seconds(30));
    let code = house.code(&person);
    let attempt = Typed { name: "小王", password: PASSWORD, code: &code };
    let (_, new) = login(&shared.store, &shared.vault, house.now(), attempt, Some(&old)).await.unwrap();
    assert_ne!(old, new);
    assert!(sessions::find(&shared.store, house.now(), &old).await.unwrap().is_none());
    assert!(sessions::find(&shared.store, house.now(), &new).await.unwrap().is_some());
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let store = &house.shared.store;
    let session = house.session(&person).await;
    let token = tokens::add(store, house.now(), "小王", None).await.unwrap();
    let (_, ended) = people::disable(store, house.now(), "小王").await.unwrap();
    assert_eq!((ended.sessions, ended.tokens), (1, 1));
    assert!(sessions::find(store, house.now(), &session).await.unwrap().is_none());
    assert!(tokens::find(store, house.now(), &token).await.unwrap().is_none());
    let since = people::list(store).await.unwrap()[0].disabled_at;
    house.advance(TimeDelta::hours(1));
    people::disable(store, house.now(), "小王").await.unwrap();
    assert_eq!(people::list(store).await.unwrap()[0].disabled_at, since);
    assert!(matches!(tokens::add(store, house.now(), "小王", None).await, Err(AccountError::Disabled(_))));
    assert!(matches!(people::disable(store, house.now(), "小李").await, Err(AccountError::Unknown(_))));
}

#[tokio::test]
async fn who_is_reset_has_a_new_proof_and_nothing_of_the_old_one_opens() {
    let house = House::new().await;
    let old = house.person("小王", Role::Lead).await;
    let shared = &house.shared;
    let (session, code) = (house.session(&old).await, house.code(&old));
    let token = tokens::add(&shared.store, house.now(), "小王", None).await.unwrap();
    let before = shared.store.read(|c| accounts::by_name(c, "小王")).await.unwrap().unwrap();
    let (new, ended) = people::reset(&shared.store, &shared.vault, house.now(), "小王 ", None).await.unwrap();
    // A login that was being verified meanwhile, by proofs that are no longer valid.
    let late = move |c: &mut Conn| accounts::use_totp_step(c, before.account.id.0, i64::MAX, &before.proof);
    assert!(!shared.store.write(late).await.unwrap());
    assert_eq!((ended.sessions, ended.tokens, new.role), (1, 1, Role::Lead));
    assert!(sessions::find(&shared.store, house.now(), &session).await.unwrap().is_none());
    assert!(tokens::find(&shared.store, house.now(), &token).await.unwrap().is_none());
    let password = new.password.clone().unwrap();
    for (password, code) in [(PASSWORD, &code), (PASSWORD, &house.code(&new)), (&password, &code)] {
        assert!(matches!(house.try_login("小王", password, code).await, Err(LoginError::Refused { .. })));
    }
    assert!(house.try_login("小王", &password, &house.code(&new)).await.is_ok());
}

#[tokio::test]
async fn who_was_disabled_is_taken_back_by_new_proofs() {
    let house = House::new().await;
    let old = house.person("小王", Role::GroupAdmin).await;
    let shared = &house.shared;
    people::disable(&shared.store, house.now(), "小王").await.unwrap();
    let (new, _) = people::reset(&shared.store, &shared.vault, house.now(), "小王", None).await.unwrap();
    assert!(house.try_login("小王", PASSWORD, &house.code(&old)).await.is_err());
    assert!(house.try_login("小王", &new.password.clone().unwrap(), &house.code(&new)).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_revoked_opens_nothing_and_the_others_do() {
    let house = House::new().await;
    house.person("小王", Role::GroupAdmin).await;
    house.person("小李", Role::GroupAdmin).await;
    let store = &house.shared.store;
    let leaked = tokens::add(store, house.now(), "小王", None).await.unwrap();
    house.advance(TimeDelta::hours(1));
    let kept = tokens::add(store, house.now(), "小王", Some(TimeDelta::days(30))).await.unwrap();
    let listed = tokens::list(store, "小王").await.unwrap();
    assert_eq!(listed.iter().map(|token| token.expires_at.is_some()).collect::<Vec<_>>(), [false, true]);
    assert!(!leaked.contains(&listed[0].number), "its number tells nothing of it");
    let revoke = async |name| tokens::revoke(store, name, &listed[0].number).await;
    assert!(matches!(revoke("小李").await, Err(AccountError::UnknownToken)), "only its account's");
    revoke("小王").await.unwrap();
    assert!(matches!(revoke("小王").await, Err(AccountError::UnknownToken)));
    assert!(tokens::find(store, house.now(), &leaked).await.unwrap().is_none());
    assert!(tokens::find(store, house.now(), &kept).await.unwrap().is_some());
}

#[tokio::test]
async fn a_token_acts_for_its_account_until_it_expires() {
    let house = House::new().await;
    house.person("小王", Role::GroupAdmin).await;
    let store = &house.shared.store;
    let month = TimeDelta::days(30);
    let token = tokens::add(store, house.now(), "小王", Some(month)).await.unwrap();
    let endless = tokens::add(store, house.now(), " 小王", None).await.unwrap();
    assert!(token.starts_with("st_") && token.len() == 30, "{token}");
    house.advance(month - TimeDelta::seconds(1));
    let account = tokens::find(store, house.now(), &token).await.unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.role), ("小王", Role::GroupAdmin));
    assert!(tokens::find(store, house.now(), &token[..29]).await.unwrap().is_none());
    house.advance(TimeDelta::seconds(1));
    assert!(tokens::find(store, house.now(), &token).await.unwrap().is_none());
    assert!(tokens::find(store, house.now(), &endless).await.unwrap().is_some());
    assert_eq!(sessions::forget_ended(store, house.now()).await.unwrap(), 1);
    assert!(tokens::find(store, house.now(), &endless).await.unwrap().is_some());
}

#[tokio::test]
async fn a_token_needs_an_account_and_a_time_to_come() {
    let house = House::new().await;
    house.person("小王", Role::GroupAdmin).await;
    let store = &house.shared.store;
    assert!(matches!(tokens::add(store, house.now(), "小李", None).await, Err(AccountError::Unknown(_))));
    for life in [TimeDelta::zero(), TimeDelta::seconds(-1), TimeDelta::MAX] {
        let refused = tokens::add(store, house.now(), "小王", Some(life)).await;
        assert!(matches!(refused, Err(AccountError::BadLifetime)), "{life}");
    }
}
