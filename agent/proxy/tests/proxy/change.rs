//! Everything changes while requests come: none fails.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use synod_balance::{Condition, Endpoint};
use synod_proxy::config::Config;

use crate::origin::Origin;
use crate::wire::{Wire, get};
use crate::{backend, listener, plain, proxy, until};

/// Clients that ask all the time; what they counted.
struct Clients {
    stops: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    fn of(address: SocketAddr) -> Self {
        let clients = Self {
            stops: Arc::default(),
            done: Arc::default(),
            failed: Arc::default(),
            threads: Vec::new(),
        };
        let client = |_| {
            let (stops, done, failed) = (
                Arc::clone(&clients.stops),
                Arc::clone(&clients.done),
                Arc::clone(&clients.failed),
            );
            thread::spawn(move || {
                let mut wire = Wire::to(address);
                while !stops.load(Ordering::Relaxed) {
                    wire.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    let answer = wire.answer();
                    let is_well = answer.as_ref().is_some_and(|it| it.status() == 200);
                    failed.fetch_add(usize::from(!is_well), Ordering::Relaxed);
                    done.fetch_add(1, Ordering::Relaxed);
                    let ends = answer.is_none_or(|it| it.field("connection").is_some());
                    if ends && !stops.load(Ordering::Relaxed) {
                        wire = Wire::to(address);
                    }
                }
            })
        };
        let threads = (0..4).map(client).collect();
        Self { threads, ..clients }
    }

