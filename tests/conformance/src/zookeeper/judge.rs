//! What workers that pass a lock on report, and whether it can be true of a lock.
//!
//! A hold is proved from the moment when its acquisition returned to the moment when the last write was sent that was
//! acknowledged in the same session: the lock's node is that session's, so it was there for as long. Two proved holds that
//! overlap are two holders, whatever the clocks of members did.

use std::collections::{BTreeMap, BTreeSet};

use crate::Failure;

/// A hold, in microseconds of the program's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hold {
    worker: u64,
    from_us: u64,
    until_us: u64,
}

/// All that was reported.
#[derive(Debug, Default)]
pub struct Ledger {
    sessions: BTreeMap<u64, String>,
    ephemerals: BTreeMap<u64, (String, String)>,
    holds: Vec<Hold>,
    added: Vec<u64>,
    refused: usize,
    unsure: usize,
    troubles: usize,
    total: Option<u64>,
}

impl Ledger {
    /// Takes a line of the program.
    ///
    /// # Errors
    /// When it is none that a worker reports.
    pub fn take(&mut self, line: &str) -> Result<(), Failure> {
        let odd = || format!("the program said `{line}`");
        let number = |text: &str| text.parse::<u64>().map_err(|_| odd());
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["session", worker, session] => {
                self.sessions.insert(number(worker)?, session.to_owned());
            }
            ["hold", worker, _, from, until] => self.holds.push(Hold {
                worker: number(worker)?,
                from_us: number(from)?,
                until_us: number(until)?,
            }),
            ["added", _, value] => self.added.push(number(value)?),
            ["refused", ..] => self.refused += 1,
            ["unsure", ..] => self.unsure += 1,
            ["trouble", ..] => self.troubles += 1,
            ["ephemeral", worker, session, owner] => {
                let pair = (session.to_owned(), owner.to_owned());
                self.ephemerals.insert(number(worker)?, pair);
            }
            ["final", value] => self.total = Some(number(value)?),
            _ => return Err(odd()),
        }
        Ok(())
    }

    /// How many holds each worker with a session has reported.
    #[must_use]
    pub fn holds(&self) -> Vec<usize> {
        let of = |worker: &u64| {
            let own = self.holds.iter().filter(|hold| hold.worker == *worker);
            own.count()
        };
        self.sessions.keys().map(of).collect()
    }

    /// Whether the program has closed its report.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.total.is_some()
    }

    /// Judges; a line of numbers if all is well.
    ///
    /// # Errors
    /// With what cannot be.
    pub fn judge(&self) -> Result<String, Failure> {
        self.one_holder()?;
        self.nothing_lost()?;
        let survived = self.ephemerals_stayed()?;
        Ok(format!(
            "  {} holds one after the other, {} additions acknowledged, {} unsure, {} refused, {} troubles; {survived} of {} sessions lived through all\n",
            self.holds.len(),
            self.added.len(),
            self.unsure,
            self.refused,
            self.troubles,
            self.sessions.len(),
        ))
    }

    fn one_holder(&self) -> Result<(), Failure> {
        // Of one that wrote nothing it is not known when it was.
        let proved = |hold: &&Hold| hold.until_us > hold.from_us;
        let mut holds: Vec<_> = self.holds.iter().filter(proved).copied().collect();
        holds.sort_unstable_by_key(|hold| hold.from_us);
        let overlap = holds
            .windows(2)
            .find(|pair| pair[1].from_us < pair[0].until_us);
        overlap.map_or(Ok(()), |pair| {
            Err(format!("two holders: {:?} and {:?}", pair[0], pair[1]))
        })
    }

    fn nothing_lost(&self) -> Result<(), Failure> {
        let total = self.total.ok_or("the program told no total")?;
        let distinct: BTreeSet<_> = self.added.iter().copied().collect();
        let acknowledged = self.added.len() as u64;
        if distinct.len() != self.added.len() {
            return Err("one value was acknowledged twice".to_owned());
        }
        if distinct.last().is_some_and(|&last| last > total) || acknowledged > total {
            return Err(format!(
                "{acknowledged} additions were acknowledged up to {:?}, and the counter is {total}",
                distinct.last()
            ));
        }
        if total > acknowledged + self.unsure as u64 {
            return Err(format!(
                "the counter is {total} after {acknowledged} additions and {} unsure ones",
                self.unsure
            ));
        }
        Ok(())
    }

    /// How many sessions are those of the beginning, all with their nodes.
    fn ephemerals_stayed(&self) -> Result<usize, Failure> {
        let mut survived = 0;
        for (worker, session) in &self.sessions {
            let Some((now, owner)) = self.ephemerals.get(worker) else {
                return Err(format!("worker {worker} told nothing of its node"));
            };
            if now != session {
                continue;
            }
            survived += 1;
            if owner != session {
                return Err(format!(
                    "session {session} lives, and its node's owner is {owner}"
                ));
            }
        }
        if survived == 0 {
            return Err("no session lived through it: nothing is known of their nodes".to_owned());
        }
        Ok(survived)
    }
}

#[cfg(test)]
mod tests {
    use super::Ledger;

    const GOOD: [&str; 10] = [
        "session 0 7",
        "session 1 8",
        "hold 0 7 10 20",
        "hold 1 8 20 30",
        "hold 1 8 15 15",
        "added 0 1",
        "unsure 1 2",
        "ephemeral 0 7 7",
        "ephemeral 1 9 0",
        "final 2",
    ];

    fn judged(lines: &[&str]) -> Result<String, String> {
        let mut ledger = Ledger::default();
        for line in lines {
            ledger.take(line).unwrap();
        }
        ledger.judge()
    }

    #[test]
    fn what_can_be_true_of_a_lock() {
        let said = judged(&GOOD).unwrap();
        assert!(said.contains("1 of 2 sessions"), "{said}");
    }

    #[test]
    fn what_cannot() {
        for (line, instead, why) in [
            ("hold 1 8 20 30", "hold 1 8 19 30", "two holders"),
            ("unsure 1 2", "added 1 1", "twice"),
            ("final 2", "final 0", "the counter is 0"),
            ("final 2", "final 3", "the counter is 3"),
            ("unsure 1 2", "added 1 5", "Some(5)"),
            ("ephemeral 0 7 7", "ephemeral 0 7 0", "owner is 0"),
            ("ephemeral 0 7 7", "ephemeral 0 6 6", "no session"),
            ("ephemeral 0 7 7", "trouble 0 x", "worker 0"),
        ] {
            let lines = GOOD.map(|given| if given == line { instead } else { given });
            let failure = judged(&lines).unwrap_err();
            assert!(failure.contains(why), "{instead}: {failure}");
        }
        assert!(Ledger::default().take("held 1").is_err());
    }
}
