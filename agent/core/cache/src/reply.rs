//! What a client is answered, in the protocol that it speaks.
//!
//! RESP2 and RESP3: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use std::ops::Range;
use std::sync::Arc;

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// What all clients speak that did not ask for another one.
    #[default]
    Resp2,
    /// With maps, sets, doubles and messages that were not asked for.
    Resp3,
}

/// Bytes that belong behind so many others, and are shared instead of copied.
#[derive(Clone, Debug)]
pub struct Shared {
    /// How many bytes of [`Reply::bytes`] come before.
    pub at: usize,
    /// What they are part of.
    pub of: Arc<Vec<u8>>,
    /// Which part.
    pub range: Range<usize>,
}

/// Replies, encoded one after another.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    protocol: Protocol,
    bytes: Vec<u8>,
    shared: Vec<Shared>,
    /// How many bytes are shared.
    shared_bytes: usize,
}

impl Reply {
    /// None yet, for a client that speaks this protocol.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            ..Self::default()
        }
    }

    /// In what it is encoded.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// From now on in this.
    pub const fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// What is encoded, but for what is shared.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is shared, in its order.
    #[must_use]
    pub fn shared(&self) -> &[Shared] {
        &self.shared
    }

    /// All of it in one buffer.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.bytes.len());
        let mut from = 0;
        for shared in &self.shared {
            whole.extend_from_slice(&self.bytes[from..shared.at]);
            whole.extend_from_slice(&shared.of[shared.range.clone()]);
            from = shared.at;
        }
        whole.extend_from_slice(&self.bytes[from..]);
        whole
    }

    /// How many bytes are encoded, with those that are shared.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.bytes.len() + self.shared_bytes
    }

    /// Whether nothing is encoded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.shared.is_empty()
    }

    /// Takes what is encoded, with its memory.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let protocol = self.protocol;
        std::mem::replace(self, Self::new(protocol))
    }

    /// Forgets what is encoded.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.shared.clear();
        self.shared_bytes = 0;
    }

    /// Forgets what was encoded after `length` bytes.
    pub fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
        self.shared.retain(|shared| shared.at <= length);
        self.shared_bytes = self.shared.iter().map(|shared| shared.range.len()).sum();
    }

    const fn is_resp3(&self) -> bool {
        matches!(self.protocol, Protocol::Resp3)
    }

    /// `+OK`
    pub fn ok(&mut self) {
        self.bytes.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string. It has no line breaks.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error, its code first. Line breaks in it become spaces.
    pub fn error(&mut self, text: &str) {
        self.error_bytes(text.as_bytes());
    }

    /// An error that may be no text.
    pub fn error_bytes(&mut self, text: &[u8]) {
        self.bytes.push(b'-');
        let plain = text.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        });
        self.bytes.extend(plain);
        self.end();
    }

    /// A number.
    pub fn integer(&mut self, number: i64) {
        self.number(b':', number);
    }

    /// A number of things.
    pub fn count(&mut self, count: usize) {
        self.integer(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A string of bytes.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.number(b'$', bytes.len() as i64);
        self.bytes.extend_from_slice(bytes);
        self.end();
    }

    /// A string of bytes that are shared.
    pub fn bulk_shared(&mut self, of: &Arc<Vec<u8>>, range: Range<usize>) {
        self.number(b'$', range.len() as i64);
        self.raw_shared(of, range);
        self.end();
    }

    /// A number as a string.
    pub fn bulk_integer(&mut self, number: i64) {
        self.bulk(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Text with its format, `txt` or `mkd`.
    pub fn verbatim(&mut self, format: &str, text: &str) {
        if self.is_resp3() {
            self.number(b'=', (text.len() + format.len() + 1) as i64);
            self.bytes.extend_from_slice(format.as_bytes());
            self.bytes.push(b':');
            self.bytes.extend_from_slice(text.as_bytes());
            self.end();
        } else {
            self.bulk(text.as_bytes());
        }
    }

    /// No value.
    pub fn null(&mut self) {
        let null: &[u8] = if self.is_resp3() {
            b"_\r\n"
        } else {
            b"$-1\r\n"
        };
        self.bytes.extend_from_slice(null);
    }

    /// No array.
    pub fn null_array(&mut self) {
        let null: &[u8] = if self.is_resp3() {
            b"_\r\n"
        } else {
            b"*-1\r\n"
        };
        self.bytes.extend_from_slice(null);
    }

    /// Yes or no.
    pub fn boolean(&mut self, yes: bool) {
        if self.is_resp3() {
            self.bytes
                .extend_from_slice(if yes { b"#t\r\n" } else { b"#f\r\n" });
        } else {
            self.integer(i64::from(yes));
        }
    }

    /// A floating point number, as Redis writes scores.
    pub fn double(&mut self, number: f64) {
        self.double_text(&crate::number::double_text(number));
    }

    /// A floating point number that is written already.
    pub fn double_text(&mut self, text: &str) {
        if self.is_resp3() {
            self.line(b',', text.as_bytes());
        } else {
            self.bulk(text.as_bytes());
        }
    }

    /// So many values follow.
    pub fn array(&mut self, length: usize) {
        self.number(b'*', length as i64);
    }

    /// So many keys follow, each with its value.
    pub fn map(&mut self, length: usize) {
        if self.is_resp3() {
            self.number(b'%', length as i64);
        } else {
            self.array(2 * length);
        }
    }

    /// So many different values follow.
    pub fn set(&mut self, length: usize) {
        self.number(if self.is_resp3() { b'~' } else { b'*' }, length as i64);
    }

    /// So many values follow that nobody asked for.
    pub fn push(&mut self, length: usize) {
        self.number(if self.is_resp3() { b'>' } else { b'*' }, length as i64);
    }

    /// Encodes what belongs before all that was encoded after the first `at` bytes: its length, known only now.
    pub fn before(&mut self, at: usize, encode: impl FnOnce(&mut Self)) {
        let (length, shared) = (self.bytes.len(), self.shared.len());
        encode(self);
        let more = self.bytes.len() - length;
        self.bytes[at..].rotate_right(more);
        for shared in &mut self.shared[..shared] {
            if shared.at >= at {
                shared.at += more;
            }
        }
    }

    /// What is encoded already, by another reply of this protocol.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// As [`Self::raw`], of bytes that are shared.
    pub fn raw_shared(&mut self, of: &Arc<Vec<u8>>, range: Range<usize>) {
        self.shared_bytes += range.len();
        self.shared.push(Shared {
            at: self.bytes.len(),
            of: Arc::clone(of),
            range,
        });
    }

    fn number(&mut self, kind: u8, number: i64) {
        self.line(kind, itoa::Buffer::new().format(number).as_bytes());
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(text);
        self.end();
    }

    fn end(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_are_known_late_come_first() {
        let mut reply = Reply::new(Protocol::Resp2);
        let shared = Arc::new(b"shared".to_vec());
        reply.bulk_shared(&shared, 0..6);
        let at = reply.bytes().len();
        reply.integer(7);
        reply.bulk_shared(&shared, 1..3);
        reply.before(at, |reply| reply.array(2));
        let told = b"$6\r\nshared\r\n*2\r\n:7\r\n$2\r\nha\r\n";
        assert_eq!(reply.to_vec(), told);
    }
}
