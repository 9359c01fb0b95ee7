//! Every fault shows, and what mends it does.

use std::time::Duration;

use super::pods::{self, Pods};
use crate::process::{output, run, wait};
use crate::{Direction, Failure, Fault};

/// A fault of the network shows after this long.
const SHOWS_MAX: Duration = Duration::from_secs(10);

fn lost(pods: &Pods<'_>, fault: &Fault, mended_by: &Fault) -> Result<(), Failure> {
    pods.bed.inject(&pods.victim, fault)?;
    let seen = unreached(pods, &pods.witness).and_then(|()| pods.await_loss());
    pods.bed.inject(&pods.victim, mended_by)?;
    seen.and(pods.await_mended())
}

fn unreached(pods: &Pods<'_>, from: &str) -> Result<(), Failure> {
    let what = format!("{} is out of reach for {from}", pods.victim);
    wait(&what, SHOWS_MAX, || !pods.reaches(from, &pods.victim))
}

fn cut_of(direction: Direction, peers: &[&str]) -> Fault {
    Fault::Cut {
        direction,
        peers: peers.iter().map(|peer| (*peer).to_owned()).collect(),
    }
}

pub(super) fn cut(pods: &Pods<'_>) -> Result<(), Failure> {
    lost(pods, &cut_of(Direction::Both, &[]), &Fault::Mend)
}

pub(super) fn pause(pods: &Pods<'_>) -> Result<(), Failure> {
    lost(pods, &Fault::Pause, &Fault::Unpause)
}

pub(super) fn unplug(pods: &Pods<'_>) -> Result<(), Failure> {
    lost(pods, &Fault::Unplug, &Fault::Mend)
}

pub(super) fn kill(pods: &Pods<'_>) -> Result<(), Failure> {
    run(pods.bed.on_node(&pods.victim, "touch").arg("/var/kept"))?;
    lost(pods, &Fault::Kill, &Fault::Start)?;
    run(pods.bed.on_node(&pods.victim, "rm").arg("/var/kept"))
}

/// The nodes come back in another order, in which an engine gives them each other's address.
pub(super) fn addresses(pods: &Pods<'_>) -> Result<(), Failure> {
    let address = |node| pods.of_pod(node, ".status.hostIP");
    let mut nodes = [&pods.victim, &pods.witness];
    if address(nodes[0])? < address(nodes[1])? {
        nodes.reverse();
    }
    for fault in [Fault::Kill, Fault::Start] {
        for node in nodes {
            pods.bed.inject(node, &fault)?;
        }
    }
    let [one, other] = nodes;
    wait("both nodes serve again", pods::MENDED_MAX, || {
        let ready = pods.is_ready(one) && pods.is_ready(other);
        ready && pods.reaches(one, other) && pods.reaches(other, one)
    })
}

/// Without it nothing is scheduled and nobody is asked, but pods go on; it comes back with all that it knew.
pub(super) fn control_plane(pods: &Pods<'_>) -> Result<(), Failure> {
    let node = pods.bed.nodes()?.remove(0);
    pods.bed.inject(&node, &Fault::Kill)?;
    pods.bed.inject(&node, &Fault::Start)?;
    wait("the control plane is back", pods::MENDED_MAX, || {
        pods.is_ready(&node) && pods.reaches(&pods.witness, &node)
    })?;
    pods.await_mended()
}

/// The peer does not reach it, the control plane's node does, and so it stays ready.
pub(super) fn cut_from_peer(pods: &Pods<'_>) -> Result<(), Failure> {
    let control_plane = pods.bed.nodes()?.remove(0);
    let fault = cut_of(Direction::Both, &[&pods.witness]);
    pods.bed.inject(&pods.victim, &fault)?;
    let seen = unreached(pods, &pods.witness);
    let others = pods.reaches(&control_plane, &pods.victim) && pods.is_ready(&pods.victim);
    pods.bed.inject(&pods.victim, &Fault::Mend)?;
    seen?;
    if !others {
        return Err(format!("{} is cut from others as well", pods.victim));
    }
    pods.await_mended()
}

pub(super) fn deaf(pods: &Pods<'_>) -> Result<(), Failure> {
    one_way(pods, Direction::In)
}

