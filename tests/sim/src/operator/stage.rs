//! The stage: the embedded API, operators, agents, kubelet and groups on one line of simulated time, and how they take
//! turns. Operators run as they are shipped, as tasks of the runtime; everything else moves between their turns, so that
//! what they wrote is judged before anything else happens.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use synod_agent::admin::{self, Refused};
use synod_agent_api::Change;
use synod_operator::controller::Controller;
use synod_operator::kinds;
use synod_operator::local::api::{Api, Settings as ApiSettings};
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use synod_paxos::{ConfigId, Node};
use synod_replica::Request;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::checks::Checks;
use super::clock::{Clock, Surroundings};
use super::direct::Direct;
use super::groups::{Edition, Groups};
use super::kubelet::Kubelet;
use super::line::{Desk, Line, SharedDesk, lock};
use super::nemesis::Nemesis;
use super::reach::{Agents, Ask, Outcome, Post, Seat, SharedWire, Wire, Wish};
use super::run::Run;
use super::story::Story;
use super::subject::Kept;
use super::user::User;
use crate::Violation;
use crate::clock::{Instant, MS};
use crate::random::Random;
use crate::world::{Asker, Told};

/// How long operators run between two turns of the others.
const TICK: Duration = Duration::from_millis(10);
/// How often processes are looked at for news.
const POST_EVERY: Instant = 40 * MS;

/// The image that objects without one begin with.
pub(super) const FIRST_IMAGE: &str = "agent:default-1";

/// One process of the operator.
pub(super) struct Process {
    pub(super) number: usize,
    pub(super) stop: CancellationToken,
    pub(super) breaks: Arc<Bell>,
    /// When it is told to stop, if it acts beside another one.
    pub(super) ends: Option<Instant>,
    task: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

/// A question under way in a world.
struct Question {
    seat: Seat,
    operator: usize,
    knew: u64,
    answer: oneshot::Sender<Outcome>,
}

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

    /// Starts an operator, now and then of a newer release. Its number.
    pub(super) fn start_operator(&mut self) -> usize {
        let started = self.done.get("operators started").copied().unwrap_or(0);
        // Those that come later bring another default image; what began with the first keeps it.
        if started > 0 {
            self.default_image = format!("agent:default-{}", 1 + started / 2);
        }
        self.start_operator_again()
    }

    /// Starts an operator of the release that ran last. Its number.
    pub(super) fn start_operator_again(&mut self) -> usize {
        let number = lock(&self.desk).weather.len();
        let breaks = Arc::new(Bell::default());
        let line = Line::open(
            number,
            self.direct.api.clone(),
            self.desk.clone(),
            self.clock,
            breaks.clone(),
        );
        let reach = Agents {
            operator: number,
            shared: self.wire.clone(),
            clock: self.clock,
        };
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
        let clock = self.clock;
        let controller = Controller::new(
            line.client(),
            Settings {
                image: self.default_image.clone(),
                ..Settings::default()
            },
            kinds::all(),
            Arc::new(reach),
            metrics.clone(),
        )
        .clocked(Arc::new(move || clock.wall()));
        let task = tokio::spawn(controller.run(stop.clone()));
        self.operators.push(Process {
            number,
            stop,
            breaks,
            ends: None,
            task,
            metrics,
        });
        self.did("operators started");
        self.tell(&format!("operator {number} starts"));
        number
    }

    /// An operator dies where it stands.
    pub(super) fn kill_operator(&mut self, index: usize) {
        let process = self.operators.remove(index);
        lock(&self.desk).weather[process.number].dead = true;
        process.task.abort();
        self.check_panics(&process);
        self.tell(&format!("operator {} dies", process.number));
    }

    /// An operator is told to stop, as one that lost its lease.
    pub(super) fn stop_operator(&mut self, index: usize) {
        let process = self.operators.remove(index);
        lock(&self.desk).weather[process.number].stopped = true;
        process.stop.cancel();
        self.check_panics(&process);
        self.tell(&format!("operator {} is told to stop", process.number));
    }

    fn check_panics(&self, process: &Process) {
        let text = process.metrics.text();
        let panicked = text
            .lines()
            .any(|line| line.contains("\"panic\"") && !line.ends_with(" 0"));
        crate::demand!(
            "operator's mistakes",
            !panicked,
            "a look of operator {} panicked",
            process.number
        );
    }

