//! One notice as a page: what would be sent on one side, what speaks for and against it on the other, and the
//! steps below.

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::reasons::Reveal;
use super::super::tips::Fate;
use super::super::view::Sheet;
use super::super::waiting::Want;
use super::Done;
use super::changes::Changes;
use super::compare::{Comparison, Head, head};
use super::form::{Again, Fault, Form, Typed, form, key, state_word};
use super::history::{Line, history, reply};
use super::tips::{Tip, tips};
use super::words::{WantView, as_typed, at, icon, to_the_second, waiting, wanted, word};
use crate::broadcast::preview::preview;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{ByPolicy, State, Step};
use crate::domain::notice::{Private, Public, Subject};
use crate::domain::phone::readable;
use crate::language::text_with;
use crate::review::policy::Class;
use crate::web::frame::Frame;
use crate::web::sum;

/// The steps that the page confirms afterwards.
const DONE: [Step; 7] =
    [Step::Approve, Step::Ask, Step::Reject, Step::Undo, Step::Pause, Step::Resume, Step::Remove];
/// Steps that are a single button.
const BUTTONS: [Step; 3] = [Step::Undo, Step::Claim, Step::Release];
/// Steps with a reason or a note.
pub const FORMS: [Step; 7] =
    [Step::Approve, Step::Ask, Step::Reject, Step::Escalate, Step::Pause, Step::Resume, Step::Remove];

/// The key that leads to the next case.
pub const NEXT_KEY: &str = "n";

