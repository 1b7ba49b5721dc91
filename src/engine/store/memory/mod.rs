//! The in-memory store.

mod allocator;
mod attributes;
mod clock;
mod events;
mod eviction;
mod expiry;
mod options;
mod pages;
mod record;
pub mod registry;
mod session;
mod sessions;
mod shard;
mod shards;
mod shared;
mod slots;
mod stats;
mod sweeper;
mod tombstones;
mod wheel;

use std::sync::Arc;

use thiserror::Error;

use super::super::{
    sync::Ordering,
    time::{Clock, UnixMillis},
};

pub use attributes::Attributes;
pub use events::{Bound, Event, EventData, EventKind, Listener, WITH_DATA};
pub use options::{OnFull, Options};
pub use pages::Pages;
pub use session::{Cookie, Renewed, Save, Session};
pub use slots::Class;
pub use stats::{Stats, Sweeps};

use eviction::EVICTED_AT_ONCE;
use shards::Shards;
use shared::adjust;
use sweeper::Swept;

/// Due sessions that are looked at before sessions are counted.
const SWEPT_TO_COUNT: usize = 1000;

/// There was no room for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the session store is full")]
pub struct Full(
    /// The bound that was reached.
    pub Bound,
);

/// Sessions in this process's memory, outside of any JavaScript heap.
///
/// An expired session is never returned. Its memory is freed when it is asked for, when others on the
/// same shard are used, or by a thread of the engine, which looks only at what is due: nothing ever
/// scans the whole store, and no lock is held for longer than a moment. All operations are atomic for
/// their id.
#[derive(Debug)]
pub struct MemoryStore {
    swept: Arc<Swept>,
    attributes: Attributes,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Options::default(), None)
    }
}

impl MemoryStore {
    /// An empty store. With a clock, a thread frees what has expired.
    #[must_use]
    pub fn new(options: Options, clock: Option<Clock>) -> Self {
        Self::with_shards(options, None, clock)
    }

    fn with_shards(options: Options, count: Option<usize>, clock: Option<Clock>) -> Self {
        Self {
            swept: Arc::new(Swept::new(Shards::new(options, count), clock)),
            attributes: Attributes::default(),
        }
    }

