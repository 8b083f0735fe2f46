//! Every error answer of the program, as RFC 9457 problems.
//!
//! The list is closed. Its codes are stable and listed in the README; its sentences are in
//! `assets/i18n/*/web.ftl` as `problem-CODE` (title) and `problem-CODE-detail`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use chrono::TimeDelta;
use serde::Serialize;

use super::answers::refused;
use crate::domain::case_number::CaseNumberError;
use crate::domain::delivery::{DeliveryState, Refusal};
pub use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::language::{text, text_with};
use crate::store::StoreError;

mod details;

pub use details::{Instead, StateOf, Told};

/// The sentence about a field, for the reader.
pub fn field_sentence(fault: &FieldFault, language: Language) -> String {
    let values: Vec<_> = fault.values.iter().map(|(n, v)| (*n, v.as_str().into())).collect();
    text_with(language, &format!("field-{}", fault.code), &values)
}

/// A sentence about a field with the field's label before it.
pub fn named_sentence(label: &str, sentence: &str, language: Language) -> String {
    let label = label.trim_end_matches(['?', '？']);
    text_with(language, "field-named", &[("label", label.into()), ("sentence", sentence.into())])
}

/// An error answer.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("the content type is not the one this call takes")]
    WrongType,
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not come in time")]
    TooSlow,
    #[error("some fields are wrong")]
    Invalid(FieldFaults),
    #[error("nobody is logged in")]
    LoginRequired,
    #[error("name, password or code is wrong")]
    LoginRefused,
    #[error("this role may not do that")]
    Forbidden,
    #[error("the request did not come from our own page")]
    CrossSite,
    #[error("there is nothing here")]
    NotFound,
    #[error("that method is not taken here")]
    MethodNotAllowed { allow: String },
    #[error("this case number was never issued")]
    CaseUnknown,
    #[error("this is not a case number")]
    CaseMalformed,
    #[error("the manage link is not valid")]
    ManageLinkInvalid,
    #[error("the same key came with another body")]
    KeyReused,
    #[error("somebody else holds the claim")]
    ClaimedByOther,
    #[error("claim it first")]
    ClaimRequired,
    #[error("the notice has moved on")]
    StaleVersion { state: State, version: i32 },
    #[error("approvals come from different people, none of them the reporter")]
    SameApprover,
    #[error("only a lead may do that")]
    LeadRequired,
    #[error("the policy wants a police reference first")]
    PoliceReferenceRequired,
    #[error("the undo window is over")]
    TooLate,
    #[error("a notice in state {} cannot do that", .state.as_str())]
    NotPossible { state: StateOf, instead: Option<Instead> },
    #[error("the photo was refused: {0}")]
    PhotoRefused(&'static str),
    #[error("the group is connected already")]
    GroupExists,
    #[error("an account has at most {most} groups")]
    TooManyGroups { most: i64 },
    #[error("a delivery that is {} does not go again", .0.as_str())]
    NotRedeliverable(DeliveryState),
    #[error("the code is wrong")]
    WrongCode { tries_left: i16 },
    #[error("the code has expired")]
    CodeExpired,
    #[error("{} did not take the message: {}", .0.platform.as_str(), .0.ended.as_str())]
    GroupUnreachable(Refusal),
    #[error("too many requests")]
    TooMany { retry_after_s: u64, told: Option<Told> },
    #[error("internal error: {0}")]
    Internal(String),
}

/// The one table of problems: variant, code, status. Codes are never renamed.
macro_rules! table {
    ($($variant:pat => $code:literal, $status:ident;)+) => {
        /// Every code with its status; each is explained in the API manual at `/api/docs#CODE`.
        pub const CODES: &[(&str, StatusCode)] = &[$(($code, StatusCode::$status)),+];

        impl Problem {
            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self { $($variant => $code),+ }
            }

            /// The HTTP status.
            pub const fn status(&self) -> StatusCode {
                match self { $($variant => StatusCode::$status),+ }
            }
        }
    };
}

