//! What a partition says that it takes of memory is what it asks the allocator for, while it is changed in all ways.

// A global allocator can be written in no other way. This one hands everything to the system's, with the arguments that
// it got, so what holds for those holds here.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

thread_local! {
    /// What is allocated and not freed.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: isize) {
    // Threads that are ending have no counter any more; they are not looked at.
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as it came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A partition, and what was live before it.
struct Bed {
    partition: Partition,
    before: isize,
    random: u64,
}

impl Bed {
    fn new() -> Self {
        // The table of commands is made when it is asked for first.
        named(b"ping").expect("a command");
        let before = LIVE.get();
        let partition = Partition::new(1);
        Self {
            partition,
            before,
            random: 1,
        }
    }

    fn next(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) % below
    }

    /// Letters that nobody foresees, so many and a few more.
    fn text(&mut self, about: u64) -> String {
        let length = about + self.next(about);
        (0..length)
            .map(|_| char::from(b'a' + self.next(26) as u8))
            .collect()
    }

    fn call(&mut self, words: &[&str]) {
        let args: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let mut reply = Reply::new(Protocol::Resp2);
        let spec = named(args[0]).expect("a command");
        let mut partitions = [&mut self.partition];
        Call::new(&args, Keys::new(&mut partitions, 0), &mut reply).run(spec);
        assert!(!reply.bytes().starts_with(b"-"), "{words:?}");
        drop(self.partition.take_effects());
        self.partition.memory();
    }

    fn check(&mut self, after: &str) {
        let live = (LIVE.get() - self.before) as f64;
        let (told, weighed) = (self.partition.memory(), self.partition.weigh());
        assert_eq!(told, self.partition.allocated(), "{after}");
        let near = |told: usize, by: f64| (told as f64 / live - 1.0).abs() < by;
        assert!(live > 200_000.0, "{after}: {live} is too little to be told");
        assert!(near(weighed, 0.03), "{after}: {weighed} of {live}");
        assert!(near(told, 0.05), "{after}: {told} of {live}");
    }
}

#[test]
fn strings_are_counted() {
    let mut bed = Bed::new();
    for (about, count) in [(10, 20_000), (300, 3000), (2000, 500)] {
        for number in 0..count {
            let value = bed.text(about);
            bed.call(&["set", &format!("key:{about}:{number}"), &value]);
        }
        bed.check("set");
    }
    for number in 0..10_000 {
        bed.call(&["expire", &format!("key:10:{number}"), "1000"]);
    }
    bed.check("expire");
    for number in 0..500 {
        let more = bed.text(1000);
        bed.call(&["append", &format!("key:2000:{number}"), &more]);
    }
    bed.check("append");
    for number in 0..19_000 {
        bed.call(&["del", &format!("key:10:{number}")]);
    }
    bed.check("del");
}

/// Each kind of collection, first many small ones, then one that is large, then most of that goes at once.
#[test]
fn collections_are_counted() {
    type Words = Vec<String>;
    type Adding = fn(&mut Bed, &str, u64) -> Words;
    let words = |words: &[&str]| -> Words { words.iter().map(|it| (*it).to_owned()).collect() };
    let kinds: [(&str, Adding, Words); 5] = [
        (
            "hash",
            |bed, key, number| vec!["hset".into(), key.into(), format!("{number}"), bed.text(30)],
            words(&["del", "hash"]),
        ),
        (
            "set",
            |bed, key, _| vec!["sadd".into(), key.into(), bed.text(20)],
            words(&["spop", "set", "19000"]),
        ),
        (
            "zset",
            |bed, key, number| vec!["zadd".into(), key.into(), format!("{number}"), bed.text(20)],
            words(&["zremrangebyrank", "zset", "0", "18000"]),
        ),
        (
            "list",
            |bed, key, _| vec!["rpush".into(), key.into(), bed.text(30)],
            words(&["ltrim", "list", "-2000", "-1"]),
        ),
        (
            "stream",
            |bed, key, _| {
                vec![
                    "xadd".into(),
                    key.into(),
                    "*".into(),
                    "f".into(),
                    bed.text(30),
                ]
            },
            words(&["xtrim", "stream", "maxlen", "2000"]),
        ),
    ];
    for (kind, add, shrink) in kinds {
        let mut bed = Bed::new();
        let call = |bed: &mut Bed, words: &Words| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            bed.call(&words);
        };
        for number in 0..8000 {
            let key = format!("{kind}:{}", number % 800);
            let words = add(&mut bed, &key, number);
            call(&mut bed, &words);
        }
        bed.check(&format!("small ones: {kind}"));
        for number in 0..20_000 {
            let words = add(&mut bed, kind, number);
            call(&mut bed, &words);
            if number % 5000 == 4999 {
                bed.check(&format!("a large one: {kind}"));
            }
        }
        call(&mut bed, &shrink);
        bed.check(&format!("less of it: {kind}"));
    }
}

#[test]
fn what_is_pending_is_counted() {
    let mut bed = Bed::new();
    bed.call(&["xgroup", "create", "s", "g", "0", "mkstream"]);
    for number in 0..10_000 {
        bed.call(&["xadd", "s", "*", "f", &format!("{number}")]);
    }
    bed.call(&["xreadgroup", "group", "g", "one", "streams", "s", ">"]);
    bed.check("delivered");
    bed.call(&["xgroup", "destroy", "s", "g"]);
    let left = bed.partition.memory();
    assert!(left < 150_000, "what was pending is gone: {left}");
}

#[test]
fn databases_that_change_places_are_counted_once() {
    let mut bed = Bed::new();
    for number in 0..20_000 {
        bed.call(&["set", &format!("key:{number}"), "some value"]);
    }
    bed.call(&["swapdb", "0", "3"]);
    bed.check("swapped");
    let before = bed.partition.memory();
    bed.call(&["flushall"]);
    assert!(bed.partition.memory() < before / 100, "nothing is left");
}
