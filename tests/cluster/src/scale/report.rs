//! What was measured, as one page, and whether the bars were met.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use super::operator::{Durations, Memory, mebibytes};
use crate::audit::{self, Asked};

/// The most resident memory when all is as it should be, bytes.
const RESIDENT_MAX: u64 = 64 << 20;

/// A time during which the operator was only watched.
pub struct Phase {
    /// How long.
    pub time: Duration,
    /// What it asked.
    pub asked: Vec<Asked>,
    /// CPU time that it used, seconds.
    pub cpu: f64,
    /// Resident memory in the end.
    pub memory: Memory,
}

/// Everything.
pub struct Report {
    /// Objects.
    pub objects: usize,
    /// Their members together.
    pub members: u32,
    /// Memory before there was an object.
    pub idle: Memory,
    /// Memory when nothing was written any more.
    pub converged: Memory,
    /// The most it ever had, bytes.
    pub peak: u64,
    /// From the first object until all were Ready.
    pub ready_after: Duration,
    /// Looks at objects until then.
    pub durations: Durations,
    /// When all was as it should be.
    pub quiet: Phase,
    /// After it was killed and started again.
    pub restarted: Phase,
    /// From its start until it acted again; the lease of the killed one runs out meanwhile.
    pub restarted_ready_after: Duration,
    /// What its role did not allow.
    pub refused: BTreeSet<String>,
    /// All requests, by resource and verb.
    pub converging: BTreeMap<(String, String), usize>,
    /// Memory of kube-apiserver and etcd.
    pub servers: (u64, u64),
}

/// Whether something but the Lease was written.
#[must_use]
pub fn is_write(asked: &Asked) -> bool {
    asked.writes() && asked.object_ref.resource != "leases"
}

impl Phase {
    fn writes(&self) -> usize {
        self.asked.iter().filter(|asked| is_write(asked)).count()
    }

    /// What is neither a Lease nor a watch.
    fn others(&self) -> usize {
        let others = self.asked.iter();
        others
            .filter(|asked| asked.object_ref.resource != "leases" && asked.verb != "watch")
            .count()
    }

    fn watches(&self) -> usize {
        let watches = self.asked.iter();
        watches.filter(|asked| asked.verb == "watch").count()
    }

    fn leases(&self) -> usize {
        let leases = self.asked.iter();
        leases
            .filter(|asked| asked.object_ref.resource == "leases")
            .count()
    }
}

impl Report {
    /// What is not as it should be, in words.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let largest = self.converged.resident.max(self.quiet.memory.resident);
        if largest > RESIDENT_MAX {
            failures.push(format!(
                "{:.1} MiB resident, at most {:.0} are allowed",
                mebibytes(largest),
                mebibytes(RESIDENT_MAX)
            ));
        }
        for (name, phase) in [
            ("in the quiet", &self.quiet),
            ("after the restart", &self.restarted),
        ] {
            for ((resource, verb), count) in writes(&phase.asked) {
                failures.push(format!("{name}: {count} × {verb} {resource}"));
            }
        }
        let refused = self.refused.iter();
        failures.extend(refused.map(|what| format!("not allowed by its role: {what}")));
        failures
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!(
            "| | {} objects, {} members |\n|---|---:|\n",
            self.objects, self.members
        );
        let mut row = |name: &str, value: String| {
            let _ = writeln!(page, "| {name} | {value} |");
        };
        let memory = |memory: Memory| {
            let (all, own) = (mebibytes(memory.resident), mebibytes(memory.own));
            format!("{all:.1} MiB ({own:.1} without pages of files)")
        };
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        row(
            "from the first object to all Ready",
            seconds(self.ready_after),
        );
        row("resident, no object", memory(self.idle));
        row("resident, all Ready", memory(self.converged));
        row(
            "resident, at most",
            format!("{:.1} MiB", mebibytes(self.peak)),
        );
        row("looks at objects", format!("{:.0}", self.durations.count()));
        let share = |share| format!("{:.1} ms", self.durations.quantile(share) * 1e3);
        row("look, p50", share(0.5));
        row("look, p99", share(0.99));
        let phases = [
            (
                format!("quiet, {} s", self.quiet.time.as_secs()),
                &self.quiet,
            ),
            (
                format!("killed, started again, {} s", self.restarted.time.as_secs()),
                &self.restarted,
            ),
        ];
        for (name, phase) in phases {
            row(
                &format!("{name}: writes but leases"),
                phase.writes().to_string(),
            );
            row(
                &format!("{name}: watches begun"),
                phase.watches().to_string(),
            );
            row(
                &format!("{name}: calls for the lease"),
                phase.leases().to_string(),
            );
            row(&format!("{name}: other calls"), phase.others().to_string());
            row(&format!("{name}: CPU"), format!("{:.2} s", phase.cpu));
            row(&format!("{name}: resident"), memory(phase.memory));
        }
        row(
            "from its start to acting again, lease of 15 s included",
            seconds(self.restarted_ready_after),
        );
        let (apiserver, etcd) = self.servers;
        row(
            "beside it: kube-apiserver, etcd, resident",
            format!(
                "{:.0} MiB, {:.0} MiB",
                mebibytes(apiserver),
                mebibytes(etcd)
            ),
        );
        page.push_str("\nRequests by resource and verb, all phases:\n\n| resource | verb | requests |\n|---|---|---:|\n");
        for ((resource, verb), count) in &self.converging {
            let _ = writeln!(page, "| {resource} | {verb} | {count} |");
        }
        page
    }
}

fn writes(asked: &[Asked]) -> BTreeMap<(String, String), usize> {
    let writes: Vec<_> = asked
        .iter()
        .filter(|asked| is_write(asked))
        .cloned()
        .collect();
    audit::tally(&writes)
}
