//! The pages that change a group: its preferences, its robot, its deletion.

use actix_web::http::StatusCode;
use askama::Template;
use uuid::Uuid;

use super::super::Draft;
use super::super::form::{self, Choices, Faults, Input, Sent, Typed, first_field};
use super::super::preferences::Whole;
use super::super::secret::Rotated;
use super::super::words::addresses;
use super::{AdminVisit, Done, Page, SecretPage, after, entered, steps, told};
use crate::domain::zone::moment;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::session::CsrfForm;

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
pub async fn edit_form(visit: AdminVisit) -> Page {
    let whole = visit.whole().await?;
    edit_page(&visit, Typed::of(&whole), Faults::default(), StatusCode::OK)
}

/// Changes a group's preferences.
pub async fn edit(visit: AdminVisit, form: CsrfForm<Sent>) -> Page {
    let whole = visit.whole().await?;
    let mut typed = Typed::read(&form.0);
    if typed.again {
        return edit_page(&visit, typed, Faults::default(), StatusCode::OK);
    }
    match typed.wishes().change(whole.group.platform, addresses(&visit.http, &visit.shared)) {
        Ok(change) => {
            visit.station().change(visit.account, visit.group, change).await?;
            Ok(see_other(&format!("/groups/{}?done={}", visit.group, Done::Changed.as_str())))
        }
        Err(faults) => {
            let mut faults = Faults::of(&faults, visit.frame.language);
            typed.choose_province(&mut faults, &visit.frame);
            edit_page(&visit, typed, faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// The form for another robot.
pub async fn robot_form(visit: AdminVisit) -> Page {
    let whole = visit.whole().await?;
    robot_page(&visit, &whole, Typed::default(), Faults::default(), StatusCode::OK)
}

/// Gives a group another robot.
pub async fn robot(visit: AdminVisit, form: CsrfForm<Sent>) -> Page {
    let whole = visit.whole().await?;
    let (platform, typed) = (whole.group.platform, Typed::read(&form.0));
    let draft = Draft { credentials: Some(typed.credentials(platform)), ..Draft::default() };
    let change = match draft.change(platform, addresses(&visit.http, &visit.shared)) {
        Ok(change) => change,
        Err(faults) => {
            let faults = Faults::of(&faults, visit.frame.language);
            return robot_again(&visit, &whole, typed, faults, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match visit.station().change(visit.account, visit.group, change).await {
        Ok(connected) => entered(&visit, connected).await,
        Err(error) => {
            let (faults, status) = told(error, &visit.frame, first_field(platform))?;
            robot_again(&visit, &whole, typed, faults, status)
        }
    }
}

/// Makes a new signing secret and shows it once.
pub async fn rotate(visit: AdminVisit, _form: CsrfForm<Sent>) -> Page {
    match visit.station().rotate(visit.account, visit.group).await {
        Ok(Rotated { secret, both_until }) => {
            let frame = &visit.frame;
            let then = frame.t1("groups-rotated-then", "until", moment(both_until));
            page(&visit.http, frame, &SecretPage { frame, id: visit.group, secret, refused: None, then })
        }
        step => after(&visit, step, (Done::Changed, "rotate")).await,
    }
}

/// Asks for confirmation before a group is deleted.
pub async fn delete_form(visit: AdminVisit) -> Page {
    let whole = visit.whole().await?;
    page(&visit.http, &visit.frame, &DeletePage { frame: &visit.frame, whole })
}

/// Deletes a group.
pub async fn forget(visit: AdminVisit, _form: CsrfForm<Sent>) -> Page {
    visit.station().delete(visit.account, visit.group).await?;
    Ok(see_other(&format!("/groups?done={}", Done::Deleted.as_str())))
}

fn edit_page(visit: &AdminVisit, typed: Typed, faults: Faults, status: StatusCode) -> Page {
    let AdminVisit { http, frame, group: id, .. } = visit;
    let choices = Choices::of(&typed, frame);
    page_with(http, frame, &EditPage { frame, id: *id, typed, choices, faults }, status)
}

/// The form for another robot again, with its faults and what was typed, except the secrets.
fn robot_again(
    visit: &AdminVisit,
    whole: &Whole,
    mut typed: Typed,
    mut faults: Faults,
    status: StatusCode,
) -> Page {
    for field in typed.take_secrets() {
        if faults.at(&field).is_none() {
            faults.0.push((field, visit.frame.t("groups-fault-again")));
        }
    }
    robot_page(visit, whole, typed, faults, status)
}

fn robot_page(visit: &AdminVisit, whole: &Whole, typed: Typed, faults: Faults, status: StatusCode) -> Page {
    let (AdminVisit { http, frame, group: id, .. }, platform) = (visit, whole.group.platform);
    let (steps, way) = (steps(frame, platform), form::way(platform, &typed, frame));
    let template = RobotPage { frame, id: *id, steps, way, faults };
    page_with(http, frame, &template, status)
}
