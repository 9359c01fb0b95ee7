//! Files that Redis saves, and what `RESTORE` takes.
//!
//! Nothing panics; a file that comes in pieces is read as one that is there; what can be had of it is had.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_cache::partition::Partition;
use synod_cache::rdb::{Chunks, Records, read};

fuzz_target!(|data: &[u8]| {
    let [piece, body @ ..] = data else { return };
    // Without this it would have to guess how a file begins.
    let file = [b"REDIS0011", body].concat();
    let mut partition = Partition::new(1);
    partition.set_now(1_767_225_600_000);
    let mut whole = 0;
    if let Ok(records) = Records::of(&file) {
        for record in records.flatten() {
            whole += 1;
            let _ = partition.load(record);
        }
    }
    let _ = partition.contents();
    let (mut chunks, mut pieces) = (Chunks::new(), 0);
    for chunk in file.chunks(usize::from(*piece).max(1)) {
        chunks.feed(chunk);
        while let Ok(Some(_)) = chunks.next() {
            pieces += 1;
        }
    }
    chunks.end();
    while let Ok(Some(_)) = chunks.next() {
        pieces += 1;
    }
    assert_eq!(whole, pieces);
    let _ = read(body);
});
