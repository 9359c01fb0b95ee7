//! Running other programs, and what to say when they fail.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// How many lines of a failed program's last words are told.
const LAST_LINES_MAX: usize = 20;
/// How often something is asked again that is waited for.
const POLL: Duration = Duration::from_millis(200);

/// Runs to the end; what it prints is told only if it fails.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    output(command).map(drop)
}

/// Runs to the end and returns what it wrote to its standard output, without the last line break.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let words = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{words}` cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned());
    }
    Err(format!(
        "`{words}` failed ({})\n{}",
        output.status,
        last_words(&output)
    ))
}

/// Whether it runs and succeeds.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn last_words(output: &Output) -> String {
    let said = if output.stderr.trim_ascii().is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    last_lines(&String::from_utf8_lossy(said))
}

/// The end of a log.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES_MAX)..].join("\n")
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut words = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        words.push(' ');
        words.push_str(&argument.to_string_lossy());
    }
    words
}

/// Asks again and again until the answer is yes.
///
/// # Errors
/// When it is not within `longest`; `what` says what was waited for.
pub fn wait(what: &str, longest: Duration, mut ready: impl FnMut() -> bool) -> Result<(), Failure> {
    let start = Instant::now();
    while !ready() {
        if start.elapsed() > longest {
            return Err(format!("{what}: not within {} s", longest.as_secs()));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}
