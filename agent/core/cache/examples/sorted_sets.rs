//! What sorted sets cost: bytes for each member beyond its own and those of its score, and time for each command.

use std::hint::black_box;
use std::time::Duration;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

struct Bed {
    partition: Partition,
    reply: Reply,
    random: u64,
}

impl Bed {
    fn new() -> Self {
        Self {
            partition: Partition::new(1),
            reply: Reply::new(Protocol::Resp2),
            random: 7,
        }
    }

    fn run(&mut self, args: &[&[u8]]) {
        self.reply.clear();
        let spec = named(args[0]).expect("a command");
        let mut partitions = [&mut self.partition];
        let keys = Keys::new(&mut partitions, 0);
        Call::new(args, keys, &mut self.reply).run(spec);
        black_box(self.reply.bytes());
    }

    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn member(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

fn main() {
    for length in [8, 16, 64] {
        for members in [10, 40, 128, 1000, 100_000] {
            memory(length, members);
        }
    }
    for members in [1000, 100_000, 1_000_000] {
        time(members);
    }
}

fn memory(length: usize, members: usize) {
    let mut bed = Bed::new();
    // As many keys as make what belongs to the whole negligible.
    let keys = (20_000 / members).max(1);
    let start = bed.partition.allocated();
    for key in 0..keys {
        for _ in 0..members {
            let member = bed.member(length);
            let score = (bed.next() as f64 / u64::MAX as f64).to_string();
            let key = format!("key:{key:06}");
            bed.run(&[b"ZADD", key.as_bytes(), score.as_bytes(), &member]);
        }
        bed.partition.take_effects();
    }
    let bytes = bed.partition.allocated() - start - keys * (10 + members * (length + 8));
    let each = bytes as f64 / (keys * members) as f64;
    println!("{members} members of {length} bytes: {each:.1} bytes beyond member and score");
}

fn time(members: usize) {
    let mut bed = Bed::new();
    let names: Vec<_> = (0..members)
        .map(|number| format!("member:{number:07}"))
        .collect();
    let scores: Vec<_> = (0..members)
        .map(|_| (bed.next() >> 40).to_string())
        .collect();
    let mut timed = |about: &str, each: &dyn Fn(&mut Bed, usize)| {
        let start = processor_time();
        for step in 0..members {
            each(&mut bed, step * 7919 % members);
            if step % 64 == 0 {
                bed.partition.take_effects();
            }
        }
        println!(
            "{members} members, {about}: {} ns",
            (processor_time() - start).as_nanos() as usize / members
        );
    };
    let (names, scores) = (&names, &scores);
    let name = |at: usize| names[at].as_bytes();
    timed(
        "ZADD of new members",
        &(|bed: &mut Bed, at: usize| bed.run(&[b"ZADD", b"z", scores[at].as_bytes(), name(at)])),
    );
    timed(
        "ZSCORE",
        &(|bed: &mut Bed, at: usize| bed.run(&[b"ZSCORE", b"z", name(at)])),
    );
    timed(
        "ZRANK",
        &(|bed: &mut Bed, at: usize| bed.run(&[b"ZRANK", b"z", name(at)])),
    );
    timed(
        "ZADD of other scores",
        &(|bed: &mut Bed, at: usize| {
            bed.run(&[b"ZADD", b"z", scores[members - 1 - at].as_bytes(), name(at)])
        }),
    );
    timed(
        "ZRANGE of ten",
        &(|bed: &mut Bed, at: usize| {
            let (first, last) = (at.to_string(), (at + 9).to_string());
            bed.run(&[b"ZRANGE", b"z", first.as_bytes(), last.as_bytes()]);
        }),
    );
    timed(
        "ZPOPMIN",
        &(|bed: &mut Bed, _: usize| bed.run(&[b"ZPOPMIN", b"z"])),
    );
}

/// What this thread had of a processor, since the machine may have others to do.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanoseconds = told.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}
