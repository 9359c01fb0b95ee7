//! What clients of memcached ask for, read from a line.

use super::KEY_BYTES_MAX;
use super::meta_request::Meta;
use super::number::{signed, unsigned};

/// A request. A block of data follows those that store, of which they say how long it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// `get`, `gets`, `gat`, `gats`
    Read {
        /// Words with spaces between.
        keys: &'a [u8],
        with_cas: bool,
        /// `gat`: it expires then from now on.
        touches: Option<i64>,
    },
    Store(Store<'a>),
    /// `incr`, `decr`
    Count {
        key: &'a [u8],
        delta: u64,
        is_up: bool,
        is_quiet: bool,
    },
    Touch {
        key: &'a [u8],
        expires: i64,
        is_quiet: bool,
    },
    Delete {
        key: &'a [u8],
        is_quiet: bool,
    },
    Flush {
        delay: i64,
        is_quiet: bool,
    },
    Stats {
        of: &'a [u8],
    },
    Version,
    Verbosity {
        is_quiet: bool,
    },
    Quit,
    MetaNothing,
    MetaGet(Meta<'a>),
    /// With the length of its block.
    MetaSet(Meta<'a>, usize),
    MetaDelete(Meta<'a>),
    MetaCount(Meta<'a>),
    MetaDebug(&'a [u8]),
}

impl Request<'_> {
    /// Whether it changes what is kept: that something was read is no such change.
    pub(super) const fn writes(&self) -> bool {
        match self {
            Self::Store(_) | Self::Count { .. } | Self::Touch { .. } => true,
            Self::Delete { .. } | Self::Flush { .. } => true,
            Self::MetaSet(..) | Self::MetaDelete(_) | Self::MetaCount(_) => true,
            Self::Read { touches, .. } => touches.is_some(),
            Self::MetaGet(meta) => meta.expires.is_some() || meta.vivified.is_some(),
            Self::Stats { .. } | Self::Version | Self::Verbosity { .. } | Self::Quit => false,
            Self::MetaNothing | Self::MetaDebug(_) => false,
        }
    }
}

/// `set`, `add`, `replace`, `append`, `prepend`, `cas`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Store<'a> {
    pub(super) how: How,
    pub(super) key: &'a [u8],
    pub(super) flags: u32,
    /// As clients say it: see [`super::number::expiry`].
    pub(super) expires: i64,
    pub(super) length: usize,
    /// Only if that is its number.
    pub(super) cas: Option<u64>,
    pub(super) is_quiet: bool,
}

/// How an item is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Set,
    /// If there is none.
    Add,
    /// If there is one.
    Replace,
    /// Behind what there is.
    Append,
    /// Before what there is.
    Prepend,
}

/// Why a request is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Unknown,
    Line,
    Block,
    Delete,
    Expires,
    Delta,
    DuplicateFlag,
    Flag,
    FlagOrDuplicate,
    Token,
    Opaque,
    Base64,
    SetMode,
    CountMode,
    Shutdown,
}

impl Refusal {
    /// As memcached says it.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "ERROR",
            Self::Line => "CLIENT_ERROR bad command line format",
            Self::Block => "CLIENT_ERROR bad data chunk",
            Self::Delete => "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]",
            Self::Expires => "CLIENT_ERROR invalid exptime argument",
            Self::Delta => "CLIENT_ERROR invalid numeric delta argument",
            Self::DuplicateFlag => "CLIENT_ERROR duplicate flag",
            Self::Flag => "CLIENT_ERROR invalid flag",
            Self::FlagOrDuplicate => "CLIENT_ERROR invalid or duplicate flag",
            Self::Token => "CLIENT_ERROR bad token in command line format",
            Self::Opaque => "CLIENT_ERROR opaque token too long",
            Self::Base64 => "CLIENT_ERROR error decoding key",
            Self::SetMode => "CLIENT_ERROR invalid mode for ms M token",
            Self::CountMode => "CLIENT_ERROR invalid mode for ma M token",
            Self::Shutdown => "ERROR: shutdown not enabled",
        }
    }
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
}

impl<'a> Request<'a> {
    /// What a line asks for.
    ///
    /// # Errors
    /// If nobody knows, or it cannot be.
    pub(super) fn read(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut all = words(line);
        let name = all.next().unwrap_or_default();
        match name {
            b"get" | b"gets" | b"gat" | b"gats" => return read(name, line),
            b"mg" | b"ms" | b"md" | b"ma" | b"me" | b"mn" => {
                return super::meta_request::read(name, &mut all);
            }
            _ => {}
        }
        let args: Vec<&[u8]> = all.take(WORDS_MAX).collect();
        match name {
            b"set" => store(How::Set, &args, false),
            b"add" => store(How::Add, &args, false),
            b"replace" => store(How::Replace, &args, false),
            b"append" => store(How::Append, &args, false),
            b"prepend" => store(How::Prepend, &args, false),
            b"cas" => store(How::Set, &args, true),
            b"incr" | b"decr" => count(&args, name == b"incr"),
            b"touch" => touch(&args),
            b"delete" => delete(&args),
            b"flush_all" => flush(&args),
            b"stats" => Ok(Self::Stats {
                of: args.first().copied().unwrap_or_default(),
            }),
            b"version" => Ok(Self::Version),
            b"verbosity" => verbosity(&args),
            b"quit" => Ok(Self::Quit),
            b"shutdown" => Err(Refusal::Shutdown),
            _ => Err(Refusal::Unknown),
        }
    }

