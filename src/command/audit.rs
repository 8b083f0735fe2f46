//! The decision log.

use std::process::ExitCode;

use clap::Subcommand;
use seventytwo::app;
use seventytwo::store::events::{self, Noted, Walked};

use super::{say, settings};

#[derive(Subcommand)]
pub enum Audit {
    /// walk the log; exit 1 and name the first bad entry
    Verify {
        /// a head that was printed before and kept elsewhere: that entry has to be there
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<Noted>,
    },
}

impl Audit {
    /// Runs it; a broken log is an exit status of its own.
    ///
    /// # Errors
    /// When a setting is wrong, or the database refuses.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let Audit::Verify { expect } = self;
        let store = app::open_existing(&settings::read()?).await?;
        match store.read(move |c| events::verify(c, expect.as_ref())).await? {
            Walked::Whole { lines, head } => {
                say(format!("intact: {lines} entries, head {lines}:{head}"))?;
                Ok(ExitCode::SUCCESS)
            }
            Walked::Broken { seq, what } => {
                eprintln!("seventytwo: the decision log is broken at entry {seq}: {what}");
                Ok(ExitCode::from(1))
            }
        }
    }
}
