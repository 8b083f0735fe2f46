//! docs/platforms.md agrees with every platform's profile and verdicts, and with what follows each outcome.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, json};
use seventytwo::broadcast::platforms::{
    Act, Budget, Field, Hosts, Picture, Profile, Response, TakeBack, adapter,
};
use seventytwo::broadcast::retry::{self, Next, SoFar};
use seventytwo::domain::delivery::{Fault, Outcome, Reach};
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::domain::text::Unit;
use seventytwo::language::text;

use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(the_document_prints_the_profiles),
    alone!(the_document_names_the_codes_of_groups_that_are_gone),
    alone!(the_document_says_what_follows_an_answer),
];

/// A file of the repository.
fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn the_document_prints_the_profiles() {
    let document = file("docs/platforms.md");
    for printed in [table(), over()] {
        assert!(document.contains(&printed), "docs/platforms.md must hold this table:\n{printed}");
    }
}

async fn the_document_names_the_codes_of_groups_that_are_gone() {
    let document = file("docs/platforms.md");
    let (_, section) = document.split_once("## What is said, and what proves it").unwrap();
    for (platform, member) in
        [(Platform::Wecom, "errcode"), (Platform::Dingtalk, "errcode"), (Platform::Feishu, "code")]
    {
        let start = format!("| {}", name(adapter(platform).profile()));
        let row = section.lines().find(|line| line.starts_with(&start)).unwrap();
        let told = numbers(row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap());
        // Every code that the adapter knows is listed.
        let known = numbers(&file(&format!("src/broadcast/platforms/{}.rs", platform.as_str())));
        let gone: BTreeSet<i64> =
            known.into_iter().filter(|code| is_gone(platform, &json!({member: code}).to_string())).collect();
        assert!(!gone.is_empty() && told == gone, "{platform:?}: {told:?} in the document, {gone:?} in fact");
    }
}

fn is_gone(platform: Platform, body: &str) -> bool {
    let answer = Response { status: 200, headers: Vec::new(), body: body.to_owned().into() };
    adapter(platform).judge(Act::Say(0), &answer).outcome == Outcome::Gone
}

/// All whole numbers in a text, as written in a document or in Rust.
fn numbers(text: &str) -> BTreeSet<i64> {
    let words = text.split(|sign: char| !sign.is_ascii_digit() && sign != '_');
    words.filter_map(|word| word.replace('_', "").parse().ok()).collect()
}

async fn the_document_says_what_follows_an_answer() {
    let document = file("docs/platforms.md");
    let failed = |tries| wait(&Outcome::Retry, tries, None);
    let mend = |tries| wait(&Outcome::Config(Fault::Keyword), tries, None);
    for printed in [
        format!(
            "| slow down | nothing to this group before the time it asked for, and ever longer up to {} where",
            wait(&Outcome::Slow(Duration::ZERO), 99, None),
        ),
        format!(
            "| failed | again after {}, {}, {}, … at most {}, until the end of the notice",
            failed(1),
            failed(2),
            failed(3),
            failed(99),
        ),
        format!("; anew after {} where", wait(&Outcome::Retry, 4, Some(4))),
        format!("| once more after {}, then never again |", wait(&Outcome::Unknown, 1, None)),
        format!("| again after {}, {}, {}, {}; another group", mend(1), mend(2), mend(3), mend(99)),
    ] {
        assert!(document.contains(&printed), "docs/platforms.md must say: {printed}");
    }
}

/// How long a request waits after ending this way for the given number of times, without jitter.
fn wait(outcome: &Outcome, tries: u32, bears: Option<u32>) -> String {
    let so_far = SoFar {
        tries,
        failures: tries - 1,
        fruitless: tries,
        bears,
        reach: Reach::No,
        idempotent: false,
        now: DateTime::UNIX_EPOCH,
        random: 0,
        until: DateTime::<Utc>::MAX_UTC,
    };
    match retry::next(outcome, &so_far) {
        Next::At(at) | Next::Hold(at) | Next::Anew(at) | Next::Mend(_, at) => match at.timestamp() {
            seconds @ 0..60 => format!("{seconds} s"),
            seconds @ 60..3600 => format!("{} min", seconds / 60),
            seconds => format!("{} h", seconds / 3600),
        },
        other => panic!("{other:?} is no wait"),
    }
}

