//! `LSET key index element`

use crate::command::{Call, Error};
use crate::list::{List, ListChange, index};
use crate::notice::Class;
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, at, element] = call.args else {
        unreachable!("its arity says so");
    };
    let Some(list) = call.keys.view::<List>(key)? else {
        return Err(Error::NoSuchKey);
    };
    let at = integer(at).ok_or(Error::NotInteger)?;
    let index = index(at, list.len()).ok_or(Error::IndexOutOfRange)?;
    call.keys.edit::<List, _>(key, |list| {
        list.apply(&ListChange::Set { index, element });
        list.notify(Class::LIST, "lset");
    })?;
    call.reply.ok();
    Ok(())
}
