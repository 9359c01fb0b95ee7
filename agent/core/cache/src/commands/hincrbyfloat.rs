//! `HINCRBYFLOAT key field increment`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::long_double::LongDouble;
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, field) = (call.args[1], call.args[2]);
    let increment = LongDouble::parse(call.args[3]).ok_or(Error::NotFloat)?;
    if !increment.is_finite() {
        return Err(Error::text("ERR value is NaN or Infinity"));
    }
    let sum = call.keys.edit::<Hash, Result<_, Error>>(key, |hash| {
        let (value, expiry) = match hash.now().view().entry(field) {
            None => (LongDouble::ZERO, None),
            Some((value, expiry)) => {
                let error = Error::text("ERR hash value is not a float");
                (LongDouble::parse(value).ok_or(error)?, expiry)
            }
        };
        let sum = value.plus(increment);
        let sum = sum.ok_or(Error::text("ERR increment would produce NaN or Infinity"))?;
        let sum = sum.text();
        hash.apply(&HashChange::Put {
            field,
            value: sum.as_bytes(),
            expiry,
        });
        hash.notify(Class::HASH, "hincrbyfloat");
        Ok(sum)
    })??;
    call.reply.bulk(sum.as_bytes());
    Ok(())
}
