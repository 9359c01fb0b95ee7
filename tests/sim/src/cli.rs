//! The command line: which seeds, which mistakes, and how it is told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::mutation::{self, Mutation};
use crate::operator;
use crate::report::Report;
use crate::run::{Run, run, run_locks, run_locks_loudly, run_loudly};
use crate::scenarios;

/// Of many runs at least this share must do enough to count.
const COUNTED_MIN_PERCENT: u64 = 90;

const USAGE: &str = "usage: synod-sim [--seeds N] [--from S] [--seed S] [--trace] [--threads N] [--json]
                 [--mutation NAME] [--mutations all|rotate:K[@TURN]] [--mutation-seeds N] [--list]
                 [--scenarios] [--locks | --operator]
  --locks              simulate a LockService and its clients; then --mutations are its mistakes
  --operator           simulate the operator over real groups; then --mutations are its mistakes
  --seeds N            run N seeds (500)
  --from S             the first of them (1)
  --seed S             run this one seed; --trace prints every step
  --threads N          run on N threads (2)
  --json               print the sums as JSON
  --mutation NAME      switch this deliberate mistake on (needs --features mutations)
  --mutations all      hunt every mistake until it is caught; rotate:K only K of them, others each TURN (default: by date)
  --mutation-seeds N   give each mistake at most N seeds (2000)
  --list               print the names of all mistakes
  --scenarios          run the directed scenarios instead, with --seeds seeds each (1)";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    seeds: u64,
    from: u64,
    seed: Option<u64>,
    trace: bool,
    threads: u64,
    json: bool,
    mutation: Option<String>,
    hunt: Option<Hunt>,
    mutation_seeds: u64,
    list: bool,
    scenarios: bool,
    locks: bool,
    operator: bool,
}

/// Which mistakes to hunt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hunt {
    All,
    Rotate { count: usize, turn: u64 },
}

impl Wanted {
    /// Parses arguments.
    ///
    /// # Errors
    /// With what is wrong and the usage.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut wanted = Self {
            seeds: 500,
            from: 1,
            seed: None,
            trace: false,
            threads: 2,
            json: false,
            mutation: None,
            hunt: None,
            mutation_seeds: 2_000,
            list: false,
            scenarios: false,
            locks: false,
            operator: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            match name.as_str() {
                "--trace" => wanted.trace = true,
                "--json" => wanted.json = true,
                "--list" => wanted.list = true,
                "--locks" => wanted.locks = true,
                "--operator" => wanted.operator = true,
                "--scenarios" => (wanted.scenarios, wanted.seeds) = (true, 1),
                "--help" | "-h" => return Err(USAGE.to_owned()),
                _ => {
                    let value = inline.or_else(|| arguments.next());
                    let value = value.ok_or_else(|| format!("{name} needs a value\n{USAGE}"))?;
                    wanted.set(&name, value)?;
                }
            }
        }
        Ok(wanted)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = |value: &str| {
            value
                .parse::<u64>()
                .map_err(|_| format!("{name} needs a number, not {value}\n{USAGE}"))
        };
        match name {
            "--seeds" => self.seeds = number(&value)?,
            "--from" => self.from = number(&value)?,
            "--seed" => self.seed = Some(number(&value)?),
            "--threads" => self.threads = number(&value)?.max(1),
            "--mutation" => self.mutation = Some(value),
            "--mutation-seeds" => self.mutation_seeds = number(&value)?,
            "--mutations" => self.hunt = Some(parse_hunt(&value)?),
            _ => return Err(format!("unknown argument {name}\n{USAGE}")),
        }
        Ok(())
    }
}

fn parse_hunt(value: &str) -> Result<Hunt, String> {
    if value == "all" {
        return Ok(Hunt::All);
    }
    let wrong = || format!("--mutations needs all or rotate:K, not {value}\n{USAGE}");
    let rest = value.strip_prefix("rotate:").ok_or_else(wrong)?;
    let (count, turn) = match rest.split_once('@') {
        Some((count, turn)) => (count, turn.parse().map_err(|_| wrong())?),
        None => (rest, day()),
    };
    Ok(Hunt::Rotate {
        count: count.parse().map_err(|_| wrong())?,
        turn,
    })
}

/// Days since 1970: what a rotation turns by.
fn day() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() / 86_400)
}

