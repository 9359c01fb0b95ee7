//! Transcripts of etcdctl: commands and the output that etcd 3.6 answered them with.
//!
//! A file of `transcripts/` is one test on a group of its own. It reads:
//!
//! ```text
//! // What it shows.
//! // members 3                    size of the group; 1 if not given
//! // hide took = (\S+) as took    what differs from run to run, and the name that stands for it
//!
//! $ put a b                       a command of etcdctl; `| unordered` at its end sorts what it prints
//! < text                          a line for its standard input
//! OK                              what it prints; `! ` begins lines of standard error, `= N` is an exit code
//!
//! $~ member promote <id4>         repeated until it succeeds: for what takes effect in a while
//! &w watch a --rev=2              begins a command in the background
//! &w next 3                       waits for three more lines of it
//! &w interrupt                    sends it SIGINT, as a person does by Ctrl-C, and waits for the rest of its output
//! > kill 2                        kill -9 of a member; `> run 4 join` starts one; `> forget 2` takes it off the endpoints
//! ```
//!
//! Ids, addresses and what is hidden are shown by numbered names (see [`crate::names`]). Recorded against etcd by
//! `cargo xtask conformance --against etcd -- --record`.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::etcdctl::{Etcdctl, Job, Output};
use crate::group::{Begin, Group, Server};
use crate::names::Names;

/// A parsed transcript.
pub struct Transcript {
    path: PathBuf,
    header: Vec<String>,
    members: u64,
    hide: Vec<(String, String)>,
    steps: Vec<Step>,
}

