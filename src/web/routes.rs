//! Every path of the program, on one page.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use utoipa::OpenApi;

use super::problem::Problem;
use super::{assets, health, methods, openapi};
use crate::{accounts, broadcast, expiry, groups, intake, pages, poster, review};

/// Mounts all handlers.
pub fn all(doors: &mut ServiceConfig) {
    doors
        // A path segment that cannot be parsed is answered like a path that does not exist.
        .app_data(web::PathConfig::default().error_handler(|_, _| Problem::NotFound.into()))
        .app_data(
            web::QueryConfig::default().error_handler(|_, _| Problem::invalid("query", "wrong_type").into()),
        )
        .service(web::scope("/api/v1").configure(mount_calls))
        .configure(mount_pages)
        .default_service(web::to(nothing_here));
}

/// The table of all handlers except those of the JSON API, which declare their own: method, path, handler.
/// Where two patterns match, the first wins.
macro_rules! table {
    ($($method:ident $address:literal => $($door:ident)::+;)+) => {
        /// The table's methods and paths, without the handlers.
        pub const PAGES: &[(&str, &str)] = &[$((stringify!($method), $address)),+];

        fn mount_pages(doors: &mut ServiceConfig) {
            $(doors.route($address, web::method(Method::$method).to($($door)::+));)+
        }
    };
}

table! {
    // public pages
    GET "/" => pages::home::home;
    GET "/check" => pages::check::check;
    GET "/safety" => pages::safety::safety;
    GET "/feeds/notices.atom" => pages::feeds::notices;
    GET "/n/{case}/poster.jpg" => poster::pages::poster;
    POST "/n/{case}/tips" => intake::pages::tip::send;
    GET "/n/{case}" => pages::status::status;
    GET "/p/{id}/{size}.jpg" => intake::pages::photo::photo;
    // the reporter's
    GET "/report" => intake::pages::report;
    GET "/report/done" => intake::pages::done;
    GET "/report/{kind}" => intake::pages::show_form;
    POST "/report/{kind}" => intake::pages::send_form;
    GET "/my" => intake::pages::mine::my_page;
    POST "/my/reply" => intake::pages::mine::send_reply;
    POST "/my/renew" => intake::pages::mine::send_renew;
    POST "/my/leave" => intake::pages::mine::leave;
    GET "/my/edit" => intake::pages::edit::show_edit;
    POST "/my/edit" => intake::pages::edit::send_edit;
    POST "/my/close" => expiry::pages::close;
    GET "/my/{token}" => intake::pages::mine::open;
    // everybody's with an account
    GET "/login" => accounts::pages::show_login;
    POST "/login" => accounts::pages::log_in;
    GET "/logout" => accounts::pages::show_logout;
    POST "/logout" => accounts::pages::log_out;
    // moderators'
    GET "/review" => review::pages::show_queue;
    GET "/review/figures" => review::pages::figures::show_figures;
    GET "/review/{case}" => review::pages::show_notice;
    GET "/review/{case}/poster.jpg" => review::pages::poster::show_poster;
    POST "/review/{case}/again" => review::pages::show_again;
    POST "/review/{case}/phone" => review::pages::reveal_phone;
    POST "/review/{case}/tips/{id}" => review::pages::decide_tip;
    POST "/review/{case}/{step}" => review::pages::take_step;
    GET "/broadcasts/{case}" => broadcast::pages::show_broadcasts;
    // group admins'
    GET "/groups" => groups::pages::list;
    GET "/groups/new" => groups::pages::choose;
    POST "/groups/new" => groups::pages::connect;
    GET "/groups/{id}" => groups::pages::show;
    POST "/groups/{id}/verify" => groups::pages::verify;
    POST "/groups/{id}/code" => groups::pages::send_code;
    POST "/groups/{id}/pause" => groups::pages::pause;
    POST "/groups/{id}/resume" => groups::pages::resume;
    POST "/groups/{id}/test" => groups::pages::test;
    GET "/groups/{id}/edit" => groups::pages::edit_form;
    POST "/groups/{id}/edit" => groups::pages::edit;
    GET "/groups/{id}/robot" => groups::pages::robot_form;
    POST "/groups/{id}/robot" => groups::pages::robot;
    POST "/groups/{id}/secret" => groups::pages::rotate;
    GET "/groups/{id}/delete" => groups::pages::delete_form;
    POST "/groups/{id}/delete" => groups::pages::forget;
    GET "/groups/{id}/deliveries/{delivery}" => groups::pages::detail;
    POST "/groups/{id}/deliveries/{delivery}/redeliver" => groups::pages::redeliver;
    // programs'
    GET "/api/openapi.json" => openapi::json;
    GET "/api/docs" => openapi::docs;
    GET "/assets/{name}" => assets::serve;
    // operators'
    GET "/healthz" => health::alive;
    GET "/readyz" => health::ready;
    GET "/metrics" => health::metrics;
}

/// The table of the JSON API's calls, which are mounted and described. Method and path are declared at each
/// handler.
macro_rules! calls {
    ($($($call:ident)::+;)+) => {
        fn mount_calls(doors: &mut ServiceConfig) {
            doors$(.service($($call)::+))+;
        }

        /// The description of the calls.
        #[derive(OpenApi)]
        #[openapi(paths($($($call)::+),+))]
        pub struct Calls;
    };
}

calls! {
    // anyone, and the reporter
    intake::api::send_photo;
    intake::api::submit;
    intake::api::tip;
    intake::api::my_notice;
    intake::api::reply;
    intake::api::revise;
    intake::api::renew;
    expiry::api::close;
    pages::api::notices;
    pages::api::notice;
    // moderators
    review::api::queue;
    review::api::sheet;
    review::api::claim;
    review::api::release;
    review::api::decide;
    review::api::undo;
    review::api::pause;
    review::api::resume;
    review::api::remove;
    review::api::decide_tip;
    review::api::reveal_phone;
    broadcast::api::broadcasts;
    // group admins
    groups::api::connect;
    groups::api::list;
    groups::api::show;
    groups::api::change;
    groups::api::forget;
    groups::api::verify;
    groups::api::send_code;
    groups::api::pause;
    groups::api::resume;
    groups::api::test;
    groups::api::rotate;
    groups::api::log::deliveries;
    groups::api::log::detail;
    groups::api::log::redeliver;
}

/// The answer where no handler matched: the path does not exist, or takes another method.
async fn nothing_here(http: HttpRequest) -> Result<&'static str, Problem> {
    Err(methods::allowed(http.path()).map_or(Problem::NotFound, |allow| Problem::MethodNotAllowed { allow }))
}
