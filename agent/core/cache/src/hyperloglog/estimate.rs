//! From registers to a number of strings: O. Ertl, arXiv:1702.01284, algorithm 6.

use super::{REGISTERS, RUN_BITS};

/// 1 / (2 ln 2)
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// The estimate for so many registers of each value.
pub(crate) fn estimate(histogram: &[u32; 64]) -> u64 {
    let registers = REGISTERS as f64;
    let of = |value: u32| f64::from(histogram[value as usize]);
    let mut sum = registers * tau((registers - of(RUN_BITS + 1)) / registers);
    for value in (1..=RUN_BITS).rev() {
        sum += of(value);
        sum *= 0.5;
    }
    sum += registers * sigma(of(0) / registers);
    // It is infinite for registers that nothing was counted in that way.
    let estimate = (ALPHA * registers * registers / sum).round() as i64;
    estimate.cast_unsigned()
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if before == z {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if before == z {
            return z / 3.0;
        }
    }
}
