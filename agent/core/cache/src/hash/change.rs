//! What can be done to a hash.

use crate::wire::{Corrupt, Reader, Writer};

/// A change of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashChange<'a> {
    /// The field has this value, until then; whether it is new.
    Put {
        field: &'a [u8],
        value: &'a [u8],
        /// In Unix milliseconds.
        expiry: Option<i64>,
    },
    /// The field goes; whether it was there.
    Remove { field: &'a [u8] },
    /// The field, if it is there, goes then, or never; whether it is there.
    Expire {
        field: &'a [u8],
        /// In Unix milliseconds.
        expiry: Option<i64>,
    },
}

const PUT: u8 = 1;
const REMOVE: u8 = 2;
const PUT_UNTIL: u8 = 3;
const EXPIRE: u8 = 4;
const PERSIST: u8 = 5;

impl<'a> HashChange<'a> {
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        match *self {
            Self::Put {
                field,
                value,
                expiry,
            } => {
                start(out, if expiry.is_some() { PUT_UNTIL } else { PUT }, field);
                out.bytes(value);
                expiry.into_iter().for_each(|at| out.signed(at));
            }
            Self::Remove { field } => start(out, REMOVE, field),
            Self::Expire {
                field,
                expiry: Some(at),
            } => {
                start(out, EXPIRE, field);
                out.signed(at);
            }
            Self::Expire {
                field,
                expiry: None,
            } => start(out, PERSIST, field),
        }
    }

    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        let op = from.byte()?;
        let field = from.bytes()?;
        match op {
            PUT | PUT_UNTIL => Ok(Self::Put {
                field,
                value: from.bytes()?,
                expiry: if op == PUT_UNTIL {
                    Some(from.signed()?)
                } else {
                    None
                },
            }),
            REMOVE => Ok(Self::Remove { field }),
            EXPIRE => Ok(Self::Expire {
                field,
                expiry: Some(from.signed()?),
            }),
            PERSIST => Ok(Self::Expire {
                field,
                expiry: None,
            }),
            _ => Err(Corrupt),
        }
    }
}

fn start(out: &mut Writer<'_>, op: u8, field: &[u8]) {
    out.byte(op);
    out.bytes(field);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_they_are_written() {
        let (field, value) = (b"field".as_slice(), b"value".as_slice());
        for expiry in [None, Some(-5), Some(i64::MAX)] {
            for change in [
                HashChange::Put {
                    field,
                    value,
                    expiry,
                },
                HashChange::Remove { field },
                HashChange::Expire { field, expiry },
            ] {
                let mut bytes = Vec::new();
                change.write(&mut Writer(&mut bytes));
                let mut from = Reader(&bytes);
                assert_eq!(HashChange::read(&mut from), Ok(change));
                assert!(from.is_empty());
                for length in 0..bytes.len() {
                    assert_eq!(
                        HashChange::read(&mut Reader(&bytes[..length])),
                        Err(Corrupt)
                    );
                }
            }
        }
        assert_eq!(HashChange::read(&mut Reader(b"\x09\x01f")), Err(Corrupt));
    }
}
