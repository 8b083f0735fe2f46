//! The command line: reads the settings, runs one of the commands, and says in one line what went wrong.

use std::fmt::Display;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use seventytwo::accounts::people::{self, Handed};
use seventytwo::accounts::{scan, tokens};
use seventytwo::app::{self, App, failure};
use seventytwo::clock::Clock;
use seventytwo::config::{self, Config, Fault, Faults, LogFormat, SETTINGS, Setting};
use seventytwo::demo;
use seventytwo::domain::people::Role;
use seventytwo::store::events::{self, Noted, Walked};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    // What this program writes (the database and its log, the key, photos) is for this user alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
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
    let ended = runtime.block_on(run(&matches));
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

fn command() -> Command {
    Command::new("seventytwo")
        .about(
            "Missing-person notices: verified by volunteers, broadcast to group chats, gone after 72 hours",
        )
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand(with_settings(
            Command::new("serve").about("migrate, then serve (also without a command)"),
        ))
        .subcommand(
            Command::new("demo")
                .about("serve on a throw-away data directory, with a practice chat and sample notices"),
        )
        .subcommand(Command::new("migrate").about("bring the database up to date and exit"))
        .subcommand(account_command())
        .subcommand(token_command())
        .subcommand(
            Command::new("audit").about("the decision log").subcommand_required(true).subcommand(
                Command::new("verify").about("walk the log; exit 1 and name the first bad entry").arg(
                    Arg::new("expect")
                        .long("expect")
                        .value_name("SEQ:HASH")
                        .value_parser(str::parse::<Noted>)
                        .help(
                            "a head that was printed before and kept elsewhere: that entry has to be there",
                        ),
                ),
            ),
        )
        .subcommand(with_settings(
            Command::new("config").about("print every setting, its value, source and meaning"),
        ))
}

fn token_command() -> Command {
    let account = || Arg::new("account").long("account").required(true).value_name("NAME").help("whose");
    Command::new("token")
        .about("what programs log in with")
        .subcommand_required(true)
        .subcommand(
            Command::new("add").about("print an API token, once").arg(account()).arg(
                Arg::new("expires")
                    .long("expires")
                    .value_name("30d")
                    .value_parser(config::duration)
                    .allow_hyphen_values(true)
                    .help("when it ends by itself"),
            ),
        )
        .subcommand(
            Command::new("list").about("an account's tokens, each by its number alone").arg(account()),
        )
        .subcommand(Command::new("revoke").about("end a token at once").arg(account()).arg(
            Arg::new("number").long("number").required(true).value_name("NUMBER").help("as the list has it"),
        ))
}

fn account_command() -> Command {
    let name = || Arg::new("name").long("name").required(true).value_name("NAME").help("the person's name");
    let password = || {
        Arg::new("password-stdin")
            .long("password-stdin")
            .num_args(0)
            .help("read the password from standard input instead of making one")
    };
    let roles: Vec<&str> = Role::ALL.iter().map(|r| r.as_str()).collect();
    Command::new("account")
        .about("people who can log in")
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("create a person who can log in; prints their second factor once")
                .arg(name())
                .arg(Arg::new("role").long("role").required(true).value_parser(roles))
                .arg(password()),
        )
        .subcommand(Command::new("list").about("everybody, with their role"))
        .subcommand(
            Command::new("reset")
                .about("a new password and second factor; ends the account's sessions and tokens at once")
                .arg(name())
                .arg(password()),
        )
        .subcommand(
            Command::new("disable").about("end an account, its sessions, tokens and claims").arg(name()),
        )
}

fn with_settings(command: Command) -> Command {
    SETTINGS.iter().fold(command, |command, s| {
        let help = if s.default.is_empty() {
            format!("{} [{}]", s.explained(), s.variable)
        } else {
            format!("{} [{}, default {}]", s.explained(), s.variable, s.default)
        };
        command.arg(Arg::new(s.variable).long(s.flag).value_name("VALUE").help(help))
    })
}

