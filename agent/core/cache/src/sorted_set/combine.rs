//! Unions, intersections and differences of sorted sets.

use std::collections::HashMap;

use super::element::Element;
use super::input::scored_input;
use super::reply::elements_reply;
use super::store::{Scored, in_order, store};
use crate::command::{Call, Error};
use crate::number::{double, integer};

/// What is made of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combine {
    Union,
    Intersection,
    /// What is in the first one and in none of the others.
    Difference,
}

/// What becomes of the scores of a member that is in several inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

/// A key and its weight.
type Input<'a> = (&'a [u8], f64);

/// What is asked for.
#[derive(Debug)]
struct Combination<'a> {
    combine: Combine,
    inputs: Vec<Input<'a>>,
    aggregate: Aggregate,
    with_scores: bool,
    /// How many are counted at most; 0 for all.
    limit: usize,
}

/// What becomes of the result, which says which options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Answered,
    Stored,
    Counted,
}

/// `destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX]`
pub(crate) fn combine_and_store(
    call: &mut Call<'_>,
    combine: Combine,
    command: &'static str,
) -> Result<(), Error> {
    let destination = call.args[1];
    let combination = Combination::parse(call, 2, combine, Use::Stored, command)?;
    let elements = combination.elements(call)?;
    store(call, destination, elements, command)
}

/// `numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`
pub(crate) fn combine_and_answer(
    call: &mut Call<'_>,
    combine: Combine,
    command: &'static str,
) -> Result<(), Error> {
    let combination = Combination::parse(call, 1, combine, Use::Answered, command)?;
    let mut elements = combination.elements(call)?;
    in_order(&mut elements);
    let shown = elements
        .iter()
        .map(|(member, score)| Element::new(*score, member));
    elements_reply(call.reply, elements.len(), shown, combination.with_scores);
    Ok(())
}

/// `numkeys key [key ...] [LIMIT limit]`
pub(crate) fn count_intersection(call: &mut Call<'_>, command: &'static str) -> Result<(), Error> {
    let combination = Combination::parse(call, 1, Combine::Intersection, Use::Counted, command)?;
    let count = combination.count(call)?;
    call.reply.count(count);
    Ok(())
}

