//! The rules of this repository that a compiler cannot check, checked on the source: which module may use
//! which, what is done in one place only, and that what is written twice says the same.

mod composed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seventytwo::config::{SETTINGS, written};
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use seventytwo::language::has;
use seventytwo::web::limits::Limit;
use seventytwo::web::problem::CODES;

use crate::{Test, alone};
use composed::{IF_ANY, composed, patterns};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(rooms_know_only_whom_they_may),
    alone!(sql_is_in_the_store_alone),
    alone!(only_the_sender_speaks_http),
    alone!(pages_ask_for_assets_by_their_version),
    alone!(templates_escape_everything_but_our_own_attributes),
    alone!(both_databases_have_the_same_tables),
    alone!(both_languages_say_the_same),
    alone!(every_sentence_asked_for_is_there),
    alone!(every_sentence_that_a_name_may_ask_for_is_there),
    alone!(everybody_has_one_word_in_chinese),
    alone!(the_example_names_every_setting),
    alone!(the_readme_lists_the_settings),
    alone!(the_readme_lists_the_problems),
    alone!(the_readme_lists_the_limits),
    alone!(the_bounds_of_times_are_told),
    alone!(files_are_short),
    alone!(functions_are_short),
    alone!(what_the_program_is_made_of_is_packaged),
    alone!(nothing_is_left_to_do),
];

/// A file of the project.
pub struct Source {
    /// Relative to the root of the repository.
    pub path: String,
    /// How many lines it has without its tests.
    lines: usize,
    /// Without comments and tests.
    pub code: String,
}

impl Source {
    /// Whether the file exists for tests only.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/fixture.rs")
    }

    /// The first folder below `src`, or the file if it is directly there.
    fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
    }

    /// Whether it is a station's door, where requests come in.
    fn is_door(&self) -> bool {
        let rooms = ["/api.rs", "/pages.rs"].iter().any(|file| self.path.ends_with(file));
        rooms || ["/api/", "/pages/"].iter().any(|folder| self.path.contains(folder))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path} is not there: {e}"))
}

/// Every file below a folder, in the order of their paths.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if path.ends_with("/node_modules") {
            continue; // third-party code
        }
        if entry.file_type().unwrap().is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Every Rust file below a folder.
pub fn sources(folder: &str) -> Vec<Source> {
    let rust = files(folder).into_iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| {
        let text = read(&path);
        let own = without_tests(&text);
        let code: Vec<&str> =
            own.iter().copied().filter(|line| !line.trim_start().starts_with("//")).collect();
        Source { code: code.join("\n"), path, lines: own.len() }
    })
    .collect()
}

/// The lines that are not compiled for tests only.
fn without_tests(text: &str) -> Vec<&str> {
    let (mut kept, mut end) = (Vec::new(), None);
    for line in text.lines() {
        match &end {
            None if line.trim() == "#[cfg(test)]" => {
                let indent = &line[..line.len() - line.trim_start().len()];
                end = Some(format!("{indent}}}"));
            }
            None => kept.push(line),
            // The test item that began here has ended, or it is a module in a file of its own.
            Some(last) if line == last || (line.contains("mod ") && line.ends_with(';')) => end = None,
            Some(_) => {}
        }
    }
    kept
}

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
    ("src/turns.rs", &[], "work on threads of its own, whatever it is"),
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
    ("src/intake/", &["domain", "store", "clock", "vault", "language", "blobs", "turns"], "a station"),
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
            "broadcast::way_in",
        ],
        "control of a chat is proved through the adapters and the sender; the log shows what was written",
    ),
    (
        "src/groups/form.rs",
        &["domain", "language", "web", "broadcast::platforms"],
        "the words of its doors, and which fields a platform has",
    ),
    ("src/groups/words.rs", &["domain", "language", "web"], "the words of its doors"),
    ("src/accounts/", &["domain", "store", "clock", "vault", "turns"], "who may act"),
    ("src/poster/", &["domain", "store", "vault", "language", "blobs", "turns"], "the picture"),
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
            "broadcast::figures",
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
        &["broadcast", "expiry", "groups", "intake", "pages", "review"],
        "every door, described",
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
        &["accounts", "groups", "broadcast::hosts", "store", "config", "vault"],
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
        if ["src/app.rs", "src/main.rs", "src/lib.rs"].contains(&file.path.as_str()) {
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
    assert_eq!(elsewhere(&["hyper", "reqwest", "TcpStream", "UdpSocket", "lookup_host"], &senders), NOBODY);
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

/// The statements of a folder's migrations, in order, without comments.
fn statements(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder).into_iter().filter(|path| path.ends_with("up.sql")) {
        let sql: Vec<String> =
            read(&path).lines().map(|line| line.split("--").next().unwrap().trim().to_owned()).collect();
        let text = sql.join("\n");
        found.extend(text.split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned));
    }
    found
}

