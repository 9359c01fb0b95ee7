//! `BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset increment ...]`

use crate::bitmap::field::{Field, Operation, Step};
use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    let steps = Step::parse(&call.args[2..])?;
    call.keys.set_reads(!steps.iter().any(Step::changes));
    let length = call.keys.string(key)?.map_or(0, <[u8]>::len);
    let changing = steps.iter().filter(|step| step.changes());
    let needed = changing.map(|step| step.field.end()).max();
    let grows = needed.is_some_and(|needed| needed > length);
    match needed {
        Some(needed) if grows => call.keys.splice_string(key, needed, 0, &[]),
        Some(_) => call.keys.show_raw(key),
        None => {}
    }
    call.keys.set_reads(false);
    call.reply.array(steps.len());
    let mut is_changed = false;
    for step in &steps {
        is_changed |= carry_out(call, key, step, grows)?;
    }
    if is_changed {
        call.keys.notify(Class::STRING, "setbit", key);
    }
    Ok(())
}

/// Answers a step; whether it counts as a change, which it does, too, when the string grew for it.
fn carry_out(call: &mut Call<'_>, key: &[u8], step: &Step, grows: bool) -> Result<bool, Error> {
    let Step { field, operation } = step;
    let string = call.keys.string(key)?.unwrap_or_default();
    let before = field.value(string);
    let after = match *operation {
        Operation::Get => Some(before),
        Operation::Set { value, overflow } => field.fit_set(value, overflow),
        Operation::Add { number, overflow } => {
            field.fit(before.saturating_add(i128::from(number)), overflow)
        }
    };
    let Some(after) = after else {
        call.reply.null();
        return Ok(false);
    };
    if after != before {
        put(call, key, field, after)?;
    }
    let shows_before = matches!(operation, Operation::Set { .. });
    let shown = if shows_before { before } else { after };
    call.reply.integer(shown as i64);
    Ok(step.changes() && (grows || after != before))
}

fn put(call: &mut Call<'_>, key: &[u8], field: &Field, value: i128) -> Result<(), Error> {
    let string = call.keys.string(key)?.unwrap_or_default();
    let (bytes, count) = field.bytes(string, value);
    call.keys
        .splice_string(key, field.start(), count, &bytes[..count]);
    Ok(())
}
