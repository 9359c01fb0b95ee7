//! Frames on a connection: length, checksum, bytes.
//!
//! Eight bytes, little endian: length of the payload (u32), its CRC-32C (u32). TLS protects against strangers; the
//! checksum protects plain connections, and memory on the way, from accidents that TCP's sum lets through.

use bytes::{Buf, Bytes, BytesMut};

/// Bytes of a frame's payload; a longer one closes the connection.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

pub(super) const HEADER_BYTES: usize = 8;

/// Bytes made room for at a time when reading.
const READ_BYTES: usize = 64 << 10;

/// Why a connection's bytes are no frames.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("a frame of {0} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong(usize),
    #[error("a frame's checksum does not match")]
    Damaged,
}

/// The header of a frame made of `parts`; `None` if it would be too long.
pub(super) fn header(parts: &[Bytes]) -> Option<[u8; HEADER_BYTES]> {
    let length: usize = parts.iter().map(Bytes::len).sum();
    if length > FRAME_BYTES_MAX {
        return None;
    }
    let sum = parts
        .iter()
        .fold(0, |sum, part| crc32c::crc32c_append(sum, part));
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    header[4..].copy_from_slice(&sum.to_le_bytes());
    Some(header)
}

/// Takes the next whole frame off the front of what was read; makes room for what is missing if there is none.
pub(super) fn next(read: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
    let Some((head, _)) = read.split_first_chunk::<HEADER_BYTES>() else {
        make_room(read, HEADER_BYTES);
        return Ok(None);
    };
    let [a, b, c, d, e, f, g, h] = *head;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let sum = u32::from_le_bytes([e, f, g, h]);
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::TooLong(length));
    }
    if read.len() < HEADER_BYTES + length {
        make_room(read, HEADER_BYTES + length);
        return Ok(None);
    }
    read.advance(HEADER_BYTES);
    let frame = read.split_to(length).freeze();
    if crc32c::crc32c(&frame) != sum {
        return Err(FrameError::Damaged);
    }
    Ok(Some(frame))
}

/// Room for a frame of `whole` bytes of which some are there. Not more than one step ahead of what has arrived, so that a
/// header alone makes nobody reserve much.
fn make_room(read: &mut BytesMut, whole: usize) {
    const LITTLE: usize = 4 << 10;
    let spare = read.capacity() - read.len();
    let missing = whole - read.len();
    if spare < missing.min(LITTLE) || spare == 0 {
        read.reserve(missing.clamp(READ_BYTES, READ_BYTES.max(read.len())));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(parts: &[Bytes]) -> Vec<u8> {
        let mut bytes = header(parts).expect("short").to_vec();
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes
    }

    proptest! {
        #[test]
        fn frames_arrive_whole_however_they_are_cut(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 1..20),
            cut in 1_usize..5000,
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|f| encode(&[Bytes::copy_from_slice(f)])).collect();
            let mut read = BytesMut::new();
            let mut got = Vec::new();
            for piece in stream.chunks(cut) {
                read.extend_from_slice(piece);
                while let Some(frame) = next(&mut read).expect("whole") {
                    got.push(frame.to_vec());
                }
            }
            prop_assert_eq!(got, frames);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut read = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = next(&mut read) {}
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut bytes = encode(&[Bytes::from_static(b"ab"), Bytes::from_static(b"c")]);
        *bytes.last_mut().expect("not empty") ^= 1;
        assert_eq!(
            next(&mut BytesMut::from(&bytes[..])),
            Err(FrameError::Damaged)
        );
    }

    #[test]
    fn a_frame_beyond_the_bound_is_refused() {
        let bytes = [0xff; HEADER_BYTES];
        let error = next(&mut BytesMut::from(&bytes[..])).unwrap_err();
        assert_eq!(error, FrameError::TooLong(u32::MAX as usize));
    }
}
