//! Why a command is not carried out, in the words of Redis.

use std::borrow::Cow;

use crate::partition::WrongKind;

/// What is answered instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The value under the key is of another kind.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongKind,
    /// An argument, or the value, is to be a whole number.
    #[error("ERR value is not an integer or out of range")]
    NotInteger,
    /// An argument is to be a number.
    #[error("ERR value is not a valid float")]
    NotFloat,
    /// An option is not known, or does not go with another one.
    #[error("ERR syntax error")]
    Syntax,
    /// There is no such key.
    #[error("ERR no such key")]
    NoSuchKey,
    /// There is no such element.
    #[error("ERR index out of range")]
    IndexOutOfRange,
    /// A whole number would become too large, or too small.
    #[error("ERR increment or decrement would overflow")]
    Overflow,
    /// The command of this name takes another number of arguments.
    #[error("ERR wrong number of arguments for '{0}' command")]
    Arity(&'static str),
    /// An expiry that cannot be.
    #[error("ERR invalid expire time in '{0}' command")]
    Expiry(&'static str),
    /// A string would become longer than 512 MiB.
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    TooLong,
    /// The subcommand of these names takes another number of arguments.
    #[error("ERR wrong number of arguments for '{0}|{1}' command")]
    SubcommandArity(&'static str, &'static str),
    /// There is no such subcommand of the command.
    #[error("ERR unknown subcommand '{subcommand}'. Try {command} HELP.")]
    Subcommand {
        /// As the client wrote it.
        subcommand: String,
        /// In capital letters.
        command: String,
    },
    /// The subcommand takes other arguments.
    #[error(
        "ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try {command} HELP."
    )]
    SubcommandSyntax {
        /// As the client wrote it.
        subcommand: String,
        /// In capital letters.
        command: String,
    },
    /// Anything else, with its code.
    #[error("{0}")]
    Other(Cow<'static, str>),
}

impl Error {
    /// There is no such subcommand as these arguments call.
    pub(crate) fn subcommand(args: &[&[u8]]) -> Self {
        let (command, subcommand) = called(args);
        Self::Subcommand {
            subcommand,
            command,
        }
    }

    /// The subcommand that these arguments call takes others.
    #[must_use]
    pub fn subcommand_syntax(args: &[&[u8]]) -> Self {
        let (command, subcommand) = called(args);
        Self::SubcommandSyntax {
            subcommand,
            command,
        }
    }

    /// With these words, the code first.
    #[must_use]
    pub const fn text(words: &'static str) -> Self {
        Self::Other(Cow::Borrowed(words))
    }
}

/// What a client sent, as errors show it: up to a zero, as in Redis, and as text.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    let text = bytes.split(|byte| *byte == 0).next();
    String::from_utf8_lossy(text.unwrap_or_default())
}

/// The command in capital letters, and the beginning of its subcommand.
fn called(args: &[&[u8]]) -> (String, String) {
    let subcommand = &args[1][..args[1].len().min(128)];
    (
        String::from_utf8_lossy(args[0]).to_uppercase(),
        shown(subcommand).into_owned(),
    )
}

impl From<WrongKind> for Error {
    fn from(_: WrongKind) -> Self {
        Self::WrongKind
    }
}
