//! `TTL key`: in so many seconds it expires; -1 if it does not, -2 if it is not there.

use crate::command::{Call, Error, expiry_of, in_seconds};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let now = call.keys.now();
    expiry_of(call, |at| in_seconds((at - now).max(0)));
    Ok(())
}
