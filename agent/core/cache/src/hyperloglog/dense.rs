//! Registers of six bits each, from the lowest bit of the first byte on.

use super::{HEADER, REGISTERS, Registers};

const BITS: usize = 6;
const MASK: u16 = (1 << BITS) - 1;

/// How long the whole string is.
pub(crate) const BYTES: usize = HEADER + REGISTERS * BITS / 8;

/// Where a register begins: in which byte behind the header, and at which bit.
const fn start(register: usize) -> (usize, usize) {
    (register * BITS / 8, register * BITS % 8)
}

/// The one or two bytes that a register is in.
const fn window(body: &[u8], byte: usize) -> u16 {
    let next = if byte + 1 < body.len() {
        body[byte + 1]
    } else {
        0
    };
    u16::from_le_bytes([body[byte], next])
}

pub(crate) const fn get(body: &[u8], register: usize) -> u8 {
    let (byte, bit) = start(register);
    (window(body, byte) >> bit & MASK) as u8
}

/// The bytes that a register is in after it is set: how many, and where behind the header.
pub(crate) fn written(body: &[u8], register: usize, to: u8) -> ([u8; 2], usize, usize) {
    let (byte, bit) = start(register);
    let window = window(body, byte) & !(MASK << bit) | u16::from(to) << bit;
    let count = if bit + BITS > 8 { 2 } else { 1 };
    (window.to_le_bytes(), count, byte)
}

pub(super) fn set(body: &mut [u8], register: usize, to: u8) {
    let (bytes, count, at) = written(body, register, to);
    body[at..at + count].copy_from_slice(&bytes[..count]);
}

/// All registers in their order: four of them in three bytes.
fn registers(body: &[u8]) -> impl Iterator<Item = u8> {
    body.as_chunks::<3>().0.iter().flat_map(|bytes| {
        let four = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        [0, 6, 12, 18].map(|shift| (four >> shift) as u8 & MASK as u8)
    })
}

pub(super) fn merge_into(body: &[u8], all: &mut Registers) {
    for (register, own) in all.iter_mut().zip(registers(body)) {
        *register = own.max(*register);
    }
}

pub(super) fn histogram(body: &[u8]) -> [u32; 64] {
    let mut histogram = [0; 64];
    registers(body).for_each(|value| histogram[usize::from(value)] += 1);
    histogram
}
