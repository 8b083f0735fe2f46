//! The JSON door to what everybody may read.

use actix_web::{HttpRequest, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::number::{Issued, Live, look_up, open_all};
use crate::domain::case_number::CaseNumber;
use crate::domain::cursor;
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::notice::{Campaign, Incident, Item, Kind, LastSeen, Person, Subject};
use crate::domain::region::{Level, Region};
use crate::store::notices::Place;
use crate::store::published::{self, Which};
use crate::web::limits::Limit;
use crate::web::problem::{FieldFault, FieldFaults, Problem};
use crate::web::request;
use crate::web::shared::Shared;

/// The most notices in one answer.
pub const MOST: i64 = 100;
/// How many notices an answer has where the request sets no limit.
pub const USUAL: i64 = 20;

/// A live notice, as everybody may read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveNotice {
    #[schema(value_type = String, example = "7K3QM-X0P4S")]
    case_number: CaseNumber,
    kind: Kind,
    /// Always `live`.
    state: State,
    /// A code of GB/T 2260.
    #[schema(example = "131003")]
    region: &'static str,
    /// In the reader's language.
    region_name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    person: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    item: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    incident: Option<Incident>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    campaign: Option<Campaign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    last_seen: Option<LastSeen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    police_station: Option<String>,
    /// Only where the reporter chose to publish it.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// Addresses of photos; they answer 404 once the notice is over.
    photos: Vec<String>,
    url: String,
    poster_url: String,
    live_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// A notice that is over or being checked, without anything that it said.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuietNotice {
    #[schema(value_type = String)]
    case_number: CaseNumber,
    kind: Kind,
    /// `paused` while it is being checked; `closed`, `expired`, `removed` or `erased` once it is over.
    state: State,
}

/// A live notice, or one that is over or being checked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PublicNotice {
    Live(Box<LiveNotice>),
    Quiet(QuietNotice),
}

/// A page of live notices.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveNotices {
    items: Vec<LiveNotice>,
    /// The `cursor` for the next page; null on the last page.
    next: Option<String>,
}

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Wanted {
    /// `missing_person`, `lost_property`, `rescue` or `donation`.
    kind: Option<String>,
    /// A code of GB/T 2260; a province or city includes everything in it.
    region: Option<String>,
    /// The `next` of the previous page.
    cursor: Option<String>,
    /// 1 to 100; 20 by default.
    limit: Option<String>,
}

/// One notice by its case number.
///
/// # Errors
/// `case_unknown` for a number never issued, `case_malformed` for what is no number.
#[utoipa::path(
    tag = "notices",
    params(("case" = String, Path, description = "The case number, as typed")),
    responses((status = 200, body = PublicNotice), (status = 429, description = "`too_many_requests`"))
)]
#[get("/notices/{case}")]
pub async fn notice(
    http: HttpRequest,
    shared: web::Data<Shared>,
    case: web::Path<String>,
) -> Result<web::Json<PublicNotice>, Problem> {
    let (number, standing) = look_up(&http, &shared, &case).await?;
    let quiet = |kind, state| PublicNotice::Quiet(QuietNotice { case_number: number, kind, state });
    Ok(web::Json(match standing {
        Issued::Live(live) => PublicNotice::Live(Box::new(shown(&shared, *live, request::language(&http)))),
        Issued::Checking(kind) => quiet(kind, State::Paused),
        Issued::Over(kind, state, _) => quiet(kind, state),
    }))
}

/// Live notices, newest first.
///
/// # Errors
/// `invalid_fields` for a parameter that cannot be read.
#[utoipa::path(
    tag = "notices",
    params(Wanted),
    responses((status = 200, body = LiveNotices), (status = 429, description = "`too_many_requests`"))
)]
#[get("/notices")]
pub async fn notices(
    http: HttpRequest,
    shared: web::Data<Shared>,
    wanted: web::Query<Wanted>,
) -> Result<web::Json<LiveNotices>, Problem> {
    shared.count(&http, Limit::Reads)?;
    let Asked { which, limit } = read(&wanted).map_err(Problem::Invalid)?;
    let (vault, now) = (shared.vault.clone(), shared.clock.now());
    let (live, next) = shared
        .store
        .read(move |conn| {
            let mut found = published::live(conn, now, which, limit + 1)?;
            let last = cursor::cut(&mut found, limit);
            let next = last.and_then(|n| Some(cursor::write(&(n.live_at?.0, n.id.0))));
            Ok((open_all(conn, &vault, &found)?, next))
        })
        .await?;
    let language = request::language(&http);
    let items = live.into_iter().map(|live| shown(&shared, live, language)).collect();
    Ok(web::Json(LiveNotices { items, next }))
}