struct Step {
    line: usize,
    command: String,
    input: Vec<String>,
    expected: Vec<String>,
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no transcript.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut transcript = Self {
            path: path.to_owned(),
            header: Vec::new(),
            members: 1,
            hide: Vec::new(),
            steps: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            transcript
                .take(index + 1, line)
                .map_err(|why| format!("{}:{}: {why}", path.display(), index + 1))?;
        }
        for step in &mut transcript.steps {
            while step.expected.last().is_some_and(String::is_empty) {
                step.expected.pop();
            }
        }
        Ok(transcript)
    }

    /// The file's name without its ending.
    #[must_use]
    pub fn name(&self) -> String {
        self.path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    fn take(&mut self, number: usize, line: &str) -> Result<(), Failure> {
        if let Some(comment) = line.strip_prefix("// ").filter(|_| self.steps.is_empty()) {
            self.header.push(line.to_owned());
            return self.setting(comment);
        }
        if line.starts_with(['$', '&', '>']) {
            let (command, input, expected) = (line.to_owned(), Vec::new(), Vec::new());
            self.steps.push(Step {
                line: number,
                command,
                input,
                expected,
            });
        } else if let Some(step) = self.steps.last_mut() {
            match line
                .strip_prefix('<')
                .filter(|rest| rest.is_empty() || rest.starts_with(' '))
            {
                Some(input) => step
                    .input
                    .push(input.strip_prefix(' ').unwrap_or(input).to_owned()),
                None => step.expected.push(line.to_owned()),
            }
        } else if !line.is_empty() {
            return Err("expected output before the first command".to_owned());
        }
        Ok(())
    }

    fn setting(&mut self, comment: &str) -> Result<(), Failure> {
        if let Some(size) = comment.strip_prefix("members ") {
            self.members = size.parse().map_err(|_| format!("`{size}` is no size"))?;
        } else if let Some(hide) = comment.strip_prefix("hide ") {
            let (pattern, name) = hide.rsplit_once(" as ").ok_or("hide needs ` as NAME`")?;
            self.hide.push((pattern.to_owned(), name.to_owned()));
        }
        Ok(())
    }

    /// Runs it on a new group and compares; with `record` writes what came instead.
    ///
    /// # Errors
    /// With the first difference.
    pub fn check(&self, server: &Server, etcdctl: &Path, record: bool) -> Result<(), Failure> {
        let mut run = Run::new(self, server, etcdctl)?;
        let mut outputs = Vec::new();
        for step in &self.steps {
            let place = |why| {
                format!(
                    "{}:{}: {}: {why}",
                    self.path.display(),
                    step.line,
                    step.command
                )
            };
            let lines = run.step(step).map_err(place)?;
            if !record && lines != step.expected {
                let files = run.group.keep_files().display().to_string();
                return Err(place(format!(
                    "{}\n(files: {files})",
                    difference(&step.expected, &lines)
                )));
            }
            outputs.push(lines);
        }
        if record { self.write(&outputs) } else { Ok(()) }
    }

    fn write(&self, outputs: &[Vec<String>]) -> Result<(), Failure> {
        let mut text = self.header.join("\n");
        text.push('\n');
        for (step, output) in self.steps.iter().zip(outputs) {
            text.push_str(&format!("\n{}\n", step.command));
            for line in &step.input {
                text.push_str(format!("< {line}").trim_end());
                text.push('\n');
            }
            for line in output {
                text.push_str(line);
                text.push('\n');
            }
        }
        std::fs::write(&self.path, text)
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

/// A transcript that is being run.
struct Run {
    group: Group,
    etcdctl: Etcdctl,
    names: Names,
    jobs: Vec<(String, Job)>,
}

impl Run {
    fn new(transcript: &Transcript, server: &Server, etcdctl: &Path) -> Result<Self, Failure> {
        let group = Group::start(server, transcript.members)?;
        let etcdctl = Etcdctl::new(etcdctl, &group.endpoints());
        let mut run = Self {
            group,
            etcdctl,
            names: Names::new(&transcript.hide)?,
            jobs: Vec::new(),
        };
        for index in 0..run.group.members.len() {
            run.name_addresses(index);
        }
        Ok(run)
    }

    fn name_addresses(&mut self, index: usize) {
        let member = &self.group.members[index];
        self.names.give(
            &member.client_address(),
            &format!("client{}", member.number),
        );
        self.names
            .give(&member.peer_address(), &format!("peer{}", member.number));
    }

    /// Carries out one step; what it printed, with names.
    fn step(&mut self, step: &Step) -> Result<Vec<String>, Failure> {
        let command = self.names.reveal(&step.command);
        let (command, unordered) = command
            .strip_suffix(" | unordered")
            .map_or((command.as_str(), false), |rest| (rest, true));
        let (first, rest) = command.split_once(' ').unwrap_or((command, ""));
        let output = match first {
            "$" => shown(&self.etcdctl.run(&words(rest)?, &text(&step.input))?),
            "$~" => self.repeat(rest)?,
            ">" => self.group_action(rest)?,
            job => self.job(job.trim_start_matches('&'), rest, &step.input)?,
        };
        let output = if unordered {
            without_ids(&output)
        } else {
            output
        };
        let output = self.names.hide(&output);
        let mut lines: Vec<String> = output
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        if unordered {
            lines.sort_unstable();
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        Ok(lines)
    }

    fn repeat(&mut self, command: &str) -> Result<String, Failure> {
        let words = words(command)?;
        crate::eventually(|| {
            let output = self.etcdctl.run(&words, "")?;
            if output.code == 0 {
                Ok(shown(&output))
            } else {
                Err(shown(&output))
            }
        })
    }

    fn group_action(&mut self, action: &str) -> Result<String, Failure> {
        let words: Vec<_> = action.split_whitespace().collect();
        let number = |text: &str| {
            text.parse()
                .map_err(|_| format!("`{text}` is no member's number"))
        };
        match words[..] {
            ["kill", member] => self.group.kill(number(member)?)?,
            ["forget", member] => self.group.forget(number(member)?)?,
            ["lay", "out", member] => {
                self.group.lay_out(number(member)?)?;
                self.name_addresses(self.group.members.len() - 1);
            }
            ["run", member, "join"] => self.group.run(number(member)?, Begin::Join)?,
            ["run", "all", "again"] => self.group.run_all_again()?,
            _ => return Err(format!("`{action}` is no action")),
        }
        self.etcdctl = self.etcdctl.at(&self.group.endpoints());
        Ok(String::new())
    }

    fn job(&mut self, name: &str, rest: &str, input: &[String]) -> Result<String, Failure> {
        let found = self.jobs.iter().position(|(known, _)| known == name);
        match (found, rest.split_once(' ').unwrap_or((rest, ""))) {
            (Some(index), ("next", count)) => {
                let count = count
                    .parse()
                    .map_err(|_| format!("`{count}` is no number of lines"))?;
                self.jobs[index].1.next_lines(count)
            }
            (Some(index), ("interrupt", _)) => Ok(shown(&self.jobs.remove(index).1.interrupt()?)),
            _ => {
                self.jobs.push((
                    name.to_owned(),
                    self.etcdctl.start(&words(rest)?, &text(input))?,
                ));
                Ok(String::new())
            }
        }
    }
}

/// Both outputs and the exit code, as a transcript shows them.
fn shown(output: &Output) -> String {
    let mut text = output.stdout.clone();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    // The Go client logs its retries; that is not etcdctl's answer.
    for line in output
        .stderr
        .lines()
        .filter(|line| !line.starts_with("{\"level\":\""))
    {
        text.push_str(&format!("! {line}\n"));
    }
    if output.code != 0 {
        text.push_str(&format!("= {}\n", output.code));
    }
    text
}

/// Without telling ids apart, for output whose order is an accident.
fn without_ids(output: &str) -> String {
    let ids = regex_lite::Regex::new(r"\b[0-9a-f]{13,16}\b");
    ids.map_or_else(
        |_| output.to_owned(),
        |ids| ids.replace_all(output, "<an id>").into_owned(),
    )
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Splits a command at spaces; quotes of both kinds keep them.
fn words(command: &str) -> Result<Vec<String>, Failure> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in command.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    if quote.is_some() {
        Err(format!("a quote is not closed in `{command}`"))
    } else {
        Ok(words)
    }
}

fn difference(expected: &[String], came: &[String]) -> String {
    let indented = |lines: &[String]| {
        lines
            .iter()
            .map(|line| format!("\n    {line}"))
            .collect::<String>()
    };
    format!("expected{}\n  came{}", indented(expected), indented(came))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn commands_are_split_as_by_a_shell() {
        let table: [(&str, &[&str]); 4] = [
            ("get a  b", &["get", "a", "b"]),
            ("put 'a b' \"c 'd\"", &["put", "a b", "c 'd"]),
            ("put a ''", &["put", "a", ""]),
            ("", &[]),
        ];
        for (command, expected) in table {
            assert_eq!(words(command).unwrap(), expected, "{command}");
        }
        assert!(words("put 'a").is_err());
    }
}
