//! The program: reads the command line, runs one command, and says in one line what went wrong.

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser as _;
use seventytwo::app::failure;

use crate::command::CommandLine;

mod command;

fn main() -> ExitCode {
    // What this program writes (the database and its log, the key, photos) is for this user alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let given = match CommandLine::try_parse_from(command::words(std::env::args_os())) {
        Ok(given) => given,
        Err(error) if error.use_stderr() => {
            eprintln!("seventytwo: {}", usage(&error.to_string()));
            return ExitCode::from(2);
        }
        Err(help) => {
            drop(help.print());
            return ExitCode::SUCCESS;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(given.run());
    // What still waits for a silent database, or for a name that does not resolve, would otherwise delay the
    // end for as long as that takes.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(error) => failed(&failure::told(&error)),
    }
}

fn failed(error: &dyn Display) -> ExitCode {
    eprintln!("seventytwo: {error}");
    ExitCode::from(1)
}

/// What is wrong with the command line and which help to read: one line, of the several in `told`.
fn usage(told: &str) -> String {
    let told = told.split("For more information").next().unwrap_or_default();
    let (what, used) = told.split_once("Usage: ").unwrap_or((told, "seventytwo"));
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = used.split_whitespace().take_while(|word| !word.starts_with(['-', '<', '[']));
    let command = command.collect::<Vec<_>>().join(" ");
    format!("{}; see {command} --help", what.strip_prefix("error: ").unwrap_or(&what))
}
