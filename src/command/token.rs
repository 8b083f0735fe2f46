//! The tokens that programs log in with.

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use seventytwo::accounts::tokens;
use seventytwo::clock::Clock;
use seventytwo::{app, config};

use super::{say, settings};

#[derive(Subcommand)]
pub enum Token {
    /// print an API token, once
    Add {
        #[command(flatten)]
        whose: Whose,
        /// when it ends by itself
        #[arg(long, value_name = "30d", value_parser = config::duration, allow_hyphen_values = true)]
        expires: Option<TimeDelta>,
    },
    /// list an account's tokens by their numbers
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// end a token at once
    Revoke {
        #[command(flatten)]
        whose: Whose,
        /// the token's number, as `token list` prints it
        #[arg(long)]
        number: String,
    },
}

#[derive(Args)]
pub struct Whose {
    /// the account's name
    #[arg(long, value_name = "NAME")]
    account: String,
}

impl Token {
    /// Runs it.
    ///
    /// # Errors
    /// When a setting is wrong, the database refuses, or there is no such account or token.
    pub async fn run(self) -> anyhow::Result<()> {
        let store = app::open_existing(&settings::read()?).await?;
        match self {
            Token::Add { whose, expires } => {
                say(tokens::add(&store, Clock::system().now(), &whose.account, expires).await?).map_err(
                    |error| anyhow::anyhow!("{error}; the token was made but not printed: revoke it with `seventytwo token revoke`"),
                )?;
            }
            Token::List { whose } => {
                for token in tokens::list(&store, &whose.account).await? {
                    let ends = token
                        .expires_at
                        .map_or("does not end".to_owned(), |at| format!("ends {}", at.to_rfc3339()));
                    say(format!("{}\tmade {}\t{ends}", token.number, token.created_at.to_rfc3339()))?;
                }
            }
            Token::Revoke { whose, number } => {
                tokens::revoke(&store, &whose.account, &number).await?;
                say("revoked")?;
            }
        }
        Ok(())
    }
}