/// Does what was asked for. The exit code: 0 if nothing was violated (or all mistakes were caught), 1 otherwise.
///
/// # Errors
/// If it cannot be done.
pub fn perform(wanted: &Wanted) -> Result<i32, String> {
    if wanted.list {
        for Mutation { name, breaks } in wanted.mistakes() {
            println!("{name}: {breaks}");
        }
        return Ok(0);
    }
    if let Some(hunt) = wanted.hunt {
        return hunt_all(wanted, hunt);
    }
    wanted.switch()?;
    if wanted.operator {
        return Ok(operators(wanted));
    }
    if wanted.scenarios {
        return Ok(directed(wanted));
    }
    let began = Instant::now();
    let report = match wanted.seed {
        Some(seed) => one(wanted, seed),
        None => many(wanted),
    };
    if wanted.json {
        println!("{}", report.json());
    } else {
        println!("{report} in {:.1} s", began.elapsed().as_secs_f64());
    }
    Ok(wanted.verdict(report.runs, report.counted, report.violations))
}

impl Wanted {
    /// The exit code: not 0 if something was violated, or if so many runs did too little that nothing was shown.
    fn verdict(&self, runs: u64, counted: u64, violations: u64) -> i32 {
        let idle = self.seed.is_none() && 100 * counted < COUNTED_MIN_PERCENT * runs;
        if idle && violations == 0 {
            eprintln!(
                "{counted} of {runs} runs did enough to count; at least {COUNTED_MIN_PERCENT} % must"
            );
        }
        i32::from(idle || violations > 0)
    }

    /// What runs a seed.
    fn run(&self) -> fn(u64) -> Run {
        match (self.locks, self.trace) {
            (false, false) => run,
            (false, true) => run_loudly,
            (true, false) => run_locks,
            (true, true) => run_locks_loudly,
        }
    }

    /// What says so.
    const fn option(&self) -> &'static str {
        if self.locks { "--locks " } else { "" }
    }

    /// The mistakes that are meant.
    fn mistakes(&self) -> Vec<Mutation> {
        if self.operator {
            operator::mutation::all()
        } else if self.locks {
            mutation::of_locks()
        } else {
            mutation::all()
        }
    }

    /// Switches the wanted mistake on for this thread.
    fn switch(&self) -> Result<(), String> {
        let name = self.mutation.as_deref();
        if self.operator {
            operator::mutation::switch(name)
        } else {
            mutation::switch(name)
        }
    }

    /// The checker, the seed and how many seeds it took, if the mistake was caught.
    fn hunt_one(&self, name: &str) -> Option<(&'static str, u64, u64)> {
        let (from, most) = (self.from, self.mutation_seeds);
        let (seed, violation, seeds) = if self.operator {
            let (run, seeds) = operator::mutation::hunt(name, from, most).ok()??;
            (run.seed, run.violation, seeds)
        } else {
            let (run, seeds) = mutation::hunt(self.run(), name, from, most).ok()??;
            (run.seed, run.violation, seeds)
        };
        violation.map(|(violation, _)| (violation.checker, seed, seeds))
    }
}

/// Runs seeds of the operator and prints what came of them.
fn operators(wanted: &Wanted) -> i32 {
    let began = Instant::now();
    let mut report = operator::report::Report::default();
    if let Some(seed) = wanted.seed {
        let run = if wanted.trace {
            operator::run_loudly(seed)
        } else {
            operator::run(seed)
        };
        println!("seed {seed}: trace hash {:016x}", run.hash);
        report.add(run);
    } else {
        report = many_operators(wanted);
    }
    if wanted.json {
        println!("{}", report.json());
    } else {
        println!("{report} in {:.1} s", began.elapsed().as_secs_f64());
    }
    wanted.verdict(report.runs, report.counted, report.violations)
}

fn many_operators(wanted: &Wanted) -> operator::report::Report {
    let mut report = operator::report::Report::default();
    each_seed(wanted, 100, operator::run, |run| {
        report.add(run);
        (report.runs, report.violations)
    });
    report
}