fn shown(shared: &Shared, live: Live, language: Language) -> LiveNotice {
    let full = |path: String| shared.link(&path);
    let (url, poster_url) = (full(live.path()), full(live.poster()));
    let photos = live.photos().into_iter().map(full).collect();
    let (mut person, mut item, mut incident, mut campaign) = (None, None, None, None);
    match live.public.subject {
        Subject::MissingPerson { person: it } => person = Some(it),
        Subject::LostProperty { item: it } => item = Some(it),
        Subject::Rescue { incident: it } => incident = Some(it),
        Subject::Donation { campaign: it } => campaign = Some(it),
    }
    LiveNotice {
        case_number: live.number,
        kind: live.kind,
        state: State::Live,
        region: live.public.region.code(),
        region_name: live.public.region.name_in(language),
        description: live.public.description,
        person,
        item,
        incident,
        campaign,
        last_seen: live.public.last_seen,
        police_station: live.public.police_station,
        phone: live.public.phone,
        photos,
        url,
        poster_url,
        live_at: live.live_at,
        ends_at: live.ends_at,
    }
}

/// The parameters, once parsed.
struct Asked {
    which: Which,
    limit: i64,
}

fn read(wanted: &Wanted) -> Result<Asked, FieldFaults> {
    let mut faults = FieldFaults::new();
    let before = cursor::asked(wanted.cursor.as_deref(), cursor::read).unwrap_or_else(|wrong| {
        faults.extend(wrong);
        None
    });
    let mut fault = |name: &str, code| {
        faults.insert(name.to_owned(), FieldFault::new(code));
    };
    let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
    let kind = given(&wanted.kind).and_then(|text| {
        Kind::named(&text).or_else(|| {
            fault("kind", "list-kind");
            None
        })
    });
    let region = given(&wanted.region)
        .and_then(|text| Region::parse(&text).map(within).map_err(|_| fault("region", "list-region")).ok());
    let limit = given(&wanted.limit).map_or(Some(USUAL), |text| {
        text.parse().ok().filter(|n| (1..=MOST).contains(n)).or_else(|| {
            fault("limit", "list-limit");
            None
        })
    });
    match limit {
        Some(limit) if faults.is_empty() => {
            let before = before.map(|(at, id)| Place { at, id });
            Ok(Asked { which: Which { kind, region, before }, limit })
        }
        _ => Err(faults),
    }
}

/// The range of codes within a region.
fn within(region: Region) -> (String, String) {
    let code = region.code();
    let last = match region.level() {
        Level::Province => format!("{}9999", &code[..2]),
        Level::City => format!("{}99", &code[..4]),
        Level::County => code.to_owned(),
    };
    (code.to_owned(), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(kind: &str, region: &str, cursor: &str, limit: &str) -> Wanted {
        let given = |text: &str| Some(text.to_owned());
        Wanted { kind: given(kind), region: given(region), cursor: given(cursor), limit: given(limit) }
    }

    #[test]
    fn a_region_covers_what_lies_within() {
        let of = |code| within(Region::parse(code).unwrap());
        assert_eq!(of("130000"), ("130000".to_owned(), "139999".to_owned()));
        assert_eq!(of("131000"), ("131000".to_owned(), "131099".to_owned()));
        assert_eq!(of("131003"), ("131003".to_owned(), "131003".to_owned()));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let faults = read(&wanted("ufo", "999999", "?", "101")).map(drop).unwrap_err();
        assert_eq!(faults.keys().collect::<Vec<_>>(), ["cursor", "kind", "limit", "region"]);
        assert!(read(&wanted("", "", "", "")).is_ok_and(|asked| asked.limit == USUAL));
    }
}
