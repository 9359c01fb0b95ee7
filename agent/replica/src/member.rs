//! What the layers above Paxos keep about a member in its configuration: the `context` bytes.

use bytes::Bytes;

use crate::codec::{DecodeError, Reader, Writer};

/// A member as the layers above Paxos know it. Encoded it takes at most [`MemberContext::BYTES_MAX`] bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberContext {
    /// The member's name (the pod's).
    pub name: String,
    /// Where peers reach it: `host:port`.
    pub peer_address: String,
    /// URLs that clients are told.
    pub client_urls: Vec<String>,
    /// URLs that etcd's membership API shows for peers.
    pub peer_urls: Vec<String>,
    /// The identity of its disk, drawn when the disk was formatted; 0 while unknown.
    pub disk_id: u128,
}

impl MemberContext {
    /// The newest version of the encoding.
    pub const VERSION: u8 = 1;
    /// Most bytes of an encoded context; the Paxos core's bound.
    pub const BYTES_MAX: usize = 4 << 10;

    /// Encodes it.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut w = Writer::with_capacity(128);
        w.u8(Self::VERSION);
        w.str(&self.name);
        w.str(&self.peer_address);
        for urls in [&self.client_urls, &self.peer_urls] {
            w.varint(urls.len() as u64);
            for url in urls {
                w.str(url);
            }
        }
        w.u128_fixed(self.disk_id);
        w.whole()
    }

    /// Decodes what [`MemberContext::encode`] wrote.
    ///
    /// # Errors
    /// If the bytes are no context, or one of a newer version.
    pub fn decode(bytes: &Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes.clone());
        let version = r.u8()?;
        if version > Self::VERSION {
            return Err(DecodeError::Newer {
                found: u32::from(version),
                known: u32::from(Self::VERSION),
            });
        }
        if version == 0 {
            return Err(DecodeError::Invalid("a context's version"));
        }
        let context = Self {
            name: r.str()?,
            peer_address: r.str()?,
            client_urls: strings(&mut r)?,
            peer_urls: strings(&mut r)?,
            disk_id: r.u128_fixed()?,
        };
        r.end()?;
        Ok(context)
    }
}

fn strings(r: &mut Reader) -> Result<Vec<String>, DecodeError> {
    let count = r.count(1)?;
    let mut strings = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        strings.push(r.str()?);
    }
    Ok(strings)
}