impl<'a> Combination<'a> {
    fn parse(
        call: &mut Call<'a>,
        at: usize,
        combine: Combine,
        used: Use,
        command: &'static str,
    ) -> Result<Self, Error> {
        let count = integer(call.args[at]).ok_or(Error::NotInteger)?;
        if count < 1 {
            let words = format!("ERR at least 1 input key is needed for '{command}' command");
            return Err(Error::Other(words.into()));
        }
        let rest = &call.args[at + 1..];
        let count = usize::try_from(count).map_err(|_| Error::Syntax)?;
        let (keys, options) = rest.split_at_checked(count).ok_or(Error::Syntax)?;
        call.keys.set_reads(true);
        for key in keys {
            scored_input(&mut call.keys, key)?;
        }
        // They are looked for once, however often they are read.
        call.keys.set_reads(false);
        let mut combination = Self {
            combine,
            inputs: keys.iter().map(|key| (*key, 1.0)).collect(),
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        combination.options(options, used)?;
        Ok(combination)
    }

    fn options<'w>(&mut self, mut words: &'w [&'w [u8]], used: Use) -> Result<(), Error> {
        let has_scores = used != Use::Counted && self.combine != Combine::Difference;
        while let [word, rest @ ..] = words {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            words = if has_scores && is("weights") && rest.len() >= self.inputs.len() {
                self.weights(rest)?
            } else if has_scores
                && is("aggregate")
                && let [how, rest @ ..] = rest
            {
                self.aggregate = Aggregate::parse(how)?;
                rest
            } else if used == Use::Answered && is("withscores") {
                self.with_scores = true;
                rest
            } else if used == Use::Counted
                && is("limit")
                && let [limit, rest @ ..] = rest
            {
                let limit = integer(limit).and_then(|limit| usize::try_from(limit).ok());
                self.limit = limit.ok_or(Error::text("ERR LIMIT can't be negative"))?;
                rest
            } else {
                return Err(Error::Syntax);
            };
        }
        Ok(())
    }

    fn weights<'w>(&mut self, words: &'w [&'w [u8]]) -> Result<&'w [&'w [u8]], Error> {
        let (weights, rest) = words.split_at(self.inputs.len());
        for ((_, weight), text) in self.inputs.iter_mut().zip(weights) {
            *weight = double(text).ok_or(Error::text("ERR weight value is not a float"))?;
        }
        Ok(rest)
    }

    /// The result, in no order that means anything.
    fn elements(&self, call: &mut Call<'_>) -> Result<Vec<Scored>, Error> {
        match self.combine {
            Combine::Union => self.union(call),
            Combine::Intersection => {
                let (first, others) = self.smallest_first(call)?;
                let mut elements = all(call, &first)?;
                for other in &others {
                    self.keep_shared(call, other, &mut elements)?;
                }
                Ok(elements)
            }
            Combine::Difference => {
                let mut elements = all(call, &self.inputs[0])?;
                for (key, _) in &self.inputs[1..] {
                    let other = scored_input(&mut call.keys, key)?;
                    elements.retain(|(member, _)| other.score(member).is_none());
                }
                Ok(elements)
            }
        }
    }

    fn union(&self, call: &mut Call<'_>) -> Result<Vec<Scored>, Error> {
        let (first, others) = self.smallest_first(call)?;
        let mut scores: HashMap<Box<[u8]>, f64> = HashMap::new();
        for (key, weight) in std::iter::once(&first).chain(&others) {
            scored_input(&mut call.keys, key)?.for_each(|element| {
                let score = weighted(element.score(), *weight);
                match scores.get_mut(element.member) {
                    Some(sum) => *sum = self.aggregate.of(*sum, score),
                    None => drop(scores.insert(element.member.into(), score)),
                }
            });
        }
        Ok(scores.into_iter().collect())
    }

    /// How many members all inputs share, or as many as are to be counted.
    fn count(&self, call: &mut Call<'_>) -> Result<usize, Error> {
        /// So many are looked for in all inputs before others are.
        const STEP: usize = 256;
        let (first, others) = self.smallest_first(call)?;
        let mut count = 0;
        for step in all(call, &first)?.chunks(STEP) {
            let mut step = step.to_vec();
            for other in &others {
                self.keep_shared(call, other, &mut step)?;
            }
            count += step.len();
            if self.limit > 0 && count >= self.limit {
                return Ok(self.limit);
            }
        }
        Ok(count)
    }

    /// Keeps what is in another input, too, with what becomes of the scores.
    fn keep_shared(
        &self,
        call: &mut Call<'_>,
        other: &Input<'_>,
        elements: &mut Vec<Scored>,
    ) -> Result<(), Error> {
        let input = scored_input(&mut call.keys, other.0)?;
        elements.retain_mut(|(member, score)| match input.score(member) {
            Some(found) => {
                *score = self.aggregate.of(*score, found * other.1);
                true
            }
            None => false,
        });
        Ok(())
    }

    /// The smallest input and the others, as they grow.
    fn smallest_first(&self, call: &mut Call<'_>) -> Result<(Input<'a>, Vec<Input<'a>>), Error> {
        let mut sized = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            sized.push((scored_input(&mut call.keys, input.0)?.len(), *input));
        }
        sized.sort_by_key(|(len, _)| *len);
        let mut inputs = sized.into_iter().map(|(_, input)| input);
        let first = inputs.next().expect("there is one");
        Ok((first, inputs.collect()))
    }
}

impl Aggregate {
    fn parse(word: &[u8]) -> Result<Self, Error> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("sum") {
            Ok(Self::Sum)
        } else if is("min") {
            Ok(Self::Min)
        } else if is("max") {
            Ok(Self::Max)
        } else {
            Err(Error::Syntax)
        }
    }

    /// What becomes of two scores. One that is none counts as nothing, or as 0 in a sum.
    fn of(self, score: f64, other: f64) -> f64 {
        match self {
            Self::Sum => number(score + other),
            Self::Min if other < score => other,
            Self::Max if other > score => other,
            Self::Min | Self::Max => score,
        }
    }
}

fn weighted(score: f64, weight: f64) -> f64 {
    number(weight * score)
}

/// 0 for what is none: the sum of two infinities, or none times infinity.
const fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// All elements of an input, with their scores times its weight.
fn all(call: &mut Call<'_>, (key, weight): &Input<'_>) -> Result<Vec<Scored>, Error> {
    let mut elements = Vec::new();
    scored_input(&mut call.keys, key)?.for_each(|element| {
        elements.push((element.member.into(), weighted(element.score(), *weight)));
    });
    Ok(elements)
}
