//! A file that redis-server 7.0 saved is read, whole, in chunks and damaged.

mod damaged;

use std::fmt::Write as _;

use expect_test::expect;
use synod_cache::rdb::{
    Bytes, Chunks, Error, Form, Record, Records, Stream, VERSION_MAX, VERSION_WRITTEN, Value,
    Wrong, opened, read, sealed, write,
};

const FILE: &[u8] = include_bytes!("redis-7.0.rdb");

#[test]
fn a_file_is_read() {
    let mut records = Records::of(FILE).expect("a file");
    let mut told: Vec<_> = records
        .by_ref()
        .map(|record| tell(&record.expect("a key")))
        .collect();
    told.sort();
    for library in records.libraries() {
        told.push(format!("{}\n", library.escape_ascii()));
    }
    expect![[r#"
        0 compressed string ababababab…(200)
        0 expires until 4000000000123 string soon
        0 hash hash field=value number=5
        0 integers set -2 1 70000
        0 large-hash hash field=xxxxxxxxxx…(70)
        0 large-sorted sorted set zzzzzzzzzz…(70)=1.5
        0 list list a 1 -300 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
        0 long-list list yyyyyyyyyy…(3001) yyyyyyyyyy…(3001) yyyyyyyyyy…(3001)
        0 number string -70000
        0 set set 3 a b
        0 sorted sorted set least=-inf one=1 two=2.5
        0 stream stream up to 3-0, deleted up to 2-0, 4 added
          1-1 a=1 b=2
          2-5 c=x
          3-0 a=5 b=6
          group group at 2-5, None read
            2-5 for alice, 1 times
        0 string string word
        7 elsewhere string 1
        #!lua name=lib\nredis.register_function(\"f\",function() return 1 end)
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn a_file_is_read_in_chunks() {
    let whole: Vec<_> = Records::of(FILE)
        .expect("a file")
        .map(|record| tell(&record.expect("a key")))
        .collect();
    for size in [1, 2, 3, 7, 100, 1000, FILE.len()] {
        let mut chunks = Chunks::new();
        let mut told = Vec::new();
        for chunk in FILE.chunks(size) {
            chunks.feed(chunk);
            while let Some(record) = chunks.next().expect("no damage") {
                told.push(tell(&record));
            }
        }
        chunks.end();
        while let Some(record) = chunks.next().expect("no damage") {
            told.push(tell(&record));
        }
        assert_eq!(told, whole, "chunks of {size}");
        assert_eq!(chunks.libraries().len(), 1);
    }
}

#[test]
fn what_is_wrong_is_told() {
    let last = |bytes: &[u8]| match Records::of(bytes) {
        Ok(records) => records.last().expect("something").map(|_| ()),
        Err(error) => Err(error),
    };
    let at = |offset, wrong| Err(Error { offset, wrong });
    assert_eq!(last(FILE), Ok(()));
    assert_eq!(last(b"REDIS0011"), at(9, Wrong::Cut));
    assert_eq!(last(b"REDIS0013"), at(0, Wrong::Version(13)));
    assert_eq!(last(b"REDISxx11"), at(0, Wrong::Magic));
    assert_eq!(last(b"NOTREDIS "), at(0, Wrong::Magic));
    assert_eq!(last(b"REDIS0011\x16\x01k"), at(12, Wrong::Type(22)));
    assert_eq!(last(b"REDIS0011\x00\x01k\x05val"), at(13, Wrong::Cut));
    assert_eq!(last(b"REDIS0011\x10\x01k\x03abc"), at(12, Wrong::Packed));
    assert_eq!(
        last(b"REDIS0011\x00\x01k\xc3\x01\x02a"),
        at(12, Wrong::Compressed)
    );
    let mut damaged = FILE.to_vec();
    let at_word = FILE
        .windows(4)
        .position(|it| it == b"word")
        .expect("it is there");
    damaged[at_word] ^= 1;
    let found = last(&damaged).expect_err("damage");
    assert_eq!(found.wrong, Wrong::Checksum);
    assert_eq!(
        format!("{}", last(&FILE[..100]).expect_err("a cut")),
        "at byte 83: the end comes too early"
    );
}

#[test]
fn values_are_read_as_they_were_written() {
    for record in Records::of(FILE).expect("a file") {
        let value = record.expect("a key").value;
        for is_small in [true, false] {
            for version in [VERSION_WRITTEN, VERSION_MAX] {
                let mut body = Vec::new();
                let compresses = is_small;
                write(
                    &value,
                    Form {
                        is_small,
                        version,
                        compresses,
                    },
                    &mut body,
                );
                let payload = sealed(body);
                let body = opened(&payload).expect("it is not damaged");
                let read = read(body).expect("a value");
                assert_eq!(in_order(read), in_order(value.clone()));
            }
        }
    }
}

/// A sorted set may be written from its last element to its first.
fn in_order(mut value: Value<'_>) -> Value<'_> {
    if let Value::SortedSet(scored) = &mut value {
        scored.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    }
    value
}

#[test]
fn every_cut_is_found() {
    for length in 0..FILE.len() {
        let is_whole = |mut records: Records<'_>| records.all(|record| record.is_ok());
        let whole = Records::of(&FILE[..length]).is_ok_and(is_whole);
        assert!(!whole, "cut to {length}");
    }
}

#[test]
fn other_bytes_do_no_harm() {
    damaged::damage(FILE, 1, 3000);
}

#[test]
fn what_nobody_waits_for_is_not_pending() {
    let mut body = b"\x13\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x00".to_vec();
    let group = body.len();
    body.push(0);
    body.push(0);
    assert!(read(&body).is_ok());
    // An entry, when it was delivered, how often; and no consumer.
    body.truncate(group);
    body.push(1);
    body.extend([0; 24]);
    body.push(1);
    body.push(0);
    assert_eq!(read(&body).map_err(|it| it.wrong), Err(Wrong::Pending));
    // A consumer who has it twice.
    let last = body.len() - 1;
    body[last] = 1;
    body.extend(b"\x01c");
    body.extend([0; 8]);
    body.push(2);
    body.extend([0; 32]);
    assert_eq!(read(&body).map_err(|it| it.wrong), Err(Wrong::Pending));
}

/// A record in a line or some.
pub(crate) fn tell(record: &Record<'_>) -> String {
    let key = record.key.escape_ascii();
    let mut told = format!("{} {key}", record.database);
    if let Some(at) = record.expiry {
        write!(told, " until {at}").expect("memory");
    }
    told += &match &record.value {
        Value::String(bytes) => format!(" string {}", short(bytes)),
        Value::List(elements) => format!(" list{}", all(elements)),
        Value::Set(members) => {
            let mut members = members.clone();
            members.sort();
            format!(" set{}", all(&members))
        }
        Value::SortedSet(scored) => {
            let scored = scored.iter();
            let scored = scored.map(|(member, score)| format!(" {}={score}", short(member)));
            format!(" sorted set{}", scored.collect::<String>())
        }
        Value::Hash(pairs) => {
            let pairs = pairs.iter();
            let pairs = pairs.map(|it| format!(" {}={}", short(&it.name), short(&it.value)));
            format!(" hash{}", pairs.collect::<String>())
        }
        Value::Stream(stream) => tell_stream(stream),
    };
    told + "\n"
}

fn tell_stream(stream: &Stream<'_>) -> String {
    let id = |id: synod_cache::rdb::StreamId| format!("{}-{}", id.milliseconds, id.sequence);
    let mut told = format!(
        " stream up to {}, deleted up to {}, {} added",
        id(stream.last),
        id(stream.deleted),
        stream.added
    );
    for entry in &stream.entries {
        write!(told, "\n  {}", id(entry.id)).expect("memory");
        for (name, value) in entry.names.iter().zip(&entry.values) {
            write!(told, " {}={}", short(name), short(value)).expect("memory");
        }
    }
    for group in &stream.groups {
        let (name, last) = (short(&group.name), id(group.last));
        write!(
            told,
            "\n  group {name} at {last}, {:?} read",
            group.entries_read
        )
        .expect("memory");
        for one in &group.pending {
            let consumer = short(&group.consumers[one.consumer].name);
            let times = one.deliveries;
            write!(told, "\n    {} for {consumer}, {times} times", id(one.id)).expect("memory");
        }
    }
    told
}

fn all(elements: &[Bytes<'_>]) -> String {
    elements
        .iter()
        .map(|it| format!(" {}", short(it)))
        .collect()
}

fn short(bytes: &[u8]) -> String {
    if bytes.len() > 40 {
        format!("{}…({})", bytes[..10].escape_ascii(), bytes.len())
    } else {
        bytes.escape_ascii().to_string()
    }
}
