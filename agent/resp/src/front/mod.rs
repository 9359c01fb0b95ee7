//! Commands about clients and the server, a file for each group.

mod acl;
mod connection;
mod persistence;
mod pubsub;
mod scripting;
mod server;
mod transactions;

use std::fmt::Write as _;

use synod_cache::command::{Error, Spec, named};

use crate::Shared;
use crate::part::Parts;
use crate::scripting::Attend;
use crate::session::Session;
pub(crate) use scripting::{recall, runs_scripts};

/// A command under way that is not, or not only, about keys.
pub(crate) struct FrontCall<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) shared: &'a Shared,
    /// In Unix milliseconds.
    pub(crate) now: i64,
    /// The command, or its subcommand.
    pub(crate) spec: &'static Spec,
    /// The command's name and what follows it.
    pub(crate) args: &'a [&'a [u8]],
    /// The keys. Nobody but who has them here may take them: a transaction has them already.
    pub(crate) parts: Parts<'a>,
    /// Who attends to others if it takes long.
    pub(crate) attendant: Option<&'a mut dyn Attend>,
}

impl FrontCall<'_> {
    /// Of the command, not of its subcommand.
    fn command(&self) -> &'static str {
        named(self.args[0]).map_or("", |spec| spec.name)
    }

    /// Answers how the subcommands of the command are called.
    fn help(&mut self, lines: &[&str]) {
        let reply = &mut self.session.reply;
        let name = String::from_utf8_lossy(self.args[0]).to_uppercase();
        reply.array(lines.len() + 3);
        reply.simple(&format!(
            "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
        ));
        let common = ["HELP", "    Prints this help."];
        for line in lines.iter().chain(&common) {
            reply.simple(line);
        }
    }

    /// Carries it out. One that fails is answered its error.
    pub(crate) fn run(mut self) {
        let done = match self.spec.group {
            "connection" => connection::run(&mut self),
            "generic" => persistence::run(&mut self),
            "pubsub" => pubsub::run(&mut self),
            "scripting" => scripting::run(&mut self),
            "server" => server::run(&mut self),
            "transactions" => transactions::run(&mut self),
            _ => Err(unknown(self.args)),
        };
        if let Err(error) = done {
            self.session.reply.error(&error.to_string());
        }
    }
}

/// What is answered to a command that there is not.
pub(crate) fn unknown(args: &[&[u8]]) -> Error {
    const SHOWN: usize = 128;
    let shown = |bytes: &[u8]| {
        let bytes = &bytes[..bytes.len().min(SHOWN)];
        // As in Redis a zero ends it.
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    let mut text = String::new();
    for argument in &args[1..] {
        if text.len() >= SHOWN {
            break;
        }
        let _ = write!(text, "'{}' ", shown(argument));
    }
    let name = shown(args[0]);
    Error::Other(format!("ERR unknown command '{name}', with args beginning with: {text}").into())
}
