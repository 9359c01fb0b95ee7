//! The connections that the nodes of a bed saw, with the pods at their ends: from the tables in which their kernels keep
//! connections for a while after they ended.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use synod_bed::Bed;
use synod_bed::process::output;
use synod_chart::policy::{End, Flow, Labels};

use crate::Failure;

/// How often tables and pods are read. Kernels keep what ended for 10 s at least (a connection that was reset), so nothing is
/// missed.
const READ: Duration = Duration::from_secs(4);

/// Reads on in the background for as long as the program runs.
pub struct Flows {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Who has, or had last, an address in the pods' network.
    pods: BTreeMap<IpAddr, End>,
    /// Addresses of nodes, of their ends of pods' links too.
    nodes: BTreeSet<IpAddr>,
    /// Connections whose ends are not known yet.
    pending: BTreeSet<Connection>,
    /// Those whose ends are known, if one of them is ours.
    flows: BTreeSet<Flow>,
}

/// As a kernel saw it: who asked for it, and who answered, which is not whom it was meant for if that was a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Connection {
    protocol: &'static str,
    from: IpAddr,
    to: IpAddr,
    port: u16,
}

impl Flows {
    /// Begins.
    #[must_use]
    pub fn record(bed: Bed) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mine = Arc::clone(&seen);
        std::thread::spawn(move || {
            loop {
                read(&bed, &mine);
                std::thread::sleep(READ);
            }
        });
        Self { seen }
    }

    /// All until now with one of Synod's pods at an end, each once; and the addresses that could be a pod's, and nobody knows whose.
    #[must_use]
    pub fn until_now(&self) -> (BTreeSet<Flow>, BTreeSet<IpAddr>) {
        let seen = lock(&self.seen);
        let ends = seen.pending.iter().flat_map(|it| [it.from, it.to]);
        let strangers = ends.filter(|address| is_of_pods(*address) && seen.end(*address).is_none());
        (seen.flows.clone(), strangers.collect())
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One look at everything. A node that is down or stands still, and an API server that does not answer, are asked again next time.
fn read(bed: &Bed, seen: &Mutex<Seen>) {
    let pods = pods(bed).unwrap_or_default();
    let nodes = bed.nodes().unwrap_or_default();
    let tables: Vec<_> = nodes
        .iter()
        .filter_map(|node| {
            let addresses = output(bed.on_node(node, "hostname").arg("--all-ip-addresses")).ok()?;
            let table = output(bed.on_node(node, "conntrack").arg("--dump")).ok()?;
            Some((addresses, table))
        })
        .collect();
    let mut seen = lock(seen);
    seen.pods.extend(pods);
    for (addresses, table) in tables {
        let addresses = addresses.split_whitespace();
        seen.nodes
            .extend(addresses.filter_map(|it| it.parse::<IpAddr>().ok()));
        seen.pending.extend(table.lines().filter_map(connection));
    }
    seen.settle();
}

impl Seen {
    /// Finds out who is at the ends of connections.
    fn settle(&mut self) {
        for connection in std::mem::take(&mut self.pending) {
            let (Some(from), Some(to)) = (self.end(connection.from), self.end(connection.to))
            else {
                self.pending.insert(connection);
                continue;
            };
            // What a pod says to itself by way of a Service is no matter for policies.
            if from != to && (is_ours(&from) || is_ours(&to)) {
                self.flows.insert(Flow {
                    from,
                    to,
                    port: connection.port,
                    protocol: connection.protocol,
                });
            }
        }
    }

    fn end(&self, address: IpAddr) -> Option<End> {
        if let Some(pod) = self.pods.get(&address) {
            return Some(pod.clone());
        }
        (self.nodes.contains(&address) || !is_of_pods(address)).then_some(End::Address(address))
    }
}

/// Whether an address is in the network that beds give to pods, `10.244.0.0/16`.
fn is_of_pods(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[..2] == [10, 244])
}

/// Whether it is the operator or a member of a group.
fn is_ours(end: &End) -> bool {
    let End::Pod { labels, .. } = end else {
        return false;
    };
    labels.contains_key("synod.dev/kind")
        || labels
            .get("app.kubernetes.io/name")
            .is_some_and(|name| name == "synod")
}

/// Pods that have an address of their own.
fn pods(bed: &Bed) -> Result<Vec<(IpAddr, End)>, Failure> {
    let mut get = bed.kubectl("get");
    get.args(["pods", "--all-namespaces", "--output", "json"]);
    let list: Value =
        serde_json::from_str(&output(&mut get)?).map_err(|error| error.to_string())?;
    let pod = |pod: &Value| {
        let address = pod["status"]["podIP"].as_str()?.parse().ok()?;
        let metadata = &pod["metadata"];
        let labels = metadata["labels"].as_object().into_iter().flatten();
        let labels =
            labels.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let end = End::Pod {
            namespace: metadata["namespace"].as_str()?.to_owned(),
            labels: labels.collect::<Labels>(),
        };
        (pod["spec"]["hostNetwork"] != true).then_some((address, end))
    };
    Ok(list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(pod)
        .collect())
}

/// Of a line such as `tcp 6 9 TIME_WAIT src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… [ASSURED] …`, where the second
/// four are of the answers.
fn connection(line: &str) -> Option<Connection> {
    let protocol = match line.split_whitespace().next()? {
        "tcp" => "TCP",
        "udp" => "UDP",
        _ => return None,
    };
    let values = |name: &'static str| {
        line.split_whitespace()
            .filter_map(move |word| word.strip_prefix(name)?.strip_prefix('='))
    };
    Some(Connection {
        protocol,
        from: values("src").next()?.parse().ok()?,
        to: values("src").nth(1)?.parse().ok()?,
        port: values("sport").nth(1)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_service_stood_for() {
        let line = "tcp      6 86392 ESTABLISHED src=10.244.0.5 dst=10.96.0.1 sport=43210 dport=443 src=172.18.0.2 \
                    dst=10.244.0.5 sport=6443 dport=43210 [ASSURED] mark=0 use=1";
        let expected = Connection {
            protocol: "TCP",
            from: IpAddr::from([10, 244, 0, 5]),
            to: IpAddr::from([172, 18, 0, 2]),
            port: 6443,
        };
        assert_eq!(connection(line), Some(expected));
        assert_eq!(
            connection("icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1"),
            None
        );
    }
}
