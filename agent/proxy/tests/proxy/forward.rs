//! Requests and answers go through as they should.

use std::thread;
use std::time::Duration;

use crate::origin::{Origin, ok};
use crate::wire::Wire;
use crate::{plain, proxy};

#[test]
pub(crate) fn connections_are_used_again_on_both_sides() {
    let origin = Origin::text("hello");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    for _ in 0..50 {
        let answer = wire.get("/path?query");
        assert_eq!((answer.status(), answer.text().as_str()), (200, "hello"));
        assert_eq!(answer.field("connection"), None);
    }
    let totals = proxy.totals();
    assert_eq!(
        (totals.connects, totals.reused, totals.requests),
        (1, 49, 50)
    );
    assert_eq!(origin.asked()[7].line, "GET /path?query HTTP/1.1");
    proxy.stop();
}

#[test]
pub(crate) fn bodies_go_both_ways() {
    let origin = Origin::answering(|request| ok(&request.text()));
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    let long = "x".repeat(3_000_000);
    for text in ["hello", "", &long] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        assert_eq!(wire.ask(&format!("{head}{text}")).text(), *text);
    }
    // In chunks, with an extension and a trailer, which both stay here.
    let chunks = "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(wire.ask(&format!("{head}{chunks}")).text(), "hello world");
    // In small pieces.
    for piece in format!("{head}{chunks}").as_bytes().chunks(3) {
        wire.say(piece);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(wire.answer().expect("one").text(), "hello world");
    proxy.stop();
}

#[test]
pub(crate) fn answers_in_chunks_and_until_the_end_go_through() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let origin = Origin::serving(move |wire, origin| {
        while let Some(request) = origin.request(wire) {
            if request.line.contains("/close") {
                return wire.say("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            }
            wire.say(chunked);
        }
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    assert_eq!(wire.get("/").text(), "hello");
    assert_eq!(wire.get("/").text(), "hello");
    let last = wire.get("/close");
    assert_eq!(
        (last.text().as_str(), last.field("connection").as_deref()),
        ("until the end", Some("close"))
    );
    proxy.stop();
}

/// Answers that have no body, whatever their headers say.
#[test]
pub(crate) fn no_body_is_waited_for_where_there_is_none() {
    let origin = Origin::answering(|request| match request.line.split(' ').next() {
        Some("HEAD") => "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n".to_owned(),
        Some("PUT") => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        Some("DELETE") => "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n".to_owned(),
        _ => ok("body"),
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    for (method, status) in [("HEAD", 200), ("PUT", 204), ("DELETE", 304), ("HEAD", 200)] {
        wire.say(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        let head = wire.head().expect("a head");
        assert_eq!(head.status(), status);
        if method == "HEAD" {
            assert_eq!(head.field("content-length").as_deref(), Some("500"));
        }
        assert_eq!(
            wire.get("/").text(),
            "body",
            "what follows {method} is understood"
        );
    }
    assert_eq!(proxy.totals().connects, 1);
    proxy.stop();
}

#[test]
pub(crate) fn requests_in_a_row_are_answered_in_order() {
    let origin = Origin::answering(|request| ok(&request.line));
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    let all = (0..30).map(|it| format!("GET /{it} HTTP/1.1\r\nHost: a\r\n\r\n"));
    wire.say(all.collect::<String>());
    for number in 0..30 {
        let answer = wire.answer().expect("an answer");
        assert_eq!(answer.text(), format!("GET /{number} HTTP/1.1"));
    }
    proxy.stop();
}

#[test]
pub(crate) fn who_waits_for_100_is_told_to_go_on() {
    let origin = Origin::answering(|request| ok(&request.text()));
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(wire.head().expect("one").status(), 100);
    wire.say("hello");
    assert_eq!(wire.answer().expect("one").text(), "hello");
    proxy.stop();
}

#[test]
pub(crate) fn an_early_answer_arrives_and_the_connection_ends() {
    let origin = Origin::serving(|wire, _| {
        wire.head();
        wire.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n");
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
    let answer = wire.answer().expect("one");
    assert_eq!(
        (answer.status(), answer.field("connection").as_deref()),
        (413, Some("close"))
    );
    wire.end();
    assert_eq!(wire.rest(), b"");
    proxy.stop();
}

#[test]
pub(crate) fn http_1_0_is_spoken_with_who_speaks_it() {
    let origin = Origin::text("hello");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    let answer = wire.ask("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(
        (
            answer.text().as_str(),
            answer.field("connection").as_deref()
        ),
        ("hello", Some("close"))
    );
    assert_eq!(wire.rest(), b"");
    let mut wire = Wire::to(address);
    for _ in 0..2 {
        let answer = wire.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(answer.field("connection").as_deref(), Some("keep-alive"));
    }
    assert_eq!(origin.asked()[0].line, "GET / HTTP/1.0");
    proxy.stop();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let origin = Origin::answering(|_| chunked.to_owned());
    let (proxy, address) = crate::proxy(plain(&[origin.address]));
    let answer = Wire::to(address).ask("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(answer.status(), 502, "chunks are not known to it");
    proxy.stop();
}

/// Nobody is served the rest of another one's answer.
#[test]
pub(crate) fn a_connection_with_something_left_is_not_used_again() {
    let origin = Origin::answering(|_| {
        format!(
            "{}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            ok("good")
        )
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    for _ in 0..20 {
        assert_eq!(crate::wire::get(address, "/").text(), "good");
    }
    proxy.stop();
}

/// Nor is who asks next served what came while nobody had asked.
#[test]
pub(crate) fn what_comes_unasked_is_nobodys() {
    let origin = Origin::serving(|wire, origin| {
        while origin.request(wire).is_some() {
            wire.say(ok("good"));
            thread::sleep(Duration::from_millis(30));
            wire.say(ok("evil"));
        }
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    for _ in 0..3 {
        assert_eq!(crate::wire::get(address, "/").text(), "good");
        thread::sleep(Duration::from_millis(300));
    }
    proxy.stop();
}

#[test]
pub(crate) fn a_slow_client_costs_others_nothing_and_gets_all() {
    let long = "y".repeat(8_000_000);
    let body = long.clone();
    let origin = Origin::answering(move |request| {
        ok(if request.line.contains("/long") {
            &body
        } else {
            "short"
        })
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut slow = Wire::to(address);
    slow.say("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = slow.head().expect("a head");
    for _ in 0..20 {
        assert_eq!(crate::wire::get(address, "/").text(), "short");
    }
    let mut head = head;
    slow.body(&mut head, false);
    assert!(head.body == long.as_bytes());
    proxy.stop();
}
