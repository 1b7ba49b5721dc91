//! Writing snapshots.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use super::{
    Record, Summary, WriteError,
    files::{self, Unfinished},
    format::{self, BLOCK, Checksum, VERSION},
};
use crate::engine::time::UnixMillis;

/// Takes the records of a snapshot that is being written, in any order.
#[derive(Debug)]
pub struct Sink<'file> {
    pieces: Pieces<'file>,
    block: Vec<u8>,
    records: u64,
}

impl Sink<'_> {
    /// Adds a session.
    ///
    /// # Errors
    ///
    /// [`WriteError::TooLarge`] if the session does not fit into a snapshot; the sink can be used
    /// further, for a snapshot without it. Any other error means that there will be no snapshot.
    pub fn push(&mut self, record: Record<'_>) -> Result<(), WriteError> {
        let bytes = record.id.len().saturating_add(record.text.len());
        format::encode(record, &mut self.block).ok_or(WriteError::TooLarge {
            bytes: bytes as u64,
        })?;
        self.records += 1;
        if self.block.len() >= BLOCK {
            self.close_block()?;
        }
        Ok(())
    }

    /// How many sessions were added.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    fn close_block(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.block.len()).map_err(io::Error::other)?;
        self.pieces.write(&length.to_le_bytes())?;
        self.pieces.write(&self.block)?;
        self.block.clear();
        // One session of many megabytes shall not take up memory until the end.
        self.block.shrink_to(2 * BLOCK);
        Ok(())
    }
}

/// The pieces of the file, and the checksums between them.
#[derive(Debug)]
pub(super) struct Pieces<'file> {
    file: &'file mut File,
    checksum: Checksum,
    last: u32,
    bytes: u64,
    failed: bool,
}

impl<'file> Pieces<'file> {
    pub(super) fn new(file: &'file mut File) -> Self {
        Self {
            file,
            checksum: Checksum::default(),
            last: 0,
            bytes: 0,
            failed: false,
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        // After a failure it is unknown how much of the piece is in the file.
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.last = self.checksum.add(piece);
        self.bytes += (piece.len() + format::CHECKSUM) as u64;
        let written = self
            .file
            .write_all(piece)
            .and_then(|()| self.file.write_all(&self.last.to_le_bytes()));
        self.failed = written.is_err();
        written
    }
}

/// Writes a snapshot: `fill` pushes the sessions into the sink it gets.
///
/// It can take seconds and waits for the disk, so it is for a thread of its own. It holds no more
/// than a block of the file in memory. What is at `path` stays until all is written and on the disk,
/// and stays for good if `fill` or anything else fails. If several write to the same path at once,
/// each snapshot is whole, and that which was finished last stays.
///
/// The file belongs to who writes it, and on Unix has mode 0600.
///
/// # Errors
///
/// [`WriteError`], or what `fill` returned. If syncing the folder failed, the new snapshot is in
/// place but a crash of the machine may bring back the earlier one; otherwise the earlier one is as
/// it was.
pub fn write<Error: From<WriteError>>(
    path: &Path,
    created: UnixMillis,
    fill: impl FnOnce(&mut Sink<'_>) -> Result<(), Error>,
) -> Result<Summary, Error> {
    // Both before and after: it is no use to write for seconds what cannot be put there.
    refuse_other_than_a_file(path)?;
    let mut unfinished = Unfinished::new(path).map_err(WriteError::Io)?;
    let mut sink = Sink {
        pieces: Pieces::new(unfinished.file()),
        block: Vec::with_capacity(BLOCK + BLOCK / 4),
        records: 0,
    };
    begin(&mut sink, created).map_err(WriteError::Io)?;
    fill(&mut sink)?;
    let summary = end(sink, created).map_err(WriteError::Io)?;
    refuse_other_than_a_file(path)?;
    unfinished.keep().map_err(WriteError::Io)?;
    Ok(summary)
}

fn refuse_other_than_a_file(path: &Path) -> Result<(), WriteError> {
    if files::is_other_than_a_file(path)? {
        return Err(WriteError::NotAFile);
    }
    Ok(())
}

fn begin(sink: &mut Sink<'_>, UnixMillis(created): UnixMillis) -> io::Result<()> {
    sink.pieces.write(&format::preamble(VERSION))?;
    sink.pieces.write(&created.to_le_bytes())
}

fn end(mut sink: Sink<'_>, created: UnixMillis) -> io::Result<Summary> {
    if !sink.block.is_empty() {
        sink.close_block()?;
    }
    sink.pieces.write(&0_u32.to_le_bytes())?;
    sink.pieces.write(&sink.records.to_le_bytes())?;
    Ok(Summary {
        created,
        records: sink.records,
        bytes: sink.pieces.bytes,
        checksum: sink.pieces.last,
    })
}
