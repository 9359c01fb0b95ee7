//! Differences, intersections and unions of the sets under several keys.

use std::cmp::Reverse;

use super::{INTSET, Members, Set, SetChange, SetView};
use crate::collection::Limits;
use crate::command::{Call, Error};
use crate::keys::Keys;
use crate::keyspace::Kind;
use crate::notice::Class;
use crate::packed::Packed;
use crate::partition::WrongKind;

/// What is made of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// What is in the first one and in no other one.
    Difference,
    /// What is in all of them.
    Intersection,
    /// What is in one of them.
    Union,
}

/// Answers what is made of the sets under these keys.
pub(crate) fn answer(
    call: &mut Call<'_>,
    operation: Operation,
    keys: &[&[u8]],
) -> Result<(), Error> {
    settle(&mut call.keys, keys)?;
    let sets = sets(&call.keys, keys)?;
    let reply = &mut *call.reply;
    made(operation, &sets, call.keys.limits(), |members| {
        reply.set(members.len());
        members.iter().for_each(|member| reply.bulk(member));
    });
    Ok(())
}

/// Puts what is made of the sets under these keys under another one, whatever was there, and answers how many members it has.
pub(crate) fn store(
    call: &mut Call<'_>,
    operation: Operation,
    event: &'static str,
) -> Result<(), Error> {
    let [_, destination, keys @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    call.keys.set_reads(true);
    settle(&mut call.keys, keys)?;
    let sets = sets(&call.keys, keys)?;
    let mut packed = Packed::default();
    made(operation, &sets, call.keys.limits(), |members| {
        members.iter().for_each(|member| packed.push(member));
    });
    let was_there = call.keys.make_room(destination);
    if packed.bytes().is_empty() {
        if was_there {
            call.keys.notify(Class::GENERIC, "del", destination);
        }
        call.reply.integer(0);
        return Ok(());
    }
    let added = call.keys.edit::<Set, _>(destination, |set| {
        set.notify(Class::SET, event);
        set.apply(&SetChange::Add {
            members: Members::Packed(packed.bytes()),
            expecting: INTSET,
        })
    })?;
    call.reply.count(added);
    Ok(())
}

/// How many members all of these sets have, counted up to `most`.
pub(crate) fn common(keys: &mut Keys<'_>, of: &[&[u8]], most: usize) -> Result<usize, Error> {
    settle(keys, of)?;
    let sets = sets(keys, of)?;
    Ok(intersection(&sets).take(most).count())
}

/// What expired goes, and what is there are sets.
fn settle(keys: &mut Keys<'_>, of: &[&[u8]]) -> Result<(), Error> {
    for key in of {
        if keys.kind(key).is_some_and(|kind| kind != Kind::Set) {
            return Err(Error::WrongKind);
        }
    }
    Ok(())
}

/// The sets under these keys, empty where there is none.
fn sets<'a>(keys: &'a Keys<'_>, of: &[&[u8]]) -> Result<Vec<SetView<'a>>, WrongKind> {
    let sets = of.iter().map(|key| keys.peek::<Set>(key));
    sets.map(|set| Ok(set?.unwrap_or(SetView::Packed(&[]))))
        .collect()
}

/// Hands over what is made of sets, each member once.
pub(super) fn made(
    operation: Operation,
    sets: &[SetView<'_>],
    limits: &Limits,
    take: impl FnOnce(&[&[u8]]),
) {
    match operation {
        Operation::Intersection => take(&intersection(sets).collect::<Vec<_>>()),
        Operation::Union => match sets {
            [one] => take(&one.iter().collect::<Vec<_>>()),
            _ => take(&union(sets, limits).view().iter().collect::<Vec<_>>()),
        },
        Operation::Difference => match difference_by_look(sets) {
            Some(members) => take(&members),
            None => take(
                &difference_by_removal(sets, limits)
                    .view()
                    .iter()
                    .collect::<Vec<_>>(),
            ),
        },
    }
}

/// Each member of the smallest set is looked for in the others, in the next smallest one first.
fn intersection<'a>(sets: &[SetView<'a>]) -> impl Iterator<Item = &'a [u8]> {
    let mut sets = sets.to_vec();
    sets.sort_by_cached_key(|set| set.len());
    let smallest = sets.first().copied();
    let members = smallest.into_iter().flat_map(SetView::iter);
    members.filter(move |member| sets[1..].iter().all(|set| set.contains(member)))
}

fn union(sets: &[SetView<'_>], limits: &Limits) -> Set {
    let mut union = Set::default();
    for member in sets.iter().copied().flat_map(SetView::iter) {
        union.add(member, limits);
    }
    union
}

/// Each member of the first set is looked for in the others, the largest of them first; nothing, if it is cheaper to remove the
/// members of the others from the first one.
pub(super) fn difference_by_look<'a>(sets: &[SetView<'a>]) -> Option<Vec<&'a [u8]>> {
    let [first, others @ ..] = sets else {
        return Some(Vec::new());
    };
    let of_others: usize = others.iter().map(|set| set.len()).sum();
    let there = others.iter().filter(|set| !set.is_empty()).count();
    // A look is cheaper than a removal, and finds out early.
    if first.len().saturating_mul(there + 1) / 2 > first.len() + of_others {
        return None;
    }
    let mut others = others.to_vec();
    others.sort_by_cached_key(|set| Reverse(set.len()));
    let is_in_none = |member: &&[u8]| !others.iter().any(|set| set.contains(member));
    Some(first.iter().filter(is_in_none).collect())
}

pub(super) fn difference_by_removal(sets: &[SetView<'_>], limits: &Limits) -> Set {
    let mut left = union(&sets[..1], limits);
    for member in sets[1..].iter().copied().flat_map(SetView::iter) {
        left.remove(member);
    }
    left
}