table! {
    Problem::NotJson(_) => "not_json", BAD_REQUEST;
    Problem::WrongType => "wrong_content_type", UNSUPPORTED_MEDIA_TYPE;
    Problem::TooLarge(_) => "too_large", PAYLOAD_TOO_LARGE;
    Problem::TooSlow => "too_slow", REQUEST_TIMEOUT;
    Problem::Invalid(_) => "invalid_fields", UNPROCESSABLE_ENTITY;
    Problem::LoginRequired => "login_required", UNAUTHORIZED;
    Problem::LoginRefused => "login_refused", UNAUTHORIZED;
    Problem::Forbidden => "forbidden", FORBIDDEN;
    Problem::CrossSite => "cross_site", FORBIDDEN;
    Problem::NotFound => "not_found", NOT_FOUND;
    Problem::MethodNotAllowed { .. } => "method_not_allowed", METHOD_NOT_ALLOWED;
    Problem::CaseUnknown => "case_unknown", NOT_FOUND;
    Problem::CaseMalformed => "case_malformed", NOT_FOUND;
    Problem::ManageLinkInvalid => "manage_link_invalid", UNAUTHORIZED;
    Problem::KeyReused => "idempotency_key_reused", CONFLICT;
    Problem::ClaimedByOther => "claimed_by_other", CONFLICT;
    Problem::ClaimRequired => "claim_required", CONFLICT;
    Problem::StaleVersion { .. } => "stale_version", CONFLICT;
    Problem::SameApprover => "same_approver", FORBIDDEN;
    Problem::LeadRequired => "lead_required", FORBIDDEN;
    Problem::PoliceReferenceRequired => "police_reference_required", UNPROCESSABLE_ENTITY;
    Problem::TooLate => "too_late", CONFLICT;
    Problem::NotPossible { .. } => "not_possible", CONFLICT;
    Problem::PhotoRefused(_) => "photo_refused", UNPROCESSABLE_ENTITY;
    Problem::GroupExists => "group_exists", CONFLICT;
    Problem::TooManyGroups { .. } => "too_many_groups", CONFLICT;
    Problem::NotRedeliverable(_) => "not_redeliverable", CONFLICT;
    Problem::WrongCode { .. } => "wrong_code", UNPROCESSABLE_ENTITY;
    Problem::CodeExpired => "code_expired", GONE;
    Problem::GroupUnreachable(_) => "group_unreachable", UNPROCESSABLE_ENTITY;
    Problem::TooMany { .. } => "too_many_requests", TOO_MANY_REQUESTS;
    Problem::Internal(_) => "internal_error", INTERNAL_SERVER_ERROR;
}

impl Problem {
    /// One field, or one parameter, is invalid.
    pub fn invalid(field: &str, code: &'static str) -> Problem {
        Problem::Invalid(FieldFaults::from([(field.to_owned(), FieldFault::new(code))]))
    }

    /// One field, or one parameter, is none of these names.
    pub fn none_of(field: &str, names: &[&str]) -> Problem {
        Problem::Invalid(FieldFaults::from([(field.to_owned(), FieldFault::none_of(names))]))
    }

    /// A notice that stands there cannot do that.
    pub const fn not_from(state: State) -> Problem {
        Problem::NotPossible { state: StateOf::Notice(state), instead: None }
    }

    /// A refusal until `wait` has passed.
    pub fn too_many(wait: TimeDelta) -> Problem {
        Problem::TooMany { retry_after_s: seconds(wait), told: None }
    }

    /// As [`Problem::too_many`], for people with an account, who are in no emergency.
    pub fn too_many_at_work(wait: TimeDelta) -> Problem {
        Problem::too_many(wait).told(Told::AtWork)
    }

    /// A code was tried too often until `wait` has passed; a new one can be had at once.
    pub fn code_tried_too_often(wait: TimeDelta) -> Problem {
        Problem::too_many(wait).told(Told::NewCode)
    }

    fn told(self, told: Told) -> Problem {
        match self {
            Problem::TooMany { retry_after_s, .. } => Problem::TooMany { retry_after_s, told: Some(told) },
            other => other,
        }
    }

    /// Where what cannot do that stands.
    pub const fn state(&self) -> Option<StateOf> {
        match self {
            Problem::StaleVersion { state, .. } => Some(StateOf::Notice(*state)),
            Problem::NotPossible { state, .. } => Some(*state),
            _ => None,
        }
    }

    /// The title, for the reader.
    pub fn title(&self, language: Language) -> String {
        text(language, &format!("problem-{}", self.code()))
    }

