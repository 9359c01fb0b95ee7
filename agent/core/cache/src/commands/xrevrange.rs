//! `XREVRANGE key end start [COUNT count]`

use super::xrange;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    xrange::answer(call, true)
}
