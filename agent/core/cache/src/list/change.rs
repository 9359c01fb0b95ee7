//! What can be done to a list.

use super::End;
use crate::wire::{Corrupt, Reader, Writer};

/// One change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListChange<'a> {
    /// Elements are added at an end, one after another.
    Push { end: End, elements: Elements<'a> },
    /// So many elements at an end go, or all.
    Pop { end: End, count: usize },
    /// The element of this number, if there is one, is another one from now on.
    Set { index: usize, element: &'a [u8] },
    /// An element is added before the one of this number, or as the last one.
    Insert { index: usize, element: &'a [u8] },
    /// The first elements of these bytes go, counted from an end, at most so many.
    Drop {
        element: &'a [u8],
        end: End,
        count: usize,
    },
}

const PUSH: u8 = 1;
const POP: u8 = 2;
const SET: u8 = 3;
const INSERT: u8 = 4;
const DROP: u8 = 5;

impl<'a> ListChange<'a> {
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        match *self {
            Self::Push { end, elements } => {
                start(out, PUSH, end);
                elements.write(out);
            }
            Self::Pop { end, count } => {
                start(out, POP, end);
                out.size(count);
            }
            Self::Set { index, element } => {
                out.byte(SET);
                out.size(index);
                out.bytes(element);
            }
            Self::Insert { index, element } => {
                out.byte(INSERT);
                out.size(index);
                out.bytes(element);
            }
            Self::Drop {
                element,
                end,
                count,
            } => {
                start(out, DROP, end);
                out.size(count);
                out.bytes(element);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        let op = from.byte()?;
        let end = if op & TAIL == 0 { End::Head } else { End::Tail };
        match op & !TAIL {
            PUSH => Ok(Self::Push {
                end,
                elements: Elements::read(from)?,
            }),
            POP => Ok(Self::Pop {
                end,
                count: from.size()?,
            }),
            SET => Ok(Self::Set {
                index: from.size()?,
                element: from.bytes()?,
            }),
            INSERT => Ok(Self::Insert {
                index: from.size()?,
                element: from.bytes()?,
            }),
            DROP => Ok(Self::Drop {
                end,
                count: from.size()?,
                element: from.bytes()?,
            }),
            _ => Err(Corrupt),
        }
    }
}

/// It is about the tail.
const TAIL: u8 = 0x80;

fn start(out: &mut Writer<'_>, op: u8, end: End) {
    out.byte(if end == End::Tail { op | TAIL } else { op });
}

/// Elements to be added: as arguments, or as they were written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Elements<'a> {
    /// These.
    Given(&'a [&'a [u8]]),
    /// So many, one after another, of which it was seen that they are there.
    Written(usize, &'a [u8]),
}

impl<'a> Elements<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let (given, count, written) = match self {
            Self::Given(elements) => (elements, 0, [].as_slice()),
            Self::Written(count, written) => ([].as_slice(), count, written),
        };
        let mut from = Reader(written);
        let written = (0..count).map_while(move |_| from.bytes().ok());
        given.iter().copied().chain(written)
    }

    fn write(self, out: &mut Writer<'_>) {
        out.size(match self {
            Self::Given(elements) => elements.len(),
            Self::Written(count, _) => count,
        });
        self.iter().for_each(|element| out.bytes(element));
    }

    fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        let count = from.size()?;
        let whole = from.0;
        for _ in 0..count {
            from.bytes()?;
        }
        let length = whole.len() - from.0.len();
        Ok(Self::Written(count, &whole[..length]))
    }
}
