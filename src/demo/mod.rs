//! The demo: the whole program on a throw-away folder.

pub mod portrait;

/// Runs the demo.
pub async fn run(
    _stop: tokio_util::sync::CancellationToken,
    _look_up: impl Fn(&crate::config::Setting) -> Option<String>,
    _log: fn(&crate::config::Config),
) -> anyhow::Result<()> {
    Ok(())
}
