//! The command line: what it says when used wrongly, which settings it shows as in force, and who may read
//! the files it writes.

use std::ffi::OsStr;
use std::fs::{File, Permissions, metadata, read_dir, set_permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use crate::chaos::{count, run as beside};
use crate::house::Db;
use crate::process::{Asked, Program, Running, assert_audit, command, connect, eventually, person};
use crate::{Test, alone, bare, filed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(wrong_usage_is_told_in_one_line),
    alone!(help_and_version_are_no_errors),
    alone!(the_settings_in_force_are_shown),
    alone!(a_blank_setting_is_none),
    alone!(a_password_in_an_address_is_not_shown),
    alone!(what_is_kept_is_for_its_user_alone),
    alone!(first_commands_at_once_agree),
    alone!(times_have_bounds_that_are_named),
    alone!(each_fault_names_its_own_setting),
    alone!(a_flag_is_blamed_by_its_name_and_its_variable),
    alone!(what_nobody_can_read_is_told_in_one_line),
    alone!(a_setting_that_is_none_is_told),
    alone!(what_is_wrong_is_said_once),
    alone!(a_failure_is_told_with_its_cause),
    alone!(the_address_listened_on_is_told_whatever_links_point_to),
    alone!(looking_makes_no_database),
    alone!(a_folder_in_the_place_of_the_database_stays_as_it_was),
    alone!(a_database_is_where_its_path_leads_with_slashes_or_without),
    alone!(a_password_has_to_be_text),
    alone!(a_terminal_shows_a_code_to_scan_and_a_pipe_does_not),
    bare!(looking_makes_nothing_of_an_empty_database),
    bare!(a_database_of_another_version_is_left_alone),
    bare!(another_key_is_noticed_at_once),
    bare!(an_entry_with_a_word_that_is_none_is_named),
    bare!(the_groups_of_a_disabled_account_are_paused_when_asked),
    bare!(a_notice_lives_for_a_second_where_the_setting_says_so),
    filed!(the_words_of_a_poster_stand_in_no_log),
    filed!(a_refused_login_is_logged_by_its_account_and_network),
    filed!(links_that_nobody_else_can_open_are_warned_of),
];

fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_with(folder, arguments, &[])
}

fn run_with(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = command_in(folder);
    command.args(arguments).envs(settings.iter().copied());
    command.output().expect("the program starts")
}

fn command_in(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    command.env("SEVENTYTWO_DATA_DIR", folder);
    command.env("DATABASE_URL", format!("sqlite:{}", folder.join("test.db").display()));
    command
}

