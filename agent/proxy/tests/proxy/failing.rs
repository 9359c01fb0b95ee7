//! Backends fail: what can be tried elsewhere is, within a budget; what cannot is answered as what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use synod_proxy::config::Config;
use synod_proxy::{Proxy, Settings};

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
    let (hangs, gate) = Origin::waiting("late");
    let mut config = plain(&[hangs.address]);
    config["routes"][0]["timeOuts"] = json!({"answerMs": 500});
    let (proxy_one, address) = proxy(config.clone());
    assert_eq!(get(address, "/").status(), 504);
    proxy_one.stop();
    let origin = Origin::text("alive");
    config["backends"] = json!([backend("app", &[hangs.address, origin.address])]);
    let (proxy_two, address) = proxy(config);
    // On a machine that has other things to do, the one that is alive may take half a second, too. That is no matter here.
    crate::until("one that hangs is left for one that is alive", || {
        let before = hangs.asked().len();
        get(address, "/").text() == "alive" && hangs.asked().len() > before
    });
    proxy_two.stop();
    gate.open();
}

/// A client that went without a word is not worked for any more.
#[test]
pub(crate) fn who_is_gone_is_not_waited_for() {
    let is_left = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_left);
    let origin = Origin::serving(move |wire, origin| {
        origin.request(wire);
        wire.rest();
        told.store(true, Ordering::Relaxed);
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let mut wire = Wire::to(address);
    wire.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    crate::until("it is asked", || !origin.asked().is_empty());
    wire.reset();
    crate::until("it is left", || is_left.load(Ordering::Relaxed));
    proxy.stop();
}

/// A client that does not read is cut off, and its backend is not ejected for that.
#[test]
pub(crate) fn slow_clients_are_not_blamed_on_backends() {
    let long = "y".repeat(8_000_000);
    let serving = |short: &'static str| {
        let long = long.clone();
        Origin::answering(move |request| {
            ok(if request.line.contains("/long") {
                &long
            } else {
                short
            })
        })
    };
    let (one, other) = (serving("one"), serving("other"));
    let mut config = plain(&[one.address, other.address]);
    config["backends"][0]["outlier"] = json!({"consecutiveFailures": 1});
    config["routes"][0]["timeOuts"] = json!({"idleMs": 200});
    let (mut proxy, address) = proxy(config.clone());
    let mut slow = Wire::to(address);
    slow.say("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    let cut = || proxy.totals().accepted == 1 && proxy.totals().open == 0;
    crate::until("it is cut off", cut);
    // Whoever is to be ejected is so before this is in force.
    config["routes"][0]["responseHeaders"] = json!({"set": [{"name": "x-second", "value": "1"}]});
    let second = serde_json::from_value::<Config>(config).expect("a configuration");
    proxy.apply(second).expect("no mistakes");
    crate::until("it is in force", || {
        get(address, "/").field("x-second").is_some()
    });
    let mut texts = (0..4).map(|_| get(address, "/").text()).collect::<Vec<_>>();
    texts.sort();
    assert_eq!(texts, ["one", "one", "other", "other"]);
    proxy.stop();
}

/// A server that has as many connections as it may is not the only one.
#[test]
pub(crate) fn who_is_full_is_passed_over() {
    let ((one, gate), (other, other_gate)) = (Origin::waiting("one"), Origin::waiting("other"));
    let mut config = plain(&[one.address, other.address]);
    config["backends"][0]["limits"] = json!({"serverConnectionsMax": 1});
    let (proxy, address) = proxy(config);
    let mut wires = (0..2).map(|_| Wire::to(address)).collect::<Vec<_>>();
    for wire in &mut wires {
        wire.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    crate::until("both are asked", || {
        one.asked().len() + other.asked().len() == 2
    });
    assert_eq!(get(address, "/").status(), 503, "now both are full");
    gate.open();
    other_gate.open();
    let mut texts = wires
        .iter_mut()
        .map(|it| it.answer().expect("one").text())
        .collect::<Vec<_>>();
    texts.sort();
    assert_eq!(texts, ["one", "other"]);
    proxy.stop();
}

/// A connection that waits unused is too old for what may not be sent twice, and takes the only place there is: it goes.
#[test]
pub(crate) fn an_unused_connection_is_not_in_the_way() {
    let origin = Origin::text("hello");
    let mut config = plain(&[origin.address]);
    config["backends"][0]["limits"] = json!({"serverConnectionsMax": 1});
    let (proxy, address) = proxy(config);
    let mut wire = Wire::to(address);
    assert_eq!(wire.get("/").status(), 200);
    std::thread::sleep(Duration::from_millis(1_200));
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(wire.ask(post).status(), 200);
    assert_eq!(proxy.totals().connects, 2);
    proxy.stop();
}

/// Threads share the places for connections, and none sits on an unused one while another thread needs it.
#[test]
pub(crate) fn a_thread_does_not_keep_another_one_out() {
    let origin = Origin::text("hello");
    let mut config = plain(&[origin.address]);
    config["backends"][0]["limits"] = json!({"serverConnectionsMax": 1});
    let config = serde_json::from_value::<Config>(config).expect("a configuration");
    let settings = Settings {
        threads: 2,
        seed: 1,
        secret: 7,
        logs_access: false,
    };
    let proxy = Proxy::start(config, &settings).expect("a proxy");
    let address = proxy.addresses()["http"];
    // By chance the system gives some to each of the two.
    for _ in 0..24 {
        let (mut wire, begin) = (Wire::to(address), Instant::now());
        while wire.get("/").status() != 200 {
            assert!(begin.elapsed() < Duration::from_secs(10), "kept out");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    proxy.stop();
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
        begin.elapsed() < crate::wire::patience() / 2,
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
    crate::until("it is asked no more", || answers("well") == 6);
    is_well.store(true, Ordering::Relaxed);
    crate::until("it is asked again", || answers("ill") > 0);
    proxy.stop();
}
