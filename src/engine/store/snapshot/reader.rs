//! Reading snapshots.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek as _},
    path::Path,
};

use super::{
    Damage, ReadError, Record, Summary, files,
    format::{self, CHECKSUM, Checksum, MAGIC, PREAMBLE, VERSION},
};
use crate::engine::time::UnixMillis;

/// A snapshot that has been found intact from its first to its last byte.
#[derive(Debug)]
pub struct Snapshot {
    file: File,
    summary: Summary,
}

impl Snapshot {
    /// Opens a snapshot and checks all of it. `None` if there is no file.
    ///
    /// This reads the whole file, a block at a time.
    ///
    /// # Errors
    ///
    /// [`ReadError`] says why the file is refused.
    pub fn open(path: &Path) -> Result<Option<Self>, ReadError> {
        // Before opening, because opening a pipe waits for somebody to write to it.
        if files::is_other_than_a_file(path)? {
            return Err(ReadError::NotAFile);
        }
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let summary = scan(&mut file, |_| Ok::<(), ReadError>(()))?;
        Ok(Some(Self { file, summary }))
    }

    /// What the snapshot holds.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Hands out all records, in the order in which they were written.
    ///
    /// The file is read once more instead of being kept in memory, and checked once more, block by
    /// block before anything in it is handed out. Writers replace the file and do not change it, so
    /// this finds what it found before, unless the disk fails or somebody meddles.
    ///
    /// # Errors
    ///
    /// [`ReadError`], or what `take` returned. Records that were handed out before are not all, and
    /// must be dropped.
    pub fn load<Error: From<ReadError>>(
        mut self,
        take: impl FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.file.rewind().map_err(ReadError::Io)?;
        let summary = scan(&mut self.file, take)?;
        if summary != self.summary {
            return Err(Error::from(corrupt(0, Damage::Changed)));
        }
        Ok(summary)
    }
}

/// Reads a snapshot in memory, as [`Snapshot`] reads a file: nothing is handed out unless all of it
/// is intact.
///
/// # Errors
///
/// [`ReadError`] says why it is refused.
pub fn parse(bytes: &[u8], mut take: impl FnMut(Record<'_>)) -> Result<Summary, ReadError> {
    let length = bytes.len() as u64;
    Pieces::new(bytes, length).scan(|_| Ok::<(), ReadError>(()))?;
    Pieces::new(bytes, length).scan(|record| {
        take(record);
        Ok(())
    })
}

fn scan<Error: From<ReadError>>(
    file: &mut File,
    take: impl FnMut(Record<'_>) -> Result<(), Error>,
) -> Result<Summary, Error> {
    let length = file.metadata().map_err(ReadError::Io)?.len();
    Pieces::new(file, length).scan(take)
}

fn corrupt(offset: u64, damage: Damage) -> ReadError {
    ReadError::Corrupt { offset, damage }
}

/// The pieces of a file, each of which is checked before it is used.
struct Pieces<Source> {
    source: Source,
    checksum: Checksum,
    /// Where the piece in the buffer begins.
    offset: u64,
    /// Bytes of the file after the buffer's.
    left: u64,
    buffer: Vec<u8>,
}

impl<Source: Read> Pieces<Source> {
    fn new(source: Source, length: u64) -> Self {
        Self {
            source,
            checksum: Checksum::default(),
            offset: 0,
            left: length,
            buffer: Vec::new(),
        }
    }

    fn scan<Error: From<ReadError>>(
        mut self,
        mut take: impl FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let bytes = self.left;
        self.preamble()?;
        let created = UnixMillis(i64::from_le_bytes(self.array()?));
        let mut records = 0_u64;
        loop {
            let length = u32::from_le_bytes(self.array()?);
            if length == 0 {
                break;
            }
            let mut block = self.piece(u64::from(length))?;
            while !block.is_empty() {
                let Some(record) = format::decode(&mut block) else {
                    return Err(self.corrupt(Damage::Record).into());
                };
                take(record)?;
                records += 1;
            }
        }
        if u64::from_le_bytes(self.array()?) != records {
            return Err(self.corrupt(Damage::Count).into());
        }
        if self.left > 0 {
            return Err(corrupt(bytes - self.left, Damage::Trailing).into());
        }
        Ok(Summary {
            created,
            records,
            bytes,
            checksum: self.checksum.add(&[]),
        })
    }

    /// Tells other files, other versions and damage from one another.
    fn preamble(&mut self) -> Result<(), ReadError> {
        let length = self.left.min((PREAMBLE + CHECKSUM) as u64);
        self.fill(length)?;
        let magic_length = self.buffer.len().min(MAGIC.len());
        if !MAGIC.starts_with(self.buffer.get(..magic_length).unwrap_or_default()) {
            return Err(ReadError::NotASnapshot);
        }
        if self.buffer.len() < PREAMBLE + CHECKSUM {
            return Err(self.corrupt(Damage::Truncated));
        }
        let mut piece = self.checked()?;
        let _magic: Option<[u8; MAGIC.len()]> = format::array(&mut piece);
        let version = format::array(&mut piece).map_or(0, u32::from_le_bytes);
        if version != VERSION {
            return Err(ReadError::UnsupportedVersion {
                found: version,
                known: VERSION,
            });
        }
        Ok(())
    }

    /// The next piece, which has this many bytes.
    fn piece(&mut self, length: u64) -> Result<&[u8], ReadError> {
        self.offset += self.buffer.len() as u64;
        self.fill(length + CHECKSUM as u64)?;
        self.checked()
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], ReadError> {
        let mut piece = self.piece(LENGTH as u64)?;
        format::array(&mut piece).ok_or_else(|| self.corrupt(Damage::Truncated))
    }

    /// Reads into the buffer. Allocates no more than the file has.
    fn fill(&mut self, length: u64) -> Result<(), ReadError> {
        if length > self.left {
            return Err(self.corrupt(Damage::Truncated));
        }
        let size = usize::try_from(length).map_err(|_| too_large())?;
        let more = size.saturating_sub(self.buffer.len());
        self.buffer.try_reserve(more).map_err(|_| too_large())?;
        self.buffer.resize(size, 0);
        match self.source.read_exact(&mut self.buffer) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(self.corrupt(Damage::Truncated))
            }
            read => {
                self.left -= length;
                Ok(read?)
            }
        }
    }

    /// The piece in the buffer, without its checksum.
    fn checked(&mut self) -> Result<&[u8], ReadError> {
        let Some((piece, stored)) = self.buffer.split_last_chunk::<CHECKSUM>() else {
            return Err(corrupt(self.offset, Damage::Truncated));
        };
        if self.checksum.add(piece) != u32::from_le_bytes(*stored) {
            return Err(corrupt(self.offset, Damage::Checksum));
        }
        Ok(piece)
    }

    fn corrupt(&self, damage: Damage) -> ReadError {
        corrupt(self.offset, damage)
    }
}

fn too_large() -> ReadError {
    ReadError::Io(io::Error::from(ErrorKind::OutOfMemory))
}
