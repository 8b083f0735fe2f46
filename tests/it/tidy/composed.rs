//! The keys of sentences that are composed of a pattern and a name, with the names that each may get.

use std::collections::BTreeSet;

use seventytwo::broadcast::platforms::adapter;
use seventytwo::broadcast::report::CountsAs;
use seventytwo::domain::delivery::{DeliveryState, EndedAs, Fault, How, Purpose, Untried};
use seventytwo::domain::group::{Condition, GroupState, Platform, WhyDisabled};
use seventytwo::domain::language::Language;
use seventytwo::domain::life_cycle::{ActedAs, ByPolicy, State, Step};
use seventytwo::domain::logged::Act;
use seventytwo::domain::marks::Likeness;
use seventytwo::domain::notice::{Category, Direction, Emergency, Kind, Outcome, Precision, SOUGHT, Sex};
use seventytwo::domain::people::Role;
use seventytwo::domain::reason::{Approve, Reject, Remove};
use seventytwo::domain::screening::FindingKind;
use seventytwo::groups::delivery_log::Asked;
use seventytwo::groups::pages::Done;
use seventytwo::intake::form::{Control, fields, sections};
use seventytwo::intake::pages::mine;
use seventytwo::pages::check::Finding;
use seventytwo::review::figures::Period;
use seventytwo::review::reasons::{NotShown, Reveal};
use seventytwo::review::tips::Fate;
use seventytwo::store::groups::WaitsFor;
use seventytwo::web::problem::{CODES, Instead, Told};

use super::{read, sources};

/// What is composed like a key of a sentence, and is none.
const NO_KEYS: [&str; 1] = ["seventytwo-{}"];

/// The patterns of which the program asks first whether there is a sentence.
pub const IF_ANY: [&str; 8] = [
    "broadcasts-code-{}",
    "code-{}",
    "code-{}-{}",
    "f-{}",
    "form-{}-lead",
    "groups-{}-hint",
    "groups-{}-hint-{}",
    "my-event-{}",
];

/// The patterns of keys in a text, with `{}` where a name is put in.
pub fn patterns(text: &str) -> BTreeSet<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('"') {
        let Some((quoted, after)) = text[at + 1..].split_once('"') else { continue };
        let asks = |asker: &str| text[..at].ends_with(asker);
        if asks("word(frame, ") || asks("word(&frame, ") {
            found.insert(format!("{quoted}-{{}}"));
        } else if asks("format!(") || after.starts_with("|format(") {
            let (head, names) = quoted.split_once('{').unwrap_or((quoted, ""));
            let between = names.split('{').filter_map(|name| name.split_once('}'));
            found.insert(between.fold(head.to_owned(), |pattern, (_, rest)| format!("{pattern}{{}}{rest}")));
        }
    }
    let is_key = |c: char| c.is_ascii_lowercase() || "-_{}".contains(c);
    found.retain(|pattern| {
        let starts = pattern.starts_with(|c: char| c.is_ascii_lowercase());
        starts
            && pattern.contains("-{}")
            && pattern.chars().all(is_key)
            && !NO_KEYS.contains(&pattern.as_str())
    });
    found
}

/// The names of a set.
macro_rules! of {
    ($($set:ty),+) => { all([$(<$set>::ALL.map(<$set>::as_str).to_vec()),+].concat()) };
}

type Names = Vec<String>;

fn all<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Names {
    names.into_iter().map(Into::into).collect()
}

/// The names that an enum of that file has, by the arms of its `match`es.
fn arms(path: &str, set: &str) -> Names {
    let (text, set) = (read(path), format!("{set}::"));
    let arms = text.split(&set).skip(1);
    let named = arms.filter_map(|rest| rest.split_once(" => \"").filter(|(arm, _)| !arm.contains('\n')));
    all(named.map(|(_, name)| name.split('"').next().unwrap_or_default()))
}

/// The names that follow this in any file of that folder.
fn after(folder: &str, before: &str) -> Names {
    let files = sources(folder);
    let found = files.iter().flat_map(|file| file.code.split(before).skip(1));
    all(found.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name))
}

/// What a notice is about: its kind, with lost, found and a call for blood told apart.
fn about() -> Names {
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::LostProperty).map(Kind::as_str);
    all(kinds.chain(Direction::ALL.map(Direction::as_str)).chain([Emergency::Blood.as_str()]))
}

