//! Another protocol over the same connection: WebSocket.

use crate::origin::Origin;
use crate::wire::Wire;
use crate::{plain, proxy};

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[test]
pub(crate) fn bytes_go_both_ways_after_101() {
    let origin = Origin::serving(|wire, origin| {
        let request = origin.request(wire).expect("a request");
        assert_eq!(request.field("upgrade").as_deref(), Some("websocket"));
        assert_eq!(request.field("connection").as_deref(), Some("upgrade"));
        // The first frame comes with the head.
        wire.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
        loop {
            let bytes = wire.bytes(5);
            if bytes.len() < 5 {
                return wire.say("bye");
            }
            wire.say(bytes);
        }
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say(REQUEST);
    let head = wire.head().expect("a head");
    assert_eq!(head.status(), 101);
    assert_eq!(head.field("upgrade").as_deref(), Some("websocket"));
    assert_eq!(head.field("content-length"), None);
    assert_eq!(wire.bytes(5), b"first");
    for _ in 0..100 {
        wire.say("hello");
        assert_eq!(wire.bytes(5), b"hello");
    }
    // One side ends, the other still has something to say.
    wire.end();
    assert_eq!(wire.rest(), b"bye");
    proxy.stop();
}

/// A tunnel of HTTP/2 would pass all routes by (RFC 9113 has no such upgrade any more): it is offered to nobody.
#[test]
pub(crate) fn nobody_goes_over_to_http_2() {
    let origin = Origin::text("plain");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    for offered in ["h2c", "websocket, H2C"] {
        let upgrade = format!("Connection: upgrade\r\nUpgrade: {offered}\r\n\r\n");
        let answer = wire.ask(&format!("GET / HTTP/1.1\r\nHost: a\r\n{upgrade}"));
        assert_eq!(answer.text(), "plain");
    }
    assert!(
        origin
            .asked()
            .iter()
            .all(|it| it.field("upgrade").is_none())
    );
    proxy.stop();
}

#[test]
pub(crate) fn a_refused_upgrade_is_an_answer_like_any() {
    let origin = Origin::text("no");
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    assert_eq!(wire.ask(REQUEST).text(), "no");
    assert_eq!(wire.get("/").text(), "no", "the connection goes on");
    proxy.stop();
}
