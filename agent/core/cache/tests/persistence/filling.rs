//! Partitions with a bit of everything.

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::Reply;

pub(crate) const NOW: i64 = 1_767_225_600_000;

pub(crate) fn partitions(count: u64) -> Vec<Partition> {
    let mut partitions: Vec<_> = (1..=count).map(Partition::new).collect();
    for partition in &mut partitions {
        partition.set_now(NOW);
    }
    partitions
}

pub(crate) fn run(partitions: &mut [Partition], database: usize, words: &[&[u8]]) -> String {
    let mut all: Vec<_> = partitions.iter_mut().collect();
    let mut reply = Reply::default();
    let spec = named(words[0]).expect("a command");
    Call::new(words, Keys::new(&mut all, database), &mut reply).run(spec);
    String::from_utf8_lossy(&reply.to_vec()).into_owned()
}

/// Numbers that are the same for the same seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = match self.below(20) {
            0 => 0,
            1 => 2000,
            2 => 70,
            _ => 1 + self.below(12),
        };
        if self.below(3) == 0 {
            return self.below(100_000).to_string().into_bytes();
        }
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}

/// One random command about one of a few keys of each kind.
pub(crate) fn command(numbers: &mut Numbers) -> (usize, Vec<Vec<u8>>) {
    let database = if numbers.below(4) == 0 { 7 } else { 0 };
    let key =
        |kind: &str, numbers: &mut Numbers| format!("{kind}-{}", numbers.below(12)).into_bytes();
    let text = |word: &str| word.as_bytes().to_vec();
    let later = (NOW + 1 + numbers.below(1_000_000_000) as i64)
        .to_string()
        .into_bytes();
    let id = format!("{}-{}", 1 + numbers.below(2000), numbers.below(3)).into_bytes();
    let (kind, rest): (&str, Vec<Vec<u8>>) = match numbers.below(22) {
        0 | 1 => ("set", vec![numbers.bytes()]),
        2 => ("set", vec![numbers.bytes(), text("pxat"), later]),
        3 => ("append", vec![numbers.bytes()]),
        4 | 5 => (
            "rpush",
            (0..=numbers.below(30)).map(|_| numbers.bytes()).collect(),
        ),
        6 => ("lpush", vec![numbers.bytes()]),
        7 => ("lpop", vec![]),
        8 | 9 => (
            "sadd",
            (0..=numbers.below(60)).map(|_| numbers.bytes()).collect(),
        ),
        10 => ("sadd", vec![numbers.below(500).to_string().into_bytes()]),
        11 | 12 => (
            "hset",
            (0..2 * (1 + numbers.below(40)))
                .map(|_| numbers.bytes())
                .collect(),
        ),
        13 => (
            "hpexpireat",
            vec![
                later,
                text("fields"),
                text("1"),
                numbers.below(100_000).to_string().into_bytes(),
            ],
        ),
        14 | 15 => (
            "zadd",
            (0..=numbers.below(40))
                .flat_map(|_| {
                    [
                        numbers.below(1000).to_string().into_bytes(),
                        numbers.bytes(),
                    ]
                })
                .collect(),
        ),
        16 | 17 => (
            "xadd",
            vec![id, text("f"), numbers.bytes(), text("g"), numbers.bytes()],
        ),
        18 => (
            "xgroup",
            vec![
                text("create"),
                text("x-0"),
                format!("g{}", numbers.below(3)).into_bytes(),
                text("0"),
                text("mkstream"),
            ],
        ),
        19 => ("pexpireat", vec![key("s", numbers), later]),
        20 => (
            "del",
            vec![key(
                ["s", "l", "m", "h", "z", "x"][numbers.below(6) as usize],
                numbers,
            )],
        ),
        _ => (
            "xreadgroup",
            vec![
                text("group"),
                text("g1"),
                text("who"),
                text("count"),
                text("3"),
                text("streams"),
                text("x-0"),
                text(">"),
            ],
        ),
    };
    let of = match kind {
        "set" | "append" => Some("s"),
        "rpush" | "lpush" | "lpop" => Some("l"),
        "sadd" => Some("m"),
        "hset" | "hpexpireat" => Some("h"),
        "zadd" => Some("z"),
        "xadd" => Some("x"),
        _ => None,
    };
    let mut words = vec![text(kind)];
    words.extend(of.map(|of| key(of, numbers)));
    words.extend(rest);
    (database, words)
}

/// So many random commands.
pub(crate) fn fill(partitions: &mut [Partition], numbers: &mut Numbers, commands: usize) {
    for _ in 0..commands {
        let (database, words) = command(numbers);
        let words: Vec<_> = words.iter().map(Vec::as_slice).collect();
        run(partitions, database, &words);
    }
}
