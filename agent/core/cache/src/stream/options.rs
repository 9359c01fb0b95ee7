//! Options of the commands that add to a stream and trim it.

use super::id::{Id, New};
use super::trim::{Left, Trim};
use crate::command::Error;
use crate::number::integer;

/// What `XTRIM` is told.
#[derive(Debug, Default)]
pub(crate) struct TrimOptions {
    left: Option<Left>,
    is_rough: bool,
    limit: Option<i64>,
}

/// What `XADD` is told.
#[derive(Debug)]
pub(crate) struct AddOptions<'a> {
    pub(crate) trim: Option<Trim>,
    /// A stream is not made.
    pub(crate) only_known: bool,
    /// The id, and what follows it.
    pub(crate) entry: Option<(New, &'a [&'a [u8]])>,
}

const ONE_STRATEGY: Error =
    Error::text("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
const LIMIT_WITHOUT_STRATEGY: Error =
    Error::text("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
const LIMIT_OF_EXACT: Error =
    Error::text("ERR syntax error, LIMIT cannot be used without the special ~ option");
const NO_STRATEGY: Error =
    Error::text("ERR syntax error, XTRIM must be called with a trimming strategy");

impl<'a> AddOptions<'a> {
    /// Of what follows the key. Nodes have so many entries.
    pub(crate) fn parse(mut words: &'a [&'a [u8]], node_entries: usize) -> Result<Self, Error> {
        let mut trim = TrimOptions::default();
        let (mut only_known, mut entry) = (false, None);
        while let [word, rest @ ..] = words {
            if let Some(rest) = trim.take(words)? {
                words = rest;
            } else if word.eq_ignore_ascii_case(b"nomkstream") {
                only_known = true;
                words = rest;
            } else {
                entry = Some((New::parse(word, 0)?, rest));
                break;
            }
        }
        trim.check()?;
        let trim = trim.finish(node_entries)?;
        Ok(Self {
            trim,
            only_known,
            entry,
        })
    }
}

impl TrimOptions {
    /// Of what follows the key. Nodes have so many entries.
    pub(crate) fn parse(mut words: &[&[u8]], node_entries: usize) -> Result<Trim, Error> {
        let mut options = Self::default();
        while !words.is_empty() {
            words = options.take(words)?.ok_or(Error::Syntax)?;
        }
        options.check()?;
        if options.left.is_none() {
            return Err(NO_STRATEGY);
        }
        options.finish(node_entries)?.ok_or(NO_STRATEGY)
    }

    /// Takes the next option, if it is one of these: what follows it.
    fn take<'w, 'a>(&mut self, words: &'w [&'a [u8]]) -> Result<Option<&'w [&'a [u8]]>, Error> {
        let [option, rest @ ..] = words else {
            return Ok(None);
        };
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        let (is_length, is_id) = (is("maxlen"), is("minid"));
        if rest.is_empty() || !(is_length || is_id || is("limit")) {
            return Ok(None);
        }
        if !is_length && !is_id {
            let limit = integer(rest[0]).ok_or(Error::NotInteger)?;
            if limit < 0 {
                return Err(Error::text("ERR The LIMIT argument must be >= 0."));
            }
            self.limit = Some(limit);
            return Ok(Some(&rest[1..]));
        }
        if self.left.is_some() {
            return Err(ONE_STRATEGY);
        }
        let (value, rest) = match rest {
            [b"~", value, rest @ ..] => {
                self.is_rough = true;
                (value, rest)
            }
            [b"=", value, rest @ ..] | [value, rest @ ..] => (value, rest),
            [] => unreachable!("something follows"),
        };
        self.left = Some(if is_length {
            let length = integer(value).ok_or(Error::NotInteger)?;
            let length = u64::try_from(length);
            Left::Entries(length.map_err(|_| Error::text("ERR The MAXLEN argument must be >= 0."))?)
        } else {
            Left::From(Id::parse(value, 0)?)
        });
        Ok(Some(rest))
    }

    /// Whether the limit goes with the strategy, as far as all commands look at it first.
    fn check(&self) -> Result<(), Error> {
        if self.left.is_none() && self.limit.is_some_and(|limit| limit > 0) {
            return Err(LIMIT_WITHOUT_STRATEGY);
        }
        Ok(())
    }

    fn finish(self, node_entries: usize) -> Result<Option<Trim>, Error> {
        let most = match self.limit {
            Some(_) if !self.is_rough => return Err(LIMIT_OF_EXACT),
            Some(limit) => Some(limit.cast_unsigned()).filter(|limit| *limit > 0),
            None if self.is_rough => Some(match node_entries {
                0 => 10_000,
                entries => (100 * entries.min(10_000)) as u64,
            }),
            None => None,
        };
        Ok(self.left.map(|left| Trim {
            left,
            is_rough: self.is_rough,
            most,
        }))
    }
}
