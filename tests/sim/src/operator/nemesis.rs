//! Who makes the faults, and what may go wrong: on the operators' lines to the API, with their processes, on the way to
//! the agents, with pods, volumes and machines, and among the members. It never takes more data than a group survives,
//! and it stops.

mod eviction;
mod losses;
mod operators;

use super::line::lock;
use super::stage::Stage;
use super::subject::Kept;
use crate::clock::{Instant, MS, SECOND};
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

    /// Numbers of the members whose processes run.
    fn members(&self) -> Vec<u64> {
        let group = self.groups.live();
        let running = group.map(|group| group.world.reachable());
        running.into_iter().flatten().map(|node| node.0).collect()
    }

    fn a_machine(&mut self) -> String {
        let names: Vec<String> = self.kubelet.machines.keys().cloned().collect();
        self.nemesis.random.pick(&names).clone()
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