fn table() -> String {
    let mut table = String::from(
        "| platform | `platform` | hosts | `credentials` | longest text | to one chat | for one account | poster | taken back by |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for platform in Platform::ALL {
        let profile = adapter(platform).profile();
        let name = name(profile);
        writeln!(
            table,
            "| [{name}]({}) | `{}` | {} | {} | {} {} | {} | {} | {} | {} |",
            profile.source,
            platform.as_str(),
            hosts(profile.hosts),
            fields(profile),
            profile.text,
            unit(profile.unit),
            budgets(profile.rate),
            budgets(profile.account_rate),
            picture(profile),
            or_none(profile.takes_back.iter().map(|way| way.as_str().to_owned()).collect()),
        )
        .unwrap();
    }
    table
}

/// What can be taken back of a message when its notice is over, and what stays: one line per kind of
/// credentials.
fn over() -> String {
    let mut table = String::from(
        "| platform | taken back by | the words | the poster |\n\
         |---|---|---|---|\n",
    );
    for platform in Platform::ALL {
        let adapter = adapter(platform);
        let profile = adapter.profile();
        let ways_in = ways_in(profile);
        for fields in &ways_in {
            let given: Map<_, _> = fields.iter().map(|f| (f.name.to_owned(), f.example.into())).collect();
            let ways = adapter.takes_back(&adapter.credentials(&given, &[7; 32], None).unwrap());
            let name = match ways_in.len() {
                1 => name(profile),
                _ => format!("{}, by {}", name(profile), named(fields)),
            };
            let words = match ways {
                [] => "stay; one more message says that it is over",
                _ if profile.keeps_edited => {
                    "replaced; the first ones stay in the message's history, but are deleted where they were false"
                }
                _ => "gone from the chat",
            };
            let by = or_none(ways.iter().map(|way| way.as_str().to_owned()).collect());
            writeln!(table, "| {name} | {by} | {words} | {} |", poster_then(profile, ways)).unwrap();
        }
    }
    table
}

/// The fields of each kind of credentials.
fn ways_in(profile: &Profile) -> Vec<Vec<Field>> {
    let fields = profile.fields.iter().copied();
    if fields.clone().any(|field| field.needed) {
        return vec![fields.filter(|field| field.needed).collect()];
    }
    let (url, others) = fields.partition(|field| field.name == "url");
    vec![url, others]
}

fn poster_then(profile: &Profile, ways: &[TakeBack]) -> &'static str {
    match (profile.picture, ways, profile.keeps_media) {
        (Picture::Absent, ..) => "was never sent",
        (Picture::Linked, [], _) => "shows nobody at its address; a copy that the platform made stays",
        (Picture::Linked, ..) => "gone from the chat; a copy that the platform made stays",
        (Picture::Sent { .. }, [], _) => "stays: its bytes are in the chat",
        (Picture::Sent { .. }, _, true) => "gone from the chat; the upload stays at the platform",
        (Picture::Sent { .. }, _, false) => "gone from the chat",
    }
}

fn name(profile: &Profile) -> String {
    text(Language::En, &format!("platform-{}", profile.platform.as_str()))
}

fn named(fields: &[Field]) -> String {
    or_none(fields.iter().map(|field| format!("`{}`", field.name)).collect())
}

fn or_none(words: Vec<String>) -> String {
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

fn hosts(hosts: Hosts) -> String {
    match hosts {
        Hosts::Listed(names) => or_none(names.iter().map(|name| format!("`{name}`")).collect()),
        Hosts::Under(endings) => or_none(endings.iter().map(|end| format!("`*{end}`")).collect()),
        Hosts::AnyPublic => "any public one".to_owned(),
    }
}

fn fields(profile: &Profile) -> String {
    let field = |name: &str, needed: bool| format!("`{name}`{}", if needed { "" } else { "?" });
    or_none(profile.fields.iter().map(|f| field(f.name, f.needed)).collect())
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes",
        Unit::Chars => "characters",
        Unit::Utf16 => "UTF-16 units",
    }
}

fn budgets(budgets: &[Budget]) -> String {
    let span = |budget: &Budget| match budget.per.as_secs() {
        1 => format!("{} a second", budget.count),
        60 => format!("{} a minute", budget.count),
        3600 => format!("{} an hour", budget.count),
        seconds => format!("{} in {seconds} s", budget.count),
    };
    or_none(budgets.iter().map(span).collect())
}

fn picture(profile: &Profile) -> String {
    match profile.picture {
        Picture::Sent { bytes } => format!("sent, up to {} MB", bytes / 1024 / 1024),
        Picture::Linked => "linked".to_owned(),
        Picture::Absent => "behind the notice's link".to_owned(),
    }
}
