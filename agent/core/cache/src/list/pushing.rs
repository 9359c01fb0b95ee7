//! What all commands do that put elements at an end of a list.

use super::{Elements, End, List, ListChange};
use crate::command::{Call, Error};
use crate::notice::Class;

/// `LPUSH`, `RPUSH`, and if the list is to be there already, `LPUSHX` and `RPUSHX`: `key element [element ...]`
pub(crate) fn push(call: &mut Call<'_>, end: End, only_known: bool) -> Result<(), Error> {
    let [_, key, elements @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    if only_known && call.keys.view::<List>(key)?.is_none() {
        call.reply.integer(0);
        return Ok(());
    }
    let elements = Elements::Given(elements);
    let length = call.keys.edit::<List, _>(key, |list| {
        list.apply(&ListChange::Push { end, elements });
        list.notify(Class::LIST, event(end));
        list.now().view().len()
    })?;
    call.reply.count(length);
    Ok(())
}

/// What is told of it.
pub(super) const fn event(end: End) -> &'static str {
    match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    }
}
