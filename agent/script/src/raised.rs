//! What our functions raise in a script, and how the script sees it.

use std::fmt;

use mlua::{Error, Lua, Table, Value};

/// Something that a script can catch.
#[derive(Clone, Debug)]
pub(crate) enum Raised {
    /// A string.
    Text(Vec<u8>),
    /// What `redis.call` raises: a table with the error, its code first, in `err`.
    Reply {
        text: Vec<u8>,
        /// It was an error of a command, which is counted there.
        is_counted: bool,
    },
    /// The script ends, whatever it wants to catch.
    Ends(&'static str),
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Text(text) | Self::Reply { text, .. } => text,
            Self::Ends(text) => text.as_bytes(),
        };
        f.write_str(&String::from_utf8_lossy(text))
    }
}

impl std::error::Error for Raised {}

impl From<Raised> for Error {
    fn from(raised: Raised) -> Self {
        Self::external(raised)
    }
}

/// A string, as it is.
pub(crate) fn text(text: impl Into<Vec<u8>>) -> Error {
    Raised::Text(text.into()).into()
}

/// A table with this error.
pub(crate) fn reply(text: impl Into<Vec<u8>>) -> Error {
    Raised::Reply {
        text: with_code(text.into()),
        is_counted: false,
    }
    .into()
}

/// An error always has a code: the first word behind a minus, which goes, or one that says nothing.
pub(crate) fn with_code(text: Vec<u8>) -> Vec<u8> {
    let (code, message) = match text.strip_prefix(b"-") {
        None => (&b"ERR"[..], &text[..]),
        Some(text) => match text.iter().position(|byte| *byte == b' ') {
            None => (&b"ERR"[..], text),
            Some(at) => (&text[..at], &text[at + 1..]),
        },
    };
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let begin = message.iter().take_while(|byte| is_end(byte)).count();
    let message = &message[begin..];
    let behind = message.iter().rev().take_while(|byte| is_end(byte)).count();
    [code, b" ", &message[..message.len() - behind]].concat()
}

/// A table as `redis.call` raises it and `redis.pcall` returns it.
pub(crate) fn table(lua: &Lua, text: &[u8], is_counted: bool) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("err", lua.create_string(text)?)?;
    if is_counted {
        table.raw_set("ignore_error_stats_update", true)?;
    }
    Ok(table)
}

/// What a script sees of an error, or that it ends.
pub(crate) fn seen(lua: &Lua, error: &Error) -> mlua::Result<Result<Value, &'static str>> {
    let text = match error {
        Error::CallbackError { cause, .. } => return seen(lua, cause),
        Error::ExternalError(error) => match error.downcast_ref::<Raised>() {
            Some(Raised::Text(text)) => text.clone(),
            Some(Raised::Reply { text, is_counted }) => {
                return Ok(Ok(Value::Table(table(lua, text, *is_counted)?)));
            }
            Some(Raised::Ends(text)) => return Ok(Err(text)),
            None => error.to_string().into_bytes(),
        },
        Error::MemoryError(_) => b"not enough memory".to_vec(),
        Error::RuntimeError(text) => text.clone().into_bytes(),
        Error::StackError => b"stack overflow".to_vec(),
        other => other.to_string().into_bytes(),
    };
    Ok(Ok(Value::String(lua.create_string(text)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_a_code() {
        for (text, with) in [
            ("a b", "ERR a b"),
            ("-a b", "a b"),
            ("-a", "ERR a"),
            ("-a b c\r\n", "a b c"),
            ("", "ERR "),
            ("-", "ERR "),
            ("-ERR \r\n", "ERR "),
        ] {
            assert_eq!(with_code(text.into()), with.as_bytes(), "{text:?}");
        }
    }
}
