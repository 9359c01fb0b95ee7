//! `HPERSIST key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hpersist/>

use crate::command::{Call, Error};
use crate::hash::time::persist;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    persist(call)
}
