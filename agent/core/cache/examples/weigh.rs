//! What elements of sets and of hashes take, and beside it what a Redis says that they take there (`MEMORY USAGE`, all samples):
//!
//!     redis-server --port 7777 --save '' &
//!     cargo run --release -p synod-cache --example weigh -- 127.0.0.1:7777
//!
//! All keys of that Redis are removed first.

#[path = "../tests/commands/play.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod play;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

/// Commands that fill a key with so many elements, each of so many bytes.
type Filling = fn(usize, usize) -> Vec<Vec<Vec<u8>>>;

fn main() {
    let address = std::env::args().nth(1).expect("the address of a Redis");
    let mut redis = TcpStream::connect(address).expect("a Redis");
    let kinds: [(&str, Filling); 4] = [
        ("set", |count, size| {
            fill("sadd", count, |random, _| vec![random.bytes(size)])
        }),
        ("set of integers", |count, _| {
            fill("sadd", count, |_, number| {
                vec![(number * 7919).to_string().into_bytes()]
            })
        }),
        ("hash, values of 8 bytes", |count, size| {
            fill("hset", count, |random, _| {
                vec![random.bytes(size), random.bytes(8)]
            })
        }),
        ("hash, values of 64 bytes", |count, size| {
            fill("hset", count, |random, _| {
                vec![random.bytes(size), random.bytes(64)]
            })
        }),
    ];
    for (kind, filling) in kinds {
        for count in [10, 30, 100, 300, 1000, 100_000] {
            for size in [8, 64] {
                let commands = filling(count, size);
                let own: usize = commands
                    .iter()
                    .flat_map(|words| &words[2..])
                    .map(Vec::len)
                    .sum();
                let over = |bytes: usize| (bytes as f64 - own as f64) / count as f64;
                let (ours, theirs) = (over(here(&commands)), over(there(&mut redis, &commands)));
                println!(
                    "{kind}, {count} of {size} bytes: beyond them {ours:.1} each; Redis {theirs:.1}"
                );
            }
        }
    }
}

fn fill(
    command: &str,
    count: usize,
    mut element: impl FnMut(&mut Bytes, usize) -> Vec<Vec<u8>>,
) -> Vec<Vec<Vec<u8>>> {
    let mut random = Bytes(1);
    let words = |number| {
        let start = [command.as_bytes().to_vec(), b"k".to_vec()];
        start
            .into_iter()
            .chain(element(&mut random, number))
            .collect()
    };
    (0..count).map(words).collect()
}

struct Bytes(u64);

impl Bytes {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 32) as u8
        };
        (0..count).map(|_| next()).collect()
    }
}

fn here(commands: &[Vec<Vec<u8>>]) -> usize {
    let mut partition = Partition::new(1);
    let before = partition.allocated();
    for words in commands {
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut reply = Reply::new(Protocol::Resp2);
        let spec = named(args[0]).expect("a command");
        Call::new(&args, Keys::new(&mut [&mut partition], 0), &mut reply).run(spec);
        partition.take_effects();
    }
    partition.allocated() - before
}

fn there(redis: &mut TcpStream, commands: &[Vec<Vec<u8>>]) -> usize {
    let mut from = BufReader::new(redis.try_clone().expect("another handle"));
    let mut last = |redis: &mut TcpStream, words: &[Vec<u8>]| {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).bytes());
            request.extend(word);
            request.extend(b"\r\n");
        }
        redis.write_all(&request).expect("it listens");
        let mut line = String::new();
        from.read_line(&mut line).expect("it answers");
        line
    };
    last(redis, &[b"flushall".to_vec()]);
    for words in commands {
        last(redis, words);
    }
    let usage = last(redis, &play::words("memory usage k samples 0"));
    usage
        .trim_start_matches(':')
        .trim()
        .parse()
        .expect("a number")
}
