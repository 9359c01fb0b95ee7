//! `BLPOP key [key ...] timeout`

use crate::command::{Call, Error};
use crate::list::{End, waiting};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    waiting::pop(call, End::Head)
}
