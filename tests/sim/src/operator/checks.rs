//! What is demanded of every write that an operator did, at the instant at which it did it, against what is really so.

use std::collections::BTreeMap;

use serde_json::Value;
use synod_agent_api::{Change, ConfigurationRequest};
use synod_operator::names;

use super::direct::{Direct, going, kinds, label, note, text};
use super::groups::{Group, Groups};
use super::kubelet::Kubelet;
use super::line::Write;
use super::reach::{Post, Seat};
use super::subject::{Kept, Kind};
use super::user::NAME;
use crate::clock::{Instant, SECOND};
use crate::demand;

/// A member that did not serve for this long is not what keeps its group going.
const USELESS_AFTER: Instant = 10 * SECOND;
/// After this long everybody knows that a member does not serve.
const KNOWN_AFTER: Instant = 6 * SECOND;
/// After so much time without faults and deaths everybody knows who serves, and an order is expected.
const CALM_AFTER: Instant = 20 * SECOND;

/// What is remembered for the checks.
#[derive(Default)]
pub(super) struct Checks {
    /// Voters whose pod an operator deleted, with that pod's uid, until they serve in another one.
    down: BTreeMap<Seat, String>,
    /// Since when a member does not serve.
    useless_since: BTreeMap<Seat, Instant>,
    /// When the last fault was made or ended, or an operator deleted a pod.
    pub(super) disturbed: Instant,
    /// Writes that operators tried, so far.
    pub(super) judged: u64,
}

/// How many of so many are a quorum.
pub(super) const fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

impl Checks {
    /// Takes note of who serves.
    pub(super) fn saw<S: Kept>(
        &mut self,
        posts: &BTreeMap<Seat, Post>,
        groups: &Groups<S>,
        now: Instant,
    ) {
        let serves = |seat: &Seat| posts.get(seat).is_some_and(|post| post.status.ready);
        for seat in groups.seats() {
            if serves(&seat) {
                self.useless_since.remove(&seat);
            } else {
                self.useless_since.entry(seat).or_insert(now);
            }
        }
        self.down.retain(|seat, uid| {
            let back = posts
                .get(seat)
                .is_some_and(|post| post.status.ready && post.pod_uid != *uid);
            !back
        });
    }

    /// A change of members that operator `operator` asked for, knowing configuration `knew`, led to `id`.
    pub(super) fn changed(&self, operator: usize, seat: Seat, knew: u64, id: u64) {
        demand!(
            "membership",
            id <= knew + 1,
            "operator {operator} knew configuration {knew} of {} and changed configuration {}",
            seat.0,
            id - 1
        );
    }

    /// A removal that an operator asks for leaves a quorum of those that serve.
    pub(super) fn asked<S: Kept>(
        &self,
        seat: Seat,
        request: &ConfigurationRequest,
        groups: &Groups<S>,
        late: bool,
        now: Instant,
    ) {
        let (Some(group), Change::Remove { number }) = (groups.group(seat.0), &request.change)
        else {
            return;
        };
        let voters = group.voters();
        // Old news are nobody's fault.
        if late || !voters.contains(number) || request.expected.is_some_and(|id| id < group.id()) {
            return;
        }
        let useless = |n: &u64| {
            let since = self.useless_since.get(&(seat.0, *n));
            since.is_some_and(|since| since + KNOWN_AFTER <= now)
        };
        let stay: Vec<u64> = voters.iter().copied().filter(|n| n != number).collect();
        let well = stay.iter().filter(|n| !useless(n)).count();
        demand!(
            "quorum",
            stay.is_empty() || well >= quorum(stay.len()),
            "the removal of {number} is asked for, though only {well} of {stay:?} serve"
        );
    }

    /// Judges a write.
    pub(super) fn judge<S: Kept>(
        &mut self,
        write: &Write,
        direct: &Direct,
        groups: &Groups<S>,
        kubelet: &Kubelet,
        now: Instant,
    ) {
        self.judged += 1;
        demand!(
            "deposed",
            !write.begun.after_stop,
            "operator {} was told to stop and went on: {}",
            write.operator,
            words(write)
        );
        let Some(before) = write.before.as_deref().filter(|_| write.code < 300) else {
            if write.verb == "create" && write.resource == kinds::CLAIMS && write.code < 300 {
                check_beginning(write, direct, S::KIND);
            }
            return;
        };
        check_owner(write, before, S::KIND);
        match (write.verb, write.resource.as_str()) {
            ("delete", kinds::PODS) => {
                check_known(write);
                self.disturbed = now;
                self.check_pod(write, before, direct, groups, kubelet, now);
            }
            ("delete", kinds::CLAIMS) => {
                check_known(write);
                check_claim(write, before, direct, groups, kubelet);
            }
            ("patch", kinds::CLAIMS) => self.check_order(write, before, direct, groups, now),
            _ => {}
        }
    }

