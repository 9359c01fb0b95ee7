//! A request's head.

use std::ops::Range;

use super::Bad;
use super::field::{Known, elements};
use super::framing::{self, Framing};
use super::head::{self, Field, TARGET_BYTES_MAX, is_target, is_token};

/// What a request's head says. Places are of the head's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Range<usize>,
    /// As it is to be sent on: the origin form (or `*`).
    pub(crate) target: Range<usize>,
    /// Of the target if that is absolute, of Host otherwise; absent in HTTP/1.0.
    pub(crate) host: Range<usize>,
    pub(crate) is_1_1: bool,
    pub(crate) framing: Framing,
    pub(crate) keeps_alive: bool,
    pub(crate) expects_continue: bool,
    /// It asks for another protocol: the place of its name.
    pub(crate) upgrade: Option<Range<usize>>,
    /// Names that Connection lists, besides the usual ones: they are of this hop.
    pub(crate) nominates: bool,
}

impl Request {
    /// Takes a whole head apart.
    pub(crate) fn parse(head: &[u8], fields: &mut Vec<Field>) -> Result<Self, Bad> {
        let line = head::line(head, 0)?;
        head::fields(head, line.end + 2, fields)?;
        let mut request = Self::line(head, line)?;
        request.framing = framing::of(head, fields, request.is_1_1)?;
        request.host = request.host(head, fields)?;
        request.connection(head, fields);
        Ok(request)
    }

    fn line(head: &[u8], line: Range<usize>) -> Result<Self, Bad> {
        let bytes = &head[line.clone()];
        let method = bytes.iter().take_while(|byte| is_token(**byte)).count();
        if method == 0 || method > 32 || bytes.get(method) != Some(&b' ') {
            return Err(Bad::RequestLine);
        }
        let rest = &bytes[method + 1..];
        let target = rest.iter().take_while(|byte| is_target(**byte)).count();
        if target > TARGET_BYTES_MAX {
            return Err(Bad::TargetTooLong);
        }
        let is_1_1 = match rest.get(target..) {
            Some(b" HTTP/1.1") => true,
            Some(b" HTTP/1.0") => false,
            Some(version) if version.starts_with(b" HTTP/") => return Err(Bad::Version),
            _ => return Err(Bad::RequestLine),
        };
        let target = method + 1..method + 1 + target;
        if &bytes[..method] == b"CONNECT" {
            return Err(Bad::Method);
        }
        Ok(Self {
            method: line.start..line.start + method,
            target: line.start + target.start..line.start + target.end,
            host: 0..0,
            is_1_1,
            framing: Framing::Absent,
            keeps_alive: is_1_1,
            expects_continue: false,
            upgrade: None,
            nominates: false,
        })
    }

    /// Whose host it is for. An absolute target is cut to its origin form, and its authority counts (RFC 9112, section 3.2.2).
    fn host(&mut self, head: &[u8], fields: &[Field]) -> Result<Range<usize>, Bad> {
        let mut hosts = fields.iter().filter(|field| field.known == Known::Host);
        let host = hosts.next();
        if hosts.next().is_some() || (host.is_none() && self.is_1_1) {
            return Err(Bad::Host);
        }
        let place = |field: &Field| {
            let value = field.value(head);
            let begin = value.as_ptr() as usize - head.as_ptr() as usize;
            begin..begin + value.len()
        };
        let mut host = host.map_or(0..0, place);
        match head[self.target.clone()] {
            [b'/', ..] => {}
            [b'*'] if &head[self.method.clone()] == b"OPTIONS" => {}
            ref absolute => {
                let is_begin = |scheme: &&[u8]| {
                    let begin = absolute.get(..scheme.len());
                    begin.is_some_and(|it| it.eq_ignore_ascii_case(scheme))
                };
                let scheme = [b"http://".as_slice(), b"https://"]
                    .into_iter()
                    .find(is_begin);
                let begin = scheme.ok_or(Bad::RequestLine)?.len();
                let authority = &absolute[begin..];
                let length = authority
                    .iter()
                    .take_while(|byte| !matches!(byte, b'/' | b'?'));
                let length = length.count();
                let path = self.target.start + begin + length;
                host = self.target.start + begin..path;
                if path < self.target.end && head[path] != b'/' {
                    return Err(Bad::RequestLine);
                }
                // It may be empty: that is `/`.
                self.target.start = path;
            }
        }
        let is_host = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'%' | b'~')
        };
        match head[host.clone()].iter().all(is_host) {
            true => Ok(host),
            false => Err(Bad::Host),
        }
    }

    fn connection(&mut self, head: &[u8], fields: &[Field]) {
        let mut asks_upgrade = false;
        let mut upgrade = None;
        for field in fields {
            let value = field.value(head);
            match field.known {
                Known::Connection => {
                    for element in elements(value) {
                        match element {
                            it if it.eq_ignore_ascii_case(b"close") => self.keeps_alive = false,
                            it if it.eq_ignore_ascii_case(b"keep-alive") => {
                                self.keeps_alive |= !self.is_1_1;
                            }
                            it if it.eq_ignore_ascii_case(b"upgrade") => asks_upgrade = true,
                            _ => self.nominates = true,
                        }
                    }
                }
                Known::Upgrade => {
                    let begin = value.as_ptr() as usize - head.as_ptr() as usize;
                    upgrade = Some(begin..begin + value.len());
                }
                Known::Expect => {
                    self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
                }
                _ => {}
            }
        }
        // HTTP/2 over an upgrade was dropped by RFC 9113, and a tunnel of it would pass all routes by; a body before the other
        // protocol is nobody's.
        let is_fit = |it: &Range<usize>| {
            self.is_1_1
                && self.framing == Framing::Absent
                && elements(&head[it.clone()]).all(|it| !it.eq_ignore_ascii_case(b"h2c"))
        };
        self.upgrade = upgrade.filter(|it| asks_upgrade && is_fit(it));
    }

    /// True if to do it twice is to do it once (RFC 9110, section 9.2.2).
    pub(crate) fn is_idempotent(method: &[u8]) -> bool {
        matches!(
            method,
            b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE"
        )
    }
}
