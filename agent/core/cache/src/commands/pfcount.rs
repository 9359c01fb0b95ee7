//! `PFCOUNT key [key ...]`

use crate::command::{Call, Error};
use crate::hyperloglog::{CACHE, REGISTERS, View, estimate, histogram};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let count = match &call.args[1..] {
        [key] => count_one(call, key)?,
        keys => count_all(call, keys)?,
    };
    call.reply.integer(count.cast_signed());
    Ok(())
}

/// Keeps the estimate with the registers, for the next one who asks. Who reads what another one writes does not.
fn count_one(call: &mut Call<'_>, key: &[u8]) -> Result<u64, Error> {
    let Some(view) = call.keys.string(key)?.map(View::of).transpose()? else {
        return Ok(0);
    };
    if let Some(cached) = view.cached() {
        return Ok(cached);
    }
    let count = estimate(&view.histogram()?);
    if call.keys.partition(key).is_primary() {
        let cache = count.to_le_bytes();
        call.keys.splice_string(key, CACHE, cache.len(), &cache);
    }
    Ok(count)
}

fn count_all(call: &mut Call<'_>, keys: &[&[u8]]) -> Result<u64, Error> {
    let mut registers = [0; REGISTERS];
    for key in keys {
        if let Some(string) = call.keys.string(key)? {
            View::of(string)?.merge_into(&mut registers)?;
        }
    }
    Ok(estimate(&histogram(&registers)))
}
