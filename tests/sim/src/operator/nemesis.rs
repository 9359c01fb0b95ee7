//! Who makes the faults, and what may go wrong: on the operators' lines to the API, with their processes, on the way to
//! the agents, with pods, volumes and machines, and among the members. It never takes more data than a group survives,
//! and it stops.

use serde_json::{Value, json};
use synod_operator::names;
use synod_paxos::Node;

use super::checks::quorum;
use super::direct::{claim_path, going, kinds, label, pod_path, text};
use super::line::{Death, lock};
use super::reach::Seat;
use super::stage::Stage;
use super::subject::Kept;
use crate::clock::{Instant, MS, SECOND};
use crate::profile::Fault;
use crate::random::Random;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Requests are refused, or done without an answer, or late, for a while.
    BadLine,
    /// Nothing, or nothing of a type, is heard for a while.
    Freeze,
    /// All watches break; some find that their version is gone.
    Break,
    /// The operator dies at its next write, before or after it.
    Die,
    /// A second operator acts, while the first one hears nothing.
    Rival,
    /// The operator is told to stop, and another one begins.
    Depose,
    /// Agents answer late.
    LateAgents,
    /// Answers of agents to changes are lost.
    LostAnswers,
    /// Some agents are not reached by the operator.
    CutAgents,
    /// A process dies.
    Kill,
    /// Somebody deletes a pod.
    DeletePod,
    /// A pod is evicted, as its budget allows.
    Evict,
    /// A machine's kubelet is silent for a while, its processes run on.
    Silence,
    /// A machine loses power for a while.
    Dark,
    /// A machine is gone for good.
    Gone,
    /// No pod starts on some machines for a while.
    Stuck,
    /// A claim is deleted, with its pod or without.
    LoseClaim,
    /// A volume is empty when its process comes back.
    Wipe,
    /// The members' network, or one of their processes, suffers.
    Members,
}

const ALL: [Trouble; 19] = [
    Trouble::BadLine,
    Trouble::Freeze,
    Trouble::Break,
    Trouble::Die,
    Trouble::Rival,
    Trouble::Depose,
    Trouble::LateAgents,
    Trouble::LostAnswers,
    Trouble::CutAgents,
    Trouble::Kill,
    Trouble::DeletePod,
    Trouble::Evict,
    Trouble::Silence,
    Trouble::Dark,
    Trouble::Gone,
    Trouble::Stuck,
    Trouble::LoseClaim,
    Trouble::Wipe,
    Trouble::Members,
];

/// What it plans.
pub(super) struct Nemesis {
    random: Random,
    enabled: Vec<Trouble>,
    /// Mean time between two faults.
    mean: u64,
    pub(super) due: Instant,
    /// Machines without power, and when they have it again.
    dark: Vec<(Instant, String)>,
}

impl Nemesis {
    /// A few kinds for each seed; in every fifth one none.
    pub(super) fn new(mut random: Random) -> Self {
        let mut enabled = Vec::new();
        if !random.chance(200) {
            let share = random.between(150, 700);
            enabled = ALL.into_iter().filter(|_| random.chance(share)).collect();
            enabled.extend([Trouble::Die, Trouble::Freeze]);
        }
        Self {
            mean: random.between(3, 12) * SECOND,
            random,
            enabled,
            due: 0,
            dark: Vec::new(),
        }
    }

    /// Whether it does nothing.
    pub(super) const fn is_calm(&self) -> bool {
        self.enabled.is_empty()
    }
}

impl<S: Kept> Stage<S> {
    /// Makes the faults that are due, and ends those that are over.
    pub(super) async fn harm(&mut self) {
        let now = self.clock.now();
        let bright = |(at, _): &(Instant, String)| *at <= now;
        if let Some(index) = self.nemesis.dark.iter().position(bright) {
            let (_, name) = self.nemesis.dark.remove(index);
            self.kubelet.lighten(&name);
            self.tell(&format!("-- {name} has power again"));
        }
        if self.nemesis.is_calm() || now < self.nemesis.due {
            return;
        }
        let mean = self.nemesis.mean;
        self.nemesis.due = now + self.nemesis.random.around(mean);
        let trouble = *self.nemesis.random.pick(&self.nemesis.enabled.clone());
        self.make(trouble, now).await;
    }

