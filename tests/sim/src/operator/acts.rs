//! The acts of a run: the beginning, chaos, healing, convergence, rest, and what must be there at the end.

use serde_json::Value;
use synod_operator::names;
use synod_paxos::MemberRole;

use super::direct::{claim_path, going, kinds, note, pod_path, text};
use super::line::lock;
use super::run::seconds;
use super::stage::{Stage, broken, nanos};
use super::subject::Kept;
use super::user::NAME;
use crate::clock::{Instant, MS, SECOND};

/// When faults have stopped the object becomes what it says within this time.
const CONVERGED_WITHIN: Instant = 900 * SECOND;
/// How long an object is watched in which nothing is to change.
const REST_HOURS: u64 = 2;

impl<S: Kept> Stage<S> {
    /// The object is made. In some seeds faults are there from the beginning.
    pub(super) async fn begin(&mut self) {
        self.plant().await;
        self.start_operator();
        self.apply("makes the object").await;
        let hostile = !self.nemesis.is_calm() && self.random.chance(400);
        let limit = self.clock.now() + 120 * SECOND;
        self.user.due = Instant::MAX;
        while self.wanting().is_some() && self.clock.now() < limit {
            self.pass(seconds(1)).await;
            if hostile {
                self.harm().await;
            }
        }
        self.schedule_edit();
    }

    /// Edits and faults for a while.
    pub(super) async fn chaos(&mut self) {
        if self.nemesis.is_calm() {
            return self.edits_in_calm().await;
        }
        let end = self.clock.now() + self.random.between(60, 240) * SECOND;
        while self.clock.now() < end {
            self.pass(nanoseconds(100 * MS)).await;
            self.check_budget();
            self.harm().await;
            if self.clock.now() >= self.user.due {
                self.edit().await;
                self.schedule_edit();
            }
        }
    }

    /// Without faults each edit is carried out before the next one comes: numbers grow beyond ten.
    async fn edits_in_calm(&mut self) {
        let script: &[u64] = match self.random.below(3) {
            0 => &[7, 1, 7, 3],
            1 => &[7, 3, 7, 5],
            _ => &[5, 1, 5, 1, 7, 5, 3],
        };
        for members in script {
            self.user.spec["members"] = Value::from(*members);
            self.apply(&format!("members: {members}")).await;
            self.converge().await;
            self.pass(seconds(25)).await;
            self.edit().await;
            let span = self.random.between(5, 25);
            self.pass(seconds(span)).await;
            self.mend_all().await;
            self.converge().await;
        }
    }

    /// Faults stop, and what the user broke is taken back.
    pub(super) async fn heal(&mut self) {
        self.end_faults();
        while self.operators.len() > 1 {
            self.stop_operator(0);
        }
        if self.operators.is_empty() && self.restart_at.is_none() {
            self.start_operator();
        }
        for process in &mut self.operators {
            process.ends = None;
        }
        self.mend_all().await;
        self.tell("-- faults stop");
    }

    /// The object becomes what it says.
    pub(super) async fn converge(&mut self) {
        let begin = self.clock.now();
        let mut since = None;
        loop {
            self.pass(nanoseconds(500 * MS)).await;
            let now = self.clock.now();
            let Some(wanting) = self.wanting() else {
                let since = *since.get_or_insert(now);
                if now > since + 3 * SECOND {
                    return;
                }
                continue;
            };
            since = None;
            if now > begin + CONVERGED_WITHIN {
                broken(
                    "converges",
                    format!(
                        "{} s after faults stopped {wanting}",
                        (now - begin) / SECOND
                    ),
                );
            }
        }
    }

    /// What is not yet as the user's object says; none if all is.
    fn wanting(&self) -> Option<String> {
        let object = self.direct.one(S::KIND.resource, NAME)?;
        let status = &object["status"];
        if status["observedGeneration"] != object["metadata"]["generation"]
            || status["state"] != "Ready"
        {
            return Some(format!("the status is {status}"));
        }
        let (members, learners) = (self.user.members(), self.user.learners());
        let Some(group) = self.groups.live() else {
            return Some("there is no group".to_owned());
        };
        let newest = &group.world.newest.members;
        let count = |role: MemberRole| newest.values().filter(|m| m.role == role).count();
        let (voters, learn) = (count(MemberRole::Voter), count(MemberRole::Learner));
        if (voters, learn, newest.len()) != (members, learners, members + learners) {
            return Some(format!("{voters} members vote and {learn} learn"));
        }
        if let Some(ails) = group.ails() {
            return Some(ails);
        }
        if let Some(number) = group.strays(&self.user.spec) {
            return Some(format!("member {number} was started by another spec"));
        }
        self.wanting_objects(members + learners)
    }

