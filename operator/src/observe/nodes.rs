//! What is known of the cluster's nodes: which there are, and which were declared out of service. Nothing else is kept of
//! them, and nothing is known of them at all where the operator may not list nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;
use kube::runtime::watcher::Event;

/// The taint by which a person says that a node is down for good, and that nothing runs on it any more.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// A node, stripped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeSeen {
    /// It was declared to be down for good.
    pub out_of_service: bool,
}

impl NodeSeen {
    /// Strips a node.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_ref());
        let mut taints = taints.into_iter().flatten();
        Self {
            out_of_service: taints.any(|taint| taint.key == OUT_OF_SERVICE),
        }
    }
}

/// All nodes, by name.
pub type NodesSeen = BTreeMap<String, NodeSeen>;

/// What the watch of nodes delivered.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    known: Option<Arc<NodesSeen>>,
    listing: NodesSeen,
}

impl Nodes {
    /// All nodes, once the first full list was delivered.
    pub(super) fn known(&self) -> Option<Arc<NodesSeen>> {
        self.known.clone()
    }

    /// Takes in what was delivered. Returns whether a node is gone or out of service that was not before.
    pub(super) fn take_in(&mut self, event: Event<(String, NodeSeen)>) -> bool {
        match event {
            Event::Init => self.listing.clear(),
            Event::InitApply((name, seen)) => {
                self.listing.insert(name, seen);
            }
            Event::InitDone => {
                let listed = std::mem::take(&mut self.listing);
                let worse = self.known.as_ref().is_none_or(|known| {
                    known
                        .iter()
                        .any(|(name, before)| listed.get(name) != Some(before))
                });
                self.known = Some(Arc::new(listed));
                return worse;
            }
            Event::Apply((name, seen)) => {
                let before = self.change(|known| known.insert(name, seen));
                return seen.out_of_service && before != Some(seen);
            }
            Event::Delete((name, _)) => return self.change(|known| known.remove(&name)).is_some(),
        }
        false
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut NodesSeen) -> Option<T>) -> Option<T> {
        change(Arc::make_mut(self.known.as_mut()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_node_that_is_lost_is_news() {
        let node = |name: &str, out_of_service| (name.to_owned(), NodeSeen { out_of_service });
        let mut nodes = Nodes::default();
        assert!(!nodes.take_in(Event::Apply(node("early", false))));
        assert_eq!(nodes.known(), None, "a single node is no list");
        nodes.take_in(Event::Init);
        nodes.take_in(Event::InitApply(node("a", false)));
        assert!(
            nodes.take_in(Event::InitDone),
            "now it is known who is missing"
        );
        assert!(!nodes.take_in(Event::Apply(node("b", false))));
        assert!(nodes.take_in(Event::Apply(node("b", true))));
        assert!(!nodes.take_in(Event::Apply(node("b", true))));
        assert!(nodes.take_in(Event::Delete(node("a", false))));
        assert_eq!(nodes.known().map(|known| known.len()), Some(1));
    }
}
