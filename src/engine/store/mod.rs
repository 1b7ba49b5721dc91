//! Where sessions are kept between requests.

mod ballast;
mod contents;
mod events;
mod memory;
mod options;
mod pace;
mod pages;
mod record;
pub mod registry;
mod room;
mod shard;
mod shared;
mod slots;
mod stats;
mod sweep;
mod tombstones;
mod upkeep;
mod wheel;
mod write;

use thiserror::Error;

use super::{session_text::Expiry, time::UnixMillis};

pub use events::{Bound, Event, EventKind, Listener, WITH_TEXT};
pub use memory::MemoryStore;
pub use options::{OnFull, Options};
pub use pages::{Kept, Pages};
pub use slots::Class;
pub use stats::{Stats, Sweeps};
pub use write::Save;

#[cfg(test)]
mod acceptance;
#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;

/// A store could not do what it was asked to: a fault of the system behind it, never a missing
/// session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store's backend failed.
    #[error("the session store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store holds as much as it may.
    #[error("the session store is full: {} is {most}", bound.option())]
    Full {
        /// Of which bound.
        bound: Bound,
        /// The bound.
        most: u64,
    },
}

/// An error and what caused it, in one line.
#[must_use]
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| {
        format!("{text}: {source}")
    })
}

/// What every session store does.
///
/// A session is the text that JavaScript gave: JSON, with an expiry in it or not. A session that is
/// absent and one that has expired are the same: `Ok(None)`. An `Err` is for faults. Time is always
/// the caller's.
///
/// Stores are used from several threads at once; each operation is atomic for its id.
pub trait SessionStore: Send + Sync {
    /// The session's text, unless it is absent or expired.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    fn get(&self, id: &[u8], now: UnixMillis) -> Result<Option<String>, StoreError>;

    /// Keeps `text` for `id`, in place of what was there, and says which expiry it found in it.
    ///
    /// A text whose expiry is unclear is kept and never expires by itself.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the session is not kept.
    fn set(&self, id: &[u8], text: &str, now: UnixMillis) -> Result<Expiry, StoreError>;

    /// Puts another cookie, given as JSON, into the session, and with it another expiry. `None` if
    /// there is no such session, or if its text is no JSON object; then nothing is changed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the session is not renewed.
    fn touch(&self, id: &[u8], cookie: &str, now: UnixMillis)
    -> Result<Option<Expiry>, StoreError>;

    /// Removes the session; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the session may still be there.
    fn destroy(&self, id: &[u8], now: UnixMillis) -> Result<bool, StoreError>;

    /// Ids and texts of all sessions, oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    fn all(&self, now: UnixMillis) -> Result<Vec<(Vec<u8>, String)>, StoreError>;

    /// How many sessions there are, without reading them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    fn len(&self, now: UnixMillis) -> Result<usize, StoreError>;

    /// Whether there is no session.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    fn is_empty(&self, now: UnixMillis) -> Result<bool, StoreError> {
        Ok(self.len(now)? == 0)
    }

    /// Removes all sessions.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if some may still be there.
    fn clear(&self) -> Result<(), StoreError>;
}
