//! Gives members their scores.

use super::{SortedSet, SortedSetChange};
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::double;

/// When a member gets its score, and what is answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// If it is new.
    pub(crate) only_new: bool,
    /// If it is not.
    pub(crate) only_known: bool,
    /// If its score becomes higher.
    pub(crate) only_higher: bool,
    /// If its score becomes lower.
    pub(crate) only_lower: bool,
    /// How many members were changed is answered, not how many were added.
    pub(crate) count_changed: bool,
    /// The score is added to that of the member, and the sum is answered.
    pub(crate) increment: bool,
}

/// What became of members.
#[derive(Default)]
struct Outcome {
    added: usize,
    changed: usize,
    /// The score of the last one that the rules let through.
    score: Option<f64>,
}

impl Rules {
    /// `[NX | XX] [GT | LT] [CH] [INCR]`, and what is behind these words.
    pub(crate) fn parse<'a>(&mut self, mut words: &'a [&'a [u8]]) -> &'a [&'a [u8]] {
        while let [word, rest @ ..] = words {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let rule = if is("nx") {
                &mut self.only_new
            } else if is("xx") {
                &mut self.only_known
            } else if is("gt") {
                &mut self.only_higher
            } else if is("lt") {
                &mut self.only_lower
            } else if is("ch") {
                &mut self.count_changed
            } else if is("incr") {
                &mut self.increment
            } else {
                break;
            };
            *rule = true;
            words = rest;
        }
        words
    }

    const fn check(&self, elements: usize) -> Result<(), Error> {
        if self.only_new && self.only_known {
            return Err(Error::text(
                "ERR XX and NX options at the same time are not compatible",
            ));
        }
        let others = self.only_higher as usize + self.only_lower as usize + self.only_new as usize;
        if others > 1 {
            return Err(Error::text(
                "ERR GT, LT, and/or NX options at the same time are not compatible",
            ));
        }
        if self.increment && elements > 1 {
            return Err(Error::text(
                "ERR INCR option supports a single increment-element pair",
            ));
        }
        Ok(())
    }

    /// What a member's score becomes, if the rules let it through.
    fn score(&self, before: Option<f64>, score: f64) -> Result<Option<f64>, Error> {
        let Some(before) = before else {
            return Ok((!self.only_known).then_some(score));
        };
        if self.only_new {
            return Ok(None);
        }
        let score = if self.increment {
            before + score
        } else {
            score
        };
        if score.is_nan() {
            return Err(Error::text("ERR resulting score is not a number (NaN)"));
        }
        let refused = self.only_lower && score >= before || self.only_higher && score <= before;
        Ok((!refused).then_some(score))
    }
}

/// Gives members the scores before them, each a pair of these words.
pub(crate) fn run(call: &mut Call<'_>, rules: Rules, pairs: &[&[u8]]) -> Result<(), Error> {
    if pairs.is_empty() || pairs.len() % 2 == 1 {
        return Err(Error::Syntax);
    }
    rules.check(pairs.len() / 2)?;
    let pair = |pair: &[&[u8]]| double(pair[0]).ok_or(Error::NotFloat);
    let scores: Vec<f64> = pairs.chunks_exact(2).map(pair).collect::<Result<_, _>>()?;
    let members = pairs.iter().skip(1).step_by(2).copied();
    put(call, rules, members.zip(scores))
}

/// Gives members their scores.
pub(crate) fn put<'a>(
    call: &mut Call<'_>,
    rules: Rules,
    elements: impl Iterator<Item = (&'a [u8], f64)>,
) -> Result<(), Error> {
    let outcome = call.keys.edit::<SortedSet, _>(call.args[1], |set| {
        let mut outcome = Outcome::default();
        for (member, score) in elements {
            let before = SortedSet::view(set.now()).score(member);
            if let Some(change) = outcome.of(rules, before, member, score)? {
                set.apply(&change);
            }
        }
        if outcome.added + outcome.changed > 0 {
            let event = if rules.increment { "zincr" } else { "zadd" };
            set.notify(Class::SORTED_SET, event);
        }
        Ok::<_, Error>(outcome)
    })??;
    match outcome.score {
        Some(score) if rules.increment => call.reply.double(score),
        None if rules.increment => call.reply.null(),
        _ if rules.count_changed => call.reply.count(outcome.added + outcome.changed),
        _ => call.reply.count(outcome.added),
    }
    Ok(())
}

impl Outcome {
    /// What is to be done to a member that had a score, or none.
    fn of<'a>(
        &mut self,
        rules: Rules,
        before: Option<f64>,
        member: &'a [u8],
        score: f64,
    ) -> Result<Option<SortedSetChange<'a>>, Error> {
        let Some(score) = rules.score(before, score)? else {
            return Ok(None);
        };
        self.score = Some(score);
        if before == Some(score) {
            return Ok(None);
        }
        match before {
            None => self.added += 1,
            Some(_) => self.changed += 1,
        }
        Ok(Some(SortedSetChange::Put { member, score }))
    }
}
