//! `SMOVE source destination member`

use crate::command::{Call, Error};
use crate::keyspace::Kind;
use crate::notice::Class;
use crate::set::{Members, Set, SetChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, source, destination, member] = *call.args else {
        unreachable!("its arity says so");
    };
    let Some(set) = call.keys.view::<Set>(source)? else {
        call.reply.integer(0);
        return Ok(());
    };
    let is_in = set.contains(member);
    let kind = call.keys.kind(destination);
    if kind.is_some_and(|kind| kind != Kind::Set) {
        return Err(Error::WrongKind);
    }
    if is_in && source != destination {
        let named = [member];
        let members = Members::Named(&named);
        call.keys.edit::<Set, _>(source, |set| {
            set.apply(&SetChange::Remove { members });
            set.notify(Class::SET, "srem");
        })?;
        call.keys.edit::<Set, _>(destination, |set| {
            let expecting = set.now().expecting(member, 1, set.limits());
            let change = SetChange::Add { members, expecting };
            if set.try_apply(&change, |added| *added > 0) > 0 {
                set.notify(Class::SET, "sadd");
            }
        })?;
    }
    call.reply.integer(i64::from(is_in));
    Ok(())
}
