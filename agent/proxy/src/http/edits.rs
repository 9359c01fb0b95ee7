//! A head as it is sent on.

use std::io::Write as _;
use std::net::IpAddr;

use crate::mutation::mutated;

use super::field::{Known, elements};
use super::framing::Framing;
use super::head::Field;
use super::request::Request;
use super::response::Response;

/// Headers that a route sets, adds and removes. Names are in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    /// Whole lines, with their ends: of `set` (which removes those there are) and of `add`.
    pub(crate) lines: Box<[u8]>,
    pub(crate) removes: Box<[Box<[u8]>]>,
}

impl Edits {
    fn removes(&self, name: &[u8]) -> bool {
        let mut removes = self.removes.iter();
        removes.any(|it| it.eq_ignore_ascii_case(name))
    }
}

/// What of the way here the backend is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop<'a> {
    pub(crate) client: IpAddr,
    pub(crate) is_tls: bool,
    /// Replaces this many bytes of the target's beginning by these.
    pub(crate) prefix: Option<(usize, &'a [u8])>,
    /// What the client says of the way before is left out.
    pub(crate) trusts_client: bool,
}

/// Writes the request's head for a backend.
pub(crate) fn request(
    out: &mut Vec<u8>,
    head: &[u8],
    (request, fields): (&Request, &[Field]),
    edits: &Edits,
    hop: &Hop<'_>,
) {
    request_line(out, head, request, hop);
    put(out, b"host", &head[request.host.clone()]);
    let nominated = |name: &[u8]| request.nominates && is_nominated(head, fields, name);
    for field in fields {
        let name = field.name(head);
        let is_ours = match field.known {
            Known::Host => true,
            Known::XForwardedFor | Known::XForwardedHost | Known::XForwardedProto => true,
            Known::Forwarded => !hop.trusts_client,
            known => known.is_of_this_hop() && !mutated("hop-stays-not"),
        };
        if !is_ours && !nominated(name) && !edits.removes(name) {
            put(out, name, field.value(head));
        }
    }
    match request.framing {
        Framing::Absent => {}
        framing => put_framing(out, framing),
    }
    forwarded(out, head, (request, fields), edits, hop);
    out.extend_from_slice(&edits.lines);
    match &request.upgrade {
        Some(upgrade) => {
            put(out, b"connection", b"upgrade");
            put(out, b"upgrade", &head[upgrade.clone()]);
        }
        None if !request.is_1_1 => put(out, b"connection", b"close"),
        None => {}
    }
    out.extend_from_slice(b"\r\n");
}

/// A client of HTTP/1.0 is spoken for in HTTP/1.0: then no backend answers it in chunks, which it does not know.
fn request_line(out: &mut Vec<u8>, head: &[u8], request: &Request, hop: &Hop<'_>) {
    out.extend_from_slice(&head[request.method.clone()]);
    out.push(b' ');
    let target = &head[request.target.clone()];
    let rest = match hop.prefix {
        Some((length, prefix)) => {
            out.extend_from_slice(prefix);
            target.get(length..).unwrap_or_default()
        }
        None => target,
    };
    let is_rooted = rest.first().is_some_and(|it| matches!(it, b'/' | b'*'));
    if !is_rooted && hop.prefix.is_none_or(|(_, prefix)| prefix.is_empty()) {
        out.push(b'/');
    }
    out.extend_from_slice(rest);
    let version: &[u8] = if request.is_1_1 {
        b" HTTP/1.1\r\n"
    } else {
        b" HTTP/1.0\r\n"
    };
    out.extend_from_slice(version);
}

/// Who asked, by which protocol and for which host: each unless the route says otherwise.
fn forwarded(
    out: &mut Vec<u8>,
    head: &[u8],
    (request, fields): (&Request, &[Field]),
    edits: &Edits,
    hop: &Hop<'_>,
) {
    let is_told = |name: &[u8]| !edits.removes(name) || mutated("told-twice");
    let trusts = hop.trusts_client || mutated("strangers-believed");
    let told = |known: Known| fields.iter().filter(move |it| trusts && it.known == known);
    if is_told(b"x-forwarded-for") {
        out.extend_from_slice(b"x-forwarded-for: ");
        for field in told(Known::XForwardedFor) {
            out.extend_from_slice(field.value(head));
            out.extend_from_slice(b", ");
        }
        // Writing to a vector does not fail.
        let _ = write!(out, "{}\r\n", hop.client);
    }
    let proto: &[u8] = if hop.is_tls { b"https" } else { b"http" };
    let proto = told(Known::XForwardedProto)
        .next()
        .map_or(proto, |it| it.value(head));
    if is_told(b"x-forwarded-proto") {
        put(out, b"x-forwarded-proto", proto);
    }
    let host = &head[request.host.clone()];
    let host = told(Known::XForwardedHost)
        .next()
        .map_or(host, |it| it.value(head));
    if is_told(b"x-forwarded-host") {
        put(out, b"x-forwarded-host", host);
    }
}

/// How a response goes on to the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Onward<'a> {
    /// The client speaks HTTP/1.1.
    pub(crate) is_1_1: bool,
    /// The connection ends behind it.
    pub(crate) closes: bool,
    /// Another protocol follows.
    pub(crate) upgrade: Option<&'a [u8]>,
    /// A cookie, as a whole line.
    pub(crate) cookie: Option<&'a [u8]>,
}

/// Writes the response's head for the client.
pub(crate) fn response(
    out: &mut Vec<u8>,
    head: &[u8],
    (response, fields): (&Response, &[Field]),
    edits: &Edits,
    onward: &Onward<'_>,
) {
    let line = memchr::memchr(b'\r', head).unwrap_or(head.len());
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(&head[9..line]);
    out.extend_from_slice(b"\r\n");
    let nominated = |name: &[u8]| response.nominates && is_nominated(head, fields, name);
    for field in fields {
        let name = field.name(head);
        if !field.known.is_of_this_hop() && !nominated(name) && !edits.removes(name) {
            put(out, name, field.value(head));
        }
    }
    let has_length = !response.is_interim() && !matches!(response.status, 101 | 204);
    if has_length && response.framing != Framing::Absent {
        put_framing(out, response.framing);
    }
    if !response.is_interim() {
        out.extend_from_slice(&edits.lines);
        out.extend_from_slice(onward.cookie.unwrap_or_default());
        match onward.upgrade {
            Some(upgrade) => {
                put(out, b"connection", b"upgrade");
                put(out, b"upgrade", upgrade);
            }
            None if onward.closes => put(out, b"connection", b"close"),
            None if !onward.is_1_1 => put(out, b"connection", b"keep-alive"),
            None => {}
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn put(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn put_framing(out: &mut Vec<u8>, framing: Framing) {
    match framing {
        Framing::Length(length) => {
            put(
                out,
                b"content-length",
                itoa::Buffer::new().format(length).as_bytes(),
            );
        }
        _ => put(out, b"transfer-encoding", b"chunked"),
    }
}

/// True if Connection lists this name, so that it is of this hop.
fn is_nominated(head: &[u8], fields: &[Field], name: &[u8]) -> bool {
    let lists = fields.iter().filter(|it| it.known == Known::Connection);
    let mut listed = lists.flat_map(|it| elements(it.value(head)));
    listed.any(|it| it.eq_ignore_ascii_case(name))
}
