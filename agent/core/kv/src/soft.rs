//! Requests that the leader answers from its soft state, without the log.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use synod_machine::Damaged;
use synod_paxos::Now;

use crate::command::AlarmKind;
use crate::store::Store;

/// A request to the leader's soft state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftRequest {
    /// Renews a lease.
    KeepAlive {
        /// Its id.
        id: i64,
    },
    /// Asks what time a lease has left.
    TimeToLive {
        /// Its id.
        id: i64,
    },
}

/// The answer to a [`SoftRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftResponse {
    /// The lease was renewed for its granted time, in seconds.
    KeptAlive {
        /// Seconds.
        ttl: i64,
    },
    /// What a lease has left.
    TimeToLive {
        /// Seconds left, rounded down.
        remaining: i64,
        /// Seconds granted.
        granted: i64,
    },
    /// The lease does not exist, or is about to be revoked.
    LeaseNotFound,
    /// A corruption alarm is active.
    Corrupt,
    /// This member does not lead (any more): ask again.
    NotLeading,
}

impl Store {
    pub(crate) fn answer(&mut self, now: Now, request: SoftRequest) -> SoftResponse {
        let corrupt = self.state.has_alarm(AlarmKind::Corrupt);
        let Some(lead) = &mut self.lead else {
            return SoftResponse::NotLeading;
        };
        let (SoftRequest::KeepAlive { id } | SoftRequest::TimeToLive { id }) = request;
        let Some(granted) = self.state.lease(id).map(|lease| lease.ttl) else {
            return SoftResponse::LeaseNotFound;
        };
        match request {
            SoftRequest::KeepAlive { .. } if corrupt => SoftResponse::Corrupt,
            SoftRequest::KeepAlive { .. } => {
                if lead.lessor.keep_alive(now, id, granted) {
                    SoftResponse::KeptAlive { ttl: granted }
                } else {
                    SoftResponse::LeaseNotFound
                }
            }
            SoftRequest::TimeToLive { .. } => match lead.lessor.remaining(now, id) {
                Some(span) => {
                    let remaining = i64::try_from(span.0 / 1_000_000_000).unwrap_or(i64::MAX);
                    SoftResponse::TimeToLive { remaining, granted }
                }
                None => SoftResponse::LeaseNotFound,
            },
        }
    }
}

impl SoftRequest {
    pub(crate) fn encode(&self) -> Bytes {
        let (tag, id) = match self {
            Self::KeepAlive { id } => (1, *id),
            Self::TimeToLive { id } => (2, *id),
        };
        record(tag, &[id])
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, Damaged> {
        match fields(bytes)? {
            (1, [id, 0], 1) => Ok(Self::KeepAlive { id }),
            (2, [id, 0], 1) => Ok(Self::TimeToLive { id }),
            (tag, _, count) => Err(Damaged(format!(
                "soft request of tag {tag} with {count} fields"
            ))),
        }
    }
}

impl SoftResponse {
    pub(crate) fn encode(&self) -> Bytes {
        match self {
            Self::KeptAlive { ttl } => record(1, &[*ttl]),
            Self::TimeToLive { remaining, granted } => record(2, &[*remaining, *granted]),
            Self::LeaseNotFound => record(3, &[]),
            Self::Corrupt => record(4, &[]),
            Self::NotLeading => record(5, &[]),
        }
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, Damaged> {
        match fields(bytes)? {
            (1, [ttl, 0], 1) => Ok(Self::KeptAlive { ttl }),
            (2, [remaining, granted], 2) => Ok(Self::TimeToLive { remaining, granted }),
            (3, _, 0) => Ok(Self::LeaseNotFound),
            (4, _, 0) => Ok(Self::Corrupt),
            (5, _, 0) => Ok(Self::NotLeading),
            (tag, _, count) => Err(Damaged(format!(
                "soft response of tag {tag} with {count} fields"
            ))),
        }
    }
}

fn record(tag: u8, numbers: &[i64]) -> Bytes {
    let mut out = BytesMut::with_capacity(1 + 8 * numbers.len());
    out.put_u8(tag);
    for number in numbers {
        out.put_i64_le(*number);
    }
    out.freeze()
}

/// The tag, up to two numbers (0 where there is none), and how many there were.
fn fields(bytes: &Bytes) -> Result<(u8, [i64; 2], usize), Damaged> {
    let mut input = bytes.as_ref();
    let count = input.len().wrapping_sub(1) / 8;
    if input.is_empty() || count > 2 || input.len() != 1 + 8 * count {
        return Err(Damaged(format!("a soft message of {} bytes", input.len())));
    }
    let tag = input.get_u8();
    let mut numbers = [0; 2];
    for number in &mut numbers[..count] {
        *number = input.get_i64_le();
    }
    Ok((tag, numbers, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip() {
        for request in [
            SoftRequest::KeepAlive { id: i64::MIN },
            SoftRequest::TimeToLive { id: 7 },
        ] {
            assert_eq!(SoftRequest::decode(&request.encode()), Ok(request));
        }
        for response in [
            SoftResponse::KeptAlive { ttl: 5 },
            SoftResponse::TimeToLive {
                remaining: 0,
                granted: 9,
            },
            SoftResponse::LeaseNotFound,
            SoftResponse::Corrupt,
            SoftResponse::NotLeading,
        ] {
            assert_eq!(SoftResponse::decode(&response.encode()), Ok(response));
        }
        for bytes in [
            &b""[..],
            b"\x01",
            b"\x09",
            b"\x01\0\0\0\0\0\0\0\0\0",
            &[1; 25],
        ] {
            assert!(SoftRequest::decode(&Bytes::copy_from_slice(bytes)).is_err());
            assert!(SoftResponse::decode(&Bytes::copy_from_slice(bytes)).is_err());
        }
    }
}
