//! A command, or one of its subcommands, and its name.

use synod_cache::command::{Spec, named};

/// What is called, or what a rule is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called {
    pub(crate) command: &'static Spec,
    /// The same, or one of its subcommands.
    pub(crate) spec: &'static Spec,
}

impl Called {
    /// By a name like `config` or `config|get`, in whatever letters.
    pub(crate) fn by_name(name: &[u8]) -> Option<Self> {
        let mut parts = name.splitn(3, |byte| *byte == b'|');
        let command = named(parts.next()?)?;
        let spec = match parts.next() {
            None => command,
            Some(subcommand) => subcommand_of(command, subcommand)?,
        };
        parts.next().is_none().then_some(Self { command, spec })
    }

    /// By the arguments of a call, however many they are.
    pub(crate) fn by_args(args: &[&[u8]]) -> Option<Self> {
        let command = named(args.first()?)?;
        let spec = match args.get(1) {
            Some(subcommand) if !command.subcommands.is_empty() => {
                subcommand_of(command, subcommand)?
            }
            _ => command,
        };
        Some(Self { command, spec })
    }

    /// A command, and all of its subcommands.
    pub(crate) fn all_of(command: &'static Spec) -> impl Iterator<Item = Self> {
        let specs = std::iter::once(command).chain(command.subcommands);
        specs.map(move |spec| Self { command, spec })
    }

    pub(crate) const fn is_subcommand(&self) -> bool {
        self.command.number != self.spec.number
    }

    /// As it is shown, like `config|get`.
    pub(crate) fn full_name(&self) -> String {
        if self.is_subcommand() {
            format!("{}|{}", self.command.name, self.spec.name)
        } else {
            self.command.name.to_owned()
        }
    }
}

fn subcommand_of(command: &'static Spec, name: &[u8]) -> Option<&'static Spec> {
    let mut subcommands = command.subcommands.iter();
    subcommands.find(|it| name.eq_ignore_ascii_case(it.name.as_bytes()))
}