/// Runs all seeds on all threads and hands the runs over; tells after so many of them how far it is.
fn each_seed<R: Send>(
    wanted: &Wanted,
    tell_after: u64,
    run: fn(u64) -> R,
    take: impl FnMut(R) -> (u64, u64) + Send,
) {
    let take = Mutex::new((take, 0));
    let next = AtomicU64::new(wanted.from);
    let end = wanted.from + wanted.seeds;
    let work = || {
        // Checked by the caller on its own thread; mistakes are switched per thread.
        let _ = wanted.switch();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let run = run(seed);
            let mut taking = take
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let (take, before) = &mut *taking;
            let (runs, violations) = take(run);
            if std::mem::replace(before, violations) < violations {
                eprintln!("seed {seed}: a violation, told at the end");
            }
            if runs % tell_after == 0 {
                eprintln!("{runs} of {} seeds, {violations} violations", wanted.seeds);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads {
            scope.spawn(work);
        }
    });
}

fn directed(wanted: &Wanted) -> i32 {
    let mut violations = 0;
    for scenario in scenarios::ALL {
        for seed in wanted.from..wanted.from + wanted.seeds {
            let run = scenarios::run(scenario, seed);
            match &run.violation {
                None => println!("fine: {} ({} steps)", scenario.name, run.steps),
                Some((violation, trace)) => {
                    violations += 1;
                    println!(
                        "VIOLATION: {}, seed {seed}: {violation}\n    {}",
                        scenario.name,
                        trace.join("\n    ")
                    );
                }
            }
        }
    }
    i32::from(violations > 0)
}

fn one(wanted: &Wanted, seed: u64) -> Report {
    let mut report = Report::default();
    report.option = wanted.option();
    let run = wanted.run()(seed);
    println!(
        "seed {seed}: {} steps, trace hash {:016x}",
        run.steps, run.hash
    );
    report.add(run);
    report
}

fn many(wanted: &Wanted) -> Report {
    let mut report = Report::default();
    report.option = wanted.option();
    each_seed(wanted, 100, wanted.run(), |run| {
        report.add(run);
        (report.runs, report.violations)
    });
    report
}

/// How a hunt ended: the mistake, the checker, its seed and the number of seeds it took.
type Caught = (Mutation, Option<(&'static str, u64, u64)>);

fn hunt_all(wanted: &Wanted, hunt: Hunt) -> Result<i32, String> {
    let all = wanted.mistakes();
    if all.is_empty() {
        return Err("this build cannot make mistakes: build with --features mutations".into());
    }
    let chosen: Vec<Mutation> = match hunt {
        Hunt::All => all,
        Hunt::Rotate { count, turn } => {
            let start = (turn as usize).wrapping_mul(count);
            (0..count.min(all.len()))
                .map(|offset| all[(start + offset) % all.len()])
                .collect()
        }
    };
    let caught = hunt_on_threads(wanted, &chosen);
    println!("| mistake | what it breaks | caught by | seed | seeds |\n|---|---|---|---|---|");
    for (Mutation { name, breaks }, result) in &caught {
        match result {
            Some((checker, seed, seeds)) => {
                println!("| `{name}` | {breaks} | {checker} | {seed} | {seeds} |")
            }
            None => println!(
                "| `{name}` | {breaks} | **nothing** | | {} |",
                wanted.mutation_seeds
            ),
        }
    }
    let missed = caught.iter().filter(|(_, result)| result.is_none()).count();
    println!("{} mistakes made, {missed} not caught", caught.len());
    Ok(i32::from(missed > 0))
}

fn hunt_on_threads(wanted: &Wanted, chosen: &[Mutation]) -> Vec<Caught> {
    let next = AtomicU64::new(0);
    let caught: Mutex<Vec<(usize, Caught)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed) as usize;
                    let Some(mutation) = chosen.get(index) else {
                        return;
                    };
                    let found = wanted.hunt_one(mutation.name);
                    eprintln!("{}: {found:?}", mutation.name);
                    let mut caught = caught
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    caught.push((index, (*mutation, found)));
                }
            });
        }
    });
    let mut caught = caught
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    caught.sort_by_key(|(index, _)| *index);
    caught.into_iter().map(|(_, caught)| caught).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Wanted, String> {
        Wanted::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments() {
        assert_eq!(
            parse("--seeds 7 --from=3").map(|w| (w.seeds, w.from)),
            Ok((7, 3))
        );
        assert_eq!(
            parse("--mutations rotate:4@2").map(|w| w.hunt),
            Ok(Some(Hunt::Rotate { count: 4, turn: 2 }))
        );
        for wrong in ["--seeds", "--seeds x", "--frobnicate 1", "--mutations some"] {
            assert!(
                parse(wrong).is_err_and(|why| why.contains("usage:")),
                "{wrong}"
            );
        }
    }
}
