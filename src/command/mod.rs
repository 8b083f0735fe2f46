//! The commands, as they are typed. A command that has commands of its own is in the file of its name.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use seventytwo::app;

use self::account::Account;
use self::audit::Audit;
use self::settings::Flags;
use self::token::Token;

mod account;
mod audit;
mod serve;
mod settings;
mod token;

/// Missing-person notices: verified by volunteers, broadcast to group chats, gone after 72 hours
#[derive(Parser)]
#[command(name = "seventytwo", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// migrate, then serve (also without a command)
    Serve(Flags),
    /// serve on a throw-away data directory, with a practice chat and sample notices
    Demo,
    /// bring the database up to date and exit
    Migrate,
    /// people who can log in
    #[command(subcommand, arg_required_else_help = false)]
    Account(Account),
    /// what programs log in with
    #[command(subcommand, arg_required_else_help = false)]
    Token(Token),
    /// the decision log
    #[command(subcommand, arg_required_else_help = false)]
    Audit(Audit),
    /// print every setting, its value, source and meaning
    Config(Flags),
}

/// The words of the command line; flags without a command are those of `serve`.
pub fn words(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = typed.collect();
    let own = ["-h", "--help", "-V", "--version"];
    let first = words.get(1).map(|word| word.to_string_lossy());
    if first.is_some_and(|word| word.starts_with('-') && !own.contains(&&*word)) {
        words.insert(1, "serve".into());
    }
    words
}

impl CommandLine {
    /// Runs the command that was given.
    ///
    /// # Errors
    /// Whatever stops it, in words for whoever typed it.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command.unwrap_or_else(|| Command::Serve(Flags::default())) {
            Command::Serve(flags) => serve::serve(&flags).await?,
            Command::Demo => serve::demo().await?,
            Command::Migrate => {
                app::open_store(&settings::read()?).await?;
                say("the database is up to date")?;
            }
            Command::Account(command) => command.run().await?,
            Command::Token(command) => command.run().await?,
            Command::Audit(command) => return command.run().await,
            Command::Config(flags) => settings::show(&flags)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what a command has to tell.
fn say(told: impl Display) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{told}").map_err(|error| anyhow::anyhow!("standard output: {error}"))
}
