//! Searches in a circle or in a box.

use super::area::Shape;
use super::options::{Order, Query};
use super::reply::{distance_reply, point_reply};
use super::{Point, Unit};
use crate::command::{Call, Error};
use crate::reply::Reply;
use crate::sorted_set::{Element, Scored, SortedSet, SortedSetView, store};

/// Which command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `GEORADIUS`, or that without `STORE`.
    Around { stores: bool },
    /// `GEORADIUSBYMEMBER`, or that without `STORE`.
    AroundMember { stores: bool },
    /// `GEOSEARCH`
    Search,
    /// `GEOSEARCHSTORE`
    SearchAndStore,
}

struct Hit<'a> {
    element: Element<'a>,
    point: Point,
    /// In meters.
    distance: f64,
}

/// Carries it out.
pub(crate) fn run(call: &mut Call<'_>, form: Form) -> Result<(), Error> {
    let source = if form == Form::SearchAndStore { 2 } else { 1 };
    call.keys.set_reads(true);
    let set = call.keys.view::<SortedSet>(call.args[source])?;
    let query = Query::parse(call.args, form, set)?;
    let hits = match (set, query.middle, query.shape) {
        (Some(set), Some(middle), Some(shape)) => hits(set, middle, shape, &query),
        _ => Vec::new(),
    };
    let Some(destination) = query.destination else {
        call.reply.array(hits.len());
        hits.iter().for_each(|hit| hit.answer(call.reply, &query));
        return Ok(());
    };
    let event = match form {
        Form::Around { .. } | Form::AroundMember { .. } => "georadiusstore",
        Form::Search | Form::SearchAndStore => "geosearchstore",
    };
    let score = |hit: &Hit<'_>| match query.stores_distances {
        true => hit.distance_in(query.unit),
        false => hit.element.score(),
    };
    let scored = |hit: &Hit<'_>| (hit.element.member.into(), score(hit));
    let elements: Vec<Scored> = hits.iter().map(scored).collect();
    store(call, destination, elements, event)
}

/// What is found, in the order that is asked for.
fn hits<'a>(
    set: SortedSetView<'a>,
    middle: Point,
    shape: Shape,
    query: &Query<'_, '_>,
) -> Vec<Hit<'a>> {
    let count = query.count.unwrap_or(usize::MAX);
    let enough = if query.any { count } else { usize::MAX };
    let mut hits = Vec::new();
    for cell in shape.cells(middle) {
        let (min, max) = cell.scores();
        let first = set.count_before(|element| element.score() < min);
        let last = set.count_before(|element| element.score() < max);
        let elements = set.range(first..last.max(first), false);
        let found = elements.filter_map(|element| {
            let point = Point::of_score(element.score());
            let distance = shape.distance(middle, point)?;
            Some(Hit {
                element,
                point,
                distance,
            })
        });
        hits.extend(found.take(enough - hits.len()));
    }
    let order = match query.order {
        None if query.count.is_some() && !query.any => Some(Order::NearestFirst),
        order => order,
    };
    match order {
        Some(Order::NearestFirst) => {
            hits.sort_by(|one, other| one.distance.total_cmp(&other.distance))
        }
        Some(Order::FurthestFirst) => {
            hits.sort_by(|one, other| other.distance.total_cmp(&one.distance))
        }
        None => {}
    }
    hits.truncate(count);
    hits
}

impl Hit<'_> {
    const fn distance_in(&self, unit: Unit) -> f64 {
        self.distance / unit.meters()
    }

    fn answer(&self, reply: &mut Reply, query: &Query<'_, '_>) {
        let more = [query.with_distance, query.with_hash, query.with_point];
        let more = more.into_iter().filter(|with| *with).count();
        if more > 0 {
            reply.array(1 + more);
        }
        reply.bulk(self.element.member);
        if query.with_distance {
            distance_reply(reply, self.distance_in(query.unit));
        }
        if query.with_hash {
            reply.integer(self.element.score() as i64);
        }
        if query.with_point {
            point_reply(reply, self.point);
        }
    }
}
