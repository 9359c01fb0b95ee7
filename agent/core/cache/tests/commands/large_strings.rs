//! Strings of all sizes against bytes in a vector: what is read, what is shared with replies, and what it takes to tell replicas.

use proptest::prelude::*;
use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

fn ask(partition: &mut Partition, words: &[&[u8]]) -> Reply {
    let mut reply = Reply::new(Protocol::Resp2);
    let mut all = [partition];
    let spec = named(words[0]).expect("a command");
    Call::new(words, Keys::new(&mut all, 0), &mut reply).run(spec);
    reply
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[derive(Clone, Debug)]
enum Step {
    Set(Vec<u8>),
    Append(Vec<u8>),
    SetRange(usize, Vec<u8>),
    SetBit(usize, bool),
    Expire,
    GetRange(usize, usize),
    Delete,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || {
        let short = proptest::collection::vec(any::<u8>(), 1..40);
        let long = (any::<u8>(), 1..3000_usize).prop_map(|(byte, count)| vec![byte; count]);
        prop_oneof![3 => short, 1 => long]
    };
    prop_oneof![
        2 => bytes().prop_map(Step::Set),
        6 => bytes().prop_map(Step::Append),
        6 => (0..4000_usize, bytes()).prop_map(|(start, bytes)| Step::SetRange(start, bytes)),
        4 => (0..40_000_usize, any::<bool>()).prop_map(|(at, bit)| Step::SetBit(at, bit)),
        1 => Just(Step::Expire),
        4 => (0..5000_usize, 0..5000_usize).prop_map(|(start, end)| Step::GetRange(start, end)),
        1 => Just(Step::Delete),
    ]
}

/// Does it to the bytes, too.
fn carry_out(partition: &mut Partition, bytes: &mut Vec<u8>, step: &Step) {
    let key = b"key".as_slice();
    let grow = |bytes: &mut Vec<u8>, length: usize| bytes.resize(bytes.len().max(length), 0);
    match step {
        Step::Set(value) => {
            ask(partition, &[b"set", key, value]);
            bytes.clone_from(value);
        }
        Step::Append(value) => {
            ask(partition, &[b"append", key, value]);
            bytes.extend_from_slice(value);
        }
        Step::SetRange(start, value) => {
            ask(
                partition,
                &[b"setrange", key, start.to_string().as_bytes(), value],
            );
            grow(bytes, start + value.len());
            bytes[*start..start + value.len()].copy_from_slice(value);
        }
        Step::SetBit(at, bit) => {
            let value = if *bit { b"1" } else { b"0" };
            ask(
                partition,
                &[b"setbit", key, at.to_string().as_bytes(), value],
            );
            grow(bytes, at / 8 + 1);
            let mask = 0x80 >> (at % 8);
            bytes[at / 8] = bytes[at / 8] & !mask | if *bit { mask } else { 0 };
        }
        Step::Expire => {
            let reply = ask(partition, &[b"getex", key, b"ex", b"1000"]);
            if !bytes.is_empty() {
                assert_eq!(reply.to_vec(), bulk(bytes));
            }
        }
        Step::GetRange(start, end) => {
            let texts = [start.to_string(), end.to_string()];
            let words = [
                b"getrange".as_slice(),
                key,
                texts[0].as_bytes(),
                texts[1].as_bytes(),
            ];
            let reply = ask(partition, &words);
            let end = bytes.len().min(end + 1);
            assert_eq!(reply.to_vec(), bulk(bytes.get(*start..end).unwrap_or(b"")));
        }
        Step::Delete => {
            ask(partition, &[b"getdel", key]);
            bytes.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn strings_are_as_vectors_are(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut partition, mut replica) = (Partition::new(1), Partition::new(2));
        replica.set_primary(false);
        let mut bytes = Vec::new();
        let mut replies = Vec::new();
        for step in steps {
            carry_out(&mut partition, &mut bytes, &step);
            let reply = ask(&mut partition, &[b"get", b"key"]);
            if !bytes.is_empty() {
                prop_assert_eq!(reply.to_vec(), bulk(&bytes));
                replies.push((reply, bytes.clone()));
            }
            let effects = partition.take_effects();
            replica.apply(&effects).expect("effects are read as they are written");
            prop_assert_eq!(partition.contents(), replica.contents());
            let used = partition.allocated();
            prop_assert!(used < 3 * bytes.len() + 20_000, "{} for {}", used, bytes.len());
        }
        // Whatever came later, they show what was there when they were asked for.
        for (reply, bytes) in replies {
            prop_assert_eq!(reply.to_vec(), bulk(&bytes));
        }
    }
}

#[test]
fn a_large_string_is_shared_with_replies() {
    let mut partition = Partition::new(1);
    let large = vec![b'x'; 100_000];
    ask(&mut partition, &[b"set", b"key", &large]);
    let calls: [(&[&[u8]], usize); 5] = [
        (&[b"get", b"key"], 100_000),
        (&[b"mget", b"key"], 100_000),
        (&[b"getrange", b"key", b"10", b"-10"], 99_981),
        (&[b"getex", b"key", b"ex", b"10"], 100_000),
        (&[b"set", b"key", b"y", b"get"], 100_000),
    ];
    for (words, length) in calls {
        let reply = ask(&mut partition, words);
        assert!(reply.bytes().len() < 20, "{words:?}");
        assert_eq!(reply.shared()[0].range.len(), length);
    }
    let small = ask(&mut partition, &[b"get", b"key"]);
    assert!(small.shared().is_empty());
}

#[test]
fn small_changes_have_small_effects() {
    let mut partition = Partition::new(1);
    ask(&mut partition, &[b"set", b"key", &vec![b'x'; 100_000]]);
    ask(&mut partition, &[b"pfadd", b"sketch"]);
    ask(&mut partition, &[b"pfdebug", b"todense", b"sketch"]);
    partition.take_effects();
    let calls: [&[&[u8]]; 10] = [
        &[b"append", b"key", b"y"],
        &[b"setrange", b"key", b"5", b"y"],
        &[b"setrange", b"key", b"1000000", b"y"],
        &[b"setrange", b"new", b"1000000", b"y"],
        &[b"setbit", b"key", b"5", b"1"],
        &[b"setbit", b"newer", b"20000000", b"1"],
        &[b"bitfield", b"key", b"incrby", b"i64", b"1001", b"9999"],
        &[b"bitfield", b"newest", b"set", b"u8", b"20000000", b"1"],
        &[b"pfadd", b"sketch", b"x", b"y"],
        &[b"pfcount", b"sketch"],
    ];
    for words in calls {
        ask(&mut partition, words);
        let effects = partition.take_effects().len();
        assert!((1..80).contains(&effects), "{effects} bytes for {words:?}");
    }
}

#[test]
fn damaged_effects_are_refused() {
    const SPLICE: u8 = 2;
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let key = [SPLICE, 0, 1, b'k'];
    let apply = |rest: &[u8]| {
        let mut partition = Partition::new(1);
        ask(&mut partition, &[b"set", b"k", b"abc"]);
        partition.apply(&[&key, rest].concat())
    };
    assert!(apply(&[1, 2, 1, b'x']).is_ok());
    assert!(apply(&[1, 3, 1, b'x']).is_err(), "more than there is");
    assert!(apply(&[9, 1, 1, b'x']).is_err(), "nothing is there");
    let start = [huge.as_slice(), &[0, 0]].concat();
    assert!(apply(&start).is_err(), "no string is so long");
    let removed = [&[1], huge.as_slice(), &[0]].concat();
    assert!(apply(&removed).is_err(), "no string is so long");
}

/// Which encoding is shown, as redis-server 7.0 tells by `OBJECT ENCODING`: 0 is by content, 1 raw, and 2 raw or embedded by length.
#[test]
fn encodings_last_as_in_redis() {
    let mut partition = Partition::new(1);
    for (words, shown) in [
        ("set a 1", 0),
        ("append a 2", 1),
        ("incr a", 0),
        ("setrange a 0 7", 1),
        ("getset a 5", 0),
        ("incrbyfloat a 1", 2),
        ("decrby a 1", 0),
        ("setbit a 6 1", 1),
        ("getex a ex 10", 1),
        ("getex a persist", 1),
        ("set a 6 keepttl", 0),
        ("append b 12", 0),
        ("setrange c 1 x", 1),
        ("setbit d 1 1", 1),
        ("bitfield e set u8 0 1", 1),
        ("bitop or f a", 1),
        ("pfadd g x", 1),
        ("pfmerge h g", 1),
    ] {
        let words: Vec<_> = words.split(' ').map(str::as_bytes).collect();
        ask(&mut partition, &words);
        let key = if words[0] == b"bitop" {
            words[2]
        } else {
            words[1]
        };
        let contents = partition.contents();
        let content = contents.iter().find(|content| content.key == key);
        let found = content.expect("it is there").shown;
        assert_eq!(found, shown, "{:?}", String::from_utf8_lossy(key));
    }
}
