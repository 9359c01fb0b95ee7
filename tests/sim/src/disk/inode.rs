//! One file: what its readers see, what the medium holds, and what a crash leaves of the difference.

use bytes::Bytes;

use crate::clock::Instant;
use crate::random::Random;

/// What is written atomically.
const SECTOR: usize = 512;

/// A change of a file that has not been synced.
#[derive(Clone, Debug)]
enum Dirty {
    Write { offset: usize, bytes: Vec<u8> },
    Length(u64),
}

/// A file without a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    /// What readers see; bytes beyond its end and before `length` are zeros.
    pub(super) cached: Vec<u8>,
    pub(super) length: u64,
    /// What the medium holds.
    pub(super) medium: Vec<u8>,
    pub(super) medium_length: u64,
    dirty: Vec<Dirty>,
    /// Where and when the last two syncs that wrote anything wrote, the newest last.
    pub(super) fresh: [(std::ops::Range<usize>, Instant); 2],
}

impl Inode {
    pub(super) fn write(&mut self, offset: usize, parts: &[Bytes]) {
        let total: usize = parts.iter().map(Bytes::len).sum();
        let mut bytes = Vec::with_capacity(total);
        for part in parts {
            bytes.extend_from_slice(part);
        }
        put(&mut self.cached, offset, &bytes);
        self.length = self.length.max((offset + total) as u64);
        self.dirty.push(Dirty::Write { offset, bytes });
    }

    pub(super) fn set_length(&mut self, length: u64) {
        self.cached.truncate(length as usize);
        self.length = length;
        self.dirty.push(Dirty::Length(length));
    }

    pub(super) fn sync(&mut self, now: Instant) {
        let mut wrote: Option<std::ops::Range<usize>> = None;
        for dirty in std::mem::take(&mut self.dirty) {
            match dirty {
                Dirty::Write { offset, bytes } => {
                    let span = offset..offset + bytes.len();
                    wrote = Some(wrote.map_or(span.clone(), |w| {
                        w.start.min(span.start)..w.end.max(span.end)
                    }));
                    put(&mut self.medium, offset, &bytes);
                    let end = (offset + bytes.len()) as u64;
                    self.medium_length = self.medium_length.max(end);
                }
                Dirty::Length(length) => {
                    self.medium.truncate(length as usize);
                    self.medium_length = length;
                }
            }
        }
        if let Some(span) = wrote {
            self.fresh = [self.fresh[1].clone(), (span, now)];
        }
    }

    /// What the crash leaves: what was synced, and of the rest whatever sectors happened to be written.
    pub(super) fn crash(&mut self, random: &mut Random, lost: &mut u64) {
        let fate = Fate::draw(random);
        let keep_until = random.below(self.dirty.len() as u64 + 1) as usize;
        for (index, dirty) in std::mem::take(&mut self.dirty).into_iter().enumerate() {
            let whole = match fate {
                Fate::All => true,
                Fate::Nothing => false,
                Fate::Prefix => index < keep_until,
                Fate::Sectors => random.chance(500),
            };
            match dirty {
                Dirty::Length(length) if whole => {
                    self.medium.truncate(length as usize);
                    self.medium_length = length;
                }
                Dirty::Length(_) => {}
                Dirty::Write { offset, bytes } => {
                    let torn = !whole
                        && (fate == Fate::Sectors || (fate == Fate::Prefix && index == keep_until));
                    if !whole {
                        *lost += 1;
                    }
                    if whole {
                        put(&mut self.medium, offset, &bytes);
                        let end = (offset + bytes.len()) as u64;
                        self.medium_length = self.medium_length.max(end);
                    } else if torn {
                        self.tear(offset, &bytes, random);
                    }
                }
            }
        }
        self.cached = self.medium.clone();
        self.length = self.medium_length;
    }

    /// Writes some sectors of a write.
    fn tear(&mut self, offset: usize, bytes: &[u8], random: &mut Random) {
        let mut at = 0;
        while at < bytes.len() {
            let next = (((offset + at) / SECTOR + 1) * SECTOR - offset).min(bytes.len());
            if random.chance(500) {
                put(&mut self.medium, offset + at, &bytes[at..next]);
                let end = (offset + next) as u64;
                self.medium_length = self.medium_length.max(end);
            }
            at = next;
        }
    }
}

/// What happens to the unsynced writes of one file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    All,
    Nothing,
    Prefix,
    Sectors,
}

impl Fate {
    fn draw(random: &mut Random) -> Self {
        *random.pick(&[
            Self::All,
            Self::Nothing,
            Self::Nothing,
            Self::Prefix,
            Self::Prefix,
            Self::Sectors,
        ])
    }
}

fn put(into: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(bytes);
}