    fn span(&mut self, most: u64) -> Instant {
        let most = self.nemesis.random.between(1, most);
        self.nemesis.random.between(SECOND, most * SECOND)
    }

    /// The operator that would be harmed; none while there is none.
    fn victim(&mut self) -> Option<usize> {
        let numbers: Vec<usize> = self
            .operators
            .iter()
            .map(|process| process.number)
            .collect();
        (!numbers.is_empty()).then(|| *self.nemesis.random.pick(&numbers))
    }

    async fn make(&mut self, trouble: Trouble, now: Instant) {
        self.checks.disturbed = now;
        match trouble {
            Trouble::BadLine => self.spoil(now),
            Trouble::Freeze => self.freeze(now),
            Trouble::Break => self.break_watches(),
            Trouble::Die => self.doom_operator(),
            Trouble::Rival => self.rival(now).await,
            Trouble::Depose => self.depose(),
            Trouble::LateAgents => {
                let (span, most) = (self.span(30), self.span(12));
                lock(&self.wire.wire).late = (now + span, most);
                self.fault("agents late", "");
            }
            Trouble::LostAnswers => {
                let span = self.span(30);
                lock(&self.wire.wire).losing = now + span;
                self.fault("agents' answers get lost", "");
            }
            Trouble::CutAgents => self.cut_agents(now),
            Trouble::Kill => self.kill_process(),
            Trouble::DeletePod => self.delete_pod().await,
            Trouble::Evict => self.evict().await,
            Trouble::Silence => {
                let (name, span) = (self.a_machine(), self.span(40));
                if let Some(machine) = self.kubelet.machines.get_mut(&name) {
                    machine.silent_until = now + span;
                }
                self.fault("machines silent", &format!(": {name}"));
            }
            Trouble::Dark => self.darken(now),
            Trouble::Gone => self.lose_machine().await,
            Trouble::Stuck => {
                for _ in 0..3 {
                    let (name, span) = (self.a_machine(), self.span(40));
                    if let Some(machine) = self.kubelet.machines.get_mut(&name) {
                        machine.stuck_until = now + span;
                    }
                }
                self.fault("machines that start nothing", "");
            }
            Trouble::LoseClaim => self.lose_claim().await,
            Trouble::Wipe => self.wipe(),
            Trouble::Members => self.disturb_members(),
        }
    }

    fn spoil(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let span = self.span(20);
        let random = &mut self.nemesis.random;
        let mut desk = lock(&self.desk);
        let weather = &mut desk.weather[number];
        weather.until = now + span;
        weather.refused = random.below(400);
        weather.unanswered = random.below(300);
        weather.late = random.below(300);
        drop(desk);
        self.fault("bad lines to the API", &format!(" of operator {number}"));
    }

    fn freeze(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let span = self.span(30);
        let types = [
            "",
            kinds::PODS,
            kinds::PODS,
            kinds::CLAIMS,
            kinds::CLAIMS,
            S::KIND.resource,
            kinds::MAPS,
            kinds::SECRETS,
            kinds::BUDGETS,
            "nodes",
        ];
        let what = *self.nemesis.random.pick(&types);
        let mut desk = lock(&self.desk);
        let frozen = &mut desk.weather[number].frozen;
        frozen.insert(what.to_owned(), now + span);
        drop(desk);
        let what = if what.is_empty() { "everything" } else { what };
        self.fault("views frozen", &format!(": {what} of operator {number}"));
    }

    fn break_watches(&mut self) {
        let Some(number) = self.victim() else { return };
        lock(&self.desk).weather[number].gone = self.nemesis.random.below(4);
        for process in &self.operators {
            if process.number == number {
                process.breaks.ring();
            }
        }
        self.fault("watches broken", &format!(" of operator {number}"));
    }

    fn doom_operator(&mut self) {
        let Some(number) = self.victim() else { return };
        let death = *self.nemesis.random.pick(&[Death::Before, Death::After]);
        lock(&self.desk).weather[number].death = Some(death);
        self.fault(
            "operators to die",
            &format!(": {number}, {death:?} a write"),
        );
    }