    /// By the operator's own doing a group never falls below its quorum.
    fn check_pod<S: Kept>(
        &mut self,
        write: &Write,
        pod: &Value,
        direct: &Direct,
        groups: &Groups<S>,
        kubelet: &Kubelet,
        now: Instant,
    ) {
        let (Some(cluster), Some(group)) = (groups.newest, groups.live()) else {
            return;
        };
        let number: u64 = label(pod, names::LABEL_MEMBER).parse().unwrap_or(0);
        let seat = (cluster, number);
        let uid = text(pod, "/metadata/uid");
        let runs = kubelet.pod_of(seat) == Some(uid) && groups.runs(seat);
        if write.body["gracePeriodSeconds"] == 0 {
            demand!(
                "one process",
                !runs,
                "{} is force-deleted while its process runs",
                write.name
            );
            return;
        }
        let voters = group.voters();
        let useless = self
            .useless_since
            .get(&seat)
            .is_some_and(|since| since + USELESS_AFTER <= now);
        check_going(write, number, direct, group);
        // What does not run, or has not served for long, is no loss.
        let idle = useless || !groups.runs(seat);
        if !voters.contains(&number) || idle || going(pod) || all_noted(direct, group) {
            return;
        }
        self.down.insert(seat, uid.to_owned());
        let down = voters
            .iter()
            .filter(|n| self.down.contains_key(&(cluster, **n)));
        let down: Vec<u64> = down.copied().collect();
        demand!(
            "quorum",
            voters.len() == 1 || voters.len() - down.len() >= quorum(voters.len()),
            "operator {} deleted {}: of voters {voters:?} it has {down:?} down",
            write.operator,
            write.name
        );
    }

    /// In calm, among equals, the highest number leaves first.
    fn check_order<S: Kept>(
        &self,
        write: &Write,
        claim: &Value,
        direct: &Direct,
        groups: &Groups<S>,
        now: Instant,
    ) {
        let leaves = write.body["metadata"]["annotations"][names::LEAVING] == "true"
            && note(claim, names::LEAVING).is_empty()
            && label(claim, names::LABEL_ROLE) == "voter";
        let (Some(group), true) = (groups.live(), leaves) else {
            return;
        };
        let claims = direct.all(kinds::CLAIMS);
        let odd = claims.iter().any(|other| {
            let leaving = note(other, names::LEAVING) == "true"
                && note(other, names::RETIRED).is_empty()
                && text(other, "/metadata/uid") != text(claim, "/metadata/uid");
            leaving || going(other)
        });
        let voters = group.voters();
        let members = group.world.newest.members.len();
        let pods = direct.all(kinds::PODS);
        let pods = pods.iter().filter(|pod| S::KIND.is_ours(pod)).count();
        let calm = self.disturbed + CALM_AFTER < now && !odd && group.is_well() && pods == members;
        let leader = group.world.leader().map_or(0, |node| node.0);
        let highest = voters.iter().copied().filter(|n| *n != leader).max();
        let number: u64 = label(claim, names::LABEL_MEMBER).parse().unwrap_or(0);
        demand!(
            "order",
            !calm || highest.is_none_or(|highest| highest == number),
            "member {number} leaves before {highest:?} of voters {voters:?}, {leader} leads"
        );
    }
}

/// With a pod goes no data: not that of a claim that is being deleted, and all members stop only when each was in use.
fn check_going<S: Kept>(write: &Write, number: u64, direct: &Direct, group: &Group<S>) {
    let node = synod_paxos::Node(number);
    if !group.world.newest.members.contains_key(&node) || !group.is_whole(number) {
        return;
    }
    let claims = direct.all(kinds::CLAIMS);
    let of = |claim: &Value| label(claim, names::LABEL_MEMBER).parse() == Ok(number);
    let claim = claims
        .iter()
        .find(|claim| S::KIND.is_ours(claim) && of(claim));
    demand!(
        "data",
        !claim.is_some_and(|claim| going(claim)),
        "operator {} deleted {}, with whose claim the data of a member goes",
        write.operator,
        write.name
    );
    let object = direct.one(S::KIND.resource, NAME);
    let sleeps = object.is_some_and(|object| object["spec"]["hibernated"] == true);
    let new = claims.iter().find(|claim| {
        let number: u64 = label(claim, names::LABEL_MEMBER).parse().unwrap_or(0);
        let member = synod_paxos::Node(number);
        S::KIND.is_ours(claim)
            && group.world.newest.members.contains_key(&member)
            && note(claim, names::JOINED).is_empty()
    });
    demand!(
        "hibernation",
        !(sleeps && all_noted(direct, group) && new.is_some()),
        "operator {} stops {} while {} is not known to be in use",
        write.operator,
        write.name,
        new.map_or("", |claim| text(claim, "/metadata/name"))
    );
}

