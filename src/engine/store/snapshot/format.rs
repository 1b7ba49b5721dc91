//! The bytes of a snapshot; what they mean is said in the module above.

use super::Record;
use crate::engine::time::UnixMillis;

/// The first byte is no UTF-8; line ends and the end-of-file mark of old systems make a transfer
/// "as text" show; the letters are for people.
pub(super) const MAGIC: [u8; 8] = *b"\x89ESN\r\n\x1a\n";

/// Of this format.
pub(super) const VERSION: u32 = 1;

/// Bytes of magic and version.
pub(super) const PREAMBLE: usize = MAGIC.len() + size_of::<u32>();

/// Bytes of a checksum.
pub(super) const CHECKSUM: usize = size_of::<u32>();

/// A block is closed once it has this many bytes: enough for the cost of a write to vanish, little
/// enough for a buffer.
pub(super) const BLOCK: usize = 256 * 1024;

/// The most bytes of id and text together that go into a record: with its other fields and what is
/// in the block before it, the block's length is still a `u32`.
pub(super) const LARGEST: usize = u32::MAX as usize - BLOCK - 64;

const NEVER: u8 = 0;
const AT: u8 = 1;

/// The running checksum of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Checksum(crc32fast::Hasher);

impl Checksum {
    /// The checksum of all pieces so far and this one.
    pub(super) fn add(&mut self, piece: &[u8]) -> u32 {
        self.0.update(piece);
        self.0.clone().finalize()
    }
}

/// The first piece of a file.
pub(super) fn preamble(version: u32) -> [u8; PREAMBLE] {
    let mut preamble = [0; PREAMBLE];
    let (magic, number) = preamble.split_at_mut(MAGIC.len());
    magic.copy_from_slice(&MAGIC);
    number.copy_from_slice(&version.to_le_bytes());
    preamble
}

/// Appends a record. `None`, and nothing is appended, if it has too many bytes.
pub(super) fn encode(record: Record<'_>, block: &mut Vec<u8>) -> Option<()> {
    if record.id.len().saturating_add(record.text.len()) > LARGEST {
        return None;
    }
    let id_length = u32::try_from(record.id.len()).ok()?;
    let text_length = u32::try_from(record.text.len()).ok()?;
    block.push(record.flags);
    block.push(record.expires.map_or(NEVER, |_| AT));
    block.extend_from_slice(&id_length.to_le_bytes());
    block.extend_from_slice(&text_length.to_le_bytes());
    block.extend_from_slice(&record.sequence.to_le_bytes());
    if let Some(UnixMillis(expires)) = record.expires {
        block.extend_from_slice(&expires.to_le_bytes());
    }
    block.extend_from_slice(record.id);
    block.extend_from_slice(record.text);
    Some(())
}

/// Takes the first record off a block that has not ended. `None` if there is no whole one.
pub(super) fn decode<'bytes>(block: &mut &'bytes [u8]) -> Option<Record<'bytes>> {
    let [flags, has_expiry] = array(block)?;
    let id_length = u32::from_le_bytes(array(block)?);
    let text_length = u32::from_le_bytes(array(block)?);
    let sequence = u64::from_le_bytes(array(block)?);
    let expires = match has_expiry {
        NEVER => None,
        AT => Some(UnixMillis(i64::from_le_bytes(array(block)?))),
        _ => return None,
    };
    let id = block.split_off(..usize::try_from(id_length).ok()?)?;
    let text = block.split_off(..usize::try_from(text_length).ok()?)?;
    Some(Record {
        id,
        text,
        flags,
        expires,
        sequence,
    })
}

/// Takes bytes off the front.
pub(super) fn array<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
