//! What is done to a whole database, or to a value as a whole, is seen by who watches a key, waits for one, or keeps a copy.

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::{DatabaseKey, Partition};
use synod_cache::reply::Reply;

fn run(partition: &mut Partition, database: usize, command: &str) {
    let words: Vec<_> = command.split(' ').map(str::as_bytes).collect();
    let mut all = [partition];
    let mut reply = Reply::default();
    let spec = named(words[0]).expect("a command");
    Call::new(&words, Keys::new(&mut all, database), &mut reply).run(spec);
    assert!(
        !reply.bytes().starts_with(b"-"),
        "{}",
        reply.bytes().escape_ascii()
    );
}

/// After these commands in database 0, which of the keys `a` to `d` there, and of `a` in database 1, count as changed?
fn changed(before: &[&str], command: &str) -> String {
    let mut partition = Partition::new(1);
    for command in before {
        match command.strip_prefix("1: ") {
            Some(command) => run(&mut partition, 1, command),
            None => run(&mut partition, 0, command),
        }
    }
    let key = |database, key: &str| -> DatabaseKey { (database, key.as_bytes().into()) };
    let keys = [
        key(0, "a"),
        key(0, "b"),
        key(0, "c"),
        key(0, "d"),
        key(1, "a"),
    ];
    let since: Vec<_> = keys.iter().map(|key| partition.watch(key)).collect();
    run(&mut partition, 0, command);
    let is_changed = |(key, since): &(&DatabaseKey, &u64)| !partition.is_unchanged(key, **since);
    let changed = keys.iter().zip(&since).filter(is_changed);
    let names = changed.map(|((database, key), _)| format!("{database}{}", key.escape_ascii()));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn those_who_watch_a_key_see_what_is_done_to_all() {
    let before = ["set a 1", "set b 2", "1: set a 3"];
    for (command, seen) in [
        ("get a", ""),
        ("touch a b", ""),
        ("object encoding a", ""),
        ("dump a", ""),
        ("del a c", "0a"),
        ("expire a 100", "0a"),
        ("persist a", ""),
        ("rename a c", "0a 0c"),
        ("rename a b", "0a 0b"),
        ("rename a a", ""),
        ("renamenx a b", ""),
        ("copy a c", "0c"),
        ("copy a b", ""),
        ("copy a a db 1 replace", "1a"),
        ("move a 1", ""),
        ("move b 2", "0b"),
        ("flushdb", "0a 0b"),
        ("flushall", "0a 0b 1a"),
        ("swapdb 0 1", "0a 0b 1a"),
        ("swapdb 1 2", "1a"),
        ("swapdb 0 0", ""),
        ("swapdb 3 4", ""),
        ("sort x store c", ""),
        ("sort x store b", "0b"),
    ] {
        assert_eq!(changed(&before, command), seen, "{command}");
    }
}

#[test]
fn databases_that_changed_as_wholes_are_told() {
    let mut partition = Partition::new(1);
    run(&mut partition, 3, "set a 1");
    run(&mut partition, 0, "flushdb");
    run(&mut partition, 0, "swapdb 5 6");
    assert_eq!(partition.take_changed_databases(), []);
    run(&mut partition, 0, "swapdb 3 4");
    assert_eq!(partition.take_changed_databases(), [3, 4]);
    run(&mut partition, 0, "flushall");
    assert_eq!(partition.take_changed_databases(), [4]);
}

#[test]
fn damaged_effects_are_refused() {
    let mut partition = Partition::new(1);
    for command in [
        "set a 1",
        "hset h f v g w",
        "rename a b",
        "copy h i db 2",
        "swapdb 0 2",
    ] {
        run(&mut partition, 0, command);
    }
    let effects = partition.take_effects();
    let mut random = 7_u64;
    for _ in 0..20_000 {
        let mut damaged = effects.clone();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = (random >> 40) as usize % damaged.len();
        damaged[at] = (random >> 32) as u8;
        let mut replica = Partition::new(2);
        replica.set_primary(false);
        if replica.apply(&damaged).is_ok() {
            let _contents = replica.contents();
        }
    }
}
