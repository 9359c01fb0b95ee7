//! `PTTL key`: in so many milliseconds it expires; -1 if it does not, -2 if it is not there.

use crate::command::{Call, Error, expiry_of};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let now = call.keys.now();
    expiry_of(call, |at| (at - now).max(0));
    Ok(())
}