    /// Checks those that still run.
    pub(super) fn check_all_panics(&self) {
        for process in &self.operators {
            self.check_panics(process);
        }
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

    fn replace_operators(&mut self, now: Instant) {
        let dead = |process: &Process| lock(&self.desk).weather[process.number].dead;
        if let Some(index) = self.operators.iter().position(dead) {
            self.kill_operator(index);
            if self.operators.iter().all(|process| process.ends.is_some()) {
                let span = self.random.below(6_000 * MS);
                self.restart_at.get_or_insert(now + span);
            }
        }
        let over = |process: &Process| process.ends.is_some_and(|ends| ends <= now);
        if let Some(index) = self.operators.iter().position(over) {
            self.stop_operator(index);
        }
        if self.restart_at.is_some_and(|at| at <= now) {
            self.restart_at = None;
            self.start_operator();
        }
    }

    /// Hands questions to the processes that they are for.
    fn forward(&mut self) {
        let asks = std::mem::take(&mut lock(&self.wire.wire).asks);
        for ask in asks {
            let Ask {
                operator,
                seat,
                wish,
                knew,
                answer,
            } = ask;
            self.tell(&format!(
                "operator {operator} asks member {}: {}",
                seat.1,
                wish_words(&wish)
            ));
            if let Wish::Change(request) = &wish {
                let late = lock(&self.wire.wire).late.0 > self.clock.now();
                let now = self.clock.now();
                self.checks.asked(seat, request, &self.groups, late, now);
            }
            let node = Node(seat.1);
            let group = self.groups.group_mut(seat.0);
            let group = group.filter(|group| {
                let host = group.world.hosts.get(&node);
                host.is_some_and(|host| host.agent.is_some())
            });
            let Some(group) = group else {
                drop(answer);
                continue;
            };
            self.asked += 1;
            let question = self.asked;
            let question_of = Question {
                seat,
                operator,
                knew,
                answer,
            };
            self.questions.insert(question, question_of);
            let asker = Asker::Operator(question);
            match wish {
                Wish::Change(request) => {
                    let expected = request.expected.map(ConfigId);
                    let change = match admin::step(request.change, &group.world.newest) {
                        Ok(change) => change,
                        Err(Refused(error)) => broken("membership", error.to_string()),
                    };
                    group.world.ask(node, asker, |ticket| Request::Change {
                        ticket,
                        expected,
                        change,
                    });
                }
                Wish::Transfer(request) => {
                    let to = request.to.map(Node);
                    group
                        .world
                        .ask(node, asker, |ticket| Request::Transfer { ticket, to });
                }
            }
        }
    }

    /// Takes the answers of the worlds to those who asked.
    fn take_told(&mut self) {
        let worlds = self.groups.all.values_mut().map(|group| &mut group.world);
        let told: Vec<(u64, Told)> = worlds
            .flat_map(|world| std::mem::take(&mut world.told))
            .collect();
        for (number, told) in told {
            let Some(question) = self.questions.remove(&number) else {
                continue;
            };
            let outcome = match told {
                Told::Changed(Ok(id)) => {
                    self.checks
                        .changed(question.operator, question.seat, question.knew, id.0);
                    self.did("members changed");
                    Ok(id.0)
                }
                Told::Changed(Err(refusal)) => Err(Refused::from(refusal).0),
                Told::Transferred(Ok(())) => {
                    self.did("leaders handed over");
                    Ok(0)
                }
                Told::Transferred(Err(refusal)) => Err(Refused::from(refusal).0),
                Told::Lost => continue,
            };
            let words = match &outcome {
                Ok(id) => format!("done ({id})"),
                Err(error) => error.to_string(),
            };
            self.tell(&format!("member {} answers: {words}", question.seat.1));
            let _ = question.answer.send(outcome);
        }
    }

    /// Tells what is new of each process.
    fn post(&mut self, now: Instant) {
        if now < self.post_at {
            return;
        }
        self.post_at = now + POST_EVERY;
        let mut posts = BTreeMap::new();
        let mut changed = false;
        for (seat, edition, mut status) in self.groups.statuses() {
            let Some(pod) = self.kubelet.pod_of(seat).map(str::to_owned) else {
                continue;
            };
            let before = lock(&self.wire.wire).posts.get(&seat).cloned();
            let same = before
                .as_ref()
                .is_some_and(|post| post.pod_uid == pod && self.told.get(&seat) == Some(&edition));
            if let Some(before) = before.filter(|_| same) {
                status.generation = before.status.generation;
            } else {
                self.generation += 1;
                status.generation = self.generation;
                self.told.insert(seat, edition);
                changed = true;
            }
            let post = Post {
                pod_uid: pod,
                status: Arc::new(status),
            };
            posts.insert(seat, post);
        }
        self.checks.saw(&posts, &self.groups, now);
        {
            let mut wire = lock(&self.wire.wire);
            changed |= wire.posts.len() != posts.len();
            wire.posts = posts;
        }
        if changed {
            self.wire.changed.ring();
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

fn wish_words(wish: &Wish) -> String {
    match wish {
        Wish::Transfer(request) => format!("transfer to {:?}", request.to),
        Wish::Change(request) => {
            let change = match &request.change {
                Change::Add {
                    number, learner, ..
                } => format!("add {number}{}", if *learner { " to learn" } else { "" }),
                Change::Promote { number } => format!("promote {number}"),
                Change::Remove { number } => format!("remove {number}"),
                Change::Swap { out, into } => format!("swap {out} for {into}"),
                Change::Update { number, .. } => format!("update {number}"),
            };
            format!("{change} at configuration {:?}", request.expected)
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
