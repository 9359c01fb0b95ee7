//! `LPOP key [count]`

use crate::command::{Call, Error};
use crate::list::{End, popping};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    popping::pop(call, End::Head)
}
