//! The stage: the embedded API, operators, agents, kubelet and groups on one line of simulated time, and how they take
//! turns. Operators run as they are shipped, as tasks of the runtime; everything else moves between their turns, so that
//! what they wrote is judged before anything else happens.

mod processes;
mod questions;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use synod_operator::local::api::{Api, Settings as ApiSettings};

use super::bell::Bell;
use super::checks::Checks;
use super::clock::{Clock, Surroundings};
use super::direct::Direct;
use super::groups::{Edition, Groups};
use super::kubelet::Kubelet;
use super::line::{Desk, SharedDesk, lock};
use super::nemesis::Nemesis;
use super::reach::{Seat, SharedWire, Wire};
use super::run::Run;
use super::story::Story;
use super::subject::Kept;
use super::user::User;
use crate::Violation;
use crate::clock::Instant;
use crate::random::Random;
use processes::Process;
use questions::Question;

/// How long operators run between two turns of the others.
const TICK: Duration = Duration::from_millis(10);

/// The image that objects without one begin with.
pub(super) const FIRST_IMAGE: &str = "agent:default-1";

/// Everything.
pub(super) struct Stage<S: Kept> {
    pub(super) random: Random,
    pub(super) clock: Clock,
    pub(super) direct: Direct,
    pub(super) groups: Groups<S>,
    pub(super) kubelet: Kubelet,
    pub(super) desk: SharedDesk,
    pub(super) wire: SharedWire,
    pub(super) operators: Vec<Process>,
    pub(super) checks: Checks,
    pub(super) user: User,
    pub(super) nemesis: Nemesis,
    pub(super) done: BTreeMap<&'static str, u64>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// When an operator is started in place of one that died.
    pub(super) restart_at: Option<Instant>,
    /// The default image of the operator's release.
    default_image: String,
    story: Rc<RefCell<Story>>,
    questions: BTreeMap<u64, Question>,
    asked: u64,
    told: BTreeMap<Seat, Edition>,
    generation: u64,
    post_at: Instant,
    revision: u64,
}

impl<S: Kept> Stage<S> {
    /// The stage of a seed: an API with our definitions, nodes, and nobody on it yet.
    pub(super) async fn set(seed: u64, story: Rc<RefCell<Story>>) -> Self {
        let mut random = Random::new(seed);
        let clock = Clock::start();
        let api = Api::open(ApiSettings {
            environment: Arc::new(Surroundings::new(clock, random.fork())),
            ..ApiSettings::volatile()
        });
        let direct = Direct {
            api: api.expect("an API in memory"),
        };
        let mut stage = Self {
            clock,
            direct,
            groups: Groups::new(random.fork()),
            kubelet: Kubelet::new(random.fork()),
            desk: Arc::new(Mutex::new(Desk::new(random.fork()))),
            wire: SharedWire {
                wire: Arc::new(Mutex::new(Wire::new(random.fork()))),
                changed: Arc::new(Bell::default()),
            },
            operators: Vec::new(),
            checks: Checks::default(),
            user: User::new::<S>(random.fork()),
            nemesis: Nemesis::new(random.fork()),
            done: BTreeMap::new(),
            faults: BTreeMap::new(),
            restart_at: None,
            default_image: FIRST_IMAGE.to_owned(),
            story,
            questions: BTreeMap::new(),
            asked: 0,
            told: BTreeMap::new(),
            generation: 0,
            post_at: 0,
            revision: 0,
            random,
        };
        for definition in synod_crds::definitions() {
            let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
            stage.direct.create(path, &json!(definition)).await;
        }
        for _ in 0..8 {
            stage.kubelet.add_machine(&stage.direct).await;
        }
        stage
    }

    /// Notes something in the story.
    pub(super) fn tell(&self, words: &str) {
        self.story.borrow_mut().add(self.clock.now(), words);
    }