    /// How long the block of data behind the line is, without its end; `None` if there is none.
    pub(super) const fn block(&self) -> Option<usize> {
        match self {
            Self::Store(store) => Some(store.length),
            Self::MetaSet(_, length) => Some(*length),
            _ => None,
        }
    }

    /// How many bytes the key has behind which it is stored.
    pub(super) fn stored_key(&self) -> usize {
        match self {
            Self::Store(store) => store.key.len(),
            Self::MetaSet(meta, _) => meta.key.len(),
            _ => 0,
        }
    }
}

/// No request but those that read many keys has more.
const WORDS_MAX: usize = 24;

fn key(word: &[u8]) -> Result<&[u8], Refusal> {
    if word.len() > KEY_BYTES_MAX {
        return Err(Refusal::Line);
    }
    Ok(word)
}

/// What is before the last word, if that is `noreply`, and whether it is.
fn quiet<'a, 'b>(args: &'b [&'a [u8]]) -> (&'b [&'a [u8]], bool) {
    match args {
        [before @ .., b"noreply"] => (before, true),
        _ => (args, false),
    }
}

fn read<'a>(name: &[u8], line: &'a [u8]) -> Result<Request<'a>, Refusal> {
    let start = line.iter().position(|byte| *byte != b' ').unwrap_or(0);
    let mut keys = &line[start + name.len()..];
    let mut touches = None;
    if name.starts_with(b"gat") {
        let word = words(keys).next().ok_or(Refusal::Unknown)?;
        touches = Some(expires(word).ok_or(Refusal::Expires)?);
        let start = keys.iter().position(|byte| *byte != b' ').unwrap_or(0);
        keys = &keys[start + word.len()..];
    } else if words(keys).next().is_none() {
        return Err(Refusal::Unknown);
    }
    if words(keys).any(|word| word.len() > KEY_BYTES_MAX) {
        return Err(Refusal::Line);
    }
    Ok(Request::Read {
        keys,
        with_cas: name.ends_with(b"s"),
        touches,
    })
}

fn store<'a>(how: How, args: &[&'a [u8]], has_cas: bool) -> Result<Request<'a>, Refusal> {
    let needed = if has_cas { 5 } else { 4 };
    if args.len() != needed && args.len() != needed + 1 {
        return Err(Refusal::Unknown);
    }
    let is_quiet = args.last() == Some(&b"noreply".as_slice());
    let cas = match args.get(4) {
        Some(word) if has_cas => Some(unsigned(word).ok_or(Refusal::Line)?),
        _ => None,
    };
    let flags = unsigned(args[1]).and_then(|flags| u32::try_from(flags).ok());
    let length = signed(args[3]).and_then(|length| i32::try_from(length).ok());
    Ok(Request::Store(Store {
        how,
        key: key(args[0])?,
        flags: flags.ok_or(Refusal::Line)?,
        expires: expires(args[2]).ok_or(Refusal::Line)?,
        length: length
            .and_then(|length| usize::try_from(length).ok())
            .ok_or(Refusal::Line)?,
        cas,
        is_quiet,
    }))
}

fn count<'a>(args: &[&'a [u8]], is_up: bool) -> Result<Request<'a>, Refusal> {
    let (&[name, delta] | &[name, delta, _]) = args else {
        return Err(Refusal::Unknown);
    };
    Ok(Request::Count {
        key: key(name)?,
        delta: unsigned(delta).ok_or(Refusal::Delta)?,
        is_up,
        is_quiet: quiet(args).1,
    })
}

fn touch<'a>(args: &[&'a [u8]]) -> Result<Request<'a>, Refusal> {
    let (&[name, word] | &[name, word, _]) = args else {
        return Err(Refusal::Unknown);
    };
    Ok(Request::Touch {
        key: key(name)?,
        expires: expires(word).ok_or(Refusal::Expires)?,
        is_quiet: quiet(args).1,
    })
}

/// Behind the key there may be a 0, for clients that are old.
fn delete<'a>(args: &[&'a [u8]]) -> Result<Request<'a>, Refusal> {
    let [name, rest @ ..] = args else {
        return Err(Refusal::Unknown);
    };
    if rest.len() > 2 {
        return Err(Refusal::Unknown);
    }
    let (rest, is_quiet) = quiet(rest);
    if !matches!(rest, [] | [b"0"]) {
        return Err(Refusal::Delete);
    }
    Ok(Request::Delete {
        key: key(name)?,
        is_quiet,
    })
}

fn flush<'a>(args: &[&'a [u8]]) -> Result<Request<'a>, Refusal> {
    if args.len() > 2 {
        return Err(Refusal::Unknown);
    }
    let (rest, is_quiet) = quiet(args);
    let delay = match rest {
        [] => 0,
        [delay, ..] => expires(delay).ok_or(Refusal::Expires)?,
    };
    Ok(Request::Flush { delay, is_quiet })
}

fn verbosity<'a>(args: &[&'a [u8]]) -> Result<Request<'a>, Refusal> {
    if !matches!(args.len(), 1 | 2) {
        return Err(Refusal::Unknown);
    }
    let (rest, is_quiet) = quiet(args);
    match rest {
        [level, ..] if unsigned(level).is_none() => Err(Refusal::Line),
        _ => Ok(Request::Verbosity { is_quiet }),
    }
}

/// A time as clients say it: 32 bits.
fn expires(word: &[u8]) -> Option<i64> {
    signed(word).filter(|number| i32::try_from(*number).is_ok())
}