    /// The options that the store was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shards().shared.options
    }

    /// The number by which the attributes of a cookie are known; see [`Attributes`]. `None` if there is no
    /// room for more of them.
    #[must_use]
    pub fn intern(&self, attributes: &str) -> Option<u32> {
        let (number, bytes) = self.attributes.intern_counting(attributes)?;
        adjust(&self.shards().shared.bytes, 0, bytes);
        Some(number)
    }

    /// The attributes that are known by a number.
    #[must_use]
    pub fn attributes(&self, number: u32) -> Option<Arc<str>> {
        self.attributes.get(number)
    }

    /// The JSON of a whole session: its cookie first, and then its data.
    #[must_use]
    pub fn whole_text(&self, session: &Session<'_>) -> String {
        self.attributes.whole_text(session)
    }

    /// Saves a session, in place of what was there. One that was destroyed and is to stay destroyed
    /// is not saved, and that is no error.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is no room for it; then what was there is left as it was.
    pub fn save(
        &self,
        id: &[u8],
        session: &Session<'_>,
        save: Save,
        now: UnixMillis,
    ) -> Result<(), Full> {
        self.swept.note_time(now);
        for _ in 0..EVICTED_AT_ONCE {
            let set = |shard: &mut shard::Shard, hash| shard.set(hash, id, session, save, now);
            match self.shards().with_new(id, now, set) {
                Some(Ok(Some(sequence))) => {
                    self.note_expiry(session, save.ttl, now);
                    self.shards().make_room(now, Some(sequence));
                }
                Some(Err(refusal)) => {
                    if !refusal.is_final && self.shards().make_room_for_one(&refusal, now) {
                        continue;
                    }
                    return Err(self.refused(refusal.bound));
                }
                Some(Ok(None)) | None => {}
            }
            return Ok(());
        }
        Err(self.refused(Bound::Bytes))
    }

    /// Gives a session the cookie and the expiry of `session`, whose text is not looked at. `ttl` is as
    /// in [`Save`].
    pub fn renew(
        &self,
        id: &[u8],
        session: &Session<'_>,
        ttl: Option<i64>,
        now: UnixMillis,
    ) -> Renewed {
        self.swept.note_time(now);
        let renew = |shard: &mut shard::Shard, hash| shard.renew(hash, id, session, ttl, now);
        let renewed = self.shards().with(id, now, renew);
        if renewed == Some(Renewed::Done) {
            self.note_expiry(session, ttl, now);
            self.shards().make_room(now, None);
        }
        renewed.unwrap_or(Renewed::Absent)
    }

    /// Reads a session, unless it is absent or has expired. `read` is to be quick: others wait for it.
    pub fn read<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        read: impl FnOnce(Session<'_>) -> Output,
    ) -> Option<Output> {
        self.swept.note_time(now);
        let found = self.shards().with(id, now, |shard, hash| {
            Some(read(shard.get(hash, id, now)?.session()))
        });
        found.unwrap_or_else(|| {
            let misses = &self.shards().shared.misses;
            misses.fetch_add(1, Ordering::Relaxed);
            None
        })
    }

    /// Whether there is such a session. That is not a use of it.
    #[must_use]
    pub fn has(&self, id: &[u8], now: UnixMillis) -> bool {
        self.shards()
            .with(id, now, |shard, hash| shard.has(hash, id, now))
            .unwrap_or_default()
    }

    /// Removes a session; says whether there was one.
    pub fn destroy(&self, id: &[u8], now: UnixMillis) -> bool {
        self.swept.note_time(now);
        let destroy = |shard: &mut shard::Shard, hash| shard.destroy(hash, id, now);
        let destroyed = if self.options().stay_destroyed {
            // That it was destroyed is kept in a shard.
            self.shards().with_new(id, now, destroy)
        } else {
            self.shards().with(id, now, destroy)
        };
        destroyed.unwrap_or_default()
    }

    /// All ids, oldest first.
    #[must_use]
    pub fn ids(&self, now: UnixMillis) -> Vec<Vec<u8>> {
        self.shards().sweep(now, SWEPT_TO_COUNT);
        let mut ids = Vec::new();
        for shard in self.shards().iter() {
            let shard = shard.lock();
            let live = shard.sessions.iter().filter(|slot| !slot.is_expired(now));
            ids.extend(live.map(|slot| (slot.sequence, slot.record.id().to_vec())));
        }
        ids.sort_unstable_by_key(|(sequence, _)| *sequence);
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Reads the next sessions, up to `most` of them, and gives their ids. `false` if there are no
    /// more. `read` is to be quick: others wait for it.
    pub fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        read: impl FnMut(&[u8], Session<'_>),
    ) -> bool {
        self.shards().page(pages, most, now, read)
    }

    /// How many sessions there are, without reading them. Sessions that have expired by the thousands
    /// a moment ago may still be counted.
    #[must_use]
    pub fn len(&self, now: UnixMillis) -> usize {
        self.shards().sweep(now, SWEPT_TO_COUNT);
        let sessions = self.shards().shared.sessions.load(Ordering::Relaxed);
        usize::try_from(sessions).unwrap_or(usize::MAX)
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self, now: UnixMillis) -> bool {
        self.len(now) == 0
    }

    /// Removes all sessions.
    pub fn clear(&self) {
        self.shards().clear();
    }

    /// What the store holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.shards().shared;
        let mut stats = Stats {
            sessions: shared.sessions.load(Ordering::Relaxed),
            misses: shared.misses.load(Ordering::Relaxed),
            bytes: shared.bytes.load(Ordering::Relaxed),
            refusals: shared.refusals.load(Ordering::Relaxed),
            sweeps: *self.swept.sweeps.lock(),
            ..Stats::default()
        };
        for shard in self.shards().iter() {
            stats.add(shard.lock().counts);
        }
        stats
    }

    /// Has events noted for a listener: `wanted` has the bits `1 << EventKind::number()` of the kinds
    /// it wants, and [`WITH_DATA`]; 0 for none.
    pub fn listen(&self, listener: &Arc<Listener>, wanted: u8) {
        self.shards().shared.events.listen(listener, wanted);
    }

    /// Frees expired sessions, looking at `budget` of those that are due at most. Returns `true` if
    /// there may be more of them.
    pub fn sweep(&self, now: UnixMillis, budget: usize) -> bool {
        self.shards().sweep(now, budget)
    }

    /// When something may expire next; `None` if no session has an expiry. Not later than the first
    /// session expires.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.shards().next_due()
    }

    fn shards(&self) -> &Shards {
        &self.swept.shards
    }

    fn note_expiry(&self, session: &Session<'_>, ttl: Option<i64>, now: UnixMillis) {
        let by_ttl = || Some(now.plus(ttl.or(self.options().ttl)?));
        if let Some(expires) = session.expires.or_else(by_ttl) {
            self.swept.note_expiry(expires);
        }
    }

    fn refused(&self, bound: Bound) -> Full {
        let refusals = &self.shards().shared.refusals;
        refusals.fetch_add(1, Ordering::Relaxed);
        Full(bound)
    }
}

#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
#[cfg(test)]
mod tests;