/// What is reported about a configuration with these settings; empty where it is fine.
fn faults(settings: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let shown = run_with(folder.path(), &["config"], settings);
    let told = said(&shown.stderr).to_owned();
    assert_eq!(shown.status.success(), told.is_empty(), "{told}");
    told
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

async fn wrong_usage_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word, command) in [
        (&["nonsense"][..], "nonsense", "seventytwo"),
        (&["serv"], "'serve'", "seventytwo"),
        (&["serve", "--nonsense"], "--nonsense", "seventytwo serve"),
        (&["serve", "--lease"], "--lease", "seventytwo"),
        (&["account"], "account", "seventytwo account"),
        (&["account", "add", "--name", "x"], "--role", "seventytwo account add"),
        (&["account", "add", "--name", "x", "--role", "king"], "moderator", "seventytwo"),
        (&["account", "add", "--name", "x", "--name", "y"], "--name", "seventytwo account add"),
        (&["token", "add"], "--account", "seventytwo token add"),
        (&["token", "add", "--account", "x", "--expires", "5x"], "30d", "seventytwo"),
        (&["token", "add", "--account", "x", "--expires", "-5d"], "30d", "seventytwo"),
        (&["token", "revoke", "--account", "x"], "--number", "seventytwo token revoke"),
        (&["audit"], "audit", "seventytwo audit"),
        (&["--nonsense"], "--nonsense", "seventytwo serve"),
        (&["migrate", "now"], "now", "seventytwo migrate"),
    ] {
        let output = run(folder.path(), arguments);
        let line = said(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
        assert!(line.starts_with("seventytwo: ") && line.contains(word), "{arguments:?}: {line}");
        let see = format!("; see {command} --help\n");
        assert!(line.ends_with(&see), "{arguments:?} does not say what to do: {line}");
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

async fn a_blank_setting_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let bind = |arguments: &[&str], given: &str| {
        let shown = run_with(folder.path(), arguments, &[("SEVENTYTWO_BIND", given)]);
        assert!(shown.status.success(), "{}", said(&shown.stderr));
        let shown = said(&shown.stdout);
        let line = shown.lines().find_map(|line| line.strip_prefix("SEVENTYTWO_BIND=")).unwrap();
        line.to_owned()
    };
    assert_eq!(bind(&["config"], "  "), "127.0.0.1:7272");
    assert_eq!(bind(&["config", "--bind", " "], "127.0.0.1:8080"), "127.0.0.1:8080");
}

async fn a_password_in_an_address_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let given = [
        ("SEVENTYTWO_PLATFORM_HOSTS", "matrix=https://me:s3cret@h.example,wecom=https://gate.example"),
        ("SEVENTYTWO_BASE_URL", "https://me:s3cret@72.example"),
    ];
    let shown = run_with(folder.path(), &["config"], &given);
    let shown = said(&shown.stdout);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("matrix=https://***@h.example,wecom=https://gate.example"), "{shown}");
}

async fn a_folder_in_the_place_of_the_database_stays_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("shared");
    std::fs::create_dir(&folder).unwrap();
    set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let database = format!("sqlite:{}", folder.display());
    let done = run_with(home.path(), &["migrate"], &[("DATABASE_URL", &database)]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done.stderr));
    assert_eq!(metadata(&folder).unwrap().permissions().mode() & 0o777, 0o777);
}

/// Everything in a folder with its mode, the folder itself first.
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
    // The usual umask of a shell, under which new files are readable by everybody.
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

    // A restored backup with open modes is closed.
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

