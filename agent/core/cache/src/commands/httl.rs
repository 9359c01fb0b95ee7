//! `HTTL key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/httl/>

use crate::command::{Call, Error};
use crate::hash::time::tell;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    tell(call, "httl", |at, now| (at - now + 999) / 1000)
}
