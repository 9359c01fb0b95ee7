//! A setting, as the table has it.

use super::kind::Kind;

/// Something that can be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it is if nobody sets it, as it is told.
    pub(super) initial: &'static str,
    pub(crate) access: Access,
    pub(crate) changes: Changes,
}

/// Who may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Every client that may call `CONFIG SET`.
    Clients,
    /// Nobody while the server runs.
    Nobody,
    /// As it is with files: nobody, unless `enable-protected-configs` was set when the server began.
    Protected,
}

/// What is to be told of it when it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Nothing: who needs it looks, or it is only kept, since clients and tools ask for it.
    Nothing,
    /// Up to which size collections are shown as small.
    Limits,
    /// What is evicted first.
    Eviction,
    /// How much memory may be taken.
    Memory,
    /// What is told of changes to keys.
    Notices,
    /// How much may wait to be sent, and how many keys may be known to be copied.
    Listeners,
    /// What takes long.
    Slow,
    /// When what is written is synced.
    Disk,
}

impl Setting {
    pub(super) const fn fixed(mut self) -> Self {
        self.access = Access::Nobody;
        self
    }

    pub(super) const fn protected(mut self) -> Self {
        self.access = Access::Protected;
        self
    }

    pub(super) const fn changes(mut self, changes: Changes) -> Self {
        self.changes = changes;
        self
    }
}

pub(super) const fn of(name: &'static str, kind: Kind, initial: &'static str) -> Setting {
    Setting {
        name,
        kind,
        initial,
        access: Access::Clients,
        changes: Changes::Nothing,
    }
}

pub(super) const fn flag(name: &'static str, initial: &'static str) -> Setting {
    of(name, Kind::Flag, initial)
}

pub(super) const fn number(
    name: &'static str,
    least: i64,
    most: i64,
    initial: &'static str,
) -> Setting {
    of(name, Kind::Number { least, most }, initial)
}

pub(super) const fn memory(
    name: &'static str,
    least: u64,
    most: u64,
    initial: &'static str,
) -> Setting {
    of(name, Kind::Memory { least, most }, initial)
}

pub(super) const fn choice(
    name: &'static str,
    words: &'static [&'static str],
    initial: &'static str,
) -> Setting {
    of(name, Kind::Choice(words), initial)
}

pub(super) const fn text(name: &'static str, initial: &'static str) -> Setting {
    of(name, Kind::Text, initial)
}