/// The columns of every table, from the statements of a folder's migrations.
fn schema(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in statements(folder) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => {
                let inside = &statement[statement.find('(').unwrap() + 1..statement.rfind(')').unwrap()];
                let first = inside.lines().filter_map(|line| line.split_whitespace().next());
                let columns = first.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
                tables.insert((*name).to_owned(), columns.map(str::to_owned).collect());
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                tables.get_mut(*name).unwrap().insert((*column).to_owned());
            }
            ["ALTER", "TABLE", name, "DROP", "COLUMN", column, ..] => {
                assert!(tables.get_mut(*name).unwrap().remove(*column), "{folder}: {statement}");
            }
            ["ALTER", "TABLE", name, "RENAME", "TO", new] => {
                let columns = tables.remove(*name).unwrap();
                tables.insert((*new).to_owned(), columns);
            }
            ["DROP", "TABLE", name, ..] => assert!(tables.remove(*name).is_some(), "{folder}: {statement}"),
            ["CREATE", "INDEX" | "UNIQUE", ..]
            | ["DROP", "INDEX", ..]
            | ["ALTER", "TABLE", _, "SET" | "DROP", ..]
            | ["INSERT" | "UPDATE" | "DELETE", ..] => {}
            other => panic!("{folder}: this test cannot read {other:?}"),
        }
    }
    tables
}

/// The indexes after a folder's migrations: each by its name, with its table, columns and condition.
fn indexes(folder: &str) -> BTreeMap<String, String> {
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    for statement in statements(folder) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "INDEX", name, rest @ ..] | ["CREATE", "UNIQUE", "INDEX", name, rest @ ..] => {
                let unique = if words[1] == "UNIQUE" { "UNIQUE " } else { "" };
                // SQLite has only one type of index.
                let definition = format!("{unique}{}", rest.join(" ").replace("USING hash ", ""));
                let before = there.insert((*name).to_owned(), definition);
                assert_eq!(before, None, "{folder}: {statement}");
            }
            ["DROP", "INDEX", name] => assert!(there.remove(*name).is_some(), "{folder}: {statement}"),
            ["DROP", "TABLE", table] => {
                there.retain(|_, definition| !definition.contains(&format!("ON {table} (")));
            }
            _ => {}
        }
    }
    there
}

async fn both_databases_have_the_same_tables() {
    let names = |folder: &str| -> Vec<String> {
        files(folder).iter().map(|path| path.strip_prefix(folder).unwrap().to_owned()).collect()
    };
    assert_eq!(names("migrations/sqlite"), names("migrations/postgres"));
    let (sqlite, postgres) = (schema("migrations/sqlite"), schema("migrations/postgres"));
    assert!(sqlite.len() > 10 && sqlite["notices"].contains("case_number"), "{sqlite:?}");
    assert_eq!(sqlite, postgres);
    let (sqlite_indexes, postgres_indexes) = (indexes("migrations/sqlite"), indexes("migrations/postgres"));
    assert_eq!(sqlite_indexes["deliveries_due"], "ON deliveries (priority, due_at, id) WHERE queued");
    assert_eq!(sqlite_indexes, postgres_indexes);
    // The schema in diesel equals the one in the migrations.
    let told = read("src/store/schema.rs");
    for (table, columns) in &sqlite {
        let (_, rest) = told
            .split_once(&format!("\n    {table} ("))
            .or_else(|| told.split_once(&format!("\n    {table}(")))
            .unwrap_or_else(|| panic!("src/store/schema.rs lacks {table}"));
        let body = rest.split("\n    }").next().unwrap_or_default();
        for column in columns {
            assert!(body.contains(&format!(" {column} -> ")), "src/store/schema.rs lacks {table}.{column}");
        }
    }
}

