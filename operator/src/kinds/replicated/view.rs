//! What was observed, parsed into the words of a group: seats with their claims, pods and agents.
//!
//! Everything here is derived; nothing is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use synod_agent_api::{ClusterUid, Identity, MemberRole, MemberSpec, MemberStatus, Role, Status};
use synod_crds::replicated::{GroupStatus, UpgradePolicy};

use super::founding::is_late;
use super::seat::{Claim, Seat, claim_of, number_of, owners, pod_of};
use super::{Object, Profile, Spec};
use crate::action::Action;
use crate::agents::Target;
use crate::authority::{Authority, Lag};
use crate::child::{Child, ChildKind};
use crate::kinds::Undecodable;
use crate::mutation::mutated;
use crate::names::Names;
use crate::observe::{Failure, Floor, NodesSeen, Observed};
use crate::settings::Settings;

/// A group as it was observed.
pub(super) struct Group {
    pub(super) profile: &'static Profile,
    pub(super) name: String,
    pub(super) namespace: String,
    /// uid of the object.
    pub(super) uid: String,
    pub(super) generation: i64,
    pub(super) names: Names,
    pub(super) spec: Spec,
    /// The status as it was written last.
    pub(super) before: GroupStatus,
    pub(super) deleting: bool,
    /// Whose data it is: from the claims, or for a group without any, the object's own uid.
    pub(super) cluster: ClusterUid,
    /// Claims of our name that hold another cluster's data than the others.
    pub(super) foreign_claims: Vec<String>,
    /// Claims of our name whose notes do not say whose data they hold: nobody uses them.
    pub(super) illegible_claims: Vec<String>,
    /// Claims that are kept of a cluster that was given up, by their numbers.
    pub(super) former: BTreeMap<u64, Claim>,
    pub(super) seats: BTreeMap<u64, Seat>,
    /// Members of the configuration that the operator did not add.
    pub(super) foreign: BTreeMap<u64, MemberStatus>,
    pub(super) lead: Option<Lead>,
    /// Objects of ours, by kind and name.
    pub(super) owned: BTreeMap<(ChildKind, String), Arc<Child>>,
    pub(super) authority: Option<Arc<Authority>>,
    /// Other objects of the namespace that have not followed it.
    pub(super) behind: BTreeMap<String, Lag>,
    /// The cluster's nodes, where they are known.
    pub(super) nodes: Option<Arc<NodesSeen>>,
    pub(super) settings: Arc<Settings>,
    pub(super) now: Timestamp,
    pub(super) failure: Option<Failure>,
}

/// The leader, and the configuration it holds for the one in force.
pub(super) struct Lead {
    pub(super) number: u64,
    pub(super) configuration: u64,
    /// The highest number that a member ever had.
    pub(super) highest: u64,
    /// The leader as the configuration has it.
    pub(super) itself: MemberSpec,
}

impl Lead {
    /// Makes sure that what the leader told is true still.
    pub(super) const fn confirmed(&self) -> Action {
        Action::ConfirmConfiguration {
            via: self.number,
            configuration: self.configuration,
        }
    }
}

/// How many voters are a quorum of `voters`.
pub(super) const fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

impl Group {
    /// Parses what was observed.
    ///
    /// # Errors
    /// When the object's uid is none.
    pub(super) fn of(
        profile: &'static Profile,
        object: Object,
        observed: &Observed,
    ) -> Result<Self, Undecodable> {
        let uid = object.metadata.uid.clone().unwrap_or_default();
        let mut group = Self {
            profile,
            name: observed.key.name.clone(),
            namespace: observed.key.namespace.clone(),
            generation: object.metadata.generation.unwrap_or_default(),
            names: Names::new(&observed.key.name, profile.short),
            deleting: object.metadata.deletion_timestamp.is_some(),
            before: object.status.unwrap_or_default(),
            spec: object.spec,
            cluster: uid
                .parse()
                .map_err(|_| Undecodable(format!("metadata.uid {uid:?} is no UUID")))?,
            uid,
            foreign_claims: Vec::new(),
            illegible_claims: Vec::new(),
            former: BTreeMap::new(),
            seats: BTreeMap::new(),
            foreign: BTreeMap::new(),
            lead: None,
            owned: BTreeMap::new(),
            authority: observed.authority.clone(),
            behind: observed.behind.clone(),
            nodes: observed.nodes.clone(),
            settings: observed.settings.clone(),
            now: observed.now,
            failure: observed.failure.clone(),
        };
        group.take_claims(observed);
        group.give_up_late_claims();
        group.take_children(observed);
        group.take_agents(observed);
        group.give_up_claims_made_anew();
        Ok(group)
    }

