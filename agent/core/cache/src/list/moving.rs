//! What all commands do that move an element from one list to another one.

use super::{Elements, End, List, ListChange, popping, pushing};
use crate::command::{Call, Error};
use crate::keyspace::Kind;
use crate::notice::Class;
use crate::partition::{Edit, WrongKind};

/// From which end to which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) from: End,
    pub(crate) to: End,
}

impl Ends {
    /// As `RPOPLPUSH` moves.
    pub(crate) const AROUND: Self = Self {
        from: End::Tail,
        to: End::Head,
    };

    /// As `LMOVE` names them.
    pub(crate) fn named(from: &[u8], to: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            from: End::named(from)?,
            to: End::named(to)?,
        })
    }
}

/// Moves an element and answers it; whether there was one.
pub(crate) fn move_one(call: &mut Call<'_>, ends: Ends) -> Result<bool, Error> {
    let [_, source, destination, ..] = call.args else {
        unreachable!("its arity says so");
    };
    let element = call.keys.view::<List>(source)?;
    let Some(element) = element.and_then(|list| list.end(ends.from)) else {
        return Ok(false);
    };
    // The lists may be in different partitions.
    let element = element.bytes().to_vec();
    let push = |list: &mut Edit<'_, List>| {
        list.apply(&ListChange::Push {
            end: ends.to,
            elements: Elements::Given(&[&element]),
        });
        list.notify(Class::LIST, pushing::event(ends.to));
    };
    if source == destination {
        let (from, count) = (ends.from, 1);
        call.keys.edit::<List, _>(source, |list| {
            list.apply(&ListChange::Pop { end: from, count });
            push(list);
            list.notify(Class::LIST, popping::event(from));
        })?;
    } else {
        let kind = call.keys.kind(destination);
        if kind.is_some_and(|kind| kind != Kind::List) {
            return Err(WrongKind.into());
        }
        call.keys.edit::<List, _>(destination, push)?;
        let pop = |list: &mut Edit<'_, List>| popping::remove(list, ends.from, 1);
        call.keys.edit::<List, _>(source, pop)?;
    }
    call.reply.bulk(&element);
    Ok(true)
}
