//! `HPTTL key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hpttl/>

use crate::command::{Call, Error};
use crate::hash::time::tell;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    tell(call, "hpttl", |at, now| at - now)
}
