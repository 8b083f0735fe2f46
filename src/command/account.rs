//! The accounts of people.

use std::io::{IsTerminal as _, Read as _};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use seventytwo::accounts::people::{self, Handed};
use seventytwo::accounts::scan;
use seventytwo::app;
use seventytwo::clock::Clock;
use seventytwo::domain::people::Role;
use seventytwo::groups;

use super::{say, settings};

#[derive(Subcommand)]
pub enum Account {
    /// create a person who can log in; prints their second factor once
    Add {
        #[command(flatten)]
        person: Person,
        #[arg(long, value_parser = PossibleValuesParser::new(Role::NAMES).map(role))]
        role: Role,
        #[command(flatten)]
        password: Password,
    },
    /// list all accounts with their roles
    List,
    /// a new password and second factor; ends the account's sessions and tokens at once, and takes a disabled one
    /// back
    Reset {
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        password: Password,
    },
    /// end an account, its sessions, tokens and claims
    Disable {
        #[command(flatten)]
        person: Person,
        /// pause its groups, too; otherwise they go on receiving
        #[arg(long)]
        pause_groups: bool,
    },
}

#[derive(Args)]
pub struct Person {
    /// the person's name
    #[arg(long)]
    name: String,
}

#[derive(Args)]
pub struct Password {
    /// read the password from standard input instead of making one
    #[arg(long)]
    password_stdin: bool,
}

impl Password {
    /// The password on standard input, where it is to be read there.
    fn chosen(&self) -> anyhow::Result<Option<String>> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut given = Vec::new();
        std::io::stdin().read_to_end(&mut given)?;
        let given = String::from_utf8(given)
            .map_err(|_| anyhow::anyhow!("the password on standard input is not UTF-8"))?;
        Ok(Some(given.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn role(name: String) -> Role {
    Role::named(&name).expect("clap takes the names of roles alone")
}

impl Account {
    /// Runs it.
    ///
    /// # Errors
    /// When a setting is wrong, the database refuses, or there is no such person, or one already.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = settings::read()?;
        let store = match self {
            Account::Add { .. } => app::open_store(&config).await?,
            _ => app::open_existing(&config).await?,
        };
        let now = Clock::system().now();
        match self {
            Account::Add { person, role, password } => {
                let (chosen, vault) = (password.chosen()?, app::unlock(&config, &store).await?);
                hand_over(&people::add(&store, &vault, now, &person.name, role, chosen.as_deref()).await?)?;
            }
            Account::List => {
                for person in people::list(&store).await? {
                    let state = if person.disabled_at.is_some() { "disabled" } else { "active" };
                    say(format!("{}\t{}\t{state}", person.name, person.role.as_str()))?;
                }
            }
            Account::Reset { person, password } => {
                let (chosen, vault) = (password.chosen()?, app::unlock(&config, &store).await?);
                let (handed, ended) =
                    people::reset(&store, &vault, now, &person.name, chosen.as_deref()).await?;
                hand_over(&handed)?;
                say(format!("ended     {ended}"))?;
            }
            Account::Disable { person, pause_groups } => {
                let (account, ended) = people::disable(&store, now, &person.name).await?;
                say(format!("disabled; ended {ended}"))?;
                if pause_groups {
                    say(format!(
                        "groups paused: {}; what they have heard, they hear the end of when they are resumed: \
                         `seventytwo account reset` takes the account back for that",
                        groups::pause_all(&store, account, now).await?
                    ))?;
                } else if let receiving @ 1.. = groups::receiving(&store, account).await? {
                    say(format!("groups that go on receiving: {receiving}; --pause-groups pauses them"))?;
                }
            }
        }
        Ok(())
    }
}

/// Prints what a person logs in with, once.
fn hand_over(handed: &Handed) -> anyhow::Result<()> {
    let mut told = format!("name      {}\nrole      {}", handed.name, handed.role.as_str());
    if let Some(password) = &handed.password {
        told += &format!("\npassword  {password}");
    }
    told += &format!("\ntotp      {}\nscan      {}", handed.totp_secret, handed.totp_uri);
    // Programs read the lines above; a person at a terminal can scan the code with a phone.
    if std::io::stdout().is_terminal()
        && let Some(code) = scan::drawn(&handed.totp_uri)
    {
        told += &format!("\n\n{}", code.trim_end_matches('\n'));
    }
    say(told).map_err(|error| {
        anyhow::anyhow!(
            "{error}; the account's secrets were not printed: make new ones with `seventytwo account reset`"
        )
    })
}
