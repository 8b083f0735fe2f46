//! The HTML pages of the review station: the queue, one notice with everything that its reader may see, and
//! the forms of the steps. A step that is refused answers with the page as the notice now stands, and keeps
//! the typed text in its form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::api::{self, bodies, station};
use super::reasons::Reveal;
use super::tips::Fate;
use super::{Decision, ReviewError, waiting};
use crate::domain::case_number::CaseNumber;
use crate::domain::cursor;
use crate::domain::life_cycle::{State, Step};
use crate::domain::people::{Moderator, Role};
use crate::store::notices::{self, Notice};
use crate::store::{Conn, StoreError, accounts, review_queue};
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::problem::Problem;
use crate::web::session::{CsrfForm, SignedIn};
use crate::web::shared::Shared;

mod changes;
mod compare;
pub mod figures;
mod form;
mod history;
pub mod poster;
mod queue;
mod sheet;
#[cfg(test)]
mod tests;
mod tips;
mod words;

use form::{Fault, Form, Typed, form};
use queue::{FILTERS, QueuePage};
use sheet::{Around, SheetPage};

/// Notices on a page of the queue.
const PAGE: i64 = 25;

/// The reader's place in the queue, and what they have just done.
#[derive(Deserialize)]
pub struct QueueQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    done: String,
}

/// What the reader has just done with the notice.
#[derive(Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    done: String,
}

/// What can have been done: a step with the notice, or a tip decided.
#[derive(Clone, Copy, Debug)]
pub enum Done {
    Step(Step),
    Tip(Fate),
}

impl Done {
    /// What has exactly that name in an address, if anything does.
    fn named(name: &str) -> Option<Done> {
        Step::named(name).map(Done::Step).or_else(|| Fate::named(name).map(Done::Tip))
    }
}

/// The fields of all steps' forms; which of them are filled in depends on the step.
#[derive(Default, Deserialize)]
pub struct StepFields {
    #[serde(default)]
    version: i32,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
}

/// The page that says who may open a case that is for leads alone.
#[derive(Template)]
#[template(path = "review_leads.html")]
struct LeadsPage {
    frame: Frame,
    case: CaseNumber,
    leads: Vec<String>,
    /// What the reader had typed when the case became one for leads, where no form shows it any more.
    kept: String,
    /// The steps that take it from view, while everybody can read it.
    forms: Vec<Form>,
    /// What is wrong in them: field and sentence.
    faults: Vec<(String, String)>,
    /// A value that does not reveal how far the case has come.
    version: i32,
}

/// `GET /review`: what waits, most urgent first.
///
/// # Errors
/// [`Problem::Forbidden`] for anybody who is not a moderator.
pub async fn show_queue(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    query: web::Query<QueueQuery>,
) -> Result<HttpResponse, Problem> {
    let account = person.require(Role::Moderator)?;
    let by = account.moderator();
    let (state, after) = (State::named(&query.state), cursor::read(&query.cursor));
    // An old bookmark still opens the queue, with a note that it shows something else.
    let astray =
        (state.is_none() && !query.state.is_empty()) || (after.is_none() && !query.cursor.is_empty());
    let (state, after) = if astray { (None, None) } else { (state, after) };
    let now = shared.clock.now();
    let vault = shared.vault.clone();
    let list = move |c: &mut Conn| {
        let queue = waiting::queue(c, &vault, by, state, after, PAGE, now)?;
        Ok::<_, StoreError>((queue, review_queue::count(c, &FILTERS, by.lead, now)?))
    };
    let found = shared.store.read(list).await?;
    let frame = person.frame(&http);
    let done = Step::named(&query.done);
    let mut template = QueuePage::new(frame.clone(), &account.name, by, state, found, done);
    template.astray = astray;
    page(&http, &frame, &template)
}

/// `GET /review/{case}`: everything that the reader may see of a notice, and the steps they may take.
///
/// # Errors
/// [`Problem::Forbidden`] for anybody who is not a moderator, and a problem for a case number that was never
/// issued.
pub async fn show_notice(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<DoneQuery>,
) -> Result<HttpResponse, Problem> {
    let visit = Visit::new(&http, &shared, &person, &path)?;
    visit.show(None, Typed::default(), Done::named(&query.done)).await
}

