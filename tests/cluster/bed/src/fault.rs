//! What can happen to a node, and how it is undone.
//!
//! All of it is done by the engine or inside the node, so that it works with any engine, and a node that is cut off can
//! still be mended.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::network::NETWORK;
use crate::process::{output, run, shown, succeeds};
use crate::{Bed, Failure};

/// The table of dropping rules in a node, and the link they are about.
const TABLE: &str = "inet bed_fault";
const LINK: &str = "eth0";
/// The program that delays packets, and the queue from which it takes them. The kernel's own way (netem) is not in every
/// kernel, this one is where there is Kubernetes.
pub(crate) const SLOW: &str = "slow";
const QUEUE: &str = "33";

/// Something that happens to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Power is lost: everything on it ends at once.
    Kill,
    /// Power is back. Disks are as they were; its address may be another.
    Start,
    /// Everything on it stands still, and does not notice.
    Pause,
    /// It goes on.
    Unpause,
    /// Packets vanish, in one direction or both; from and to everybody, or only some nodes and their pods.
    Cut {
        /// Which packets.
        direction: Direction,
        /// The other side; everybody if there is none.
        peers: Vec<String>,
    },
    /// The cable is pulled: the link is gone, and with it address and routes.
    Unplug,
    /// What it sends comes later, by so many milliseconds.
    Slow(u32),
    /// Of what it sends, so many percent are lost.
    Lossy(u32),
    /// The network is whole again. After [`Self::Unplug`] the address may be another.
    Mend,
}

/// As seen from the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Neither hears the other.
    Both,
    /// It is deaf: what is sent to it is lost.
    In,
    /// It is mute: what it sends is lost.
    Out,
}

impl Bed {
    /// Lets something happen to a node.
    ///
    /// # Errors
    /// When the engine refuses, such as to pause a node that is paused.
    pub fn inject(&self, node: &str, fault: &Fault) -> Result<(), Failure> {
        if !self.nodes()?.iter().any(|known| known == node) {
            return Err(format!("{node} is none of the nodes {:?}", self.nodes()?));
        }
        match fault {
            Fault::Kill => run(self.docker("kill").arg(node)),
            Fault::Start => run(self.docker("start").arg(node)),
            Fault::Pause => run(self.docker("pause").arg(node)),
            Fault::Unpause => run(self.docker("unpause").arg(node)),
            Fault::Cut { direction, peers } => {
                let rules = rules(*direction, &self.addresses(peers)?);
                self.filter(node, &rules)
            }
            Fault::Unplug => run(self.docker("network").args(["disconnect", NETWORK, node])),
            Fault::Slow(delay_ms) => self.slow(node, *delay_ms),
            Fault::Lossy(percent) => self.filter(node, &lossy(*percent)),
            Fault::Mend => self.mend(node),
        }
    }

