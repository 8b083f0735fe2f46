//! The pages that change a group: its preferences, its robot, its deletion.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use uuid::Uuid;

use super::super::Draft;
use super::super::api::{id, station};
use super::super::form::{self, Choices, Faults, Input, Sent, Typed, first_field};
use super::super::preferences::Whole;
use super::super::secret::Rotated;
use super::super::words::addresses;
use super::{Page, SecretPage, admin, after, entered, steps, told};
use crate::domain::zone::moment;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::session::{CsrfForm, SignedIn};
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "groups_edit.html")]
struct EditPage<'a> {
    frame: &'a Frame,
    id: Uuid,
    typed: Typed,
    choices: Choices,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "groups_robot.html")]
struct RobotPage<'a> {
    frame: &'a Frame,
    id: Uuid,
    steps: Vec<String>,
    way: Vec<Input>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "groups_delete.html")]
struct DeletePage<'a> {
    frame: &'a Frame,
    whole: Whole,
}

/// The form for a group's preferences.
pub async fn edit_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = station(&shared).whole(account, id(&path)?).await?;
    edit_page(&http, &frame, whole.group.id.0, Typed::of(&whole), Faults::default(), StatusCode::OK)
}

/// Changes a group's preferences.
pub async fn edit(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = station(&shared).whole(account, id(&path)?).await?;
    let (id, typed) = (whole.group.id.0, Typed::read(&form.0));
    if typed.again {
        return edit_page(&http, &frame, id, typed, Faults::default(), StatusCode::OK);
    }
    match typed.wishes().change(whole.group.platform.0, addresses(&http, &shared)) {
        Ok(change) => {
            station(&shared).change(account, id, change).await?;
            Ok(see_other(&format!("/groups/{id}?done=changed")))
        }
        Err(faults) => {
            let faults = Faults::of(&faults, frame.language);
            edit_page(&http, &frame, id, typed, faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// The form for another robot.
pub async fn robot_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = station(&shared).whole(account, id(&path)?).await?;
    robot_page(&http, &frame, &whole, Typed::default(), Faults::default(), StatusCode::OK)
}

/// Gives a group another robot.
pub async fn robot(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = station(&shared).whole(account, id(&path)?).await?;
    let (platform, typed) = (whole.group.platform.0, Typed::read(&form.0));
    let draft = Draft { credentials: Some(typed.credentials(platform)), ..Draft::default() };
    let change = match draft.change(platform, addresses(&http, &shared)) {
        Ok(change) => change,
        Err(faults) => {
            let faults = Faults::of(&faults, frame.language);
            return robot_again(&http, &frame, &whole, typed, faults, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match station(&shared).change(account, whole.group.id.0, change).await {
        Ok(connected) => entered(&http, &frame, &shared, account, connected).await,
        Err(error) => {
            let (faults, status) = told(error, &frame, first_field(platform))?;
            robot_again(&http, &frame, &whole, typed, faults, status)
        }
    }
}

/// Makes a new signing secret and shows it once.
pub async fn rotate(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let id = id(&path)?;
    match station(&shared).rotate(account, id).await {
        Ok(Rotated { secret, both_until }) => {
            let then = frame.t1("groups-rotated-then", "until", moment(both_until));
            page(&http, &frame, &SecretPage { frame: &frame, id, secret, refused: None, then })
        }
        step => after(&http, &frame, &shared, (account, id), step, ("changed", "rotate")).await,
    }
}

/// Asks for confirmation before a group is deleted.
pub async fn delete_form(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Page {
    let (account, frame) = admin(&http, &person)?;
    let whole = station(&shared).whole(account, id(&path)?).await?;
    page(&http, &frame, &DeletePage { frame: &frame, whole })
}

/// Deletes a group.
pub async fn forget(
    http: HttpRequest,
    person: SignedIn,
    shared: web::Data<Shared>,
    path: web::Path<String>,
    _form: CsrfForm<Sent>,
) -> Page {
    let (account, _) = admin(&http, &person)?;
    station(&shared).delete(account, id(&path)?).await?;
    Ok(see_other("/groups?done=deleted"))
}

fn edit_page(
    http: &HttpRequest,
    frame: &Frame,
    id: Uuid,
    typed: Typed,
    faults: Faults,
    status: StatusCode,
) -> Page {
    let choices = Choices::of(&typed, frame);
    page_with(http, frame, &EditPage { frame, id, typed, choices, faults }, status)
}

/// The form for another robot again, with its faults and what was typed, except the secrets.
fn robot_again(
    http: &HttpRequest,
    frame: &Frame,
    whole: &Whole,
    mut typed: Typed,
    mut faults: Faults,
    status: StatusCode,
) -> Page {
    for field in typed.take_secrets() {
        if faults.at(&field).is_none() {
            faults.0.push((field, frame.t("groups-fault-again")));
        }
    }
    robot_page(http, frame, whole, typed, faults, status)
}

fn robot_page(
    http: &HttpRequest,
    frame: &Frame,
    whole: &Whole,
    typed: Typed,
    faults: Faults,
    status: StatusCode,
) -> Page {
    let (id, platform) = (whole.group.id.0, whole.group.platform.0);
    let (steps, way) = (steps(frame, platform), form::way(platform, &typed, frame));
    let template = RobotPage { frame, id, steps, way, faults };
    page_with(http, frame, &template, status)
}