/// `POST /review/{case}/again`: the page with what was typed into one of its forms when the session ended. It
/// changes nothing.
///
/// # Errors
/// As [`take_step`].
pub async fn show_again(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<String>,
    form: CsrfForm<StepFields>,
) -> Result<HttpResponse, Problem> {
    let visit = Visit::new(&http, &shared, &person, &path)?;
    let CsrfForm(fields) = form;
    let step = bodies::action(&fields.action).or_else(|| step(&fields.action, ""));
    visit.show(None, Typed { step, reason: fields.reason, note: fields.note }, None).await
}

/// `POST /review/{case}/{step}`: takes a step with a notice. Four of the steps are decisions; they share the
/// path `decisions`, and `action` names the one that was chosen.
///
/// # Errors
/// As [`show_notice`], and for a form from another session.
pub async fn take_step(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<(String, String)>,
    form: CsrfForm<StepFields>,
) -> Result<HttpResponse, Problem> {
    let (case, name) = path.into_inner();
    let visit = Visit::new(&http, &shared, &person, &case)?;
    let CsrfForm(fields) = form;
    let step = step(&name, &fields.action).ok_or(Problem::NotFound)?;
    let typed = Typed { step: Some(step), reason: fields.reason, note: fields.note };
    let Ok(note) = bodies::note(Some(typed.note.clone())) else {
        return visit.show(Some(Fault::note_too_long(step)), typed, None).await;
    };
    let reason = Some(typed.reason.clone()).filter(|reason| !reason.is_empty());
    match visit.take(Decision { version: fields.version, step, reason, note }).await {
        Ok(notice) => {
            shared.work_is_due.notify_one();
            Ok(see_other(&visit.after(step, &notice)))
        }
        Err(error @ (ReviewError::Unknown | ReviewError::Store(_))) => Err(error.into()),
        Err(error) => {
            let fault = Fault::refused(step, error);
            visit.show(Some(fault), typed, None).await
        }
    }
}

/// `POST /review/{case}/tips/{id}`: passes a held tip on to the family, or discards it.
///
/// # Errors
/// As [`take_step`].
pub async fn decide_tip(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<(String, Uuid)>,
    form: CsrfForm<StepFields>,
) -> Result<HttpResponse, Problem> {
    let (case, tip) = path.into_inner();
    let visit = Visit::new(&http, &shared, &person, &case)?;
    let fate = Fate::named(&form.0.action).ok_or(Problem::NotFound)?;
    let now = shared.clock.now();
    let decided = station(&shared).decide_tip(visit.case, tip, fate, visit.by, now).await;
    visit.answer(decided, "tips", &format!("?done={}#tips", fate.as_str())).await
}

/// `POST /review/{case}/phone`: shows the reporter's phone, for the reason that was chosen.
///
/// # Errors
/// As [`take_step`].
pub async fn reveal_phone(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<String>,
    form: CsrfForm<StepFields>,
) -> Result<HttpResponse, Problem> {
    let visit = Visit::new(&http, &shared, &person, &path)?;
    let reason = Reveal::named(&form.0.reason);
    let shown = station(&shared).reveal_phone(visit.case, visit.by, reason, shared.clock.now()).await;
    visit.answer(shown.map(drop), "phone", "#phone").await
}

/// The step that a form stands for.
fn step(name: &str, action: &str) -> Option<Step> {
    if name == "decisions" {
        return bodies::action(action);
    }
    use Step::{Claim, Pause, Release, Remove, Resume, Undo};
    Step::named(name).filter(|step| matches!(step, Claim | Release | Undo | Pause | Resume | Remove))
}

/// One request about one notice.
struct Visit<'a> {
    http: &'a HttpRequest,
    shared: &'a Shared,
    person: &'a SignedIn,
    case: CaseNumber,
    by: Moderator,
}

