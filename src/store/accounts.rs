//! Accounts, the sessions of those who are logged in, and the tokens of their programs.

use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::schema::{accounts, api_tokens, sessions};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both, notices};
use crate::domain::people::{Moderator, Role};

/// Somebody who may act.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct Account {
    pub id: Id,
    /// Unique; what the person types to log in.
    pub name: String,
    pub role: Role,
    pub created_at: Time,
    /// Set once it is disabled: from then on its password, sessions and tokens open nothing.
    pub disabled_at: Option<Time>,
}

impl Account {
    /// As whom they verify, where their role lets them.
    pub fn moderator(&self) -> Moderator {
        Moderator { id: self.id.0, lead: self.role == Role::Lead }
    }
}

/// An account with what its owner logs in with.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts)]
pub struct Credentials {
    #[diesel(embed)]
    pub account: Account,
    #[diesel(embed)]
    pub proof: Proof,
}

/// What an account's owner logs in with: a password and a second factor.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = accounts)]
pub struct Proof {
    /// A PHC string.
    pub password_hash: String,
    pub totp_sealed: Vec<u8>,
    /// The last time step whose code was used: no code opens twice.
    pub totp_step: i64,
}

/// A login session.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub token_hash: Vec<u8>,
    pub account_id: Id,
    pub created_at: Time,
    pub seen_at: Time,
    pub expires_at: Time,
}

/// A program's right to act for an account.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens, treat_none_as_default_value = false)]
pub struct ApiToken {
    pub token_hash: Vec<u8>,
    pub account_id: Id,
    pub created_at: Time,
    /// `None`: it never expires.
    pub expires_at: Option<Time>,
}

/// How many sessions, tokens and claims ended with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedWith {
    pub sessions: usize,
    pub tokens: usize,
    pub claims: usize,
}

impl fmt::Display for EndedWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions, {} tokens and {} claims", self.sessions, self.tokens, self.claims)
    }
}

/// Adds an account; `false` where its name is taken.
pub fn insert(conn: &mut Conn, credentials: &Credentials) -> StoreResult<bool> {
    let rows = both!(conn, c => diesel::insert_into(accounts::table)
        .values(credentials)
        .on_conflict(accounts::name)
        .do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// All accounts, by name.
pub fn all(conn: &mut Conn) -> StoreResult<Vec<Account>> {
    Ok(both!(conn, c => accounts::table.order(accounts::name).select(Account::as_select()).load(c))?)
}

/// The account of that name, disabled or not.
pub fn by_name(conn: &mut Conn, name: &str) -> StoreResult<Option<Credentials>> {
    Ok(both!(conn, c => accounts::table
        .filter(accounts::name.eq(name))
        .select(Credentials::as_select())
        .first(c)
        .optional())?)
}

/// Locks the account until the transaction ends. Rows that refer to it can still be written meanwhile.
pub fn lock(conn: &mut Conn, id: Uuid) -> StoreResult<()> {
    // SQLite runs one write transaction at a time.
    if let Conn::Pg(c) = conn {
        accounts::table.find(Id(id)).select(accounts::id).for_no_key_update().execute(&mut **c)?;
    }
    Ok(())
}

/// Disables an account and ends its sessions, tokens and claims. One that is disabled already keeps its time.
pub fn disable(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> StoreResult<EndedWith> {
    both!(conn, c => {
        diesel::update(accounts::table.filter(accounts::id.eq(Id(id)).and(accounts::disabled_at.is_null())))
            .set(accounts::disabled_at.eq(Some(Time(now))))
            .execute(c)?;
    });
    end(conn, id, now)
}

/// Replaces an account's password and second factor, and ends its sessions, tokens and claims. One that was disabled
/// is not any more.
pub fn renew(conn: &mut Conn, id: Uuid, proof: &Proof, now: DateTime<Utc>) -> StoreResult<EndedWith> {
    let enabled = accounts::disabled_at.eq(None::<Time>);
    both!(conn, c => diesel::update(accounts::table.find(Id(id))).set((proof, enabled)).execute(c))?;
    end(conn, id, now)
}

/// Others need not wait for somebody who can do nothing any more, so the claims end, too.
fn end(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> StoreResult<EndedWith> {
    let claims = notices::lapse(conn, id, now)?;
    both!(conn, c => Ok(EndedWith {
        claims,
        sessions: diesel::delete(sessions::table.filter(sessions::account_id.eq(Id(id)))).execute(c)?,
        tokens: diesel::delete(api_tokens::table.filter(api_tokens::account_id.eq(Id(id)))).execute(c)?,
    }))
}

/// Uses up a time step of the second factor; `false` where this step or a later one was used, the account is
/// disabled, or its proof was replaced meanwhile.
pub fn use_totp_step(conn: &mut Conn, id: Uuid, step: i64, proof: &Proof) -> StoreResult<bool> {
    let rows = both!(conn, c => diesel::update(
        accounts::table
            .filter(accounts::id.eq(Id(id)))
            .filter(accounts::totp_step.lt(step))
            .filter(accounts::password_hash.eq(&proof.password_hash).and(accounts::totp_sealed.eq(&proof.totp_sealed)))
            .filter(accounts::disabled_at.is_null()),
    )
    .set(accounts::totp_step.eq(step))
    .execute(c))?;
    Ok(rows == 1)
}

/// Adds a session.
pub fn insert_session(conn: &mut Conn, session: &Session) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(sessions::table).values(session).execute(c))?;
    Ok(())
}

/// The session of that token with its account, unless it expired, was last seen at `idle` or before,
/// or the account is disabled.
pub fn session(
    conn: &mut Conn,
    token_hash: &[u8],
    now: DateTime<Utc>,
    idle: DateTime<Utc>,
) -> StoreResult<Option<(Account, Session)>> {
    Ok(both!(conn, c => sessions::table
        .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::expires_at.gt(Time(now)))
        .filter(sessions::seen_at.gt(Time(idle)))
        .filter(accounts::disabled_at.is_null())
        .select((Account::as_select(), Session::as_select()))
        .first(c)
        .optional())?)
}

/// Notes that a session was used.
pub fn see_session(conn: &mut Conn, token_hash: &[u8], now: DateTime<Utc>) -> StoreResult<()> {
    both!(conn, c => diesel::update(sessions::table.filter(sessions::token_hash.eq(token_hash)))
        .set(sessions::seen_at.eq(Time(now)))
        .execute(c))?;
    Ok(())
}

/// Ends a session, if there is one.
pub fn delete_session(conn: &mut Conn, token_hash: &[u8]) -> StoreResult<()> {
    both!(conn, c => diesel::delete(sessions::table.filter(sessions::token_hash.eq(token_hash))).execute(c))?;
    Ok(())
}

/// Adds an API token.
pub fn insert_token(conn: &mut Conn, token: &ApiToken) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(api_tokens::table).values(token).execute(c))?;
    Ok(())
}

