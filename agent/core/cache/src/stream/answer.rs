//! Entries as clients are answered them.

use super::node::Entry;
use crate::reply::Reply;

/// An entry: its id, and its fields with their values.
pub(crate) fn answer_entry(entry: &Entry<'_>, reply: &mut Reply) {
    reply.array(2);
    entry.id.answer(reply);
    reply.array(2 * entry.len());
    for (field, value) in entry.fields() {
        reply.bulk(field);
        reply.bulk(value);
    }
}

/// An array of entries.
pub(crate) fn answer_entries<'a>(entries: impl Iterator<Item = Entry<'a>>, reply: &mut Reply) {
    let (at, mut count) = (reply.bytes().len(), 0);
    for entry in entries {
        answer_entry(&entry, reply);
        count += 1;
    }
    reply.before(at, |reply| reply.array(count));
}
