//! Every address of the program, on one page.

use actix_web::web::{self, ServiceConfig};

use super::health;
use super::problem::Problem;
use crate::{accounts, broadcast, expiry, groups, intake, poster, review};

/// Mounts all doors.
pub fn all(doors: &mut ServiceConfig) {
    doors
        .service(web::scope("/api").configure(api).default_service(web::to(nothing_here)))
        .configure(pages)
        .service(health::alive)
        .service(health::ready)
        .service(health::metrics)
        .default_service(web::to(nothing_here));
}

fn api(doors: &mut ServiceConfig) {
    doors.service(
        web::scope("/v1")
            // intake
            .service(intake::api::send_photo)
            .service(intake::api::submit)
            .service(intake::api::tip)
            .service(intake::api::my_notice)
            .service(intake::api::reply)
            .service(intake::api::revise)
            .service(intake::api::renew)
            // review
            .service(review::api::queue)
            .service(review::api::sheet)
            .service(review::api::claim)
            .service(review::api::release)
            .service(review::api::decide)
            .service(review::api::undo)
            .service(review::api::pause)
            .service(review::api::resume)
            .service(review::api::remove)
            // broadcast
            .service(broadcast::api::broadcasts)
            // expiry
            .service(expiry::api::close)
            // groups
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
            .service(groups::api::deliveries)
            .default_service(web::to(nothing_here)),
    );
}

fn pages(doors: &mut ServiceConfig) {
    doors
        // accounts
        .route("/login", web::get().to(accounts::pages::show_login))
        .route("/login", web::post().to(accounts::pages::log_in))
        .route("/logout", web::get().to(accounts::pages::show_logout))
        .route("/logout", web::post().to(accounts::pages::log_out))
        // poster
        .service(poster::pages::poster);
}

async fn nothing_here() -> Result<&'static str, Problem> {
    Err(Problem::NotFound)
}
