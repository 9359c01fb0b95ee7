//! Finds requests in what a client sent. It knows nothing of items, and does nothing.
//!
//! Bounds: a line that asks for keys has at most 1 MiB, any other one 2 KiB; a block of data has no more than an item, what is longer is
//! passed over as it comes.

use super::ITEM_BYTES_MAX;
use super::meta_request;
use super::request::{Refusal, Request};

/// The longest line, in bytes, but for those that ask for keys.
const LINE_BYTES_MAX: usize = 2048;
/// The longest line that asks for keys, in bytes.
const KEYS_BYTES_MAX: usize = 1024 * 1024;
/// What ends a line, and a block.
const END: &[u8] = b"\r\n";

/// Where it is. What it has looked at of a line that is not whole it does not look at again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parser {
    /// Up to where there is no end of the line.
    at: usize,
    /// So many bytes are to be passed over.
    passed: usize,
    needed: usize,
}

/// What was found at the start of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Incomplete,
    /// So many bytes of something that was too large.
    Skipped(usize),
    Request {
        request: Request<'a>,
        /// What follows it, if something does.
        block: &'a [u8],
        /// How long all of it is.
        bytes: usize,
    },
    Refused(Refusal, usize),
    /// What follows the request is too large.
    TooLarge {
        request: Request<'a>,
        /// How long the line is.
        bytes: usize,
    },
    /// A line does not end: the connection is to be closed, when this was said.
    Endless(Option<&'static str>),
}

impl Parser {
    /// How many bytes of input it needs to go on, if it knows.
    pub(crate) const fn needed(&self) -> usize {
        self.needed
    }

    /// Looks at what there is, which has grown since it was incomplete.
    pub(super) fn next<'a>(&mut self, input: &'a [u8]) -> Found<'a> {
        self.needed = 0;
        if self.passed > 0 {
            let passed = self.passed.min(input.len());
            self.passed -= passed;
            return if passed == 0 {
                Found::Incomplete
            } else {
                Found::Skipped(passed)
            };
        }
        let Some(end) = self.line(input) else {
            return if is_endless(input) {
                Found::Endless(
                    (input.len() > KEYS_BYTES_MAX).then_some("CLIENT_ERROR line too long"),
                )
            } else {
                self.at = input.len();
                Found::Incomplete
            };
        };
        self.at = end;
        let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
        let bytes = end + 1;
        match Request::read(line) {
            Err(refusal) => {
                self.passed = meta_request::length(line).map_or(0, |length| length + END.len());
                self.found(Found::Refused(refusal, bytes))
            }
            Ok(request) => self.with_block(input, bytes, request),
        }
    }

    fn line(&self, input: &[u8]) -> Option<usize> {
        let from = self.at.min(input.len());
        let end = input[from..].iter().position(|byte| *byte == b'\n');
        end.map(|end| from + end)
    }

    fn with_block<'a>(&mut self, input: &'a [u8], line: usize, request: Request<'a>) -> Found<'a> {
        let Some(length) = request.block() else {
            return self.found(Found::Request {
                request,
                block: &[],
                bytes: line,
            });
        };
        if length.saturating_add(request.stored_key()) > ITEM_BYTES_MAX {
            self.passed = length.saturating_add(END.len());
            return self.found(Found::TooLarge {
                request,
                bytes: line,
            });
        }
        let bytes = line + length + END.len();
        if input.len() < bytes {
            self.needed = bytes;
            return Found::Incomplete;
        }
        self.found(if input[line + length..bytes] == *END {
            Found::Request {
                request,
                block: &input[line..line + length],
                bytes,
            }
        } else {
            Found::Refused(Refusal::Block, bytes)
        })
    }

    /// The next one begins anew.
    fn found<'a>(&mut self, found: Found<'a>) -> Found<'a> {
        self.at = 0;
        found
    }
}

/// Whether no line that may be so long begins so.
fn is_endless(input: &[u8]) -> bool {
    let start = input.iter().position(|byte| *byte != b' ');
    let begin = &input[start.unwrap_or(input.len())..];
    let asks = [&b"get "[..], b"gets ", b"gat ", b"gats "];
    let asks = asks.iter().any(|name| begin.starts_with(name));
    input.len() > if asks { KEYS_BYTES_MAX } else { LINE_BYTES_MAX }
}
