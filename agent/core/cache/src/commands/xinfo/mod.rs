//! `XINFO subcommand ...`

pub(crate) mod consumers;
pub(crate) mod groups;
pub(crate) mod help;
pub(crate) mod stream;

use crate::reply::Reply;

/// A number by its name, if it is known.
fn known(name: &str, number: Option<i64>, reply: &mut Reply) {
    reply.bulk(name.as_bytes());
    match number {
        Some(number) => reply.integer(number),
        None => reply.null(),
    }
}

/// A number by its name.
fn number(name: &str, number: i64, reply: &mut Reply) {
    known(name, Some(number), reply);
}
