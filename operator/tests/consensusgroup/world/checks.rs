//! What no plan may do to the world.

use std::collections::BTreeSet;

use synod_agent_api::Change;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use super::World;
use crate::api::number;
use crate::group::quorum;

impl World {
    /// What may never be deleted.
    pub(super) fn check_delete(&mut self, kind: ChildKind, name: &str) {
        let Some(number) = self
            .objects
            .get(kind, name)
            .and_then(|object| number(object.meta()))
        else {
            return;
        };
        let voters = self.group.voters();
        if !voters.contains(&number) {
            return;
        }
        if kind == ChildKind::Claim {
            self.group
                .violated(format!("the claim of voter {number} is deleted"));
        }
        if kind == ChildKind::Pod && self.is_hibernation_noted() {
            self.check_hibernation();
            return;
        }
        if self.group.intact().len() < quorum(voters.len()) {
            // There is no quorum to be kept any more.
            return;
        }
        let healthy = self.group.healthy();
        let going = |n: u64| {
            let pods = self.objects.of(ChildKind::Pod);
            let mut its = pods
                .iter()
                .filter(|pod| crate::api::number(pod.meta()) == Some(n));
            its.all(|pod| pod.meta().deletion_timestamp.is_some())
        };
        let stays = |n: &&u64| **n != number && !going(**n);
        let left = healthy.iter().filter(stays).count();
        if kind != ChildKind::Pod || !healthy.contains(&number) || voters.len() == 1 {
            return;
        }
        let mut down = self.still_down();
        down.remove(&number);
        if let Some(other) = down.first() {
            self.group.violated(format!(
                "pod of voter {number} is deleted while {other} is down for the same reason"
            ));
        }
        // Who falls ill by itself after the members were asked cannot be known.
        let known = self.asked.is_none_or(|asked| asked == self.mishaps);
        if known && left < quorum(voters.len()) {
            self.group.violated(format!(
                "pod of voter {number} is deleted, {left} of {} are left",
                voters.len()
            ));
        }
        self.down.insert(number);
    }

    /// Who is on the way down does not count among those that stay.
    pub(super) fn check_change(&mut self, change: &Change) {
        let healthy = self.group.healthy();
        let staying = healthy.iter().filter(|n| !self.is_going(**n)).count();
        let enough = quorum(self.group.voters().len());
        if matches!(change, Change::Remove { .. }) && healthy.len() >= enough && staying < enough {
            self.group
                .violated(format!("{change:?} while one of those that stay is going"));
        }
    }

    /// Whether the member's pod is being deleted.
    fn is_going(&self, wanted: u64) -> bool {
        let pods = self.objects.of(ChildKind::Pod);
        let mut its = pods.iter().filter(|pod| number(pod.meta()) == Some(wanted));
        its.any(|pod| pod.meta().deletion_timestamp.is_some())
    }

    /// Voters that were taken down and do not serve again, or are still on their way down.
    pub(super) fn still_down(&self) -> BTreeSet<u64> {
        let (voters, healthy) = (self.group.voters(), self.group.healthy());
        let down = self.down.iter().copied();
        down.filter(|n| voters.contains(n) && (self.is_going(*n) || !healthy.contains(n)))
            .collect()
    }

    /// All pods may go at once only where that is noted on all claims.
    fn is_hibernation_noted(&self) -> bool {
        let noted = |claim: &Child| {
            let notes = claim.meta().annotations.clone().unwrap_or_default();
            let is = |name: &str| notes.get(name).is_some_and(|value| value == "true");
            let member = |n: &u64| self.group.members.contains_key(n);
            let gone = !number(claim.meta()).as_ref().is_some_and(member);
            gone && (is(names::RETIRED) || is(names::LEAVING))
                || is(names::HIBERNATED) && is(names::JOINED) && !is(names::LEAVING)
        };
        let claims = self.objects.of(ChildKind::Claim);
        let mut there = claims
            .iter()
            .filter(|claim| claim.meta().deletion_timestamp.is_none());
        there.all(|claim| noted(claim))
    }

    pub(super) fn check_hibernation(&mut self) {
        let joining = |m: &crate::group::Member| m.role == synod_agent_api::MemberRole::Joining;
        if self.group.fresh && self.group.members.values().any(joining) {
            self.group.violated("pods stop while a member joins".into());
        }
    }

    /// What may be evicted now must leave a quorum, if there is one.
    pub(crate) fn check_budget(&mut self) {
        let (voters, healthy) = (self.group.voters().len(), self.group.healthy().len());
        let least = match self.objects.get(ChildKind::Budget, self.names.base()) {
            Some(budget) => budget.to_json()["spec"]["minAvailable"].as_u64(),
            None => None,
        };
        if voters < 2 || healthy < quorum(voters) {
            return;
        }
        let running = self.objects.of(ChildKind::Pod).into_iter().filter(|pod| {
            let labels = pod.meta().labels.clone().unwrap_or_default();
            let number = number(pod.meta()).expect("a member's pod");
            labels
                .get(names::LABEL_ROLE)
                .is_some_and(|role| role == "voter")
                && self.group.runs(number)
        });
        let least = least.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let evictable = running.count().saturating_sub(least).min(healthy);
        if healthy - evictable < quorum(voters) {
            self.group.violated(format!(
                "{evictable} of {healthy} healthy voters may be evicted by a budget of {least}, {voters} vote"
            ));
        }
    }
}
