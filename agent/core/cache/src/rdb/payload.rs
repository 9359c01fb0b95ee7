//! What `DUMP` answers: type and body of a value, the version, and a checksum of all that.

use super::crc64::crc64;
use super::{VERSION_MAX, VERSION_WRITTEN, kind};

/// Version and checksum.
const FOOT: usize = 10;

/// Type and body with what belongs behind them.
#[must_use]
pub fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let new = kind::HASH_EXPIRING..=kind::HASH_EXPIRING_LISTPACK;
    let is_new = body.first().is_some_and(|it| new.contains(it));
    let version = if is_new { VERSION_MAX } else { VERSION_WRITTEN };
    body.extend_from_slice(&version.to_le_bytes());
    let crc = crc64(0, &body);
    body.extend_from_slice(&crc.to_le_bytes());
    body
}

/// Type and body, if version and checksum are right.
#[must_use]
pub fn opened(payload: &[u8]) -> Option<&[u8]> {
    let (body, foot) = payload.split_at_checked(payload.len().checked_sub(FOOT)?)?;
    let (version, crc) = foot.split_at(2);
    let version = u16::from_le_bytes(version.try_into().expect("two bytes"));
    let crc = u64::from_le_bytes(crc.try_into().expect("eight bytes"));
    let is_right = version <= VERSION_MAX && crc == crc64(0, &payload[..payload.len() - 8]);
    is_right.then_some(body)
}
