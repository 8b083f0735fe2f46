//! The command line: what it says where it was used wrongly, which settings it says are in force, and for whom
//! what it writes is.

use std::fs::{Permissions, metadata, read_dir, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::process::Running;
use crate::{Test, alone, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(wrong_usage_is_told_in_one_line),
    alone!(help_and_version_are_no_errors),
    alone!(the_settings_in_force_are_shown),
    alone!(what_is_kept_is_for_its_user_alone),
];

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    command.args(arguments).env("SEVENTYTWO_DATA_DIR", folder);
    command.env("DATABASE_URL", format!("sqlite:{}", folder.join("test.db").display()));
    command.output().expect("the program starts")
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

async fn wrong_usage_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word) in [
        (&["nonsense"][..], "nonsense"),
        (&["serv"], "'serve'"),
        (&["serve", "--nonsense"], "--nonsense"),
        (&["serve", "--lease"], "--lease"),
        (&["account"], "account"),
        (&["account", "add", "--name", "x"], "--role"),
        (&["account", "add", "--name", "x", "--role", "king"], "moderator"),
        (&["account", "add", "--name", "x", "--name", "y"], "--name"),
        (&["token", "add"], "--account"),
        (&["token", "add", "--account", "x", "--expires", "5x"], "30d"),
        (&["audit"], "audit"),
        (&["migrate", "now"], "now"),
    ] {
        let output = run(folder.path(), arguments);
        let line = said(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
        assert!(line.starts_with("seventytwo: ") && line.contains(word), "{arguments:?}: {line}");
        assert!(line.contains("--help"), "{arguments:?} does not say what to do: {line}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", said(&output.stdout));
    }
}

async fn help_and_version_are_no_errors() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word) in [
        (&["--help"][..], "demo"),
        (&["--version"], "seventytwo "),
        (&["token", "add", "--help"], "--expires"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(said(&output.stdout).contains(word) && output.stderr.is_empty(), "{arguments:?}");
    }
}

async fn the_settings_in_force_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("elsewhere");
    let shown = run(&data, &["config", "--bind", "127.0.0.1:8080"]);
    assert!(shown.status.success(), "{}", said(&shown.stderr));
    let shown = said(&shown.stdout);
    let value = |name: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name}: {shown}")).to_owned()
    };
    assert_eq!(value("SEVENTYTWO_BLOBS"), format!("file:{}", data.join("blobs").display()));
    assert_eq!(value("SEVENTYTWO_BASE_URL"), "http://127.0.0.1:8080");
    assert_eq!(value("SEVENTYTWO_LEASE"), "5m");
    assert_eq!(value("DATABASE_URL"), "***");
    let file = data.join("key");
    assert!(value("SEVENTYTWO_KEY").contains(&file.display().to_string()), "{shown}");
    assert!(!file.exists(), "looking makes no key");
    let added = run(&data, &["account", "add", "--name", "林志愿", "--role", "moderator"]);
    assert!(added.status.success(), "{}", said(&added.stderr));
    let key = std::fs::read_to_string(&file).expect("the key is kept where it was said to be");
    let again = run(&data, &["config"]);
    assert!(!said(&again.stdout).contains(key.trim()), "the key is never shown");
}

/// All that lies in a folder, with its mode: first the folder itself.
fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mode = |path: &Path| metadata(path).unwrap().permissions().mode() & 0o777;
    let mut all = vec![(folder.to_owned(), mode(folder))];
    for entry in read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(modes(&path));
        } else {
            all.push((path.clone(), mode(&path)));
        }
    }
    all
}

async fn what_is_kept_is_for_its_user_alone() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let database = format!("sqlite:{}", data.join("seventytwo.db").display());
    let settings = [
        ("DATABASE_URL", database.as_str()),
        ("SEVENTYTWO_DATA_DIR", data.to_str().unwrap()),
        ("SEVENTYTWO_BIND", "127.0.0.1:0"),
        ("SEVENTYTWO_LOG", "error"),
    ];
    // As most people's shells have it: what is written may be read by everybody.
    let start = || {
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask 022; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_seventytwo")]);
        Running::spawn(shell, &settings).listening()
    };
    let program = start().await;
    program.door.photo(notices::jpeg()).await.unwrap().expect(201);
    let kept = modes(&data);
    for name in ["seventytwo.db", "seventytwo.db-wal", "seventytwo.db-shm", "key", "full"] {
        assert!(kept.iter().any(|(path, _)| path.ends_with(name)), "{name} in {kept:?}");
    }
    for (path, mode) in &kept {
        let private = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, private, "{} has {mode:o}", path.display());
    }

    // What an earlier version left open is closed.
    program.kill();
    let opened = ["seventytwo.db", "seventytwo.db-wal", "key"].map(|name| data.join(name));
    for file in &opened {
        set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    let _program = start().await;
    for (path, mode) in modes(&data) {
        assert!(path.is_dir() || mode == 0o600, "{} has {mode:o}", path.display());
    }
}
