//! `GEODIST key member1 member2 [M | KM | FT | MI]`

use crate::command::{Call, Error};
use crate::geo::{Point, Unit, distance_reply};
use crate::sorted_set::SortedSet;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let unit = match call.args[4..] {
        [] => Unit::METER,
        [unit] => Unit::parse(unit)?,
        _ => return Err(Error::Syntax),
    };
    let set = call.keys.view::<SortedSet>(call.args[1])?;
    let point = |member: &[u8]| Some(Point::of_score(set?.score(member)?));
    match point(call.args[2]).zip(point(call.args[3])) {
        Some((one, other)) => distance_reply(call.reply, one.distance(other) / unit.meters()),
        None => call.reply.null(),
    }
    Ok(())
}
