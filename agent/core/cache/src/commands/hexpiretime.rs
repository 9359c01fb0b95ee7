//! `HEXPIRETIME key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hexpiretime/>

use crate::command::{Call, Error};
use crate::hash::time::tell;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    tell(call, "hexpiretime", |at, _| (at + 999) / 1000)
}
