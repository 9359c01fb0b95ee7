//! How a pod's process starts: what it needs, and what it is told.

use serde_json::Value;
use synod_agent_api::{AgentConfig, Start};
use synod_operator::names;

use super::{Held, Kubelet, Phase};
use crate::Violation;
use crate::clock::{Instant, SECOND};
use crate::operator::direct::{Direct, kinds, note, text};
use crate::operator::groups::Groups;
use crate::operator::subject::{Kept, Kind};

impl Kubelet {
    /// Starts the process of a pod, if all that it needs is there.
    pub(super) async fn start<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        uid: &str,
        pod: &Value,
        now: Instant,
    ) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        held.due = now + SECOND;
        let stuck = self.machines[&held.node].stuck_until > now;
        let image = text(pod, "/spec/containers/0/image");
        if stuck || self.broken_images.contains(image) {
            let why = if stuck {
                "ContainerCreating"
            } else {
                "ImagePullBackOff"
            };
            return self.tell(direct, uid, why).await;
        }
        let Some((config, claim_uid)) = papers(direct, held) else {
            return;
        };
        let seat = (config.cluster_uid, config.number);
        if config.start == Start::Bootstrap && !self.disks.contains_key(&claim_uid) {
            check_founder(direct, S::KIND, &config.name, &claim_uid);
        }
        self.hand_over_disk(&config, &claim_uid);
        self.claim_disk(groups, seat, &claim_uid, uid);
        let held = self.pods.get_mut(uid).expect("it was noted");
        if held.address.is_empty() {
            self.addresses += 1;
            let a = self.addresses;
            held.address = format!("10.{}.{}.{}", a >> 16 & 255, a >> 8 & 255, a & 255);
        }
        held.seat = Some(seat);
        held.phase = Phase::Up;
        self.started += 1;
        let (start, members) = (config.start, config.members.len());
        let begins = groups.start(&config, now);
        self.notes.push(format!(
            "{} starts ({start:?}, told of {members} members{})",
            config.name,
            if begins { ", a cluster begins" } else { "" }
        ));
        self.tell(direct, uid, "").await;
    }
}

/// Its configuration, and the uid of its claim, once all of it is there.
fn papers(direct: &Direct, held: &Held) -> Option<(AgentConfig, String)> {
    let (base, number) = held.name.rsplit_once('-')?;
    let map = direct.one(kinds::MAPS, &format!("{base}-config-{number}"))?;
    direct.one(kinds::SECRETS, &format!("{base}-tls-{number}"))?;
    let claim = direct.one(kinds::CLAIMS, &held.claim)?;
    let config = match AgentConfig::parse(text(&map, "/data/agent.yaml")) {
        Ok(config) => config,
        Err(why) => Violation::raise(
            "configuration",
            format!(
                "{} gets a configuration that no agent takes: {why}",
                held.name
            ),
        ),
    };
    Some((config, text(&claim, "/metadata/uid").to_owned()))
}

/// A group begins on disks that most of its first claims name as the founders'.
fn check_founder(direct: &Direct, kind: Kind, name: &str, claim_uid: &str) {
    let claims = direct.all(kinds::CLAIMS);
    let first: Vec<_> = claims
        .iter()
        .filter(|claim| kind.is_ours(claim))
        .filter(|claim| !note(claim, names::INITIAL_MEMBERS).is_empty())
        .collect();
    let naming = first
        .iter()
        .filter(|claim| note(claim, names::FOUNDERS).contains(claim_uid));
    crate::demand!(
        "founding",
        2 * naming.count() > first.len(),
        "{name} begins on a disk that is not known as a founder's"
    );
}
