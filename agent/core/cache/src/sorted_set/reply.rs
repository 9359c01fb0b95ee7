//! Elements as clients are answered them.

use super::element::Element;
use crate::reply::{Protocol, Reply};

/// An element with its score.
pub(crate) fn element_reply(reply: &mut Reply, element: &Element<'_>) {
    reply.bulk(element.member);
    reply.double(element.score());
}

/// So many elements; with their scores each is an array of its own where the client speaks RESP3.
pub(crate) fn elements_reply<'a>(
    reply: &mut Reply,
    count: usize,
    elements: impl Iterator<Item = Element<'a>>,
    with_scores: bool,
) {
    if !with_scores {
        reply.array(count);
        elements.for_each(|element| reply.bulk(element.member));
    } else if reply.protocol() == Protocol::Resp3 {
        reply.array(count);
        for element in elements {
            reply.array(2);
            element_reply(reply, &element);
        }
    } else {
        reply.array(2 * count);
        elements.for_each(|element| element_reply(reply, &element));
    }
}
