//! What the network policies let through: what operator, members and clients need, and nothing else.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use synod_agent_api::ports::{ADMIN, CLIENT, HEALTH, PEER, REDIS, ZOOKEEPER};
use synod_operator::names::{LABEL_KIND, LABEL_NAME};

use super::ensure;
use crate::helm::Values;
use crate::policy::{End, Flow, Labels, admits};
use crate::{Failure, HOME, Tools, repository};

/// What is somewhere in the cluster.
#[derive(Clone, Copy, Debug)]
enum Who {
    Operator,
    /// A member of that group in that namespace.
    Member(&'static str, &'static str),
    /// A member of that LockService in that namespace.
    Lock(&'static str, &'static str),
    /// The agent of that CacheCluster in that namespace.
    Cache(&'static str, &'static str),
    /// A pod with that label `app` in that namespace.
    Client(&'static str, &'static str),
    /// A pod in the operator's own namespace.
    Neighbour,
    /// A node, the API server, or something outside.
    Address(&'static str),
}
use Who::{Address, Cache, Client, Lock, Member, Neighbour, Operator};

type Row = (Who, Who, u16, bool);

const API: Who = Address("172.18.0.2");
const NODE: Who = Address("172.18.0.3");
const DNS: Who = Client("kube-system", "dns");
const PROMETHEUS: Who = Client("monitoring", "prometheus");
const A: Who = Member("team-a", "config");
const OTHER_OF_A: Who = Member("team-a", "other");
const B: Who = Member("team-b", "config");
const LOCKS: Who = Lock("team-a", "locks");
const OTHER_LOCKS: Who = Lock("team-a", "other");
/// Of the name of a group that has a policy of its own.
const NAMESAKE: Who = Lock("team-a", "config");

const CACHE: Who = Cache("team-a", "cache");
const OTHER_CACHE: Who = Cache("team-a", "other");

/// Two namespaces are watched.
const WATCHED: &[Row] = &[
    (Operator, API, 6443, true),
    (Operator, API, 443, true),
    (Operator, API, 10250, false),
    (Operator, A, ADMIN, true),
    (Operator, B, ADMIN, true),
    (Operator, A, CLIENT, false),
    (Operator, A, PEER, false),
    (Operator, Member("team-c", "config"), ADMIN, false),
    (Operator, Client("team-a", "a"), ADMIN, false),
    (NODE, Operator, 8080, true),
    (PROMETHEUS, Operator, 8080, true),
    (NODE, Operator, 8081, false),
    (A, A, PEER, true),
    (A, OTHER_OF_A, PEER, true),
    (A, B, PEER, false),
    // `synod kv` in a member's pod, by the Service.
    (A, A, CLIENT, true),
    (A, OTHER_OF_A, CLIENT, true),
    (A, B, CLIENT, false),
    (A, Client("team-a", "a"), CLIENT, false),
    (A, A, ADMIN, false),
    (A, API, 6443, false),
    (A, Address("1.1.1.1"), 443, false),
    (Client("team-a", "a"), A, CLIENT, true),
    (Client("team-a", "a"), A, PEER, false),
    (Client("team-a", "a"), A, ADMIN, false),
    (Client("team-b", "a"), A, CLIENT, false),
    (Client("team-a", "a"), A, HEALTH, true),
    (PROMETHEUS, A, HEALTH, true),
    (PROMETHEUS, A, CLIENT, false),
    (Neighbour, A, ADMIN, false),
    (NODE, A, HEALTH, true),
    (NODE, A, CLIENT, false),
    (Operator, LOCKS, ADMIN, true),
    (LOCKS, LOCKS, PEER, true),
    (LOCKS, Lock("team-b", "locks"), PEER, false),
    (A, LOCKS, PEER, false),
    (LOCKS, A, PEER, false),
    (Client("team-a", "a"), LOCKS, ZOOKEEPER, true),
    (Client("team-b", "a"), LOCKS, ZOOKEEPER, false),
    (Client("team-a", "a"), LOCKS, CLIENT, false),
    (PROMETHEUS, LOCKS, HEALTH, true),
    (Operator, CACHE, ADMIN, true),
    (Client("team-a", "a"), CACHE, REDIS, true),
    (Client("team-b", "a"), CACHE, REDIS, false),
    (Client("team-a", "a"), CACHE, PEER, false),
    (A, CACHE, PEER, false),
    // An agent that is alone asks for nothing.
    (CACHE, OTHER_CACHE, PEER, false),
    (CACHE, A, CLIENT, false),
    (CACHE, DNS, 53, false),
    (PROMETHEUS, CACHE, HEALTH, true),
    (NODE, CACHE, HEALTH, true),
    (API, A, ADMIN, false),
    // Others in these namespaces are nobody's concern.
    (Client("team-a", "a"), Client("team-a", "b"), 80, true),
    (
        Client("team-c", "a"),
        Member("team-c", "config"),
        PEER,
        true,
    ),
];

/// All namespaces are watched; team-a has a policy, and in it, and in team-b, the group `config` has its own, and in it the
/// LockService `locks` and the CacheCluster `cache`. Metrics are for Prometheus only.
const GROUPS: &[Row] = &[
    (Operator, Address("10.0.0.9"), 6443, true),
    (Operator, Address("fd00::9"), 6443, true),
    (Operator, API, 6443, false),
    (Operator, Address("10.0.0.9"), 443, false),
    (Operator, Member("team-c", "config"), ADMIN, true),
    (A, A, PEER, true),
    (A, OTHER_OF_A, PEER, false),
    // Who may be a client is said by the values, of members too.
    (A, A, CLIENT, false),
    (OTHER_OF_A, A, PEER, false),
    (OTHER_OF_A, Member("team-a", "third"), PEER, true),
    (Client("team-a", "client"), A, CLIENT, true),
    (Client("team-a", "a"), A, CLIENT, false),
    (Client("team-a", "client"), OTHER_OF_A, CLIENT, true),
    (Client("team-a", "other"), B, CLIENT, true),
    (Client("team-b", "client"), B, CLIENT, false),
    (B, B, PEER, true),
    (A, B, PEER, false),
    (PROMETHEUS, Operator, 8080, true),
    (PROMETHEUS, A, HEALTH, true),
    (PROMETHEUS, OTHER_OF_A, HEALTH, true),
    (PROMETHEUS, B, HEALTH, true),
    (PROMETHEUS, A, CLIENT, false),
    (Client("monitoring", "a"), Operator, 8080, false),
    (Client("team-a", "prometheus"), Operator, 8080, false),
    (Client("team-a", "prometheus"), A, HEALTH, false),
    (Client("team-a", "client"), A, HEALTH, false),
    (Neighbour, Operator, 8080, false),
    (OTHER_OF_A, Member("team-a", "fourth"), PEER, false),
    (Operator, LOCKS, ADMIN, true),
    (LOCKS, LOCKS, PEER, true),
    (LOCKS, LOCKS, ZOOKEEPER, false),
    (LOCKS, OTHER_LOCKS, PEER, false),
    (OTHER_LOCKS, LOCKS, PEER, false),
    (OTHER_LOCKS, NAMESAKE, PEER, true),
    (NAMESAKE, A, PEER, false),
    (A, NAMESAKE, PEER, false),
    (Client("team-a", "locker"), LOCKS, ZOOKEEPER, true),
    (Client("team-a", "client"), LOCKS, ZOOKEEPER, false),
    (Client("team-a", "locker"), OTHER_LOCKS, ZOOKEEPER, false),
    (Client("team-a", "client"), OTHER_LOCKS, ZOOKEEPER, true),
    (Client("team-a", "client"), NAMESAKE, ZOOKEEPER, true),
    (Client("team-a", "locker"), LOCKS, ADMIN, false),
    (PROMETHEUS, LOCKS, HEALTH, true),
    (Client("team-a", "locker"), LOCKS, HEALTH, false),
    (Operator, CACHE, ADMIN, true),
    (Client("team-a", "reader"), CACHE, REDIS, true),
    (Client("team-a", "client"), CACHE, REDIS, false),
    (Client("team-a", "reader"), OTHER_CACHE, REDIS, false),
    (Client("team-a", "client"), OTHER_CACHE, REDIS, true),
    (PROMETHEUS, CACHE, HEALTH, true),
    (Client("team-a", "reader"), CACHE, HEALTH, false),
    (
        Client("team-b", "a"),
        Member("team-b", "free"),
        CLIENT,
        true,
    ),
];

pub(super) fn are_admitted_or_not(tools: &Tools) -> Result<(), Failure> {
    for (file, rows) in [("namespaces", WATCHED), ("groups", GROUPS)] {
        let path = repository::root().join(format!("tests/chart/values/{file}.yaml"));
        let rendered = tools.helm.template(&Values {
            files: vec![path],
            set: Vec::new(),
        })?;
        let policies: Vec<NetworkPolicy> = rendered.decoded("NetworkPolicy")?;
        let deployment: Option<Deployment> = rendered.decoded("Deployment")?.pop();
        let template = deployment.and_then(|it| it.spec).map(|spec| spec.template);
        let labels = template.and_then(|template| template.metadata?.labels);
        let operator = labels.ok_or("the operator's pods have no labels")?;
        for (from, to, port, expected) in rows {
            let flow = |protocol, port| Flow {
                from: end(*from, &operator),
                to: end(*to, &operator),
                port,
                protocol,
            };
            let admitted = admits(&policies, &flow("TCP", *port));
            ensure(admitted == *expected, || {
                format!("{file}: {from:?} to {to:?}, port {port}: admitted is {admitted}")
            })?;
            ensure(
                *port == 80 || !admits_udp(&policies, &flow("UDP", *port), *to),
                || format!("{file}: {from:?} to {to:?}, port {port}: UDP is admitted"),
            )?;
        }
        for who in [Operator, A] {
            for protocol in ["UDP", "TCP"] {
                let asks = Flow {
                    from: end(who, &operator),
                    to: end(DNS, &operator),
                    port: 53,
                    protocol,
                };
                ensure(admits(&policies, &asks), || {
                    format!("{who:?} cannot ask for names")
                })?;
            }
        }
    }
    Ok(())
}

/// UDP, but to those that no policy protects.
fn admits_udp(policies: &[NetworkPolicy], flow: &Flow, to: Who) -> bool {
    let free = matches!(to, Member("team-c", _) | Member(_, "free"));
    !free && admits(policies, flow)
}

fn end(who: Who, operator: &Labels) -> End {
    let pod = |namespace: &str, labels: &[(&str, &str)]| End::Pod {
        namespace: namespace.to_owned(),
        labels: labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    match who {
        Operator => End::Pod {
            namespace: HOME.to_owned(),
            labels: operator.clone(),
        },
        Member(namespace, group) => pod(
            namespace,
            &[(LABEL_KIND, "ConsensusGroup"), (LABEL_NAME, group)],
        ),
        Lock(namespace, name) => pod(
            namespace,
            &[(LABEL_KIND, "LockService"), (LABEL_NAME, name)],
        ),
        Cache(namespace, name) => pod(
            namespace,
            &[(LABEL_KIND, "CacheCluster"), (LABEL_NAME, name)],
        ),
        Client(namespace, app) => pod(namespace, &[("app", app)]),
        Neighbour => pod(HOME, &[("app", "neighbour")]),
        Address(address) => End::Address(address.parse().expect("an address")),
    }
}
