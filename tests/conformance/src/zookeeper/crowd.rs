//! Ten thousand sessions, each with ten ephemeral nodes, while the leader is killed.
//!
//! It promises that no session was lost whose client said that it lives, that those that fell silent just before kept their nodes
//! for their whole time-out, and that nothing of theirs is left afterwards.

mod visitor;

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use synod_jute::CreateMode;

use self::visitor::Visitor;
use super::ensemble::{Ensemble, Server};
use super::settings::SessionKind;
use crate::{Failure, eventually};

const SESSIONS: usize = 10_000;
const NODES_EACH: usize = 10;
/// Every so many-th falls silent.
const SILENT_EVERY: usize = 20;
/// How long a session may be silent.
const TIMEOUT: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(3);
/// Nodes are spread over so many others.
const PARENTS: usize = 100;
/// The parent of what those have that fall silent.
const SILENT: &str = "/silent";
/// Threads that keep sessions.
const KEEPERS: usize = 16;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// When all that was silent is to be gone: its own time, that of an election, and the grace that it gives.
const GONE: Duration = Duration::from_secs(40);

/// Plays it; what was seen.
///
/// # Errors
/// With what a session lost, or kept.
pub fn kept(programs: &Path) -> Result<String, Failure> {
    enough_files()?;
    let agent = Server::Synod(programs.join("synod-agent"));
    let mut ensemble = Ensemble::start(&agent, SessionKind::Global)?;
    let addresses = ensemble.addresses();
    let start = Instant::now();
    let mut host = Visitor::come(&addresses, 0, TIMEOUT)?;
    let parents: Vec<_> = (0..PARENTS).map(parent).chain([SILENT.into()]).collect();
    host.create(&parents, CreateMode::Persistent)?;
    let mut shares = all_come(&addresses)?;
    let come = start.elapsed();

    let silent_since = Instant::now();
    for share in &mut shares {
        share.say(&addresses)?;
    }
    ensemble.kill(ensemble.leader()?);
    let killed = Instant::now();
    let over = AtomicBool::new(false);
    let (vanished, back) = thread::scope(|scope| {
        let (addresses, over) = (&addresses, &over);
        let keep = |share: Share| scope.spawn(move || share.keep(addresses, over));
        let keepers: Vec<_> = shares.into_iter().map(keep).collect();
        let vanished = vanishing(addresses, silent_since);
        // The living are to live on for a while when the silent are gone.
        thread::sleep(TIMEOUT);
        over.store(true, Ordering::Relaxed);
        let back: Result<Vec<_>, Failure> = keepers.into_iter().map(joined).collect();
        let left = left(addresses);
        (vanished, back.and_then(|back| Ok((back, left?))))
    });
    let ((first, last), (back, left)) = (vanished?, back?);
    let back = back.into_iter().max().unwrap_or(killed) - killed;
    let expected = (SESSIONS - SESSIONS / SILENT_EVERY) * NODES_EACH;
    if left != expected {
        return Err(format!(
            "{left} nodes are left of sessions that live, not {expected}"
        ));
    }
    Ok(format!(
        "  {SESSIONS} sessions with {} ephemeral nodes within {:.1} s; the leader killed, all at a member again after {:.1} s, none \
         lost;\n  of the {} that fell silent nodes vanished after {:.1} s to {:.1} s, time-out {:.0} s\n",
        SESSIONS * NODES_EACH,
        come.as_secs_f64(),
        back.as_secs_f64(),
        SESSIONS / SILENT_EVERY,
        first.as_secs_f64(),
        last.as_secs_f64(),
        TIMEOUT.as_secs_f64(),
    ))
}

/// This program and its children need a file for each connection.
fn enough_files() -> Result<(), Failure> {
    let needed = SESSIONS as u64 + 1_000;
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!("needs {needed} open files: ulimit -n {needed}"));
    }
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).map_err(|error| format!("cannot raise ulimit -n: {error}"))
}

fn parent(number: usize) -> String {
    format!("/crowd-{number}")
}

/// How many nodes those have that live.
fn left(addresses: &[String]) -> Result<usize, Failure> {
    let mut host = Visitor::come(addresses, 0, TIMEOUT)?;
    (0..PARENTS).map(|number| host.count(&parent(number))).sum()
}

/// Sessions that one thread keeps.
#[derive(Default)]
struct Share {
    living: Vec<Visitor>,
    /// Those that will fall silent.
    silent: Vec<Visitor>,
}