    /// The addresses of nodes, and the ranges of their pods.
    fn addresses(&self, nodes: &[String]) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        for node in nodes {
            let mut get = self.kubectl("get");
            get.args(["node", node, "--output"]);
            get.arg(
                "jsonpath={.status.addresses[?(@.type==\"InternalIP\")].address} {.spec.podCIDR}",
            );
            all.extend(output(&mut get)?.split_whitespace().map(str::to_owned));
        }
        Ok(all)
    }

    /// Replaces the node's dropping rules.
    fn filter(&self, node: &str, rules: &str) -> Result<(), Failure> {
        let mut nft = self.on_node(node, "nft");
        nft.args(["-f", "-"]).stdin(Stdio::piped());
        let words = shown(&nft);
        let cannot = |error: std::io::Error| format!("`{words}` cannot be run: {error}");
        let mut child = nft.spawn().map_err(cannot)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(rules.as_bytes()).map_err(cannot)?;
        }
        let status = child.wait().map_err(cannot)?;
        if status.success() {
            return Ok(());
        }
        Err(format!("`{words}` failed ({status}) with:\n{rules}"))
    }

    /// All that the node sends goes by way of a program on it. If that ends, packets pass at once.
    fn slow(&self, node: &str, delay_ms: u32) -> Result<(), Failure> {
        self.hurry(node)?;
        let to = format!("{node}:/usr/local/bin/bed-slow");
        run(self
            .docker("cp")
            .arg("--follow-link")
            .arg(self.program(SLOW))
            .arg(to))?;
        let mut start = self.docker("exec");
        start.args(["--detach", node, "bed-slow", QUEUE, &delay_ms.to_string()]);
        run(&mut start)?;
        run(self.queueing(node).arg("--append").args(QUEUEING))
    }

    /// Undoes [`Self::slow`], if it was done.
    fn hurry(&self, node: &str) -> Result<(), Failure> {
        while succeeds(self.queueing(node).arg("--check").args(QUEUEING)) {
            run(self.queueing(node).arg("--delete").args(QUEUEING))?;
        }
        // There may be none.
        let _ = output(self.on_node(node, "pkill").args(["-x", "bed-slow"]));
        Ok(())
    }

    fn queueing(&self, node: &str) -> Command {
        let mut iptables = self.on_node(node, "iptables");
        iptables.args(["--wait", "--table", "mangle"]);
        iptables
    }

    fn mend(&self, node: &str) -> Result<(), Failure> {
        self.filter(node, &no_rules())?;
        self.hurry(node)?;
        let mut inspect = self.docker("inspect");
        let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}";
        let networks = output(inspect.args(["--format", format, node]))?;
        if !networks.lines().any(|name| name == NETWORK) {
            run(self.docker("network").args(["connect", NETWORK, node]))?;
        }
        Ok(())
    }
}

/// What is queued: all that leaves, after everything else has looked at it.
const QUEUEING: [&str; 8] = [
    "POSTROUTING",
    "--out-interface",
    LINK,
    "--jump",
    "NFQUEUE",
    "--queue-num",
    QUEUE,
    "--queue-bypass",
];

/// Drops some of what leaves, by chance.
fn lossy(percent: u32) -> String {
    let mut text = no_rules();
    text.push_str(&chain(
        "postrouting",
        400,
        &format!("oifname {LINK} numgen random mod 100 < {percent}"),
    ));
    text
}

/// Takes all dropping rules away, also if there are none.
fn no_rules() -> String {
    format!("table {TABLE}\ndelete table {TABLE}\n")
}

/// Before anything else looks at a packet that comes in, after everything has at one that goes out: what is forwarded from
/// and to pods passes there, too.
fn rules(direction: Direction, peers: &[String]) -> String {
    let mut text = no_rules();
    let chains = [
        (Direction::In, "prerouting", -400, "iifname", "saddr"),
        (Direction::Out, "postrouting", 400, "oifname", "daddr"),
    ];
    for (way, hook, priority, link, address) in chains {
        if direction != way && direction != Direction::Both {
            continue;
        }
        let peers = if peers.is_empty() {
            String::new()
        } else {
            format!("ip {address} {{ {} }} ", peers.join(", "))
        };
        text.push_str(&chain(hook, priority, &format!("{link} {LINK} {peers}")));
    }
    text
}

/// A chain that drops what matches.
fn chain(hook: &str, priority: i32, matches: &str) -> String {
    let matches = matches.trim_end();
    format!(
        "table {TABLE} {{ chain {hook} {{ type filter hook {hook} priority {priority}; {matches} drop; }}; }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_one_direction_and_some_peers() {
        let peers = ["10.0.0.2".to_owned(), "10.244.1.0/24".to_owned()];
        assert_eq!(
            rules(Direction::In, &peers),
            "table inet bed_fault\ndelete table inet bed_fault\n\
             table inet bed_fault { chain prerouting { type filter hook prerouting priority -400; \
             iifname eth0 ip saddr { 10.0.0.2, 10.244.1.0/24 } drop; }; }\n"
        );
        assert_eq!(rules(Direction::Both, &[]).matches("eth0 drop").count(), 2);
    }
}
