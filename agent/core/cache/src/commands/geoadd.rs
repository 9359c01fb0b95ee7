//! `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`

use crate::command::{Call, Error};
use crate::geo::Point;
use crate::sorted_set::add::{self, Rules};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (mut rules, mut words) = (Rules::default(), &call.args[2..]);
    while let [word, rest @ ..] = words {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let rule = if is("nx") {
            &mut rules.only_new
        } else if is("xx") {
            &mut rules.only_known
        } else if is("ch") {
            &mut rules.count_changed
        } else {
            break;
        };
        *rule = true;
        words = rest;
    }
    if words.len() % 3 != 0 || rules.only_new && rules.only_known {
        return Err(Error::Syntax);
    }
    let score = |place: &[&[u8]]| Point::parse(place[0], place[1]).map(Point::score);
    let scores: Vec<f64> = words.chunks_exact(3).map(score).collect::<Result<_, _>>()?;
    if scores.is_empty() {
        return Err(Error::Syntax);
    }
    let members = words.chunks_exact(3).map(|place| place[2]);
    add::put(call, rules, members.zip(scores))
}
