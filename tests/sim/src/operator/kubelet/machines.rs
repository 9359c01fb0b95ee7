//! The machines: made, darkened, lost with what only they had.

use serde_json::{Value, json};

use super::{Kubelet, Phase, SELECTED_NODE};
use crate::clock::Instant;
use crate::operator::direct::{Direct, kinds, note, text};
use crate::operator::groups::Groups;
use crate::operator::subject::Kept;

/// A machine.
#[derive(Debug)]
pub(in crate::operator) struct Machine {
    /// It has power.
    pub(in crate::operator) power: bool,
    /// Until when its kubelet hears and says nothing; its processes run on.
    pub(in crate::operator) silent_until: Instant,
    /// Until when no pod starts on it.
    pub(in crate::operator) stuck_until: Instant,
}

impl Machine {
    const fn new() -> Self {
        Self {
            power: true,
            silent_until: 0,
            stuck_until: 0,
        }
    }

    pub(in crate::operator) const fn acts(&self, now: Instant) -> bool {
        self.power && self.silent_until <= now
    }
}

impl Kubelet {
    /// A new machine and its node object.
    pub(in crate::operator) async fn add_machine(&mut self, direct: &Direct) {
        self.nodes += 1;
        let name = format!("n{}", self.nodes);
        let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } });
        direct.create("/api/v1/nodes", &node).await;
        self.machines.insert(name, Machine::new());
    }

    /// A machine is gone for good, and its node object with it.
    pub(in crate::operator) async fn remove_machine<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        name: &str,
    ) {
        self.darken(groups, name);
        self.machines.remove(name);
        direct
            .delete(&format!("/api/v1/nodes/{name}"), &Value::Null)
            .await;
        if self.local_volumes {
            self.lose_volumes_of(direct, groups, name);
        }
        self.wake();
    }

    /// What was on volumes of a machine that is gone is gone.
    fn lose_volumes_of<S: Kept>(&self, direct: &Direct, groups: &mut Groups<S>, name: &str) {
        for claim in direct.all(kinds::CLAIMS) {
            let seat = self.disks.get(text(&claim, "/metadata/uid"));
            if let Some(seat) = seat.filter(|_| note(&claim, SELECTED_NODE) == name) {
                groups.lose_disk(*seat);
            }
        }
    }

    /// Whether a member's data goes with the machine that it runs on.
    pub(in crate::operator) const fn keeps_data_on_machines(&self) -> bool {
        self.local_volumes
    }

    /// A machine loses power.
    pub(in crate::operator) fn darken<S: Kept>(&mut self, groups: &mut Groups<S>, name: &str) {
        if let Some(machine) = self.machines.get_mut(name) {
            machine.power = false;
        }
        for held in self.pods.values_mut().filter(|held| held.node == name) {
            if let Some(seat) = held.seat.filter(|_| held.phase != Phase::Waiting) {
                groups.stop(seat, true);
                held.phase = Phase::Down;
            }
        }
    }

    /// A machine has power again.
    pub(in crate::operator) fn lighten(&mut self, name: &str) {
        if let Some(machine) = self.machines.get_mut(name) {
            machine.power = true;
        }
        self.wake();
    }

    /// All machines are as they should be.
    pub(in crate::operator) fn heal(&mut self) {
        for machine in self.machines.values_mut() {
            *machine = Machine::new();
        }
        self.broken_images.clear();
        self.wake();
    }
}
