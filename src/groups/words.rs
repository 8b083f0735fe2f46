//! What the doors of this station share: which addresses may be reached from here, what an error of the station
//! is called on the outside, and the words for a name.

use actix_web::{HttpRequest, web};

use super::{Addresses, GroupError, MAX_GROUPS, NoCode};
use crate::web::frame::Frame;
use crate::web::problem::{Problem, StateOf};
use crate::web::shared::{Practice, Shared};

/// Which addresses this program may connect to; a demo connects to nothing outside.
pub(super) fn addresses<'a>(http: &HttpRequest, shared: &'a Shared) -> Addresses<'a> {
    Addresses { guard: shared.sender.guard(), inside: practice(http).is_some() }
}

/// The path of the practice chat, in a demo.
pub(super) fn practice(http: &HttpRequest) -> Option<&'static str> {
    http.app_data::<web::Data<Practice>>().map(|practice| practice.0)
}

impl From<GroupError> for Problem {
    fn from(error: GroupError) -> Problem {
        match error {
            GroupError::Unknown | GroupError::NoSecret => Problem::NotFound,
            GroupError::Exists => Problem::GroupExists,
            GroupError::Full => Problem::TooManyGroups { most: MAX_GROUPS },
            GroupError::NotPossible(state) => {
                Problem::NotPossible { state: StateOf::Group(state), instead: None }
            }
            GroupError::NotAgain(state) => Problem::NotRedeliverable(state),
            GroupError::WrongCode { tries_left } => Problem::WrongCode { tries_left },
            GroupError::CodeExpired => Problem::CodeExpired,
            GroupError::TriedTooOften(wait) => Problem::code_tried_too_often(wait),
            GroupError::TooMany(wait) => Problem::too_many_at_work(wait),
            GroupError::Unreachable(refusal) => Problem::GroupUnreachable(refusal),
            GroupError::Store(error) => error.into(),
        }
    }
}

impl From<NoCode> for GroupError {
    fn from(why: NoCode) -> GroupError {
        match why {
            NoCode::Refused(refusal) => GroupError::Unreachable(refusal),
            NoCode::Held(wait) => GroupError::TooMany(wait),
        }
    }
}

/// The word for a name of a family, such as `paused` of `groups-state`.
pub(crate) fn word(frame: &Frame, family: &str, name: &str) -> String {
    frame.t(&format!("{family}-{name}"))
}
