//! The page of one delivery: the message, every request to the platform, and the answers.

use actix_web::web;
use askama::Template;

use super::super::api::log::ids;
use super::super::delivery_log::{Call, Exchange, Kept};
use super::{AdminVisit, Done, Page, after, one};
use crate::domain::delivery::EndedAs;
use crate::domain::zone::moment;
use crate::language::text_with;
use crate::web::answers::explained;
use crate::web::frame::{Frame, page};
use crate::web::session::CsrfForm;

#[derive(Template)]
#[template(path = "groups_delivery.html")]
struct DeliveryPage<'a> {
    frame: &'a Frame,
    /// The path of the group's page.
    group: String,
    id: i64,
    title: String,
    result: String,
    again: bool,
    digest: bool,
    request: Kept,
    calls: Vec<CallView>,
}

/// A request to the platform, in words.
struct CallView {
    /// Which request it was, where the delivery needed more than one.
    part: Option<String>,
    asked: String,
    when: String,
    what: String,
    took: String,
    answer: Kept,
    /// Whether the platform took it.
    taken: bool,
}

/// One delivery, with the request and what the platform answered.
///
/// # Errors
/// For anybody who is not the group's admin.
pub async fn detail(visit: AdminVisit, path: web::Path<(String, String)>) -> Page {
    let (group, id) = ids(&path)?;
    let exchange = visit.station().exchange(visit.account, group, id).await;
    let AdminVisit { http, frame, shared, .. } = visit;
    let Exchange { delivery, platform, request, calls } = exchange?;
    let what = frame.t(&format!("groups-says-{}", delivery.broadcast.as_str()));
    let title = [("case", delivery.case_number.to_string().into()), ("what", what.into())];
    let several = calls.iter().any(|call| call.attempt.part > 0);
    let call = |Call { attempt, asked, answer }: Call| CallView {
        part: several.then(|| frame.t1("groups-delivery-part", "part", attempt.number())),
        asked: frame.t(&format!("groups-delivery-asked-{}", asked.as_str())),
        when: moment(attempt.at.0),
        what: explained(frame.language, platform, attempt.outcome, attempt.code.as_deref()),
        took: frame.t1("groups-delivery-took", "took", attempt.took_ms),
        answer,
        taken: attempt.outcome == EndedAs::Delivered,
    };
    let template = DeliveryPage {
        group: format!("/groups/{group}"),
        id,
        title: text_with(frame.language, "groups-delivery-title", &title),
        result: one::result(&frame, &delivery, shared.clock.now()),
        digest: delivery.digest,
        again: delivery.is_redeliverable(shared.clock.now()),
        request,
        calls: calls.into_iter().map(call).collect(),
        frame: &frame,
    };
    page(&http, &frame, &template)
}

/// Sends again what was given up.
///
/// # Errors
/// For anybody who is not the group's admin, and where the form is from another session.
pub async fn redeliver(
    visit: AdminVisit,
    path: web::Path<(String, String)>,
    _form: CsrfForm<super::Sent>,
) -> Page {
    let (group, id) = ids(&path)?;
    let step = visit.station().redeliver(visit.account, group, id).await;
    after(&visit, step, (Done::Again, "log")).await
}
