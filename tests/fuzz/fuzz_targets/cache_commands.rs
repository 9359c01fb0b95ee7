//! Commands at partitions of a cache, in whatever order and with whatever arguments.
//!
//! Nothing panics; each gives one reply; and what comes of its effects elsewhere is what is here.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_cache::command::{Call, Run, Spec, all};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

const NOW: i64 = 1_767_225_600_000;
/// Words that mean something, besides numbers, keys and what the input holds.
const WORDS: [&str; 64] = [
    "NX", "XX", "GT", "LT", "EX", "PX", "EXAT", "PXAT", "PERSIST", "KEEPTTL", "GET", "CH", "INCR", "LEFT", "RIGHT",
    "BEFORE", "AFTER", "COUNT", "MATCH", "TYPE", "WITHSCORES", "WITHVALUES", "LIMIT", "BYSCORE", "BYLEX", "REV", "WEIGHTS",
    "AGGREGATE", "SUM", "MIN", "MAX", "STORE", "STOREDIST", "ASC", "DESC", "ALPHA", "BY", "#", "-", "+", "(a", "[b", "-inf",
    "+inf", "*", "$", ">", "~", "=", "MAXLEN", "MINID", "NOMKSTREAM", "GROUP", "STREAMS", "BLOCK", "MKSTREAM", "CREATE",
    "DESTROY", "AND", "OVERFLOW", "SAT", "u8", "i5", "FROMMEMBER",
];

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A key, a number, a word that means something, or bytes.
    fn word(&mut self) -> Option<Vec<u8>> {
        let byte = self.byte()?;
        Some(match byte {
            0..64 => vec![b'a' + byte % 5],
            64..112 => i64::from(byte as i8 - 80).to_string().into_bytes(),
            112..120 => (1_i64 << (byte - 112)).pow(8).to_string().into_bytes(),
            120..128 => format!("{}.5", i32::from(byte) - 123).into_bytes(),
            128..192 => WORDS[usize::from(byte - 128)].as_bytes().to_vec(),
            _ => {
                let length = usize::from(byte - 192).min(self.0.len());
                let (word, rest) = self.0.split_at(length);
                self.0 = rest;
                word.to_vec()
            }
        })
    }
}

/// All commands about keys, with the words that name them.
fn commands() -> Vec<(&'static Spec, Vec<Vec<u8>>)> {
    let word = |text: &str| text.as_bytes().to_vec();
    let mut commands = Vec::new();
    for spec in all() {
        for each in std::iter::once(spec).chain(spec.subcommands) {
            if matches!(each.run, Run::Keys(_)) {
                commands.push((each, each.name.split('|').map(word).collect()));
            }
        }
    }
    commands
}

fn carry_out(spec: &Spec, args: &[Vec<u8>], partitions: &mut [Partition; 2]) {
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let mut reply = Reply::new(Protocol::Resp3);
    let mut parts: Vec<_> = partitions.iter_mut().collect();
    let mut call = Call::new(&args, Keys::new(&mut parts, 0), &mut reply);
    call.may_wait = false;
    call.run(spec);
    assert!(call.wait.is_none(), "{} waits", spec.name);
    assert!(!reply.to_vec().is_empty(), "{} has no reply", spec.name);
}

fuzz_target!(|data: &[u8]| {
    let commands = commands();
    let mut primaries = [Partition::new(1), Partition::new(2)];
    let mut replicas = [Partition::new(3), Partition::new(4)];
    replicas.iter_mut().for_each(|it| it.set_primary(false));
    let (mut input, mut now) = (Input(data), NOW);
    while let Some(number) = input.byte() {
        let (spec, name) = &commands[usize::from(number) % commands.len()];
        let Some(count) = input.byte() else { return };
        now += i64::from(count >> 4);
        let words = std::iter::from_fn(|| input.word()).take(usize::from(count % 16));
        let args: Vec<_> = name.iter().cloned().chain(words).collect();
        if !spec.takes(args.len()) {
            continue;
        }
        primaries.iter_mut().for_each(|it| it.set_now(now));
        carry_out(spec, &args, &mut primaries);
        for (primary, replica) in primaries.iter_mut().zip(&mut replicas) {
            let effects = primary.take_effects();
            replica.apply(&effects).expect("effects are read as they are written");
        }
    }
    for (primary, replica) in primaries.iter_mut().zip(&mut replicas) {
        assert_eq!(primary.contents(), replica.contents());
    }
});
