//! What a table costs: time for each insertion, look and change, and bytes beyond key and value.

use std::hint::black_box;
use std::time::Instant;

use synod_cache::table::Table;
use xxhash_rust::xxh3::xxh3_64;

fn main() {
    const KEYS: u64 = 1_000_000;
    for size in [8, 64, 200] {
        let mut table = Table::default();
        let key = |number: u64| format!("key:{number:06}").into_bytes();
        let keys: Vec<_> = (0..KEYS).map(key).collect();
        let start = Instant::now();
        for key in &keys {
            table.insert(xxh3_64(key), key, size).fill(7);
            while table.grow(xxh3_64) {}
        }
        let inserted = start.elapsed();
        let start = Instant::now();
        for step in 0..KEYS {
            let key = &keys[(step * 7919 % KEYS) as usize];
            black_box(table.get(xxh3_64(key), key));
        }
        let read = start.elapsed();
        let start = Instant::now();
        for step in 0..KEYS {
            let key = &keys[(step * 7919 % KEYS) as usize];
            let at = table.find(xxh3_64(key), key).expect("it is there");
            table.value_mut(at).fill(step as u8);
        }
        let changed = start.elapsed();
        let bytes: usize = keys.iter().map(|key| key.len() + size).sum();
        println!(
            "{size} bytes: insert {} ns, get {} ns, set {} ns, overhead {:.1} bytes, {:.1} entries to a bucket",
            inserted.as_nanos() as u64 / KEYS,
            read.as_nanos() as u64 / KEYS,
            changed.as_nanos() as u64 / KEYS,
            (table.allocated() - bytes) as f64 / KEYS as f64,
            KEYS as f64 / table.buckets() as f64,
        );
    }
}