/// A setting's value and where it comes from: the flag, then the environment.
fn given(matches: Option<&ArgMatches>, setting: &Setting) -> Option<(String, &'static str)> {
    let flag = matches.and_then(|m| m.try_get_one::<String>(setting.variable).ok().flatten());
    if let Some(value) = flag {
        return Some((value.clone(), "flag"));
    }
    #[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
    std::env::var(setting.variable).ok().filter(|v| !v.is_empty()).map(|value| (value, "environment"))
}

fn configuration(matches: Option<&ArgMatches>) -> anyhow::Result<Config> {
    let mut faults = environment(matches);
    match Config::read(|s| given(matches, s).map(|(value, _)| value)) {
        Ok(config) if faults.is_empty() => return Ok(config),
        read => faults.extend(read.err().into_iter().flat_map(|found| found.0)),
    }
    for fault in &mut faults {
        let setting = config::setting_of(fault.variable);
        let by_flag = given(matches, setting).is_some_and(|(_, source)| source == "flag");
        fault.flag = by_flag.then_some(setting.flag);
    }
    Err(Faults(faults).into())
}

/// Warns of variables that look like settings but are not; returns what is wrong with those that cannot be
/// read.
fn environment(matches: Option<&ArgMatches>) -> Vec<Fault> {
    #[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
    let all = std::env::vars_os();
    let mut faults = Vec::new();
    for (name, value) in all {
        let Some(name) = name.to_str() else { continue };
        match SETTINGS.iter().find(|s| s.variable == name) {
            None if name.starts_with("SEVENTYTWO_") => {
                eprintln!("seventytwo: {name} is no setting and does nothing; seventytwo config lists them");
            }
            Some(setting) if value.to_str().is_none() && given(matches, setting).is_none() => {
                faults.push(Fault::new(setting.variable, "is not UTF-8"));
            }
            _ => {}
        }
    }
    faults
}

async fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    match matches.subcommand() {
        None => serve(None).await,
        Some(("serve", m)) => serve(Some(m)).await,
        Some(("demo", _)) => {
            let stop = stop_on_signals()?;
            demo::run(stop, |s| given(None, s).map(|(value, _)| value), log, |told| say(told)).await?;
            Ok(ExitCode::SUCCESS)
        }
        Some(("config", m)) => show_config(m),
        Some(("migrate", _)) => {
            let config = configuration(None)?;
            app::open_store(&config).await?;
            say("the database is up to date")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(("account", m)) => account(m).await,
        Some(("token", m)) => token(m).await,
        Some(("audit", m)) => audit(m).await,
        Some((other, _)) => unreachable!("clap knows no command {other}"),
    }
}

fn log(config: &Config) {
    // Quiet unless switched on by name: the first two repeat themselves at every start, the third logs the
    // words that it draws, the last calls an error every request that is not HTTP.
    let quiet = "tokio_cron_scheduler=warn,actix_server=warn,cosmic_text=warn,actix_http::h1::dispatcher=off";
    let filter = tracing_subscriber::EnvFilter::new(format!("{quiet},{}", config.log));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let subscriber = subscriber.with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}

async fn serve(matches: Option<&ArgMatches>) -> anyhow::Result<ExitCode> {
    let config = configuration(matches)?;
    log(&config);
    let stop = stop_on_signals()?;
    // What the start waits for (a silent database, another node that migrates) may take as long as it takes.
    let Some(app) = stop.run_until_cancelled(App::build(config, Clock::system())).await.transpose()? else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut told = format!("listening on http://{}", app.address());
    if app.url() != format!("http://{}", app.address()) {
        told += &format!("\nlinks point to {}", app.url());
    }
    // It serves whether or not anybody reads that.
    if let Err(error) = say(told) {
        tracing::warn!("{}", failure::told(&error));
    }
    app.run(stop).await?;
    Ok(ExitCode::SUCCESS)
}

fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        token.cancel();
    });
    Ok(stop)
}

fn show_config(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    for setting in SETTINGS {
        let value_of = |s: &Setting| given(Some(matches), s).map(|(value, _)| value);
        let (value, source) =
            given(Some(matches), setting).unwrap_or_else(|| (config::in_force(setting, value_of), "default"));
        let shown = if setting.secret && source != "default" { "***" } else { &value };
        say(format!("{}={shown}\n    {source}; {}", setting.variable, setting.explained()))?;
    }
    configuration(Some(matches))?;
    Ok(ExitCode::SUCCESS)
}

