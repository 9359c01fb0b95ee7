//! Walks over keys while there are more and less of them, and keys that go because memory is short.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::Reply;
use synod_cache::{Policy, Settings};

const NOW: i64 = 1_767_225_600_000;

fn run(partitions: &mut [Partition], command: &str) -> String {
    let words: Vec<_> = command.split(' ').map(str::as_bytes).collect();
    let mut all: Vec<_> = partitions.iter_mut().collect();
    let mut reply = Reply::default();
    let spec = named(words[0]).expect("a command");
    Call::new(&words, Keys::new(&mut all, 0), &mut reply).run(spec);
    String::from_utf8(reply.to_vec()).expect("text")
}

fn partitions(count: u64) -> Vec<Partition> {
    let mut partitions: Vec<_> = (1..=count).map(Partition::new).collect();
    for partition in &mut partitions {
        partition.set_now(NOW);
    }
    partitions
}

/// The next cursor, and keys.
fn scan(partitions: &mut [Partition], cursor: &str, count: usize) -> (String, Vec<String>) {
    let told = run(partitions, &format!("scan {cursor} count {count}"));
    let lines = told.lines().filter(|line| !line.starts_with(['$', '*']));
    let mut lines = lines.map(str::to_owned);
    (lines.next().expect("a cursor"), lines.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Keys that are there all the time are met, whatever comes and goes meanwhile; and the walk ends.
    #[test]
    fn a_walk_meets_all_keys_that_stay(
        count in 1_u64..6,
        staying in 0_usize..200,
        steps in prop::collection::vec((any::<bool>(), 0_usize..400, 1_usize..60), 1..40),
    ) {
        let mut partitions = partitions(count);
        for key in 0..staying {
            run(&mut partitions, &format!("set stays-{key} {}", "x".repeat(key)));
        }
        let mut met = BTreeSet::new();
        let mut cursor = "0".to_owned();
        let mut others = 0;
        let mut steps = steps.iter().cycle();
        for step in 0.. {
            prop_assert!(step < 20_000, "it does not end");
            let (next, keys) = scan(&mut partitions, &cursor, steps.next().expect("a cycle").2);
            met.extend(keys);
            cursor = next;
            if cursor == "0" {
                break;
            }
            let (grows, by, _) = *steps.next().expect("a cycle");
            let until = if grows && step < 100 { others + by } else { others / 2 };
            while others != until {
                if others < until {
                    run(&mut partitions, &format!("set other-{others} {}", "y".repeat(100)));
                    others += 1;
                } else {
                    others -= 1;
                    run(&mut partitions, &format!("del other-{others}"));
                }
            }
        }
        for key in 0..staying {
            let key = format!("stays-{key}");
            prop_assert!(met.contains(&key), "{} is not met", key);
        }
    }
}

fn settle(partition: &mut Partition, policy: Policy) {
    partition.set_settings(Settings {
        policy,
        ..Settings::default()
    });
}

fn with_keys(policy: Policy) -> Vec<Partition> {
    let mut partitions = partitions(1);
    settle(&mut partitions[0], policy);
    for key in 0..1000 {
        partitions[0].set_now(NOW + key * 10_000);
        let expiry = if key % 2 == 0 {
            format!(" px {}", 100_000_000 - key * 20_000)
        } else {
            String::new()
        };
        run(
            &mut partitions,
            &format!("set key-{key} {}{expiry}", "x".repeat(100)),
        );
    }
    partitions
}

/// Which keys are left of those that [`with_keys`] made, after so many bytes were to go.
fn left(partitions: &mut [Partition], bytes: usize) -> Vec<usize> {
    let gone = partitions[0].evict(bytes);
    assert!(gone >= bytes && gone < bytes + 200, "{gone}");
    let there = |key: &usize| run(partitions, &format!("exists key-{key}")) == ":1\r\n";
    (0..1000).filter(there).collect()
}

#[test]
fn what_was_not_used_goes_first() {
    let mut partitions = with_keys(Policy::AllKeysLru);
    let left = left(&mut partitions, 25_000);
    let first_half = left.iter().filter(|key| **key < 500).count();
    assert!((700..850).contains(&left.len()), "{}", left.len());
    assert!(first_half < 350, "{first_half} of the older 500 are left");
    // Those that went are among what replicas are told.
    let mut replica = Partition::new(7);
    replica.set_now(NOW);
    replica
        .apply(&partitions[0].take_effects())
        .expect("effects");
    assert_eq!(replica.contents(), partitions[0].contents());
}

#[test]
fn what_is_used_rarely_goes_first() {
    let mut partitions = with_keys(Policy::AllKeysLfu);
    for _ in 0..20 {
        for key in 0..500 {
            run(&mut partitions, &format!("get key-{key}"));
        }
    }
    let left = left(&mut partitions, 25_000);
    let used = left.iter().filter(|key| **key < 500).count();
    assert!(used > 470, "{used} of the 500 that were used are left");
}

#[test]
fn what_was_used_is_remembered_when_it_was_gone() {
    let mut partitions = with_keys(Policy::Auto);
    for _ in 0..6 {
        for key in 0..300 {
            run(&mut partitions, &format!("get key-{key}"));
        }
    }
    for key in 0..300 {
        run(&mut partitions, &format!("del key-{key}"));
    }
    for key in 0..300 {
        run(
            &mut partitions,
            &format!("set key-{key} {}", "x".repeat(100)),
        );
    }
    let left = left(&mut partitions, 25_000);
    let used = left.iter().filter(|key| **key < 300).count();
    assert!(used > 280, "{used} of the 300 that were used are left");
}

#[test]
fn only_what_expires_goes_if_the_policy_says_so() {
    for policy in [
        Policy::VolatileLru,
        Policy::VolatileLfu,
        Policy::VolatileRandom,
        Policy::VolatileTtl,
    ] {
        let mut partitions = with_keys(policy);
        let left = left(&mut partitions, 25_000);
        let lasting = left.iter().filter(|key| **key % 2 == 1).count();
        assert_eq!(lasting, 500, "{policy:?}");
        assert!(partitions[0].evict(1_000_000) < 60_000, "no more can go");
        assert_eq!(run(&mut partitions, "dbsize"), ":500\r\n");
    }
    let mut partitions = with_keys(Policy::NoEviction);
    assert_eq!(partitions[0].evict(1), 0);
}

#[test]
fn what_expires_soonest_goes_first() {
    let mut partitions = with_keys(Policy::VolatileTtl);
    let left = left(&mut partitions, 25_000);
    let later = left
        .iter()
        .filter(|key| **key >= 500 && **key % 2 == 0)
        .count();
    assert!(
        later < 100,
        "{later} of the 250 that expire sooner are left"
    );
}

#[test]
fn the_same_numbers_evict_the_same_keys() {
    let kept = || {
        let mut partitions = with_keys(Policy::AllKeysRandom);
        left(&mut partitions, 25_000)
    };
    let first = kept();
    assert_eq!(first, kept());
    let older = first.iter().filter(|key| **key < 500).count();
    assert!(
        older.abs_diff(first.len() / 2) < 60,
        "{older} of {}",
        first.len()
    );
}
