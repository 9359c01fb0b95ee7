//! Carries out again what a file of a log says.

use crate::command::{Call, Run, named};
use crate::import::{Loaded, Unloadable};
use crate::keys::{Keys, partition_of};
use crate::partition::{DATABASES, Partition};
use crate::rdb::{self, Chunks};
use crate::reply::Reply;
use crate::request::{Bounds, Found, Parser};

/// What a file held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Keys that were saved.
    pub keys: usize,
    /// Commands that were carried out.
    pub commands: usize,
    /// Commands that are not about keys: functions are taken over only as `SAVE` writes them, scripts are not, messages reach nobody.
    pub passed_over: usize,
    /// Where the file ended in the middle of a command or a transaction, which was not carried out.
    pub cut_at: Option<u64>,
}

/// Why a file cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {failure}")]
pub struct Failed {
    /// Where.
    pub offset: u64,
    /// Why.
    pub failure: Failure,
}

/// Why a file cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no command where one should be.
    #[error(
        "there is no command; the file is damaged, and `redis-check-aof --fix` says what can be had of it"
    )]
    NoCommand,
    /// A command is not known.
    #[error("'{0}' is no command that can be carried out from a log here")]
    Unknown(String),
    /// A database is not there.
    #[error("there are but {DATABASES} databases")]
    Database,
    /// The file of `SAVE` at the beginning is damaged.
    #[error("of what was saved before the log began {0}")]
    Saved(#[from] rdb::Error),
    /// A key that was saved cannot be here.
    #[error(transparent)]
    Unloadable(#[from] Unloadable),
    /// The file ends in the middle of a command, and it is not the last one.
    #[error("the file ends in the middle of a command, and others follow it")]
    Cut,
}

/// A file while it is read: give it chunks, and say when there are no more.
///
/// Times in it are absolute, and what expired is removed by commands, so nothing expires while it is read.
#[derive(Debug, Default)]
pub struct Replay {
    input: Vec<u8>,
    /// How many bytes came before these.
    before: u64,
    stage: Stage,
    now: i64,
    parser: Parser,
    database: usize,
    transaction: Option<Transaction>,
    replayed: Replayed,
}

#[derive(Debug, Default)]
enum Stage {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It is what `SAVE` wrote.
    Saved(Box<Chunks>),
    /// They are commands.
    Commands,
}

/// A transaction of which the end is not there yet.
#[derive(Debug)]
struct Transaction {
    at: u64,
    commands: Vec<Vec<Vec<u8>>>,
}

const SAVED: &[u8] = b"REDIS";

impl Replay {
    /// Of what is saved it is noted when it was used, from this time on, in Unix milliseconds.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// More of the file.
    ///
    /// # Errors
    /// If it cannot be read on. What came before is done.
    pub fn feed(&mut self, chunk: &[u8], partitions: &mut [Partition]) -> Result<(), Failed> {
        if !matches!(self.stage, Stage::Saved(_)) {
            self.input.extend_from_slice(chunk);
        }
        if matches!(self.stage, Stage::Unknown) {
            let is_saved = self.input.starts_with(SAVED);
            if !is_saved && SAVED.starts_with(&self.input) {
                return Ok(());
            }
            if is_saved {
                self.stage = Stage::Saved(Box::default());
                let first = std::mem::take(&mut self.input);
                return self.feed_saved(&first, partitions);
            }
            self.stage = Stage::Commands;
        }
        match self.stage {
            Stage::Saved(_) => self.feed_saved(chunk, partitions),
            _ => self.carry_out(partitions),
        }
    }

    /// There is no more of the file. If it is the last one, it may end in the middle of a command, which then is not carried out.
    ///
    /// # Errors
    /// If it may not end there.
    pub fn end(mut self, is_last: bool, partitions: &mut [Partition]) -> Result<Replayed, Failed> {
        if let Stage::Saved(chunks) = &mut self.stage {
            chunks.end();
            self.feed_saved(&[], partitions)?;
        }
        let begun = self.transaction.as_ref().map(|it| it.at);
        let cut_at = begun.or((!self.input.is_empty()).then_some(self.before));
        if let Some(offset) = cut_at.filter(|_| !is_last) {
            let failure = Failure::Cut;
            return Err(Failed { offset, failure });
        }
        self.replayed.cut_at = cut_at;
        Ok(self.replayed)
    }

    fn feed_saved(&mut self, chunk: &[u8], partitions: &mut [Partition]) -> Result<(), Failed> {
        let Stage::Saved(chunks) = &mut self.stage else {
            unreachable!("it is what was saved");
        };
        chunks.feed(chunk);
        partitions.iter_mut().for_each(|it| it.set_now(self.now));
        let failed = |offset, failure| Failed { offset, failure };
        while let Some(record) = chunks
            .next()
            .map_err(|error| failed(error.offset, Failure::Saved(error)))?
        {
            let index = partition_of(&record.key, partitions.len());
            match partitions[index].load(record) {
                Ok(Loaded::Kept) => self.replayed.keys += 1,
                Ok(Loaded::Empty) => {}
                Err(error) => return Err(failed(0, error.into())),
            }
        }
        if let Some((offset, rest)) = chunks.rest() {
            let libraries = chunks.libraries().iter().map(Vec::as_slice);
            if libraries.len() > 0 {
                partitions[0].set_functions(&rdb::sealed_functions(libraries));
            }
            (self.before, self.input) = (offset, rest);
            self.stage = Stage::Commands;
            return self.carry_out(partitions);
        }
        Ok(())
    }

    fn carry_out(&mut self, partitions: &mut [Partition]) -> Result<(), Failed> {
        // At this time nothing has expired.
        partitions.iter_mut().for_each(|it| it.set_now(0));
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        let result = loop {
            match self.next(&input[at..], partitions) {
                Ok(0) => break Ok(()),
                Ok(bytes) => {
                    at += bytes;
                    self.before += bytes as u64;
                }
                Err(failure) => {
                    let offset = self.before;
                    break Err(Failed { offset, failure });
                }
            }
        };
        self.input = input;
        self.input.drain(..at);
        result
    }

    /// Carries out what the input begins with; how many bytes that was, 0 if it is not whole.
    fn next(&mut self, input: &[u8], partitions: &mut [Partition]) -> Result<usize, Failure> {
        match input.first() {
            None => return Ok(0),
            // When what follows was done.
            Some(b'#') => {
                let end = input.iter().position(|byte| *byte == b'\n');
                return Ok(end.map_or(0, |end| end + 1));
            }
            Some(b'*') => {}
            Some(_) => return Err(Failure::NoCommand),
        }
        let mut parser = std::mem::take(&mut self.parser);
        let found = parser.next(input, &Bounds::KNOWN);
        let result = match found {
            Ok(Found::Incomplete) => Ok(0),
            Ok(Found::Nothing(bytes)) => Ok(bytes),
            Ok(Found::Command(bytes)) => {
                let args: Vec<_> = parser.arguments(input).collect();
                self.command(&args, partitions).map(|()| bytes)
            }
            Err(_) => Err(Failure::NoCommand),
        };
        self.parser = parser;
        result
    }

    fn command(&mut self, args: &[&[u8]], partitions: &mut [Partition]) -> Result<(), Failure> {
        let is = |name: &str| args[0].eq_ignore_ascii_case(name.as_bytes());
        if is("multi") {
            let at = self.before;
            let commands = Vec::new();
            self.transaction = Some(Transaction { at, commands });
        } else if is("exec") {
            let transaction = self.transaction.take();
            for args in transaction.into_iter().flat_map(|it| it.commands) {
                let args: Vec<_> = args.iter().map(Vec::as_slice).collect();
                self.run(&args, partitions)?;
            }
        } else if let Some(transaction) = &mut self.transaction {
            let args = args.iter().map(|argument| argument.to_vec()).collect();
            transaction.commands.push(args);
        } else {
            self.run(args, partitions)?;
        }
        Ok(())
    }

    fn run(&mut self, args: &[&[u8]], partitions: &mut [Partition]) -> Result<(), Failure> {
        let name = args[0].to_ascii_lowercase();
        match name.as_slice() {
            b"select" => {
                let number = args.get(1).and_then(|it| std::str::from_utf8(it).ok());
                let number = number.and_then(|it| it.parse().ok());
                let known = number.filter(|number| *number < DATABASES);
                self.database = known.ok_or(Failure::Database)?;
                return Ok(());
            }
            b"function" | b"script" | b"publish" | b"spublish" | b"ping" | b"replconf" => {
                self.replayed.passed_over += 1;
                return Ok(());
            }
            _ => {}
        }
        let unknown = || Failure::Unknown(String::from_utf8_lossy(&name).into_owned());
        let spec = named(&name).ok_or_else(unknown)?;
        let called = spec.called_by(args).map_err(|_| unknown())?;
        if !matches!(called.run, Run::Keys(_)) {
            return Err(unknown());
        }
        let mut reply = Reply::default();
        let mut all: Vec<_> = partitions.iter_mut().collect();
        let keys = Keys::new(&mut all, self.database);
        let mut call = Call::new(args, keys, &mut reply);
        call.may_wait = false;
        call.run(spec);
        self.replayed.commands += 1;
        Ok(())
    }
}
