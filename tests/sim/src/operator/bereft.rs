//! A quorum that is lost for good: all members but one lose what is on their volumes, or their volumes, and the user names that one.

use std::time::Duration;

use serde_json::{Value, json};

use super::direct::{claim_path, pod_path, text};
use super::run::seconds;
use super::stage::Stage;
use super::subject::Kept;
use super::user::NAME;

/// How long nobody does anything about it, in seconds: whoever does not serve for so long is no loss.
const LOST_FOR: u64 = 20;

impl<S: Kept> Stage<S> {
    /// The user wants so many members.
    pub(super) async fn resize_to(&mut self, members: u64) {
        self.user.spec["members"] = json!(members);
        self.apply(&format!("members: {members}")).await;
    }

    /// All members but one lose their data. The group goes on with that one once the user says so, and not before,
    /// though the operator dies again and again.
    pub(super) async fn lose_quorum(&mut self) {
        let group = self.groups.live().expect("a group that converged");
        let (mut others, cluster) = (group.voters(), self.groups.newest.expect("its cluster"));
        let at = self.random.below(others.len() as u64);
        let from = others.remove(usize::try_from(at).expect("small"));
        for number in others {
            let seat = (cluster, number);
            let pod = self.kubelet.place_of(seat).map(|(_, pod)| pod.to_owned());
            self.groups.stop(seat, true);
            self.groups.lose_disk(seat);
            // Of some the volume is empty, of others all is gone.
            if let Some(pod) = pod.filter(|_| self.random.chance(500)) {
                let claim = claim_path(&format!("data-{pod}"));
                self.direct.delete(&claim, &Value::Null).await;
                self.direct.delete(&pod_path(&pod), &Value::Null).await;
            }
        }
        self.kubelet.wake();
        self.fault("quorums lost", &format!(": {from} is left"));
        self.pass(seconds(LOST_FOR)).await;
        self.checks.disturbed = self.clock.now();
        let object = self.direct.one(S::KIND.resource, NAME).expect("the object");
        crate::demand!(
            "recovery",
            text(&object, "/status/state") == "Unavailable" && self.groups.newest == Some(cluster),
            "nobody asked for it, and {} is {}",
            S::KIND.path(),
            object["status"]
        );
        let given_up = text(&object, "/status/clusterUid").to_owned();
        self.user.spec["recovery"] = json!({ "from": from, "acceptDataLoss": given_up });
        self.apply(&format!("recovery: from {from}")).await;
        for _ in 0..self.random.below(6) {
            let span = self.random.below(2_500);
            self.pass(Duration::from_millis(span)).await;
            self.kill_operator(0);
            self.start_operator_again();
        }
    }
}
