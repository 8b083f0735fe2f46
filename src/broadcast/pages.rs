//! The page of the broadcast station: who heard about a notice and who did not, in words.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::api;
use super::report::{Counted, CountsAs, Reason, Report};
use crate::domain::people::Role;
use crate::domain::zone::moment;
use crate::language::has;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::session::SignedIn;
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "broadcasts.html")]
struct BroadcastsPage<'a> {
    frame: &'a Frame,
    report: Report,
}

impl BroadcastsPage<'_> {
    fn heading(&self, counted: &Counted) -> String {
        self.frame.t(&format!("broadcasts-purpose-{}", counted.purpose.as_str()))
    }

    fn at(&self, counted: &Counted) -> String {
        moment(counted.created_at)
    }

    /// How many groups have come to what, without the numbers that say nothing.
    fn numbers(&self, counted: &Counted) -> Vec<(String, String)> {
        let ends = counted.purpose.ends();
        [
            ("planned", counted.planned, true),
            ("delivered", counted.delivered, !ends),
            ("edited", counted.edited, ends),
            ("deleted", counted.deleted, ends),
            ("followed_up", counted.followed_up, ends),
            ("waiting", counted.waiting, true),
            ("unreachable", counted.unreachable, true),
            ("cancelled", counted.cancelled, counted.cancelled > 0),
        ]
        .into_iter()
        .filter(|(.., told)| *told)
        .map(|(name, groups, _)| (self.frame.t(&format!("broadcasts-{name}")), self.groups(groups)))
        .collect()
    }

    /// The reasons by what they explain, each with a heading.
    fn reasons<'a>(&self, counted: &'a Counted) -> Vec<(String, Vec<&'a Reason>)> {
        CountsAs::ALL
            .map(|of| {
                let reasons = counted.reasons.iter().filter(|reason| reason.of == of).collect();
                (self.frame.t(&format!("broadcasts-reasons-{}", of.as_str())), reasons)
            })
            .into_iter()
            .filter(|(_, reasons): &(_, Vec<_>)| !reasons.is_empty())
            .collect()
    }

    fn groups(&self, groups: i64) -> String {
        self.frame.tn("broadcasts-groups", "groups", groups)
    }

    /// How many groups, and why.
    fn why(&self, reason: &Reason) -> String {
        let groups = self.groups(reason.groups);
        let why = self.frame.t(&format!("broadcasts-outcome-{}", reason.outcome.as_str()));
        let Some(code) = &reason.code else { return format!("{groups}: {why}") };
        // Most codes are the platform's own numbers; our own have words.
        let ours = format!("broadcasts-code-{code}");
        let code = if has(self.frame.language, &ours) { self.frame.t(&ours) } else { code.clone() };
        format!("{groups}: {why} ({code})")
    }
}

/// `GET /broadcasts/{case}`: the report on what was said about a notice.
///
/// # Errors
/// As for the JSON call.
pub async fn show_broadcasts(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let by = person.require(Role::Moderator)?.moderator();
    let report = api::read(&shared, &path, by).await?;
    let frame = person.frame(&http);
    page(&http, &frame, &BroadcastsPage { frame: &frame, report })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::send::SendFault;
    use crate::domain::delivery::{EndedAs, Untried};
    use crate::domain::group::{GroupState, WhyDisabled};
    use crate::domain::language::Language;

    fn has_words(family: &str, name: &str) {
        for language in Language::ALL {
            let key = format!("broadcasts-{family}-{name}");
            assert!(has(language, &key), "{key} in {}", language.as_str());
        }
    }

    #[test]
    fn a_platform_that_did_not_answer_is_told_in_words() {
        for fault in [SendFault::Connect, SendFault::Timeout { sent: true }, SendFault::Broken { sent: true }]
        {
            has_words("code", fault.as_str());
        }
    }

    #[test]
    fn every_reason_is_told_in_words() {
        for state in GroupState::ALL.into_iter().filter(|state| *state != GroupState::Active) {
            has_words("outcome", state.as_str());
        }
        // What was delivered is no reason.
        for ended in EndedAs::ALL.into_iter().filter(|ended| *ended != EndedAs::Delivered) {
            has_words("outcome", ended.as_str());
        }
        for untried in Untried::ALL {
            has_words("outcome", untried.as_str());
        }
        for why in WhyDisabled::ALL {
            has_words("code", why.as_str());
        }
    }
}