async fn first_commands_at_once_agree() {
    for round in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let whole = format!("sqlite:{}", folder.path().join("test.db").display());
        let database = if round % 2 == 0 { &whole } else { "sqlite:test.db" };
        let begun: Vec<_> = ["林志愿", "陈组长", "王群主", "张运维"]
            .into_iter()
            .map(|name| {
                let mut command = command_in(folder.path());
                command.current_dir(folder.path()).env("DATABASE_URL", database);
                command.args(["account", "add", "--role", "moderator", "--name", name]);
                command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for one in begun {
            let told = one.wait_with_output().unwrap();
            assert!(told.status.success(), "{}", said(&told.stderr));
        }
        let kept = read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        let keys = kept.filter(|name| name.as_bytes().starts_with(b"key"));
        assert_eq!(keys.collect::<Vec<_>>(), ["key"]);
    }
}

async fn times_have_bounds_that_are_named() {
    for (variable, least, most, beyond) in [
        ("SEVENTYTWO_NOTICE_LIFETIME", "1s", "30d", "31d"),
        ("SEVENTYTWO_COOLING", "0s", "24h", "25h"),
        ("SEVENTYTWO_LEASE", "1s", "24h", "25h"),
        ("SEVENTYTWO_RETENTION", "0s", "3650d", "3651d"),
    ] {
        for fine in [least, most] {
            assert_eq!(faults(&[(variable, fine)]), "", "{variable}={fine}");
        }
        for wrong in [beyond, "999999d", "99999999999999999999s"] {
            let told = faults(&[(variable, wrong)]);
            assert!(
                told.contains(&format!("{variable}: must be between {least} and {most}")),
                "{wrong}: {told}"
            );
            assert!(!told.contains("written"), "{wrong} is written well: {told}");
        }
        let told = faults(&[(variable, "5x")]);
        assert!(told.contains(&format!("{variable}: must be written like")), "{told}");
    }
    let told = faults(&[("SEVENTYTWO_LEASE", "0s")]);
    assert!(told.contains("SEVENTYTWO_LEASE: must be between 1s and 24h"), "{told}");
}

async fn each_fault_names_its_own_setting() {
    for (variable, value, word) in [
        ("SEVENTYTWO_LOG", "===", "such as info,seventytwo::broadcast=debug"),
        ("DATABASE_URL", "postgresql://db/x", "postgres://"),
        ("DATABASE_URL", "POSTGRES://db/x", "postgres://"),
        ("DATABASE_URL", "mysql://db/x", "sqlite:"),
        ("DATABASE_URL", "sqlite://", "sqlite:PATH"),
        ("DATABASE_URL", "sqlite::memory:", "sqlite:PATH"),
        ("DATABASE_URL", "sqlite://x.db?mode=rwc", "sqlite:PATH"),
        ("SEVENTYTWO_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
        ("SEVENTYTWO_TRUSTED_PROXIES", "10.1.2.3/8", "10.0.0.0/8"),
        ("SEVENTYTWO_BLOBS", "file:", "needs a folder"),
        ("SEVENTYTWO_BLOBS", "file://", "needs a folder"),
        ("SEVENTYTWO_BASE_URL", "https://h.example.org/path", "without a path"),
        ("SEVENTYTWO_BASE_URL", "https://me:pw@h.example.org", "without a path"),
        ("SEVENTYTWO_BASE_URL", "ftp://h.example.org", "must be http"),
        ("SEVENTYTWO_PLATFORM_HOSTS", "wecom=https://h.example.org/path", "without a path"),
        ("SEVENTYTWO_PLATFORM_HOSTS", "wecom=https://h.example.org/?x", "without a path"),
        ("SEVENTYTWO_PLATFORM_HOSTS", "wecom=https://me:pw@h.example.org", "without a path"),
        ("SEVENTYTWO_PLATFORM_HOSTS", "wecom=https://a.example,wecom=https://a.example/", "twice"),
    ] {
        let told =
            faults(&[(variable, value), ("SEVENTYTWO_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]);
        assert!(told.contains(&format!("{variable}: ")) && told.contains(word), "{variable}={value}: {told}");
    }
    assert_eq!(
        faults(&[(
            "SEVENTYTWO_PLATFORM_HOSTS",
            "wecom=https://a.example/,wecom=https://b.example,matrix=http://b.example:8008"
        )]),
        ""
    );

    // A value that is not valid text does not count as missing.
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    program.arg("config").env("SEVENTYTWO_DATA_DIR", folder.path());
    let told = program.env("SEVENTYTWO_LEASE", OsStr::from_bytes(b"5\xffm")).output().unwrap();
    assert_eq!(told.status.code(), Some(1), "{}", said(&told.stdout));
    assert!(said(&told.stderr).contains("SEVENTYTWO_LEASE: is not UTF-8"), "{}", said(&told.stderr));

    // A folder that cannot be created is reported with its name.
    let told = run_with(folder.path(), &["migrate"], &[("DATABASE_URL", "sqlite:/proc/nope/a.db")]);
    let told = said(&told.stderr);
    assert!(told.contains("DATABASE_URL") && told.contains("/proc/nope"), "{told}");
    assert!(!told.contains("SEVENTYTWO_DATA_DIR"), "{told}");
}

async fn a_database_is_where_its_path_leads_with_slashes_or_without() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db").display().to_string();
    for (written, file) in [
        ("sqlite:plain.db".to_owned(), "plain.db"),
        ("sqlite://slashes.db".to_owned(), "slashes.db"),
        ("sqlite://below/slashes.db".to_owned(), "below/slashes.db"),
        (format!("sqlite://{whole}"), "whole.db"),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
        program.arg("migrate").current_dir(folder.path()).env("DATABASE_URL", &written);
        let told = program.env("SEVENTYTWO_DATA_DIR", folder.path()).output().unwrap();
        assert!(told.status.success(), "{written}: {}", said(&told.stderr));
        assert!(folder.path().join(file).is_file(), "{written}");
    }
}

async fn a_flag_is_blamed_by_its_name_and_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["serve", "--cooling", "5x"][..], &["--cooling", "5x"], &["--cooling=5x"]] {
        let told = run(folder.path(), arguments);
        assert_eq!(told.status.code(), Some(1), "{arguments:?}: {}", said(&told.stderr));
        let told = said(&told.stderr);
        assert!(told.contains("SEVENTYTWO_COOLING (--cooling): must be written like"), "{told}");
    }
}

async fn a_setting_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("SEVENTYTWO_LEASES", "5m"), ("SEVENTYTWO_SWEEP", "*/10 * * * * *")];
    let done = run_with(folder.path(), &["migrate"], &settings);
    assert!(done.status.success(), "{}", said(&done.stderr));
    let told = said(&done.stderr);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("SEVENTYTWO_LEASES"), "{told}");
}