impl<'a> Visit<'a> {
    fn new(
        http: &'a HttpRequest,
        shared: &'a Shared,
        person: &'a SignedIn,
        case: &str,
    ) -> Result<Visit<'a>, Problem> {
        let by = person.require(Role::Moderator)?.moderator();
        Ok(Visit { http, shared, person, case: api::case(case)?, by })
    }

    async fn take(&self, decision: Decision) -> Result<Notice, ReviewError> {
        let (desk, case, by, now) = (station(self.shared), self.case, self.by, self.shared.clock.now());
        match decision.step {
            Step::Claim => desk.claim(case, by, now).await,
            Step::Release => desk.release(case, by, now).await,
            Step::Undo => desk.undo(case, by, now).await,
            Step::Pause | Step::Resume | Step::Remove => desk.restrict(case, by, decision, now).await,
            _ => desk.decide(case, by, decision, now).await,
        }
    }

    /// The page again: a redirect with `after` in its address once the step is taken, else the page with the
    /// obstacle shown at `place`.
    async fn answer(
        &self,
        outcome: Result<(), ReviewError>,
        place: &str,
        after: &str,
    ) -> Result<HttpResponse, Problem> {
        match outcome {
            Ok(()) => Ok(see_other(&format!("{}{after}", self.here()))),
            Err(error @ (ReviewError::Unknown | ReviewError::Store(_))) => Err(error.into()),
            Err(error) => self.show(Some(Fault::at(place, &error.into())), Typed::default(), None).await,
        }
    }

    fn here(&self) -> String {
        format!("/review/{}", self.case)
    }

    /// Where a browser goes once the step is taken.
    fn after(&self, step: Step, notice: &Notice) -> String {
        let here = self.here();
        match step {
            Step::Claim => here,
            // Most who escalate a notice may not open it any more.
            Step::Release | Step::Escalate => format!("/review?done={}", step.as_str()),
            _ if !notice.may_be_opened_by(self.by) => format!("/review?done={}", step.as_str()),
            _ => format!("{here}?done={}", step.as_str()),
        }
    }

    async fn show(
        &self,
        fault: Option<Fault>,
        typed: Typed,
        done: Option<Done>,
    ) -> Result<HttpResponse, Problem> {
        let frame = Frame { path: self.here(), ..self.person.frame(self.http) };
        let sheet = match api::read_sheet(self.shared, self.case, self.by).await {
            Err(Problem::LeadRequired) => return self.for_leads(frame, fault, typed).await,
            sheet => sheet?,
        };
        let status = fault.as_ref().map_or(StatusCode::OK, Fault::status);
        let (case, by, now) = (self.case, self.by, self.shared.clock.now());
        let next = self.shared.store.read(move |c| waiting::next_free(c, by, case, now)).await?;
        let link = self.shared.link(&format!("/n/{case}"));
        let around = Around { case, fault, typed, done, link: &link, next };
        page_with(self.http, &frame, &SheetPage::new(frame.clone(), sheet, around, now), status)
    }

    async fn for_leads(
        &self,
        frame: Frame,
        fault: Option<Fault>,
        typed: Typed,
    ) -> Result<HttpResponse, Problem> {
        let status = fault.as_ref().map_or(StatusCode::FORBIDDEN, Fault::status);
        let (case, now) = (self.case, self.shared.clock.now());
        let known = self.shared.store.read(move |c| Ok((accounts::all(c)?, notices::by_case(c, case)?)));
        let (everybody, notice) = known.await?;
        let is_public = notice.is_some_and(|notice| notice.is_public(now));
        let offered = [Step::Pause, Step::Remove].iter().filter(|_| is_public);
        let mut forms: Vec<Form> = offered.map(|step| form(&frame, *step, None, None, &typed)).collect();
        let open = forms.iter_mut().find(|form| form.open);
        let kept = if open.is_some() { String::new() } else { typed.note };
        let fault = open.and_then(|form| {
            let fault = fault?;
            form.fault = Some(fault.sentence(&frame));
            Some((fault.place.clone(), fault.sentence(&frame)))
        });
        let leads = everybody
            .into_iter()
            .filter(|account| account.role == Role::Lead && account.disabled_at.is_none())
            .map(|account| account.name)
            .collect();
        let template = LeadsPage {
            frame: frame.clone(),
            case: self.case,
            leads,
            kept,
            forms,
            faults: fault.into_iter().collect(),
            version: 0,
        };
        page_with(self.http, &frame, &template, status)
    }
}