    fn take_claims(&mut self, observed: &Observed) {
        let mut claims = Vec::new();
        for child in &observed.children {
            let Child::Claim(claim) = &**child else {
                continue;
            };
            let Some((number, cluster, mut parsed)) = claim_of(claim) else {
                self.illegible_claims.push(child.name().to_owned());
                continue;
            };
            // The garbage collector takes it with the object that owned it.
            parsed.lost |= self.is_of_an_earlier_object(&claim.metadata);
            claims.push((number, cluster, parsed));
        }
        let given_up: BTreeSet<ClusterUid> = claims
            .iter()
            .filter_map(|(.., claim)| claim.start.former())
            .collect();
        let kept =
            |cluster: ClusterUid, claim: &Claim| claim.retired || given_up.contains(&cluster);
        // All claims of a group carry one uid, but for those that are kept of a cluster that was given up. The lowest number says
        // which one is the group's.
        let lowest = claims
            .iter()
            .min_by_key(|(number, cluster, claim)| (kept(*cluster, claim), *number));
        if let Some((_, cluster, _)) = lowest {
            self.cluster = *cluster;
        }
        for (number, cluster, claim) in claims {
            if cluster == self.cluster {
                self.seats.entry(number).or_default().claim = Some(claim);
            } else if kept(cluster, &claim) {
                self.former.insert(number, claim);
            } else {
                self.foreign_claims.push(claim.seen.name);
            }
        }
    }

    /// What holds no founder's disk holds nothing.
    fn give_up_late_claims(&mut self) {
        let late = self.numbers(|_, seat| {
            seat.claim
                .as_ref()
                .is_some_and(|claim| is_late(self, claim))
        });
        for number in late {
            let claim = self
                .seats
                .get_mut(&number)
                .and_then(|seat| seat.claim.as_mut());
            claim.into_iter().for_each(|claim| claim.lost = true);
        }
    }

    /// A member's claim is noted as admitted before it is added. One without was asked for before the first one was made, came
    /// when that was lost, and holds nothing.
    fn give_up_claims_made_anew(&mut self) {
        let members = self.seats.values_mut().filter(|seat| seat.member.is_some());
        let claims = members.filter_map(|seat| seat.claim.as_mut());
        let anew =
            claims.filter(|claim| claim.is_new() && !mutated("take-a-late-claim-for-the-first"));
        anew.for_each(|claim| claim.lost = true);
    }

    /// Whether an object of this name that is not there any more owns it.
    fn is_of_an_earlier_object(&self, meta: &ObjectMeta) -> bool {
        let mut owners = meta.owner_references.iter().flatten();
        owners.any(|o| o.kind == self.profile.name() && o.name == self.name && o.uid != self.uid)
    }

    fn take_children(&mut self, observed: &Observed) {
        for child in &observed.children {
            // What an earlier object of this name owned is not ours; the garbage collector takes it.
            if !owners(child.meta()).contains(&self.uid) {
                continue;
            }
            if let Child::Pod(pod) = &**child
                && let Some(number) = number_of(&pod.metadata)
            {
                self.seats.entry(number).or_default().pod = Some(pod_of(pod));
            } else if child.kind() != ChildKind::Claim {
                self.owned
                    .insert((child.kind(), child.name().to_owned()), child.clone());
            }
        }
    }

