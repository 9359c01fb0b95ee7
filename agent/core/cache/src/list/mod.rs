//! Lists: elements in an order of their own, put and taken at both ends.
//!
//! A small one is [`Packed`] in the table's entry, a larger one a [`LargeList`]: [`node`]s of some KiB, each of many elements in
//! [`row`] or of one alone, found by a [`directory`].

mod change;
mod directory;
mod element;
mod large;
mod lengths;
mod listpack;
pub(crate) mod moving;
mod node;
pub(crate) mod popping;
pub(crate) mod pushing;
mod range;
mod row;
mod small;
#[cfg(test)]
mod tests;
mod view;
pub(crate) mod waiting;

pub(crate) use change::{Elements, ListChange};
pub(crate) use element::Element;
pub(crate) use large::LargeList;
pub(crate) use range::{index, range, symmetric};
pub(crate) use view::ListView;

use crate::collection::{Closed, Collection, Kept, Limits, Object, PACKED_BYTES_MAX};
use crate::command::Error;
use crate::keyspace::Kind;
use crate::packed::{Packed, packed_bytes};
use crate::wire::{Corrupt, Reader, Writer};
use listpack::{LISTPACK, QUICKLIST, Size, listpack_bytes};

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Where the first element is.
    Head,
    /// Where the last one is.
    Tail,
}

impl End {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Head => Self::Tail,
            Self::Tail => Self::Head,
        }
    }

    /// As `LEFT` and `RIGHT` name it.
    pub(crate) fn named(word: &[u8]) -> Result<Self, Error> {
        if word.eq_ignore_ascii_case(b"left") {
            Ok(Self::Head)
        } else if word.eq_ignore_ascii_case(b"right") {
            Ok(Self::Tail)
        } else {
            Err(Error::Syntax)
        }
    }
}

/// A list while it is changed.
#[derive(Clone, Debug)]
pub(crate) struct List {
    body: Body,
    /// See [`LISTPACK`].
    shown: u8,
}

#[derive(Clone, Debug)]
enum Body {
    Packed(Packed),
    Large(Box<LargeList>),
}

impl Default for List {
    fn default() -> Self {
        Self {
            body: Body::Packed(Packed::default()),
            shown: LISTPACK,
        }
    }
}

impl List {
    pub(crate) fn view(&self) -> ListView<'_> {
        match &self.body {
            Body::Packed(packed) => ListView::Packed(packed.bytes()),
            Body::Large(large) => ListView::Large(large),
        }
    }

    fn push(&mut self, end: End, elements: Elements<'_>) {
        if let Some(packed) = self.packed_for(elements) {
            small::push(packed, end, elements);
        } else {
            let large = self.large(end);
            elements.iter().for_each(|element| large.push(end, element));
        }
    }

    fn pop(&mut self, end: End, count: usize) {
        match &mut self.body {
            Body::Packed(packed) => small::pop(packed, end, count),
            Body::Large(large) => large.pop(end, count),
        }
    }

    fn insert(&mut self, index: usize, element: &[u8]) {
        if let Some(packed) = self.packed_for(Elements::Given(&[element])) {
            let at = small::place(packed.bytes(), index).start;
            packed.splice(at..at, &[element]);
        } else {
            self.large(End::Tail).insert(index, element);
        }
    }

    fn set(&mut self, index: usize, element: &[u8]) {
        if let Some(packed) = self.packed_for(Elements::Given(&[element])) {
            let range = small::place(packed.bytes(), index);
            if !range.is_empty() {
                packed.splice(range, &[element]);
            }
        } else {
            self.large(End::Tail).set(index, element);
        }
    }

    fn drop_equal(&mut self, element: &[u8], end: End, count: usize) -> usize {
        match &mut self.body {
            Body::Packed(packed) => small::drop_equal(packed, element, end, count),
            Body::Large(large) => large.drop_equal(element, end, count),
        }
    }

    /// What is packed, if it stays small with these elements more.
    fn packed_for(&mut self, elements: Elements<'_>) -> Option<&mut Packed> {
        let Body::Packed(packed) = &mut self.body else {
            return None;
        };
        let more = elements.iter().map(|element| packed_bytes(element.len()));
        (packed.bytes().len() + more.sum::<usize>() <= PACKED_BYTES_MAX).then_some(packed)
    }

    /// The large list that it is, or becomes, to grow at an end.
    fn large(&mut self, end: End) -> &mut LargeList {
        if let Body::Packed(_) = &self.body {
            let mut large = Box::<LargeList>::default();
            for element in self.view().run_from(end.other()) {
                large.push(end, element.bytes());
            }
            self.body = Body::Large(large);
        }
        match &mut self.body {
            Body::Large(large) => large,
            Body::Packed(_) => unreachable!("it became large"),
        }
    }

    /// How large it is as a listpack.
    fn size(&self) -> Size {
        match &self.body {
            Body::Large(large) => large.size(),
            Body::Packed(packed) => {
                let mut size = Size::default();
                for (_, element) in packed.iter() {
                    size.count += 1;
                    size.bytes += listpack_bytes(element);
                }
                size
            }
        }
    }

    /// Shows it as what it is with these elements more. So Redis does before it looks at what is to go.
    fn grow(&mut self, elements: Elements<'_>, limits: &Limits) {
        if self.shown != LISTPACK {
            return;
        }
        let added = elements.iter();
        let (count, bytes) = added.fold((0, 0), |(count, bytes), element| {
            (count + 1, bytes + element.len())
        });
        let at_most = match &self.body {
            Body::Packed(packed) => Size::of_packed_at_most(packed.bytes().len()),
            Body::Large(large) => large.size(),
        };
        if at_most.is_too_large(count, bytes, limits)
            && self.size().is_too_large(count, bytes, limits)
        {
            self.shown = QUICKLIST;
        }
    }

    /// Keeps it, and shows it, as what it is now that elements went.
    fn shrink(&mut self, limits: &Limits) {
        if self.shown == QUICKLIST && self.size().is_half(limits) {
            self.shown = LISTPACK;
        }
        if let Body::Large(large) = &self.body
            && large
                .bytes()
                .is_some_and(|bytes| bytes <= PACKED_BYTES_MAX / 2)
        {
            let mut packed = Packed::default();
            for element in large.walk(0, End::Tail) {
                packed.push(element.bytes());
            }
            self.body = Body::Packed(packed);
        }
    }
}