/// Whoever makes a first claim makes it with the same first members as the others, and not beside a group that began.
fn check_beginning(write: &Write, direct: &Direct, kind: Kind) {
    let first = note(&write.body, names::INITIAL_MEMBERS);
    if first.is_empty() {
        return;
    }
    let uid = note(&write.body, names::CLUSTER_UID);
    for claim in direct.all(kinds::CLAIMS) {
        let same = note(&claim, names::CLUSTER_UID) == uid;
        let list = note(&claim, names::INITIAL_MEMBERS);
        demand!(
            "founding",
            !kind.is_ours(&claim) || going(&claim) || same && (list.is_empty() || list == first),
            "operator {} makes {} of members {first} beside {} of {list}",
            write.operator,
            write.name,
            text(&claim, "/metadata/name")
        );
    }
}

/// Nothing of somebody else is touched.
fn check_owner(write: &Write, before: &Value, kind: Kind) {
    let ours = kind.labels(before);
    let authority = label(before, names::LABEL_AUTHORITY) == "true";
    let object = write.resource == kind.resource && write.subresource == "status";
    demand!(
        "foreign objects",
        ours || authority || object,
        "operator {} touched an object of somebody else: {}",
        write.operator,
        words(write)
    );
}

/// What an operator deletes it has seen.
fn check_known(write: &Write) {
    demand!(
        "unseen",
        write.known,
        "operator {} deleted {} {}, which is not the one that it was told of",
        write.operator,
        write.resource,
        write.name
    );
}

/// The data of a member stays as long as it is one, and what is promised to be kept is kept.
fn check_claim<S: Kept>(
    write: &Write,
    claim: &Value,
    direct: &Direct,
    groups: &Groups<S>,
    kubelet: &Kubelet,
) {
    let Some((cluster, number)) = kubelet.disk_of(text(claim, "/metadata/uid")) else {
        return;
    };
    let Some(group) = groups.group(cluster) else {
        return;
    };
    let node = synod_paxos::Node(number);
    let member = group.world.newest.members.contains_key(&node);
    demand!(
        "data",
        !(member && group.is_whole(number)),
        "operator {} deleted the claim of member {number}, which is still in the group",
        write.operator
    );
    let object = direct.one(S::KIND.resource, NAME);
    let keeps = object
        .is_some_and(|object| text(&object, "/spec/storage/retention/whenScaled") == "Retain");
    demand!(
        "data",
        !(keeps && note(claim, names::JOINED) == "true"),
        "operator {} deleted the claim of member {number}, which was to be kept",
        write.operator
    );
}

/// Whether it is noted on all claims of members that all are to stop.
fn all_noted<S: Kept>(direct: &Direct, group: &Group<S>) -> bool {
    let claims = direct.all(kinds::CLAIMS);
    let mut members = claims.iter().filter(|claim| {
        let number: u64 = label(claim, names::LABEL_MEMBER).parse().unwrap_or(0);
        let member = synod_paxos::Node(number);
        S::KIND.is_ours(claim) && group.world.newest.members.contains_key(&member)
    });
    members.all(|claim| note(claim, names::HIBERNATED) == "true")
}

/// A write in a few words; nothing in them differs between equal runs.
pub(super) fn words(write: &Write) -> String {
    let Write {
        operator,
        verb,
        resource,
        name,
        subresource,
        code,
        ..
    } = write;
    let slash = if subresource.is_empty() { "" } else { "/" };
    let notes = write.body["metadata"]["annotations"].as_object();
    let notes = notes.filter(|_| resource == kinds::CLAIMS && *verb == "patch");
    let notes: Vec<String> = notes
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{}={value}", key.trim_start_matches("synod.dev/")))
        .collect();
    let state = match (*verb, subresource.as_str()) {
        ("replace", "status") => {
            let mut paths = Vec::new();
            let before = write.before.as_deref().map(|before| &before["status"]);
            differences(
                before.unwrap_or(&Value::Null),
                &write.body["status"],
                "",
                &mut paths,
            );
            let paths = match paths.len() {
                0..=3 => paths.join(" "),
                count => format!("{count} differ"),
            };
            format!("{} ({paths})", text(&write.body, "/status/state"))
        }
        _ => String::new(),
    };
    format!(
        "operator {operator}: {verb} {resource} {name}{slash}{subresource} {}{state} -> {code}",
        notes.join(" ")
    )
}

/// The paths at which two values differ.
fn differences(a: &Value, b: &Value, at: &str, paths: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                let (a, b) = (of(a).unwrap_or_default(), of(b).unwrap_or_default());
                differences(&a, &b, &format!("{at}/{key}"), paths);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{at}/{index}"), paths);
            }
        }
        _ if a != b => paths.push(at.to_owned()),
        _ => {}
    }
}

/// What a write counts as.
pub(super) fn kind_of(write: &Write) -> &'static str {
    match (write.verb, write.resource.as_str(), write.code < 300) {
        (_, _, false) => "writes refused by the API",
        ("delete", kinds::PODS, _) => "pods deleted",
        ("delete", kinds::CLAIMS, _) => "claims deleted",
        ("create", kinds::PODS, _) => "pods created",
        ("create", kinds::CLAIMS, _) => "claims created",
        ("patch", kinds::CLAIMS, _) => "claims noted",
        ("replace", _, _) => "statuses written",
        _ => "other writes",
    }
}
