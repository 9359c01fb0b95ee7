//! What a set of network policies admits, as their documentation says: a pod that no policy selects may do everything; one
//! that is selected may do what one of the rules of one of its policies allows. A connection needs both ends' consent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Labels of pods and namespaces.
pub type Labels = BTreeMap<String, String>;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A pod.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its labels.
        labels: Labels,
    },
    /// Something that is no pod: a node, the API server, the world outside.
    Address(IpAddr),
}

/// A connection that somebody makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Who makes it.
    pub from: End,
    /// Who is meant.
    pub to: End,
    /// Destination port.
    pub port: u16,
    /// `TCP` or `UDP`.
    pub protocol: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

/// Whether `policies` let a flow through. Namespaces have no labels but their name.
#[must_use]
pub fn admits(policies: &[NetworkPolicy], flow: &Flow) -> bool {
    admits_way(policies, flow, Direction::Egress, &flow.from, &flow.to)
        && admits_way(policies, flow, Direction::Ingress, &flow.to, &flow.from)
}

/// What `policies` admit and none of `flows` needed, as `POLICY DIRECTION PROTOCOL PORT`. Policies of one name are taken together,
/// in whichever namespaces they are.
#[must_use]
pub fn unused(policies: &[NetworkPolicy], flows: &BTreeSet<Flow>) -> Vec<String> {
    let (mut all, mut used) = (BTreeSet::new(), BTreeSet::new());
    for policy in policies {
        for direction in [Direction::Ingress, Direction::Egress] {
            for (peers, ports) in rules(policy, direction) {
                for port in ports {
                    let name = named(policy, direction, &port);
                    let rule = (peers.clone(), vec![port]);
                    if flows
                        .iter()
                        .any(|flow| needs(policy, direction, &rule, flow))
                    {
                        used.insert(name.clone());
                    }
                    all.insert(name);
                }
            }
        }
    }
    all.difference(&used).cloned().collect()
}

fn named(policy: &NetworkPolicy, direction: Direction, port: &NetworkPolicyPort) -> String {
    let name = policy.metadata.name.as_deref().unwrap_or_default();
    let number = match &port.port {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
        None => "any".to_owned(),
    };
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    format!("{name} {direction:?} {protocol} {number}")
}

/// Whether it is by this rule that the policy lets the flow through.
fn needs(policy: &NetworkPolicy, direction: Direction, (peers, ports): &Rule, flow: &Flow) -> bool {
    let (whose, other) = match direction {
        Direction::Ingress => (&flow.to, &flow.from),
        Direction::Egress => (&flow.from, &flow.to),
    };
    let End::Pod { namespace, labels } = whose else {
        return false;
    };
    selects(policy, direction, namespace, labels)
        && is_peer(peers, namespace, other)
        && is_port(ports, flow)
}

/// Whether the policies of the pod `whose` let it talk to `other`.
fn admits_way(
    policies: &[NetworkPolicy],
    flow: &Flow,
    direction: Direction,
    whose: &End,
    other: &End,
) -> bool {
    let End::Pod { namespace, labels } = whose else {
        return true;
    };
    let mut selecting = policies
        .iter()
        .filter(|policy| selects(policy, direction, namespace, labels))
        .peekable();
    if selecting.peek().is_none() {
        return true;
    }
    selecting.any(|policy| {
        rules(policy, direction)
            .into_iter()
            .any(|(peers, ports)| is_peer(&peers, namespace, other) && is_port(&ports, flow))
    })
}

fn selects(policy: &NetworkPolicy, direction: Direction, namespace: &str, labels: &Labels) -> bool {
    let Some(spec) = &policy.spec else {
        return false;
    };
    let word = match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    };
    let types = spec.policy_types.iter().flatten();
    policy.metadata.namespace.as_deref() == Some(namespace)
        && types.into_iter().any(|kind| kind == word)
        && spec
            .pod_selector
            .as_ref()
            .is_none_or(|selector| matches(selector, labels))
}

type Rule = (Vec<NetworkPolicyPeer>, Vec<NetworkPolicyPort>);

fn rules(policy: &NetworkPolicy, direction: Direction) -> Vec<Rule> {
    let Some(spec) = policy.spec.clone() else {
        return Vec::new();
    };
    let (ingress, egress) = (
        spec.ingress.unwrap_or_default(),
        spec.egress.unwrap_or_default(),
    );
    match direction {
        Direction::Ingress => ingress
            .into_iter()
            .map(|rule| {
                (
                    rule.from.unwrap_or_default(),
                    rule.ports.unwrap_or_default(),
                )
            })
            .collect(),
        Direction::Egress => egress
            .into_iter()
            .map(|rule| (rule.to.unwrap_or_default(), rule.ports.unwrap_or_default()))
            .collect(),
    }
}

