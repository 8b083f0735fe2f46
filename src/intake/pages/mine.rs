//! The reporter's own pages. The manage link is the address of the first. Opening it also sets a cookie with its
//! token, by which the forms act and which makes the address a clean one; until the browser is seen to keep it,
//! they carry the token themselves.

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::form::sentence;
use super::sent::{self, Sent};
use super::summary::summary;
use super::{FieldFaults, acts_for_another};
use crate::domain::faults::FieldFault;
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::named::named;
use crate::domain::notice::{Kind, Outcome};
use crate::domain::shown::replaces;
use crate::domain::zone::moment;
use crate::intake::IntakeError;
use crate::intake::api::station;
use crate::intake::form::Typed;
use crate::intake::view::MyNotice;
use crate::pages::number::{Issued, look_up};
use crate::pages::said::to_copy;
use crate::store::tally::Sum;
use crate::web::cookies::MANAGE;
use crate::web::csrf;
use crate::web::frame::{Frame, page_with, see_other};
use crate::web::limits::Limit;
use crate::web::manage::{Manage, TOKEN_FIELD};
use crate::web::problem::{Problem, named_sentence};
use crate::web::request;
use crate::web::session::{guarded_form, managed_form};
use crate::web::shared::Shared;
use crate::web::sum;

named! {
    /// What has just been done, as the page confirms it: `my-done-DONE`.
    pub enum Done {
        Changed = "changed",
        Renewed = "renewed",
        Replied = "replied",
    }
}

/// The reporter's page under the manage link. Where the browser is seen to keep cookies, the link is exchanged for
/// one and leaves the address bar.
pub async fn open(
    http: HttpRequest,
    shared: web::Data<Shared>,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let token = token.into_inner();
    // A script that checks for a new state must not decide for which notice the browser acts, nor must a link
    // that somebody else sent.
    let is_fetched = http.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "empty");
    let stays = is_fetched || acts_for_another(&http, &shared, &token).await?;
    let manage = Manage::by_link(&http, &shared, token.clone());
    if manage.is_kept && !stays {
        let asked = Some(http.query_string()).filter(|asked| !asked.is_empty());
        return Ok(see_other(&asked.map_or("/my".to_owned(), |asked| format!("/my?{asked}"))));
    }
    let mut page = show(&http, &shared, manage, Typed::default(), &FieldFaults::new()).await?;
    if !stays {
        MANAGE.set(&mut page, &shared, token)?;
    }
    Ok(page)
}