    /// So many more requests are done.
    fn wait(&self, more: usize) {
        let (from, begin) = (self.done.load(Ordering::Relaxed), Instant::now());
        while self.done.load(Ordering::Relaxed) < from + more {
            assert!(begin.elapsed() < crate::wire::patience(), "nothing goes on");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn end(self) -> (usize, usize) {
        self.stops.store(true, Ordering::Relaxed);
        self.threads
            .into_iter()
            .for_each(|it| it.join().expect("a client"));
        (
            self.done.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        )
    }
}

pub(crate) fn service() -> Value {
    json!({
        "listeners": [listener()],
        "routes": [{"to": [{"backend": "app"}]}],
        "backends": [{"name": "app"}],
    })
}

pub(crate) fn endpoint(origin: &Origin, condition: Condition) -> Endpoint {
    Endpoint {
        condition,
        ..Endpoint::new(&origin.address.to_string())
    }
}

/// Servers come and go: first they are said to be terminating, then they close.
#[test]
pub(crate) fn nothing_fails_while_servers_roll() {
    let (proxy, address) = proxy(service());
    let mut old = Origin::slow("0", Duration::from_millis(2));
    proxy.endpoints("app", vec![endpoint(&old, Condition::Ready)]);
    until("it is in force", || get(address, "/").status() == 200);
    let clients = Clients::of(address);
    for _ in 0..8 {
        clients.wait(20);
        let new = Origin::slow("1", Duration::from_millis(2));
        proxy.endpoints(
            "app",
            vec![
                endpoint(&old, Condition::Terminating),
                endpoint(&new, Condition::Ready),
            ],
        );
        // What is told is in force when it is seen: who closes before is asked once more, by those who do not know.
        until("the new one is asked", || !new.asked().is_empty());
        proxy.endpoints("app", vec![endpoint(&new, Condition::Ready)]);
        clients.wait(20);
        old.close();
        old = new;
    }
    clients.wait(20);
    let (done, failed) = clients.end();
    assert_eq!(failed, 0, "of {done}");
    proxy.stop();
}

/// A server is gone without a word: connections to it are refused, and its clients are asked nothing.
#[test]
pub(crate) fn nothing_fails_when_a_server_is_gone() {
    let (origin, gone) = (Origin::text("a"), Origin::text("b"));
    let (proxy, address) = proxy(plain(&[origin.address, gone.address]));
    let clients = Clients::of(address);
    clients.wait(100);
    gone.close();
    clients.wait(300);
    let (done, failed) = clients.end();
    assert_eq!(failed, 0, "of {done}");
    proxy.stop();
}

#[test]
pub(crate) fn nothing_fails_while_routes_change() {
    let (one, other) = (Origin::text("one"), Origin::text("other"));
    let config = |number: usize| {
        let mut config = plain(&[if number.is_multiple_of(2) {
            one.address
        } else {
            other.address
        }]);
        config["routes"][0]["responseHeaders"] =
            json!({"set": [{"name": "x-number", "value": number.to_string()}]});
        config
    };
    let (mut proxy, address) = proxy(config(0));
    let clients = Clients::of(address);
    for number in 1..30 {
        let config = serde_json::from_value::<Config>(config(number)).expect("a configuration");
        proxy.apply(config).expect("no mistakes");
        clients.wait(20);
        assert_eq!(
            get(address, "/").field("x-number"),
            Some(number.to_string())
        );
    }
    // What has mistakes changes nothing.
    let mut bad = serde_json::from_value::<Config>(config(30)).expect("a configuration");
    bad.routes[0].to[0].backend = "none".to_owned();
    assert_eq!(proxy.apply(bad).expect_err("a mistake").len(), 1);
    assert_eq!(get(address, "/").field("x-number").as_deref(), Some("29"));
    let (done, failed) = clients.end();
    assert_eq!(failed, 0, "of {done}");
    proxy.stop();
}

/// Servers are found by their name, and by another one once the configuration has it.
#[test]
pub(crate) fn names_are_asked_for() {
    let (one, other) = (Origin::text("one"), Origin::text("other"));
    let config = |origin: &Origin| {
        let name = format!("localhost:{}", origin.address.port());
        let mut config = service();
        config["backends"] = json!([{"name": "app", "dns": {"name": name, "intervalMs": 100}}]);
        config
    };
    let (mut proxy, address) = proxy(config(&one));
    until("the name is known", || get(address, "/").text() == "one");
    let second = serde_json::from_value::<Config>(config(&other)).expect("a configuration");
    proxy.apply(second).expect("no mistakes");
    until("the other name is known", || {
        get(address, "/").text() == "other"
    });
    proxy.stop();
}

/// From what is told to what is done.
#[test]
pub(crate) fn endpoints_are_in_force_at_once() {
    let (one, other) = (Origin::text("one"), Origin::text("other"));
    let (proxy, address) = proxy(service());
    let mut wire = Wire::to(address);
    let mut slowest = Duration::ZERO;
    for turn in 0..40 {
        let (origin, text) = if turn % 2 == 0 {
            (&one, "one")
        } else {
            (&other, "other")
        };
        let begin = Instant::now();
        proxy.endpoints("app", vec![endpoint(origin, Condition::Ready)]);
        while wire.get("/").text() != text {}
        slowest = slowest.max(begin.elapsed());
    }
    println!("slowest of 40: {slowest:?}");
    proxy.stop();
}

/// Answers under way arrive; those that come say that the connection ends; then the port is closed.
#[test]
pub(crate) fn draining_drops_nothing() {
    let (slow, gate) = Origin::waiting("slow");
    let quick = Origin::text("quick");
    let mut config = plain(&[quick.address]);
    config["backends"] = json!([
        backend("app", &[quick.address]),
        backend("slow", &[slow.address]),
    ]);
    config["routes"] = json!([
        {"to": [{"backend": "app"}]},
        {"path": {"exact": "/slow"}, "to": [{"backend": "slow"}]},
    ]);
    let (proxy, address) = proxy(config);
    let mut under_way = Wire::to(address);
    let mut idle = Wire::to(address);
    assert_eq!(idle.get("/").text(), "quick");
    under_way.say("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    until("it is asked", || !slow.asked().is_empty());
    let begin = Instant::now();
    let drain = thread::spawn(move || proxy.drain(Duration::from_secs(600)));
    until("the port is closed", || {
        std::net::TcpStream::connect(address).is_err()
    });
    idle.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    match idle.answer() {
        Some(last) => assert_eq!(
            (last.text().as_str(), last.field("connection").as_deref()),
            ("quick", Some("close"))
        ),
        None => assert!(
            begin.elapsed() > Duration::from_secs(1),
            "it is given a moment"
        ),
    }
    gate.open();
    assert_eq!(under_way.answer().expect("it arrives").text(), "slow");
    // It does not wait for those that are idle: ten minutes are more than this test is waited for.
    drain.join().expect("it ends");
}

/// A proxy that takes one connection only, with so many that wait; and what makes it take them.
fn crowded(count: usize) -> (synod_proxy::Proxy, Vec<Wire>, Config) {
    let mut config = json!({
        "listeners": [listener()],
        "routes": [{"redirect": {"host": "elsewhere"}}],
    });
    config["listeners"][0]["connectionsMax"] = json!(1);
    let (proxy, address) = proxy(config.clone());
    let mut wires = vec![Wire::to(address)];
    assert_eq!(wires[0].get("/").status(), 302);
    wires.extend((0..count).map(|_| Wire::to(address)));
    config["listeners"][0]["connectionsMax"] = json!(10_000);
    config["listeners"][0]["address"] = json!("127.0.0.1:0");
    let config = serde_json::from_value(config).expect("a configuration");
    (proxy, wires, config)
}

/// Whom the system took already is not reset when the port is closed.
#[test]
pub(crate) fn who_waits_is_served_before_the_port_is_closed() {
    let (mut proxy, mut wires, config) = crowded(1_500);
    for wire in &mut wires[1..] {
        wire.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    proxy.apply(config).expect("no mistakes");
    proxy.drain(Duration::from_secs(60));
    let answered = wires[1..].iter_mut().filter_map(Wire::answer);
    assert_eq!(answered.filter(|it| it.status() == 302).count(), 1_500);
}

/// Nor is who came in the last moment, and says nothing, waited for.
#[test]
pub(crate) fn who_says_nothing_is_not_waited_for() {
    let (mut proxy, wires, config) = crowded(1_500);
    proxy.apply(config).expect("no mistakes");
    let begin = Instant::now();
    proxy.drain(Duration::from_secs(9));
    assert!(begin.elapsed() < Duration::from_secs(6));
    drop(wires);
}

/// A listener comes and goes in place; what is bound elsewhere is told, and nothing changes.
#[test]
pub(crate) fn listeners_come_and_go() {
    let origin = Origin::text("hello");
    let (mut proxy, address) = proxy(plain(&[origin.address]));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let with = |more: Value| {
        let mut config = plain(&[origin.address]);
        config["listeners"] = json!([listener(), more]);
        serde_json::from_value::<Config>(config).expect("a configuration")
    };
    let problem = with(json!({"name": "b", "address": taken.local_addr().expect("one")}));
    let problem = proxy.apply(problem).expect_err("it is taken");
    assert_eq!(problem[0].at, "listeners[1].address");
    proxy
        .apply(with(json!({"name": "b", "address": "127.0.0.1:0"})))
        .expect("no mistakes");
    let second = proxy.addresses()["b"];
    assert_eq!(get(second, "/").text(), "hello");
    assert_eq!(get(address, "/").text(), "hello");
    proxy
        .apply(serde_json::from_value(plain(&[origin.address])).expect("one"))
        .expect("no mistakes");
    until("it is closed", || {
        std::net::TcpStream::connect(second).is_err()
    });
    assert_eq!(get(address, "/").text(), "hello");
    proxy.stop();
}
