//! A cache on a simulated disk that loses what was not synced, tears writes and forgets names: what is there after a crash is the
//! state after some prefix of the records, which has everything that was acknowledged; a replica that applies the records is equal.
//!
//! `SEEDS=30..60 cargo test -p synod-cachestore --test simulation` plays others.

mod damage;
mod disk;
#[path = "../../../core/cache/tests/persistence/filling.rs"]
#[allow(dead_code, reason = "the cache's own tests use all of it")]
mod filling;
#[cfg(feature = "mutations")]
mod mutations;
mod world;

use synod_cachestore::Fsync;
use world::{Played, World};

/// Plays some lives of a cache; what went wrong, if something did.
fn play(seed: u64) -> Result<Played, String> {
    let fsync = [Fsync::Always, Fsync::EverySecond, Fsync::Never][seed as usize % 3];
    let mut world = World::new(seed, fsync);
    let lives = 6;
    for life in 0..lives {
        world
            .live()
            .and_then(|()| world.die())
            .map_err(|what| format!("seed {seed}, {fsync:?}, life {life}: {what}"))?;
    }
    Ok(world.played)
}

#[test]
fn what_was_acknowledged_is_there_after_crashes() {
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "0..30".to_owned());
    let (from, to) = seeds.split_once("..").expect("a range");
    let seeds = from.parse().expect("a number")..to.parse().expect("a number");
    let mut all = Played::default();
    for seed in seeds {
        match play(seed) {
            Ok(played) => all.add(&played),
            Err(what) => panic!("{what}"),
        }
    }
    println!("{all:?}");
    assert!(
        all.records > 1000 && all.acknowledged > 300 && all.lost > 0,
        "{all:?}"
    );
    assert!(
        all.snapshots > 10 && all.torn > 0 && all.together > 100,
        "{all:?}"
    );
}