/// The API tokens of an account, oldest first.
pub fn tokens_of(conn: &mut Conn, account: Uuid) -> StoreResult<Vec<ApiToken>> {
    Ok(both!(conn, c => api_tokens::table
        .filter(api_tokens::account_id.eq(Id(account)))
        .order(api_tokens::created_at)
        .select(ApiToken::as_select())
        .load(c))?)
}

/// Ends an API token, if there is one.
pub fn delete_token(conn: &mut Conn, token_hash: &[u8]) -> StoreResult<()> {
    both!(conn, c => diesel::delete(api_tokens::table.find(token_hash)).execute(c))?;
    Ok(())
}

/// The account that an API token acts for, unless the token has expired or the account is disabled.
pub fn by_token(conn: &mut Conn, token_hash: &[u8], now: DateTime<Utc>) -> StoreResult<Option<Account>> {
    Ok(both!(conn, c => api_tokens::table
        .inner_join(accounts::table.on(accounts::id.eq(api_tokens::account_id)))
        .filter(api_tokens::token_hash.eq(token_hash))
        .filter(api_tokens::expires_at.is_null().or(api_tokens::expires_at.gt(Time(now))))
        .filter(accounts::disabled_at.is_null())
        .select(Account::as_select())
        .first(c)
        .optional())?)
}

/// Deletes the sessions and tokens that have expired; returns how many.
pub fn forget_ended(conn: &mut Conn, now: DateTime<Utc>, idle: DateTime<Utc>) -> StoreResult<usize> {
    both!(conn, c => {
        let sessions = diesel::delete(
            sessions::table.filter(sessions::expires_at.le(Time(now)).or(sessions::seen_at.le(Time(idle)))),
        )
        .execute(c)?;
        let tokens = diesel::delete(api_tokens::table.filter(api_tokens::expires_at.le(Time(now)))).execute(c)?;
        Ok(sessions + tokens)
    })
}

/// The names of accounts, for showing who did what.
pub fn names(conn: &mut Conn, ids: &[Uuid]) -> StoreResult<std::collections::HashMap<Uuid, String>> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let rows: Vec<(Id, String)> = both!(conn, c => accounts::table
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, accounts::name))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, name)| (id.0, name)).collect())
}
