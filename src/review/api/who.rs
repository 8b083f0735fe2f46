//! Who asks for a step.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use crate::domain::people::{Moderator, Role};
use crate::web::problem::Problem;
use crate::web::session::Caller;

/// A program that acts for a moderator. Refused as [`Caller`], and with 403 `forbidden` for other roles.
pub struct AsModerator(pub Moderator);

impl FromRequest for AsModerator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<AsModerator, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(http, payload);
        Box::pin(async move { Ok(AsModerator(caller.await?.require(Role::Moderator)?.moderator())) })
    }
}
