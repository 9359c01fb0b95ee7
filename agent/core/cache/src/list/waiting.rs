//! What all commands do that wait for a list.

use super::End;
use super::moving::{Ends, move_one};
use super::popping::{Asked, pop_first};
use crate::command::{Call, Empty, Error, timeout};
use crate::keyspace::Kind;

/// `BLPOP`, `BRPOP`: `key [key ...] timeout`
pub(crate) fn pop(call: &mut Call<'_>, end: End) -> Result<(), Error> {
    let [_, keys @ .., at_most] = call.args else {
        unreachable!("its arity says so");
    };
    let at_most = timeout(at_most, call.keys.now())?;
    pop_or_wait(call, keys, end, None, at_most)
}

/// `BLMPOP timeout …`
pub(crate) fn pop_of_several(
    call: &mut Call<'_>,
    asked: &Asked<'_>,
    at_most: Option<u64>,
) -> Result<(), Error> {
    pop_or_wait(call, asked.keys, asked.end, Some(asked.count), at_most)
}

fn pop_or_wait(
    call: &mut Call<'_>,
    keys: &[&[u8]],
    end: End,
    count: Option<usize>,
    at_most: Option<u64>,
) -> Result<(), Error> {
    if waits_on(call, keys) || !pop_first(call, keys, end, count)? {
        call.wait_for(keys, at_most, Empty::NullArray);
    }
    Ok(())
}

/// `BLMOVE`, `BRPOPLPUSH`: `source destination …`
pub(crate) fn move_or_wait(
    call: &mut Call<'_>,
    ends: Ends,
    at_most: Option<u64>,
) -> Result<(), Error> {
    let source = &call.args[1..2];
    if !waits_on(call, source) && move_one(call, ends)? {
        return Ok(());
    }
    if call.may_wait {
        call.wait_for(source, at_most, Empty::NullArray);
    } else {
        call.reply.null();
    }
    Ok(())
}

/// Whether a command that has waited goes on waiting: none of its keys is a list, though one may have become something else, for
/// which a command that comes now would fail.
fn waits_on(call: &mut Call<'_>, keys: &[&[u8]]) -> bool {
    call.has_waited
        && !keys
            .iter()
            .any(|key| call.keys.kind(key) == Some(Kind::List))
}
