//! The pages of a group admin: my groups, connect one, one of them.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;
use uuid::Uuid;

use super::api::id;
use super::delivery_log::Log;
use super::form::{Choices, Faults, Sent, Typed};
use super::preferences::{Whole, is_proved};
use super::words::{self, moment, problem, station};
use super::{Connected, GroupError};
use crate::domain::delivery::DeliveryState;
use crate::domain::group::{GroupState, Platform};
use crate::domain::people::Role;
use crate::language::has;
use crate::store::groups::{Attempt, Logged};
use crate::web::frame::{Frame, page, page_with};
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::session::{CsrfForm, SignedIn};
use crate::web::shared::Shared;

/// An answer of this door.
type Page = Result<HttpResponse, Problem>;

/// What a page may be asked for beyond its address.
#[derive(Deserialize)]
pub struct Asked {
    platform: Option<String>,
    /// What has just been done.
    done: Option<String>,
    /// Where the log begins.
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct ListPage {
    frame: Frame,
    done: Option<String>,
    groups: Vec<Whole>,
}

#[derive(Template)]
#[template(path = "groups_platforms.html")]
struct PlatformsPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "groups_new.html")]
struct NewPage {
    frame: Frame,
    platform: Platform,
    steps: Vec<String>,
    typed: Typed,
    choices: Choices,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "groups_secret.html")]
struct SecretPage {
    frame: Frame,
    id: Uuid,
    secret: String,
}

#[derive(Template)]
#[template(path = "groups_edit.html")]
struct EditPage {
    frame: Frame,
    id: Uuid,
    typed: Typed,
    choices: Choices,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "groups_robot.html")]
struct RobotPage {
    frame: Frame,
    id: Uuid,
    platform: Platform,
    steps: Vec<String>,
    typed: Typed,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "groups_delete.html")]
struct DeletePage {
    frame: Frame,
    whole: Whole,
}

#[derive(Template)]
#[template(path = "groups_one.html")]
struct GroupPage {
    frame: Frame,
    /// The group's own address.
    here: String,
    whole: Whole,
    proved: bool,
    /// A code was sent and is still good.
    awaited: bool,
    done: Option<String>,
    faults: Faults,
    facts: Vec<(String, String)>,
    log: Vec<LineView>,
    next: Option<i64>,
}

/// A delivery in words.
struct LineView {
    when: String,
    case: String,
    what: String,
    delivered: bool,
    result: String,
    why: Option<String>,
    tries: Vec<String>,
}

/// My groups.
///
/// # Errors
/// For anybody but a group admin.
#[get("/groups")]
pub async fn list(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    asked: web::Query<Asked>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let groups = station(&shared).all(account).await.map_err(|e| problem(e, frame.language))?;
    page(&http, &frame, &ListPage { done: done(&frame, &asked), groups, frame: frame.clone() })
}

/// Which platform the new group is on; then its form.
///
/// # Errors
/// For anybody but a group admin.
#[get("/groups/new")]
pub async fn choose(http: HttpRequest, person: SignedIn, asked: web::Query<Asked>) -> Page {
    let (_, frame) = admin(&http, &person)?;
    let Some(platform) = asked.platform.as_deref().and_then(Platform::named) else {
        return page(&http, &frame, &PlatformsPage { frame: frame.clone() });
    };
    new_page(&http, frame.clone(), platform, Typed::fresh(frame.language), Faults::default(), StatusCode::OK)
}

