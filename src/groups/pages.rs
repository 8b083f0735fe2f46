//! The HTML pages of a group admin: my groups, connecting one, and one of them. Each is refused to anybody who
//! is not the group's admin, and a form to whoever sends it from another session.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::api::{self, station};
use super::form::{self, Choices, Faults, Input, Sent, Typed, first_field};
use super::pauses;
use super::preferences::{self, Whole};
use super::words::{addresses, practice};
use super::{Connected, GroupError};
use crate::domain::cursor;
use crate::domain::group::{Condition, GroupState, Platform};
use crate::domain::named::named;
use crate::domain::people::Role;
use crate::language::has;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::session::{CsrfForm, SignedIn};
use crate::web::shared::Shared;

mod delivery;
mod one;
mod settings;
mod visit;

pub use delivery::{detail, redeliver};
use one::group_page;
pub use settings::{delete_form, edit, edit_form, forget, robot, robot_form, rotate};
use visit::AdminVisit;

named! {
    /// What has just been done, as the page that follows confirms it: `groups-done-DONE`.
    pub enum Done {
        Code = "code",
        Active = "active",
        Paused = "paused",
        Resumed = "resumed",
        Tested = "tested",
        Changed = "changed",
        Deleted = "deleted",
        Again = "again",
    }
}

/// What these handlers return.
type Page = Result<HttpResponse, Problem>;

/// The query parameters of these pages.
#[derive(Deserialize)]
pub struct Query {
    platform: Option<String>,
    /// What has just been done.
    done: Option<String>,
    /// Where the page of the log begins.
    before: Option<String>,
    /// Where the page of the list begins.
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct ListPage<'a> {
    frame: &'a Frame,
    done: Option<String>,
    groups: Vec<Whole>,
    now: DateTime<Utc>,
    /// The cursor of the next page.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "groups_platforms.html")]
struct PlatformsPage<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "groups_new.html")]
struct NewPage<'a> {
    frame: &'a Frame,
    platform: Platform,
    steps: Vec<String>,
    /// The path of the practice chat, which shows the address to paste in a demo.
    practice: Option<&'static str>,
    way: Vec<Input>,
    /// The suggested preferences, in words.
    suggested: String,
    typed: Typed,
    choices: Choices,
    faults: Faults,
    /// The platform that the pasted address belongs to, where it is another.
    other: Option<Platform>,
}

#[derive(Template)]
#[template(path = "groups_secret.html")]
struct SecretPage<'a> {
    frame: &'a Frame,
    id: Uuid,
    secret: String,
    /// What the platform answered instead of taking the code.
    refused: Option<String>,
    /// What to do with it.
    then: String,
}

/// My groups.
///
/// # Errors
/// For anybody who is not a group admin.
pub async fn list(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    asked: web::Query<Query>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let after = asked.cursor.as_deref().and_then(cursor::read);
    let preferences::Page { groups, next } = station(&shared).page(account, after).await?;
    let (done, next) = (done(&frame, &asked), next.as_ref().map(cursor::write));
    page(&http, &frame, &ListPage { done, groups, now: shared.clock.now(), next, frame: &frame })
}

/// Choosing the platform of a new group; then its form.
///
/// # Errors
/// For anybody who is not a group admin.
pub async fn choose(http: HttpRequest, person: SignedIn, asked: web::Query<Query>) -> Page {
    let (_, frame) = admin(&http, &person)?;
    let Some(platform) = asked.platform.as_deref().and_then(Platform::named) else {
        return page(&http, &frame, &PlatformsPage { frame: &frame });
    };
    let typed = Typed::fresh(frame.language);
    new_page(&http, &frame, platform, typed, (Faults::default(), None), StatusCode::OK)
}

