//! Serving, for real and as a demo, until a signal ends it.

use std::io::IsTerminal as _;

use seventytwo::app::{App, failure};
use seventytwo::clock::Clock;
use seventytwo::config::{Config, LogFormat};
use seventytwo::demo;
use tokio_util::sync::CancellationToken;

use super::say;
use super::settings::{Flags, in_environment};

/// Migrates, then serves.
///
/// # Errors
/// When a setting is wrong, or the program cannot start.
pub async fn serve(flags: &Flags) -> anyhow::Result<()> {
    let config = flags.configuration()?;
    log(&config);
    let links_are_derived = config.base_url.is_none();
    let stop = stop_on_signals()?;
    // What the start waits for (a silent database, another node that migrates) may take as long as it takes.
    let Some(app) = stop.run_until_cancelled(App::build(config, Clock::system())).await.transpose()? else {
        return Ok(());
    };
    let at = app.address().ip();
    if links_are_derived && (at.is_loopback() || at.is_unspecified()) {
        // What is once sent or printed cannot be mended.
        tracing::warn!(
            "links and QR codes point to {}: set SEVENTYTWO_BASE_URL, or nobody can open them",
            app.url()
        );
    }
    let mut told = format!("listening on http://{}", app.address());
    if app.url() != format!("http://{}", app.address()) {
        told += &format!("\nlinks point to {}", app.url());
    }
    // It serves whether or not anybody reads that.
    if let Err(error) = say(told) {
        tracing::warn!("{}", failure::told(&error));
    }
    app.run(stop).await
}

/// Serves what a newcomer can try.
///
/// # Errors
/// As [`serve`].
pub async fn demo() -> anyhow::Result<()> {
    demo::run(stop_on_signals()?, in_environment, log, |told| say(told)).await
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

/// What SIGTERM and SIGINT cancel.
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
