//! Every address of the program, on one page.

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig, get, post};

use super::problem::{FieldFault, FieldFaults, Problem};
use super::{assets, health, methods, openapi};
use crate::{accounts, broadcast, expiry, groups, intake, pages, poster, review};

/// Mounts all doors.
pub fn all(doors: &mut ServiceConfig) {
    doors
        // What cannot be read of an address is told like every other fault.
        .app_data(web::PathConfig::default().error_handler(|_, _| Problem::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| {
            Problem::Invalid(FieldFaults::from([("query".to_owned(), FieldFault::new("wrong_type"))])).into()
        }))
        .service(
            web::scope("/api")
                .service(openapi::json)
                .service(openapi::docs)
                .service(web::scope("/v1").configure(api).default_service(web::to(nothing_here)))
                .default_service(web::to(nothing_here)),
        )
        .configure(public_pages)
        .configure(reporter_pages)
        .configure(team_pages)
        .service(health::alive)
        .service(health::ready)
        .service(health::metrics)
        .route("/assets/{name}", get().to(assets::serve))
        .default_service(web::to(nothing_here));
}

fn api(doors: &mut ServiceConfig) {
    doors
        // anyone, and the reporter
        .service(intake::api::send_photo)
        .service(intake::api::submit)
        .service(intake::api::tip)
        .service(intake::api::my_notice)
        .service(intake::api::reply)
        .service(intake::api::revise)
        .service(intake::api::renew)
        .service(expiry::api::close)
        .service(pages::api::notices)
        .service(pages::api::notice)
        // moderators
        .service(review::api::queue)
        .service(review::api::sheet)
        .service(review::api::claim)
        .service(review::api::release)
        .service(review::api::decide)
        .service(review::api::undo)
        .service(review::api::pause)
        .service(review::api::resume)
        .service(review::api::remove)
        .service(review::api::decide_tip)
        .service(review::api::reveal_phone)
        .service(broadcast::api::broadcasts)
        // group admins
        .service(groups::api::connect)
        .service(groups::api::list)
        .service(groups::api::show)
        .service(groups::api::change)
        .service(groups::api::forget)
        .service(groups::api::verify)
        .service(groups::api::send_code)
        .service(groups::api::pause)
        .service(groups::api::resume)
        .service(groups::api::test)
        .service(groups::api::rotate)
        .service(groups::api::log::deliveries)
        .service(groups::api::log::detail)
        .service(groups::api::log::redeliver);
}

fn public_pages(doors: &mut ServiceConfig) {
    doors
        .service(pages::home::home)
        .service(pages::check::check)
        .service(pages::safety::safety)
        .service(pages::feeds::notices)
        .service(poster::pages::poster)
        .service(intake::pages::tip::send)
        .service(pages::status::status)
        .service(intake::pages::photo::photo);
}

fn reporter_pages(doors: &mut ServiceConfig) {
    doors
        .service(intake::pages::report)
        .service(intake::pages::done)
        .service(intake::pages::show_form)
        .service(intake::pages::send_form)
        .service(intake::pages::mine::my_page)
        .service(intake::pages::mine::send_reply)
        .service(intake::pages::mine::send_renew)
        .service(intake::pages::mine::show_edit)
        .service(intake::pages::mine::send_edit)
        .service(expiry::pages::close)
        .service(intake::pages::mine::open);
}

fn team_pages(doors: &mut ServiceConfig) {
    doors
        .route("/login", get().to(accounts::pages::show_login))
        .route("/login", post().to(accounts::pages::log_in))
        .route("/logout", get().to(accounts::pages::show_logout))
        .route("/logout", post().to(accounts::pages::log_out))
        .route("/review", get().to(review::pages::show_queue))
        .route("/review/figures", get().to(review::pages::figures::show_figures))
        .route("/review/{case}", get().to(review::pages::show_notice))
        .route("/review/{case}/poster.jpg", get().to(review::pages::poster::show_poster))
        .route("/review/{case}/phone", post().to(review::pages::reveal_phone))
        .route("/review/{case}/tips/{id}", post().to(review::pages::decide_tip))
        .route("/review/{case}/{step}", post().to(review::pages::take_step))
        .route("/broadcasts/{case}", get().to(broadcast::pages::show_broadcasts))
        .service(groups::pages::list)
        .service(groups::pages::choose)
        .service(groups::pages::connect)
        .service(groups::pages::show)
        .service(groups::pages::verify)
        .service(groups::pages::send_code)
        .service(groups::pages::pause)
        .service(groups::pages::resume)
        .service(groups::pages::test)
        .service(groups::pages::edit_form)
        .service(groups::pages::edit)
        .service(groups::pages::robot_form)
        .service(groups::pages::robot)
        .service(groups::pages::delete_form)
        .service(groups::pages::forget)
        .service(groups::pages::rotate)
        .service(groups::pages::detail)
        .service(groups::pages::redeliver);
}

/// What no door has taken: there is none, or it takes another method.
async fn nothing_here(http: HttpRequest) -> Result<&'static str, Problem> {
    Err(methods::allowed(http.path()).map_or(Problem::NotFound, |allow| Problem::MethodNotAllowed { allow }))
}
