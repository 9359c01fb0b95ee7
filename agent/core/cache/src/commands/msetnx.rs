//! `MSETNX key value [key value ...]`

use super::mset::put;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let pairs = &call.args[1..];
    if pairs.len() % 2 == 1 {
        return Err(Error::Arity("msetnx"));
    }
    let mut keys = pairs.iter().step_by(2);
    let are_new = keys.all(|key| call.keys.find(key).is_none());
    if are_new {
        put(call, pairs);
    }
    call.reply.integer(i64::from(are_new));
    Ok(())
}
