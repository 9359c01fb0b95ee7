//! What operators ask of the members, and what they are told: questions handed to the processes, answers taken back, and what is
//! new of each process posted.

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_agent::admin::{self, Refused};
use synod_agent_api::Change;
use synod_paxos::{ConfigId, Node};
use synod_replica::Request;
use tokio::sync::oneshot;

use super::{Stage, broken};
use crate::clock::{Instant, MS};
use crate::operator::line::lock;
use crate::operator::reach::{Ask, Outcome, Post, Seat, Wish};
use crate::operator::subject::Kept;
use crate::world::{Asker, Told};

/// How often processes are looked at for news.
const POST_EVERY: Instant = 40 * MS;

/// A question under way in a world.
pub(super) struct Question {
    seat: Seat,
    operator: usize,
    knew: u64,
    answer: oneshot::Sender<Outcome>,
}

impl<S: Kept> Stage<S> {
    /// Hands questions to the processes that they are for.
    pub(super) fn forward(&mut self) {
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
    pub(super) fn take_told(&mut self) {
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
    pub(super) fn post(&mut self, now: Instant) {
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
