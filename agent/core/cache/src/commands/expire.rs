//! `EXPIRE key seconds [NX | XX | GT | LT ...]`

use crate::command::{Call, Error, Unit, expire};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    expire(call, Unit::Seconds, "expire")
}
