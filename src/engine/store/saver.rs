//! Saves a store to a snapshot, every so often and at the end.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{
    memory::MemoryStore,
    pace::Pace,
    pages::{Kept, Pages},
    snapshot::{self, ReadError, Record, Snapshot, WriteError},
};
use crate::engine::{
    sync::{Condvar, Mutex, thread},
    time::UnixMillis,
};

/// Sessions that are copied before any is written, so that no lock is held while the disk is waited
/// for.
const COPIED_AT_ONCE: usize = 64;

/// Where and how a store is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaverOptions {
    /// The snapshot.
    pub path: PathBuf,
    /// The time between two snapshots; none are written in between if it is `None`.
    pub interval: Option<Duration>,
    /// Whether a snapshot that is damaged or none of ours is renamed, instead of being an error.
    pub sets_aside: bool,
}

/// The sessions of an earlier life could not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The snapshot was not read.
    #[error("{} cannot be loaded", path.display())]
    Read {
        /// The snapshot.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// It was damaged, and could not be renamed.
    #[error("{} cannot be set aside", path.display())]
    SetAside {
        /// The snapshot.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What has become of the snapshots so far.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// How many were written.
    pub count: u64,
    /// How many were not.
    pub failures: u64,
    /// Why the last one was not, if it was not.
    pub error: Option<String>,
    /// How long the last one took.
    pub took: Duration,
}

impl SaverOptions {
    /// Loads the snapshot into an empty store, if there is one. If it was set aside, says where it is.
    ///
    /// # Errors
    ///
    /// [`LoadError`]; then the store is empty.
    pub fn load(&self, store: &MemoryStore, now: UnixMillis) -> Result<Option<PathBuf>, LoadError> {
        let path = &self.path;
        // What cannot be removed does no harm but take up space.
        let _ = snapshot::remove_leftovers(path);
        let error = match load(path, store, now) {
            Ok(()) => return Ok(None),
            Err(error) => error,
        };
        store.take_all();
        let is_unusable = matches!(
            error,
            ReadError::NotASnapshot
                | ReadError::UnsupportedVersion { .. }
                | ReadError::Corrupt { .. }
        );
        if !self.sets_aside || !is_unusable {
            return Err(LoadError::Read {
                path: path.clone(),
                source: error,
            });
        }
        let aside = snapshot::set_aside(path);
        aside.map(Some).map_err(|source| LoadError::SetAside {
            path: path.clone(),
            source,
        })
    }
}

fn load(path: &Path, store: &MemoryStore, now: UnixMillis) -> Result<(), ReadError> {
    let Some(snapshot) = Snapshot::open(path)? else {
        return Ok(());
    };
    snapshot.load::<ReadError>(|record| {
        // Texts are texts, unless somebody has written a snapshot by other means.
        if let Ok(text) = std::str::from_utf8(record.text) {
            let Record {
                id,
                flags,
                expires,
                sequence,
                ..
            } = record;
            store.restore(
                Kept {
                    id,
                    text,
                    flags,
                    expires,
                    sequence,
                },
                now,
            );
        }
        Ok(())
    })?;
    Ok(())
}

/// Saves a store in a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Saver {
    options: SaverOptions,
    state: Arc<State>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    stopped: Mutex<bool>,
    changed: Condvar,
    saved: Mutex<Saved>,
}

/// A snapshot was not written, or not to its end because nobody wants it any more.
enum Unsaved {
    Failed(WriteError),
    Stopped,
}

impl From<WriteError> for Unsaved {
    fn from(error: WriteError) -> Self {
        Self::Failed(error)
    }
}

impl Saver {
    pub(super) fn new(
        options: SaverOptions,
        store: &Arc<MemoryStore>,
        clock: fn() -> UnixMillis,
    ) -> Self {
        let state = Arc::new(State::default());
        let thread = options.interval.and_then(|interval| {
            let (state, store) = (Arc::clone(&state), Arc::clone(store));
            let path = options.path.clone();
            let run = move || state.run(&path, &store, interval, clock);
            let thread = thread::Builder::new().name("sessions-save".into());
            thread.spawn(run).ok()
        });
        Self {
            options,
            state,
            thread,
        }
    }

