//! Sessions in a file, to survive a restart.
//!
//! A snapshot is written whole or not at all: to a file of its own beside the target, which takes
//! the target's place only when it is on the disk. Whoever dies on the way, by a signal or with the
//! machine, leaves the earlier snapshot as it was. Reading is the same: nothing is handed out before
//! the whole file has been found intact.
//!
//! The checksums find accidents (a file cut short, bits that flipped, a mix of two files), not
//! forgery: whoever can write to the folder can write sessions. So the files are readable and
//! writable by their owner alone, and the folder should be, too.
//!
//! # Format
//!
//! All numbers are little-endian. A file is a chain of *pieces*. Each is followed by the CRC-32 of
//! all pieces up to and including it, without the checksums between them. So a piece stands for
//! itself and for its place in this file.
//!
//! | piece        | holds                                                                         |
//! | ------------ | ----------------------------------------------------------------------------- |
//! | preamble     | 8 bytes that no text begins with, version `u32`. The same in all versions      |
//! | header       | when it was written, in ms since 1970: `i64`                                    |
//! | block length | `u32`, above 0                                                                |
//! | block        | that many bytes of whole records                                              |
//! | …            | more lengths and blocks                                                       |
//! | end          | a block length of 0                                                           |
//! | count        | how many records there are: `u64`                                             |
//!
//! A record: flags `u8`; 1 if it has an expiry, or 0, `u8`; length of the id `u32`; length of the
//! text `u32`; sequence `u64`; if it has one, the expiry in ms since 1970: `i64`; id; text.

mod files;
mod format;
mod reader;
mod writer;

use std::io;

use thiserror::Error;

use crate::engine::time::UnixMillis;

pub use files::{remove_leftovers, set_aside};
pub use reader::{Snapshot, parse};
pub use writer::{Sink, write};

/// One session in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'bytes> {
    /// The session's id: any bytes.
    pub id: &'bytes [u8],
    /// The session's text: any bytes. That it is the text of a session is for the store to see.
    pub text: &'bytes [u8],
    /// What the store notes about the session; means nothing to the format.
    pub flags: u8,
    /// When the session expires; `None` if it never does.
    pub expires: Option<UnixMillis>,
    /// The session's place in the order of all. Records need not come in this order.
    pub sequence: u64,
}

/// What a whole snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// When it was written, by the writer's clock.
    pub created: UnixMillis,
    /// How many records it has.
    pub records: u64,
    /// The file's length in bytes.
    pub bytes: u64,
    /// The last checksum: of all that is in the file.
    checksum: u32,
}

/// What is wrong with a damaged snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file is shorter than it says.
    #[error("it ends too early")]
    Truncated,
    /// The bytes are not those that were written.
    #[error("a checksum does not match")]
    Checksum,
    /// The checksum is right, but a block is not made of whole records.
    #[error("a record is malformed")]
    Record,
    /// The checksum is right, but there are more or fewer records than it says.
    #[error("records are missing or too many")]
    Count,
    /// Something comes after the end.
    #[error("it goes on after its end")]
    Trailing,
    /// It is not the file that was found intact a moment ago.
    #[error("it was changed while it was read")]
    Changed,
}

/// A snapshot was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is something else: it does not begin as snapshots do.
    #[error("the file is not a snapshot of sessions")]
    NotASnapshot,
    /// The path leads to a folder, a symbolic link, a device or the like.
    #[error("the snapshot is not a regular file")]
    NotAFile,
    /// The snapshot is of a version that this code does not know.
    #[error("the snapshot has version {found} of the format; this is for version {known}")]
    UnsupportedVersion {
        /// The file's version.
        found: u32,
        /// The one that can be read.
        known: u32,
    },
    /// The snapshot is not as it was written.
    #[error("the snapshot is damaged at byte {offset}: {damage}")]
    Corrupt {
        /// Where the piece of the file begins in which the damage was found.
        offset: u64,
        /// What is wrong there.
        damage: Damage,
    },
    /// The file could not be read. It may be intact.
    #[error("the snapshot could not be read")]
    Io(#[from] io::Error),
}

/// A snapshot was not written. Unless syncing the folder failed, the earlier one is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// At the target there is a folder, a symbolic link, a device or the like, which a snapshot
    /// does not replace.
    #[error("the snapshot would replace something that is not a regular file")]
    NotAFile,
    /// The session has more bytes than a record can hold. The others can still be written.
    #[error("a session of {bytes} bytes is too large for a snapshot")]
    TooLarge {
        /// The length of its id and text.
        bytes: u64,
    },
    /// The file could not be written.
    #[error("the snapshot could not be written")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests;
