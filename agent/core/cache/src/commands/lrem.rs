//! `LREM key count element`

use crate::command::{Call, Error};
use crate::list::{End, List, ListChange, symmetric};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, count, element] = call.args else {
        unreachable!("its arity says so");
    };
    let count = symmetric(count)?;
    let end = if count < 0 { End::Tail } else { End::Head };
    let count = match usize::try_from(count.unsigned_abs()) {
        Ok(1..) => count.unsigned_abs() as usize,
        _ => usize::MAX,
    };
    let Some(list) = call.keys.view::<List>(key)? else {
        call.reply.integer(0);
        return Ok(());
    };
    if !list.run_from(end).any(|own| own.bytes() == *element) {
        call.reply.integer(0);
        return Ok(());
    }
    let dropped = call.keys.edit::<List, _>(key, |list| {
        let dropped = list.apply(&ListChange::Drop {
            element,
            end,
            count,
        });
        list.notify(Class::LIST, "lrem");
        dropped
    })?;
    call.reply.count(dropped);
    Ok(())
}
