//! `/feeds/notices.atom`: which notices are live, without a word about the people.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::language::Language;
use crate::domain::region::Region;
use crate::domain::zone::BEIJING;
use crate::language::{text, text_with};
use crate::store::StoreError;
use crate::store::notices::Notice;
use crate::store::published::{self, Which};
use crate::web::assets::{is_known, version};
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::shared::Shared;

/// The most entries in the feed.
const ENTRIES: i64 = 100;

struct Entry {
    title: String,
    link: String,
    updated: String,
}

#[derive(Template)]
#[template(path = "notices.atom.xml", escape = "xml")]
struct Feed {
    tag: &'static str,
    title: String,
    home: String,
    own: String,
    updated: String,
    entries: Vec<Entry>,
}

/// The live notices as an Atom feed; a notice that has ended is no longer in it.
///
/// # Errors
/// [`Problem::TooMany`].
pub async fn notices(
    http: HttpRequest,
    shared: web::Data<Shared>,
    known: Option<web::Header<IfNoneMatch>>,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let now = shared.clock.now();
    let found = shared.store.read(move |conn| {
        let found = published::live(conn, now, Which::default(), ENTRIES)?;
        let since = published::shown_since(conn, &found)?;
        Ok::<_, StoreError>((found, since))
    });
    let (found, since) = found.await?;
    let language = request::language(&http);
    let feed = Feed {
        tag: language.as_str(),
        title: text(language, "feed-title"),
        home: shared.link("/"),
        own: shared.link("/feeds/notices.atom"),
        // Nothing has changed as long as there is nothing, however often it is read.
        updated: written(since.values().max().copied().unwrap_or_default()),
        entries: found
            .iter()
            .filter_map(|notice| Some(entry(notice, *since.get(&notice.id.0)?, &shared, language)))
            .collect(),
    };
    let xml = feed.render().map_err(|e| Problem::Internal(format!("template: {e}")))?;
    // By its contents: an entry that goes changes no time.
    let tag = EntityTag::new_strong(version(xml.as_bytes()));
    let tagged = header::ETag(tag.clone());
    if is_known(&tag, known) {
        return Ok(HttpResponse::NotModified().insert_header(tagged).finish());
    }
    let mut answer = HttpResponse::Ok();
    Ok(answer.insert_header(tagged).content_type("application/atom+xml; charset=utf-8").body(xml))
}

fn entry(notice: &Notice, since: DateTime<Utc>, shared: &Shared, language: Language) -> Entry {
    let number = notice.case_number;
    let region = Region::parse(&notice.region).map(|r| r.name_in(language)).unwrap_or_default();
    let kind = text(language, &format!("kind-{}", notice.kind.as_str()));
    let args = [("kind", kind.into()), ("region", region.into()), ("case", number.to_string().into())];
    Entry {
        title: text_with(language, "feed-entry", &args),
        link: shared.link(&format!("/n/{number}")),
        updated: written(since),
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.with_timezone(&BEIJING).to_rfc3339_opts(SecondsFormat::Secs, false)
}
