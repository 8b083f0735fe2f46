//! The rules of this repository that a compiler cannot check, checked on the source.

mod composed;
pub mod documents;
pub mod layers;
pub mod words;

use std::path::Path;

use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] =
    &[alone!(files_are_short), alone!(functions_are_short), alone!(nothing_is_left_to_do)];

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
            let Some((before, after)) = line.split_once("fn ").filter(|_| !line.ends_with(';')) else {
                continue;
            };
            if !before.split_whitespace().all(|word| {
                word.starts_with("pub") || ["async", "const"].contains(&word) || word.ends_with(')')
            }) {
                continue;
            }
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indent}}}");
            let long = lines[at..].iter().position(|line| *line == end).map_or(0, |end| end + 1);
            let name = format!("{}: fn {}", file.path, after.split(['(', '<']).next().unwrap_or_default());
            assert!(long <= STEPS || LISTS.contains(&name.as_str()), "{name} has {long} lines");
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
