//! The in-memory store.

mod allocator;
mod attributes;
mod clock;
mod events;
mod eviction;
mod expiry;
mod hasher;
mod hints;
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
pub use events::{Bound, Event, EventData, EventKind, Listener, Queued, WITH_DATA};
pub use options::{OnFull, Options};
pub use pages::Pages;
pub use session::{Cookie, Known, Renewed, Save, Session};
pub use slots::Class;
pub use stats::{Stats, Sweeps};

use sessions::Total;
use shards::Shards;
use shared::adjust;
use sweeper::Swept;

/// The most due sessions that are examined before counting.
const SWEPT_TO_COUNT: usize = 1000;

/// How many times room is made for a session, which other threads may take.
const TRIES: usize = 64;

/// There was no room for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the session store is full")]
pub struct Full(
    /// The bound that was reached.
    pub Bound,
);

/// The number of the next store.
static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// Sessions in this process's memory, outside of any JavaScript heap.
///
/// Expired sessions are never returned. They are freed when they are looked up, when others in the
/// same shard are used, or by the engine's own thread, which only examines due sessions. Nothing
/// ever scans the whole store, and locks are only held for moments. All operations are atomic for
/// their id.
#[derive(Debug)]
pub struct MemoryStore {
    swept: Arc<Swept>,
    attributes: Attributes,
    number: u64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Options::default(), None)
    }
}

impl MemoryStore {
    /// An empty store. With a clock, a thread frees expired sessions.
    #[must_use]
    pub fn new(options: Options, clock: Option<Clock>) -> Self {
        Self::with_shards(options, None, clock)
    }

    fn with_shards(options: Options, count: Option<usize>, clock: Option<Clock>) -> Self {
        Self {
            attributes: Attributes::for_bound(options.max_bytes),
            swept: Arc::new(Swept::new(Shards::new(options, count), clock)),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// A number that no other store of the process has, not even one with the same name later.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The store's options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shards().shared.options
    }

    /// The number of a cookie's attributes; see [`Attributes`]. `None` if there is no more room.
    #[must_use]
    pub fn intern(&self, attributes: &str) -> Option<u32> {
        let shared = &self.shards().shared;
        let is_there_room = |bytes: usize| {
            if self.options().on_full == OnFull::Evict {
                // The next save or touch evicts sessions for it.
                adjust(&shared.bytes, 0, bytes);
                return true;
            }
            shared.reserve(Total { sessions: 0, bytes }).is_ok()
        };
        self.attributes.intern(attributes, is_there_room)
    }

    /// The attributes with this number.
    #[must_use]
    pub fn attributes(&self, number: u32) -> Option<Arc<str>> {
        self.attributes.get(number)
    }

    /// The JSON of a whole session: first its cookie, then its data.
    #[must_use]
    pub fn whole_text(&self, session: &Session<'_>) -> String {
        self.attributes.whole_text(session)
    }

    /// Saves or replaces a session. One that was removed after it was loaded may be silently dropped;
    /// see [`Known`]. Returns whether it was saved.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is no room for it. Then an existing session is left unchanged.
    pub fn save(
        &self,
        id: &[u8],
        session: &Session<'_>,
        save: Save,
        now: UnixMillis,
    ) -> Result<bool, Full> {
        self.note_time(now);
        let mut bound = Bound::Bytes;
        for _ in 0..TRIES {
            let set = |shard: &mut shard::Shard, hash| shard.set(hash, id, session, save, now);
            match self.shards().with_new(id, now, set) {
                Some(Ok(Some(sequence))) => {
                    self.note_expiry(session, save.ttl, now);
                    self.shards().make_room(now, Some(sequence));
                    return Ok(true);
                }
                Some(Err(refusal)) => {
                    bound = refusal.bound;
                    if self.shards().make_room_for_refused(&refusal, now) {
                        continue;
                    }
                    if self.options().on_full == OnFull::Evict {
                        // The shard may be new.
                        self.shards().make_room(now, refusal.keep);
                    }
                    return Err(self.refused(refusal.bound));
                }
                Some(Ok(None)) | None => return Ok(false),
            }
        }
        Err(self.refused(bound))
    }

    /// Changes a session's cookie and expiry to those of `session`, whose text is ignored. `ttl` is
    /// as in [`Save`].
    pub fn renew(
        &self,
        id: &[u8],
        session: &Session<'_>,
        ttl: Option<i64>,
        now: UnixMillis,
    ) -> Renewed {
        self.note_time(now);
        let renew = |shard: &mut shard::Shard, hash| shard.renew(hash, id, session, ttl, now);
        let renewed = self.shards().with(id, now, renew);
        let (renewed, sequence) = renewed.unwrap_or((Renewed::Absent, None));
        if renewed == Renewed::Done {
            self.note_expiry(session, ttl, now);
        }
        if renewed == Renewed::Done || self.options().on_full == OnFull::Evict {
            self.shards().make_room(now, sequence);
        }
        renewed
    }

    /// A number that orders loads and removals: higher than all before.
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.shards().shared.tick()
    }

    /// When a session expires, [`UnixMillis::MAX`] if it does not. `None` if it is absent.
    #[must_use]
    pub fn expires(&self, id: &[u8], now: UnixMillis) -> Option<UnixMillis> {
        self.note_time(now);
        let expires = |shard: &mut shard::Shard, hash| shard.expires(hash, id, now);
        self.shards().with(id, now, expires).flatten()
    }

