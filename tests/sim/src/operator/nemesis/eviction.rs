//! Evictions, as far as the disruption budget lets pods go; and that it never lets too many.

use serde_json::Value;
use synod_operator::names;

use crate::operator::checks::quorum;
use crate::operator::direct::{going, kinds, label, pod_path, text};
use crate::operator::stage::Stage;
use crate::operator::subject::Kept;
use crate::operator::user::NAME;

impl<S: Kept> Stage<S> {
    /// A pod goes if the disruption budget lets it.
    pub(super) async fn evict(&mut self) {
        let pods = self.evictable();
        if pods.is_empty() {
            return;
        }
        let (_, pod) = self.nemesis.random.pick(&pods).clone();
        self.direct.delete(&pod_path(&pod), &Value::Null).await;
        self.fault("pods evicted", &format!(": {pod}"));
    }

    /// Pods of which the disruption budget lets one go, with their numbers.
    fn evictable(&self) -> Vec<(u64, String)> {
        let budgets = self.direct.all(kinds::BUDGETS);
        let least = budgets
            .iter()
            .find(|budget| label(budget, names::LABEL_NAME) == NAME)
            .and_then(|budget| budget["spec"]["minAvailable"].as_u64());
        let least = least.and_then(|least| usize::try_from(least).ok());
        let (Some(group), Some(least)) = (self.groups.live(), least) else {
            return Vec::new();
        };
        let pods = self.direct.all(kinds::PODS);
        let voting = |pod: &Value| label(pod, names::LABEL_ROLE) == "voter";
        let pods: Vec<(u64, String)> = pods
            .iter()
            .filter(|pod| S::KIND.is_ours(pod) && !going(pod) && voting(pod))
            .filter_map(|pod| {
                let number = label(pod, names::LABEL_MEMBER).parse().ok()?;
                Some((number, text(pod, "/metadata/name").to_owned()))
            })
            .filter(|(number, _)| group.is_ready(*number))
            .collect();
        if pods.len() > least { pods } else { Vec::new() }
    }

    /// Whatever the budget lets go, a quorum is left, if there was one.
    pub(in crate::operator) fn check_budget(&self) {
        let Some(group) = self.groups.live() else {
            return;
        };
        let voters = group.voters();
        let pods = self.evictable();
        // Whatever it takes itself for: acceptors answer whoever asks. It may know a change before that is decided, or not yet
        // know one that is.
        let votes = |n: u64| group.is_ready(n) && group.is_whole(n);
        let serves = |n: &u64| votes(*n) && pods.iter().any(|(number, _)| number == n);
        let serving: Vec<u64> = voters.iter().copied().filter(serves).collect();
        let tight = serving.len() == quorum(voters.len());
        let one = pods.iter().find(|(number, _)| serving.contains(number));
        crate::demand!(
            "budget",
            voters.len() < 2 || !tight || one.is_none(),
            "the budget lets one of {pods:?} go: of voters {voters:?} {serving:?} serve; {:?}",
            pods.iter()
                .map(|(n, _)| (n, group.says(*n)))
                .collect::<Vec<_>>()
        );
    }
}