async fn what_is_wrong_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let key = ("SEVENTYTWO_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    for database in ["postgres://nobody@127.0.0.1:1/x", "sqlite:/proc/self/a.db"] {
        let told = run_with(folder.path(), &["migrate"], &[("DATABASE_URL", database), key]);
        assert_eq!(told.status.code(), Some(1));
        let told = said(&told.stderr);
        assert_eq!(told.matches("no connection to the database").count(), 1, "{told}");
        let parts: Vec<&str> = told.trim().split(": ").collect();
        let mut once = parts.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), parts.len(), "{told}");
    }
}

async fn a_failure_is_told_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let told = run_with(folder.path(), &["demo"], &[("TMPDIR", gone.to_str().unwrap())]);
    assert_eq!(told.status.code(), Some(1));
    let told = said(&told.stderr);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("seventytwo: no temporary directory: No such file or directory"), "{told}");
}

async fn the_address_listened_on_is_told_whatever_links_point_to() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |base_url: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
        program.arg("serve").env("SEVENTYTWO_DATA_DIR", folder.path()).env("SEVENTYTWO_BIND", "127.0.0.1:0");
        program.env("DATABASE_URL", format!("sqlite:{}", folder.path().join("test.db").display()));
        program.env("SEVENTYTWO_BASE_URL", base_url).env("SEVENTYTWO_LOG", "error");
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let first = told.next().expect("it says where it listens");
        let asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(asked.success() && child.wait().unwrap().success());
        std::iter::once(first).chain(told).collect::<Vec<_>>()
    };
    let told = lines("https://72.example.org");
    assert!(told[0].starts_with("listening on http://127.0.0.1:"), "{told:?}");
    assert!(told[1].contains("https://72.example.org") && !told[1].contains("listening on "), "{told:?}");
    let told = lines("");
    assert!(told.len() == 1 && told[0].starts_with("listening on http://127.0.0.1:"), "{told:?}");
}

async fn looking_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["audit", "verify"][..],
        &["account", "list"],
        &["account", "disable", "--name", "x"],
        &["token", "add", "--account", "x"],
    ] {
        let told = run(folder.path(), arguments);
        assert_eq!(told.status.code(), Some(1), "{arguments:?}: {}", said(&told.stdout));
        let line = said(&told.stderr);
        assert!(line.contains("DATABASE_URL") && line.contains("test.db"), "{arguments:?}: {line}");
        assert!(line.contains("seventytwo migrate"), "{arguments:?} does not say what to do: {line}");
        assert!(!folder.path().join("test.db").exists(), "{arguments:?} made one");
    }
    assert!(run(folder.path(), &["migrate"]).status.success());
    assert!(run(folder.path(), &["audit", "verify"]).status.success());
}

