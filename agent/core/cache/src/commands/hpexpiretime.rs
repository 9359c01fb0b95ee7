//! `HPEXPIRETIME key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hpexpiretime/>

use crate::command::{Call, Error};
use crate::hash::time::tell;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    tell(call, "hpexpiretime", |at, _| at)
}
