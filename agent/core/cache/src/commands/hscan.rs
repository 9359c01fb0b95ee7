//! `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
//!
//! `NOVALUES` since Redis 7.4: <https://redis.io/docs/latest/commands/hscan/>.

use crate::command::{Call, Error};
use crate::hash::Hash;
use crate::scan::{Options, answer_nothing, cursor};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, from, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let from = cursor(from)?;
    let Some(hash) = call.keys.view::<Hash>(key)? else {
        answer_nothing(call.reply);
        return Ok(());
    };
    let options = Options::parse(options, true)?;
    let part = options.walk(from, |cursor| hash.walk(cursor), || hash.iter().collect());
    options.answer(call.reply, part);
    Ok(())
}
