//! Which machine a pod is put on.

use serde_json::json;

use super::{Kubelet, SELECTED_NODE};
use crate::clock::{Instant, MS, SECOND};
use crate::operator::direct::{Direct, claim_path, going, kinds, note, pod_path};

impl Kubelet {
    pub(super) async fn schedule(&mut self, direct: &Direct, uid: &str, now: Instant) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        held.due = now + SECOND;
        let claim = direct.one(kinds::CLAIMS, &held.claim);
        let Some(claim) = claim.filter(|claim| !going(claim)) else {
            return self.unschedulable(direct, uid).await;
        };
        let chosen = note(&claim, SELECTED_NODE).to_owned();
        let able: Vec<&String> = self
            .machines
            .iter()
            .filter(|(_, machine)| machine.acts(now))
            .map(|(name, _)| name)
            .filter(|name| chosen.is_empty() || !self.local_volumes || **name == chosen)
            .collect();
        let busy = |name: &str| self.pods.values().filter(|held| held.node == name).count();
        let Some(node) = able.into_iter().min_by_key(|name| busy(name)).cloned() else {
            return self.unschedulable(direct, uid).await;
        };
        let held = self.pods.get_mut(uid).expect("it was noted");
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": { "name": held.name },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let path = format!("{}/binding", pod_path(&held.name));
        if !direct.post(&path, &binding).await {
            return;
        }
        held.node.clone_from(&node);
        held.told = "";
        held.due = now + self.random.between(10, 800) * MS;
        if self.local_volumes && chosen.is_empty() {
            let patch = json!({ "metadata": { "annotations": { SELECTED_NODE: node } } });
            let path = claim_path(&self.pods[uid].claim);
            direct.merge(&path, &patch).await;
        }
    }

    async fn unschedulable(&mut self, direct: &Direct, uid: &str) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        if std::mem::replace(&mut held.told, "Unschedulable") == "Unschedulable" {
            return;
        }
        let condition =
            json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
        let status = json!({ "status": { "phase": "Pending", "conditions": [condition] } });
        let path = format!("{}/status", pod_path(&held.name));
        direct.merge(&path, &status).await;
    }
}
