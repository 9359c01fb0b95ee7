//! `GEORADIUS key longitude latitude radius M | KM | FT | MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]
//! [STORE key | STOREDIST key]`

use crate::command::{Call, Error};
use crate::geo::search::{self, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    search::run(call, Form::Around { stores: true })
}
