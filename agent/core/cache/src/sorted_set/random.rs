//! Random elements.

use std::collections::HashSet;

use super::{Element, SortedSet, elements_reply};
use crate::command::{Call, Error};
use crate::random::Random;

/// No more repetitions are answered at once.
const REPETITIONS_MAX: usize = 1 << 24;

/// `count [WITHSCORES]`: so many different ones, or so many with repetitions if negative.
pub(crate) fn run(call: &mut Call<'_>, count: i64, with_scores: bool) -> Result<(), Error> {
    let key = call.args[1];
    let len = call.keys.view::<SortedSet>(key)?.map_or(0, |set| set.len());
    call.keys.set_reads(false);
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let random = &mut call.keys.partition(key).random;
    let ranks: Vec<usize> = if len == 0 || count == 0 {
        Vec::new()
    } else if count < 0 {
        if wanted > REPETITIONS_MAX {
            return Err(Error::text("ERR value is out of range"));
        }
        (0..wanted).map(|_| random.below(len)).collect()
    } else if wanted >= len {
        (0..len).collect()
    } else {
        different(random, len, wanted)
    };
    let Some(set) = call.keys.view::<SortedSet>(key)? else {
        call.reply.array(0);
        return Ok(());
    };
    let element = |rank: &usize| set.range(*rank..*rank + 1, false).next();
    let elements: Box<dyn Iterator<Item = Element<'_>>> = if wanted >= len && count > 0 {
        Box::new(set.iter())
    } else {
        Box::new(ranks.iter().filter_map(element))
    };
    elements_reply(call.reply, ranks.len(), elements, with_scores);
    Ok(())
}

/// So many different numbers below `len`, each as probable as any other one (Floyd, 1987).
fn different(random: &mut Random, len: usize, count: usize) -> Vec<usize> {
    let mut chosen = HashSet::with_capacity(count);
    let mut all = Vec::with_capacity(count);
    for last in len - count..len {
        let number = random.below(last + 1);
        let number = if chosen.insert(number) { number } else { last };
        chosen.insert(number);
        all.push(number);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_different_and_all_are_probable() {
        let mut random = Random::new(1);
        let mut met = [0_usize; 20];
        for _ in 0..2000 {
            let mut chosen = different(&mut random, 20, 7);
            chosen.iter().for_each(|number| met[*number] += 1);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), 7);
        }
        assert!(
            met.iter().all(|count| (600..800).contains(count)),
            "{met:?}"
        );
    }
}
