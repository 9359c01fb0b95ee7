//! `SADD key member [member ...]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::set::{Members, Set, SetChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, named @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let added = call.keys.edit::<Set, _>(key, |set| {
        let change = SetChange::Add {
            expecting: set.now().expecting(named[0], named.len(), set.limits()),
            members: Members::Named(named),
        };
        let added = set.try_apply(&change, |added| *added > 0);
        if added > 0 {
            set.notify(Class::SET, "sadd");
        }
        added
    })?;
    call.reply.count(added);
    Ok(())
}
