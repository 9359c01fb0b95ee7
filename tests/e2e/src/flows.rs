//! The connections that the nodes of a bed saw, with the pods at their ends: from the tables in which their kernels keep
//! connections for a while after they ended.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use synod_bed::Bed;
use synod_bed::process::output;
use synod_chart::policy::{End, Flow, Labels};

/// How often tables are read. Kernels keep what ended for 10 s at least (a connection that was reset), so nothing is missed.
const READ: Duration = Duration::from_secs(4);
/// How soon pods are watched again after the watch ended.
const WATCH_AGAIN: Duration = Duration::from_secs(1);

/// Reads on in the background until it is dropped.
pub struct Flows {
    seen: Arc<Mutex<Seen>>,
    /// kubectl, that watches pods.
    watch: Arc<Mutex<Watch>>,
}

#[derive(Default)]
struct Watch {
    child: Option<Child>,
    is_over: bool,
}

impl Watch {
    /// Ends kubectl, if it runs.
    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Flows {
    fn drop(&mut self) {
        let mut watch = lock(&self.watch);
        watch.is_over = true;
        watch.end();
    }
}

/// So often the ends of a connection are looked up.
const LOOKUPS: u8 = 4;
/// An address stays that of a pod that is gone for so long; later it may be another one's.
const AFTERLIFE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Seen {
    /// Who has, or had last, an address in the pods' network; and since when no more.
    pods: BTreeMap<IpAddr, (End, Option<Instant>)>,
    /// Nodes whose tables were read.
    read: BTreeSet<String>,
    /// Addresses of nodes, of their ends of pods' links too.
    nodes: BTreeSet<IpAddr>,
    /// How often those whose ends are not known were looked up; those that are dealt with.
    connections: BTreeMap<Connection, u8>,
    /// Those whose ends are known, if one of them is ours.
    flows: BTreeSet<Flow>,
    /// Addresses of which it was known whose they were.
    known: BTreeSet<IpAddr>,
    /// Addresses of which nobody knew whose they were.
    strangers: BTreeSet<IpAddr>,
}

/// What was seen.
pub struct Recorded {
    /// What went to one of Synod's pods, or came from one, each once.
    pub flows: BTreeSet<Flow>,
    /// How many addresses were a pod's that is known.
    pub known: usize,
    /// Addresses that were a pod's, nobody knows whose.
    pub strangers: BTreeSet<IpAddr>,
}

/// As a kernel saw it: who asked for it, and who answered, which is not whom it was meant for if that was a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Connection {
    protocol: &'static str,
    from: IpAddr,
    /// The port that it came from, which tells one from the next.
    from_port: u16,
    to: IpAddr,
    port: u16,
}

impl Flows {
    /// Begins.
    #[must_use]
    pub fn record(bed: &Bed) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let watch = Arc::new(Mutex::new(Watch::default()));
        let (of_bed, mine) = (bed.clone(), Arc::clone(&seen));
        std::thread::spawn(move || {
            loop {
                read(&of_bed, &mine);
                std::thread::sleep(READ);
            }
        });
        let (of_bed, mine, own) = (bed.clone(), Arc::clone(&seen), Arc::clone(&watch));
        std::thread::spawn(move || {
            while watch_pods(&of_bed, &mine, &own) {
                std::thread::sleep(WATCH_AGAIN);
            }
        });
        Self { seen, watch }
    }

    /// All until now.
    #[must_use]
    pub fn until_now(&self) -> Recorded {
        let seen = lock(&self.seen);
        Recorded {
            flows: seen.flows.clone(),
            known: seen.known.len(),
            strangers: seen.strangers.clone(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One look at all tables. A node that is down or stands still is asked again next time.
fn read(bed: &Bed, seen: &Mutex<Seen>) {
    let nodes = bed.nodes().unwrap_or_default();
    let tables: Vec<_> = nodes
        .iter()
        .filter_map(|node| {
            let addresses = output(bed.on_node(node, "hostname").arg("--all-ip-addresses")).ok()?;
            let table = output(bed.on_node(node, "conntrack").arg("--dump")).ok()?;
            Some((node, addresses, table))
        })
        .collect();
    let mut seen = lock(seen);
    for (node, addresses, table) in tables {
        // What is there at first is of those who were there before.
        let lookups = if seen.read.insert(node.clone()) {
            LOOKUPS
        } else {
            0
        };
        let addresses = addresses.split_whitespace();
        seen.nodes
            .extend(addresses.filter_map(|it| it.parse::<IpAddr>().ok()));
        for connection in table.lines().filter_map(connection) {
            seen.connections.entry(connection).or_insert(lookups);
        }
    }
    seen.settle();
}

impl Seen {
    /// Finds out who is at the ends of connections. What is settled stays so, whoever has the addresses later.
    fn settle(&mut self) {
        let mut connections = std::mem::take(&mut self.connections);
        for (connection, lookups) in connections.iter_mut().filter(|(_, it)| **it < LOOKUPS) {
            let (from, to) = (self.end(connection.from), self.end(connection.to));
            if let (Some(from), Some(to)) = (&from, &to) {
                *lookups = LOOKUPS;
                // What a pod says to itself by way of a Service is no matter for policies.
                if from != to && (is_ours(from) || is_ours(to)) {
                    self.flows.insert(Flow {
                        from: from.clone(),
                        to: to.clone(),
                        port: connection.port,
                        protocol: connection.protocol,
                    });
                }
                continue;
            }
            *lookups += 1;
            if *lookups == LOOKUPS {
                let ends = [(from, connection.from), (to, connection.to)];
                let unknown = ends.into_iter().filter(|(end, _)| end.is_none());
                self.strangers.extend(unknown.map(|(_, address)| address));
            }
        }
        self.connections = connections;
    }

    fn end(&self, address: IpAddr) -> Option<End> {
        if let Some((pod, gone)) = self.pods.get(&address) {
            let is_its = gone.is_none_or(|gone| gone.elapsed() < AFTERLIFE);
            return is_its.then(|| pod.clone());
        }
        (self.nodes.contains(&address) || !is_of_pods(address)).then_some(End::Address(address))
    }

    /// Takes in that a pod has an address, or is gone.
    fn told(&mut self, event: &Value) {
        let Some((address, end)) = addressed(&event["object"]) else {
            return;
        };
        if event["type"] != "DELETED" {
            self.known.insert(address);
            self.pods.insert(address, (end, None));
        } else if let Some((pod, gone)) = self.pods.get_mut(&address)
            && *pod == end
        {
            *gone = Some(Instant::now());
        }
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

/// Takes in pods as they change until the watch ends; whether it is to begin again.
fn watch_pods(bed: &Bed, seen: &Mutex<Seen>, watch: &Mutex<Watch>) -> bool {
    let mut get = bed.kubectl("get");
    get.args([
        "pods",
        "--all-namespaces",
        "--watch",
        "--output-watch-events",
    ]);
    get.args(["--output", "json"]);
    let pods = {
        let mut watch = lock(watch);
        if watch.is_over {
            return false;
        }
        let child = get
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        watch.child = child.ok();
        watch.child.as_mut().and_then(|child| child.stdout.take())
    };
    let pods =
        pods.map(|output| serde_json::Deserializer::from_reader(output).into_iter::<Value>());
    for event in pods.into_iter().flatten().map_while(Result::ok) {
        lock(seen).told(&event);
    }
    let mut watch = lock(watch);
    watch.end();
    !watch.is_over
}

/// A pod that has an address of its own.
fn addressed(pod: &Value) -> Option<(IpAddr, End)> {
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
        from_port: values("sport").next()?.parse().ok()?,
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
            from_port: 43210,
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
