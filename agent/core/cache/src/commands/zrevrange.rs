//! `ZREVRANGE key start stop [WITHSCORES]`

use crate::command::{Call, Error};
use crate::sorted_set::range::{self, By, Form};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let form = Form {
        by: Some(By::Rank),
        down: Some(true),
        source: 1,
    };
    range::run(call, form)
}
