//! `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`

use crate::command::{Call, Error};
use crate::sorted_set::range::{self, By, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let form = Form {
        by: Some(By::Score),
        down: Some(false),
        source: 1,
    };
    range::run(call, form)
}
