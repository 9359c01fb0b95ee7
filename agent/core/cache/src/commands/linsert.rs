//! `LINSERT key BEFORE | AFTER pivot element`

use crate::command::{Call, Error};
use crate::list::{End, List, ListChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, side, pivot, element] = call.args else {
        unreachable!("its arity says so");
    };
    let behind = if side.eq_ignore_ascii_case(b"after") {
        1
    } else if side.eq_ignore_ascii_case(b"before") {
        0
    } else {
        return Err(Error::Syntax);
    };
    let Some(list) = call.keys.view::<List>(key)? else {
        call.reply.integer(0);
        return Ok(());
    };
    let Some(found) = list
        .run_from(End::Head)
        .position(|own| own.bytes() == *pivot)
    else {
        call.reply.integer(-1);
        return Ok(());
    };
    let index = found + behind;
    let length = call.keys.edit::<List, _>(key, |list| {
        list.apply(&ListChange::Insert { index, element });
        list.notify(Class::LIST, "linsert");
        list.now().view().len()
    })?;
    call.reply.count(length);
    Ok(())
}
