//! What there is to test with, and what was measured.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::flows::Flows;
use crate::{Cluster, Failure};

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
    /// What the nodes saw, if the cluster is a bed's.
    pub flows: Option<Flows>,
    times: RefCell<BTreeMap<&'static str, Vec<Duration>>>,
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
    ) -> Self {
        Self {
            flows: cluster.bed().map(Flows::record),
            cluster,
            images,
            helm,
            chart,
            before,
            examples,
            times: RefCell::new(BTreeMap::new()),
        }
    }

    /// Notes how long something took.
    pub fn measured(&self, what: &'static str, time: Duration) {
        println!("  {what}: {:.1} s", time.as_secs_f64());
        self.times.borrow_mut().entry(what).or_default().push(time);
    }

    /// What was measured, as a table: how often, median, 90th percentile, most, in seconds.
    #[must_use]
    pub fn report(&self) -> String {
        let mut table =
            "| seconds | times | median | p90 | most |\n|---|---:|---:|---:|---:|\n".to_owned();
        for (what, times) in self.times.borrow_mut().iter_mut() {
            times.sort_unstable();
            let at = |percent: usize| {
                let index = (times.len() * percent).div_ceil(100).max(1) - 1;
                times[index].as_secs_f64()
            };
            let (count, median, p90, most) = (times.len(), at(50), at(90), at(100));
            table.push_str(&format!(
                "| {what} | {count} | {median:.2} | {p90:.2} | {most:.2} |\n"
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
