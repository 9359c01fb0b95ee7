//! `HMSET key field value [field value ...]`

use super::hset::set;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    set(call, "hmset")?;
    call.reply.ok();
    Ok(())
}
