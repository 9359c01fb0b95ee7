//! What it costs to pin a partition, and to write to it after that: `pin [KEYS]`, built for release.

use std::time::{Duration, Instant};

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::Reply;

fn run(partition: &mut Partition, words: &[&[u8]]) {
    let mut all = [partition];
    let mut reply = Reply::default();
    let spec = named(words[0]).expect("a command");
    Call::new(words, Keys::new(&mut all, 0), &mut reply).run(spec);
}

/// How long each of these took: the mean, and the longest.
fn timed(count: usize, mut work: impl FnMut(usize)) -> (Duration, Duration) {
    let (begun, mut longest) = (Instant::now(), Duration::ZERO);
    for number in 0..count {
        let since = Instant::now();
        work(number);
        longest = longest.max(since.elapsed());
    }
    (begun.elapsed() / count as u32, longest)
}

fn measure(what: &str, partition: &mut Partition, mut write: impl FnMut(&mut Partition, usize)) {
    const WRITES: usize = 20_000;
    let before = timed(WRITES, |number| write(partition, number));
    let since = Instant::now();
    let pinned = partition.pin();
    let took = since.elapsed();
    let during = timed(WRITES, |number| write(partition, number));
    drop(pinned);
    println!(
        "{what}: pinned in {took:?}; a write takes {:?} (longest {:?}), after that {:?} ({:?})",
        before.0, before.1, during.0, during.1
    );
}

fn main() {
    let keys = std::env::args()
        .nth(1)
        .map_or(300_000, |it| it.parse().expect("a number"));
    let mut partition = Partition::new(1);
    partition.set_recording(false);
    partition.set_now(1_767_225_600_000);
    for number in 0..keys {
        let key = format!("key:{number:08}");
        run(&mut partition, &[b"set", key.as_bytes(), &[b'x'; 64]]);
    }
    measure("strings", &mut partition, |partition, number| {
        let key = format!("key:{:08}", number * 7919 % keys);
        run(partition, &[b"set", key.as_bytes(), &[b'y'; 64]]);
    });
    for (what, add) in [
        ("set", "sadd"),
        ("hash", "hset"),
        ("list", "rpush"),
        ("sorted set", "zadd"),
        ("stream", "xadd"),
    ] {
        let mut partition = Partition::new(1);
        partition.set_recording(false);
        let write = |partition: &mut Partition, number: usize| {
            let (element, score) = (format!("element:{number:08}"), (number % 1000).to_string());
            let (element, score) = (element.as_bytes(), score.as_bytes());
            let words: &[&[u8]] = match add {
                "hset" => &[b"hset", b"k", element, b"value"],
                "zadd" => &[b"zadd", b"k", score, element],
                "xadd" => &[b"xadd", b"k", b"*", b"field", element],
                _ => &[add.as_bytes(), b"k", element],
            };
            run(partition, words);
        };
        for number in 0..keys {
            write(&mut partition, number);
        }
        measure(what, &mut partition, |partition, number| {
            write(partition, keys + number)
        });
    }
}