/// Connects a group.
///
/// # Errors
/// For anybody who is not a group admin, and where the form is from another session.
pub async fn connect(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    asked: web::Query<Query>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let platform = asked.platform.as_deref().and_then(Platform::named).ok_or(Problem::NotFound)?;
    let mut typed = Typed::read(&form.0);
    let again = |typed, faults, status| new_page(&http, &frame, platform, typed, faults, status);
    if typed.again {
        return again(typed, (Faults::default(), None), StatusCode::OK);
    }
    let new = match typed.whole(platform).new_group(addresses(&http, &shared)) {
        Ok(new) => new,
        Err(faults) => {
            let (mut said, other) = (Faults::of(&faults, frame.language), form::belongs(&faults));
            typed.choose_province(&mut said, &frame);
            return again(typed, (said, other), StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    shared.limits.check(Limit::GroupConnects, account)?;
    match station(&shared).connect(account, new).await {
        Ok(connected) => {
            let visit = AdminVisit { group: connected.id, http, frame, shared, account };
            entered(&visit, connected).await
        }
        Err(error) => {
            let (faults, status) = told(error, &frame, first_field(platform))?;
            again(typed, (faults, None), status)
        }
    }
}

/// One group.
pub async fn show(visit: AdminVisit, asked: web::Query<Query>) -> Page {
    let (done, before) =
        (done(&visit.frame, &asked), asked.before.as_deref().and_then(|place| place.parse().ok()));
    let mut template = group_page(&visit, before).await?;
    template.done = done;
    page(&visit.http, &visit.frame, &template)
}

/// Takes the code that was read in the chat.
pub async fn verify(visit: AdminVisit, form: CsrfForm<Sent>) -> Page {
    let code = form.0.iter().find(|(name, _)| name == "code").map_or("", |(_, code)| code);
    let step = visit.station().verify(visit.account, visit.group, code).await;
    after(&visit, step, (Done::Active, "code")).await
}

/// Sends another code.
pub async fn send_code(visit: AdminVisit, _form: CsrfForm<Sent>) -> Page {
    let step = visit.station().send_code(visit.account, visit.group).await;
    after(&visit, step, (Done::Code, "send")).await
}

/// Stops what goes to a group, for as long as was chosen.
pub async fn pause(visit: AdminVisit, form: CsrfForm<Sent>) -> Page {
    let choice = form.0.iter().find(|(name, _)| name == "until").map_or("", |(_, choice)| choice);
    let until = pauses::chosen(choice, visit.shared.clock.now());
    let step = visit.station().pause(visit.account, visit.group, until).await;
    after(&visit, step, (Done::Paused, "state")).await
}

/// Lets a paused group receive again.
pub async fn resume(visit: AdminVisit, _form: CsrfForm<Sent>) -> Page {
    let step = visit.station().resume(visit.account, visit.group).await;
    after(&visit, step, (Done::Resumed, "state")).await
}

/// Sends a message marked as a test.
pub async fn test(visit: AdminVisit, _form: CsrfForm<Sent>) -> Page {
    let step = visit.station().test(visit.account, visit.group).await;
    after(&visit, step, (Done::Tested, "test")).await
}

fn admin(http: &HttpRequest, person: &SignedIn) -> Result<(Uuid, Frame), Problem> {
    Ok((person.require(Role::GroupAdmin)?.id.0, person.frame(http)))
}

/// The confirmation of what has just been done; anything else in the address is ignored.
fn done(frame: &Frame, asked: &Query) -> Option<String> {
    let done = asked.done.as_deref().and_then(Done::named)?;
    Some(frame.t(&format!("groups-done-{}", done.as_str())))
}

fn steps(frame: &Frame, platform: Platform) -> Vec<String> {
    let keys = (1..).map(|step| format!("groups-how-{}-{step}", platform.as_str()));
    keys.take_while(|key| has(frame.language, key)).map(|key| frame.t(&key)).collect()
}

/// An error that the same page can show: its sentence, and the status.
fn told(error: GroupError, frame: &Frame, field: &str) -> Result<(Faults, StatusCode), Problem> {
    match Problem::from(error) {
        problem @ (Problem::NotFound | Problem::Internal(_)) => Err(problem),
        problem => {
            let sentence = format!(
                "{}{}",
                frame.t1("groups-fault", "title", problem.title(frame.language)),
                problem.detail(frame.language)
            );
            Ok((Faults::one(field, sentence), problem.status()))
        }
    }
}

/// After a step: a redirect to the group, or its page with what went wrong.
async fn after<T>(visit: &AdminVisit, step: Result<T, GroupError>, (done, field): (Done, &str)) -> Page {
    match step {
        Ok(_) => Ok(see_other(&format!("/groups/{}?done={}", visit.group, done.as_str()))),
        Err(error) => {
            let (faults, status) = told(error, &visit.frame, field)?;
            let mut template = group_page(visit, None).await?;
            template.faults = faults;
            page_with(&visit.http, &visit.frame, &template, status)
        }
    }
}

/// After credentials were entered: the secret, shown once; or the platform's refusal; or the field for the
/// code.
async fn entered(visit: &AdminVisit, connected: Connected) -> Page {
    let Connected { id, secret, no_code } = connected;
    let frame = &visit.frame;
    if let Some(secret) = secret {
        let said = no_code.map(|why| api::no_code(&why, frame.language));
        let then = frame.t("groups-secret-then");
        return page(&visit.http, frame, &SecretPage { frame, id, secret, refused: said, then });
    }
    let step = no_code.map_or(Ok(()), |why| Err(why.into()));
    after(visit, step, (Done::Code, "send")).await
}

fn new_page(
    http: &HttpRequest,
    frame: &Frame,
    platform: Platform,
    typed: Typed,
    (faults, other): (Faults, Option<Platform>),
    status: StatusCode,
) -> Page {
    let choices = Choices::of(&typed, frame);
    let template = NewPage {
        steps: steps(frame, platform),
        practice: practice(http),
        way: form::way(platform, &typed, frame),
        suggested: form::suggested(frame),
        frame,
        platform,
        typed,
        choices,
        faults,
        other,
    };
    page_with(http, frame, &template, status)
}