    fn wanting_objects(&self, members: usize) -> Option<String> {
        let pods = self.direct.all(kinds::PODS);
        let pods: Vec<_> = pods.iter().filter(|pod| S::KIND.is_ours(pod)).collect();
        let image = match text(&self.user.spec, "/image") {
            "" => super::stage::FIRST_IMAGE,
            image => image,
        };
        let right = |pod: &&&std::sync::Arc<Value>| {
            text(pod, "/spec/containers/0/image") == image && !going(pod)
        };
        if pods.len() != members || pods.iter().filter(right).count() != members {
            return Some(format!("there are {} pods, not all of {image}", pods.len()));
        }
        let claims = self.direct.all(kinds::CLAIMS);
        let claims: Vec<_> = claims
            .iter()
            .filter(|claim| S::KIND.is_ours(claim) && note(claim, names::RETIRED).is_empty())
            .collect();
        if claims.len() != members || claims.iter().any(|claim| going(claim)) {
            return Some(format!("there are {} claims", claims.len()));
        }
        None
    }

    /// A converged object gets no write any more: not in hours, not when somebody touches it, not from a new operator.
    pub(super) async fn rest(&mut self) {
        self.settle().await;
        self.silent("hours", seconds(REST_HOURS * 3600)).await;
        let patch = serde_json::json!({ "metadata": { "annotations": { "user": "was here" } } });
        self.direct.merge(&S::KIND.path(), &patch).await;
        self.silent("a note of the user", seconds(600)).await;
        self.kill_operator(0);
        self.start_operator_again();
        self.silent("a restart of the operator", seconds(1200))
            .await;
    }

    /// Waits for the last writes.
    async fn settle(&mut self) {
        let limit = self.clock.now() + 120 * SECOND;
        let mut quiet_since = self.clock.now();
        let mut judged = self.checks.judged;
        while self.clock.now() < quiet_since + 15 * SECOND {
            self.pass(seconds(1)).await;
            if std::mem::replace(&mut judged, self.checks.judged) != self.checks.judged {
                quiet_since = self.clock.now();
            }
            if self.clock.now() > limit {
                broken(
                    "silence",
                    "two minutes after it had converged the object is still written to".to_owned(),
                );
            }
        }
    }

    async fn silent(&mut self, after: &str, span: std::time::Duration) {
        let before = self.checks.judged;
        self.pass_quietly(span).await;
        let writes = self.checks.judged - before;
        crate::demand!(
            "silence",
            writes == 0,
            "{writes} writes to a converged object within {} s after {after}",
            nanos(span) / SECOND
        );
    }

    /// Everything that was acknowledged is there, on every member, and nothing of others was touched.
    pub(super) fn compare(&mut self) {
        self.check_planted();
        self.check_all_panics();
        debug_assert!(lock(&self.desk).writes.is_empty());
        let group = self.groups.live_mut();
        let world = &mut group.expect("a group that converged").world;
        world.must_progress("the object had converged");
        world.fall_silent();
    }

    /// In some seeds everything is lost at last. Then nothing may begin anew: the group had data.
    pub(super) async fn lose_everything(&mut self) {
        if !self.random.chance(250) {
            return;
        }
        self.tell("-- all claims and pods are deleted by others");
        self.groups.leave();
        for (resource, path) in [
            (kinds::CLAIMS, claim_path as fn(&str) -> String),
            (kinds::PODS, pod_path),
        ] {
            for object in self.direct.all(resource) {
                if S::KIND.is_ours(&object) {
                    let path = path(text(&object, "/metadata/name"));
                    self.direct.delete(&path, &Value::Null).await;
                }
            }
        }
        self.pass(seconds(30)).await;
        let claims = self.direct.all(kinds::CLAIMS);
        // One that joins begins nothing: it is of the last moment in which a leader was known.
        let first = |claim: &Value| {
            S::KIND.is_ours(claim) && !note(claim, names::INITIAL_MEMBERS).is_empty()
        };
        let left = claims.iter().filter(|claim| first(claim)).count();
        crate::demand!(
            "begun once",
            left == 0,
            "{left} first claims were made for a group that lost all it had"
        );
    }
}

fn nanoseconds(count: u64) -> std::time::Duration {
    std::time::Duration::from_nanos(count)
}