/// The keys of one file of sentences, each with its placeholders.
fn sentences(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.contains(' ')
        {
            key = Some(name.to_owned());
        }
        let Some(key) = &key else { continue };
        let values = line.split('$').skip(1).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect::<String>()
        });
        found.entry(key.clone()).or_default().extend(values);
    }
    found
}

async fn both_languages_say_the_same() {
    let chinese = files("assets/i18n/zh-CN");
    let english: Vec<String> = files("assets/i18n/en");
    let tails = |files: &[String], folder: &str| -> Vec<String> {
        files.iter().map(|f| f.strip_prefix(folder).unwrap().to_owned()).collect()
    };
    assert_eq!(tails(&chinese, "assets/i18n/zh-CN"), tails(&english, "assets/i18n/en"));
    for (zh, en) in chinese.iter().zip(&english) {
        let (zh, en) = (sentences(&read(zh)), sentences(&read(en)));
        assert!(!zh.is_empty());
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, values) in &zh {
            assert_eq!(values, &en[key], "{key} sets other values into its sentences");
        }
    }
}

async fn every_sentence_asked_for_is_there() {
    let askers = [".t(\"", ".t1(\"", ".tn(\"", "text(language, \"", "text_with(language, \""];
    let templates = files("assets/templates").into_iter().map(|path| (read(&path), path));
    let code = sources("src").into_iter().filter(|f| !f.is_test()).map(|f| (f.code, f.path));
    let mut asked = 0;
    for (text, path) in templates.chain(code) {
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for asker in askers {
            for key in squeezed.split(asker).skip(1).filter_map(|rest| rest.split('"').next()) {
                asked += 1;
                for language in [Language::ZhCn, Language::En] {
                    assert!(has(language, key), "{path} asks for {key}, which {} lacks", language.as_str());
                }
            }
        }
    }
    assert!(asked > 100, "only {asked} sentences were found");
}

async fn every_sentence_that_a_name_may_ask_for_is_there() {
    let templates = files("assets/templates").into_iter().map(|path| read(&path));
    let code = sources("src").into_iter().filter(|f| !f.is_test()).map(|f| f.code);
    let asked: BTreeSet<String> = templates.chain(code).flat_map(|text| patterns(&text)).collect();
    let table = composed();
    let known = table.iter().map(|(pattern, _)| *pattern).chain(IF_ANY).map(str::to_owned).collect();
    assert_eq!(asked, known, "the patterns of the program, and those of tidy::composed");
    let there: BTreeSet<String> =
        files("assets/i18n/zh-CN").iter().flat_map(|path| sentences(&read(path)).into_keys()).collect();
    let ends = |pattern: &str| {
        let (head, tail) = pattern.split_once("{}").unwrap();
        (head.to_owned(), tail.replace("-{}", ""))
    };
    let mut lacking = Vec::new();
    for (pattern, names) in table {
        let (head, tail) = ends(pattern);
        assert!(!names.is_empty(), "{pattern} has no names");
        let keys = names.iter().map(|name| format!("{head}{name}{tail}"));
        lacking.extend(keys.filter(|key| !there.contains(key)));
    }
    assert_eq!(lacking, Vec::<String>::new(), "what a name asks for");
    for pattern in IF_ANY {
        let (head, tail) = ends(pattern);
        let said = there.iter().any(|key| key.starts_with(&head) && key.ends_with(&tail));
        assert!(said, "nothing is said by {pattern}");
    }
}

