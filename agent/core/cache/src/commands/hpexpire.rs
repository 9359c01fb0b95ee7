//! `HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hpexpire/>

use crate::command::{Call, Error, Unit};
use crate::hash::time::expire;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    expire(call, Unit::Milliseconds, "hpexpire")
}
