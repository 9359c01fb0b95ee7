//! `PFMERGE destination [source ...]`

use super::pfadd::put;
use crate::command::{Call, Error};
use crate::hyperloglog::{Encoding, REGISTERS, Sketch, View};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, keys) = (call.args[1], &call.args[1..]);
    let mut registers = [0; REGISTERS];
    let mut is_dense = false;
    call.keys.set_reads(true);
    for key in keys {
        if let Some(string) = call.keys.string(key)? {
            let view = View::of(string)?;
            is_dense |= view.encoding() == Encoding::Dense;
            view.merge_into(&mut registers)?;
        }
    }
    call.keys.set_reads(false);
    let bytes_max = call.keys.partition(key).limits.hyperloglog_sparse_bytes;
    let view = call.keys.string(key)?.map(View::of).transpose()?;
    let mut sketch = view.map_or_else(Sketch::empty, Sketch::of);
    if is_dense {
        sketch.make_dense()?;
    }
    for (register, to) in registers.iter().enumerate() {
        if *to > 0 {
            sketch.raise(register, *to, bytes_max)?;
        }
    }
    sketch.make_stale();
    put(call, key, &sketch)?;
    call.keys.notify(Class::STRING, "pfadd", key);
    call.reply.ok();
    Ok(())
}
