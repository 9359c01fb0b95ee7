//! `SSCAN key cursor [MATCH pattern] [COUNT count]`

use crate::command::{Call, Error};
use crate::scan::{Options, answer_nothing, cursor};
use crate::set::Set;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, from, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let from = cursor(from)?;
    let Some(set) = call.keys.view::<Set>(key)? else {
        answer_nothing(call.reply);
        return Ok(());
    };
    let options = Options::parse(options, false)?;
    let all = || set.iter().map(|member| (member, [].as_slice())).collect();
    let part = options.walk(from, |cursor| set.walk(cursor), all);
    options.answer(call.reply, part);
    Ok(())
}
