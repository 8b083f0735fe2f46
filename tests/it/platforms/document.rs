//! docs/platforms.md says of every platform what its profile says.

use std::fmt::Write;

use seventytwo::broadcast::platforms::{Budget, Hosts, Picture, Profile, adapter};
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::domain::text::Unit;
use seventytwo::language::text;

use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[alone!(the_document_prints_the_profiles)];

async fn the_document_prints_the_profiles() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/platforms.md");
    let document = std::fs::read_to_string(path).unwrap();
    let printed = table();
    assert!(document.contains(&printed), "docs/platforms.md must hold this table:\n{printed}");
}

fn table() -> String {
    let mut table = String::from(
        "| platform | `platform` | hosts | `credentials` | longest text | to one chat | for one account | poster | taken back by |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for platform in Platform::ALL {
        let profile = adapter(platform).profile();
        let name = text(Language::En, &format!("platform-{}", platform.as_str()));
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
