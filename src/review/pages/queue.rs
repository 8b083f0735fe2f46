//! The queue as an HTML page.

use askama::Template;

use super::super::policy::first_look_within;
use super::super::waiting::{Queue, Waiting};
use super::form::{key, state_word};
use super::sheet::NEXT_KEY;
use super::words::{WantView, at, icon, span, wanted, word};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::life_cycle::{State, Step};
use crate::domain::notice::Kind;
use crate::domain::people::Moderator;
use crate::domain::region::Region;
use crate::web::frame::Frame;

/// The states the queue can be filtered by, in the order of a notice's life; first without a filter.
pub const FILTERS: [Option<State>; 9] = [
    None,
    Some(State::Submitted),
    Some(State::InReview),
    Some(State::SecondReview),
    Some(State::Escalated),
    Some(State::NeedsInfo),
    Some(State::Cooling),
    Some(State::Live),
    Some(State::Paused),
];

/// Steps that lead back to the queue, where they are confirmed.
const DONE: [Step; 4] = [Step::Release, Step::Escalate, Step::Pause, Step::Remove];

/// The key that claims the selected case.
const CLAIM_KEY: &str = key(Step::Claim);

#[derive(Template)]
#[template(path = "review.html")]
pub struct QueuePage {
    frame: Frame,
    /// One sentence about what the reader has just done.
    done: Option<String>,
    /// The address asked for something that does not exist.
    pub astray: bool,
    filters: Vec<Filter>,
    rows: Vec<Row>,
    next: Option<String>,
    /// The keys that act on this page, each with what it does.
    keys: Vec<(&'static str, String)>,
}

/// A link to the same page with another filter.
pub(super) struct Filter {
    pub href: String,
    pub label: String,
    pub current: bool,
    /// How many it lists, if any, or where that is told.
    pub count: Option<i64>,
}

/// A row of the queue, in words.
struct Row {
    case: CaseNumber,
    kind: String,
    /// Name, thing or incident, age or number of people, and category, as far as the reader may know them.
    about: Vec<String>,
    region: String,
    state: String,
    urgency: i16,
    icon: &'static str,
    urgency_word: String,
    /// Since when somebody is missing or help is needed; a campaign has no such time.
    since: Option<String>,
    waiting: String,
    wants: Vec<WantView>,
    /// The holder, where it is not the reader.
    holder: Option<String>,
    mine: bool,
    sealed: bool,
    /// It is escalated, and the reader is not a lead.
    for_leads: bool,
    /// The reader approved it or submitted it.
    needs_another: bool,
    /// The reader may claim it.
    free: bool,
}

impl QueuePage {
    /// The page for the account of that name: a page of the queue, and how many each of [`FILTERS`] lists.
    pub fn new(
        frame: Frame,
        name: &str,
        by: Moderator,
        state: Option<State>,
        (mut queue, counts): (Queue, Vec<i64>),
        done: Option<Step>,
    ) -> QueuePage {
        let filters = FILTERS.into_iter().zip(counts).map(|(only, count)| Filter {
            href: only.map_or("/review".to_owned(), |state| format!("/review?state={}", state.as_str())),
            label: only.map_or_else(|| frame.t("review-filter-all"), |state| state_word(&frame, state)),
            current: state == only,
            count: Some(count).filter(|count| *count > 0),
        });
        let filters = filters.collect();
        let next = queue.next.map(|cursor| {
            let state = state.map_or("", State::as_str);
            format!("/review?state={state}&cursor={cursor}")
        });
        // What needs another person's decision comes after what the reader can decide.
        queue.items.sort_by_key(|waiting| waiting.needs_another);
        let rows: Vec<Row> = queue.items.into_iter().map(|waiting| row(&frame, name, by, waiting)).collect();
        QueuePage {
            keys: keys(&frame, &rows),
            done: done
                .filter(|step| DONE.contains(step))
                .map(|step| frame.t(&format!("review-done-{}", step.as_str()))),
            filters,
            rows,
            next,
            frame,
            astray: false,
        }
    }
}

fn keys(frame: &Frame, rows: &[Row]) -> Vec<(&'static str, String)> {
    let next = (!rows.is_empty()).then(|| (NEXT_KEY, frame.t("review-next-case")));
    let claim = rows.iter().any(|row| row.free).then(|| (CLAIM_KEY, frame.t("review-button-claim")));
    next.into_iter().chain(claim).collect()
}

fn row(frame: &Frame, name: &str, by: Moderator, waiting: Waiting) -> Row {
    let mine = waiting.claimed_by.as_deref() == Some(name);
    let for_leads = waiting.for_leads && !by.lead;
    let reviewable = waiting.state.in_queue() || matches!(waiting.state, State::Live | State::Paused);
    let about = about(frame, &waiting);
    Row {
        case: waiting.case_number,
        kind: frame.t(&format!("kind-{}", waiting.kind.as_str())),
        about,
        region: Region::parse(&waiting.region).map_or(waiting.region.clone(), |region| {
            match frame.language {
                Language::ZhCn => region.full_name(),
                Language::En => region.full_latin_name(),
            }
        }),
        state: state_word(frame, waiting.state),
        urgency: waiting.urgency,
        icon: icon(waiting.urgency),
        urgency_word: word(frame, "review-urgency", &waiting.urgency.to_string()),
        since: (waiting.kind != Kind::Donation).then(|| at(waiting.missing_since)),
        waiting: span(frame, waiting.waiting_s),
        wants: wanted(frame, &waiting.wants, &waiting.overdue)
            .into_iter()
            .chain(first_look(frame, &waiting))
            .collect(),
        needs_another: waiting.needs_another,
        free: reviewable && !for_leads && !waiting.needs_another && waiting.claimed_by.is_none(),
        holder: waiting.claimed_by.filter(|_| !mine),
        mine,
        sealed: waiting.sealed,
        for_leads,
    }
}

/// How much time is left until somebody should have looked at it; `None` once somebody has.
fn first_look(frame: &Frame, waiting: &Waiting) -> Option<WantView> {
    let left = first_look_within(waiting.urgency).num_seconds() - waiting.waiting_s;
    // A minute that has begun is left, too.
    let (key, shown) =
        if left < 0 { ("review-first-look-late", -left) } else { ("review-first-look-left", left + 59) };
    let view = WantView { words: frame.t1(key, "span", span(frame, shown)), overdue: left < 0 };
    (waiting.state == State::Submitted).then_some(view)
}

fn about(frame: &Frame, waiting: &Waiting) -> Vec<String> {
    let age = waiting.age.map(|age| frame.tn("review-age", "age", age.into()));
    let category = waiting.category.map(|category| word(frame, "review-category", category.as_str()));
    let incident = waiting.incident.as_ref();
    let what = incident.map(|incident| frame.t(&format!("poster-incident-{}", incident.what.as_str())));
    let people = incident.and_then(|incident| incident.people);
    let people = people.map(|people| frame.tn("poster-people-count", "people", people.into()));
    [waiting.subject.clone(), what, people, age, category].into_iter().flatten().collect()
}