/// The Chinese word for each role, and words that must not be used for it.
const CALLED: &[(&str, &[&str])] = &[
    ("发布人", &["提交人", "提交者", "发布者", "报送人", "报告人", "上报人"]),
    ("志愿者", &["审核员", "审核人", "自愿者"]),
    ("组长", &["审核组长", "小组长"]),
    ("群主", &["群管理员", "群组管理员"]),
    ("运营者", &["运维", "运营人员", "运营方", "操作员"]),
];

async fn everybody_has_one_word_in_chinese() {
    let mut places = files("assets/i18n/zh-CN");
    places.extend(["assets/i18n/api.zh-CN.tsv", "README.zh-CN.md"].map(str::to_owned));
    let texts: Vec<(String, String)> = places.into_iter().map(|path| (read(&path), path)).collect();
    for (word, others) in CALLED {
        assert!(texts.iter().any(|(text, _)| text.contains(word)), "nobody says {word}");
        for (text, path) in &texts {
            for line in text.lines() {
                let other = others.iter().find(|other| line.contains(**other));
                assert_eq!(other, None, "{path} should say {word}: {line}");
            }
        }
    }
}

async fn the_example_names_every_setting() {
    let example = read(".env.example");
    for setting in SETTINGS {
        let line = example
            .lines()
            .find_map(|l| l.trim_start_matches('#').strip_prefix(&format!("{}=", setting.variable)));
        let line = line.unwrap_or_else(|| panic!(".env.example lacks {}", setting.variable));
        if !setting.default.is_empty() {
            assert_eq!(line.trim_matches('"'), setting.default, ".env.example on {}", setting.variable);
        }
    }
    let ours =
        example.lines().filter_map(|l| l.trim_start_matches('#').split_once('=')).map(|(name, _)| name);
    for name in ours.filter(|name| name.starts_with("SEVENTYTWO_")) {
        assert!(SETTINGS.iter().any(|s| s.variable == name), ".env.example has {name}, which is no setting");
    }
}

/// The README in each language; its tables of settings and problems are part of the contract.
const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The rows of a README's tables, each with its cells, without code marks.
fn rows(readme: &str) -> Vec<Vec<String>> {
    let text = read(readme);
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with('|') && line.ends_with('|'));
    lines
        .map(|line| {
            // A bar inside code is written `\|`.
            let line = line.replace("\\|", "\u{1}");
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().trim_matches('`').replace('\u{1}', "|")).collect()
        })
        .collect()
}

/// `| variable | default | meaning |`, in the order of the settings.
async fn the_readme_lists_the_settings() {
    let is_setting = |name: &str| name == "DATABASE_URL" || name.starts_with("SEVENTYTWO_");
    let names = |of: &[(String, String)]| of.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let there: Vec<(String, String)> =
        SETTINGS.iter().map(|s| (s.variable.to_owned(), s.default.to_owned())).collect();
    for readme in READMES {
        let listed: Vec<(String, String)> = rows(readme)
            .into_iter()
            .filter(|row| row.len() >= 3 && is_setting(&row[0]))
            .map(|mut row| (row.remove(0), row.remove(0)))
            .collect();
        assert_eq!(names(&listed), names(&there), "the settings of {readme} and config::SETTINGS");
        for ((name, told), (_, default)) in listed.iter().zip(&there) {
            // Where there is no default, the README describes in words what happens.
            assert!(default.is_empty() || told == default, "{readme} on {name}: {told}, and it is {default}");
        }
    }
}

