//! What is on the volumes behind claims: whose data it is, and when it goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use synod_agent_api::AgentConfig;
use synod_operator::names;

use super::{Kubelet, Phase, claim_of};
use crate::Violation;
use crate::operator::direct::{Direct, claim_path, going, kinds, label, text};
use crate::operator::groups::Groups;
use crate::operator::reach::Seat;
use crate::operator::subject::Kept;

impl Kubelet {
    /// Whose data is on a claim.
    pub(in crate::operator) fn disk_of(&self, claim_uid: &str) -> Option<Seat> {
        self.disks.get(claim_uid).copied()
    }

    /// A disk of the cluster of before becomes the first one of the cluster that goes on with it.
    pub(super) fn hand_over_disk(&mut self, config: &AgentConfig, claim_uid: &str) {
        let former = config.former_cluster_uid.map(|uid| (uid, config.number));
        if former.is_some() && self.disks.get(claim_uid) == former.as_ref() {
            let seat = (config.cluster_uid, config.number);
            self.disks.insert(claim_uid.to_owned(), seat);
        }
    }

    /// The disk behind a claim: an empty one, if nothing of this member is on it.
    pub(super) fn claim_disk<S: Kept>(
        &mut self,
        groups: &mut Groups<S>,
        seat: Seat,
        claim_uid: &str,
        pod_uid: &str,
    ) {
        let other = self.pods.iter().find(|(uid, held)| {
            uid.as_str() != pod_uid
                && held.seat == Some(seat)
                && matches!(held.phase, Phase::Up | Phase::Stopping)
                && groups.runs(seat)
        });
        if let Some((_, held)) = other {
            Violation::raise(
                "one process",
                format!(
                    "a second process of {} starts while the first one still runs on {}",
                    held.name, held.node
                ),
            );
        }
        match self.disks.get(claim_uid) {
            Some(on_it) if *on_it != seat => Violation::raise(
                "one cluster",
                format!("the disk of {on_it:?} is given to {seat:?}"),
            ),
            Some(_) => {}
            None => {
                // Whatever an earlier claim of this member held is not on this one.
                if groups.host(seat).is_some_and(|host| host.formatted) {
                    groups.lose_disk(seat);
                }
                self.disks.insert(claim_uid.to_owned(), seat);
            }
        }
    }

    /// A claim that is being deleted goes when no pod uses it, and its data with it.
    pub(super) async fn release_claims<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        pods: &[Arc<Value>],
    ) {
        let claims = direct.all(kinds::CLAIMS);
        for claim in claims.iter().filter(|claim| going(claim)) {
            let name = text(claim, "/metadata/name");
            if label(claim, names::LABEL_KIND).is_empty()
                || pods.iter().any(|pod| claim_of(pod) == name)
            {
                continue;
            }
            let released = json!({ "metadata": { "finalizers": null } });
            direct.merge(&claim_path(name), &released).await;
        }
        let there: BTreeSet<String> = direct
            .all(kinds::CLAIMS)
            .iter()
            .map(|claim| text(claim, "/metadata/uid").to_owned())
            .collect();
        let gone: Vec<String> = self
            .disks
            .keys()
            .filter(|uid| !there.contains(*uid))
            .cloned()
            .collect();
        for uid in gone {
            if let Some(seat) = self.disks.remove(&uid)
                && !self.disks.values().any(|other| *other == seat)
            {
                groups.lose_disk(seat);
            }
        }
    }
}
