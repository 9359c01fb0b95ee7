//! Commands: which there are, and how one is called.

mod acl;
mod bitmaps;
mod connection;
mod error;
mod expiry;
mod generic;
mod geo;
mod hashes;
mod hyperloglogs;
mod keys_of;
mod lifetime;
mod lists;
mod pubsub;
mod scripting;
mod server;
mod sets;
mod sorted_sets;
mod spec;
mod streams;
mod strings;
mod timeout;
mod tracking;
mod transactions;

use std::sync::LazyLock;

pub use error::Error;
pub(crate) use error::shown;
pub(crate) use expiry::Unit;
pub use keys_of::KeyOf;
pub(crate) use lifetime::{expire, expiry_of, in_seconds};
pub use server::{database_number, debug_object};
pub use spec::{Begin, Categories, Find, KeySpec, KeyUses, Run, Spec, Traits};
pub(crate) use timeout::timeout;
use xxhash_rust::xxh3::xxh3_64;

use crate::keys::Keys;
use crate::reply::Reply;

/// A command under way.
pub struct Call<'a> {
    /// The command's name and what follows it.
    pub args: &'a [&'a [u8]],
    /// What it can reach.
    pub keys: Keys<'a>,
    /// What the client is answered.
    pub reply: &'a mut Reply,
    /// Whether it may wait: not in a transaction, nor in a script.
    pub may_wait: bool,
    /// Whether it may read keys that it does not name.
    pub may_read_any: bool,
    /// Whether it was carried out before, and waited.
    pub has_waited: bool,
    /// What it waits for; nothing was answered then.
    pub wait: Option<Wait>,
}

/// What a command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When one of these keys was changed, it is to be carried out again.
    pub keys: Vec<Box<[u8]>>,
    /// For so many milliseconds from when it came, however often it is carried out again; for ever, if nothing is said.
    pub at_most: Option<u64>,
    /// What is answered if it is over.
    pub empty: Empty,
    /// With which arguments it is to be carried out again, if not with its own.
    pub again: Option<Vec<Box<[u8]>>>,
}

/// What is answered if there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// No value.
    Null,
    /// No array.
    NullArray,
}

impl Empty {
    /// Answers it.
    pub fn answer(self, reply: &mut Reply) {
        match self {
            Self::Null => reply.null(),
            Self::NullArray => reply.null_array(),
        }
    }
}

impl<'a> Call<'a> {
    /// A call that may wait.
    pub const fn new(args: &'a [&'a [u8]], keys: Keys<'a>, reply: &'a mut Reply) -> Self {
        Self {
            args,
            keys,
            reply,
            may_wait: true,
            may_read_any: true,
            has_waited: false,
            wait: None,
        }
    }

    /// Waits until one of these keys was changed, or answers at once if it may not.
    pub(crate) fn wait_for(&mut self, keys: &[&[u8]], at_most: Option<u64>, empty: Empty) {
        if !self.may_wait {
            empty.answer(self.reply);
            return;
        }
        self.wait = Some(Wait {
            keys: keys.iter().map(|key| Box::from(*key)).collect(),
            at_most,
            empty,
            again: None,
        });
    }

    /// Answers the string under a key, or that there is none; whether there is.
    ///
    /// # Errors
    /// If it is no string.
    #[inline]
    pub(crate) fn answer_string(&mut self, key: &[u8]) -> Result<bool, Error> {
        let string = self.keys.string_view(key)?;
        match &string {
            Some(string) => string.answer(0..string.bytes.len(), self.reply),
            None => self.reply.null(),
        }
        Ok(string.is_some())
    }

    /// Carries the command out, or its subcommand; one that fails is answered its error, and nothing else.
    pub fn run(&mut self, spec: &Spec) {
        let before = self.reply.bytes().len();
        let done = spec.called_by(self.args).and_then(|spec| {
            let Run::Keys(run) = spec.run else {
                unreachable!("{} is not about keys", spec.name);
            };
            let is_read_only = spec.flags.has(Traits::READONLY);
            self.keys.count_looks(is_read_only);
            self.keys.set_reads(is_read_only);
            run(self)
        });
        if let Err(error) = done {
            self.reply.truncate(before);
            self.reply.error(&error.to_string());
        }
    }

    /// Answers how the subcommands of the command are called.
    pub(crate) fn help(&mut self, lines: &[&str]) {
        let name = String::from_utf8_lossy(self.args[0]).to_uppercase();
        self.reply.array(lines.len() + 3);
        self.reply.simple(&format!(
            "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
        ));
        let common = ["HELP", "    Print this."];
        for line in lines.iter().chain(&common) {
            self.reply.simple(line);
        }
    }
}

/// All commands, by group.
const GROUPS: &[&[Spec]] = &[
    acl::ROWS,
    connection::ROWS,
    generic::ROWS,
    scripting::ROWS,
    server::ROWS,
    hashes::ROWS,
    strings::ROWS,
    transactions::ROWS,
    bitmaps::ROWS,
    hyperloglogs::ROWS,
    sets::ROWS,
    streams::ROWS,
    lists::ROWS,
    pubsub::ROWS,
    sorted_sets::ROWS,
    geo::ROWS,
];

/// All commands, each with its number, and how many numbers there are.
static TABLE: LazyLock<(Vec<Spec>, usize)> = LazyLock::new(|| {
    let mut count = 0;
    let mut number = |spec: &Spec| {
        count += 1;
        Spec {
            number: count - 1,
            ..*spec
        }
    };
    let mut commands = Vec::new();
    for spec in GROUPS.iter().copied().flatten() {
        let mut spec = number(spec);
        let subcommands: Vec<_> = spec.subcommands.iter().map(&mut number).collect();
        spec.subcommands = subcommands.leak();
        commands.push(spec);
    }
    (commands, count)
});

/// All commands.
pub fn all() -> impl Iterator<Item = &'static Spec> {
    TABLE.0.iter()
}

/// How many commands and subcommands there are: their numbers are below.
#[must_use]
pub fn count() -> usize {
    TABLE.1
}

/// The command of this name, in whatever letters.
#[must_use]
pub fn named(name: &[u8]) -> Option<&'static Spec> {
    let mut small = [0; NAME_BYTES_MAX];
    let small = small.get_mut(..name.len())?;
    small.copy_from_slice(name);
    small.make_ascii_lowercase();
    let mut slot = xxh3_64(small) as usize;
    loop {
        let spec = BY_NAME[slot % BY_NAME.len()]?;
        if spec.name.as_bytes() == small {
            return Some(spec);
        }
        slot += 1;
    }
}

/// No command's name is longer.
const NAME_BYTES_MAX: usize = 32;

/// Commands at the hashes of their names, or at the next free place.
static BY_NAME: LazyLock<[Option<&'static Spec>; 1024]> = LazyLock::new(|| {
    let mut places = [None; 1024];
    for spec in all() {
        let mut slot = xxh3_64(spec.name.as_bytes()) as usize;
        while places[slot % places.len()].is_some() {
            slot += 1;
        }
        places[slot % places.len()] = Some(spec);
    }
    places
});
