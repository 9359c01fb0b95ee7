//! Places and distances as clients are answered them.

use super::Point;
use crate::reply::Reply;

/// A distance, with four digits behind the point.
pub(crate) fn distance_reply(reply: &mut Reply, distance: f64) {
    const WHOLE_MAX: f64 = 9e15;
    let scaled = (distance * 10_000.0).round_ties_even();
    let text = if scaled < WHOLE_MAX {
        let scaled = scaled as u64;
        format!("{}.{:04}", scaled / 10_000, scaled % 10_000)
    } else {
        format!("{distance:.4}")
    };
    reply.bulk(text.as_bytes());
}

/// Longitude and latitude.
pub(crate) fn point_reply(reply: &mut Reply, point: Point) {
    reply.array(2);
    reply.double_text(&coordinate(point.longitude));
    reply.double_text(&coordinate(point.latitude));
}

/// With seventeen digits behind the point, but for zeros at the end.
fn coordinate(degrees: f64) -> String {
    let text = format!("{degrees:.17}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}
