//! `PFSELFTEST`

use crate::command::{Call, Error};
use crate::hyperloglog::{Sketch, View, estimate, place};

/// Counts so many strings, and asks that the estimate is never further from the number than eight times its usual error.
pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    const STRINGS: u64 = 100_000;
    const USUAL_ERROR: f64 = 0.0081;
    let mut sketch = Sketch::empty();
    for number in 1..=STRINGS {
        let (register, to) = place(&number.to_le_bytes());
        sketch.raise(register, to, 3000)?;
        let is_looked_at = number.is_power_of_two() || number == STRINGS;
        if is_looked_at {
            let view = View::of(sketch.view().bytes())?;
            let off = estimate(&view.histogram()?).abs_diff(number);
            if off as f64 > 8.0 * USUAL_ERROR * number as f64 {
                return Err(Error::Other(
                    format!("TESTFAILED Estimate is off by {off} of {number}").into(),
                ));
            }
        }
    }
    call.reply.ok();
    Ok(())
}
