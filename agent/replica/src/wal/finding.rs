//! What is found in the bytes of a segment.

use bytes::Bytes;

use super::framing::{
    BATCH_HEADER, BatchHeader, Place, batch_bytes, body, decode_header, is_unfinished,
};

/// The bytes of a segment.
#[derive(Clone, Debug)]
pub struct SegmentBytes {
    /// On which disk it was written.
    pub disk_id: u128,
    /// Its number.
    pub number: u64,
    /// All that is in its file.
    pub bytes: Bytes,
}

/// What is at a place where a batch may begin.
#[derive(Debug)]
pub enum Found {
    /// A batch, and its body.
    Batch(BatchHeader, Bytes),
    /// Nothing, or the rest of a write cut short.
    End {
        /// Whether there is such a rest.
        torn: bool,
    },
    /// What was written there is not what is there.
    Damage,
}

impl SegmentBytes {
    fn place(&self, at: usize) -> Place {
        Place {
            disk_id: self.disk_id,
            segment: self.number,
            offset: at as u64,
        }
    }

    /// What begins at byte `at`, where the batch of number `expected` is to be.
    #[must_use]
    pub fn find(&self, at: usize, expected: u64) -> Found {
        let rest = self.bytes.slice(at.min(self.bytes.len())..);
        let Some(header) = decode_header(self.place(at), &rest) else {
            let unfinished = is_unfinished(&region(&rest, BATCH_HEADER), at as u64);
            return if unfinished && !self.follows(at + 8, expected) {
                Found::End {
                    torn: rest.iter().any(|byte| *byte != 0),
                }
            } else {
                Found::Damage
            };
        };
        if header.number != expected {
            return Found::Damage;
        }
        if let Some(body) = body(&header, &rest) {
            return Found::Batch(header, body);
        }
        let whole = region(&rest, batch_bytes(header.length as usize));
        if is_unfinished(&whole, at as u64) && !self.follows(at + 8, expected) {
            Found::End { torn: true }
        } else {
            Found::Damage
        }
    }

    /// True if a batch follows somewhere from `at` on whose marker says that batch `number` was durable.
    #[must_use]
    pub fn follows(&self, at: usize, number: u64) -> bool {
        let mut at = at.next_multiple_of(8);
        while at + BATCH_HEADER <= self.bytes.len() {
            let found = decode_header(self.place(at), &self.bytes[at..]);
            if found.is_some_and(|header| header.synced >= number) {
                return true;
            }
            at += 8;
        }
        false
    }
}

/// `length` bytes from the beginning of `rest`, zeros where the file ends before.
fn region(rest: &Bytes, length: usize) -> Bytes {
    if rest.len() >= length {
        return rest.slice(..length);
    }
    // A header that says more than a segment holds was written by nobody; its length is not believed.
    const BELIEVED_MAX: usize = 1 << 30;
    let mut region = rest.to_vec();
    region.resize(length.min(BELIEVED_MAX), 0);
    region.into()
}