async fn a_password_has_to_be_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    program.args(["account", "add", "--name", "林志愿", "--role", "moderator", "--password-stdin"]);
    program.env("SEVENTYTWO_DATA_DIR", folder.path());
    program.env("DATABASE_URL", format!("sqlite:{}", folder.path().join("test.db").display()));
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse \xff battery").unwrap();
    let told = child.wait_with_output().unwrap();
    let line = said(&told.stderr);
    assert_eq!(told.status.code(), Some(1), "{line}");
    assert!(line.contains("the password on standard input is not UTF-8"), "{line}");
}

async fn a_terminal_shows_a_code_to_scan_and_a_pipe_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let keys = |told: &str| told.lines().map(|l| l.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
    let lines = ["name", "role", "password", "totp", "scan"];
    let piped = run(folder.path(), &["account", "add", "--name", "林志愿", "--role", "moderator"]);
    assert_eq!(keys(said(&piped.stdout)), lines, "programs read it: {}", said(&piped.stdout));

    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let path = ptsname(&screen, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(OsStr::from_bytes(path.as_bytes())).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    program.args(["account", "add", "--name", "周志愿", "--role", "moderator"]);
    program.env("SEVENTYTWO_DATA_DIR", folder.path());
    program.env("DATABASE_URL", format!("sqlite:{}", folder.path().join("test.db").display()));
    let mut child = program.stdout(terminal).spawn().unwrap();
    // The `Command` holds the terminal open, too: reading ends when it is dropped and the child has closed
    // its own.
    drop(program);
    let mut shown = Vec::new();
    drop(File::from(screen).read_to_end(&mut shown));
    assert!(child.wait().unwrap().success());
    let shown = said(&shown).replace('\r', "");
    let (told, code) = shown.split_once("\n\n").expect("a code below the lines");
    assert_eq!(keys(told), lines, "{shown}");
    assert!(code.contains('▀') && code.lines().count() > 20, "{shown}");
}

async fn looking_makes_nothing_of_an_empty_database(db: Db) {
    for arguments in [&["audit", "verify"][..], &["account", "list"], &["audit", "verify"]] {
        let told = command(&db).args(arguments).output().unwrap();
        let line = said(&told.stderr);
        assert_eq!(told.status.code(), Some(1), "{arguments:?}: {}", said(&told.stdout));
        assert!(
            line.contains("DATABASE_URL") && line.contains("seventytwo migrate"),
            "{arguments:?}: {line}"
        );
    }
    assert!(command(&db).arg("migrate").output().unwrap().status.success());
    assert_audit(&db);
}

async fn a_database_of_another_version_is_left_alone(db: Db) {
    assert!(command(&db).arg("migrate").output().unwrap().status.success());
    beside(&db, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").await;
    for arguments in [&["migrate"][..], &["account", "add", "--name", "林志愿", "--role", "moderator"]] {
        let told = command(&db).args(arguments).output().unwrap();
        assert_eq!(told.status.code(), Some(1), "{arguments:?}: {}", said(&told.stdout));
        assert!(said(&told.stderr).contains("9999 was applied by another version"), "{}", said(&told.stderr));
    }
}

async fn another_key_is_noticed_at_once(db: Db) {
    Program::start(&db, &[]).await.stop().await;
    let other = "YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY=";
    for arguments in [&["serve"][..], &["account", "add", "--name", "林志愿", "--role", "moderator"]] {
        let mut program = command(&db);
        program.args(arguments).env("SEVENTYTWO_KEY", other).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        // If it starts all the same, it would run for ever.
        let begun = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).next();
        if begun.is_some() {
            child.kill().unwrap();
        }
        assert_eq!(begun, None, "{arguments:?}");
        let told = child.wait_with_output().unwrap();
        let line = said(&told.stderr);
        assert_eq!(told.status.code(), Some(1), "{arguments:?}: {line}");
        assert!(line.contains("SEVENTYTWO_KEY is not the one"), "{arguments:?}: {line}");
    }
    let done =
        command(&db).args(["account", "add", "--name", "林志愿", "--role", "moderator"]).output().unwrap();
    assert!(done.status.success(), "{}", said(&done.stderr));
    Program::start(&db, &[]).await.stop().await;
}

async fn the_groups_of_a_disabled_account_are_paused_when_asked(db: Db) {
    for admin in ["王群主", "赵群主"] {
        person(&db, admin, Role::GroupAdmin).await;
    }
    let chat = |key: &str| (Platform::Wecom, "https://qyapi.weixin.qq.com", key.to_owned());
    connect(&db, "王群主", ["g0", "g1"].map(chat)).await;
    connect(&db, "赵群主", [chat("g2")]).await;
    let disable = |more: &[&str]| {
        let told = command(&db).args(["account", "disable", "--name", "王群主"]).args(more).output().unwrap();
        assert!(told.status.success(), "{}", said(&told.stderr));
        said(&told.stdout).to_owned()
    };
    // A pause that ends by itself is no reason to leave a group alone.
    let rests = "UPDATE groups SET state = 'paused', paused_until = created_at WHERE name = 'g1'";
    beside(&db, rests).await;
    let paused = async || {
        count(&db, "SELECT COUNT(*) AS n FROM groups WHERE state = 'paused' AND paused_until IS NULL").await
    };
    assert!(disable(&[]).contains("groups that go on receiving: 2"));
    assert_eq!(paused().await, 0);
    assert!(disable(&["--pause-groups"]).contains("groups paused: 2"));
    assert_eq!(paused().await, 2, "another admin's receives as before");
    assert!(!disable(&[]).contains("receiving"));
}

async fn an_entry_with_a_word_that_is_none_is_named(db: Db) {
    let program = Program::start(&db, &[]).await;
    for number in 0..3 {
        program.door.submit(&Asked::new(1, number)).await.unwrap();
    }
    program.stop().await;
    assert_audit(&db);
    for (wrong, right) in [
        (
            "UPDATE events SET before = 'nowhere' WHERE seq = 2",
            "UPDATE events SET before = 'submitted' WHERE seq = 2",
        ),
        (
            "UPDATE events SET after = 'nowhere' WHERE seq = 2",
            "UPDATE events SET after = 'submitted' WHERE seq = 2",
        ),
    ] {
        beside(&db, wrong).await;
        let told = command(&db).args(["audit", "verify"]).output().unwrap();
        let line = said(&told.stderr);
        assert_eq!(told.status.code(), Some(1), "{wrong}: {line}");
        assert!(line.contains("broken at entry 2"), "{wrong}: {line}");
        beside(&db, right).await;
        assert_audit(&db);
    }
}

async fn a_notice_lives_for_a_second_where_the_setting_says_so(db: Db) {
    let moderator = person(&db, "林志愿", Role::Moderator).await;
    let settings =
        [("SEVENTYTWO_NOTICE_LIFETIME", "1s"), ("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_LEASE", "1s")];
    let program =
        Program::start(&db, &[&settings[..], &[("SEVENTYTWO_SWEEP", "* * * * * *")]].concat()).await;
    let made = program.door.submit(&Asked::new(1, 1)).await.unwrap().expect(201);
    let case = made["case_number"].as_str().unwrap();
    // The claim may end before the decision; then the notice is claimed again.
    eventually("the notice is approved", async || program.door.approve_if_held(case, &moderator).await).await;
    let manage = made["manage_token"].as_str();
    eventually("the end is written down", async || {
        let mine = program.door.call(Method::GET, "/my/notice", manage, None).await.unwrap().expect(200);
        mine["events"].as_array().unwrap().iter().any(|event| event["step"] == "expire")
    })
    .await;
    let over = program.door.call(Method::GET, &format!("/notices/{case}"), None, None).await.unwrap();
    assert_eq!(over.expect(200)["state"], "expired");
    program.stop().await;
    assert_audit(&db);
}

async fn the_words_of_a_poster_stand_in_no_log(db: Db) {
    let moderator = person(&db, "林志愿", Role::Moderator).await;
    let settings = [("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_LOG", "trace")];
    let program = Program::start(&db, &settings).await;
    let made = program.door.submit(&Asked::new(1, 1)).await.unwrap().expect(201);
    let case = made["case_number"].as_str().unwrap();
    program.door.approve(case, &moderator).await.unwrap();
    eventually("it is live", async || {
        let shown = program.door.call(Method::GET, &format!("/notices/{case}"), None, None).await.unwrap();
        shown.body["state"] == "live"
    })
    .await;
    let poster = program.door.page(&format!("/n/{case}/poster.jpg")).await.unwrap();
    assert_eq!(poster.headers()["content-type"], "image/jpeg");
    let log = program.log();
    assert!(log.iter().any(|line| line.contains("TRACE")), "nothing is traced");
    for words in ["双肩包", "探路者", "12 路公交车"] {
        let told = log.iter().find(|line| line.contains(words));
        assert_eq!(told, None, "{words} stand in the log");
    }
}

async fn a_refused_login_is_logged_by_its_account_and_network(db: Db) {
    person(&db, "林志愿", Role::Moderator).await;
    let program = Program::start(&db, &[("SEVENTYTWO_LOG", "warn")]).await;
    for name in ["林志愿", "没有这人"] {
        let fields = [("name", name), ("password", "不对不对不对"), ("code", "000000")];
        assert_eq!(program.door.form("/login", &fields).await.unwrap().status(), 401);
    }
    let told = |log: &[String]| log.iter().filter(|line| line.contains("a login was refused")).count();
    eventually("both are logged", async || told(&program.log()) == 2).await;
    let log = program.log();
    let refused: Vec<_> = log.iter().filter(|line| line.contains("a login was refused")).collect();
    assert!(
        refused.len() == 2 && refused.iter().all(|line| line.contains("network=127.0.0.0/24")),
        "{log:?}"
    );
    let (_, id) = refused[0].split_once("account=").expect("it is one of ours");
    assert!(id.get(..36).is_some_and(|id| id.parse::<uuid::Uuid>().is_ok()), "{refused:?}");
    assert!(!refused[1].contains("account="), "{refused:?}");
    for typed in ["林志愿", "没有这人", "不对"] {
        assert!(!log.iter().any(|line| line.contains(typed)), "{typed}: {log:?}");
    }
}

/// Standard output takes nothing, as on a full disk.
async fn what_nobody_can_read_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let told = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
        program.args(arguments).env("SEVENTYTWO_DATA_DIR", folder.path());
        program.env("DATABASE_URL", format!("sqlite:{}", folder.path().join("test.db").display()));
        let full = File::options().write(true).open("/dev/full").unwrap();
        let told = program.stdout(full).output().unwrap();
        assert_eq!(told.status.code(), Some(1), "{arguments:?}");
        let line = said(&told.stderr).to_owned();
        assert!(line.starts_with("seventytwo: standard output: ") && line.lines().count() == 1, "{line}");
        line
    };
    let added = told(&["account", "add", "--role", "lead", "--name", "chen"]);
    assert!(added.contains("account reset"), "it says what to do: {added}");
    for arguments in [&["config"][..], &["account", "list"], &["audit", "verify"]] {
        told(arguments);
    }
}

async fn links_that_nobody_else_can_open_are_warned_of(db: Db) {
    let warned = |log: &[String]| log.iter().any(|line| line.contains("set SEVENTYTWO_BASE_URL"));
    let program = Program::start(&db, &[("SEVENTYTWO_LOG", "warn")]).await;
    eventually("it is told", async || warned(&program.log())).await;
    program.stop().await;
    let program =
        Program::start(&db, &[("SEVENTYTWO_LOG", "warn"), ("SEVENTYTWO_BASE_URL", "https://72.example.org")])
            .await;
    program.door.page("/healthz").await.unwrap();
    assert!(!warned(&program.log()), "{:#?}", program.log());
}
