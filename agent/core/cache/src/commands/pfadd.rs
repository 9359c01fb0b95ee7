//! `PFADD key [element ...]`

use crate::command::{Call, Error};
use crate::hyperloglog::{CACHE_END, Encoding, STALE, Sketch, View, dense, place};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, elements) = (call.args[1], &call.args[2..]);
    let view = call.keys.string(key)?.map(View::of).transpose()?;
    let is_changed = match view {
        Some(view) if view.encoding() == Encoding::Dense => add_dense(call, key, elements)?,
        _ => add_sparse(call, key, elements)?,
    };
    if is_changed {
        call.keys.notify(Class::STRING, "pfadd", key);
    }
    call.reply.integer(i64::from(is_changed));
    Ok(())
}

/// Of many registers, only those that are raised are written.
fn add_dense(call: &mut Call<'_>, key: &[u8], elements: &[&[u8]]) -> Result<bool, Error> {
    let mut is_changed = false;
    for element in elements {
        let (register, to) = place(element);
        let string = call.keys.string(key)?.unwrap_or_default();
        let body = View::of(string)?.body();
        if dense::get(body, register) < to {
            let (bytes, count, at) = dense::written(body, register, to);
            let at = at + string.len() - body.len();
            call.keys.splice_string(key, at, count, &bytes[..count]);
            is_changed = true;
        }
    }
    let string = call.keys.string(key)?.unwrap_or_default();
    let cache = string[CACHE_END];
    if is_changed && cache & STALE == 0 {
        call.keys.splice_string(key, CACHE_END, 1, &[cache | STALE]);
    }
    Ok(is_changed)
}

fn add_sparse(call: &mut Call<'_>, key: &[u8], elements: &[&[u8]]) -> Result<bool, Error> {
    let bytes_max = call.keys.partition(key).limits.hyperloglog_sparse_bytes;
    let view = call.keys.string(key)?.map(View::of).transpose()?;
    let mut is_changed = view.is_none();
    let mut sketch = view.map_or_else(Sketch::empty, Sketch::of);
    for element in elements {
        let (register, to) = place(element);
        is_changed |= sketch.raise(register, to, bytes_max)?;
    }
    if is_changed {
        sketch.make_stale();
        put(call, key, &sketch)?;
    }
    Ok(is_changed)
}

/// Puts it under a key: of what is there, those bytes are written that become others.
pub(super) fn put(call: &mut Call<'_>, key: &[u8], sketch: &Sketch) -> Result<(), Error> {
    let (before, after) = (
        call.keys.string(key)?.unwrap_or_default(),
        sketch.view().bytes(),
    );
    let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(before, after)| before == after).count()
    };
    let head = same(&mut before.iter().zip(after));
    let ends = before[head..].iter().rev().zip(after[head..].iter().rev());
    let tail = same(&mut { ends });
    let removed = before.len() - head - tail;
    let with = &after[head..after.len() - tail];
    call.keys.splice_string(key, head, removed, with);
    Ok(())
}
