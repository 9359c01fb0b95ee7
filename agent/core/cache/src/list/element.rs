//! An element as it is read.

use std::sync::Arc;

use crate::reply::Reply;

/// An element where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Element<'a> {
    /// Among others.
    Bytes(&'a [u8]),
    /// Alone, and shared.
    Shared(&'a Arc<Vec<u8>>),
}

impl<'a> Element<'a> {
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Shared(shared) => shared,
        }
    }

    /// Answers it.
    pub(crate) fn answer(self, reply: &mut Reply) {
        match self {
            Self::Bytes(bytes) => reply.bulk(bytes),
            Self::Shared(shared) => reply.bulk_shared(shared, 0..shared.len()),
        }
    }
}
