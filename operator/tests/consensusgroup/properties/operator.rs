//! One that looks, perhaps at what is long past, and acts, perhaps late, until it dies in the middle of something.

use std::collections::VecDeque;

use synod_agent_api::Change;
use synod_operator::action::Action;
use synod_operator::observe::Floor;

use super::counts::Counts;
use super::dice::Dice;
use crate::observed::View;
use crate::world::World;

/// One that looks and acts: the leader, or one that does not know yet that it is deposed.
pub(super) struct Operator {
    view: View,
    /// What is left of the round that it is in.
    pub(super) round: VecDeque<Action>,
    floor: Option<Floor>,
    asked: Option<u64>,
    /// It decided on what its agents tell now.
    pub(super) fresh: bool,
}

impl Operator {
    /// A new process knows no floor, and asks every agent anew.
    pub(super) fn start(world: &World) -> Self {
        Self {
            view: View::of(world),
            round: VecDeque::new(),
            floor: None,
            asked: None,
            fresh: true,
        }
    }

    /// Goes on with its round, or looks and begins one.
    pub(super) fn turn(
        &mut self,
        world: &mut World,
        dice: &mut Dice,
        counts: &mut Counts,
        trace: &str,
    ) {
        if self.round.is_empty() {
            self.look(world, dice, counts);
        } else {
            // Whatever was true when it decided, and when it asked, is of the past.
            self.fresh = false;
        }
        while let Some(action) = self.round.pop_front() {
            if dice.one_in(30) {
                counts.add("crash between two writes");
                self.round.clear();
                return;
            }
            if dice.one_in(15) {
                counts.add("round held back");
                self.round.push_front(action);
                return;
            }
            let done = self.carry_out(world, &action);
            if !trace.is_empty() {
                println!("{trace}: {action}: {done:?}");
            }
            counts.add(action.word());
            if done.is_err() {
                counts.add("refused write");
                self.round.clear();
                return;
            }
            if dice.one_in(3) {
                world.settle();
                self.fresh = false;
            }
        }
    }

    fn look(&mut self, world: &mut World, dice: &mut Dice, counts: &mut Counts) {
        self.fresh = see(&mut self.view, world, dice, counts);
        self.asked = None;
        let decision = self.view.decide(self.floor);
        self.round = decision.strands.concat().into();
        // A status is written over the object that was seen only.
        if self.view.sees_the_object(world) {
            world.status = decision.status;
        }
    }

    /// Whether it is about to remove a voter, and has looked at this claim: what befalls it in between cannot be known, in any
    /// cluster.
    pub(super) fn relies_on(&self, claim: &str) -> bool {
        let removes = |action: &Action| matches!(action, Action::Membership { request, .. } if matches!(request.change, Change::Remove { .. }));
        let is_to_look = |action: &Action| matches!(action, Action::ConfirmUnchanged { seen } if seen.name == claim);
        self.round.iter().any(removes) && !self.round.iter().any(is_to_look)
    }

    pub(super) fn carry_out(&mut self, world: &mut World, action: &Action) -> Result<(), String> {
        (world.floor, world.asked, world.group.fresh) = (self.floor, self.asked, self.fresh);
        world.trust.seen = self.view.authority();
        let done = world.act(action);
        (self.floor, self.asked) = (world.floor, world.asked);
        done
    }
}

/// Each watch delivers, or is late. Returns whether the agents' answers are not.
fn see(view: &mut View, world: &World, dice: &mut Dice, counts: &mut Counts) -> bool {
    type See = fn(&mut View, &World);
    let watches: [(See, &str); 4] = [
        (View::see_objects, "stale list of objects"),
        (View::see_claims, "stale list of claims"),
        (View::see_pods, "stale list of pods"),
        (View::see_others, "stale list of others"),
    ];
    for (watch, stale) in watches {
        if dice.one_in(3) {
            counts.add(stale);
        } else {
            watch(view, world);
        }
    }
    let fresh = !dice.one_in(3);
    if fresh {
        view.see_agents(world);
    } else {
        counts.add("stale answers of agents");
    }
    fresh
}
