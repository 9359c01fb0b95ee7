//! A response's head.

use crate::mutation::mutated;

use super::Bad;
use super::body::Body;
use super::field::{Known, elements};
use super::framing::{self, Framing};
use super::head::{self, Field};

/// What a response's head says.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// The connection may be used again, if the body has an end.
    pub(crate) keeps_alive: bool,
    pub(crate) nominates: bool,
}

impl Response {
    /// Takes a whole head apart.
    pub(crate) fn parse(head: &[u8], fields: &mut Vec<Field>) -> Result<Self, Bad> {
        let line = head::line(head, 0)?;
        let bytes = &head[line.clone()];
        let is_1_1 = match bytes.get(..9) {
            Some(b"HTTP/1.1 ") => true,
            Some(b"HTTP/1.0 ") => false,
            _ => return Err(Bad::StatusLine),
        };
        let status = bytes[9..].iter().take(3).try_fold(0_u16, |status, digit| {
            digit
                .is_ascii_digit()
                .then(|| status * 10 + u16::from(digit - b'0'))
        });
        let status = status
            .filter(|it| (100..600).contains(it))
            .ok_or(Bad::StatusLine)?;
        let is_ended = matches!(bytes.get(12), None | Some(b' '));
        if !is_ended || !bytes.iter().all(|byte| head::is_value(*byte)) {
            return Err(Bad::StatusLine);
        }
        head::fields(head, line.end + 2, fields)?;
        let framing = framing::of(head, fields, is_1_1)?;
        let mut response = Self {
            status,
            framing,
            keeps_alive: is_1_1,
            nominates: false,
        };
        response.connection(head, fields, is_1_1);
        Ok(response)
    }

    fn connection(&mut self, head: &[u8], fields: &[Field], is_1_1: bool) {
        let lists = fields.iter().filter(|it| it.known == Known::Connection);
        for element in lists.flat_map(|it| elements(it.value(head))) {
            match element {
                it if it.eq_ignore_ascii_case(b"close") => self.keeps_alive = false,
                it if it.eq_ignore_ascii_case(b"keep-alive") => self.keeps_alive |= !is_1_1,
                it if it.eq_ignore_ascii_case(b"upgrade") => {}
                _ => self.nominates = true,
            }
        }
    }

    /// One before the real one.
    pub(crate) const fn is_interim(&self) -> bool {
        self.status < 200 && self.status != 101
    }

    /// What follows the head of an answer (RFC 9112, section 6.3).
    pub(crate) fn body(&self, is_of_head: bool) -> Body {
        let is_of_head = is_of_head && !mutated("head-has-body");
        if is_of_head || matches!(self.status, 100..=199 | 204 | 304) {
            return Body::Done;
        }
        match self.framing {
            Framing::Length(length) => Body::of_length(length),
            Framing::Chunked => Body::chunked(),
            Framing::Absent => Body::UntilClose,
        }
    }
}
