//! The few commands that a difference needs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::stream::Step;

/// So long it is tried to leave commands out.
const PATIENCE: Duration = Duration::from_secs(30);

/// Leaves out what `fails` does not need: first all but the last ones, then pieces that become smaller.
pub(crate) fn shrunk(steps: &[Step], mut fails: impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let since = Instant::now();
    let mut steps = steps.to_vec();
    let mut kept = 4;
    while kept < steps.len() {
        let last = &steps[steps.len() - kept..];
        if fails(last) {
            steps = last.to_vec();
            break;
        }
        kept *= 4;
    }
    if let Some(related) = related(&steps, &mut fails) {
        steps = related;
    }
    let mut piece = steps.len() / 2;
    while piece > 0 {
        let mut at = 0;
        let mut is_smaller = false;
        while at < steps.len() {
            if since.elapsed() > PATIENCE {
                return steps;
            }
            let end = (at + piece).min(steps.len());
            let without = [&steps[..at], &steps[end..]].concat();
            if !without.is_empty() && fails(&without) {
                steps = without;
                is_smaller = true;
            } else {
                at = end;
            }
        }
        if piece == 1 && is_smaller {
            continue;
        }
        piece /= 2;
    }
    steps
}

/// Only the steps that have words in common with the last one, or with those that have, if that is enough.
fn related(steps: &[Step], fails: &mut impl FnMut(&[Step]) -> bool) -> Option<Vec<Step>> {
    const LEVELS: usize = 3;
    let mut words: BTreeSet<&[u8]> = BTreeSet::new();
    words.extend(steps.last()?.words[1..].iter().map(Vec::as_slice));
    for _ in 0..LEVELS {
        let known = words.clone();
        let is_related = |step: &&Step| {
            let mut own = step.words[1..].iter();
            own.any(|word| known.contains(word.as_slice())) || step.words.len() == 1
        };
        let related: Vec<_> = steps.iter().filter(is_related).collect();
        let owned: Vec<_> = related.iter().copied().cloned().collect();
        if fails(&owned) {
            return Some(owned);
        }
        words.extend(
            related
                .iter()
                .flat_map(|step| step.words[1..].iter().map(Vec::as_slice)),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Compare;

    #[test]
    fn what_is_needed_is_left() {
        let step = |index| Step {
            index,
            client: 0,
            words: vec![Vec::new()],
            compare: Compare::Exact,
        };
        let steps: Vec<_> = (0..1000).map(step).collect();
        let needed = [17, 400, 999];
        let has = |steps: &[Step], index| steps.iter().any(|step| step.index == index);
        let left = shrunk(&steps, |steps| {
            needed.iter().all(|index| has(steps, *index))
        });
        let left: Vec<_> = left.iter().map(|step| step.index).collect();
        assert_eq!(left, needed);
    }
}