impl Share {
    /// Some sessions, with their nodes. Who has come first is kept alive until the last has come.
    fn come(numbers: Range<usize>, addresses: &[String]) -> Result<Self, Failure> {
        let mut share = Self::default();
        let mut said = Instant::now();
        for number in numbers {
            let mut visitor = Visitor::come(addresses, number, TIMEOUT)?;
            let is_silent = number % SILENT_EVERY == 0;
            let parent = if is_silent {
                SILENT.to_owned()
            } else {
                parent(number % PARENTS)
            };
            let nodes = (0..NODES_EACH).map(|node| format!("{parent}/{number}-{node}"));
            visitor.create(&nodes.collect::<Vec<_>>(), CreateMode::Ephemeral)?;
            if is_silent {
                share.silent.push(visitor);
            } else {
                share.living.push(visitor);
            }
            if said.elapsed() > PING_EVERY {
                said = Instant::now();
                share.say(addresses)?;
            }
        }
        Ok(share)
    }

    /// All say that they live, and hear that it is known.
    fn say(&mut self, addresses: &[String]) -> Result<(), Failure> {
        said(&mut self.living, addresses)?;
        said(&mut self.silent, addresses).map(drop)
    }

    /// Those that live say so until it is over, at whichever member. When the last of them was at a member again.
    fn keep(mut self, addresses: &[String], over: &AtomicBool) -> Result<Instant, Failure> {
        // Their connections end; of that no member concludes anything.
        self.silent.clear();
        let mut back = Instant::now();
        while !over.load(Ordering::Relaxed) {
            let round = Instant::now();
            if said(&mut self.living, addresses)? {
                back = Instant::now();
            }
            thread::sleep(PING_EVERY.saturating_sub(round.elapsed()));
        }
        Ok(back)
    }
}

/// All say that they live, at whichever member, and hear that it is known. Whether one had to find another member.
///
/// # Errors
/// When one is told that its session is no more.
fn said(visitors: &mut [Visitor], addresses: &[String]) -> Result<bool, Failure> {
    visitors.iter_mut().for_each(Visitor::ping);
    visitors.iter_mut().for_each(Visitor::pinged);
    if visitors.iter().all(Visitor::is_there) {
        return Ok(false);
    }
    eventually(|| {
        let all = visitors.iter_mut();
        all.for_each(|visitor| visitor.seek(addresses, TIMEOUT));
        let lost = visitors.iter_mut().try_for_each(Visitor::found).err();
        let there = visitors.iter().all(Visitor::is_there);
        match lost {
            Some(lost) => Ok(Err(lost)),
            None if there => Ok(Ok(true)),
            None => Err("no member takes a session again".to_owned()),
        }
    })?
}

/// All sessions, in the shares of their keepers.
fn all_come(addresses: &[String]) -> Result<Vec<Share>, Failure> {
    let numbers = |keeper| SESSIONS * keeper / KEEPERS..SESSIONS * (keeper + 1) / KEEPERS;
    thread::scope(|scope| {
        let keepers: Vec<_> = (0..KEEPERS)
            .map(|keeper| scope.spawn(move || Share::come(numbers(keeper), addresses)))
            .collect();
        let mut shares: Vec<_> = keepers.into_iter().map(joined).collect::<Result<_, _>>()?;
        for share in &mut shares {
            share.say(addresses)?;
        }
        Ok(shares)
    })
}

fn joined<T>(keeper: ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    keeper.join().map_err(|_| "a keeper panicked".to_owned())?
}

/// Watches what is left of those that fell silent: after how long the first of their nodes vanished, and the last.
///
/// # Errors
/// When one vanishes too early, or is there too long.
fn vanishing(addresses: &[String], since: Instant) -> Result<(Duration, Duration), Failure> {
    let mut host = Visitor::come(addresses, 0, TIMEOUT)?;
    let all = SESSIONS / SILENT_EVERY * NODES_EACH;
    let mut first = None;
    loop {
        let left = host.count(SILENT)?;
        let now = since.elapsed();
        if left < all && now < TIMEOUT {
            let gone = all - left;
            return Err(format!(
                "{gone} nodes vanished after {now:?} of silence, time-out {TIMEOUT:?}"
            ));
        }
        if left < all {
            first.get_or_insert(now);
        }
        if left == 0 {
            return Ok((first.unwrap_or(now), now));
        }
        if now > GONE {
            return Err(format!(
                "{left} nodes are left after {now:?} of silence, time-out {TIMEOUT:?}"
            ));
        }
        thread::sleep(LOOK_EVERY);
    }
}
