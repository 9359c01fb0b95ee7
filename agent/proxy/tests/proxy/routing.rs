//! Routes, weights, sessions.

use std::collections::BTreeMap;

use serde_json::json;
use synod_proxy::config::Config;

use crate::origin::Origin;
use crate::wire::{Wire, get};
use crate::{backend, proxy};

#[test]
pub(crate) fn the_most_particular_route_counts() {
    let names = ["any", "host", "wild", "prefix", "exact", "header", "method"];
    let origins = names.map(Origin::text);
    let backends = names
        .iter()
        .zip(&origins)
        .map(|(name, it)| backend(name, &[it.address]));
    let to = |name: &str| json!([{"backend": name}]);
    let (proxy, address) = proxy(json!({
        "listeners": [crate::listener()],
        "routes": [
            {"to": to("any")},
            {"hosts": ["shop.test"], "to": to("host")},
            {"hosts": ["*.wild.test"], "to": to("wild")},
            {"hosts": ["shop.test"], "path": {"prefix": "/api"}, "to": to("prefix"), "replacePrefix": "/v2"},
            {"hosts": ["shop.test"], "path": {"exact": "/api/x"}, "to": to("exact")},
            {"hosts": ["shop.test"], "headers": [{"name": "x-canary", "value": "yes"}], "to": to("header")},
            {"hosts": ["shop.test"], "methods": ["DELETE"], "to": to("method")},
            {"hosts": ["old.test"], "redirect": {"host": "new.test", "scheme": "https", "status": 301}},
        ],
        "backends": backends.collect::<Vec<_>>(),
    }));
    let mut wire = Wire::to(address);
    for (line, host, extra, expected) in [
        ("GET /", "else.test", "", "any"),
        ("GET /", "SHOP.test:8080", "", "host"),
        ("GET /", "a.wild.test", "", "wild"),
        ("GET /", "wild.test", "", "any"),
        ("GET /api/y", "shop.test", "", "prefix"),
        ("GET /api", "shop.test", "", "prefix"),
        ("GET /apis", "shop.test", "", "host"),
        ("GET /api/x?q", "shop.test", "", "exact"),
        ("GET /", "shop.test", "X-Canary: yes\r\n", "header"),
        ("GET /", "shop.test", "X-Canary: no\r\n", "host"),
        ("DELETE /", "shop.test", "", "method"),
    ] {
        let answer = wire.ask(&format!("{line} HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n"));
        assert_eq!(answer.text(), expected, "{line} {host} {extra}");
    }
    let lines = origins[3]
        .asked()
        .iter()
        .map(|it| it.line.clone())
        .collect::<Vec<_>>();
    assert_eq!(lines, ["GET /v2/y HTTP/1.1", "GET /v2 HTTP/1.1"]);
    let answer = wire.ask("GET /a?b HTTP/1.1\r\nHost: old.test\r\n\r\n");
    assert_eq!(
        (answer.status(), answer.field("location").as_deref()),
        (301, Some("https://new.test/a?b"))
    );
    proxy.stop();
}

#[test]
pub(crate) fn a_canary_has_its_part_and_sessions_stay() {
    let (app, canary) = (Origin::text("app"), Origin::text("canary"));
    let config = |weights: [u32; 2]| {
        json!({
            "listeners": [crate::listener()],
            "routes": [{
                "to": [{"backend": "app", "weight": weights[0]}, {"backend": "canary", "weight": weights[1]}],
                "sticky": {"cookie": "home"},
            }],
            "backends": [backend("app", &[app.address]), backend("canary", &[canary.address])],
        })
    };
    let (mut proxy, address) = proxy(config([90, 10]));
    let mut wire = Wire::to(address);
    let mut homes = BTreeMap::<String, (String, usize)>::new();
    for _ in 0..2_000 {
        let answer = wire.get("/");
        let cookie = answer.field("set-cookie").expect("a new session is bound");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        homes.entry(answer.text()).or_insert((cookie, 0)).1 += 1;
    }
    let part = homes["canary"].1;
    assert!((140..260).contains(&part), "about 200: {part}");
    // The canary gets nothing new any more; who is at home there stays.
    let mut all = config([100, 0]);
    all["listeners"][0]["address"] = json!("127.0.0.1:0");
    let all = serde_json::from_value::<Config>(all).expect("a configuration");
    proxy.apply(all).expect("no mistakes");
    for (home, (cookie, _)) in &homes {
        for _ in 0..20 {
            let answer = wire.ask(&format!(
                "GET / HTTP/1.1\r\nHost: a\r\nCookie: x=y; {cookie}\r\n\r\n"
            ));
            assert_eq!(
                (answer.text(), answer.field("set-cookie")),
                (home.clone(), None)
            );
        }
    }
    assert!((0..50).all(|_| get(address, "/").text() == "app"));
    proxy.stop();
}

#[test]
pub(crate) fn a_hash_of_the_path_finds_the_same_server() {
    let origins = ["a", "b", "c", "d"].map(Origin::text);
    let addresses = origins.iter().map(|it| it.address).collect::<Vec<_>>();
    for algorithm in ["Maglev", "ConsistentHash"] {
        let mut app = backend("app", &addresses);
        app["balance"] = json!(algorithm);
        let (proxy, address) = proxy(json!({
            "listeners": [crate::listener()],
            "routes": [{"to": [{"backend": "app"}], "hashOn": "path"}],
            "backends": [app],
        }));
        let homes = (0..40)
            .map(|it| get(address, &format!("/{it}")).text())
            .collect::<Vec<_>>();
        let again = (0..40)
            .map(|it| get(address, &format!("/{it}?x")).text())
            .collect::<Vec<_>>();
        assert_eq!(homes, again);
        let used = homes.iter().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(used.len(), 4);
        proxy.stop();
    }
}

/// Every mistake is told at once: where it is, what it is, what to do.
#[test]
pub(crate) fn mistakes_are_told_by_place() {
    let config = json!({
        "listeners": [
            {"name": "a", "address": "127.0.0.1:1", "protocol": "TCP"},
            {"name": "a", "address": "127.0.0.1:1"},
        ],
        "routes": [
            {"to": [{"backend": "none"}], "hosts": ["http://x"], "path": {"prefix": "a"}},
            {"requestHeaders": {"set": [{"name": "Content-Length", "value": "5"}]}, "redirect": {"status": 200}},
        ],
        "backends": [{
            "name": "app",
            "servers": [{"address": "127.0.0.1:2", "weight": 70_000}],
            "health": {"probe": {"http": "/a b"}},
        }],
    });
    let config = serde_json::from_value::<Config>(config).expect("a configuration");
    let problems = config.check();
    let places = problems.iter().map(|it| &*it.at).collect::<Vec<_>>();
    assert_eq!(
        places,
        [
            "listeners[1].name",
            "listeners[1].address",
            "listeners[0].backend",
            "routes[0].to[0].backend",
            "routes[0].hosts[0]",
            "routes[0].path",
            "routes[1].redirect.status",
            "routes[1].requestHeaders.Content-Length",
            "backends[0].servers[0].weight",
            "backends[0].health.probe.http",
        ]
    );
    let told = problems[3].to_string();
    assert_eq!(
        told,
        "routes[0].to[0].backend: there is no backend \"none\"; name one of [app], or add it to backends"
    );
    assert!(serde_json::from_value::<Config>(json!({"listner": []})).is_err());
}
