//! What is written twice says the same: the settings, problems and limits in documents, and the tables of
//! both databases.

use std::collections::{BTreeMap, BTreeSet};

use seventytwo::config::{SETTINGS, written};
use seventytwo::web::limits::Limit;
use seventytwo::web::problem::CODES;

use super::{files, read, root};
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(both_databases_have_the_same_tables),
    alone!(the_example_names_every_setting),
    alone!(the_readme_lists_the_settings),
    alone!(the_readme_lists_the_problems),
    alone!(the_readme_lists_the_limits),
    alone!(the_bounds_of_times_are_told),
    alone!(what_the_program_is_made_of_is_packaged),
];

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
    assert_eq!(
        sqlite_indexes["deliveries_due"],
        "ON deliveries (priority, due_at, id) WHERE queued AND priority >= -1"
    );
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
