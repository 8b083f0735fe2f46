//! A page in place of five authenticators, so that a newcomer can log in at once. It shows codes only, never
//! passwords: those are printed in the terminal where the demo was started.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::second_factor::{STEP, SecondFactor};
use crate::domain::people::Role;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::shared::Shared;

/// The authenticator of one account.
pub struct Authenticator {
    pub name: String,
    pub role: Role,
    /// The secret, in base 32.
    pub secret: String,
}

/// Mounts the page of codes.
pub fn doors(config: &mut web::ServiceConfig, authenticators: &Arc<[Authenticator]>) {
    config.app_data(web::Data::new(authenticators.clone())).route("/practice/codes", web::get().to(show));
}

struct Shown<'a> {
    name: &'a str,
    /// In the reader's language.
    role: String,
    code: String,
}

#[derive(Template)]
#[template(path = "practice_codes.html")]
struct CodesPage<'a> {
    frame: Frame,
    codes: Vec<Shown<'a>>,
    /// Seconds until the codes change, 1 to [`STEP`].
    left: i64,
}

/// `GET /practice/codes`: the current code of every account.
async fn show(
    http: HttpRequest,
    authenticators: web::Data<Arc<[Authenticator]>>,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let now = shared.clock.now();
    let frame = Frame::public(&http);
    let codes = authenticators
        .iter()
        .map(|a| {
            let code = SecondFactor::code(&a.secret, now)
                .ok_or_else(|| Problem::Internal(format!("no code of {}", a.name)))?;
            let role = frame.t(&format!("role-{}", a.role.as_str()));
            Ok(Shown { name: &a.name, role, code })
        })
        .collect::<Result<_, Problem>>()?;
    page(&http, &frame, &CodesPage { frame: frame.clone(), codes, left: STEP - now.timestamp() % STEP })
}
