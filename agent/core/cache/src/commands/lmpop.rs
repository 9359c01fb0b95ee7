//! `LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count]`

use crate::command::{Call, Error};
use crate::list::popping::{Asked, pop_of_several};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let asked = Asked::parse(&call.args[1..])?;
    pop_of_several(call, &asked)
}
