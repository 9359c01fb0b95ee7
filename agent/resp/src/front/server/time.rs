//! `TIME`

use std::time::{SystemTime, UNIX_EPOCH};

use synod_cache::command::Error;

use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let reply = &mut call.session.reply;
    reply.array(2);
    reply.bulk(now.as_secs().to_string().as_bytes());
    reply.bulk(now.subsec_micros().to_string().as_bytes());
    Ok(())
}
