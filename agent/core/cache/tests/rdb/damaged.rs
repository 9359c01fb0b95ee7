//! Files and payloads that are cut, or have other bytes than they should.

use synod_cache::rdb::{Chunks, Records, Value, read};

/// What is read takes at most so many times the memory of what it is read from: a byte may stand for 89 when it is decompressed,
/// and two of these for an element.
const GROWS_AT_MOST: usize = 89 * 64;

/// Reads a file with other bytes in some places, and cut, so many times.
pub(crate) fn damage(file: &[u8], mut random: u64, rounds: usize) {
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) as usize % below
    };
    for _ in 0..rounds {
        let mut bytes = file.to_vec();
        for _ in 0..=next(4) {
            let at = 9 + next(bytes.len() - 9);
            bytes[at] = match next(4) {
                0 => 0xff,
                1 => 0x81,
                2 => bytes[at] ^ 1 << next(8),
                _ => next(256) as u8,
            };
        }
        bytes.truncate(bytes.len() - next(3) * next(bytes.len() / 3));
        read_all(&bytes, next(5000) + 1);
        let start = next(bytes.len());
        if let Ok(value) = read(&bytes[start..]) {
            assert_small(&value, bytes.len() - start);
        }
    }
}

/// Reads it whole and in chunks: what is read, and what is wrong, is the same.
fn read_all(bytes: &[u8], size: usize) {
    let Ok(records) = Records::of(bytes) else {
        return;
    };
    let mut keys = 0;
    let mut found = None;
    for record in records {
        match record {
            Ok(record) => {
                assert_small(&record.value, bytes.len());
                keys += 1;
            }
            Err(error) => found = Some(error),
        }
    }
    let mut chunks = Chunks::new();
    let mut keys_in_chunks = 0;
    let mut read = |chunks: &mut Chunks| loop {
        match chunks.next() {
            Ok(Some(_)) => keys_in_chunks += 1,
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    };
    let mut found_in_chunks = None;
    for chunk in bytes.chunks(size) {
        chunks.feed(chunk);
        found_in_chunks = found_in_chunks.or(read(&mut chunks));
    }
    chunks.end();
    found_in_chunks = found_in_chunks.or(read(&mut chunks));
    assert_eq!(keys_in_chunks, keys);
    assert_eq!(found_in_chunks.map(|it| it.wrong), found.map(|it| it.wrong));
}

fn assert_small(value: &Value<'_>, from: usize) {
    let weight = weight(value);
    assert!(
        weight <= from * GROWS_AT_MOST + 64 * 1024,
        "{weight} of {from} bytes"
    );
}

/// About the memory that a value takes.
fn weight(value: &Value<'_>) -> usize {
    const EACH: usize = 24;
    match value {
        Value::String(bytes) => EACH + bytes.len(),
        Value::List(all) | Value::Set(all) => all.iter().map(|it| EACH + it.len()).sum(),
        Value::SortedSet(all) => all.iter().map(|(it, _)| 2 * EACH + it.len()).sum(),
        Value::Hash(all) => {
            let pairs = all.iter();
            pairs
                .map(|it| 3 * EACH + it.name.len() + it.value.len())
                .sum()
        }
        Value::Stream(stream) => {
            let values = stream.entries.iter().flat_map(|entry| &entry.values);
            let entries = stream.entries.len() + stream.groups.len();
            let pending = stream.groups.iter().map(|group| group.pending.len());
            4 * EACH * (entries + pending.sum::<usize>())
                + values.map(|it| EACH + it.len()).sum::<usize>()
        }
    }
}
