//! A message's head: found, bounded and taken apart, strictly.
//!
//! RFC 9112 lets a recipient be lenient in places where two recipients then differ, which is how requests are smuggled. Nothing is
//! guessed here: a line ends with CRLF, a name is a token directly before its colon, nothing is folded, no control character is in
//! a value. What is refused is answered and the connection ends.

use std::ops::Range;

use crate::mutation::mutated;

use super::Bad;
use super::field::Known;

/// The most bytes of a head.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a target.
pub(crate) const TARGET_BYTES_MAX: usize = 16 * 1024;
/// The most headers.
pub(crate) const FIELDS_MAX: usize = 128;

/// One header, as places in the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) known: Known,
    line: u32,
    name_end: u32,
    value: u32,
    value_end: u32,
}

impl Field {
    pub(crate) fn name<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        &head[self.line as usize..self.name_end as usize]
    }

    pub(crate) fn value<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        &head[self.value as usize..self.value_end as usize]
    }
}

/// Where a head ends, if it is all there: behind its empty line. What was looked at before (`seen` bytes) is not again.
pub(crate) fn end(bytes: &[u8], seen: usize) -> Result<Option<usize>, Bad> {
    let from = seen.saturating_sub(3);
    let found = memchr::memmem::find(&bytes[from..], b"\r\n\r\n");
    match found {
        Some(at) if from + at + 4 <= HEAD_BYTES_MAX => Ok(Some(from + at + 4)),
        None if bytes.len() < HEAD_BYTES_MAX => bare_line_end(bytes, seen).map(|()| None),
        _ => Err(Bad::HeadTooLong),
    }
}

/// Who ends lines with LF alone is told so, rather than waited for.
fn bare_line_end(bytes: &[u8], seen: usize) -> Result<(), Bad> {
    let mut ends = memchr::memchr_iter(b'\n', &bytes[seen..]).map(|at| seen + at);
    match ends.any(|at| at == 0 || bytes[at - 1] != b'\r') {
        true => Err(Bad::LineEnd),
        false => Ok(()),
    }
}

/// The next line's place, without its CRLF.
pub(crate) fn line(head: &[u8], from: usize) -> Result<Range<usize>, Bad> {
    let end = from + memchr::memchr(b'\n', &head[from..]).ok_or(Bad::LineEnd)?;
    if end == from || head[end - 1] != b'\r' {
        return Err(Bad::LineEnd);
    }
    Ok(from..end - 1)
}

/// The headers of a head from here to its end, where its empty line is.
pub(crate) fn fields(head: &[u8], mut from: usize, fields: &mut Vec<Field>) -> Result<(), Bad> {
    fields.clear();
    loop {
        let line = line(head, from)?;
        if line.is_empty() {
            return Ok(());
        }
        if fields.len() == FIELDS_MAX {
            return Err(Bad::TooManyFields);
        }
        from = line.end + 2;
        fields.push(field(head, line)?);
    }
}

fn field(head: &[u8], line: Range<usize>) -> Result<Field, Bad> {
    let bytes = &head[line.clone()];
    if matches!(bytes[0], b' ' | b'\t') && !mutated("folded-field") {
        return Err(Bad::Folded);
    }
    let is_name = |byte: u8| is_token(byte) || (byte == b' ' && mutated("folded-field"));
    let colon = bytes.iter().position(|byte| !is_name(*byte));
    let colon = colon.filter(|at| *at > 0 && bytes[*at] == b':');
    let colon = colon.ok_or(Bad::FieldName)?;
    let raw = &bytes[colon + 1..];
    if !raw.iter().all(|byte| is_value(*byte)) && !mutated("control-in-value") {
        return Err(Bad::FieldValue);
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = raw.iter().take_while(|byte| is_space(byte)).count();
    let behind = raw[begin..].iter().rev().take_while(|byte| is_space(byte));
    let value = line.start + colon + 1 + begin;
    let value_end = line.end - behind.count();
    Ok(Field {
        known: Known::of(&bytes[..colon]),
        line: line.start as u32,
        name_end: (line.start + colon) as u32,
        value: value as u32,
        value_end: value_end as u32,
    })
}

/// A character of a token (RFC 9110, section 5.6.2).
pub(crate) const fn is_token(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// A character of a header's value: visible, space, tab, or above ASCII.
pub(crate) const fn is_value(byte: u8) -> bool {
    CLASSES[byte as usize] & VALUE != 0
}

/// A character of a target: visible ASCII. What is above it is percent-encoded by who keeps to RFC 3986, and read in two ways if not.
/// A fragment is none of a request's (RFC 9112, section 3.2): who routes by it and who cuts it off would see two paths.
pub(crate) const fn is_target(byte: u8) -> bool {
    CLASSES[byte as usize] & TARGET != 0
}

const TOKEN: u8 = 1;
const VALUE: u8 = 2;
const TARGET: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        let is_mark = matches!(
            it,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        );
        if it.is_ascii_alphanumeric() || is_mark {
            classes[byte] |= TOKEN;
        }
        if it == b'\t' || (it >= b' ' && it != 0x7f) {
            classes[byte] |= VALUE;
        }
        if it.is_ascii_graphic() && it != b'#' {
            classes[byte] |= TARGET;
        }
        byte += 1;
    }
    classes
};
