//! Headers: those of a hop stay on it, those of the way are added.

use serde_json::json;

use crate::origin::Origin;
use crate::wire::Wire;
use crate::{backend, plain, proxy};

#[test]
pub(crate) fn what_is_of_a_hop_stays_on_it() {
    let origin = Origin::answering(|_| {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x-secret\r\nKeep-Alive: timeout=5\r\nX-Secret: 1\r\nX-Kept: 2\r\n\r\n".to_owned()
    });
    let (proxy, address) = proxy(plain(&[origin.address]));
    let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\n\
        Proxy-Connection: x\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\nX-Public: 2\r\n\r\n";
    let answer = Wire::to(address).ask(request);
    assert_eq!(answer.field("x-secret"), None);
    assert_eq!(answer.field("keep-alive"), None);
    assert_eq!(answer.field("x-kept").as_deref(), Some("2"));
    let asked = &origin.asked()[0];
    for gone in [
        "connection",
        "x-private",
        "keep-alive",
        "proxy-connection",
        "te",
        "upgrade",
        "http2-settings",
    ] {
        assert_eq!(asked.field(gone), None, "{gone}");
    }
    assert_eq!(asked.field("x-public").as_deref(), Some("2"));
    proxy.stop();
}

#[test]
pub(crate) fn the_way_is_told_and_strangers_are_not_believed() {
    let origin = Origin::text("");
    for trusts in [false, true] {
        let mut config = plain(&[origin.address]);
        config["listeners"][0]["trustsClients"] = json!(trusts);
        let (proxy, address) = proxy(config);
        Wire::to(address).ask(
            "GET / HTTP/1.1\r\nHost: Shop:80\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n\r\n",
        );
        let asked = origin.asked().pop().expect("one");
        let expected = if trusts {
            ["6.6.6.6, 127.0.0.1", "https", "Shop:80"]
        } else {
            ["127.0.0.1", "http", "Shop:80"]
        };
        let found =
            ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map(|it| asked.field(it));
        assert_eq!(found.map(Option::unwrap_or_default), expected);
        assert_eq!(asked.field("forwarded").is_some(), trusts);
        assert_eq!(asked.field("host").as_deref(), Some("Shop:80"));
        proxy.stop();
    }
}

#[test]
pub(crate) fn routes_edit_headers() {
    let origin = Origin::answering(|_| {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer: x\r\nVary: a\r\n\r\n".to_owned()
    });
    let (proxy, address) = proxy(json!({
        "listeners": [crate::listener()],
        "routes": [{
            "to": [{"backend": "app"}],
            "requestHeaders": {"set": [{"name": "X-Set", "value": "new"}], "remove": ["X-Gone"]},
            "responseHeaders": {"add": [{"name": "Vary", "value": "b"}], "remove": ["server"]},
        }],
        "backends": [backend("app", &[origin.address])],
    }));
    let answer =
        Wire::to(address).ask("GET / HTTP/1.1\r\nHost: a\r\nX-SET: old\r\nx-gone: 1\r\n\r\n");
    assert_eq!(answer.field("vary").as_deref(), Some("a, b"));
    assert_eq!(answer.field("server"), None);
    let asked = &origin.asked()[0];
    assert_eq!(asked.field("x-set").as_deref(), Some("new"));
    assert_eq!(asked.field("x-gone"), None);
    proxy.stop();
}

/// Each request is counted where it belongs, and has its line in the log.
#[test]
pub(crate) fn what_was_done_is_counted_and_logged() {
    let origin = Origin::text("hello");
    let mut config = plain(&[origin.address]);
    config["routes"] = json!([
        {"name": "app", "to": [{"backend": "app"}]},
        {"name": "old", "path": {"prefix": "/old"}, "redirect": {"path": "/new"}},
        {"name": "none", "hosts": ["none.test"], "to": [{"backend": "none"}]},
    ]);
    config["backends"] = json!([config["backends"][0], {"name": "none"}]);
    let (mut proxy, address) = proxy(config);
    let log = proxy.take_access_log().expect("it is kept");
    let mut wire = Wire::to(address);
    for _ in 0..3 {
        wire.get("/a?b");
    }
    wire.get("/old");
    wire.ask("GET / HTTP/1.1\r\nHost: none.test\r\n\r\n");
    wire.say("nonsense\r\n\r\n");
    assert_eq!(wire.answer().expect("one").status(), 400);
    let told = proxy.told();
    let of = |name: &str| {
        let mut routes = told.routes.iter();
        routes
            .find(|it| it.0 == name)
            .expect("it is told")
            .1
            .classes
    };
    assert_eq!(of("app"), [0, 3, 0, 0, 0]);
    assert_eq!(of("old"), [0, 0, 1, 0, 0]);
    assert_eq!(of("none"), [0, 0, 0, 0, 1]);
    let app = told.backends.iter().find(|it| it.name == "app");
    let app = app.expect("it is told");
    assert_eq!((app.servers, app.usable, app.counted.classes[1]), (1, 1, 3));
    assert_eq!(app.counted.took.iter().sum::<u64>(), 3);
    let lines = (0..6).map(|_| log.recv().expect("an entry"));
    let lines = lines.collect::<Vec<_>>();
    let statuses = lines.iter().map(|it| it.status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 200, 200, 302, 503, 400]);
    let line = serde_json::from_str::<serde_json::Value>(&lines[0].to_json()).expect("JSON");
    let server = origin.address.to_string();
    for (name, value) in [
        ("method", "GET"),
        ("target", "/a?b"),
        ("host", "test"),
        ("route", "app"),
        ("server", &server),
    ] {
        assert_eq!(line[name], value, "{line}");
    }
    let text = synod_proxy::metrics::text(&proxy.totals(), &told);
    for line in [
        "synod_proxy_requests_total 6",
        "synod_proxy_route_requests_total{route=\"app\",class=\"2xx\"} 3",
        "synod_proxy_backend_request_seconds_count{backend=\"app\"} 3",
        "synod_proxy_backend_servers_usable{backend=\"none\"} 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in {text}");
    }
    proxy.stop();
}

/// What a route sets or removes of the way is so, and the proxy's own word is not beside it.
#[test]
pub(crate) fn routes_edit_the_way_too() {
    let origin = Origin::text("");
    let mut config = plain(&[origin.address]);
    config["routes"][0]["requestHeaders"] = json!({
        "set": [{"name": "X-Forwarded-Proto", "value": "https"}],
        "remove": ["X-Forwarded-For"],
    });
    let (proxy, address) = proxy(config);
    crate::wire::get(address, "/");
    let asked = &origin.asked()[0];
    assert_eq!(asked.field("x-forwarded-proto").as_deref(), Some("https"));
    assert_eq!(asked.field("x-forwarded-for"), None);
    assert_eq!(asked.field("x-forwarded-host").as_deref(), Some("test"));
    proxy.stop();
}
