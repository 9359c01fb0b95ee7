//! redis-cli: sessions of the shell, with what it prints.
//!
//! A session is blocks: a line `$ WORDS`, lines `< INPUT` for its standard input, then what is expected, up to an empty line.
//! The words are those of a shell's line, with `redis-cli` at the server's port (also `$PORT`) before them; lines of both outputs
//! are compared.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use super::Case;
use super::bed::Bed;
use super::clients::folder;
use super::server::{Running, answers};
use crate::Failure;

/// Whether the shell can be started.
pub(super) fn is_here() -> bool {
    answers("redis-cli")
}

/// A test for each session; none, and a word about it, without the shell.
///
/// # Errors
/// When the sessions cannot be listed.
pub fn cases(bed: &Rc<Bed>, record: bool) -> Result<Vec<Case>, Failure> {
    if !is_here() {
        println!(
            "not run: cache/redis-cli: `redis-cli` is not here: `apt-get install redis-tools`"
        );
        return Ok(Vec::new());
    }
    let folder = folder().join("cli");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let case = |path: PathBuf| {
        let bed = Rc::clone(bed);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Case::new(&format!("redis-cli/{stem}"), move || {
            bed.with(|server| check(&path, server, record))
        })
    };
    Ok(paths.into_iter().map(case).collect())
}

/// One line for the shell, and what it prints.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    words: String,
    input: Vec<String>,
    expected: Vec<String>,
}

fn parsed(session: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in session.lines() {
        if let Some(words) = line.strip_prefix("$ ") {
            blocks.push(Block {
                words: words.to_owned(),
                input: Vec::new(),
                expected: Vec::new(),
            });
        } else if let Some(block) = blocks.last_mut() {
            match line.strip_prefix("< ") {
                Some(input) => block.input.push(input.to_owned()),
                None if line.is_empty() => {}
                None => block.expected.push(line.to_owned()),
            }
        }
    }
    blocks
}

fn check(path: &Path, server: &mut Running, record: bool) -> Result<(), Failure> {
    let session = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    said(server, "FLUSHALL", &[])?;
    let mut recorded = String::new();
    for block in parsed(&session) {
        let came = said(server, &block.words, &block.input)?;
        if !record && came != block.expected {
            let (expected, came) = (block.expected.join("\n"), came.join("\n"));
            return Err(format!(
                "$ {}\nexpected:\n{expected}\ncame:\n{came}",
                block.words
            ));
        }
        let _ = writeln!(recorded, "$ {}", block.words);
        for line in &block.input {
            let _ = writeln!(recorded, "< {line}");
        }
        let _ = writeln!(recorded, "{}\n", came.join("\n"));
    }
    if record {
        return std::fs::write(path, recorded.replace("\n\n\n", "\n\n"))
            .map_err(|error| format!("cannot write {}: {error}", path.display()));
    }
    Ok(())
}

/// The lines that the shell prints, without those that are empty.
fn said(server: &Running, words: &str, input: &[String]) -> Result<Vec<String>, Failure> {
    let cannot = |error: std::io::Error| format!("redis-cli: {error}");
    let port = server.address().port();
    let line = format!("{{ redis-cli -p {port} {words}\n}} 2>&1");
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .env("REDISCLI_HISTFILE", "/dev/null")
        .env("PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut pipe) = child.stdin.take() {
        for line in input {
            writeln!(pipe, "{line}").map_err(cannot)?;
        }
    }
    let output = child.wait_with_output().map_err(cannot)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::{Block, parsed};

    #[test]
    fn blocks_of_a_session() {
        let one = Block {
            words: "-3".to_owned(),
            input: vec!["GET a".to_owned()],
            expected: vec!["(nil)".to_owned()],
        };
        assert_eq!(parsed("words about it\n\n$ -3\n< GET a\n(nil)\n\n"), [one]);
    }
}
