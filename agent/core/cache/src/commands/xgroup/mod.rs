//! `XGROUP subcommand ...`

pub(crate) mod create;
pub(crate) mod createconsumer;
pub(crate) mod delconsumer;
pub(crate) mod destroy;
pub(crate) mod help;
pub(crate) mod setid;

use crate::command::shown;
use crate::command::{Call, Error};
use crate::number::integer;
use crate::stream::{Contents, Group, Stream};

/// What the subcommands with options are told.
#[derive(Default)]
struct Options {
    /// A stream is made if there is none.
    is_made: bool,
    /// Up to the last delivered entry there were so many.
    read: Option<i64>,
}

impl Options {
    /// Of what follows the id.
    fn parse(args: &[&[u8]], may_make: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut words = &args[5..];
        while let [word, rest @ ..] = words {
            words = match rest {
                _ if may_make && word.eq_ignore_ascii_case(b"mkstream") => {
                    options.is_made = true;
                    rest
                }
                [read, rest @ ..] if word.eq_ignore_ascii_case(b"entriesread") => {
                    let read = integer(read).ok_or(Error::NotInteger)?;
                    if read < -1 {
                        return Err(Error::text(
                            "ERR value for ENTRIESREAD must be positive or -1",
                        ));
                    }
                    options.read = Some(read).filter(|read| *read >= 0);
                    rest
                }
                _ => return Err(Error::subcommand_syntax(args)),
            };
        }
        Ok(options)
    }
}

/// The stream that a subcommand is about.
fn stream<'a>(call: &'a mut Call<'_>) -> Result<&'a Contents, Error> {
    let found = call.keys.view::<Stream>(call.args[2])?;
    found.ok_or(Error::text(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the \
         MKSTREAM option to create an empty stream automatically.",
    ))
}

/// The group that a subcommand is about.
fn group<'a>(call: &'a mut Call<'_>) -> Result<&'a Group, Error> {
    let (key, name) = (call.args[2], call.args[3]);
    let group = stream(call)?.group(name);
    group.ok_or_else(|| no_group(key, name))
}

/// There is no such group of the stream.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> Error {
    let (key, group) = (shown(key), shown(group));
    let words = format!("NOGROUP No such consumer group '{group}' for key name '{key}'");
    Error::Other(words.into())
}
