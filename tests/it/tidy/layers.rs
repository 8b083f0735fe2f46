//! Which module may use which, and what is done in one place only.

use std::collections::BTreeSet;

use seventytwo::domain::group::Platform;

use super::{Source, files, read, sources};
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(rooms_know_only_whom_they_may),
    alone!(sql_is_in_the_store_alone),
    alone!(only_the_sender_speaks_http),
    alone!(pages_ask_for_assets_by_their_version),
    alone!(templates_escape_everything_but_our_own_attributes),
];

/// The paths that follow `crate::` in this code, one for each name in braces.
fn known(code: &str) -> BTreeSet<String> {
    let is_path = |c: char| c.is_ascii_lowercase() || c == '_' || c == ':';
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        match after.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) => found.extend(list.split(',').map(|name| format!("{path}{}", name.trim()))),
            None => drop(found.insert(path.to_owned())),
        }
    }
    found
}

/// Which rooms a room or file may use besides itself, or which parts of them, with the reason.
const MAY_KNOW: &[(&str, &[&str], &str)] = &[
    ("src/domain/", &[], "the words of the field know nobody"),
    ("src/clock.rs", &[], "the time comes from outside"),
    ("src/language.rs", &["domain"], "sentences, by the languages of the field"),
    ("src/vault.rs", &[], "keys and seals"),
    ("src/tls.rs", &[], "how connections to others are encrypted"),
    ("src/permits.rs", &[], "work on threads of its own, whatever it is"),
    ("src/config", &["domain", "store"], "settings name platforms and a database"),
    (
        "src/blobs.rs",
        &["config", "domain::named", "store::photos", "vault", "tls"],
        "sealed photos, by the rows that name them",
    ),
    (
        "src/store/",
        &["domain", "vault", "tls", "clock::from_micros"],
        "rows, some of them sealed, by the clock's own instant",
    ),
    ("src/intake/", &["domain", "store", "clock", "vault", "language", "blobs", "permits"], "a station"),
    (
        "src/review/",
        &["domain", "store", "vault", "language", "config", "broadcast::plan", "poster::content"],
        "a station; what is live is planned in its transaction, and what a poster lacks is told before it is printed",
    ),
    (
        "src/broadcast/",
        &["domain", "store", "clock", "vault", "language", "tls"],
        "a station; it sends to strangers",
    ),
    (
        "src/broadcast/platforms/",
        &["domain", "broadcast::message"],
        "adapters are pure: a message in, a request out",
    ),
    (
        "src/expiry/",
        &["domain", "store", "vault", "config", "blobs", "broadcast::plan"],
        "a station; a closing is planned in its transaction",
    ),
    (
        "src/groups/",
        &[
            "domain",
            "store",
            "clock",
            "vault",
            "language",
            "broadcast::platforms",
            "broadcast::guard",
            "broadcast::send",
            "broadcast::message",
            "broadcast::retry",
            "broadcast::script",
            "broadcast::hosts",
            "broadcast::conclude",
            "broadcast::sealed_credentials",
        ],
        "control of a chat is proved through the adapters and the sender; the log shows what was written",
    ),
    (
        "src/groups/form.rs",
        &["domain", "language", "web", "broadcast::platforms"],
        "the words of its doors, and which fields a platform has",
    ),
    ("src/groups/words.rs", &["web"], "what its doors share"),
    ("src/accounts/", &["domain", "store", "clock", "vault", "permits"], "who may act"),
    ("src/poster/", &["domain", "store", "vault", "language", "blobs", "permits"], "the picture"),
    ("src/pages/", &["domain", "store", "vault", "language", "web"], "doors that belong to no station"),
    (
        "src/web/",
        &[
            "domain",
            "store",
            "clock",
            "vault",
            "language",
            "config",
            "blobs",
            "accounts::sessions",
            "accounts::tokens",
            "broadcast::metrics",
            "broadcast::send",
            "broadcast::hosts",
            "poster::press",
        ],
        "what all doors share",
    ),
    (
        "src/web/routes.rs",
        &["accounts", "broadcast", "expiry", "groups", "intake", "pages", "poster", "review"],
        "every door, on one page",
    ),
    (
        "src/web/openapi.rs",
        &["intake", "pages"],
        "the shapes of what comes in, and the page of the description",
    ),
    (
        "src/web/openapi/",
        &["domain", "groups", "intake", "pages", "review"],
        "what is checked, described from where it is decided",
    ),
    (
        "src/demo/",
        &["domain", "clock", "vault", "language", "config", "accounts", "app", "web"],
        "the whole program with people and a chat in it",
    ),
    ("src/schedule.rs", &["app"], "the periodic jobs of the stations"),
    (
        "src/app/",
        &["accounts", "groups", "broadcast::hosts", "store", "clock", "config", "vault"],
        "jobs: the clock, and what is forgotten; the database and the key that the rest is built on",
    ),
];

/// What a station's doors may use in addition to their station.
const DOORS: &[&str] = &["web"];
/// What one door may use of another station.
const BETWEEN_DOORS: &[(&str, &str, &str)] = &[
    ("src/review/", "broadcast::preview", "who approves sees first what will be sent"),
    ("src/pages/", "broadcast::preview", "what everybody forwards is what groups were sent"),
    ("src/intake/", "pages::number", "its reporter forwards what everybody reads under the number"),
    ("src/intake/", "pages::said", "in the same words"),
    ("src/intake/", "pages::tip_form", "a tip that comes back stands in the form that it was sent from"),
];

