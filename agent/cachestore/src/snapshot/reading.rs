//! Reading a snapshot, a block at a time.

use bytes::Bytes;
use synod_cache::partition::Partition;
use synod_replica::Disk;
use synod_replica::framing::Owner;

use super::format::{
    BLOCK_HEADER, FOOTER, Footer, HEADER, Head, PIECE, VERSION, read_header, read_piece,
    snapshot_file,
};
use crate::reading::unreadable;
use crate::recovery::OpenError;

/// Reads a snapshot into empty partitions.
///
/// # Errors
/// If it cannot be read, is of a newer version or damaged.
pub(crate) fn read_snapshot(
    disk: &impl Disk,
    owner: &Owner,
    number: u64,
    partitions: &mut [Partition],
) -> Result<Footer, OpenError> {
    let mut reader = Reader {
        disk,
        file: snapshot_file(number),
        offset: 0,
    };
    let (kind, contents) = reader.block()?;
    match read_header(owner, &contents) {
        Head::Partitions(count) if kind == HEADER && count == partitions.len() as u64 => {}
        Head::Newer(found) => {
            return Err(OpenError::Newer {
                file: reader.file,
                found: u32::try_from(found).unwrap_or(u32::MAX),
                known: VERSION as u32,
            });
        }
        Head::Partitions(_) | Head::None => return Err(reader.damaged("has no header of its own")),
    }
    let mut pieces = 0;
    loop {
        let (kind, contents) = reader.block()?;
        match kind {
            PIECE => {
                let piece = read_piece(&contents);
                let piece = piece.and_then(|(index, effects)| {
                    let partition = partitions.get_mut(index)?;
                    partition.apply(effects).ok()
                });
                piece.ok_or_else(|| reader.damaged("has a piece that makes nothing"))?;
                pieces += 1;
            }
            FOOTER => {
                let footer = Footer::decode(&contents, partitions.len());
                let footer = footer.filter(|footer| footer.pieces == pieces);
                let footer = footer.ok_or_else(|| reader.damaged("does not match its footer"))?;
                return if reader.is_at_end()? {
                    Ok(footer)
                } else {
                    Err(reader.damaged("goes on behind its footer"))
                };
            }
            _ => return Err(reader.damaged("has a block of an unknown kind")),
        }
    }
}

struct Reader<'a, D> {
    disk: &'a D,
    file: String,
    offset: u64,
}

impl<D: Disk> Reader<'_, D> {
    fn damaged(&self, what: &str) -> OpenError {
        OpenError::Damaged {
            file: self.file.clone(),
            what: format!("it {what}, before byte {}", self.offset),
        }
    }

    fn block(&mut self) -> Result<(u8, Bytes), OpenError> {
        let head = self.read(BLOCK_HEADER)?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let contents = self.read(length)?;
        let crc = crc32c::crc32c_append(crc32c::crc32c(&head[..5]), &contents);
        if crc.to_le_bytes() != head[5..] {
            return Err(self.damaged("has a block whose sum is wrong"));
        }
        Ok((head[0], contents))
    }

    fn read(&mut self, length: usize) -> Result<Bytes, OpenError> {
        let read = self.disk.read(&self.file, self.offset, length);
        let bytes = read.map_err(|error| unreadable(&self.file, &error))?;
        if bytes.len() < length {
            return Err(self.damaged("ends too early"));
        }
        self.offset += length as u64;
        Ok(bytes)
    }

    fn is_at_end(&self) -> Result<bool, OpenError> {
        let more = self.disk.read(&self.file, self.offset, 1);
        let more = more.map_err(|error| unreadable(&self.file, &error))?;
        Ok(more.is_empty())
    }
}
