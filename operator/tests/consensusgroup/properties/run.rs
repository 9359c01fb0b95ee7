//! One run: rounds of operators that act and of things that go wrong, the world's rules after each, and a calm end.

use serde_json::json;
use synod_agent_api::Kind;

use super::calm::calm;
use super::counts::Counts;
use super::dice::Dice;
use super::fate::{Fate, bereave, disturb, replace_authority};
use super::operator::Operator;
use crate::world::World;

const ROUNDS: usize = 100;

/// One run: what happened, and what was violated, if anything.
pub(super) fn play(seed: u64, fate: Fate, counts: &mut Counts) -> Result<(), String> {
    let mut dice = Dice(seed);
    let members = *dice.pick(&[1, 3, 3, 5, 7]).expect("some");
    // One decides for both kinds, so a share of the seeds is enough.
    let kind = match seed % 4 {
        3 => Kind::LockService,
        _ => Kind::ConsensusGroup,
    };
    let mut world = World::of(kind, json!({ "members": members }));
    let deposed = usize::from(dice.one_in(2));
    let mut operators = vec![Operator::start(&world)];
    operators.extend((0..deposed).map(|_| Operator::start(&world)));
    // One seed by itself tells its story.
    let trace = std::env::var_os("SYNOD_SEED").is_some();
    for round in 0..ROUNDS {
        let who = if dice.one_in(4) { deposed } else { 0 };
        if dice.one_in(10) {
            counts.add("operator restart");
            operators[who] = Operator::start(&world);
        }
        // No watch is behind, and no round under way, for as long as clients are given.
        if fate == Fate::Replaced && dice.one_in(8) {
            counts.add("an hour");
            world.leap(70);
            operators.fill_with(|| Operator::start(&world));
        }
        let line = if trace {
            format!("{round}.{who}")
        } else {
            String::new()
        };
        operators[who].turn(&mut world, &mut dice, counts, &line);
        let fault = match fate {
            Fate::Restless => disturb(&mut world, &mut dice, &operators),
            Fate::Replaced => replace_authority(&mut world, &mut dice, &operators),
            Fate::Bereft => bereave(&mut world, &mut dice),
        };
        if let Some(fault) = fault {
            counts.add(fault);
            if trace {
                println!("{round}: {fault}");
            }
        }
        if !dice.one_in(4) {
            world.settle();
        }
        if trace {
            println!("{round}: {}", world.group.told());
        }
        if let Some(violation) = world.group.violations.first() {
            return Err(violation.clone());
        }
    }
    // What is still held back arrives in the end.
    for mut operator in operators {
        operator.fresh = false;
        while let Some(action) = operator.round.pop_front()
            && operator.carry_out(&mut world, &action).is_ok()
        {}
    }
    calm(&mut world)
}