#[derive(Template)]
#[template(path = "review_notice.html")]
pub struct SheetPage {
    frame: Frame,
    case: CaseNumber,
    version: i32,
    mine: bool,
    sealed: bool,
    urgency: i16,
    /// In a few words each: kind, urgency, state, waiting time.
    kind: String,
    icon: &'static str,
    urgency_word: String,
    state: String,
    waiting: Option<String>,
    done: Option<String>,
    /// What is wrong: the id of an element of the page, and a sentence.
    faults: Vec<(String, String)>,
    /// What was typed into a form that is no longer offered.
    kept: String,
    /// Who holds it, who approved it, and what the scheduler will do.
    standing: Vec<StandingLine>,
    wants: Vec<WantView>,
    /// The reporter's newest reply.
    reply: Option<Line>,
    /// Whether a tip waits for a decision.
    holds_tips: bool,
    /// What an edit that waits changes.
    changes: Option<Changes>,
    /// The heading above what groups will read, or above what the notice said where it is over.
    preview_heading: &'static str,
    preview: Vec<String>,
    /// What is said where there is none.
    unread: &'static str,
    photos: Vec<Uuid>,
    flags: Vec<Flag>,
    policy: Option<String>,
    evidence: Vec<(String, String)>,
    /// The number for a `tel:` link, and as people read it.
    phone: Option<(String, String)>,
    last4: String,
    /// The reasons for which the phone may be shown, where it may be and is not yet.
    reveal: Vec<(&'static str, String)>,
    comparison: Option<Comparison>,
    tips: Vec<Tip>,
    history: Vec<Line>,
    approval_refused: Option<String>,
    buttons: Vec<Button>,
    forms: Vec<Form>,
    /// What became of it in the groups.
    sum: Option<String>,
    /// The next case that nobody holds.
    next: Option<CaseNumber>,
    /// The keys that act on this page, each with what it does.
    keys: Vec<(&'static str, String)>,
}

/// What the page shows besides the sheet itself.
pub struct Around<'a> {
    pub case: CaseNumber,
    pub fault: Option<Fault>,
    pub typed: Typed,
    pub done: Option<Done>,
    /// The notice's public address.
    pub link: &'a str,
    /// The next case that nobody holds.
    pub next: Option<CaseNumber>,
}

/// A sentence about where the notice stands. Where time is running out, it has the seconds left and the words
/// that show them.
struct StandingLine {
    words: String,
    left: Option<(i64, String)>,
}

/// A step that is a single button.
struct Button {
    step: &'static str,
    /// For how many seconds it can be used, where that is short.
    left: Option<i64>,
    key: &'static str,
    label: String,
}

impl SheetPage {
    /// The page for a sheet.
    pub fn new(frame: Frame, sheet: Sheet, around: Around<'_>, now: DateTime<Utc>) -> SheetPage {
        let Around { case, fault, typed, done, link, next } = around;
        let offered = |step: &&Step| sheet.actions.contains(step);
        let again = looked_at_again(&sheet);
        let mut forms: Vec<Form> = FORMS
            .iter()
            .filter(offered)
            .map(|step| form(&frame, *step, sheet.class, again, &typed))
            .collect();
        for form in forms.iter_mut().filter(|form| form.open) {
            form.fault = fault.as_ref().map(|fault| fault.sentence(&frame));
        }
        let kept = if forms.iter().any(|form| form.open) { String::new() } else { typed.note.clone() };
        let buttons: Vec<Button> =
            BUTTONS.iter().filter(offered).map(|step| button(&frame, *step, &sheet, now)).collect();
        let private = sheet.private.as_ref();
        let phone = private.filter(|private| !private.reporter.phone.is_empty());
        let guarded = sheet.guarded;
        SheetPage {
            keys: keys(&frame, &buttons, &forms, next.is_some()),
            next,
            buttons,
            kept,
            forms,
            faults: fault.iter().map(|fault| (fault.place.clone(), fault.sentence(&frame))).collect(),
            done: done.and_then(|done| confirmed(&frame, done, guarded)),
            standing: standing(&frame, &sheet, now),
            wants: wanted(&frame, &sheet.wants, &sheet.overdue),
            changes: sheet
                .changes
                .as_ref()
                .map(|changes| Changes::new(&frame, sheet.kind, sheet.live_at.is_some(), changes)),
            preview_heading: match (
                sheet.state.is_over(),
                sheet.live_at.is_some() && sheet.pending_revision.is_none(),
            ) {
                (true, _) => "review-said",
                (_, true) => "review-preview-live",
                _ => "review-preview",
            },
            preview: previews(&frame, &sheet, case, link),
            unread: if sheet.state == State::Erased { "review-erased" } else { "review-over" },
            reply: reply(&frame, &sheet.events),
            holds_tips: sheet.tips.iter().any(|tip| tip.held),
            photos: sheet.public.as_ref().map(|public| public.photos.clone()).unwrap_or_default(),
            flags: sheet.flags.iter().map(|flag| flagged(&frame, flag, &sheet)).collect(),
            policy: sheet.class.map(|class| frame.t(policy_key(class))),
            evidence: evidence(&frame, sheet.public.as_ref(), private),
            phone: phone.map(|private| dialled(&private.reporter.phone)),
            reveal: if private.is_some() && phone.is_none() { why_reveal(&frame) } else { Vec::new() },
            last4: sheet.reporter_phone_last4.clone().unwrap_or_default(),
            comparison: Comparison::new(&frame, &sheet),
            tips: tips(&frame, &sheet),
            history: history(&frame, &sheet.events),
            approval_refused: sheet
                .approval_refused
                .map(|code| frame.t1(&format!("review-fault-{code}"), "state", "")),
            kind: frame.t(&format!("kind-{}", sheet.kind.as_str())),
            icon: icon(sheet.urgency),
            urgency_word: word(&frame, "review-urgency", &sheet.urgency.to_string()),
            state: state_word(&frame, sheet.state),
            waiting: waiting(&frame, &sheet, now),
            case,
            version: sheet.version,
            mine: sheet.mine,
            sealed: sheet.sealed,
            urgency: sheet.urgency,
            sum: sheet.groups.as_ref().map(|sum| sum::sentences(&frame, sum, sheet.state.is_over())),
            frame,
        }
    }
}

/// What an approval means where nothing waits to go out.
fn looked_at_again(sheet: &Sheet) -> Option<Again> {
    let is_out = matches!(sheet.state, State::Live | State::Paused) && sheet.pending_revision.is_none();
    let second_look = sheet.wants.contains(&Want::SecondLook);
    is_out.then_some(if second_look { Again::SecondLook } else { Again::PoliceReference })
}

fn button(frame: &Frame, step: Step, sheet: &Sheet, now: DateTime<Utc>) -> Button {
    let name = if step == Step::Claim && sheet.mine { "keep" } else { step.as_str() };
    let left = sheet.cooling_until.filter(|_| step == Step::Undo).map(|until| seconds(now, until));
    Button { step: step.as_str(), left, key: key(step), label: frame.t(&format!("review-button-{name}")) }
}

fn seconds(now: DateTime<Utc>, until: DateTime<Utc>) -> i64 {
    (until - now).num_seconds().max(0)
}

fn keys(frame: &Frame, buttons: &[Button], forms: &[Form], more: bool) -> Vec<(&'static str, String)> {
    let buttons = buttons.iter().map(|button| (button.key, button.label.clone()));
    let forms = forms.iter().map(|form| (form.key, form.heading.clone()));
    let next = more.then(|| (NEXT_KEY, frame.t("review-next-case")));
    buttons.chain(forms).filter(|(key, _)| !key.is_empty()).chain(next).collect()
}

/// The confirmation of what the page confirms.
fn confirmed(frame: &Frame, done: Done, guarded: bool) -> Option<String> {
    let done = match done {
        Done::Step(step) => Some(step).filter(|step| DONE.contains(step))?.as_str(),
        Done::Tip(Fate::PassOn) if guarded => "police_know",
        Done::Tip(fate) => fate.as_str(),
    };
    Some(frame.t(&format!("review-done-{done}")))
}

fn why_reveal(frame: &Frame) -> Vec<(&'static str, String)> {
    Reveal::NAMES.map(|code| (code, frame.t(&format!("reason-{code}")))).to_vec()
}

fn standing(frame: &Frame, sheet: &Sheet, now: DateTime<Utc>) -> Vec<StandingLine> {
    let mut lines = Vec::new();
    let mut line = |words: String, left: Option<(i64, &str)>| {
        lines.push(StandingLine { words, left: left.map(|(seconds, key)| (seconds, frame.t(key))) });
    };
    if let (Some(name), Some(until)) = (&sheet.claimed_by, sheet.claimed_until) {
        let key = if sheet.mine { "review-held-by-you" } else { "review-held-by" };
        let args = [("name", name.as_str().into()), ("until", to_the_second(until).into())];
        let left = sheet.mine.then(|| (seconds(now, until), "review-left-to-hold"));
        line(text_with(frame.language, key, &args), left);
    } else if sheet.state.in_queue() {
        line(frame.t("review-held-by-nobody"), None);
    }
    if let Some(until) = sheet.cooling_until {
        if until > now {
            let words = frame.t1("review-cooling", "until", to_the_second(until));
            line(words, Some((seconds(now, until), "review-left-to-undo")));
        } else {
            line(frame.t("review-going-out"), None);
        }
    }
    if sheet.paused_by_lead {
        line(frame.t("review-paused-by-lead"), None);
    }
    if !sheet.state.is_over() {
        let so_far = sheet.approved_by.len();
        let args = [("given", so_far.into()), ("needed", sheet.needs.approvals.max(1).into())];
        let mut approvals = text_with(frame.language, "review-approvals", &args);
        if sheet.needs.leads > 0 {
            let all = sheet.needs.leads == sheet.needs.approvals;
            let key = if all { "review-approvals-all-leads" } else { "review-approvals-leads" };
            approvals += &frame.tn(key, "leads", sheet.needs.leads.into());
        }
        if so_far > 0 {
            approvals += &frame.t1("review-approvals-by", "names", sheet.approved_by.join(", "));
        }
        line(approvals, None);
    }
    if let Some(ends) = sheet.ends_at.filter(|_| matches!(sheet.state, State::Live | State::Paused)) {
        line(frame.t1("review-ends", "at", at(ends)), None);
    }
    lines
}

fn previews(frame: &Frame, sheet: &Sheet, case: CaseNumber, link: &str) -> Vec<String> {
    let Some(public) = &sheet.public else { return Vec::new() };
    let again = sheet.live_at.is_some() && sheet.pending_revision.is_some();
    let purpose = if again { Purpose::Update } else { Purpose::Alert };
    preview(&case, link, purpose, public, frame.language)
}

/// What the moderator must check, by the policy's class.
pub const fn policy_key(class: Class) -> &'static str {
    match class {
        Class::Child => "review-policy-child",
        Class::ContestedChild => "review-policy-contested_child",
        Class::TakenChild => "review-policy-taken_child",
        Class::Teen => "review-policy-teen",
        Class::ContestedTeen => "review-policy-contested_teen",
        Class::TakenTeen => "review-policy-taken_teen",
        Class::SealedTeen => "review-policy-sealed_teen",
        Class::Impaired => "review-policy-impaired",
        Class::DoubtedImpaired => "review-policy-doubted_impaired",
        Class::Adult => "review-policy-adult",
        Class::SealedAdult => "review-policy-sealed_adult",
        Class::SealedOther => "review-policy-sealed_other",
        Class::Property => "review-policy-property",
        Class::Rescue => "review-policy-rescue",
        Class::SoughtByRescue => "review-policy-sought_by_rescue",
        Class::SoughtByThing => "review-policy-sought_by_thing",
        Class::Donation => "review-policy-donation",
    }
}

