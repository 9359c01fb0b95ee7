//! `SWAPDB index index`: each database has the keys of the other from now on.

use crate::command::{Call, Error};
use crate::number::integer;
use crate::partition::DATABASES;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let number = |text: &[u8]| integer(text).and_then(|number| i32::try_from(number).ok());
    let first = number(call.args[1]).ok_or(Error::text("ERR invalid first DB index"))?;
    let second = number(call.args[2]).ok_or(Error::text("ERR invalid second DB index"))?;
    let known = |number: i32| {
        let number = usize::try_from(number).ok();
        let known = number.filter(|number| *number < DATABASES);
        known.ok_or(Error::text("ERR DB index is out of range"))
    };
    let (first, second) = (known(first)?, known(second)?);
    call.keys.partitions().for_each(|it| it.swap(first, second));
    call.reply.ok();
    Ok(())
}