    /// Reads a session, unless it is absent or expired. `read` holds a lock, so it must be fast.
    pub fn read<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        read: impl FnOnce(Session<'_>) -> Output,
    ) -> Option<Output> {
        self.note_time(now);
        let found = self.shards().with(id, now, |shard, hash| {
            Some(read(shard.get(hash, id, now)?.session()))
        });
        found.unwrap_or_else(|| {
            let misses = &self.shards().shared.misses;
            misses.fetch_add(1, Ordering::Relaxed);
            None
        })
    }

    /// The same, without counting the session as used.
    pub fn peek<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        read: impl FnOnce(Session<'_>) -> Output,
    ) -> Option<Output> {
        self.note_time(now);
        let found = self.shards().with(id, now, |shard, hash| {
            Some(read(shard.peek(hash, id, now)?.session()))
        });
        found.flatten()
    }

    /// Whether a session exists. This does not count as use.
    #[must_use]
    pub fn has(&self, id: &[u8], now: UnixMillis) -> bool {
        self.note_time(now);
        self.shards()
            .with(id, now, |shard, hash| shard.has(hash, id, now))
            .unwrap_or_default()
    }

    /// Removes a session. Returns whether there was one.
    pub fn destroy(&self, id: &[u8], now: UnixMillis) -> bool {
        self.note_time(now);
        let destroy = |shard: &mut shard::Shard, hash| shard.destroy(hash, id, now);
        let destroyed = if self.options().drop_late_saves {
            // The tombstone needs a shard, which takes memory.
            let destroyed = self.shards().with_new(id, now, destroy);
            self.shards().make_room(now, None);
            destroyed
        } else {
            self.shards().with(id, now, destroy)
        };
        destroyed.unwrap_or_default()
    }

    /// Reads all sessions with their ids, without counting them as used, and returns the results,
    /// oldest session first. `read` holds a lock, so it must be fast.
    pub fn all<Output>(
        &self,
        now: UnixMillis,
        mut read: impl FnMut(&[u8], Session<'_>) -> Output,
    ) -> Vec<Output> {
        self.note_time(now);
        self.shards().sweep(|| now, SWEPT_TO_COUNT);
        let mut all = Vec::new();
        for shard in self.shards().iter() {
            let live = shard.sessions.iter().filter(|slot| !slot.is_expired(now));
            all.extend(live.map(|slot| {
                let output = read(slot.record.id(), slot.session());
                (slot.sequence, output)
            }));
        }
        all.sort_unstable_by_key(|(sequence, _)| *sequence);
        all.into_iter().map(|(_, output)| output).collect()
    }

    /// All ids, oldest first.
    #[must_use]
    pub fn ids(&self, now: UnixMillis) -> Vec<Vec<u8>> {
        self.all(now, |id, _| id.to_vec())
    }

    /// Reads up to `most` of the next sessions, with their ids, or fewer if they are large. Returns
    /// `false` if there are no more. `read` holds a lock, so it must be fast.
    pub fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        read: impl FnMut(&[u8], Session<'_>),
    ) -> bool {
        self.note_time(now);
        self.shards().page(pages, most, now, read)
    }

    /// The number of sessions, without reading them. If thousands have just expired, some of them
    /// may still be counted.
    #[must_use]
    pub fn len(&self, now: UnixMillis) -> usize {
        self.note_time(now);
        self.shards().sweep(|| now, SWEPT_TO_COUNT);
        let sessions = self.shards().shared.sessions.load(Ordering::Relaxed);
        usize::try_from(sessions).unwrap_or(usize::MAX)
    }

    /// Whether there are no sessions.
    #[must_use]
    pub fn is_empty(&self, now: UnixMillis) -> bool {
        self.len(now) == 0
    }

    /// Removes all sessions.
    pub fn clear(&self) {
        self.shards().clear();
    }

    /// The bytes that the store takes, including overhead.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shards().shared.bytes.load(Ordering::Relaxed)
    }

    /// The store's contents and history.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.shards().shared;
        let mut stats = Stats {
            sessions: shared.sessions.load(Ordering::Relaxed),
            misses: shared.misses.load(Ordering::Relaxed),
            bytes: self.bytes(),
            refusals: shared.refusals.load(Ordering::Relaxed),
            sweeps: *self.swept.sweeps.lock(),
            ..Stats::default()
        };
        for shard in self.shards().iter() {
            stats.add(shard.counts);
        }
        stats
    }

    /// Tells the thread that frees expired sessions what time it is in JavaScript, as all operations
    /// on sessions do.
    pub fn note_time(&self, now: UnixMillis) {
        self.swept.note_time(now);
    }

    /// Queues events for a listener. `wanted` has the bits `1 << EventKind::number()` of the kinds
    /// it wants, plus [`WITH_DATA`]; 0 for none.
    pub fn listen(&self, listener: &Arc<Listener>, wanted: u8) {
        self.shards().shared.events.listen(listener, wanted);
    }

    /// Frees expired sessions, examining up to `budget` due ones. Returns whether there may be
    /// more.
    pub fn sweep(&self, now: UnixMillis, budget: usize) -> bool {
        self.shards().sweep(|| now, budget)
    }

    /// When a session may expire next, at the latest when the first one does. `None` if no session
    /// has an expiry.
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
