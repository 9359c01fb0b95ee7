//! Commands: which there are, and how one is called.

mod error;
mod expiry;
mod generic;
mod hashes;
mod lifetime;
mod server;
mod spec;
mod strings;

use std::sync::LazyLock;

pub use error::Error;
pub(crate) use expiry::Unit;
pub(crate) use generic::OBJECT;
pub(crate) use lifetime::{expire, expiry_of, in_seconds};
pub(crate) use server::database_number;
pub use spec::{Begin, Categories, Find, KeySpec, KeyUses, Run, Spec, Traits};
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
    /// What it waits for; nothing was answered then.
    pub wait: Option<Wait>,
}

/// What a command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When one of these keys was changed, it is to be carried out again.
    pub keys: Vec<Box<[u8]>>,
    /// For so many milliseconds; for ever, if nothing is said.
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

    /// Carries the command out; one that fails is answered its error, and nothing else.
    pub fn run(&mut self, spec: &Spec) {
        let before = self.reply.bytes().len();
        let Run::Keys(run) = spec.run else {
            unreachable!("{} is not about keys", spec.name);
        };
        if let Err(error) = run(self) {
            self.reply.truncate(before);
            self.reply.error(&error.to_string());
        }
    }
}

/// All commands, by group.
const GROUPS: &[&[Spec]] = &[strings::ROWS, hashes::ROWS, generic::ROWS, server::ROWS];

/// All commands.
pub fn all() -> impl Iterator<Item = &'static Spec> {
    GROUPS.iter().copied().flatten()
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
