//! A group admin's request for a page about one of their groups.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::super::api::{id, station};
use super::super::preferences::Whole;
use super::super::{GroupError, Groups};
use super::admin;
use crate::web::frame::Frame;
use crate::web::session::SignedIn;
use crate::web::shared::Shared;

/// The request, who sent it, and the group in its path. Refused as [`SignedIn`], with 403 for other roles, and
/// with 404 where the path has no id; whether the group is theirs is known where it is used.
pub struct AdminVisit {
    pub(super) http: HttpRequest,
    pub(super) frame: Frame,
    pub(super) shared: web::Data<Shared>,
    pub(super) account: Uuid,
    pub(super) group: Uuid,
}

impl AdminVisit {
    pub(super) fn station(&self) -> Groups {
        station(&self.shared)
    }

    pub(super) async fn whole(&self) -> Result<Whole, GroupError> {
        self.station().whole(self.account, self.group).await
    }
}

impl FromRequest for AdminVisit {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<AdminVisit, actix_web::Error>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, person) = (http.clone(), SignedIn::from_request(http, payload));
        Box::pin(async move {
            let person = person.await?;
            let (account, frame) = admin(&http, &person)?;
            let group = id(http.match_info().query("id"))?;
            let shared = web::Data::<Shared>::extract(&http).await?;
            Ok(AdminVisit { http, frame, shared, account, group })
        })
    }
}