    /// What the saver was made with.
    #[must_use]
    pub fn options(&self) -> &SaverOptions {
        &self.options
    }

    /// What has become of the snapshots so far.
    #[must_use]
    pub fn saved(&self) -> Saved {
        self.state.saved.lock().clone()
    }

    /// Ends the thread and saves the store for the last time. Takes as long as that takes.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; then the last snapshot that was written is as it was.
    pub fn finish(mut self, store: &MemoryStore, now: UnixMillis) -> Result<(), WriteError> {
        self.state.stop();
        if let Some(thread) = self.thread.take() {
            // A panic there is no reason not to save here.
            let _ = thread.join();
        }
        match save(&self.options.path, store, now, || false) {
            Err(Unsaved::Failed(error)) => Err(error),
            Ok(()) | Err(Unsaved::Stopped) => Ok(()),
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.state.stop();
    }
}

impl State {
    fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    fn run(&self, path: &Path, store: &MemoryStore, interval: Duration, clock: fn() -> UnixMillis) {
        loop {
            let mut stopped = self.stopped.lock();
            if !*stopped {
                self.changed.wait_for(&mut stopped, interval);
            }
            if *stopped {
                return;
            }
            drop(stopped);
            let start = Instant::now();
            let result = save(path, store, clock(), || *self.stopped.lock());
            let mut saved = self.saved.lock();
            match result {
                Ok(()) => {
                    saved.count += 1;
                    saved.error = None;
                    saved.took = start.elapsed();
                }
                Err(Unsaved::Failed(error)) => {
                    saved.failures += 1;
                    saved.error = Some(super::with_sources(&error));
                }
                Err(Unsaved::Stopped) => return,
            }
        }
    }
}

/// Sessions that were copied out of the store. They are copied into memory that is there already:
/// to take it would take longer than to copy them, and a lock is held meanwhile.
#[derive(Default)]
struct Copied {
    /// Ids and texts, one after the other.
    bytes: Vec<u8>,
    sessions: Vec<Lengths>,
}

struct Lengths {
    id: usize,
    text: usize,
    flags: u8,
    expires: Option<UnixMillis>,
    sequence: u64,
}

impl Copied {
    fn add(&mut self, kept: Kept<'_>) {
        self.bytes.extend_from_slice(kept.id);
        self.bytes.extend_from_slice(kept.text.as_bytes());
        self.sessions.push(Lengths {
            id: kept.id.len(),
            text: kept.text.len(),
            flags: kept.flags,
            expires: kept.expires,
            sequence: kept.sequence,
        });
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = &*self.bytes;
        self.sessions.iter().map_while(move |session| {
            let (id, after) = rest.split_at_checked(session.id)?;
            let (text, after) = after.split_at_checked(session.text)?;
            rest = after;
            Some(Record {
                id,
                text,
                flags: session.flags,
                expires: session.expires,
                sequence: session.sequence,
            })
        })
    }

    fn clear(&mut self) {
        self.sessions.clear();
        self.bytes.clear();
        // Some sessions of megabytes shall not take up memory until the end.
        self.bytes.shrink_to(1 << 20);
    }
}

fn save(
    path: &Path,
    store: &MemoryStore,
    now: UnixMillis,
    is_stopped: impl Fn() -> bool,
) -> Result<(), Unsaved> {
    snapshot::write::<Unsaved>(path, now, |sink| {
        let mut pages = Pages::default();
        let mut copied = Copied::default();
        let mut pace = Pace::default();
        let mut more = true;
        while more {
            if is_stopped() {
                return Err(Unsaved::Stopped);
            }
            pace.keep();
            more = store.page(&mut pages, COPIED_AT_ONCE, now, |kept| copied.add(kept));
            for record in copied.records() {
                // One session of gigabytes is no reason not to save the others.
                if let Err(error) = sink.push(record)
                    && !matches!(error, WriteError::TooLarge { .. })
                {
                    return Err(error.into());
                }
            }
            copied.clear();
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