    fn take_agents(&mut self, observed: &Observed) {
        for (number, agent) in &observed.agents {
            let Some(seat) = self.seats.get_mut(number) else {
                continue;
            };
            let same_pod = seat
                .pod
                .as_ref()
                .is_some_and(|pod| pod.seen.uid == agent.pod_uid);
            if same_pod
                && (agent.status.cluster_uid == self.cluster || mutated("believe-a-stranger"))
                && agent.status.number == *number
            {
                seat.agent = Some(agent.status.clone());
            }
        }
        let statuses = || self.seats.values().filter_map(|seat| seat.agent.as_ref());
        let newest = statuses()
            .map(|s| s.configuration.id)
            .max()
            .unwrap_or(0)
            .max(self.floor(observed));
        let leader = statuses()
            .filter(|status| status.role == Role::Leader)
            .max_by_key(|status| (status.ballot.round, status.ballot.node));
        // Somebody knows a newer configuration: what this leader told is old. Its next answer is on the way.
        let Some(leader) = leader
            .filter(|status| status.configuration.id == newest || mutated("believe-an-old-leader"))
            .filter(|status| status.configuration.id > 0)
            .filter(|status| !self.has_joined_above(status.configuration.highest))
            .cloned()
        else {
            return;
        };
        let Some(itself) = itself(&leader) else {
            return;
        };
        self.lead = Some(Lead {
            number: leader.number,
            configuration: leader.configuration.id,
            highest: leader.configuration.highest,
            itself,
        });
        for member in leader.configuration.members {
            // The name tells whose it is: a number alone may have been taken by somebody else first.
            if member.name == self.names.pod(member.number) {
                let seat = self.seats.entry(member.number).or_default();
                seat.member = Some(member);
            } else {
                self.foreign.insert(member.number, member);
            }
        }
    }

    /// The newest configuration that a call of our own led to. The ids of a cluster that was given up say nothing of this one's.
    fn floor(&self, observed: &Observed) -> u64 {
        let ours =
            |floor: &Floor| floor.cluster == self.cluster || mutated("keep-the-floor-of-before");
        observed.floor.filter(ours).map_or(0, |floor| floor.id)
    }

    /// Whether a claim says that its member joined, whose number is above all that a list of members knows: the list is old.
    pub(super) fn has_joined_above(&self, highest: u64) -> bool {
        let mut above = self.seats.iter().filter(|(number, _)| **number > highest);
        let joined = |seat: &Seat| seat.claim.as_ref().is_some_and(|claim| claim.joined);
        above.any(|(_, seat)| joined(seat)) && !mutated("retire-on-an-old-list")
    }

    /// A number that no member of the group ever had.
    pub(super) fn unused(&self, lead: &Lead) -> u64 {
        if mutated("reuse-numbers") {
            return (1..).find(|n| !self.seats.contains_key(n)).unwrap_or(1);
        }
        let known = self.seats.keys().chain(self.foreign.keys());
        let known = known.chain(self.former.keys()).max().copied();
        known.unwrap_or(0).max(lead.highest) + 1
    }

