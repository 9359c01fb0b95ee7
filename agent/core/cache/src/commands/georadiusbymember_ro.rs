//! `GEORADIUSBYMEMBER_RO key member radius M | KM | FT | MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`

use crate::command::{Call, Error};
use crate::geo::search::{self, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    search::run(call, Form::AroundMember { stores: false })
}
