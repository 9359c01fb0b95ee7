//! What goes wrong with members: their processes, pods, volumes and machines. It never takes more data than a group survives.

use serde_json::{Value, json};
use synod_paxos::Node;

use crate::clock::Instant;
use crate::operator::direct::{claim_path, going, kinds, pod_path};
use crate::operator::reach::Seat;
use crate::operator::stage::Stage;
use crate::operator::subject::Kept;
use crate::profile::Fault;

impl<S: Kept> Stage<S> {
    fn a_member(&mut self) -> Option<Seat> {
        let members = self.members();
        let cluster = self.groups.newest?;
        (!members.is_empty()).then(|| (cluster, *self.nemesis.random.pick(&members)))
    }

    pub(super) fn kill_process(&mut self) {
        let Some(seat) = self.a_member() else { return };
        let power = self.nemesis.random.chance(300);
        self.groups.stop(seat, power);
        self.kubelet.wake();
        self.fault("processes killed", &format!(": {}", seat.1));
    }

    pub(super) async fn delete_pod(&mut self) {
        let Some(seat) = self.a_member() else { return };
        let Some((_, pod)) = self.kubelet.place_of(seat) else {
            return;
        };
        let pod = pod.to_owned();
        self.direct.delete(&pod_path(&pod), &Value::Null).await;
        self.fault("pods deleted by others", &format!(": {pod}"));
    }

    pub(super) fn darken(&mut self, now: Instant) {
        let Some(seat) = self.a_member() else { return };
        let Some((node, _)) = self.kubelet.place_of(seat) else {
            return;
        };
        let node = node.to_owned();
        let until = now + self.span(60);
        self.kubelet.darken(&mut self.groups, &node);
        self.fault("machines dark", &format!(": {node}"));
        self.nemesis.dark.push((until, node));
    }

    /// Whether a group survives the loss of a voter's data.
    fn may_lose(&self, number: u64) -> bool {
        let Some(group) = self.groups.live() else {
            return false;
        };
        let claims = self.direct.all(kinds::CLAIMS);
        let losing = claims
            .iter()
            .any(|claim| S::KIND.is_ours(claim) && going(claim));
        self.user.exists
            && !losing
            && group.is_well()
            && group.voters().len() >= 3
            && group.world.may_damage(Node(number))
    }

    pub(super) async fn lose_machine(&mut self) {
        let Some(seat) = self.a_member() else { return };
        let Some((node, _)) = self.kubelet.place_of(seat) else {
            return;
        };
        let node = node.to_owned();
        let there: Vec<u64> = self
            .members()
            .into_iter()
            .filter(|n| {
                let place = self.kubelet.place_of((seat.0, *n));
                place.is_some_and(|(at, _)| at == node)
            })
            .collect();
        let survives = there == [seat.1] && self.may_lose(seat.1);
        if self.kubelet.keeps_data_on_machines() && !survives {
            return;
        }
        self.kubelet
            .remove_machine(&self.direct, &mut self.groups, &node)
            .await;
        self.kubelet.add_machine(&self.direct).await;
        self.fault("machines gone", &format!(": {node}"));
    }

    pub(super) async fn lose_claim(&mut self) {
        let Some((_, number)) = self.a_member() else {
            return;
        };
        if !self.may_lose(number) {
            return;
        }
        let name = S::KIND.claim(number);
        self.direct.delete(&claim_path(&name), &Value::Null).await;
        if self.nemesis.random.chance(700) {
            let pod = S::KIND.pod(number);
            self.direct.delete(&pod_path(&pod), &json!(null)).await;
        }
        self.fault("claims deleted by others", &format!(": {name}"));
    }

    /// The process dies, and comes back to an empty volume under the same claim.
    pub(super) fn wipe(&mut self) {
        let Some(seat) = self.a_member() else { return };
        if !self.may_lose(seat.1) {
            return;
        }
        self.groups.stop(seat, true);
        self.groups.lose_disk(seat);
        self.kubelet.wake();
        self.fault("volumes wiped", &format!(": {}", seat.1));
    }

    pub(super) fn disturb_members(&mut self) {
        let kinds = [
            Fault::Isolate,
            Fault::IsolateLeader,
            Fault::Split,
            Fault::Partial,
            Fault::OneWay,
            Fault::Reset,
            Fault::Storm,
            Fault::Pause,
            Fault::PauseLeader,
            Fault::SlowDisk,
        ];
        let fault = *self.nemesis.random.pick(&kinds);
        if let Some(group) = self.groups.live_mut()
            && group.world.reachable().len() > 1
        {
            group.world.fault(fault);
            self.fault("members disturbed", &format!(": {fault:?}"));
        }
    }
}