/// What the message does not say but the decision depends on.
fn evidence(frame: &Frame, public: Option<&Public>, private: Option<&Private>) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut told = |key: String, value: &str| {
        if !value.is_empty() {
            facts.push((frame.t(&key), value.to_owned()));
        }
    };
    let yes_no = |answer| frame.t(if answer { "review-yes" } else { "review-no" });
    // First what decides whether it may be published at all.
    if let Some(Private { safety, .. }) = private.filter(|private| private.category.is_some()) {
        // Shown below the question as it was asked: a yes to a compound question is not a yes to each of its
        // parts.
        told("f-safety-violence".to_owned(), &yes_no(safety.violence));
        told("f-safety-protection_order".to_owned(), &yes_no(safety.protection_order));
        told("f-safety-left_voluntarily".to_owned(), &yes_no(safety.left_voluntarily));
    }
    let mut fact = |name: &str, value: &str| told(format!("review-fact-{name}"), value);
    if let Some(Public { subject: Subject::Donation { campaign }, .. }) = public {
        fact("credit_code", campaign.credit_code.as_str());
        fact("filing_number", campaign.filing_number.as_str());
        // Not a link: one click must not lead a volunteer where a stranger wants them to go.
        fact("url", &campaign.url);
        fact("campaign_dates", &format!("{} – {}", campaign.starts_on, campaign.ends_on));
    }
    let typed = public.map(|public| as_typed(frame, public)).unwrap_or_default();
    let Some(private) = private else { return [facts, typed].concat() };
    fact("reporter", &private.reporter.name);
    fact("relation", &private.reporter.relation);
    fact("publish_phone", &yes_no(private.reporter.publish_phone));
    if let Some(category) = private.category {
        fact("category", &word(frame, "review-category", category.as_str()));
        fact("police_reported", &yes_no(private.police.reported));
        fact("police_station", private.police.station.as_deref().unwrap_or_default());
        fact("police_reference", private.police.reference.as_deref().unwrap_or("–"));
    }
    fact("secret_detail", private.secret_detail.as_deref().unwrap_or_default());
    [facts, typed].concat()
}

/// A flag in words.
struct Flag {
    words: String,
    /// The cases that it speaks of, each with what they have in common.
    beside: Vec<Head>,
}

/// What a flag says; one of them names the characters that the poster lacks, another one cases.
fn flagged(frame: &Frame, flag: &str, sheet: &Sheet) -> Flag {
    let mut beside = Vec::new();
    let words = match flag {
        "poster_lacks" => frame.t1("review-flag-poster_lacks", "characters", sheet.poster_lacks.as_str()),
        _ => word(frame, "review-flag", flag),
    };
    if flag == ByPolicy::LikeSealed.as_str() {
        beside
            .extend(sheet.duplicates.iter().filter(|other| other.protected).map(|other| head(frame, other)));
    }
    Flag { words, beside }
}

/// A number for a `tel:` link, and as people read it.
fn dialled(stored: &str) -> (String, String) {
    let number: String = stored.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    (number, readable(stored))
}