/// What a tip is about.
fn tipped() -> Names {
    about().into_iter().chain([SOUGHT.to_owned()]).collect()
}

fn numbers(numbers: std::ops::RangeInclusive<u32>) -> Names {
    all(numbers.map(|number| number.to_string()))
}

/// Names without those for which the program has other words.
fn without(names: Names, others: &[&str]) -> Names {
    names.into_iter().filter(|name| !others.contains(&name.as_str())).collect()
}

/// Every choice of every form, as `FIELD-CHOICE`.
fn choices() -> Names {
    let fields = Kind::ALL.into_iter().flat_map(fields);
    let choices = fields.flat_map(|(name, control)| {
        let values = match control {
            Control::Radios(values) | Control::Select(values) => values,
            _ => &[],
        };
        values.iter().map(move |value| format!("{}-{value}", name.replace('.', "-")))
    });
    all(choices)
}

/// The fields of all platforms' credentials.
fn credentials() -> Names {
    all(Platform::ALL.into_iter().flat_map(|one| adapter(one).profile().fields).map(|field| field.name))
}

/// Each pattern with its names, some patterns in several rows. Where two names are put in, they are one here.
pub fn composed() -> Vec<(&'static str, Names)> {
    let sexes = || all(Sex::ALL.into_iter().filter_map(Sex::word));
    let forms = || all(["approve", "ask", "reject", "escalate", "pause", "resume", "remove"]);
    let parts = || all(["swindle", "sought", "help", "data", "wrong"]);
    let pasted = || [of!(Finding), all(["malformed"])].concat();
    let told_reporter = || of!(Reject, Remove);
    vec![
        ("broadcast-at-{}", of!(Precision)),
        ("broadcast-first-{}", of!(Outcome)),
        ("broadcast-kind-{}", of!(Kind)),
        ("broadcast-label-{}", of!(Direction)),
        ("broadcast-{}", of!(Emergency)),
        ("broadcast-{}", sexes()),
        ("broadcasts-outcome-{}", of!(EndedAs, Untried)),
        ("broadcasts-outcome-{}", without(of!(GroupState), &["active"])),
        ("broadcasts-purpose-{}", of!(Purpose)),
        ("broadcasts-reasons-{}", of!(CountsAs)),
        ("broadcasts-{}", all(["planned", "delivered", "waiting", "unreachable", "cancelled"])),
        ("broadcasts-{}", of!(How)),
        ("demo-try-{}", numbers(1..=6)),
        ("direction-{}", of!(Direction)),
        ("emergency-{}", of!(Emergency)),
        ("f-incident-what-{}", of!(Emergency)),
        ("f-{}-{}", choices()),
        ("fault-{}", of!(Fault)),
        ("field-{}", after("src", "FieldFault::new(\"")),
        ("field-{}", arms("src/groups/draft/credentials.rs", "CredentialCode")),
        ("field-{}", arms("src/intake/submission.rs", "PhoneError")),
        ("field-{}", arms("src/intake/submission.rs", "RegionError")),
        ("field-{}", arms("src/intake/subjects.rs", "CreditCodeError")),
        ("field-{}", arms("src/intake/subjects.rs", "FilingNumberError")),
        ("figures-period-{}", of!(Period)),
        ("form-{}", all(Kind::ALL.into_iter().flat_map(sections).map(|section| section.name))),
        ("groups-about-{}", of!(Platform)),
        ("groups-delivery-asked-{}", of!(Asked)),
        ("groups-do-{}", of!(WhyDisabled)),
        ("groups-done-{}", of!(Done)),
        ("groups-how-{}-{}", all(Platform::ALL.map(|platform| format!("{}-1", platform.as_str())))),
        ("groups-language-{}", of!(Language)),
        ("groups-log-for-{}", of!(WaitsFor)),
        ("groups-log-{}", of!(DeliveryState)),
        ("groups-means-{}", of!(GroupState)),
        ("groups-reason-{}", of!(WhyDisabled)),
        ("groups-says-{}", of!(Purpose)),
        ("groups-state-{}", of!(Condition)),
        ("groups-until-{}", all(["resumed", "hour", "morning"])),
        ("groups-{}", credentials()),
        ("hint-{}", after("src/intake", "hints.push(\"")),
        ("home-{}", of!(Kind)),
        ("kind-{}", of!(Kind)),
        ("moment-{}", of!(Precision)),
        ("month-{}", numbers(1..=12)),
        ("my-close-announce-{}", without(of!(Outcome), &["withdrawn"])),
        ("my-done-{}", of!(mine::Done)),
        ("my-done-{}", all(["closed", "closed-unseen"])),
        ("my-ended-{}", of!(Outcome)),
        ("my-from-{}", all(["moderator", "reporter"])),
        ("my-outcome-{}", of!(Outcome)),
        ("my-waiting-{}", all(["revision", "renewal"])),
        ("outcome-{}", without(of!(EndedAs), &["ended", "deleted", "unwanted"])),
        ("photo-{}", arms("src/intake/photo.rs", "Self")),
        ("platform-{}", of!(Platform)),
        ("poster-act-{}", about()),
        ("poster-at-{}", of!(Precision)),
        ("poster-hint-{}", about()),
        ("poster-incident-{}", of!(Emergency)),
        ("poster-seen-{}", about()),
        ("poster-title-{}", about()),
        ("poster-{}", sexes()),
        ("problem-not_possible-{}-detail", of!(Instead)),
        ("problem-too_many_requests-{}-detail", of!(Told)),
        ("problem-{}", all(CODES.iter().map(|(code, _)| *code))),
        ("problem-{}-detail", without(all(CODES.iter().map(|(code, _)| *code)), &["photo_refused"])),
        ("reason-{}", of!(Approve)),
        ("reason-{}", of!(Reveal, NotShown, ByPolicy)),
        ("reason-{}", told_reporter()),
        ("reason-{}-reporter", told_reporter()),
        ("redeliver-{}", without(of!(DeliveryState), &["open"])),
        ("report-{}", of!(Kind)),
        ("review-actor-{}", without(of!(ActedAs), &["clock"])),
        ("review-button-{}", forms()),
        ("review-button-{}", of!(Fate)),
        ("review-button-{}", all(["undo", "claim", "keep", "release"])),
        ("review-category-{}", of!(Category)),
        ("review-compare-{}", after("src/review/pages", "row(\"")),
        ("review-do-{}", forms()),
        ("review-done-{}", forms()),
        ("review-done-{}", of!(Fate)),
        ("review-done-{}", all(["release", "undo", "police_know"])),
        ("review-duplicate-{}", of!(Likeness)),
        ("review-fact-{}", after("src/review/pages", " fact(\"")),
        ("review-fault-{}", all(["reason", "statement", "note", "question", "note_too_long", "not_found"])),
        ("review-fault-{}", all(["stale_version", "not_possible", "too_late", "too_many_requests"])),
        ("review-fault-{}", all(["claimed_by_other", "claim_required", "same_approver", "lead_required"])),
        ("review-fault-{}", all(["forbidden", "police_reference_required"])),
        ("review-flag-{}", of!(FindingKind)),
        ("review-hint-{}", forms()),
        ("review-note-{}", forms()),
        ("review-step-{}", of!(Step, Act)),
        ("review-tip-{}", all(["text", "place", "seen_at", "phone", "flags"])),
        ("review-urgency-{}", numbers(0..=3)),
        ("role-{}", of!(Role)),
        ("safety-{}", parts()),
        ("safety-{}-text", parts()),
        ("seen-call-{}", all(["missing_person", "rescue", "blood"])),
        ("seen-rules-{}", all(["missing_person", "rescue", "blood"])),
        ("sex-{}", sexes()),
        ("state-{}", of!(State, GroupState)),
        ("status-live-{}", about()),
        ("status-{}", pasted()),
        ("status-{}-detail", pasted()),
        (
            "sum-{}",
            all([
                "received",
                "perhaps",
                "edited",
                "deleted",
                "followed_up",
                "waiting",
                "waiting-over",
                "paused",
                "unreachable",
            ]),
        ),
        ("tip-late-next-{}", all(["over", "paused"])),
        ("tip-late-{}", all(["over", "paused"])),
        ("tip-taken-next-{}", tipped()),
        ("tip-text-hint-{}", tipped()),
        ("tip-text-{}", tipped()),
        ("tip-title-{}", tipped()),
        ("tip-{}", all(["seen_at", "place", "phone"])),
        ("weekday-{}", numbers(1..=7)),
    ]
}
