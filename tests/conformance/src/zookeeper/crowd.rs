//! Ten thousand sessions, each with ten ephemeral nodes, while the leader is killed.
//!
//! It promises that no session was lost whose client said that it lives, that those that fell silent just before kept their nodes
//! for their whole time-out, and that nothing of theirs is left afterwards.

mod visitor;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use synod_jute::CreateMode;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use self::visitor::{Story, TIMEOUT, Visitor};
use super::ensemble::{Ensemble, Server};
use super::settings::SessionKind;
use crate::Failure;

const SESSIONS: usize = 10_000;
const NODES_EACH: usize = 10;
/// Every so many-th falls silent.
const SILENT_EVERY: usize = 20;
/// Nodes are spread over so many others.
const PARENTS: usize = 100;
/// The parent of what those have that fall silent.
const SILENT: &str = "/silent";
/// So many come at a time.
const COMING_MAX: usize = 32;
/// Threads that run the clients.
const THREADS: usize = 2;
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(play(&mut ensemble))
}

async fn play(ensemble: &mut Ensemble) -> Result<String, Failure> {
    let addresses: Arc<[String]> = ensemble.addresses().into();
    let start = Instant::now();
    let mut host = Visitor::come(&addresses, 0).await?;
    let parents = (0..PARENTS).map(parent).chain([SILENT.into()]);
    host.create(parents, CreateMode::Persistent).await?;
    let early = |failure| format!("before the leader was killed: {failure}");
    let mut crowd = Crowd::come(&addresses).await.map_err(early)?;
    let come = start.elapsed();

    let silent_since = Instant::now();
    crowd.hush().await.map_err(early)?;
    ensemble.kill(ensemble.leader()?);
    let killed = Instant::now();
    let vanished = vanishing(&addresses, silent_since).await;
    // The living are to live on for a while when the silent are gone.
    sleep(TIMEOUT).await;
    let left = all_left(&addresses).await;
    let lived = crowd.lived(killed).await;
    let all_well = lived.is_ok() && vanished.is_ok() && left.is_ok();
    let either = |said: Result<String, Failure>| said.unwrap_or_else(|failure| failure);
    let seen = format!(
        "  {SESSIONS} sessions with {} ephemeral nodes within {:.1} s; the leader killed, {};\n  of {} that fell silent {}{}\n",
        SESSIONS * NODES_EACH,
        come.as_secs_f64(),
        either(lived),
        SESSIONS / SILENT_EVERY,
        either(vanished),
        left.err().unwrap_or_default(),
    );
    if all_well { Ok(seen) } else { Err(seen) }
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

/// Up to when sessions live.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// All live.
    Full,
    /// Some are silent.
    Hushed,
    /// It is over.
    Over,
}

/// A session that is being kept.
type Life = JoinHandle<Result<Story, Failure>>;

/// All sessions.
struct Crowd {
    stage: watch::Sender<Stage>,
    /// Those that will fall silent.
    silent: Vec<Life>,
    living: Vec<Life>,
}

impl Crowd {
    /// All come, some at a time. Who has come first keeps its session until the last has come.
    async fn come(addresses: &Arc<[String]>) -> Result<Self, Failure> {
        let mut crowd = Self {
            stage: watch::Sender::new(Stage::Full),
            silent: Vec::new(),
            living: Vec::new(),
        };
        let mut coming = JoinSet::new();
        for number in 0..SESSIONS {
            if coming.len() == COMING_MAX {
                crowd.welcome(coming.join_next().await)?;
            }
            coming.spawn(arrival(Arc::clone(addresses), number));
        }
        while !coming.is_empty() {
            crowd.welcome(coming.join_next().await)?;
        }
        Ok(crowd)
    }

    /// One has come.
    fn welcome(&mut self, arrived: Option<Joined<(usize, Visitor)>>) -> Result<(), Failure> {
        let Some(arrived) = arrived else {
            return Ok(());
        };
        let (number, visitor) = flat(arrived)?;
        let (end, lives) = if is_silent(number) {
            (Stage::Hushed, &mut self.silent)
        } else {
            (Stage::Over, &mut self.living)
        };
        let mut stage = self.stage.subscribe();
        lives.push(tokio::spawn(async move {
            visitor.live(stage.wait_for(|stage| *stage >= end)).await
        }));
        Ok(())
    }