/// `| code | status | … |`, in any order.
async fn the_readme_lists_the_problems() {
    let is_status =
        |cell: &str| cell.len() == 3 && cell.starts_with(['4', '5']) && cell.parse::<u16>().is_ok();
    let there: BTreeMap<String, String> =
        CODES.iter().map(|(code, status)| ((*code).to_owned(), status.as_str().to_owned())).collect();
    for readme in READMES {
        let listed: BTreeMap<String, String> = rows(readme)
            .into_iter()
            .filter(|row| row.len() >= 2 && is_status(&row[1]))
            .map(|mut row| (row.remove(0), row.remove(0)))
            .collect();
        assert_eq!(listed, there, "the problems of {readme} and the table in web::problem");
    }
}

/// `| what, by whom | at once | then one every |`, in the order of the limits.
async fn the_readme_lists_the_limits() {
    let there: Vec<(String, String)> = Limit::ALL
        .iter()
        .map(|limit| limit.measure())
        .map(|(burst, millis)| (burst.to_string(), format!("{} s", millis as f64 / 1000.0)))
        .collect();
    for readme in READMES {
        let listed: Vec<(String, String)> = rows(readme)
            .into_iter()
            .filter(|row| row.len() == 3 && row[2].ends_with(" s"))
            .map(|mut row| (row.remove(1), row.remove(1)))
            .collect();
        assert_eq!(listed, there, "the limits of {readme} and those of web::limits");
    }
}

/// Wherever a setting is explained, its bounds are, too.
async fn the_bounds_of_times_are_told() {
    for (setting, least, most) in
        SETTINGS.iter().filter_map(|s| s.bounds.map(|(least, most)| (s, least, most)))
    {
        let (least, most) = (written(least), written(most));
        for (place, told) in [
            ("README.md", format!("{least} to {most}")),
            ("README.zh-CN.md", format!("{least} 到 {most}")),
            (".env.example", format!("{least} to {most}")),
        ] {
            let text = read(place);
            let lines: Vec<&str> = text.lines().collect();
            let at = lines.iter().position(|line| {
                line.trim_start_matches(['#', '|', ' ', '`']).starts_with(setting.variable)
                    && line.trim_start_matches(['#', '|', ' ', '`'])[setting.variable.len()..]
                        .starts_with(['=', '`'])
            });
            let at = at.unwrap_or_else(|| panic!("{place} lacks {}", setting.variable));
            // In the example file the comment is above the setting.
            let said = &lines[at.saturating_sub(2)..=at];
            assert!(said.iter().any(|line| line.contains(&told)), "{place} on {}: {told}", setting.variable);
        }
    }
}

/// The most lines of a file, without its tests.
const LINES: usize = 400;

async fn files_are_short() {
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        let lines = file.lines;
        assert!(lines <= LINES, "{} has {lines} lines", file.path);
    }
}

/// The most lines of a function.
const STEPS: usize = 80;

/// The functions that are lists, with no step in them.
const LISTS: [&str; 1] = ["src/intake/described.rs: fn parts"];

async fn functions_are_short() {
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        let lines: Vec<&str> = file.code.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((_, after)) = line.split_once("fn ").filter(|_| line.ends_with('{')) else { continue };
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indent}}}");
            let long = lines[at..].iter().position(|line| *line == end).map_or(0, |end| end + 1);
            let name = format!("{}: fn {}", file.path, after.split(['(', '<']).next().unwrap_or_default());
            assert!(long <= STEPS || LISTS.contains(&name.as_str()), "{name} has {long} lines");
        }
    }
}

async fn what_the_program_is_made_of_is_packaged() {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    let listed = cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let listed: BTreeSet<&str> = listed.lines().collect();
    for folder in ["src", "assets", "migrations", "tests/simulation"] {
        for path in files(folder) {
            assert!(listed.contains(path.as_str()), "{path} is not in the package");
        }
    }
}

async fn nothing_is_left_to_do() {
    // Put together here, so that this file does not contain the words.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("HA", "CK:"),
        concat!("dbg", "!("),
        concat!("todo", "!("),
    ];
    for folder in ["src", "tests", "migrations", "assets/templates", "assets/i18n"] {
        for path in files(folder) {
            let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
            for word in words {
                assert!(!text.contains(word), "{path} has a {word}");
            }
        }
    }
}