/// Connects a group.
///
/// # Errors
/// For anybody but a group admin, and where the form is not of this session.
#[post("/groups/new")]
pub async fn connect(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    asked: web::Query<Asked>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let platform = asked.platform.as_deref().and_then(Platform::named).ok_or(Problem::NotFound)?;
    let typed = Typed::read(&form.0);
    let again = |typed, faults, status| new_page(&http, frame.clone(), platform, typed, faults, status);
    if typed.lists {
        return again(typed, Faults::default(), StatusCode::OK);
    }
    let new = match typed.whole(platform).new_group(shared.sender.guard()) {
        Ok(new) => new,
        Err(faults) => {
            let faults = Faults::of(&faults, frame.language);
            return again(typed, faults, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    shared.limits.check(Limit::GroupConnects, account)?;
    match station(&shared).connect(account, new).await {
        Ok(connected) => entered(&http, frame, &shared, account, connected).await,
        Err(error) => {
            let (faults, status) = told(error, &frame, "url")?;
            again(typed, faults, status)
        }
    }
}

/// One group.
///
/// # Errors
/// For anybody but its admin.
#[get("/groups/{id}")]
pub async fn show(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    asked: web::Query<Asked>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let (done, before) = (done(&frame, &asked), asked.before.as_deref().and_then(|place| place.parse().ok()));
    let template = group_page(frame.clone(), &shared, account, id(&path)?, before).await?;
    page(&http, &frame, &GroupPage { done, ..template })
}

/// Takes the code that was read in the chat.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/verify")]
pub async fn verify(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    let code = form.0.iter().find(|(name, _)| name == "code").map_or("", |(_, code)| code);
    let step = station(&shared).verify(account, id, code).await;
    after(&http, frame, &shared, (account, id), step, ("active", "code")).await
}

/// Sends another code.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/code")]
pub async fn send_code(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    let step = station(&shared).send_code(account, id).await;
    after(&http, frame, &shared, (account, id), step, ("code", "send")).await
}

/// Stops what goes to a group.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/pause")]
pub async fn pause(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    let step = station(&shared).pause(account, id).await;
    after(&http, frame, &shared, (account, id), step, ("paused", "state")).await
}

/// Lets a paused group receive again.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/resume")]
pub async fn resume(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    let step = station(&shared).resume(account, id).await;
    after(&http, frame, &shared, (account, id), step, ("resumed", "state")).await
}

/// Sends a message marked as a test.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/test")]
pub async fn test(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    let step = station(&shared).test(account, id).await;
    after(&http, frame, &shared, (account, id), step, ("tested", "test")).await
}

/// The form for what a group wants to hear.
///
/// # Errors
/// For anybody but its admin.
#[get("/groups/{id}/edit")]
pub async fn edit_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = whole(&shared, &frame, account, id(&path)?).await?;
    edit_page(&http, frame, whole.group.id.0, Typed::of(&whole), Faults::default(), StatusCode::OK)
}

/// Changes what a group wants to hear.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/edit")]
pub async fn edit(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = whole(&shared, &frame, account, id(&path)?).await?;
    let (id, typed) = (whole.group.id.0, Typed::read(&form.0));
    if typed.lists {
        return edit_page(&http, frame, id, typed, Faults::default(), StatusCode::OK);
    }
    match typed.wishes().change(whole.group.platform.0, shared.sender.guard()) {
        Ok(change) => {
            let changed = station(&shared).change(account, id, change).await;
            changed.map_err(|e| problem(e, frame.language))?;
            Ok(see_other(&format!("/groups/{id}?done=changed")))
        }
        Err(faults) => {
            let faults = Faults::of(&faults, frame.language);
            edit_page(&http, frame, id, typed, faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// The form for another robot.
///
/// # Errors
/// For anybody but its admin.
#[get("/groups/{id}/robot")]
pub async fn robot_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = whole(&shared, &frame, account, id(&path)?).await?;
    robot_page(&http, frame, &whole, Typed::default(), Faults::default(), StatusCode::OK)
}

/// Gives a group another robot.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/robot")]
pub async fn robot(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = whole(&shared, &frame, account, id(&path)?).await?;
    let (platform, typed) = (whole.group.platform.0, Typed::read(&form.0));
    let draft = super::Draft { credentials: Some(typed.credentials(platform)), ..super::Draft::default() };
    let change = match draft.change(platform, shared.sender.guard()) {
        Ok(change) => change,
        Err(faults) => {
            let faults = Faults::of(&faults, frame.language);
            return robot_page(&http, frame, &whole, typed, faults, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match station(&shared).change(account, whole.group.id.0, change).await {
        Ok(connected) => entered(&http, frame, &shared, account, connected).await,
        Err(error) => {
            let (faults, status) = told(error, &frame, "url")?;
            robot_page(&http, frame, &whole, typed, faults, status)
        }
    }
}

/// Asks before a group is forgotten.
///
/// # Errors
/// For anybody but its admin.
#[get("/groups/{id}/delete")]
pub async fn delete_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = whole(&shared, &frame, account, id(&path)?).await?;
    page(&http, &frame, &DeletePage { frame: frame.clone(), whole })
}

/// Forgets a group.
///
/// # Errors
/// For anybody but its admin, and where the form is not of this session.
#[post("/groups/{id}/delete")]
pub async fn forget(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    station(&shared).delete(account, id(&path)?).await.map_err(|e| problem(e, frame.language))?;
    Ok(see_other("/groups?done=deleted"))
}

fn admin(http: &HttpRequest, person: &SignedIn) -> Result<(Uuid, Frame), Problem> {
    Ok((person.require(Role::GroupAdmin)?.id.0, person.frame(http)))
}

fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// What has just been done, in words; anything else in the address is ignored.
fn done(frame: &Frame, asked: &Asked) -> Option<String> {
    const DONE: [&str; 7] = ["code", "active", "paused", "resumed", "tested", "changed", "deleted"];
    let done = asked.done.as_deref().filter(|done| DONE.contains(done))?;
    Some(frame.t(&format!("groups-done-{done}")))
}

async fn whole(shared: &Shared, frame: &Frame, account: Uuid, id: Uuid) -> Result<Whole, Problem> {
    station(shared).whole(account, id).await.map_err(|e| problem(e, frame.language))
}

fn steps(frame: &Frame, platform: Platform) -> Vec<String> {
    let keys = (1..).map(|step| format!("groups-how-{}-{step}", platform.as_str()));
    keys.take_while(|key| has(frame.language, key)).map(|key| frame.t(&key)).collect()
}

/// An error that the same page can show: what it says, and the answer's status.
fn told(error: GroupError, frame: &Frame, field: &str) -> Result<(Faults, StatusCode), Problem> {
    match problem(error, frame.language) {
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

/// After a step: back to the group, or its page with what went wrong.
async fn after<T>(
    http: &HttpRequest,
    frame: Frame,
    shared: &Shared,
    (account, id): (Uuid, Uuid),
    step: Result<T, GroupError>,
    (done, field): (&str, &str),
) -> Page {
    match step {
        Ok(_) => Ok(see_other(&format!("/groups/{id}?done={done}"))),
        Err(error) => {
            let (faults, status) = told(error, &frame, field)?;
            let template = group_page(frame.clone(), shared, account, id, None).await?;
            page_with(http, &frame, &GroupPage { faults, ..template }, status)
        }
    }
}

/// After a robot was entered: its secret once, or what the platform said, or the code's field.
async fn entered(
    http: &HttpRequest,
    frame: Frame,
    shared: &Shared,
    account: Uuid,
    connected: Connected,
) -> Page {
    let Connected { id, secret, refused: refusal } = connected;
    if let Some(secret) = secret {
        return page(http, &frame, &SecretPage { frame: frame.clone(), id, secret });
    }
    let step = refusal.map_or(Ok(()), |refusal| Err(GroupError::Unreachable(refusal)));
    after(http, frame, shared, (account, id), step, ("code", "send")).await
}

fn new_page(
    http: &HttpRequest,
    frame: Frame,
    platform: Platform,
    typed: Typed,
    faults: Faults,
    status: StatusCode,
) -> Page {
    let (steps, choices) = (steps(&frame, platform), Choices::of(&typed, &frame));
    let template = NewPage { frame: frame.clone(), platform, steps, typed, choices, faults };
    page_with(http, &frame, &template, status)
}

fn edit_page(
    http: &HttpRequest,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    faults: Faults,
    status: StatusCode,
) -> Page {
    let choices = Choices::of(&typed, &frame);
    page_with(http, &frame, &EditPage { frame: frame.clone(), id, typed, choices, faults }, status)
}

fn robot_page(
    http: &HttpRequest,
    frame: Frame,
    whole: &Whole,
    typed: Typed,
    faults: Faults,
    status: StatusCode,
) -> Page {
    let (id, platform) = (whole.group.id.0, whole.group.platform.0);
    let template =
        RobotPage { steps: steps(&frame, platform), frame: frame.clone(), id, platform, typed, faults };
    page_with(http, &frame, &template, status)
}

async fn group_page(
    frame: Frame,
    shared: &Shared,
    account: Uuid,
    id: Uuid,
    before: Option<i64>,
) -> Result<GroupPage, Problem> {
    let (groups, now) = (station(shared), shared.clock.now());
    let whole = groups.whole(account, id).await.map_err(|e| problem(e, frame.language))?;
    let log = groups.log(account, id, before).await.map_err(|e| problem(e, frame.language))?;
    let platform = whole.group.platform.0;
    Ok(GroupPage {
        here: format!("/groups/{id}"),
        proved: is_proved(&whole.group),
        awaited: whole.group.code_expires_at.is_some_and(|expires| expires.0 > now),
        done: None,
        faults: Faults::default(),
        facts: facts(&frame, &whole, &log, now),
        next: log.next,
        log: log
            .lines
            .into_iter()
            .map(|line| line_view(&frame, platform, &line.delivery, &line.tries))
            .collect(),
        whole,
        frame,
    })
}

/// What there is to know about a group, as names and words.
fn facts(
    frame: &Frame,
    whole: &Whole,
    log: &Log,
    now: chrono::DateTime<chrono::Utc>,
) -> Vec<(String, String)> {
    let separator = frame.t("groups-and");
    let group = &whole.group;
    let kinds: Vec<_> = group.kinds().iter().map(|k| frame.t(&format!("kind-{}", k.as_str()))).collect();
    let regions: Vec<_> = whole.regions.iter().map(|region| region.full_name()).collect();
    let last = log.last_delivered.map_or_else(|| frame.t("groups-never"), moment);
    let mut facts = vec![
        ("groups-fact-platform", frame.t(&format!("platform-{}", group.platform.0.as_str()))),
        ("groups-fact-robot", format!("…{}", group.last4)),
        ("groups-fact-regions", regions.join(&separator)),
        ("groups-fact-kinds", kinds.join(&separator)),
        ("groups-fact-language", frame.t(&format!("groups-language-{}", group.language.0.as_str()))),
        ("groups-fact-last", last),
    ];
    if let Some(lane) = &whole.lane {
        if let Some(since) = lane.failing_since {
            facts.push(("groups-fact-failing", moment(since.0)));
        }
        // Shorter rests are only the pace of sending.
        if lane.open_at.0 > now + TimeDelta::minutes(1) {
            facts.push(("groups-fact-rests", moment(lane.open_at.0)));
        }
    }
    facts.into_iter().map(|(key, words)| (frame.t(key), words)).collect()
}

fn line_view(frame: &Frame, platform: Platform, delivery: &Logged, tries: &[Attempt]) -> LineView {
    let explained = |outcome: &str, code: Option<&str>| {
        let meaning = code.and_then(|code| words::meaning(frame.language, platform, code));
        let words = meaning.unwrap_or_else(|| frame.t(words::outcome_key(outcome)));
        code.map_or_else(
            || words.clone(),
            |code| format!("{} {words}", frame.t1("groups-log-code", "code", code)),
        )
    };
    let state = delivery.state.0;
    let result = match (state, delivery.delivered_at) {
        (DeliveryState::Delivered, Some(at)) => frame.t1("groups-log-delivered", "at", moment(at.0)),
        (DeliveryState::Open, _) => frame.t1("groups-log-open", "at", moment(delivery.due_at.0)),
        (state, _) => frame.t(&format!("groups-log-{}", state.as_str())),
    };
    let failed = delivery.last_outcome.as_deref().filter(|_| state != DeliveryState::Delivered);
    let line = |(place, attempt): (usize, &Attempt)| {
        let ended = explained(&attempt.outcome, attempt.code.as_deref());
        format!("{}. {} {ended}", place + 1, moment(attempt.at.0))
    };
    LineView {
        when: moment(delivery.decided_at.0),
        case: words::case(&delivery.case_number),
        what: frame.t(&format!("groups-says-{}", delivery.broadcast.0.as_str())),
        delivered: state == DeliveryState::Delivered,
        result,
        why: failed.map(|outcome| explained(outcome, delivery.last_code.as_deref())),
        tries: tries.iter().enumerate().map(line).collect(),
    }
}