    /// The one that acts hears nothing any more and does not know it; another one begins beside it.
    async fn rival(&mut self, now: Instant) {
        if self.operators.len() != 1 || self.restart_at.is_some() {
            return;
        }
        let span = self.span(25);
        self.operators[0].ends = Some(now + span);
        let number = self.operators[0].number;
        self.fault("operators deposed that go on", &format!(": {number}"));
        self.start_operator();
        // What it does not know, and what there is to do for both.
        let deaf = self.nemesis.random.between(0, span);
        let what = match self.nemesis.random.below(3) {
            0 => "",
            1 => {
                self.new_image().await;
                kinds::PODS
            }
            _ => {
                lock(&self.wire.wire).late = (now + span, 10 * SECOND);
                self.resize_now().await;
                "nodes"
            }
        };
        let mut desk = lock(&self.desk);
        let frozen = &mut desk.weather[number].frozen;
        frozen.insert(what.to_owned(), now + deaf);
    }

    fn depose(&mut self) {
        if self.operators.len() != 1 || self.restart_at.is_some() {
            return;
        }
        self.fault("operators deposed", "");
        self.stop_operator(0);
        self.start_operator();
    }

    fn cut_agents(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let numbers = self.members();
        for member in numbers {
            if self.nemesis.random.chance(500) {
                let span = self.span(30);
                let mut wire = lock(&self.wire.wire);
                wire.cut.insert((number, member), now + span);
            }
        }
        self.wire.changed.ring();
        self.fault("agents not reached", &format!(" by operator {number}"));
    }

    /// Numbers of the members whose processes run.
    fn members(&self) -> Vec<u64> {
        let group = self.groups.live();
        let running = group.map(|group| group.world.reachable());
        running.into_iter().flatten().map(|node| node.0).collect()
    }

    fn a_member(&mut self) -> Option<Seat> {
        let members = self.members();
        let cluster = self.groups.newest?;
        (!members.is_empty()).then(|| (cluster, *self.nemesis.random.pick(&members)))
    }

    fn a_machine(&mut self) -> String {
        let names: Vec<String> = self.kubelet.machines.keys().cloned().collect();
        self.nemesis.random.pick(&names).clone()
    }

    fn kill_process(&mut self) {
        let Some(seat) = self.a_member() else { return };
        let power = self.nemesis.random.chance(300);
        self.groups.stop(seat, power);
        self.kubelet.wake();
        self.fault("processes killed", &format!(": {}", seat.1));
    }

    async fn delete_pod(&mut self) {
        let Some(seat) = self.a_member() else { return };
        let Some((_, pod)) = self.kubelet.place_of(seat) else {
            return;
        };
        let pod = pod.to_owned();
        self.direct.delete(&pod_path(&pod), &Value::Null).await;
        self.fault("pods deleted by others", &format!(": {pod}"));
    }

    /// A pod goes if the disruption budget lets it.
    async fn evict(&mut self) {
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
            .find(|budget| label(budget, names::LABEL_NAME) == super::user::NAME)
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
    pub(super) fn check_budget(&self) {
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

    fn darken(&mut self, now: Instant) {
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

    async fn lose_machine(&mut self) {
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

    async fn lose_claim(&mut self) {
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
    fn wipe(&mut self) {
        let Some(seat) = self.a_member() else { return };
        if !self.may_lose(seat.1) {
            return;
        }
        self.groups.stop(seat, true);
        self.groups.lose_disk(seat);
        self.kubelet.wake();
        self.fault("volumes wiped", &format!(": {}", seat.1));
    }

    fn disturb_members(&mut self) {
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

    /// No more faults, and those that last end.
    pub(super) fn end_faults(&mut self) {
        let now = self.clock.now();
        {
            let mut desk = lock(&self.desk);
            for weather in &mut desk.weather {
                weather.until = 0;
                weather.frozen.clear();
                weather.gone = 0;
                weather.death = None;
            }
        }
        {
            let mut wire = lock(&self.wire.wire);
            wire.late = (0, MS);
            wire.losing = 0;
            wire.cut.clear();
        }
        self.nemesis.enabled.clear();
        self.nemesis.dark.clear();
        self.kubelet.heal();
        for group in self.groups.all.values_mut() {
            group.calm();
        }
        self.checks.disturbed = now;
    }
}
