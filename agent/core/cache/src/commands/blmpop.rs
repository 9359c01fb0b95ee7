//! `BLMPOP timeout numkeys key [key ...] LEFT | RIGHT [COUNT count]`

use crate::command::{Call, Error, timeout};
use crate::list::popping::Asked;
use crate::list::waiting;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, at_most, asked @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let asked = Asked::parse(asked)?;
    let at_most = timeout(at_most, call.keys.now())?;
    waiting::pop_of_several(call, &asked, at_most)
}
