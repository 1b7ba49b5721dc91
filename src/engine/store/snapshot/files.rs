//! Files that take another's place, and those that never did.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions, TryLockError},
    hash::{BuildHasher as _, RandomState},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process,
};

/// What the name of a file that is being written ends with.
const UNFINISHED: &str = ".unfinished";

/// Names that are tried for a file; more than one is needed only if somebody is in the way.
const ATTEMPTS: usize = 16;

/// A file beside its target, held by a lock while it is written. Gone when dropped, unless it took
/// the target's place.
#[derive(Debug)]
pub(super) struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Unfinished {
    /// A new, empty file that only its owner may read and write.
    ///
    /// Its name begins with the target's, tells the process, and is otherwise drawn, since process
    /// ids may be the same in two containers that share a folder.
    pub(super) fn new(target: &Path) -> io::Result<Self> {
        let name = name(target)?;
        for _ in 0..ATTEMPTS {
            let drawn = RandomState::new().hash_one(process::id());
            let mut unfinished = name.to_owned();
            unfinished.push(format!(".{}-{drawn:016x}{UNFINISHED}", process::id()));
            let path = target.with_file_name(unfinished);
            let file = match create(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            let unfinished = Self {
                file,
                path,
                target: target.to_owned(),
                kept: false,
            };
            match unfinished.file.try_lock() {
                // Somebody who removes leftovers was faster than the lock.
                Err(TryLockError::WouldBlock) => continue,
                // The lock is for those who remove leftovers; where there are none, nobody does.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            if unfinished.path.symlink_metadata().is_ok() {
                return Ok(unfinished);
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Takes the target's place, once all that was written is on the disk.
    pub(super) fn keep(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.kept = true;
        sync_folder(&self.target)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done here if it fails. The next start will find the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether there is something at the path that a snapshot neither is nor replaces. A link is such:
/// renaming would replace the link instead of what it leads to, and following it would let whoever
/// can make links choose what is overwritten. The folders on the way may be links.
pub(super) fn is_other_than_a_file(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(!metadata.is_file()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes what writers of this snapshot left unfinished when they died, and says how many files
/// those were. Files that are being written, by any process, are left alone.
///
/// On file systems without locks nobody can tell the two apart, and nothing is removed.
///
/// # Errors
///
/// The folder could not be read. Files that cannot be opened or removed are no error.
pub fn remove_leftovers(target: &Path) -> io::Result<usize> {
    let name = name(target)?;
    let mut removed = 0;
    for entry in folder(target).read_dir()? {
        let entry = entry?;
        let is_leftover = is_unfinished(&entry.file_name(), name)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && remove_unless_locked(&entry.path()).is_ok();
        removed += usize::from(is_leftover);
    }
    Ok(removed)
}

/// Renames a snapshot that cannot be used to the first free name of `NAME.damaged-1`,
/// `NAME.damaged-2` and so on, and says which. No file is replaced.
///
/// # Errors
///
/// The file could not be renamed; then it is where it was.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = name(path)?;
    for number in 1..=u32::MAX {
        let mut aside = name.to_owned();
        aside.push(format!(".damaged-{number}"));
        let aside = path.with_file_name(aside);
        // Taking the name first, so that no two take the same.
        match create(&aside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            created => drop(created?),
        }
        if let Err(error) = fs::rename(path, &aside) {
            let _ = fs::remove_file(&aside);
            return Err(error);
        }
        sync_folder(path)?;
        return Ok(aside);
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The system drops a lock with the process that held it, however that ended.
fn remove_unless_locked(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    file.try_lock()?;
    fs::remove_file(path)
}

fn is_unfinished(name: &OsStr, target: &OsStr) -> bool {
    let drawn = name
        .as_encoded_bytes()
        .strip_prefix(target.as_encoded_bytes())
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(UNFINISHED.as_bytes()));
    let Some(drawn) = drawn else {
        return false;
    };
    let mut parts = drawn.splitn(2, |&byte| byte == b'-');
    let (Some(process), Some(random)) = (parts.next(), parts.next()) else {
        return false;
    };
    !process.is_empty()
        && process.iter().all(u8::is_ascii_digit)
        && random.len() == 16
        && random.iter().all(u8::is_ascii_hexdigit)
}

fn name(path: &Path) -> io::Result<&OsStr> {
    path.file_name()
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the path names no file"))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Without this, a rename may be undone by a crash of the machine.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(folder(path))?.sync_all() {
        // Some network file systems have no such thing.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
