//! Under faults, stale reads, crashes between any two actions, and a second, deposed operator that carries out old rounds
//! late: no step leaves less than a quorum, one voter is taken down or changes at a time, and once the faults stop all is as
//! asked for and nothing more is written.
//!
//! Everything in a run comes from its seed: [`operator`] looks and acts, [`fate`] disturbs the world, with the losses of
//! [`loss`]. The world's own rules are checked after every round, and what [`calm`] demands once the faults stop.

mod calm;
mod counts;
mod dice;
mod fate;
mod loss;
mod operator;
mod run;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use self::counts::Counts;
use self::fate::Fate;
use self::run::play;

/// Played without being asked for more.
const SEEDS: u64 = 500;

/// What became of all seeds.
#[derive(Default)]
struct Tally {
    runs: u64,
    counts: Counts,
    violations: BTreeMap<u64, String>,
}

impl Tally {
    fn play(&mut self, seed: u64, fate: Fate) {
        #[cfg(feature = "mutations")]
        synod_mutation::switch(mistake());
        let mut counts = Counts::default();
        let run = std::panic::AssertUnwindSafe(|| play(seed, fate, &mut counts));
        let result = std::panic::catch_unwind(run);
        self.runs += 1;
        self.counts.take_in(counts);
        let violation = match result {
            Ok(Ok(())) => return,
            Ok(Err(violation)) => violation,
            Err(_) => "a panic".to_owned(),
        };
        self.violations.insert(seed, violation);
    }

    fn take_in(&mut self, other: Self) {
        self.runs += other.runs;
        self.counts.take_in(other.counts);
        self.violations.extend(other.violations);
    }

    fn tell(&self) {
        for (what, times) in &self.counts.0 {
            println!("{times:>12} {what}");
        }
        for (seed, violation) in &self.violations {
            let first = violation.lines().next().unwrap_or_default();
            println!("seed {seed}: {first}; replay with `cargo xtask operator --seed {seed}`");
        }
        println!("{} runs, {} violations", self.runs, self.violations.len());
    }
}

/// The mistake that is to be made in all runs, if any: `SYNOD_MISTAKE`.
#[cfg(feature = "mutations")]
fn mistake() -> Option<&'static str> {
    let name = std::env::var("SYNOD_MISTAKE").ok()?;
    let mut all = synod_operator::mutation::ALL.iter();
    let found = all.find(|(known, _)| *known == name);
    Some(
        found
            .unwrap_or_else(|| panic!("there is no mistake {name}"))
            .0,
    )
}

#[test]
fn faults_stale_reads_and_crashes() {
    check(Fate::Restless, SEEDS);
}

#[test]
fn quorums_are_lost_for_good() {
    check(Fate::Bereft, SEEDS / 5);
}

#[test]
fn an_authority_is_replaced_under_faults() {
    check(Fate::Replaced, SEEDS);
}

fn check(fate: Fate, played: u64) {
    let seeds = seeds(played);
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return tally;
            }
            tally.play(seed, fate);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            tally.take_in(worker.join().expect("panics of runs are caught"));
        }
    });
    tally.tell();
    if let Some((seed, violation)) = tally.violations.first_key_value() {
        panic!("seed {seed}: {violation}");
    }
}

/// `SYNOD_SEED` plays one seed only, and tells it; `SYNOD_SEEDS` says how many are played, from `SYNOD_FIRST` on.
fn seeds(played: u64) -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text: String| text.parse().ok())
    };
    let first = number("SYNOD_FIRST").unwrap_or(0);
    match number("SYNOD_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + number("SYNOD_SEEDS").unwrap_or(played),
    }
}
