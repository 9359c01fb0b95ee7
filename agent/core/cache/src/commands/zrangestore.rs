//! `ZRANGESTORE destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`

use crate::command::{Call, Error};
use crate::sorted_set::range::{self, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let form = Form {
        by: None,
        down: None,
        source: 2,
    };
    range::run(call, form)
}
