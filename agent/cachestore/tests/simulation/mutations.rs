//! Every mistake that can be made is found.

use synod_cachestore::MUTATIONS;

use super::play;

/// It takes that many seeds at most.
const SEEDS: u64 = 150;

#[test]
fn mistakes_are_found() {
    let mut unfound = Vec::new();
    for (name, breaks) in MUTATIONS {
        synod_mutation::switch(Some(name));
        let found = (0..SEEDS).find_map(|seed| {
            let played = std::panic::catch_unwind(|| play(seed));
            match played {
                Ok(played) => played.err().map(|what| (seed, what)),
                Err(_) => Some((seed, "a panic".to_owned())),
            }
        });
        synod_mutation::switch(None);
        match found {
            Some((seed, what)) => println!("{name}: seed {seed}: {what}"),
            None => unfound.push(format!("{name}: {breaks}")),
        }
    }
    assert!(unfound.is_empty(), "{unfound:?}");
}
