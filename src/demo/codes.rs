//! A page in place of five authenticators, so that a newcomer can log in at once. It shows codes only, never
//! passwords: those are printed in the terminal where the demo was started.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use totp_rs::{Builder, Secret};

use crate::domain::people::Role;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::shared::Shared;

/// How many seconds a code is valid (RFC 6238).
const STEP: u64 = 30;

/// The authenticator of one account.
pub struct Authenticator {
    pub name: String,
    pub role: Role,
    /// The secret, in base 32.
    pub secret: String,
}

impl Authenticator {
    /// The code at that second since 1970; `None` where the secret is not valid base 32.
    fn code(&self, seconds: u64) -> Option<String> {
        let secret = Secret::try_from_base32(&self.secret).ok()?;
        let totp = Builder::new().with_secret(secret).build().ok()?;
        Some(totp.generate(seconds).to_string())
    }
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
    left: u64,
}

/// `GET /practice/codes`: the current code of every account.
async fn show(
    http: HttpRequest,
    authenticators: web::Data<Arc<[Authenticator]>>,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let seconds = u64::try_from(shared.clock.now().timestamp()).unwrap_or_default();
    let frame = Frame::public(&http);
    let codes = authenticators
        .iter()
        .map(|a| {
            let code = a.code(seconds).ok_or_else(|| Problem::Internal(format!("no code of {}", a.name)))?;
            let role = frame.t(&format!("role-{}", a.role.as_str()));
            Ok(Shown { name: &a.name, role, code })
        })
        .collect::<Result<_, Problem>>()?;
    page(&http, &frame, &CodesPage { frame: frame.clone(), codes, left: STEP - seconds % STEP })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticator(secret: &str) -> Authenticator {
        Authenticator { name: "lead".into(), role: Role::Lead, secret: secret.into() }
    }

    /// RFC 6238, appendix B, truncated to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let shown = authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(shown.code(seconds).as_deref(), Some(code), "{seconds}");
        }
    }

    #[test]
    fn no_secret_has_no_code() {
        assert_eq!(authenticator("not base 32").code(59), None);
    }
}
