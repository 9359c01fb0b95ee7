//! What applying costs: `cargo run --release -p synod-kv --example apply [KEYS] [VALUE_BYTES]`. Prints CPU times (of
//! this thread, so that others on the machine matter less) and memory, and judges nothing.

use bytes::Bytes;
use synod_kv::{Command, Hub, KeyRange, Put, Range, Settings, Store, WatchSpec};
use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Slot};

struct Bench {
    store: Store,
    slot: u64,
}

impl Bench {
    fn apply(&mut self, command: &Bytes) {
        self.slot += 1;
        let ballot = Ballot::default();
        let stamp = Stamp {
            slot: Slot(self.slot),
            ballot,
            newest: ballot,
            time_ms: 0,
            level: 0,
        };
        self.store
            .apply(&stamp, command)
            .expect("a known command")
            .result
            .expect("not refused");
    }

    fn puts(&mut self, what: &str, commands: &[Bytes]) {
        let began = cpu_ns();
        for command in commands {
            self.apply(command);
        }
        let each = (cpu_ns() - began) / commands.len();
        println!(
            "{what:40} {each:6} ns per put, {:4} MiB resident, {:?}",
            resident_mib(),
            self.store.sizes()
        );
    }
}

/// Keys in a scattered order.
fn commands(keys: usize, value: &Bytes) -> Vec<Bytes> {
    (0..keys as u64)
        .map(|number| {
            let key = format!(
                "/registry/things/{:016x}",
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            );
            Command::Put(Put {
                key: key.into(),
                value: value.clone(),
                ..Put::default()
            })
            .encode()
        })
        .collect()
}

/// CPU time of this thread.
fn cpu_ns() -> usize {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let first = stat.and_then(|line| line.split_whitespace().next()?.parse().ok());
    first.expect("this needs Linux")
}

fn resident_mib() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4 / 1024
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|word| word.parse::<usize>().expect("a number"));
    let keys = numbers.next().unwrap_or(100_000);
    let value = Bytes::from(vec![7; numbers.next().unwrap_or(256)]);
    let commands = commands(keys, &value);
    println!(
        "{keys} keys, values of {} bytes; before: {} MiB resident",
        value.len(),
        resident_mib()
    );
    let mut bench = Bench {
        store: Store::new(Settings::default()),
        slot: 0,
    };
    bench.puts("new keys", &commands);
    bench.puts("second versions", &commands);
    let revision = bench.store.revision();
    bench.apply(&Command::Compact { revision }.encode());
    bench.puts("with reclamation of a compaction", &commands);
    let view = bench.store.view();
    bench.puts("while a view is pinned", &commands[..keys / 2]);
    drop(view);

    let same = vec![commands[0].clone(); keys];
    bench.puts("one key", &same);

    let began = cpu_ns();
    for command in &commands {
        let Ok(Command::Put(put)) = Command::decode(command) else {
            unreachable!("they are puts")
        };
        let response = bench
            .store
            .range(&Range::new(KeyRange::point(put.key)))
            .expect("readable");
        assert_eq!(response.count, 1);
    }
    println!("{:40} {:6} ns per get", "gets", (cpu_ns() - began) / keys);

    let began = cpu_ns();
    let response = bench
        .store
        .range(&Range::new(KeyRange::all()))
        .expect("readable");
    println!(
        "{:40} {:6} ns per key",
        "a range over all",
        (cpu_ns() - began) / response.kvs.len()
    );
    drop(response);

    let mut hub = Hub::new(&bench.store);
    for number in 0..5_000u64 {
        let prefix = format!("/registry/things/{:03x}", number % 4_096);
        hub.create(
            &bench.store,
            WatchSpec::new(KeyRange::prefix(prefix.into()), 0),
        );
    }
    let began = cpu_ns();
    let mut events = 0;
    for command in &commands[..keys / 2] {
        bench.apply(command);
        hub.applied(&bench.store);
        while let Some(id) = hub.ready() {
            events += hub.next(&bench.store, id, 1 << 20).events.len();
        }
    }
    let each = (cpu_ns() - began) / (keys / 2);
    println!(
        "{:40} {each:6} ns per put, {events} events",
        "with 5000 prefix watches"
    );
}
