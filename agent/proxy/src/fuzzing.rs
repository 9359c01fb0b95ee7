//! What must hold of all that is read, whatever the bytes are: for fuzzing, and for a test with chance of its own.

use crate::http::body::Body;
use crate::http::edits::{self, Edits, Hop};
use crate::http::head;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::proxy_protocol::{self, Found};
use crate::tls::{Asks, Hello};

/// All of it, by the first byte.
pub fn all(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else {
        return;
    };
    match which % 5 {
        0 => request(rest),
        1 => response(rest),
        2 => chunks(rest),
        3 => proxy_header(rest),
        _ => hello(rest),
    }
}

/// A head that was found by pieces is the one that is found at once.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let whole = head::end(bytes, 0);
    let half = bytes.len() / 2;
    if let Ok(None) = head::end(&bytes[..half], 0) {
        assert_eq!(head::end(bytes, half), whole, "by pieces");
    }
    whole.ok().flatten()
}

/// A request that was read is written so that it is read again, and the same.
fn request(bytes: &[u8]) {
    let Some(end) = head_end(bytes) else {
        return;
    };
    let (head, mut fields) = (&bytes[..end], Vec::new());
    let Ok(request) = Request::parse(head, &mut fields) else {
        return;
    };
    let hop = Hop {
        client: std::net::Ipv4Addr::LOCALHOST.into(),
        is_tls: false,
        prefix: None,
        trusts_client: false,
    };
    let mut out = Vec::new();
    edits::request(&mut out, head, (&request, &fields), &Edits::default(), &hop);
    assert_eq!(head::end(&out, 0), Ok(Some(out.len())), "one head");
    let mut fields = Vec::new();
    // A few headers more than were allowed may be in it.
    let Ok(again) = Request::parse(&out, &mut fields) else {
        let is_full = fields.len() >= head::FIELDS_MAX - 5;
        assert!(is_full, "not read again: {}", String::from_utf8_lossy(&out));
        return;
    };
    assert_eq!(again.framing, request.framing);
    assert_eq!(again.is_1_1, request.is_1_1);
    assert_eq!(out[again.method], head[request.method]);
    assert_eq!(out[again.host], head[request.host]);
    assert_eq!(again.upgrade.is_some(), request.upgrade.is_some());
}

/// An answer is read without a panic; and what its body is does not depend on who asks again.
fn response(bytes: &[u8]) {
    let Some(end) = head_end(bytes) else {
        return;
    };
    let mut fields = Vec::new();
    if let Ok(response) = Response::parse(&bytes[..end], &mut fields) {
        assert!((100..600).contains(&response.status));
        let mut body = response.body(false);
        let mut out = Vec::new();
        // What is no body is an error, and no panic.
        let _ = body.relay(&bytes[end..], &mut out);
    }
}

/// Chunks in pieces are those in one piece, and what was written anew is its own writing.
fn chunks(bytes: &[u8]) {
    let Some((step, input)) = bytes.split_first() else {
        return;
    };
    let relayed = |input: &[u8], step: usize| {
        let (mut body, mut out, mut at) = (Body::chunked(), Vec::new(), 0);
        while at < input.len() && !body.is_done() {
            let end = (at + step).min(input.len());
            at += body.relay(&input[at..end], &mut out).ok()?;
        }
        body.is_done().then_some((out, at))
    };
    let whole = relayed(input, input.len().max(1));
    assert_eq!(relayed(input, usize::from(*step).max(1)), whole);
    if let Some((out, _)) = whole {
        let again = relayed(&out, out.len());
        assert_eq!(again, Some((out.clone(), out.len())));
    }
}

/// A header that is not all there is waited for, and one that is there is found wherever the next bytes begin.
fn proxy_header(bytes: &[u8]) {
    if let Found::Header(used, address) = proxy_protocol::read(bytes) {
        assert!(used <= bytes.len());
        let exact = proxy_protocol::read(&bytes[..used]);
        assert_eq!(exact, Found::Header(used, address));
        assert_eq!(proxy_protocol::read(&bytes[..used - 1]), Found::Incomplete);
    }
}

/// A hello in two pieces asks for what it asks for in one.
fn hello(bytes: &[u8]) {
    let whole = Hello::new().came(bytes);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut hello = Hello::new();
    match hello.came(first) {
        Asks::Incomplete => assert_eq!(hello.came(second), whole),
        early => assert!(early == whole || whole == Asks::Wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that nearly are something, changed by chance.
    #[test]
    fn holds_of_what_nearly_is_something() {
        const SEEDS: [&[u8]; 6] = [
            b"\0GET http://a:80/b?c HTTP/1.1\r\nHost: a\r\nConnection: upgrade, x\r\nUpgrade: websocket\r\nX: y\r\n\r\n",
            b"\0POST /a HTTP/1.0\r\nContent-Length: 5\r\nX-Forwarded-For: z\r\n\r\nhello",
            b"\x01HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nKeep-Alive: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"\x02\x035;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
            b"\x03PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nGET",
            b"\x03\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\0\x51GET",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        for turn in 0..6_000 {
            let mut bytes = SEEDS[turn % SEEDS.len()].to_vec();
            for _ in 0..draw(4) {
                let at = 1 + draw(bytes.len() - 1);
                match draw(3) {
                    0 => bytes[at] = draw(256) as u8,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"\r\n :;,#0\x00\t"[draw(10)]),
                }
            }
            all(&bytes);
        }
    }
}
