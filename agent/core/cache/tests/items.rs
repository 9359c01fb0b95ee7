//! What is noted of strings for clients of memcached, through changes by others, on primaries and on replicas.

use synod_cache::command::{Call, named};
use synod_cache::item::{ITEMS, Lifetime, Note, Place};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

struct Pair {
    primary: Partition,
    replica: Partition,
}

impl Pair {
    fn new() -> Self {
        let mut replica = Partition::new(2);
        replica.set_primary(false);
        Self {
            primary: Partition::new(1),
            replica,
        }
    }

    fn on<R>(&mut self, work: impl FnOnce(&mut Keys<'_>) -> R) -> R {
        let result = work(&mut Keys::new(&mut [&mut self.primary], ITEMS));
        let effects = self.primary.take_effects();
        self.replica.apply(&effects).expect("they are effects");
        assert_eq!(self.primary.contents(), self.replica.contents());
        result
    }

    fn put(&mut self, key: &str, value: &str, note: Note) {
        let until = Lifetime::Until(None);
        self.on(|keys| keys.put_item(key.as_bytes(), &[value.as_bytes()], until, note));
    }

    fn note(&mut self, key: &str) -> Option<Note> {
        self.on(|keys| match keys.item(key.as_bytes()) {
            Place::Item(item) => Some(item.note),
            _ => None,
        })
    }

    fn redis(&mut self, line: &str) {
        let args: Vec<_> = line.split(' ').map(str::as_bytes).collect();
        let spec = named(args[0]).expect("it is a command");
        let mut reply = Reply::new(Protocol::Resp2);
        let mut partitions = [&mut self.primary];
        Call::new(&args, Keys::new(&mut partitions, ITEMS), &mut reply).run(spec);
        assert!(!reply.bytes().starts_with(b"-"), "{line}");
        self.on(|_| ());
    }
}

const NOTED: Note = Note {
    flags: 7,
    cas: 1000,
    is_stale: true,
    is_won: true,
    was_read: true,
};

#[test]
fn who_changes_a_string_ends_what_was_noted() {
    let flags = Note {
        flags: 7,
        ..Note::default()
    };
    for (change, left) in [
        ("get a", Some(NOTED)),
        ("ttl a", Some(NOTED)),
        ("set a 1", Some(Note::default())),
        ("incr a", Some(Note::default())),
        ("getset a 1", Some(Note::default())),
        ("append a 1", Some(flags)),
        ("setrange a 0 1", Some(flags)),
        ("setbit a 7 0", Some(flags)),
        ("expire a 100", Some(flags)),
        ("copy b a replace", Some(Note::default())),
        ("rename b a", Some(Note::default())),
        ("rpush b 1", Some(NOTED)),
        ("del a", None),
        ("sunionstore a b", None),
        ("rename a c", None),
        ("flushdb", None),
        ("swapdb 0 1", None),
    ] {
        let mut pair = Pair::new();
        pair.put("a", "1", NOTED);
        if !change.starts_with("rpush") && !change.starts_with("sunion") {
            pair.put("b", "1", Note::default());
        }
        pair.redis(change);
        assert_eq!(pair.note("a"), left, "{change}");
        if change == "rename a c" {
            assert_eq!(pair.note("c"), Some(Note::default()));
        }
    }
}

#[test]
fn numbers_grow_even_if_another_one_gives_them() {
    let mut pair = Pair::new();
    pair.put("a", "1", NOTED);
    pair.redis("set a 1");
    let first = pair.on(|keys| keys.cas(b"a"));
    assert!(first > NOTED.cas);
    let mut replica = Keys::new(&mut [&mut pair.replica], ITEMS).cas(b"a");
    assert_eq!(replica, first);
    pair.replica.set_primary(true);
    pair.replica.take_effects();
    Keys::new(&mut [&mut pair.replica], ITEMS).put_item(
        b"a",
        &[b"2"],
        Lifetime::Kept,
        Note::default(),
    );
    replica = Keys::new(&mut [&mut pair.replica], ITEMS).cas(b"a");
    assert!(replica > first, "the new primary goes on");
}

#[test]
fn nothing_is_noted_of_what_has_nothing_to_be_noted() {
    let mut pair = Pair::new();
    let before = pair.primary.allocated();
    pair.put("a", "1", Note::default());
    let plain = pair.primary.allocated();
    pair.put("a", "1", NOTED);
    assert!(pair.primary.allocated() > plain, "it is counted");
    pair.redis("del a");
    assert!(before <= plain);
    assert_eq!(pair.note("a"), None);
    pair.put("a", "1", Note::default());
    assert_eq!(
        pair.note("a"),
        Some(Note::default()),
        "nothing is left of it"
    );
}

#[test]
fn an_item_that_expired_is_none() {
    let mut pair = Pair::new();
    pair.put("a", "1", NOTED);
    pair.on(|keys| keys.touch_item(b"a", Some(10)));
    assert_eq!(pair.note("a"), Some(NOTED));
    pair.primary.set_now(11);
    assert_eq!(pair.note("a"), None);
    pair.put("a", "1", Note::default());
    assert_eq!(pair.note("a"), Some(Note::default()));
}

#[test]
fn what_is_noted_is_in_what_is_pinned() {
    let mut pair = Pair::new();
    pair.put("a", "1", NOTED);
    pair.put("b", "2", Note::default());
    pair.primary.set_functions(b"libraries");
    let (pinned, contents) = (pair.primary.pin(), pair.primary.contents());
    pair.put("a", "3", Note::default());
    pair.primary.set_functions(b"others");
    let mut other = Partition::new(3);
    let mut pieces = 0;
    let given = pinned.pieces(16, |piece| {
        pieces += 1;
        other.apply(piece)
    });
    given.expect("they are effects");
    assert!(pieces > 1);
    assert_eq!(other.contents(), contents);
    assert_eq!(**other.functions(), *b"libraries");
}
