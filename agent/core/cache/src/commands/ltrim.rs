//! `LTRIM key start stop`

use crate::command::{Call, Error};
use crate::list::{End, List, ListChange, range};
use crate::notice::Class;
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, start, end] = call.args else {
        unreachable!("its arity says so");
    };
    let start = integer(start).ok_or(Error::NotInteger)?;
    let end = integer(end).ok_or(Error::NotInteger)?;
    if call.keys.view::<List>(key)?.is_some() {
        call.keys.edit::<List, _>(key, |list| {
            let length = list.now().view().len();
            let left = range(start, end, length);
            let gone = if left.is_empty() {
                [(End::Head, length), (End::Tail, 0)]
            } else {
                [(End::Tail, length - left.end), (End::Head, left.start)]
            };
            for (end, count) in gone {
                if count > 0 {
                    list.apply(&ListChange::Pop { end, count });
                }
            }
            list.tell();
            list.notify(Class::LIST, "ltrim");
        })?;
    }
    call.reply.ok();
    Ok(())
}