    /// What to do, for the reader.
    pub fn detail(&self, language: Language) -> String {
        let key = match self {
            Problem::PhotoRefused(why) => format!("photo-{why}"),
            Problem::NotRedeliverable(state) => format!("redeliver-{}", state.as_str()),
            Problem::NotPossible { instead: Some(instead), .. } => {
                format!("problem-not_possible-{}-detail", instead.as_str())
            }
            Problem::TooMany { told: Some(told), .. } => {
                format!("problem-too_many_requests-{}-detail", told.as_str())
            }
            _ => format!("problem-{}-detail", self.code()),
        };
        let mut values: Vec<(&str, fluent_bundle::FluentValue<'_>)> = match self {
            Problem::TooLarge(bytes) => vec![("size", size(*bytes).into())],
            Problem::GroupUnreachable(refusal) => vec![("code", refused(refusal, language).into())],
            Problem::TooManyGroups { most } => vec![("most", (*most).into())],
            Problem::WrongCode { tries_left } => vec![("left", (*tries_left).into())],
            Problem::TooMany { retry_after_s, .. } => vec![("wait", waited(*retry_after_s, language).into())],
            _ => Vec::new(),
        };
        if let Some(state) = self.state() {
            values.push(("state", text(language, &format!("state-{}", state.as_str())).into()));
        }
        text_with(language, &key, &values)
    }

    /// The answer to a program.
    pub fn to_json_response(&self, language: Language, request_id: &str) -> HttpResponse {
        let fields = match self {
            Problem::Invalid(faults) => Some(
                told(faults).map(|(name, fault)| (name.clone(), field_sentence(fault, language))).collect(),
            ),
            _ => None,
        };
        let version = match self {
            Problem::StaleVersion { version, .. } => Some(*version),
            _ => None,
        };
        let tries_left = match self {
            Problem::WrongCode { tries_left } => Some(*tries_left),
            _ => None,
        };
        let body = Body {
            kind: format!("/api/docs#{}", self.code()),
            title: self.title(language),
            status: self.status().as_u16(),
            detail: self.detail(language),
            code: self.code(),
            request_id,
            fields,
            state: self.state().map(StateOf::as_str),
            version,
            tries_left,
        };
        let mut response = HttpResponse::build(self.status())
            .insert_header(("content-language", language.as_str()))
            .json(body);
        let headers = response.headers_mut();
        headers.insert(
            actix_web::http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// After how many seconds asking again is worthwhile.
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Problem::TooMany { retry_after_s, .. } => Some(*retry_after_s),
            // It is unknown when one of them ends.
            _ => None,
        }
    }

    /// Logs what only the operator may know; the reader gets only the request id.
    pub fn log(&self, request_id: &str) {
        if let Problem::Internal(cause) = self {
            tracing::error!(request_id, cause, "internal error");
        }
    }
}

/// The faults that are reported: all of them, but of unknown fields only the first.
fn told(faults: &FieldFaults) -> impl Iterator<Item = (&String, &FieldFault)> {
    const UNKNOWN: usize = 20;
    let is_unknown = |fault: &FieldFault| ["unknown", "credential_unknown"].contains(&fault.code);
    let unknown = faults.iter().filter(move |(_, fault)| is_unknown(fault)).take(UNKNOWN);
    faults.iter().filter(move |(_, fault)| !is_unknown(fault)).chain(unknown)
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<i16>,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::Internal(error.to_string())
    }
}

impl From<CaseNumberError> for Problem {
    fn from(_: CaseNumberError) -> Problem {
        Problem::CaseMalformed
    }
}

/// The middleware of `web::request` finds a problem in the response's error and renders it as JSON or as a
/// page. This is the fallback where no middleware ran.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status()).insert_header(ContentType::plaintext()).body(self.code())
    }
}

/// A time to wait in whole seconds, rounded up, so that the client never asks too early; at least 1.
pub fn seconds(wait: TimeDelta) -> u64 {
    let seconds = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    seconds.max(1).unsigned_abs()
}

/// A wait as people say it, rounded up.
pub fn waited(seconds: u64, language: Language) -> String {
    let (key, number) = match seconds {
        0..=120 => ("wait-seconds", seconds),
        121..=7_200 => ("wait-minutes", seconds.div_ceil(60)),
        _ => ("wait-hours", seconds.div_ceil(3_600)),
    };
    text_with(language, key, &[("number", number.into())])
}

/// A number of bytes as people say it.
fn size(bytes: usize) -> String {
    match bytes / 1024 {
        kib if kib % 1024 == 0 => format!("{} MB", kib / 1024),
        kib => format!("{kib} KB"),
    }
}
