//! `BZPOPMIN key [key ...] timeout`

use crate::command::{Call, Error};
use crate::sorted_set::pop::{Answer, End, Pop};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, keys @ .., timeout] = call.args else {
        unreachable!("its arity says so");
    };
    let pop = Pop {
        keys,
        end: End::Min,
        count: 1,
        answer: Answer::FlatWithKey,
    };
    pop.run_or_wait(call, timeout)
}