#[derive(Template)]
#[template(path = "my.html")]
struct MyPage {
    frame: Frame,
    mine: MyNotice,
    /// One sentence about what the reporter has just done.
    done: Option<String>,
    /// What the notice is about.
    about: String,
    manage: Manage,
    /// The manage link, for the reporter to keep.
    manage_url: String,
    ends: Option<String>,
    /// How long a renewal lasts.
    hours: i64,
    /// What others will read once it is public, and whether something that was typed is replaced in it.
    read: Option<(String, bool)>,
    /// The text to forward, once its link shows something.
    forward: Option<String>,
    /// What became of the notice in the groups.
    sum: Option<String>,
    outcomes: Vec<(&'static str, String)>,
    /// The good outcome of its kind.
    good: &'static str,
    /// Whether the groups may know the good outcome, as it was ticked before the outcome was missed.
    announce: bool,
    /// What was typed as a reply, and its fault: the id of an element of the page, and a sentence.
    typed: Typed,
    fault: Option<(&'static str, String)>,
}

impl MyPage {
    fn is_over(&self) -> bool {
        self.mine.state.is_over()
    }

    /// What is said below the state of a notice that is over.
    fn ended(&self) -> Option<String> {
        let key = match (self.mine.state, self.mine.outcome) {
            (State::Expired, _) if self.mine.live_at.is_none() => "my-ended-forsaken".to_owned(),
            (State::Expired, _) if self.went_to_nobody() => "my-ended-alone".to_owned(),
            (State::Expired, _) => "my-ended-expired".to_owned(),
            // Without the reporter's word that all is well, nobody is congratulated: it may have ended in a
            // death.
            (State::Closed, Some(Outcome::Found | Outcome::Rescued)) if !self.mine.announce => {
                let seen = if self.mine.live_at.is_some() { "" } else { "-unseen" };
                format!("my-ended-quietly{seen}")
            }
            (State::Closed, Some(outcome)) => format!("my-ended-{}", outcome.as_str()),
            _ => return self.mine.why.clone().filter(|_| self.is_over()),
        };
        Some(self.frame.t(&key))
    }

    /// Whether it was public, but no group covers its area.
    fn went_to_nobody(&self) -> bool {
        self.mine.groups.as_ref().is_some_and(Sum::is_nobody)
    }

    /// Whether only the reporter can pass it on.
    fn is_alone(&self) -> bool {
        self.mine.state == State::Live && self.went_to_nobody()
    }

    fn asked(&self) -> bool {
        self.mine.state == State::NeedsInfo
    }

    /// How many tips there are to read.
    fn tips_there(&self) -> Option<String> {
        let tips = self.mine.tips.len();
        (tips > 0).then(|| self.frame.tn("my-tips-there", "number", tips as i64))
    }

    /// Whether the reply form has fields for the police's details.
    fn asks_for_police(&self) -> bool {
        self.mine.kind == Kind::MissingPerson && self.mine.notice["police"]["reference"].is_null()
    }

    /// The fault of this field of the reply.
    fn fault_of(&self, field: &str) -> Option<&String> {
        self.fault.as_ref().filter(|(name, _)| *name == field).map(|(_, sentence)| sentence)
    }

    fn may_renew(&self) -> bool {
        self.mine.state == State::Live && self.mine.renewals_left > 0 && self.mine.waiting != Some("renewal")
    }

    /// Whether it was renewed as often as is possible.
    fn is_renewed_out(&self) -> bool {
        self.mine.state == State::Live && self.mine.renewals_left == 0
    }

    fn at(&self, at: &DateTime<Utc>) -> String {
        moment(*at)
    }
}

async fn show(
    http: &HttpRequest,
    shared: &Shared,
    manage: Manage,
    typed: Typed,
    faults: &FieldFaults,
) -> Result<HttpResponse, Problem> {
    // It may be shown at the path of a form, which is no page.
    let frame = Frame { path: manage.path(), ..Frame::public(http) };
    let mine = station(shared).my_notice(&manage.token, frame.language, shared.clock.now()).await?;
    let unchosen = unchosen(http).filter(|_| !mine.state.is_over());
    let missed = unchosen.map(|_| ("outcome", FieldFault::new("unchosen")));
    let told = faults.iter().next().map(|(field, fault)| (field.as_str(), fault.clone())).or(missed);
    let fault = told.map(|(field, fault)| {
        let (field, label) = asked_as(field);
        (field, named_sentence(&frame.t(label), &sentence(&frame, &fault), frame.language))
    });
    let outcome = Outcome::of(mine.kind);
    let template = MyPage {
        done: done(&frame, http, &mine),
        manage_url: shared.link(&format!("/my/{}", manage.token)),
        manage,
        ends: mine.ends_at.filter(|_| mine.state == State::Live).map(moment),
        hours: shared.times.lifetime.num_hours(),
        read: to_be_read(&mine, frame.language),
        forward: to_forward(http, shared, &frame, &mine).await?,
        about: summary(&frame, mine.kind, &mine.notice),
        sum: mine.groups.as_ref().map(|sum| sum::sentences(&frame, sum, mine.state.is_over())),
        outcomes: [outcome, Outcome::Withdrawn]
            .map(|o| (o.as_str(), frame.t(&format!("my-outcome-{}", o.as_str()))))
            .to_vec(),
        good: outcome.as_str(),
        announce: unchosen == Some(true),
        mine,
        typed,
        fault,
        frame: frame.clone(),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut page = page_with(http, &frame, &template, status)?;
    // The address may be the manage link, so it must not leak to other sites as referrer.
    page.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    Ok(page)
}

/// What others will read of a text that waits.
fn to_be_read(mine: &MyNotice, language: Language) -> Option<(String, bool)> {
    let waits = match mine.state {
        State::Live => mine.waiting == Some("revision"),
        state => mine.live_at.is_none() && !state.is_over(),
    };
    let read = || to_copy(&mine.case_number, &mine.public, &mine.public_url, language);
    waits.then(|| (read(), replaces(&mine.public)))
}

/// The text to forward, the same as on the public page: by it, people who receive the text can tell that it
/// is ours.
async fn to_forward(
    http: &HttpRequest,
    shared: &Shared,
    frame: &Frame,
    mine: &MyNotice,
) -> Result<Option<String>, Problem> {
    if mine.state != State::Live {
        return Ok(None);
    }
    match look_up(http, shared, mine.case_number.as_str()).await? {
        (number, Issued::Live(live)) => {
            Ok(Some(to_copy(&number, &live.public, &mine.public_url, frame.language)))
        }
        _ => Ok(None),
    }
}

/// The element in which a field of the reply is filled in, and the key of its label.
fn asked_as(field: &str) -> (&'static str, &'static str) {
    match field {
        "police.reference" => ("police.reference", "f-police-reference"),
        "police.station" => ("police.station", "f-police-station"),
        "outcome" => ("outcome", "my-close-outcome"),
        field if field.starts_with("photo") => ("photo", "my-reply-photo"),
        _ => ("text", "my-reply-label"),
    }
}

/// The confirmation for what has just been done; anything else in the address is ignored. That the notice is
/// over is said for as long as it exists.
fn done(frame: &Frame, http: &HttpRequest, mine: &MyNotice) -> Option<String> {
    let asked = request::asked(http, "done").next();
    let told = asked.as_deref().and_then(Done::named).map(Done::as_str);
    let closed = if mine.live_at.is_some() { "closed" } else { "closed-unseen" };
    let done = if mine.state == State::Closed { Some(closed) } else { told };
    done.map(|done| frame.t(&format!("my-done-{done}")))
}

/// Whether the page is shown again because no outcome was chosen, and then whether the groups may know it.
fn unchosen(http: &HttpRequest) -> Option<bool> {
    request::asked(http, "unchosen").next().map(|announce| announce == "announce")
}

/// The reporter's page in a browser that has opened the link before.
pub async fn my_page(http: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let manage = Manage::by_cookie(&http, &shared)?;
    show(&http, &shared, manage, Typed::default(), &FieldFaults::new()).await
}

pub(super) fn back(manage: &Manage, done: Done) -> HttpResponse {
    see_other(&format!("{}?done={}", manage.path(), done.as_str()))
}

/// Reads a form with photos that was sent from one of the reporter's pages, and the authority it acts by.
pub(super) async fn sent_from_here(
    http: &HttpRequest,
    shared: &Shared,
    form: Multipart,
) -> Result<(Manage, Sent), Problem> {
    let sent = sent::read(http, shared, form).await?;
    let manage = Manage::by_form(http, shared, sent.typed.first(TOKEN_FIELD))?;
    csrf::check(&shared.vault, &manage.token, sent.typed.first("csrf"))?;
    Ok((manage, sent))
}

/// Answers a question.
pub async fn send_reply(
    http: HttpRequest,
    shared: web::Data<Shared>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let (manage, Sent { typed, faults, wait }) = sent_from_here(&http, &shared, form).await?;
    if !faults.is_empty() {
        let page = show(&http, &shared, manage, typed, &faults).await?;
        return Ok(sent::again(page, wait));
    }
    let body = as_reply(&Frame::public(&http), &typed);
    match station(&shared).reply(&manage.token, &body, shared.clock.now()).await {
        Ok(_) => Ok(back(&manage, Done::Replied)),
        Err(IntakeError::Invalid(faults)) => show(&http, &shared, manage, typed, &faults).await,
        Err(error) => Err(error.into()),
    }
}

/// The reply that a form stands for. Giving the police reference alone is reply enough.
fn as_reply(frame: &Frame, typed: &Typed) -> Value {
    let mut body = json!({"text": typed.first("text"), "photo_ids": typed.all("photo_ids")});
    let told = ["reference", "station"].map(|name| (name, typed.first(&format!("police.{name}")).trim()));
    for (name, told) in told.into_iter().filter(|(_, told)| !told.is_empty()) {
        body["police"]["reported"] = json!(true);
        body["police"][name] = json!(told);
    }
    let reference = told[0].1;
    if typed.first("text").trim().is_empty() && !reference.is_empty() {
        body["text"] = json!(frame.t1("my-reply-police", "reference", reference));
    }
    body
}

/// Asks for another 72 hours.
pub async fn send_renew(
    http: HttpRequest,
    shared: web::Data<Shared>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Submit)?;
    let (manage, _): (_, Vec<(String, String)>) = managed_form(&http, payload.into_inner()).await?;
    station(&shared).renew(&manage.token, shared.clock.now()).await?;
    Ok(back(&manage, Done::Renewed))
}

/// Takes the link's token from a browser that others use, too.
pub async fn leave(
    http: HttpRequest,
    shared: web::Data<Shared>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    // Whoever has left already is home.
    let Ok(manage) = Manage::by_cookie(&http, &shared) else { return Ok(see_other("/")) };
    let _: Vec<(String, String)> = guarded_form(&http, payload.into_inner(), &manage.token).await?;
    let mut home = see_other("/");
    let gone = home.add_cookie(&MANAGE.gone(&shared));
    gone.map_err(|e| Problem::Internal(format!("the manage cookie: {e}")))?;
    Ok(home)
}
