//! Replies as values.

use std::io::{self, BufRead};

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Integer(i64),
    Bulk(Vec<u8>),
    /// No value: `$-1`, `*-1`, or `_`.
    Null(u8),
    Array(Vec<Self>),
    Set(Vec<Self>),
    Push(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// A number, a truth value, or text with its format, as it is written.
    Other(u8, Vec<u8>),
}

impl Value {
    /// The next one.
    pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Self> {
        let line = line(input)?;
        let (kind, text) = line.split_first().ok_or_else(|| wrong(&line))?;
        let length = || {
            let text = std::str::from_utf8(text).map_err(|_| wrong(&line))?;
            text.parse::<i64>().map_err(|_| wrong(&line))
        };
        let value = match kind {
            b'+' => Self::Simple(text.to_vec()),
            b'-' => Self::Error(text.to_vec()),
            b':' => Self::Integer(length()?),
            b'$' | b'*' if text == b"-1" => Self::Null(*kind),
            b'_' => Self::Null(b'_'),
            b'$' => Self::Bulk(bytes(input, length()?)?),
            b'=' => Self::Other(b'=', bytes(input, length()?)?),
            b'*' => Self::Array(many(input, length()?)?),
            b'~' => Self::Set(many(input, length()?)?),
            b'>' => Self::Push(many(input, length()?)?),
            b'%' => {
                let pairs = (0..length()?).map(|_| Ok((Self::read(input)?, Self::read(input)?)));
                Self::Map(pairs.collect::<io::Result<_>>()?)
            }
            b',' | b'#' | b'(' => Self::Other(*kind, text.to_vec()),
            _ => return Err(wrong(&line)),
        };
        Ok(value)
    }

    /// Its elements, if it has such.
    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) | Self::Set(elements) | Self::Push(elements) => Some(elements),
            _ => None,
        }
    }

    /// Its bytes, if it is a string.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(bytes) | Self::Bulk(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it begins so, and is an error.
    pub(crate) fn is_error(&self, begin: &str) -> bool {
        matches!(self, Self::Error(text) if text.starts_with(begin.as_bytes()))
    }

    /// As people read it.
    pub(crate) fn told(&self) -> String {
        let all = |values: &[Self]| {
            let told: Vec<_> = values.iter().map(Self::told).collect();
            told.join(", ")
        };
        match self {
            Self::Simple(text) => format!("+{}", text.escape_ascii()),
            Self::Error(text) => format!("-{}", text.escape_ascii()),
            Self::Integer(number) => format!(":{number}"),
            Self::Bulk(bytes) => format!("\"{}\"", bytes.escape_ascii()),
            Self::Null(b'_') => "_".to_owned(),
            Self::Null(kind) => format!("{}-1", char::from(*kind)),
            Self::Array(values) => format!("[{}]", all(values)),
            Self::Set(values) => format!("~[{}]", all(values)),
            Self::Push(values) => format!(">[{}]", all(values)),
            Self::Map(pairs) => {
                let told: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| format!("{} => {}", key.told(), value.told()))
                    .collect();
                format!("%[{}]", told.join(", "))
            }
            Self::Other(kind, text) => format!("{}{}", char::from(*kind), text.escape_ascii()),
        }
    }
}

fn wrong(line: &[u8]) -> io::Error {
    io::Error::other(format!("no reply begins with {}", line.escape_ascii()))
}

fn line(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if !line.ends_with(b"\r\n") {
        return Err(wrong(&line));
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

fn bytes(input: &mut impl BufRead, length: i64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(length).map_err(|_| wrong(b"$"))?;
    let mut bytes = vec![0; length + 2];
    input.read_exact(&mut bytes)?;
    if !bytes.ends_with(b"\r\n") {
        return Err(wrong(&bytes));
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn many(input: &mut impl BufRead, count: i64) -> io::Result<Vec<Value>> {
    (0..count).map(|_| Value::read(input)).collect()
}
