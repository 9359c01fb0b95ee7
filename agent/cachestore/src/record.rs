//! What is in a group commit: an epoch, and records of effects.
//!
//! | what | bytes |
//! |---|---|
//! | a body | version (1), epoch (number), records |
//! | a record of one partition | 1, a part |
//! | a transaction | 2, its number, how many parts, the parts |
//! | an epoch, from here on | 3, epoch |
//! | a part | partition, number in its sequence, length, effects |
//!
//! Numbers are LEB128.

/// The newest version of a body.
pub(crate) const VERSION: u8 = 1;

const ONE: u8 = 1;
const TRANSACTION: u8 = 2;
const EPOCH: u8 = 3;

/// Effects on one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which partition.
    pub partition: u32,
    /// The number of these effects among all of the partition's, from 1 on.
    pub sequence: u64,
    /// For `Partition::apply`.
    pub effects: &'a [u8],
}

/// What is done wholly or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Under which epoch it was written.
    pub epoch: u64,
    /// If it is about several partitions.
    pub transaction: Option<u64>,
    /// What is done to each.
    pub parts: Vec<Part<'a>>,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It was written by a newer version.
    #[error("is of version {0}, and {VERSION} is the newest that is known here")]
    Newer(u8),
    /// It is not what was written.
    #[error("holds no records, though its checksum is right")]
    NoRecord,
}

/// Begins a body.
pub(crate) fn begin(out: &mut Vec<u8>, epoch: u64) {
    out.push(VERSION);
    put_number(out, epoch);
}

pub(crate) fn put_one(out: &mut Vec<u8>, part: Part<'_>) {
    out.push(ONE);
    put_part(out, part);
}

pub(crate) fn put_transaction(out: &mut Vec<u8>, transaction: u64, parts: &[Part<'_>]) {
    out.push(TRANSACTION);
    put_number(out, transaction);
    put_number(out, parts.len() as u64);
    parts.iter().for_each(|part| put_part(out, *part));
}

/// Adds the records of another body.
pub(crate) fn put_body(out: &mut Vec<u8>, body: &[u8]) -> Result<(), BodyError> {
    let records = Records::of(body)?;
    out.push(EPOCH);
    put_number(out, records.epoch);
    out.extend_from_slice(records.rest);
    Ok(())
}

fn put_part(out: &mut Vec<u8>, part: Part<'_>) {
    put_number(out, u64::from(part.partition));
    put_number(out, part.sequence);
    put_number(out, part.effects.len() as u64);
    out.extend_from_slice(part.effects);
}

pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = from.split_first()?;
        *from = rest;
        let bits = u64::from(first & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The records of a body, one after another. After an error there is nothing more.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    epoch: u64,
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// Those of a body.
    ///
    /// # Errors
    /// If it is none that is known.
    pub fn of(body: &'a [u8]) -> Result<Self, BodyError> {
        let (version, mut rest) = body.split_first().ok_or(BodyError::NoRecord)?;
        if *version > VERSION {
            return Err(BodyError::Newer(*version));
        }
        let epoch = number(&mut rest).ok_or(BodyError::NoRecord)?;
        Ok(Self { epoch, rest })
    }

    fn record(&mut self) -> Option<Record<'a>> {
        loop {
            let (kind, rest) = self.rest.split_first()?;
            self.rest = rest;
            let (transaction, count) = match *kind {
                EPOCH => {
                    self.epoch = number(&mut self.rest)?;
                    if self.rest.is_empty() {
                        let (epoch, parts) = (self.epoch, Vec::new());
                        return Some(Record {
                            epoch,
                            transaction: None,
                            parts,
                        });
                    }
                    continue;
                }
                ONE => (None, 1),
                TRANSACTION => (Some(number(&mut self.rest)?), number(&mut self.rest)?),
                _ => return None,
            };
            let epoch = self.epoch;
            let parts = (0..count).map(|_| self.part());
            return Some(Record {
                epoch,
                transaction,
                parts: parts.collect::<Option<Vec<_>>>()?,
            });
        }
    }

    fn part(&mut self) -> Option<Part<'a>> {
        let partition = u32::try_from(number(&mut self.rest)?).ok()?;
        let sequence = number(&mut self.rest)?;
        let length = usize::try_from(number(&mut self.rest)?).ok()?;
        let (effects, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Part {
            partition,
            sequence,
            effects,
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_none() {
            self.rest = &[];
        }
        Some(record.ok_or(BodyError::NoRecord))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(partition: u32, sequence: u64) -> Part<'static> {
        Part {
            partition,
            sequence,
            effects: b"effects",
        }
    }

    #[test]
    fn records_come_back() {
        let mut body = Vec::new();
        begin(&mut body, 7);
        put_one(&mut body, part(3, 500));
        put_transaction(&mut body, 9, &[part(0, 1), part(15, u64::MAX)]);
        let mut other = Vec::new();
        begin(&mut other, 8);
        put_one(&mut other, part(1, 2));
        put_body(&mut body, &other).expect("it is a body");
        let records: Result<Vec<_>, _> = Records::of(&body).expect("a body").collect();
        let record = |epoch, transaction, parts| Record {
            epoch,
            transaction,
            parts,
        };
        let expected = vec![
            record(7, None, vec![part(3, 500)]),
            record(7, Some(9), vec![part(0, 1), part(15, u64::MAX)]),
            record(8, None, vec![part(1, 2)]),
        ];
        assert_eq!(records, Ok(expected));
        body[0] = 2;
        assert_eq!(Records::of(&body).err(), Some(BodyError::Newer(2)));
    }

    #[test]
    fn what_is_cut_is_refused() {
        let mut body = Vec::new();
        begin(&mut body, 300);
        let head = body.len();
        put_transaction(&mut body, 9, &[part(0, 1), part(1, 1000)]);
        for length in 0..body.len() {
            let read = Records::of(&body[..length])
                .and_then(|records| records.collect::<Result<Vec<_>, _>>());
            assert_eq!(read.is_err(), length != head, "{length}");
        }
    }
}
