//! `ZINCRBY key increment member`

use crate::command::{Call, Error};
use crate::sorted_set::add::{self, Rules};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let mut rules = Rules {
        increment: true,
        ..Rules::default()
    };
    let pair = rules.parse(&call.args[2..]);
    add::run(call, rules, pair)
}
