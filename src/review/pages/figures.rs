//! The figures as a page for leads: a row for each thing that is counted, a column for each kind.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::figures::{Figures, Period, figures};
use super::queue::Filter;
use super::words::{reason_word, span};
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;
use crate::domain::people::Role;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::session::SignedIn;
use crate::web::shared::Shared;

/// Which notices are counted.
#[derive(Deserialize)]
pub struct PeriodQuery {
    #[serde(default)]
    period: String,
}

#[derive(Template)]
#[template(path = "review_figures.html")]
struct FiguresPage {
    frame: Frame,
    periods: Vec<Filter>,
    kinds: [String; Kind::ALL.len()],
    lines: Vec<Line>,
    waiting: Vec<Line>,
}

/// A heading, and a value for each kind.
struct Line {
    name: String,
    values: [String; Kind::ALL.len()],
}

/// `GET /review/figures`: how much came in and what became of it.
///
/// # Errors
/// [`Problem::Forbidden`] for anybody who is not a lead.
pub async fn show_figures(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    query: web::Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    person.require(Role::Lead)?;
    let period = Period::named(&query.period).unwrap_or(Period::Week);
    let now = shared.clock.now();
    let found = shared.store.read(move |c| figures(c, period, now)).await?;
    let frame = person.frame(&http);
    page(&http, &frame, &FiguresPage::new(frame.clone(), period, &found, now))
}

impl FiguresPage {
    fn new(frame: Frame, period: Period, found: &Figures, now: DateTime<Utc>) -> FiguresPage {
        FiguresPage {
            periods: Period::ALL.map(|p| filter(&frame, p, p == period)).into(),
            kinds: Kind::ALL.map(|kind| frame.t(&format!("kind-{}", kind.as_str()))),
            lines: lines(&frame, found),
            waiting: waiting(&frame, found, now),
            frame,
        }
    }
}

fn filter(frame: &Frame, period: Period, current: bool) -> Filter {
    let name = period.as_str();
    let label = frame.t(&format!("figures-period-{name}"));
    Filter { href: format!("/review/figures?period={name}"), label, current, count: None }
}

/// A row with the value of `of` for each kind; a dash where that is `None`.
fn line(name: String, of: impl Fn(Kind) -> Option<String>) -> Line {
    Line { name, values: Kind::ALL.map(|kind| of(kind).unwrap_or_else(|| "–".to_owned())) }
}

fn lines(frame: &Frame, found: &Figures) -> Vec<Line> {
    let came_in = |kind| found.came_in.iter().find(move |counted| counted.kind == kind);
    let to_live = |kind| found.to_live_s.iter().find(move |(of, _)| *of == kind);
    let mut lines = vec![
        line(frame.t("figures-submitted"), |kind| Some(came_in(kind)?.submitted.to_string())),
        line(frame.t("figures-published"), |kind| Some(came_in(kind)?.published.to_string())),
        line(frame.t("figures-to-live"), |kind| Some(span(frame, to_live(kind)?.1))),
    ];
    let mut told: Vec<(State, Option<&str>)> = Vec::new();
    for ended in &found.ended {
        let (state, reason) = (ended.state, ended.reason.as_deref());
        if told.contains(&(state, reason)) {
            continue;
        }
        told.push((state, reason));
        let so = |kind| {
            let same =
                found.ended.iter().find(|e| (e.kind, e.state, e.reason.as_deref()) == (kind, state, reason));
            Some(same?.notices.to_string())
        };
        lines.push(line(how(frame, state, reason), so));
    }
    lines
}

/// How a notice ended, in words.
fn how(frame: &Frame, state: State, reason: Option<&str>) -> String {
    let state = frame.t(&format!("state-{}", state.as_str()));
    match reason {
        Some(reason) => format!("{state}{}{}", frame.t("review-colon"), reason_word(frame, reason)),
        None => state,
    }
}

fn waiting(frame: &Frame, found: &Figures, now: DateTime<Utc>) -> Vec<Line> {
    let of = |kind| found.waiting.iter().find(move |waiting| waiting.kind == kind);
    let overdue = |kind| found.overdue.iter().find(move |overdue| overdue.kind == kind);
    let some = |count: i64| (count > 0).then(|| count.to_string());
    vec![
        line(frame.t("figures-waiting"), |kind| Some(of(kind)?.notices.to_string())),
        line(frame.t("figures-oldest"), |kind| Some(span(frame, (now - of(kind)?.since).num_seconds()))),
        line(frame.t("figures-overdue-second_look"), |kind| some(overdue(kind)?.second_looks)),
        line(frame.t("figures-overdue-police_reference"), |kind| some(overdue(kind)?.police_references)),
    ]
}