/// No peer is everybody.
fn is_peer(peers: &[NetworkPolicyPeer], namespace: &str, end: &End) -> bool {
    peers.is_empty()
        || peers.iter().any(|peer| match end {
            End::Address(address) => peer.ip_block.as_ref().is_some_and(|block| {
                let except = block.except.iter().flatten();
                is_in(*address, &block.cidr) && !except.into_iter().any(|e| is_in(*address, e))
            }),
            End::Pod {
                namespace: theirs,
                labels,
            } => {
                let names =
                    Labels::from([("kubernetes.io/metadata.name".to_owned(), theirs.clone())]);
                let here = match &peer.namespace_selector {
                    Some(selector) => matches(selector, &names),
                    None => theirs == namespace && peer.pod_selector.is_some(),
                };
                here && peer
                    .pod_selector
                    .as_ref()
                    .is_none_or(|selector| matches(selector, labels))
            }
        })
}

/// No port is every port. Named ports are in no policy of ours.
fn is_port(ports: &[NetworkPolicyPort], flow: &Flow) -> bool {
    ports.is_empty()
        || ports.iter().any(|port| {
            let number = match port.port {
                Some(IntOrString::Int(number)) => number == i32::from(flow.port),
                Some(IntOrString::String(_)) => false,
                None => true,
            };
            number && port.protocol.as_deref().unwrap_or("TCP") == flow.protocol
        })
}

fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    let wanted = selector.match_labels.iter().flatten();
    let expressions = selector.match_expressions.iter().flatten();
    wanted
        .into_iter()
        .all(|(name, value)| labels.get(name) == Some(value))
        && expressions.into_iter().all(|expression| {
            let value = labels.get(&expression.key);
            let listed = value.is_some_and(|v| expression.values.iter().flatten().any(|w| w == v));
            match expression.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// Whether an address is in a block such as `10.0.0.0/8`.
fn is_in(address: IpAddr, block: &str) -> bool {
    let Some((network, length)) = block.split_once('/') else {
        return false;
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let ((one, width), (other, of)) = (bits(address), bits(network));
    let mask = match length {
        0 => 0,
        length => u128::MAX << 128_u32.saturating_sub(length),
    };
    width == of && length <= width && one & mask == other & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "
metadata: {name: a, namespace: one}
spec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress, Egress]}";
    const LET: &str = "
metadata: {name: b, namespace: one}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [bad]}]}
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: two}}
      podSelector: {matchLabels: {app: good}}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports: [{port: 80}]";

    fn pod(namespace: &str, app: &str) -> End {
        End::Pod {
            namespace: namespace.to_owned(),
            labels: Labels::from([("app".to_owned(), app.to_owned())]),
        }
    }

    fn address(text: &str) -> End {
        End::Address(text.parse().expect("an address"))
    }

    #[test]
    fn who_may_talk_to_whom() {
        let of = |text| serde_yaml::from_str::<NetworkPolicy>(text).expect("a policy");
        let policies = [of(DENY), of(LET)];
        let table = [
            (pod("one", "b"), pod("one", "a"), 80, true),
            (pod("one", "b"), pod("one", "a"), 81, false),
            (pod("one", "bad"), pod("one", "a"), 80, false),
            (pod("two", "good"), pod("one", "a"), 80, true),
            (pod("two", "b"), pod("one", "a"), 80, false),
            (address("10.2.0.1"), pod("one", "a"), 80, true),
            (address("10.1.0.1"), pod("one", "a"), 80, false),
            (address("fd00::1"), pod("one", "a"), 80, false),
            // What is not selected for a direction is free in it.
            (pod("one", "a"), pod("two", "x"), 80, false),
            (pod("one", "b"), pod("two", "x"), 9, true),
            (address("10.1.0.1"), pod("two", "x"), 9, true),
        ];
        for (from, to, port, expected) in table {
            let flow = Flow {
                from,
                to,
                port,
                protocol: "TCP",
            };
            assert_eq!(admits(&policies, &flow), expected, "{flow:?}");
        }
    }

    #[test]
    fn what_nobody_needed() {
        let policies = [serde_yaml::from_str(LET).expect("a policy")];
        let flow = |from, port| Flow {
            from,
            to: pod("one", "a"),
            port,
            protocol: "TCP",
        };
        let idle = ["b Ingress TCP 80".to_owned()];
        assert_eq!(
            unused(
                &policies,
                &BTreeSet::from([flow(pod("one", "bad"), 80), flow(pod("one", "b"), 81)])
            ),
            idle
        );
        assert_eq!(
            unused(&policies, &BTreeSet::from([flow(pod("one", "b"), 80)])),
            [""; 0]
        );
    }
}