/// The reason that lets a door use what its station may not.
const OF_A_DOOR: &str = "a door";

/// Every permission: who has it, and for what.
fn permissions() -> BTreeSet<(&'static str, &'static str)> {
    let rooms = MAY_KNOW.iter().flat_map(|(place, parts, _)| parts.iter().map(|part| (*place, *part)));
    let doors = DOORS.iter().map(|part| (OF_A_DOOR, *part));
    let between = BETWEEN_DOORS.iter().map(|(place, part, _)| (*place, *part));
    rooms.chain(doors).chain(between).collect()
}

async fn rooms_know_only_whom_they_may() {
    let (mut faults, mut unused) = (Vec::new(), permissions());
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        let of_the_program = file.path == "src/main.rs" || file.path.starts_with("src/command/");
        if of_the_program || ["src/app.rs", "src/lib.rs"].contains(&file.path.as_str()) {
            continue;
        }
        // The longest matching row decides for the file.
        let row = MAY_KNOW.iter().filter(|row| file.path.starts_with(row.0)).max_by_key(|row| row.0.len());
        let Some((place, allowed, _)) = row else {
            faults.push(format!("{} is in no row of MAY_KNOW", file.path));
            continue;
        };
        for path in known(&file.code) {
            let within = |part: &str| path == part || path.starts_with(&format!("{part}::"));
            if within(file.room()) && *place != "src/broadcast/platforms/" {
                continue;
            }
            let mut may = allowed.iter().map(|part| (*place, *part)).collect::<Vec<_>>();
            if file.is_door() {
                may.extend(DOORS.iter().map(|part| (OF_A_DOOR, *part)));
                let between = BETWEEN_DOORS.iter().filter(|(place, ..)| file.path.starts_with(place));
                may.extend(between.map(|(place, part, _)| (*place, *part)));
            }
            match may.into_iter().find(|(_, part)| within(part)) {
                Some(permission) => drop(unused.remove(&permission)),
                None => faults.push(format!("{} knows {path}", file.path)),
            }
        }
    }
    faults.extend(unused.into_iter().map(|(place, part)| format!("{place} may know {part}, and does not")));
    assert!(faults.is_empty(), "{faults:#?}");
    // The adapters of two platforms do not use each other, and never wait.
    let adapters: Vec<Source> =
        sources("src/broadcast/platforms").into_iter().filter(|f| !f.is_test()).collect();
    for file in &adapters {
        let own = file.path.rsplit('/').next().unwrap();
        for other in Platform::ALL.map(Platform::as_str) {
            let names = file.code.contains(&format!("super::{other}"));
            assert!(own == "mod.rs" || !names, "{} knows {other}", file.path);
        }
        assert!(!file.code.contains("async fn") && !file.code.contains(".await"), "{} waits", file.path);
    }
}

/// The files outside of `places` whose code contains one of the words.
fn elsewhere(words: &[&str], places: &[&str]) -> Vec<String> {
    let others =
        sources("src").into_iter().filter(|f| !f.is_test() && !places.iter().any(|p| f.path.starts_with(p)));
    others.filter(|f| words.iter().any(|w| f.code.contains(w))).map(|f| f.path).collect()
}

const NOBODY: [String; 0] = [];

async fn sql_is_in_the_store_alone() {
    assert_eq!(elsewhere(&["diesel"], &["src/store/"]), NOBODY);
    assert!(sources("src/store").iter().any(|f| f.code.contains("use diesel")), "the rule looks for nothing");
}

async fn only_the_sender_speaks_http() {
    // The object store has a client inside; Cargo.toml names that crate to give it TLS, and no code does.
    let senders = ["src/broadcast/send.rs", "src/broadcast/send/", "src/demo/client.rs"];
    let words = ["hyper", "reqwest", "TcpStream", "UdpSocket", "lookup_host", "ToSocketAddrs"];
    assert_eq!(elsewhere(&words, &senders), NOBODY);
    for sender in senders.into_iter().filter(|sender| sender.ends_with(".rs")) {
        assert!(read(sender).contains("hyper"), "{sender} sends nothing: the rule is out of date");
    }
}

async fn templates_escape_everything_but_our_own_attributes() {
    for path in files("assets/templates") {
        if path.ends_with("macros.html") {
            continue;
        }
        let squeezed: String = read(&path).split_whitespace().collect();
        for raw in ["|safe", "|escape(\"none\")", "escape\"none\"", "|e(\"none\")"] {
            assert!(!squeezed.contains(raw), "{path} writes something unescaped: {raw}");
        }
    }
    let raw: Vec<String> =
        elsewhere(&["escape = \"none\"", "MarkupDisplay", "filters::safe", "askama::filters::Safe"], &[]);
    assert_eq!(raw, NOBODY);
    for source in sources("src") {
        let html = source.code.match_indices("#[template(").any(|(at, _)| {
            let declared = source.code[at..].split(")]").next().unwrap_or_default();
            !declared.contains("path =") || ![".html\"", ".xml\""].iter().any(|end| declared.contains(end))
        });
        assert!(!html, "{}: a template that is not escaped as HTML or XML", source.path);
    }
}

async fn pages_ask_for_assets_by_their_version() {
    for path in files("assets/templates") {
        assert!(!read(&path).contains("\"/assets/"), "{path} links an asset that caches would keep for ever");
    }
}
