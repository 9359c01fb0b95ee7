//! Backends fail: what can be tried elsewhere is, within a budget; what cannot is answered as what it is.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::origin::{Origin, ok};
use crate::wire::{Wire, get};
use crate::{backend, nobody, plain, proxy};

#[test]
pub(crate) fn refused_connections_are_tried_elsewhere() {
    let origin = Origin::text("alive");
    let (proxy, address) = proxy(plain(&[nobody(), origin.address]));
    for _ in 0..20 {
        assert_eq!(get(address, "/").text(), "alive");
        // A connection that was not taken brought nothing there: that goes for POST, too.
        let mut wire = Wire::to(address);
        let answer = wire.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assert_eq!(answer.text(), "alive");
    }
    assert!(proxy.totals().retries >= 10);
    proxy.stop();
}

#[test]
pub(crate) fn without_anybody_it_says_so() {
    let (proxy_one, address) = proxy(plain(&[nobody()]));
    assert_eq!(get(address, "/").status(), 502);
    proxy_one.stop();
    let (proxy_two, address) = proxy(plain(&[]));
    let answer = get(address, "/");
    assert_eq!(
        (answer.status(), answer.field("retry-after").as_deref()),
        (503, Some("1"))
    );
    proxy_two.stop();
    let (proxy_three, address) = proxy(json!({"listeners": [crate::listener()]}));
    let mut wire = Wire::to(address);
    assert_eq!(wire.get("/").status(), 404);
    assert_eq!(wire.get("/").status(), 404, "the connection goes on");
    proxy_three.stop();
}

/// A server that reads a request and breaks off: what may be done twice is, what may not is told.
#[test]
pub(crate) fn broken_answers_are_repeated_only_where_they_may_be() {
    let breaks = Origin::serving(|wire, origin| {
        origin.request(wire);
    });
    let origin = Origin::text("alive");
    let (proxy, address) = proxy(plain(&[breaks.address, origin.address]));
    for _ in 0..10 {
        assert_eq!(get(address, "/").text(), "alive");
    }
    let mut wire = Wire::to(address);
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    let statuses = (0..10).map(|_| wire.ask(post).status()).collect::<Vec<_>>();
    assert!(
        statuses.contains(&502) && statuses.contains(&200),
        "{statuses:?}"
    );
    let posts = breaks
        .asked()
        .iter()
        .filter(|it| it.line.starts_with("POST"))
        .count();
    let lost = statuses.iter().filter(|it| **it == 502).count();
    assert_eq!(posts, lost, "none was sent twice");
    proxy.stop();
}

#[test]
pub(crate) fn errors_are_asked_elsewhere() {
    let bad = Origin::answering(|_| "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno".to_owned());
    let good = Origin::text("good");
    let (proxy_one, address) = proxy(plain(&[bad.address, good.address]));
    for _ in 0..10 {
        assert_eq!(get(address, "/").text(), "good");
    }
    proxy_one.stop();
    // If all say so, it is so.
    let (proxy_two, address) = proxy(plain(&[bad.address]));
    let answer = get(address, "/");
    assert_eq!((answer.status(), answer.text().as_str()), (500, "no"));
    proxy_two.stop();
}

#[test]
pub(crate) fn retries_end_with_the_budget() {
    let bad = Origin::answering(|_| "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno".to_owned());
    let other = Origin::answering(|_| "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno".to_owned());
    let mut config = plain(&[bad.address, other.address]);
    config["routes"][0]["retries"] = json!({"attempts": 3, "ratio": 0.1, "perSecond": 0});
    let (proxy, address) = proxy(config);
    let mut wire = Wire::to(address);
    for _ in 0..100 {
        assert_eq!(wire.get("/").status(), 503);
    }
    let asked = bad.asked().len() + other.asked().len();
    assert!(
        (105..=110).contains(&asked),
        "a hundred requests and a tenth: {asked}"
    );
    proxy.stop();
}

#[test]
pub(crate) fn who_does_not_answer_is_left() {
    let hangs = Origin::slow("late", Duration::from_secs(8));
    let mut config = plain(&[hangs.address]);
    config["routes"][0]["timeOuts"] = json!({"answerMs": 1_500});
    let (proxy_one, address) = proxy(config.clone());
    assert_eq!(get(address, "/").status(), 504);
    proxy_one.stop();
    let origin = Origin::text("alive");
    config["backends"] = json!([backend("app", &[hangs.address, origin.address])]);
    let (proxy_two, address) = proxy(config);
    for _ in 0..4 {
        assert_eq!(get(address, "/").text(), "alive");
    }
    proxy_two.stop();
}

#[test]
pub(crate) fn what_is_no_answer_is_not_passed_on() {
    let bad = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nX: a\n b\r\n\r\n",
        "HTTP/3.1 200 OK\r\n\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "hello\r\n\r\n",
    ];
    for bytes in bad {
        let origin = Origin::answering(move |_| bytes.to_owned());
        let (proxy, address) = proxy(plain(&[origin.address]));
        assert_eq!(get(address, "/").status(), 502, "{bytes:?}");
        proxy.stop();
    }
}

/// An answer that breaks off in the middle is broken for the client, too: it must not look whole.
#[test]
pub(crate) fn half_an_answer_is_not_a_whole_one() {
    let origin = Origin::serving(|wire, origin| {
        origin.request(wire);
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.head().expect("one").status(), 200);
    let begin = Instant::now();
    assert_eq!(wire.rest(), b"half");
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "it ends, and is not waited for"
    );
    proxy.stop();
}

/// Servers close connections that are not used; a request that meets that is repeated.
#[test]
pub(crate) fn a_connection_that_was_closed_meanwhile_costs_nothing() {
    let origin = Origin::serving(|wire, origin| {
        if origin.request(wire).is_some() {
            // It says nothing of closing, and does it.
            wire.say(ok("hello"));
        }
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    for _ in 0..200 {
        assert_eq!(wire.get("/").status(), 200);
    }
    proxy.stop();
}

#[test]
pub(crate) fn too_many_are_told_to_wait() {
    let origin = Origin::text("");
    let mut config = plain(&[origin.address]);
    config["routes"][0]["rate"] = json!({"perSecond": 0.5, "burst": 3, "perClient": true});
    let (proxy, address) = proxy(config);
    let statuses = (0..5)
        .map(|_| get(address, "/").status())
        .collect::<Vec<_>>();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let wait = get(address, "/").field("retry-after");
    assert_eq!(wait.as_deref(), Some("2"));
    proxy.stop();
}

/// Who does not answer probes is asked no more, and again once it does.
#[test]
pub(crate) fn probes_take_out_and_in() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let is_well = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_well);
    let ill = Origin::answering(move |request| {
        match request.line.contains("/health") && !told.load(Ordering::Relaxed) {
            true => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
            false => ok("ill"),
        }
    });
    let well = Origin::text("well");
    let mut config = plain(&[ill.address, well.address]);
    config["backends"][0]["health"] =
        json!({"probe": {"http": "/health"}, "intervalMs": 50, "failures": 2, "successes": 2});
    let (proxy, address) = proxy(config);
    let answers = |text: &str| (0..6).filter(|_| get(address, "/").text() == text).count();
    let begin = std::time::Instant::now();
    while answers("well") < 6 {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "it is still asked"
        );
    }
    is_well.store(true, Ordering::Relaxed);
    while answers("ill") == 0 {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "it is not asked again"
        );
    }
    proxy.stop();
}