/// The value of an argument that is required.
fn named(matches: &ArgMatches, argument: &str) -> String {
    matches.get_one::<String>(argument).expect("clap lets nobody pass without it").clone()
}

async fn account(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let config = configuration(None)?;
    let store = match matches.subcommand_name() {
        Some("add") => app::open_store(&config).await?,
        _ => app::open_existing(&config).await?,
    };
    let now = Clock::system().now();
    match matches.subcommand() {
        Some(("add", m)) => {
            let role = Role::named(&named(m, "role")).expect("clap takes the names of roles alone");
            let (chosen, vault) = (password(m)?, app::unlock(&config, &store).await?);
            let handed = people::add(&store, &vault, now, &named(m, "name"), role, chosen.as_deref()).await?;
            hand_over(&handed)?;
        }
        Some(("reset", m)) => {
            let (chosen, vault) = (password(m)?, app::unlock(&config, &store).await?);
            let name = named(m, "name");
            let (handed, ended) = people::reset(&store, &vault, now, &name, chosen.as_deref()).await?;
            hand_over(&handed)?;
            say(format!("ended     {ended}"))?;
        }
        Some(("disable", m)) => {
            let ended = people::disable(&store, now, &named(m, "name")).await?;
            say(format!("disabled; ended {ended}"))?;
        }
        Some(("list", _)) => {
            for person in people::list(&store).await? {
                let state = if person.disabled_at.is_some() { "disabled" } else { "active" };
                say(format!("{}\t{}\t{state}", person.name, person.role.0.as_str()))?;
            }
        }
        _ => unreachable!("clap lets nobody pass without one of these"),
    }
    Ok(ExitCode::SUCCESS)
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
    say(told).map_err(|error| anyhow::anyhow!("{error}; account reset makes secrets that can be read"))
}

/// Prints what a command has to tell.
fn say(told: impl Display) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{told}").map_err(|error| anyhow::anyhow!("standard output: {error}"))
}

/// The password on standard input, where it is to be read there.
fn password(matches: &ArgMatches) -> anyhow::Result<Option<String>> {
    if !matches.get_flag("password-stdin") {
        return Ok(None);
    }
    let mut given = Vec::new();
    std::io::stdin().read_to_end(&mut given)?;
    let given = String::from_utf8(given)
        .map_err(|_| anyhow::anyhow!("the password on standard input is not UTF-8"))?;
    Ok(Some(given.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn token(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let store = app::open_existing(&configuration(None)?).await?;
    match matches.subcommand() {
        Some(("add", m)) => {
            let life = m.get_one::<chrono::TimeDelta>("expires").copied();
            say(tokens::add(&store, Clock::system().now(), &named(m, "account"), life).await?)
                .map_err(|error| anyhow::anyhow!("{error}; token list and token revoke end that token"))?;
        }
        Some(("list", m)) => {
            for token in tokens::list(&store, &named(m, "account")).await? {
                let ends = token
                    .expires_at
                    .map_or("does not end".to_owned(), |at| format!("ends {}", at.to_rfc3339()));
                say(format!("{}\tmade {}\t{ends}", token.number, token.created_at.to_rfc3339()))?;
            }
        }
        Some(("revoke", m)) => {
            tokens::revoke(&store, &named(m, "account"), &named(m, "number")).await?;
            say("revoked")?;
        }
        _ => unreachable!("clap lets nobody pass without one of these"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn audit(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let Some(("verify", m)) = matches.subcommand() else {
        unreachable!("clap lets nobody pass without it");
    };
    let noted = m.get_one::<Noted>("expect").cloned();
    let store = app::open_existing(&configuration(None)?).await?;
    match store.read(move |c| events::verify(c, noted.as_ref())).await? {
        Walked::Whole { lines, head } => {
            say(format!("whole: {lines} entries, head {lines}:{head}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Walked::Broken { seq, what } => {
            eprintln!("seventytwo: the decision log is broken at entry {seq}: {what}");
            Ok(ExitCode::from(1))
        }
    }
}
