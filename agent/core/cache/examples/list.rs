//! What lists cost: bytes beyond those of the elements, and time on a core for each command.

use std::hint::black_box;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

fn main() {
    println!("bytes beyond the elements, for each of them:");
    for length in [8, 64, 200, 1000] {
        for count in [10, 60, 100, 200, 500, 1000, 100_000] {
            let beyond = ["rpush", "lpush"].map(|push| memory(push, length, count));
            println!(
                "{count} of {length} bytes: {:.2} rpush, {:.2} lpush",
                beyond[0], beyond[1]
            );
        }
    }
    println!("nanoseconds for each command:");
    for count in [10, 300, 1000, 100_000] {
        times(count);
    }
}

fn run(partition: &mut Partition, reply: &mut Reply, args: &[&[u8]]) {
    reply.clear();
    let spec = named(args[0]).expect("a command");
    Call::new(args, Keys::new(&mut [partition], 0), reply).run(spec);
    assert!(!reply.bytes().starts_with(b"-"), "it fails");
}

/// Incompressible bytes.
fn element(number: u64, length: usize) -> Vec<u8> {
    let word = |step: u64| (number * 1000 + step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555;
    let words = (0..length.div_ceil(8) as u64).flat_map(|step| word(step).to_le_bytes());
    words.take(length).collect()
}

/// Of as many lists as tell it well.
fn memory(push: &str, length: usize, count: u64) -> f64 {
    let lists = (100_000 / count).max(1);
    let mut partition = Partition::new(1);
    let mut reply = Reply::new(Protocol::Resp2);
    for list in 0..lists {
        let key = format!("list:{list:06}").into_bytes();
        for number in 0..count {
            let element = element(list * count + number, length);
            run(
                &mut partition,
                &mut reply,
                &[push.as_bytes(), &key, &element],
            );
            partition.take_effects();
        }
    }
    let elements = lists * count;
    let keys = 11 * lists;
    (partition.allocated() as f64 - keys as f64) / elements as f64 - length as f64
}

fn times(count: u64) {
    const STEPS: u64 = 100_000;
    let mut partition = Partition::new(1);
    let mut reply = Reply::new(Protocol::Resp2);
    let elements: Vec<_> = (0..count).map(|number| element(number, 8)).collect();
    for element in &elements {
        run(&mut partition, &mut reply, &[b"rpush", b"l", element]);
    }
    let (middle, new) = (&elements[count as usize / 2], b"12345678");
    let number = |number: u64| number.to_string().into_bytes();
    let (half, last) = (number(count / 2), number(count - 1));
    let (near, ten) = (number(count.saturating_sub(10)), number(10));
    let commands: [(&str, Vec<&[u8]>); 11] = [
        ("rpush + lpop", vec![]),
        ("lpush + rpop", vec![]),
        ("rpush + rpop", vec![]),
        ("rpoplpush l l", vec![b"rpoplpush", b"l", b"l"]),
        (
            "lmove l l left right",
            vec![b"lmove", b"l", b"l", b"left", b"right"],
        ),
        ("lindex at half", vec![b"lindex", b"l", &half]),
        ("lindex at the end", vec![b"lindex", b"l", &last]),
        ("lrange 0 10", vec![b"lrange", b"l", b"0", &ten]),
        ("lrange of the last 10", vec![b"lrange", b"l", &near, &last]),
        ("lset at half", vec![b"lset", b"l", &half, new]),
        ("linsert at half, lrem", vec![]),
    ];
    for (name, args) in commands {
        let steps = if name.starts_with("linsert") {
            (10_000_000 / count).min(STEPS)
        } else {
            STEPS
        };
        let start = busy();
        for _ in 0..steps {
            let mut run = |args: &[&[u8]]| run(&mut partition, &mut reply, args);
            match name {
                "rpush + lpop" => [
                    [b"rpush".as_slice(), b"l", new].as_slice(),
                    &[b"lpop", b"l"],
                ]
                .map(&mut run),
                "lpush + rpop" => [
                    [b"lpush".as_slice(), b"l", new].as_slice(),
                    &[b"rpop", b"l"],
                ]
                .map(&mut run),
                "rpush + rpop" => [
                    [b"rpush".as_slice(), b"l", new].as_slice(),
                    &[b"rpop", b"l"],
                ]
                .map(&mut run),
                "linsert at half, lrem" => [
                    [b"linsert".as_slice(), b"l", b"before", middle, b"x"].as_slice(),
                    &[b"lrem", b"l", b"1", b"x"],
                ]
                .map(&mut run),
                _ => [run(&args), ()],
            };
            black_box(&reply);
            partition.take_effects();
        }
        println!("{count}: {name}: {}", (busy() - start) / steps);
    }
}

/// Nanoseconds on a core, of which others may want some.
fn busy() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux");
    let busy = told.split(' ').next().expect("three numbers");
    busy.parse().expect("a number")
}
