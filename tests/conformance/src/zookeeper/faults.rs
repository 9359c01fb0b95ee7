//! Harm done to an ensemble while workers of one client take a lock and pass it on.

use std::time::{Duration, Instant};

use super::bed::Bed;
use super::clients::Client;
use super::ensemble::{Ensemble, SIZE};
use super::judge::Ledger;
use crate::Failure;
use crate::program::Program;

/// How long every worker may take to hold the lock again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often each worker holds it between two harms.
const HOLDS_BETWEEN: usize = 3;

/// Who is killed at once.
enum Victims {
    Leader,
    Follower,
    All,
}

const HARMS: [Victims; 4] = [
    Victims::Leader,
    Victims::Follower,
    Victims::Leader,
    Victims::All,
];

/// `kill -9` of members under a lock: one holder at a time, no addition lost, no node of a living session gone.
///
/// # Errors
/// With what went wrong first.
pub fn lock_under_harm(bed: &Bed, client: Client) -> Result<String, Failure> {
    bed.with(|ensemble, own| {
        let mut program = client.start(own, "lock", ensemble)?;
        let mut ledger = Ledger::default();
        go_on(&mut program, &mut ledger)?;
        for victims in HARMS {
            harm(ensemble, &victims, &mut program, &mut ledger)?;
        }
        program.say("stop")?;
        let deadline = Instant::now() + PATIENCE;
        while !ledger.is_closed() {
            ledger.take(&program.line(deadline)?)?;
        }
        ledger.judge()
    })
}

fn harm(
    ensemble: &mut Ensemble,
    victims: &Victims,
    program: &mut Program,
    ledger: &mut Ledger,
) -> Result<(), Failure> {
    let leader = ensemble.leader()?;
    match victims {
        Victims::Leader => ensemble.kill(leader),
        Victims::Follower => ensemble.kill((leader + 1) % SIZE),
        Victims::All => (0..SIZE).for_each(|index| ensemble.kill(index)),
    }
    if !matches!(victims, Victims::All) {
        go_on(program, ledger)?;
    }
    ensemble.run_all_again()?;
    go_on(program, ledger)
}

/// Reads on until every worker has held the lock some times more.
fn go_on(program: &mut Program, ledger: &mut Ledger) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    let before = ledger.holds();
    loop {
        let now = ledger.holds();
        let moved_on = |(index, count): (usize, &usize)| {
            *count >= before.get(index).copied().unwrap_or(0) + HOLDS_BETWEEN
        };
        if !now.is_empty() && now.iter().enumerate().all(moved_on) {
            return Ok(());
        }
        let line = program.line(deadline).map_err(|why| {
            format!("not every worker holds the lock again: {before:?}, now {now:?}\n{why}")
        })?;
        ledger.take(&line)?;
    }
}
