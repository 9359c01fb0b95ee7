//! Logs of commands, as Redis writes them.
//!
//! Nothing panics; one that comes in pieces does what it does as a whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_cache::aof::{Manifest, Replay};
use synod_cache::partition::Partition;

const NOW: i64 = 1_767_225_600_000;

/// What becomes of it, and what is there after it.
fn replayed(file: &[u8], piece: usize) -> (String, Vec<String>) {
    let mut partitions = [Partition::new(1), Partition::new(2)];
    let mut replay = Replay::new(NOW);
    let fed = file
        .chunks(piece)
        .try_for_each(|chunk| replay.feed(chunk, &mut partitions));
    let end = fed.and_then(|()| replay.end(true, &mut partitions));
    let contents = partitions.iter_mut().map(|it| format!("{:?}", it.contents()));
    (format!("{end:?}"), contents.collect())
}

fuzz_target!(|data: &[u8]| {
    let [piece, file @ ..] = data else { return };
    let whole = replayed(file, file.len().max(1));
    let pieces = replayed(file, usize::from(*piece).max(1));
    assert_eq!(whole, pieces);
    if let Ok(text) = std::str::from_utf8(file) {
        let _ = Manifest::parse(text);
    }
});