    /// Some say for the last time that they live. Their connections end; of that no member concludes anything.
    ///
    /// # Errors
    /// When a session was lost already.
    async fn hush(&mut self) -> Result<(), Failure> {
        self.stage.send_replace(Stage::Hushed);
        for life in self.silent.drain(..) {
            flat(life.await)?;
        }
        match self.living.iter().position(JoinHandle::is_finished) {
            Some(index) => flat(self.living.swap_remove(index).await).map(drop),
            None => Ok(()),
        }
    }

    /// It is over; how those lived that were not silent.
    ///
    /// # Errors
    /// With what was lost.
    async fn lived(self, killed: Instant) -> Result<String, Failure> {
        self.stage.send_replace(Stage::Over);
        let (mut stories, mut lost) = (Vec::new(), Vec::new());
        for life in self.living {
            match flat(life.await) {
                Ok(story) => stories.push(story),
                Err(failure) => lost.push(failure),
            }
        }
        let told = told(&stories, lost.len(), killed);
        match lost.first() {
            None => Ok(told),
            Some(first) => Err(format!("{told};\n  the first of the lost: {first}")),
        }
    }
}

type Joined<T> = Result<Result<T, Failure>, JoinError>;

fn flat<T>(joined: Joined<T>) -> Result<T, Failure> {
    joined.map_err(|error| error.to_string())?
}

const fn is_silent(number: usize) -> bool {
    number.is_multiple_of(SILENT_EVERY)
}

/// A session comes, and creates its nodes.
async fn arrival(addresses: Arc<[String]>, number: usize) -> Result<(usize, Visitor), Failure> {
    let mut visitor = Visitor::come(&addresses, number).await?;
    let parent = if is_silent(number) {
        SILENT.to_owned()
    } else {
        parent(number % PARENTS)
    };
    let nodes = (0..NODES_EACH).map(|node| format!("{parent}/{number}-{node}"));
    visitor.create(nodes, CreateMode::Ephemeral).await?;
    Ok((number, visitor))
}

/// How the living lived: who had to find another member since then, and how long that took.
fn told(stories: &[Story], lost: usize, killed: Instant) -> String {
    let ways = stories.iter().flat_map(|story| &story.ways);
    let ways: Vec<_> = ways.filter(|way| way.end > killed).collect();
    let end = ways.iter().map(|way| way.end).max().unwrap_or(killed);
    let mut lengths: Vec<_> = ways.iter().map(|way| way.length.as_secs_f64()).collect();
    lengths.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let last = lengths.len().saturating_sub(1);
        lengths.get(last * percent / 100).copied().unwrap_or(0.0)
    };
    let silence = stories.iter().map(|story| story.silence).max();
    format!(
        "all at a member again after {:.1} s, {lost} lost;\n  {} times one had to find another member, in {:.2} s (median), {:.2} s \
         (p99), {:.2} s (most); none was unheard of for more than {:.1} s",
        (end - killed).as_secs_f64(),
        lengths.len(),
        at(50),
        at(99),
        at(100),
        silence.unwrap_or_default().as_secs_f64(),
    )
}

/// Counts what those have that live.
async fn all_left(addresses: &Arc<[String]>) -> Result<(), Failure> {
    let mut host = Visitor::come(addresses, 0).await?;
    let mut left = 0;
    for number in 0..PARENTS {
        left += host.count(&parent(number)).await?;
    }
    let expected = (SESSIONS - SESSIONS / SILENT_EVERY) * NODES_EACH;
    if left == expected {
        return Ok(());
    }
    Err(format!(
        ";\n  {left} nodes are left of those that live, not {expected}"
    ))
}

/// Watches what is left of those that fell silent: after how long the first of their nodes vanished, and the last.
///
/// # Errors
/// When one vanishes too early, or is there too long.
async fn vanishing(addresses: &Arc<[String]>, since: Instant) -> Result<String, Failure> {
    let mut host = Visitor::come(addresses, 0).await?;
    let all = SESSIONS / SILENT_EVERY * NODES_EACH;
    let mut first = None;
    loop {
        let left = host.count(SILENT).await?;
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
            let (first, last) = (first.unwrap_or(now).as_secs_f64(), now.as_secs_f64());
            let timeout = TIMEOUT.as_secs_f64();
            return Ok(format!(
                "nodes vanished after {first:.1} s to {last:.1} s, time-out {timeout:.0} s"
            ));
        }
        if now > GONE {
            return Err(format!(
                "{left} nodes are left after {now:?} of silence, time-out {TIMEOUT:?}"
            ));
        }
        sleep(LOOK_EVERY).await;
    }
}
