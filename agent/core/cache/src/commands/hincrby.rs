//! `HINCRBY key field increment`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, field) = (call.args[1], call.args[2]);
    let increment = integer(call.args[3]).ok_or(Error::NotInteger)?;
    let sum = call.keys.edit::<Hash, Result<_, Error>>(key, |hash| {
        let (value, expiry) = match hash.now().view().entry(field) {
            None => (0, None),
            Some((value, expiry)) => {
                let error = Error::text("ERR hash value is not an integer");
                (integer(value).ok_or(error)?, expiry)
            }
        };
        let sum = value.checked_add(increment).ok_or(Error::Overflow)?;
        hash.apply(&HashChange::Put {
            field,
            value: itoa::Buffer::new().format(sum).as_bytes(),
            expiry,
        });
        hash.notify(Class::HASH, "hincrby");
        Ok(sum)
    })??;
    call.reply.integer(sum);
    Ok(())
}
