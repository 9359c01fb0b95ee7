//! What could be read in two ways, or is too much, is refused with the right status, and no backend sees it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::origin::Origin;
use crate::wire::{Wire, get};
use crate::{plain, proxy};

#[test]
pub(crate) fn what_is_no_clear_request_is_refused() {
    let origin = Origin::text("seen");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let host = "Host: a\r\n";
    let refused: &[(u16, String)] = &[
        // Two lengths.
        (
            400,
            format!(
                "POST / HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            400,
            format!(
                "POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 5, 5\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: +5\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 0x5\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length:\r\n\r\nhello"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 99999999999999999999\r\n\r\n"),
        ),
        // A fragment, which one reader cuts off and another one does not.
        (400, format!("GET /public#/../admin HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET http://a#b HTTP/1.1\r\n{host}\r\n")),
        // Codings.
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked, chunked\r\n\r\n"),
        ),
        (
            400,
            format!(
                "POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
            ),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n\r\n"),
        ),
        (
            501,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n"),
        ),
        (
            400,
            format!("POST / HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding : chunked\r\n\r\n"),
        ),
        (
            400,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding\x0b: chunked\r\n\r\n"),
        ),
        (
            501,
            format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: \"chunk\"\r\n\r\n"),
        ),
        // Lines.
        (400, format!("GET / HTTP/1.1\r\n{host}X: a\r\n b\r\n\r\n")),
        (400, format!("GET / HTTP/1.1\r\n X: a\r\n{host}\r\n")),
        (400, "GET / HTTP/1.1\nHost: a\n\n".to_owned()),
        (400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n".to_owned()),
        (400, format!("GET / HTTP/1.1\r\n{host}X: a\rb\r\n\r\n")),
        (400, format!("GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n")),
        (400, format!("GET / HTTP/1.1\r\n{host}: a\r\n\r\n")),
        (400, format!("GET / HTTP/1.1\r\n{host}no colon\r\n\r\n")),
        (400, format!("GET  / HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET /a b HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET /\x7f HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET\t/ HTTP/1.1\r\n{host}\r\n")),
        (400, format!("G(T / HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET a HTTP/1.1\r\n{host}\r\n")),
        (400, format!("/ HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET /\r\n{host}\r\n")),
        (505, format!("GET / HTTP/2.0\r\n{host}\r\n")),
        (505, format!("GET / HTTP/1.10\r\n{host}\r\n")),
        (405, format!("CONNECT a:443 HTTP/1.1\r\n{host}\r\n")),
        // Hosts.
        (400, "GET / HTTP/1.1\r\n\r\n".to_owned()),
        (400, format!("GET / HTTP/1.1\r\n{host}{host}\r\n")),
        (400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n".to_owned()),
        (
            400,
            "GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        ),
        // Sizes.
        (
            431,
            format!("GET / HTTP/1.1\r\n{host}X: {}\r\n\r\n", "a".repeat(70_000)),
        ),
        (
            431,
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", "X: a\r\n".repeat(200)),
        ),
        (
            414,
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(20_000)),
        ),
    ];
    for (status, request) in refused {
        let mut wire = Wire::to(address);
        // A second request behind it must not be one.
        wire.say(format!(
            "{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        ));
        let answer = wire.answer().unwrap_or_else(|| panic!("{request:?}"));
        assert_eq!(
            answer.status(),
            *status,
            "{:?}",
            &request[..request.len().min(200)]
        );
        wire.end();
        assert_eq!(wire.rest(), b"", "{request:?}");
    }
    assert!(origin.asked().is_empty(), "{:?}", origin.asked());
    assert_eq!(get(address, "/").text(), "seen", "others are served");
    proxy.stop();
}

/// Here the backend saw the beginning; the connection to it ends with the request, which it never gets whole.
#[test]
pub(crate) fn a_bad_chunk_ends_the_request() {
    let origin = Origin::text("seen");
    let (proxy, address) = proxy(plain(&[origin.address]));
    for chunk in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhelloGET / HTTP/1.1\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5;\n\r\nhello\r\n",
    ] {
        let mut wire = Wire::to(address);
        wire.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        wire.say(chunk);
        let answer = wire.answer().expect("one");
        assert_eq!(
            (answer.status(), answer.field("connection").as_deref()),
            (400, Some("close")),
            "{chunk:?}"
        );
    }
    assert!(
        origin.asked().iter().all(|it| it.body.is_empty()),
        "{:?}",
        origin.asked()
    );
    proxy.stop();
}

#[test]
pub(crate) fn absolute_targets_are_cut_and_count() {
    let origin = Origin::text("");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    for (target, line) in [
        ("http://shop:8080/a?b", "GET /a?b HTTP/1.1"),
        ("HTTP://shop:8080", "GET / HTTP/1.1"),
    ] {
        let answer = wire.ask(&format!("GET {target} HTTP/1.1\r\nHost: other\r\n\r\n"));
        assert_eq!(answer.status(), 200);
        let asked = origin.asked().pop().expect("one");
        assert_eq!(
            (asked.line.as_str(), asked.field("host").as_deref()),
            (line, Some("shop:8080"))
        );
    }
    wire.say("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.answer().expect("one").status(), 200);
    assert_eq!(
        origin.asked().pop().expect("one").line,
        "OPTIONS * HTTP/1.1"
    );
    proxy.stop();
}

/// A client that sends a byte now and then is told that it took too long; one that sends nothing is closed.
#[test]
pub(crate) fn slow_heads_and_idle_connections_end() {
    let origin = Origin::text("");
    let mut config = plain(&[origin.address]);
    config["listeners"][0]["headMs"] = json!(300);
    config["listeners"][0]["keepAliveMs"] = json!(300);
    let (proxy, address) = proxy(config);
    let mut slow = Wire::to(address);
    let begin = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nHost: a\r\n" {
        slow.say([*byte]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(slow.answer().expect("one").status(), 408);
    let mut idle = Wire::to(address);
    assert_eq!(idle.get("/").status(), 200);
    assert_eq!(idle.rest(), b"");
    assert!(begin.elapsed() < crate::wire::patience() / 2);
    proxy.stop();
}

/// Whatever bytes come, the proxy goes on.
#[test]
pub(crate) fn noise_harms_nobody() {
    let origin = Origin::text("well");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut state = 0x9e37_79b9_u32;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    for length in 0..200 {
        let mut wire = Wire::to(address);
        let begin: &[u8] = if length % 2 == 0 {
            b""
        } else {
            b"GET / HTTP/1.1\r\nHost: a\r\n"
        };
        wire.say(begin);
        wire.say((0..length).map(|_| noise()).collect::<Vec<_>>());
        wire.end();
        wire.rest();
    }
    assert_eq!(get(address, "/").text(), "well");
    proxy.stop();
}

/// A backend may answer before it has the whole request. If the rest of that is bad, nothing is put into the answer's middle.
#[test]
pub(crate) fn nothing_is_said_in_the_middle_of_an_answer() {
    let origin = Origin::serving(|wire, _| {
        wire.head();
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
        wire.rest();
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    assert_eq!(wire.head().expect("a head").status(), 200);
    assert_eq!(wire.bytes(4), b"half");
    wire.say("no chunk\r\n");
    assert_eq!(wire.rest(), b"");
    proxy.stop();
}
