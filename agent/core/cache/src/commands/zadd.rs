//! `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`

use crate::command::{Call, Error};
use crate::sorted_set::add::{self, Rules};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let mut rules = Rules::default();
    let pairs = rules.parse(&call.args[2..]);
    add::run(call, rules, pairs)
}