impl Collection for List {
    const KIND: Kind = Kind::List;
    type View<'a> = ListView<'a>;
    type Change<'a> = ListChange<'a>;
    /// How many elements went that were looked for.
    type Outcome = usize;

    fn open_packed(bytes: Vec<u8>, shown: u8) -> Self {
        let body = Body::Packed(Packed::from_bytes(bytes));
        Self { body, shown }
    }

    fn open_object(object: Object, shown: u8) -> Self {
        let Object::List(large) = object else {
            unreachable!("a list's object is a list");
        };
        let body = Body::Large(large);
        Self { body, shown }
    }

    fn close(self) -> Closed {
        let kept = match self.body {
            Body::Packed(packed) => Kept::Packed(packed.into_bytes()),
            Body::Large(large) => Kept::Object(Object::List(large)),
        };
        Closed {
            kept,
            shown: self.shown,
        }
    }

    fn is_empty(&self) -> bool {
        match &self.body {
            Body::Packed(packed) => packed.bytes().is_empty(),
            Body::Large(large) => large.len() == 0,
        }
    }

    fn view_packed(bytes: &[u8]) -> ListView<'_> {
        ListView::Packed(bytes)
    }

    fn view_object(object: &Object) -> ListView<'_> {
        let Object::List(large) = object else {
            unreachable!("a list's object is a list");
        };
        ListView::Large(large)
    }

    fn apply(&mut self, change: &ListChange<'_>, limits: &Limits) -> usize {
        match *change {
            ListChange::Push { end, elements } => {
                self.grow(elements, limits);
                self.push(end, elements);
                return 0;
            }
            ListChange::Insert { index, element } => {
                self.grow(Elements::Given(&[element]), limits);
                self.insert(index, element);
                return 0;
            }
            ListChange::Set { index, element } => {
                self.grow(Elements::Given(&[element]), limits);
                self.set(index, element);
            }
            ListChange::Pop { end, count } => self.pop(end, count),
            ListChange::Drop {
                element,
                end,
                count,
            } => {
                let dropped = self.drop_equal(element, end, count);
                self.shrink(limits);
                return dropped;
            }
        }
        self.shrink(limits);
        0
    }

    fn write(change: &ListChange<'_>, out: &mut Writer<'_>) {
        change.write(out);
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<ListChange<'a>, Corrupt> {
        ListChange::read(from)
    }
}
