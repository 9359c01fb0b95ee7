//! Memory stays within its bound, and whoever is served is served.

use crate::client::{Client, start};

const BOUND: u64 = 8 * 1024 * 1024;
/// What sums may lag behind: 16 partitions, each by a grain of 4 KiB.
const LAG: u64 = 64 * 1024;

fn number(info: &str, name: &str) -> u64 {
    let mut words = info.split(' ').filter_map(|word| word.strip_prefix(name));
    let word = words.next().unwrap_or_else(|| panic!("{name} in {info}"));
    word.trim_start_matches(':').parse().expect("a number")
}

fn used(client: &mut Client) -> u64 {
    number(&client.ask_for_all("info memory"), "used_memory_dataset")
}

#[test]
fn what_takes_memory_is_refused_at_the_bound() {
    const OOM: &str = "-OOM command not allowed when used memory > 'maxmemory'.";
    let server = start(16);
    let (mut client, mut other) = (Client::of(&server), Client::of(&server));
    client.ask(&format!("config set maxmemory {BOUND}"));
    let value = "x".repeat(20_000);
    let mut key = 0;
    while client.ask(&format!("set key:{key} {value}")) == "+OK" {
        key += 1;
        assert!(key < 1000, "there is a bound");
    }
    assert_eq!(client.ask(&format!("set key:{key} {value}")), OOM);
    let used = used(&mut client);
    assert!(
        (BOUND - LAG..BOUND + LAG + 20_000).contains(&used),
        "{used}"
    );
    // What takes none is carried out, for others as well.
    assert_eq!(other.ask("ttl key:0"), ":-1");
    assert_eq!(other.ask("lpush list x"), OOM);
    assert_eq!(other.ask("multi"), "+OK");
    assert_eq!(other.ask("get key:0"), OOM);
    assert_eq!(
        other.ask("exec"),
        "-EXECABORT Transaction discarded because of previous errors."
    );
    for key in 0..20 {
        assert_eq!(other.ask(&format!("del key:{key}")), ":1");
    }
    assert_eq!(other.ask("lpush list x"), ":1");
    assert!(
        client
            .ask_for_all("info errorstats")
            .contains("errorstat_OOM:count="),
        "it is counted"
    );
    server.stop();
}

#[test]
fn a_transaction_that_takes_memory_is_refused_at_the_bound() {
    let server = start(16);
    let (mut client, mut other) = (Client::of(&server), Client::of(&server));
    client.ask("multi");
    assert_eq!(client.ask("set a 1"), "+QUEUED");
    other.ask(&format!("set b {}", "x".repeat(10_000)));
    other.ask("config set maxmemory 1");
    assert_eq!(
        client.ask("exec"),
        "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."
    );
    other.ask("config set maxmemory 0");
    assert_eq!(client.ask("set a 1"), "+OK");
    server.stop();
}

#[test]
fn keys_go_that_are_too_many() {
    for policy in [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "auto",
    ] {
        let server = start(16);
        let (mut client, mut other) = (Client::of(&server), Client::of(&server));
        client.ask(&format!(
            "config set maxmemory {BOUND} maxmemory-policy {policy}"
        ));
        other.ask("set stays 1");
        let value = "x".repeat(16_000);
        for key in 0..1000 {
            let set = format!("set key:{key} {value} ex {}", 1000 + key);
            assert_eq!(client.ask(&set), "+OK", "{policy}");
            if key % 250 == 249 {
                let used = used(&mut client);
                assert!(used < BOUND + LAG + 32_000, "{policy}: {used}");
                assert_eq!(other.ask("ping"), "+PONG");
            }
        }
        let stats = client.ask_for_all("info stats");
        let evicted = number(&stats, "evicted_keys");
        let left = client.ask("dbsize");
        let left: u64 = left[1..].parse().expect("a number");
        assert_eq!(evicted + left, 1001, "{policy}");
        assert!(left > 400, "{policy}: no more go than have to: {left}");
        if policy.starts_with("volatile") {
            assert_eq!(other.ask("exists stays"), ":1", "{policy}");
        }
        server.stop();
    }
}

#[test]
fn a_lower_bound_is_reached_without_anybody_s_help() {
    let server = start(16);
    let mut client = Client::of(&server);
    let value = "x".repeat(16_000);
    for key in 0..200 {
        client.ask(&format!("set key:{key} {value}"));
    }
    client.ask("config set maxmemory 1mb maxmemory-policy allkeys-lru");
    let mut looks = 0;
    while used(&mut client) > 1024 * 1024 + LAG {
        looks += 1;
        assert!(looks < 1000, "it is still above");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    server.stop();
}
