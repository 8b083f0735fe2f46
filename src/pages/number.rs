//! What a case number answers to everybody, at the moment of the request.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::domain::notice::{Kind, Public};
use crate::domain::shown::shown;
use crate::store::notices::{self, Notice};
use crate::store::{Conn, StoreError, StoreResult};
use crate::vault::Vault;
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::shared::Shared;

/// A notice that everybody may read now.
#[derive(Clone, Debug)]
pub struct Live {
    pub number: CaseNumber,
    pub kind: Kind,
    pub live_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub public: Public,
}

impl Live {
    /// The path of its page.
    pub fn path(&self) -> String {
        format!("/n/{}", self.number)
    }

    /// The path of its poster.
    pub fn poster(&self) -> String {
        format!("/n/{}/poster.jpg", self.number)
    }

    /// The paths of its photos, in the reporter's order.
    pub fn photos(&self) -> Vec<String> {
        self.public.photos.iter().map(photo).collect()
    }
}

fn photo(id: &Uuid) -> String {
    format!("/p/{id}/page.jpg")
}

/// What the public is told about a number that was issued.
#[derive(Clone, Debug)]
pub enum Issued {
    Live(Box<Live>),
    /// Being checked, for the first time or again; the public is not told which.
    Checking(Kind),
    /// Over, for whatever reason; the state is one of the final ones.
    Over(Kind, State, WentOut),
}

/// Whether anything under the number was ever public. If not, there are no old messages to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WentOut {
    Once,
    Never,
}

/// Parses a number as it was typed, and finds what it stands for now.
///
/// # Errors
/// [`Problem::CaseMalformed`] for what is not a case number, [`Problem::CaseUnknown`] for one that was never
/// issued, and [`Problem::TooMany`] where one network tries too many numbers.
pub async fn look_up(
    http: &HttpRequest,
    shared: &Shared,
    typed: &str,
) -> Result<(CaseNumber, Issued), Problem> {
    shared.count(http, Limit::Reads)?;
    let number = typed.parse()?;
    Ok((number, issued(shared, number).await?))
}

/// What a number stands for now; whoever asks has been counted.
///
/// # Errors
/// [`Problem::CaseUnknown`] for one that was never issued.
pub async fn issued(shared: &Shared, number: CaseNumber) -> Result<Issued, Problem> {
    let (vault, now) = (shared.vault.clone(), shared.clock.now());
    let found = shared.store.read(move |conn| standing(conn, &vault, number, now)).await?;
    found.ok_or(Problem::CaseUnknown)
}

fn standing(
    conn: &mut Conn,
    vault: &Vault,
    number: CaseNumber,
    now: DateTime<Utc>,
) -> StoreResult<Option<Issued>> {
    let Some(notice) = notices::by_case(conn, number)? else { return Ok(None) };
    let kind = notice.kind;
    let went_out = if notice.live_at.is_some() { WentOut::Once } else { WentOut::Never };
    Ok(Some(match notice.state_at(now).public_state() {
        State::Live => {
            let revision =
                notice.live_revision.map(|r| notices::revision(conn, notice.id.0, r)).transpose()?;
            match revision.flatten() {
                Some(revision) => Issued::Live(Box::new(open(vault, &notice, &revision)?)),
                None => Issued::Checking(kind),
            }
        }
        state if state.is_over() => Issued::Over(kind, state, went_out),
        _ => Issued::Checking(kind),
    }))
}

/// What everybody may read of a live notice.
fn open(vault: &Vault, notice: &Notice, revision: &notices::Revision) -> StoreResult<Live> {
    let corrupt = |what: &str| StoreError::Corrupt(format!("a live notice without {what}"));
    let key = notice.key(vault)?.ok_or_else(|| corrupt("its key"))?;
    Ok(Live {
        number: notice.case_number,
        kind: notice.kind,
        live_at: notice.live_at.ok_or_else(|| corrupt("its beginning"))?.0,
        ends_at: notice.ends_at.ok_or_else(|| corrupt("its end"))?.0,
        public: shown(revision.public(&key)?),
    })
}

/// The public contents of live notices, in the order given.
///
/// # Errors
/// When the database refuses, or a notice cannot be opened.
pub fn open_all(conn: &mut Conn, vault: &Vault, found: &[Notice]) -> StoreResult<Vec<Live>> {
    let revisions = notices::live_revisions(conn, found)?;
    let pairs = found.iter().filter_map(|n| Some((n, revisions.iter().find(|r| r.notice_id == n.id)?)));
    pairs.map(|(notice, revision)| open(vault, notice, revision)).collect()
}
