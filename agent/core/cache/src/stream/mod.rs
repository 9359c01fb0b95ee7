//! Streams: entries with growing ids, each with fields, and groups of consumers that share them.

mod answer;
mod change;
mod contents;
mod entries;
mod group;
mod id;
mod listpack;
mod node;
mod options;
mod parts;
mod reading;
mod trim;

#[cfg(test)]
mod tests;

use crate::collection::{Closed, Collection, Kept, Limits, Object};
use crate::keyspace::Kind;
use crate::wire::{Corrupt, Reader, Writer};

pub(crate) use answer::{answer_entries, answer_entry};
pub(crate) use change::{GroupChange, StreamChange};
pub(crate) use contents::Contents;
pub(crate) use group::{Consumer, Group, Pending};
pub(crate) use id::{Id, New, TEXT_BYTES_MAX};
pub(crate) use options::{AddOptions, TrimOptions};
pub(crate) use reading::{Reading, answer_key, answer_streams};

/// A stream while it is changed: one without entries is a stream like any other, so there may be none.
#[derive(Default)]
pub(crate) struct Stream(Option<Box<Contents>>);

impl Stream {
    /// What is in it, if it is there.
    pub(crate) fn contents(&self) -> Option<&Contents> {
        self.0.as_deref()
    }

    /// A group of it, if both are there.
    pub(crate) fn group(&self, name: &[u8]) -> Option<&Group> {
        self.contents()?.group(name)
    }
}

impl Collection for Stream {
    const KIND: Kind = Kind::Stream;
    type View<'a> = &'a Contents;
    type Change<'a> = StreamChange<'a>;
    type Outcome = ();

    fn open_packed(_: Vec<u8>, _: u8) -> Self {
        unreachable!("a stream is an object, however small")
    }

    fn open_object(object: Object, _: u8) -> Self {
        let Object::Stream(contents) = object else {
            unreachable!("its header says that it is a stream");
        };
        Self(Some(contents))
    }

    fn close(self) -> Closed {
        let contents = self.0.expect("it is not empty");
        Closed {
            kept: Kept::Object(Object::Stream(contents)),
            shown: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn view_packed(_: &[u8]) -> &Contents {
        unreachable!("a stream is an object, however small")
    }

    fn view_object(object: &Object) -> &Contents {
        let Object::Stream(contents) = object else {
            unreachable!("its header says that it is a stream");
        };
        contents
    }

    fn apply(&mut self, change: &StreamChange<'_>, limits: &Limits) {
        let contents = self.0.get_or_insert_default();
        contents.change(change, limits);
    }

    fn write(change: &StreamChange<'_>, out: &mut Writer<'_>) {
        change.write(out);
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<StreamChange<'a>, Corrupt> {
        StreamChange::read(from)
    }
}