    /// Counts something that was done.
    pub(super) fn did(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// Counts a fault and notes it.
    pub(super) fn fault(&mut self, what: &'static str, words: &str) {
        *self.faults.entry(what).or_default() += 1;
        self.tell(&format!("-- fault: {what}{words}"));
    }

    /// Lets time pass for everybody.
    pub(super) async fn pass(&mut self, span: Duration) {
        let end = self.clock.now() + nanos(span);
        while self.clock.now() < end {
            tokio::time::sleep(TICK).await;
            self.turn().await;
        }
    }

    /// Lets time pass for the API and the operators alone, in which the groups stand still.
    pub(super) async fn pass_quietly(&mut self, span: Duration) {
        let begin = self.clock.now();
        tokio::time::sleep(span).await;
        self.judge();
        self.groups.froze(self.clock.now() - begin);
    }

    /// Everybody but the operators does what is due.
    async fn turn(&mut self) {
        let now = self.clock.now();
        self.judge();
        self.replace_operators(now);
        self.forward();
        self.groups.advance(now);
        self.take_told();
        let before = self.groups.newest;
        self.kubelet.look(&self.direct, &mut self.groups, now).await;
        for note in std::mem::take(&mut self.kubelet.notes) {
            self.tell(&note);
        }
        if self.groups.newest != before {
            self.began(before.is_some());
        }
        self.collect();
        self.post(now);
    }

    /// A cluster began.
    fn began(&mut self, again: bool) {
        self.did("clusters begun");
        let newest = self.groups.newest.expect("one began");
        let recovered = self.groups.is_successor(newest) && !self.user.spec["recovery"].is_null();
        crate::demand!(
            "begun once",
            !again || self.user.may_begin_anew || recovered,
            "a second cluster begins beside the data of the first"
        );
        self.user.may_begin_anew = false;
    }

    fn collect(&mut self) {
        if self.direct.api.revision() != self.revision {
            let collected = self.direct.api.collect_once();
            collected.expect("the collector works");
            self.revision = self.direct.api.revision();
        }
    }

    fn judge(&mut self) {
        let writes = std::mem::take(&mut lock(&self.desk).writes);
        for write in writes {
            let words = super::checks::words(&write);
            self.tell(&words);
            self.did(super::checks::kind_of(&write));
            let now = self.clock.now();
            // What was on its way by then arrives for an object that is gone, and is collected.
            let refused = self
                .user
                .refuses
                .is_some_and(|since| since < write.begun.at)
                && super::checks::kind_of(&write) == "pods created";
            crate::demand!(
                "refused claims",
                !refused,
                "operator {} starts {} though the data is refused",
                write.operator,
                write.name
            );
            self.checks
                .judge(&write, &self.direct, &self.groups, &self.kubelet, now);
        }
    }
    /// What became of it, so far.
    pub(super) fn summary(&self) -> Run {
        let (operations, elections) = self.groups.work();
        let mut done = self.done.clone();
        done.insert("processes started", self.kubelet.started);
        done.extend(self.groups.facts());
        done.insert(S::KIND.name, 1);
        let mut faults = self.faults.clone();
        for (what, count) in &lock(&self.desk).counts {
            *faults.entry(what).or_default() += count;
        }
        for (what, count) in &lock(&self.wire.wire).counts {
            *faults.entry(what).or_default() += count;
        }
        let worlds = self.groups.all.values().map(|group| &group.world);
        let hash = worlds.fold(0, |hash: u64, world| {
            hash.rotate_left(7) ^ world.trace.hash()
        });
        Run {
            time: self.clock.now(),
            operations,
            elections,
            done,
            faults,
            hash,
            ..Run::default()
        }
    }
}

/// A span in nanoseconds.
pub(super) fn nanos(span: Duration) -> Instant {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Ends the run.
pub(super) fn broken(checker: &'static str, evidence: String) -> ! {
    Violation::raise(checker, evidence)
}
