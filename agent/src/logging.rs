//! Where log lines go: to standard error, as JSON objects with fixed fields or as text for people.

use std::io::IsTerminal;

use synod_agent_api::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Begins to log. `RUST_LOG`, if set, replaces the configured filter.
///
/// # Errors
/// If the filter does not parse.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| log.filter.clone());
    let filter = EnvFilter::try_new(&filter)
        .map_err(|error| format!("log.filter: `{filter}`: {error}; write for example `info`"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start in one process (tests) changes nothing.
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    log_panics();
    Ok(())
}

/// A panic is a line like others, with its place: whoever collects lines would not find it otherwise.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let backtrace = std::backtrace::Backtrace::force_capture();
        tracing::error!(place, %backtrace, "panic: {}", panic.payload_as_str().unwrap_or("no words"));
    }));
}
