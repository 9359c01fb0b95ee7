//! What a stream costs: bytes for each entry and for each that is pending, and time for each command.

use std::time::Instant;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

fn main() {
    for entries in [10, 1000, 100_000] {
        let mut partition = Partition::new(1);
        partition.set_now(1_767_225_600_000);
        let before = partition.allocated();
        let held = |partition: &Partition, what: &str, since: Instant| {
            let bytes = (partition.allocated() - before) as f64 / f64::from(entries);
            let time = since.elapsed().as_nanos() / entries as u128;
            println!("{entries} {what}: {bytes:.1} bytes for each, {time} ns");
        };
        let start = Instant::now();
        for entry in 0..entries {
            let id = format!("{}-0", 1_767_225_600_000_u64 + 3 * entry as u64);
            let value = value(entry as u64);
            run(
                &mut partition,
                &format!("xadd s {id} temperature {value} humidity {value}"),
            );
        }
        held(&partition, "entries", start);
        run(&mut partition, "xgroup create s g 0");
        let start = Instant::now();
        for _ in 0..entries / 10 {
            run(&mut partition, "xreadgroup group g a count 10 streams s >");
        }
        held(&partition, "entries, all pending", start);
        let start = Instant::now();
        for entry in 0..entries {
            let id = 1_767_225_600_000_u64 + 3 * entry as u64;
            run(&mut partition, &format!("xack s g {id}-0"));
        }
        held(&partition, "entries, none pending", start);
    }
}

/// Ten bytes that are no number.
fn value(number: u64) -> String {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("v{:09x}", mixed >> 28)
}

fn run(partition: &mut Partition, command: &str) {
    let words: Vec<_> = command.split(' ').map(str::as_bytes).collect();
    let mut reply = Reply::new(Protocol::Resp2);
    let spec = named(words[0]).expect("it is known");
    let mut all = [&mut *partition];
    let mut call = Call::new(&words, Keys::new(&mut all, 0), &mut reply);
    call.run(spec);
    let is_done = call.reply.bytes().first() != Some(&b'-');
    assert!(is_done, "{command}");
    partition.take_effects();
}
