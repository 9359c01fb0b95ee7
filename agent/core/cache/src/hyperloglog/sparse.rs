//! Runs of registers that have the same value: `00nnnnnn` are n + 1 zeros, `01nnnnnn nnnnnnnn` as well, and `1vvvvvnn` is n + 1
//! times the value v + 1.

use std::ops::Range;

use super::{Flaw, HEADER, REGISTERS, Registers};

/// No register is set.
pub(super) const EMPTY: [u8; 2] = [0x7f, 0xff];

const ZEROS_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUES_MAX: usize = 4;

/// A run, and the bytes that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    bytes: Range<usize>,
    pub(crate) length: usize,
    /// 0 for zeros.
    pub(crate) value: u8,
    /// Whether it is written with two bytes.
    pub(crate) is_long: bool,
}

/// The runs from a byte on.
pub(crate) fn runs(body: &[u8], from: usize) -> impl Iterator<Item = Run> {
    let mut at = from;
    std::iter::from_fn(move || {
        let run = run(body, at)?;
        at = run.bytes.end;
        Some(run)
    })
}

fn run(body: &[u8], at: usize) -> Option<Run> {
    let first = *body.get(at)?;
    let low = usize::from(first & 0x3f);
    let (length, value) = match first >> 6 {
        0 => (low + 1, 0),
        1 => {
            let second = body.get(at + 1).copied().unwrap_or(0);
            ((low << 8 | usize::from(second)) + 1, 0)
        }
        _ => (usize::from(first & 3) + 1, (first >> 2 & 0x1f) + 1),
    };
    let is_long = first >> 6 == 1;
    Some(Run {
        bytes: at..at + 1 + usize::from(is_long),
        length,
        value,
        is_long,
    })
}

/// Writes a run behind others: none, if it has no length.
fn push(out: &mut Vec<u8>, length: usize, value: u8) {
    match (length, value) {
        (0, _) => {}
        (..=ZEROS_MAX, 0) => out.push((length - 1) as u8),
        (_, 0) => out.extend_from_slice(&[0x40 | ((length - 1) >> 8) as u8, (length - 1) as u8]),
        _ => out.push(value_run(length, value)),
    }
}

const fn value_run(length: usize, value: u8) -> u8 {
    0x80 | (value - 1) << 2 | (length - 1) as u8
}

/// Raises a register of a whole HyperLogLog if it is lower, and says whether it was; `None` if that cannot be written, or makes it
/// longer than it may be.
pub(super) fn raise(
    bytes: &mut Vec<u8>,
    register: usize,
    to: u8,
    bytes_max: usize,
) -> Result<Option<bool>, Flaw> {
    if to > VALUE_MAX {
        return Ok(None);
    }
    let body = &bytes[HEADER..];
    let (mut first, mut before, mut found) = (0, 0, None);
    for run in runs(body, 0) {
        if register < first + run.length {
            found = Some(run);
            break;
        }
        first += run.length;
        before = run.bytes.start;
    }
    // The last run may be cut short.
    let run = found.filter(|run| run.bytes.end <= body.len());
    let run = run.ok_or(Flaw::Damaged)?;
    if run.value >= to {
        return Ok(Some(false));
    }
    let mut with = Vec::with_capacity(5);
    push(&mut with, register - first, run.value);
    push(&mut with, 1, to);
    push(&mut with, first + run.length - register - 1, run.value);
    let range = HEADER + run.bytes.start..HEADER + run.bytes.end;
    let length = bytes.len() - range.len() + with.len();
    if with.len() > range.len() && length > bytes_max {
        return Ok(None);
    }
    bytes.splice(range, with);
    join(bytes, HEADER + before);
    bytes[super::CACHE_END] |= super::STALE;
    Ok(Some(true))
}

/// Joins runs of the same value, of the five runs from a byte on, as far as a run can be that long.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    const LOOKED_AT: usize = 5;
    for _ in 0..LOOKED_AT {
        let Some(one) = run(bytes, at) else {
            return;
        };
        let next = run(bytes, one.bytes.end).filter(|next| next.value == one.value);
        match next {
            Some(next) if one.value > 0 && one.length + next.length <= VALUES_MAX => {
                bytes[next.bytes.start] = value_run(one.length + next.length, one.value);
                bytes.remove(at);
            }
            _ => at = one.bytes.end,
        }
    }
}

/// Raises registers to those that are written.
pub(super) fn merge_into(body: &[u8], all: &mut Registers) -> Result<(), Flaw> {
    let mut first = 0;
    for run in runs(body, 0) {
        let end = first + run.length;
        let registers = all.get_mut(first..end).ok_or(Flaw::Damaged)?;
        if run.value > 0 {
            let raised = registers.iter_mut();
            raised.for_each(|register| *register = run.value.max(*register));
        }
        first = end;
    }
    (first == REGISTERS).then_some(()).ok_or(Flaw::Damaged)
}

pub(super) fn histogram(body: &[u8]) -> Result<[u32; 64], Flaw> {
    let (mut histogram, mut count) = ([0_u32; 64], 0);
    for run in runs(body, 0) {
        count += run.length;
        if count > REGISTERS {
            return Err(Flaw::Damaged);
        }
        histogram[usize::from(run.value)] += run.length as u32;
    }
    (count == REGISTERS)
        .then_some(histogram)
        .ok_or(Flaw::Damaged)
}
