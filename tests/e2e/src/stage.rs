//! What there is to test with, and what was measured.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::flows::Flows;
use crate::{Cluster, Failure};

/// From `kubectl apply` of a group until it is Ready.
pub(crate) const APPLY: &str = "from apply to Ready";
/// A leader's pod deleted by force, to the next write.
pub(crate) const POD_KILLED: &str = "failover, pod deleted by force";
/// A leader's process killed, to the next write.
pub(crate) const PROCESS_KILLED: &str = "failover, kill -9 of the process";
/// A leader of locks deleted by force, to the first write of somebody who got the lock since.
pub(crate) const LOCK_PASSED: &str = "a lock is passed on, the leader's pod deleted by force";
/// A cache's pod deleted by force, to the next write that is on disk.
pub(crate) const CACHE_KILLED: &str = "a cache is back, its only pod deleted by force";
/// The longest time without a write while the leader's node suffers.
pub(crate) const NODE_HARMED: &str = "longest pause, the leader's node harmed";

/// What is promised of times, in seconds: told beside what was measured, no reason to fail.
const PROMISES: [(&str, Share, f64); 3] = [
    (APPLY, Share::Most, 20.0),
    (POD_KILLED, Share::P90, 3.0),
    (PROCESS_KILLED, Share::P90, 3.0),
];

/// Of which part of what was measured something is promised.
#[derive(Clone, Copy)]
enum Share {
    /// 90 of 100.
    P90 = 90,
    /// All.
    Most = 100,
}

/// Images that every node has, or can pull.
pub struct Images {
    /// Of operator and members.
    pub synod: String,
    /// The same under another name.
    pub again: String,
    /// With etcdctl and the client that counts.
    pub client: String,
}

/// The version that is upgraded from.
pub struct Before {
    /// Its chart.
    pub chart: PathBuf,
    /// Its image.
    pub image: String,
}

/// What there is to test with.
pub struct Stage {
    /// The cluster.
    pub cluster: Cluster,
    /// The images.
    pub images: Images,
    /// The program helm.
    pub helm: PathBuf,
    /// The chart.
    pub chart: PathBuf,
    /// The version before this one.
    pub before: Option<Before>,
    /// The folder of examples.
    pub examples: PathBuf,
    /// What is left to chance is drawn from it.
    pub seed: u64,
    /// When it was set up: what is older in the cluster's logs is of another run.
    pub since: Timestamp,
    /// What the nodes saw, if the cluster is a bed's.
    pub flows: Option<Flows>,
    times: RefCell<BTreeMap<&'static str, Vec<Duration>>>,
    /// When roles of another version's chart held.
    other_roles: RefCell<Vec<Range<Timestamp>>>,
}

impl Stage {
    /// Nothing is measured yet; the connections of a bed are recorded from now on.
    #[must_use]
    pub fn new(
        cluster: Cluster,
        images: Images,
        helm: PathBuf,
        chart: PathBuf,
        before: Option<Before>,
        examples: PathBuf,
        seed: u64,
    ) -> Self {
        Self {
            seed,
            since: Timestamp::now(),
            flows: cluster.bed().map(Flows::record),
            cluster,
            images,
            helm,
            chart,
            before,
            examples,
            times: RefCell::new(BTreeMap::new()),
            other_roles: RefCell::new(Vec::new()),
        }
    }

    /// Does what installs another version's chart, and this one's again.
    pub(crate) fn with_other_roles<R>(&self, play: impl FnOnce() -> R) -> R {
        let start = Timestamp::now();
        let result = play();
        let span = start..Timestamp::now();
        self.other_roles.borrow_mut().push(span);
        result
    }

    /// Whether this chart's roles held then, and were those of this run: while an operator gives way to that of another version, it may
    /// be forbidden what the other one does not need.
    pub(crate) fn own_roles_held(&self, at: Timestamp) -> bool {
        at >= self.since
            && !self
                .other_roles
                .borrow()
                .iter()
                .any(|span| span.contains(&at))
    }

    /// Notes how long something took.
    pub fn measured(&self, what: &'static str, time: Duration) {
        println!("  {what}: {:.1} s", time.as_secs_f64());
        self.times.borrow_mut().entry(what).or_default().push(time);
    }

    /// What was measured, as a table in seconds: how often, median, 90th percentile, most, and what is promised.
    #[must_use]
    pub fn report(&self) -> String {
        let mut table =
            "| seconds | times | median | p90 | most | promised |\n|---|---:|---:|---:|---:|---|\n"
                .to_owned();
        for (what, times) in self.times.borrow_mut().iter_mut() {
            times.sort_unstable();
            let at = |percent: usize| {
                let index = (times.len() * percent).div_ceil(100).max(1) - 1;
                times[index].as_secs_f64()
            };
            let promised = PROMISES.iter().find(|(promise, ..)| promise == what);
            let promised = promised.map_or_else(String::new, |(_, share, bound)| {
                let held = if at(*share as usize) <= *bound {
                    "held"
                } else {
                    "NOT held"
                };
                let share = match share {
                    Share::P90 => "p90",
                    Share::Most => "most",
                };
                format!("{share} <= {bound}: {held}")
            });
            let (count, median, p90, most) = (times.len(), at(50), at(90), at(100));
            table.push_str(&format!(
                "| {what} | {count} | {median:.2} | {p90:.2} | {most:.2} | {promised} |\n"
            ));
        }
        table
    }

    /// The node that is never harmed: the control plane's of a bed, else any.
    ///
    /// # Errors
    /// When there is none.
    pub fn first_node(&self) -> Result<String, Failure> {
        if let Some(bed) = self.cluster.bed() {
            return bed
                .nodes()?
                .into_iter()
                .next()
                .ok_or_else(|| "the bed has no node".to_owned());
        }
        let nodes = self.cluster.get(["nodes"])?;
        let name = nodes["items"][0]["metadata"]["name"].as_str();
        name.map(str::to_owned)
            .ok_or_else(|| "the cluster has no node".to_owned())
    }
}