pub(super) fn mute(pods: &Pods<'_>) -> Result<(), Failure> {
    one_way(pods, Direction::Out)
}

/// Datagrams arrive in the other direction only.
fn one_way(pods: &Pods<'_>, lost: Direction) -> Result<(), Failure> {
    pods.bed.inject(&pods.victim, &cut_of(lost, &[]))?;
    let to = arrives(pods, &pods.witness, &pods.victim);
    let from = arrives(pods, &pods.victim, &pods.witness);
    pods.bed.inject(&pods.victim, &Fault::Mend)?;
    let expected = (lost != Direction::In, lost != Direction::Out);
    if (to.clone()?, from.clone()?) != expected {
        return Err(format!("to it: {to:?}, from it: {from:?}"));
    }
    pods.await_mended()?;
    if arrives(pods, &pods.witness, &pods.victim)? && arrives(pods, &pods.victim, &pods.witness)? {
        return Ok(());
    }
    Err("datagrams are lost after it was mended".to_owned())
}

/// Whether datagrams from one node arrive at another, which counts those for a port where nobody listens.
fn arrives(pods: &Pods<'_>, from: &str, to: &str) -> Result<bool, Failure> {
    const SENT: u64 = 5;
    let address = pods.of_pod(to, ".status.hostIP")?;
    let before = unwanted(pods, to)?;
    let line = format!("for i in {{1..{SENT}}}; do echo x >/dev/udp/{address}/9; sleep 0.1; done");
    // The answer that nobody listens may come while the next is sent, which fails then.
    let _ = output(pods.bed.on_node(from, "bash").args(["-c", &line]));
    Ok(unwanted(pods, to)? >= before + SENT / 2)
}

/// How many datagrams came for ports where nobody listens.
fn unwanted(pods: &Pods<'_>, node: &str) -> Result<u64, Failure> {
    let counters = output(pods.bed.on_node(node, "cat").arg("/proc/net/snmp"))?;
    let numbers = counters
        .lines()
        .filter(|line| line.starts_with("Udp:"))
        .nth(1);
    numbers
        .and_then(|line| line.split_whitespace().nth(2)?.parse().ok())
        .ok_or_else(|| format!("{node} counts no datagrams"))
}

pub(super) fn slow(pods: &Pods<'_>) -> Result<(), Failure> {
    shaped(pods, &Fault::Slow(200), |_, round_trip_ms| {
        round_trip_ms >= 200.0
    })
}

pub(super) fn lossy(pods: &Pods<'_>) -> Result<(), Failure> {
    shaped(pods, &Fault::Lossy(50), |lost, _| (20..=80).contains(&lost))
}

/// Pings the victim's pod: percents that are lost, and the mean round trip in milliseconds.
fn shaped(pods: &Pods<'_>, fault: &Fault, shows: impl Fn(u32, f64) -> bool) -> Result<(), Failure> {
    pods.bed.inject(&pods.victim, fault)?;
    let seen = ping(pods);
    pods.bed.inject(&pods.victim, &Fault::Mend)?;
    let (lost, round_trip_ms) = seen?;
    if !shows(lost, round_trip_ms) {
        return Err(format!(
            "{lost} % are lost, {round_trip_ms} ms there and back"
        ));
    }
    let (lost, round_trip_ms) = ping(pods)?;
    if lost > 0 || round_trip_ms > 100.0 {
        return Err(format!(
            "mended, {lost} % are lost, {round_trip_ms} ms there and back"
        ));
    }
    pods.await_mended()
}

fn ping(pods: &Pods<'_>) -> Result<(u32, f64), Failure> {
    let address = pods.of_pod(&pods.victim, ".status.podIP")?;
    let line = format!("ping -c 60 -i 0.05 -W 1 {address} || true");
    let said = pods.shell(&pods.witness, &line)?;
    let lost = said
        .split(", ")
        .find_map(|part| part.split_once("% packet loss")?.0.parse().ok());
    let mean = said
        .rsplit(" = ")
        .next()
        .and_then(|times| times.split('/').nth(1)?.parse().ok());
    lost.zip(mean).ok_or_else(|| format!("ping said: {said}"))
}