    /// Every claim, by number.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.seats.values().filter_map(|seat| seat.claim.as_ref())
    }

    /// Every agent whose pod has an address.
    pub(super) fn targets(&self) -> Vec<Target> {
        if self.deleting {
            return Vec::new();
        }
        let target = |(number, seat): (&u64, &Seat)| {
            let pod = seat.pod.as_ref().filter(|pod| !pod.ended)?;
            Some(Target {
                identity: self.identity(*number),
                address: pod.address?,
                namespace: self.namespace.clone(),
                pod_uid: pod.seen.uid.clone(),
            })
        };
        self.seats.iter().filter_map(target).collect()
    }

    /// Who the member `number` must prove to be.
    pub(super) fn identity(&self, number: u64) -> Identity {
        Identity {
            cluster: self.cluster,
            kind: self.profile.kind,
            name: self.name.clone(),
            number,
        }
    }

    /// The numbers in the order in which members are gone through.
    pub(super) fn ordered(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.seats.keys().copied().collect();
        if mutated("sort-members-as-text") {
            numbers.sort_by_key(ToString::to_string);
        }
        numbers
    }

    /// The numbers of seats for which `test` holds, in order.
    pub(super) fn numbers(&self, test: impl Fn(u64, &Seat) -> bool) -> Vec<u64> {
        self.ordered()
            .into_iter()
            .filter(|number| self.seats.get(number).is_some_and(|s| test(*number, s)))
            .collect()
    }

    /// Voters of ours in the configuration in force.
    pub(super) fn voters(&self) -> Vec<u64> {
        self.numbers(|_, seat| seat.votes())
    }

    /// How many vote, foreign ones too.
    pub(super) fn electorate(&self) -> usize {
        let foreign = self
            .foreign
            .values()
            .filter(|member| member.role == MemberRole::Voter);
        self.voters().len() + foreign.count()
    }

    /// Whether the leader hears all foreign voters and sees them caught up.
    pub(super) fn foreign_serve(&self) -> bool {
        let mut foreign = self.foreign.values();
        foreign.all(|member| member.role != MemberRole::Voter || is_current(member))
    }

    /// How many voters the leader hears and sees caught up, foreign ones too; none whose pod is going, and none of `without`.
    pub(super) fn healthy_but(&self, without: impl Fn(u64, &Seat) -> bool) -> usize {
        let going = |seat: &Seat| seat.pod.as_ref().is_some_and(|pod| pod.deleting);
        let stays = |n: u64, seat: &Seat| !without(n, seat) && !going(seat);
        let ours =
            self.numbers(|n, seat| stays(n, seat) && seat.votes() && self.is_healthy(n, seat));
        let foreign = self
            .foreign
            .values()
            .filter(|m| m.role == MemberRole::Voter && is_current(m));
        ours.len() + foreign.count()
    }

    /// Whether the leader hears the member and it has caught up. Without a leader nobody can tell.
    pub(super) fn is_healthy(&self, number: u64, seat: &Seat) -> bool {
        let Some(lead) = &self.lead else { return false };
        let leads = lead.number == number;
        seat.member
            .as_ref()
            .is_some_and(|member| leads || is_current(member))
    }

    /// Whether the member serves: healthy to the leader, and ready by its own word.
    pub(super) fn is_ready(&self, number: u64, seat: &Seat) -> bool {
        self.is_healthy(number, seat) && seat.agent.as_ref().is_some_and(|agent| agent.ready)
    }

    /// The image that pods are made from: as asked for, else what the object began with, else the operator's default.
    pub(super) fn image(&self) -> &str {
        let asked = self.spec.image.as_deref();
        asked
            .or_else(|| self.pinned())
            .unwrap_or(&self.settings.image)
    }

    /// What stays although the operator's default may be another one by now. The status tells; if that was lost, pods do.
    fn pinned(&self) -> Option<&str> {
        let follows = self.spec.upgrade_policy == UpgradePolicy::Automatic;
        if follows || mutated("image-follows-the-operator") {
            return None;
        }
        let pods = || self.seats.values().filter_map(|seat| seat.pod.as_ref());
        let of_pods = || pods().find_map(|pod| pod.image.as_deref());
        self.before.image.as_deref().or_else(of_pods)
    }
}

/// The leader as its own configuration has it. One that is no voter was removed, and leads on until enough others know it: they
/// still need it.
fn itself(leader: &Status) -> Option<MemberSpec> {
    let mut voters = leader.configuration.members.iter();
    let itself = voters.find(|m| m.number == leader.number && m.role == MemberRole::Voter)?;
    Some(MemberSpec {
        name: itself.name.clone(),
        peer_address: itself.peer_address.clone(),
        peer_urls: itself.peer_urls.clone(),
        client_urls: itself.client_urls.clone(),
    })
}

/// Whether the leader hears the member and it has caught up.
fn is_current(member: &MemberStatus) -> bool {
    member.active.unwrap_or(false) && member.caught_up.unwrap_or(false)
}
