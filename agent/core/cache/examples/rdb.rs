//! A file for Redis with a bit of everything, and whether a Redis that loaded it has the same:
//!
//!     cargo run -p synod-cache --example rdb -- write 1 /tmp/dump.rdb
//!     redis-server --port 7777 --dir /tmp --dbfilename dump.rdb --save '' &
//!     cargo run -p synod-cache --example rdb -- compare 1 127.0.0.1:7777

#[path = "../tests/persistence/filling.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod filling;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use filling::{NOW, Numbers, command, partitions, run};
use synod_cache::partition::Partition;
use synod_cache::{Content, Export};

const COMMANDS: usize = 5000;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [what, seed, place] = args.as_slice() else {
        panic!("what, a seed, and where");
    };
    let mut filled = filled(seed.parse().expect("a number"));
    match what.as_str() {
        "write" => write(&mut filled, place),
        _ => compare(&mut filled, place),
    }
}

/// All kinds of values; fields that expire are no part of the version that Redis 7.0 reads.
fn filled(seed: u64) -> Vec<Partition> {
    let (mut filled, mut numbers) = (partitions(3), Numbers(seed));
    for _ in 0..COMMANDS {
        let (database, words) = command(&mut numbers);
        let mut words: Vec<_> = words.iter().map(Vec::as_slice).collect();
        // It is to be there when it is compared.
        if let Some(at) = words.iter().position(|it| it.eq_ignore_ascii_case(b"pxat")) {
            words[at + 1] = b"4000000000000";
        }
        match words[0] {
            b"hpexpireat" => {}
            b"pexpireat" => {
                words[2] = b"4000000000001";
                run(&mut filled, database, &words);
            }
            _ => drop(run(&mut filled, database, &words)),
        }
    }
    filled
}

fn write(filled: &mut [Partition], file: &str) {
    let pinned: Vec<_> = filled.iter_mut().map(Partition::pin).collect();
    let mut out = std::fs::File::create(file).expect("a file");
    let export = Export {
        version: 10,
        now: NOW,
    };
    let told = export.write(&pinned, |piece| out.write_all(piece));
    println!("{:?}", told.expect("it can be written"));
}

/// What Redis dumps is, put here, what was written.
fn compare(filled: &mut [Partition], address: &str) {
    let mut redis = Redis(BufReader::new(
        TcpStream::connect(address).expect("a Redis"),
    ));
    let mut contents: Vec<_> = filled.iter_mut().flat_map(Partition::contents).collect();
    contents.sort();
    let (mut same, mut others) = (0, 0);
    for content in &contents {
        redis.ask(&[b"select", content.database.to_string().as_bytes()]);
        let payload = redis.ask(&[b"dump", &content.key]);
        let expiry = redis.ask(&[b"pexpiretime", &content.key]);
        let mut again = partitions(1);
        run(
            &mut again,
            content.database,
            &[b"restore", &content.key, b"0", &payload],
        );
        if content.expiry.is_some() {
            run(
                &mut again,
                content.database,
                &[b"pexpireat", &content.key, &expiry],
            );
        }
        let found = again[0].contents();
        let is_same =
            |found: &Content| found.parts == content.parts && found.expiry == content.expiry;
        if found.first().is_some_and(is_same) {
            same += 1;
        } else {
            others += 1;
            println!(
                "{} {:?}: {found:?} for {content:?}",
                content.database,
                content.key.escape_ascii().to_string()
            );
        }
    }
    println!("{same} keys are the same, {others} are not");
}

struct Redis(BufReader<TcpStream>);

impl Redis {
    fn ask(&mut self, words: &[&[u8]]) -> Vec<u8> {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n", word.len()).into_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&bytes).expect("it reads");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        let (kind, rest) = line.trim_end().split_at(1);
        if kind != "$" || rest == "-1" {
            return rest.as_bytes().to_vec();
        }
        let mut bytes = vec![0; rest.parse::<usize>().expect("a length") + 2];
        self.0.read_exact(&mut bytes).expect("all of it");
        bytes.truncate(bytes.len() - 2);
        bytes
    }
}
