//! How long a message's body is (RFC 9112, section 6), without a doubt that two recipients could read in two ways.

use crate::mutation::mutated;

use super::Bad;
use super::field::{Known, elements};
use super::head::Field;

/// What a head says of its body's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// It says nothing.
    Absent,
    Length(u64),
    Chunked,
}

/// What these headers say, in a message of HTTP/1.1 or 1.0. Two lengths are refused even if they are equal, and a length beside a
/// coding is: RFC 9112 allows to mend them, and whoever sends them is not worth it.
pub(crate) fn of(head: &[u8], fields: &[Field], is_1_1: bool) -> Result<Framing, Bad> {
    let mut framing = Framing::Absent;
    for field in fields {
        let value = field.value(head);
        match field.known {
            Known::ContentLength if framing == Framing::Chunked && mutated("two-lengths") => {}
            Known::ContentLength if framing == Framing::Chunked => {
                return Err(Bad::TransferEncoding);
            }
            Known::ContentLength if framing == Framing::Absent => {
                framing = Framing::Length(number(value).ok_or(Bad::ContentLength)?);
            }
            Known::ContentLength => return Err(Bad::ContentLength),
            Known::TransferEncoding if framing != Framing::Absent || !is_1_1 => {
                return Err(Bad::TransferEncoding);
            }
            Known::TransferEncoding => {
                coding(value)?;
                framing = Framing::Chunked;
            }
            _ => {}
        }
    }
    Ok(framing)
}

/// Digits and nothing else: no sign, no list, nothing too large.
fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

fn coding(value: &[u8]) -> Result<(), Bad> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = elements(value);
    match codings.any(|it| it.eq_ignore_ascii_case(b"chunked")) || value.is_empty() {
        true => Err(Bad::TransferEncoding),
        false => Err(Bad::UnknownCoding),
    }
}
