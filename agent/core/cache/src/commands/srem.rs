//! `SREM key member [member ...]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::set::{Members, Set, SetChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, named @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let removed = call.keys.edit::<Set, _>(key, |set| {
        let members = Members::Named(named);
        let removed = set.try_apply(&SetChange::Remove { members }, |removed| *removed > 0);
        if removed > 0 {
            set.notify(Class::SET, "srem");
        }
        removed
    })?;
    call.reply.count(removed);
    Ok(())
}
