//! The in-memory store.

use std::{
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::Arc,
};

use super::{
    SessionStore, StoreError,
    events::{Bound, Listener},
    options::Options,
    room::EVICTED_AT_ONCE,
    shard::{Shard, expires},
    shared::{Shared, adjust},
    slots::{NEVER, Slot},
    stats::{Stats, Sweeps},
    write::{HANDWRITTEN, Save, UNCLEAR, WHOLE, Write},
};
use crate::engine::{
    session_text::{Expiry, outline, outline_of_stringified},
    sync::{self, Mutex, MutexGuard, Ordering},
    time::UnixMillis,
};

/// Locks are held for one lookup or copy; so many of them keep threads apart, and keep what is done
/// to a whole shard at once, like letting its table grow, short.
const SHARDS: usize = 512;

/// Due sessions that an operation on a shard looks at in passing.
const SWEEP_IN_PASSING: usize = 4;

/// Due sessions that are looked at before sessions are counted.
const SWEEP_TO_COUNT: usize = 1000;

/// Sessions in this process's memory, outside of any JavaScript heap.
///
/// An expired session is never returned. Its memory is freed when it is asked for, in passing when
/// others are used, or by [`MemoryStore::sweep`], which looks only at what is due: nothing ever scans
/// the whole store, and no lock is held for longer than a moment.
#[derive(Debug)]
pub struct MemoryStore {
    hasher: RandomState,
    pub(super) shared: Arc<Shared>,
    pub(super) shards: Box<[Mutex<Shard>]>,
    pub(super) sweeps: Mutex<Sweeps>,
}

/// A store that will never hold much makes do with fewer shards, so that their own memory is not most
/// of what it takes.
fn shards_for(options: &Options) -> usize {
    const SESSIONS: u64 = 1000;
    const BYTES: u64 = 512 * 1024;
    let sessions = options.max_sessions.map(|most| most / SESSIONS);
    let bytes = options.max_bytes.map(|most| most / BYTES);
    let wanted = sessions.into_iter().chain(bytes).min();
    let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok());
    wanted.unwrap_or(SHARDS).clamp(1, SHARDS)
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::with_shards(options, shards_for(&options))
    }

    pub(super) fn with_shards(options: Options, shards: usize) -> Self {
        let shared = Arc::new(Shared::new(options, shards));
        let store = Self {
            hasher: RandomState::new(),
            shards: (0..shards)
                .map(|_| Mutex::new(Shard::new(Arc::clone(&shared))))
                .collect(),
            sweeps: Mutex::default(),
            shared,
        };
        let base = size_of::<Self>() + size_of::<Shared>() + shards * size_of::<Mutex<Shard>>();
        adjust(&store.shared.bytes, 0, base);
        store
    }

    /// The options that the store was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Keeps `text` for `id`, in place of what was there, and says which expiry it found in it. A
    /// session that was destroyed and is to stay so is not kept; that is no error.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] if there is no room for it; then what was there is left as it was.
    pub fn save(
        &self,
        id: &[u8],
        text: &str,
        save: Save,
        now: UnixMillis,
    ) -> Result<Expiry, StoreError> {
        let outline = if save.stringified {
            outline_of_stringified(text)
        } else {
            outline(text)
        };
        let expiry = outline
            .as_ref()
            .map_or(Expiry::Unclear, |outline| outline.expiry);
        let forever = self.forever(save.ttl, now);
        let write = Write::new(id, text, outline, save, expires(expiry, forever));
        self.note_flags(write.flags);
        for _ in 0..EVICTED_AT_ONCE {
            let set = |shard: &mut Shard, hash| shard.set(hash, &write, now);
            match self.with_shard(id, now, set) {
                Some(Ok(Some(sequence))) => self.make_room(now, Some(sequence)),
                Some(Err(refusal)) => {
                    if !refusal.is_final && self.make_room_for_one(&refusal, now) {
                        continue;
                    }
                    return Err(self.full(refusal.bound));
                }
                Some(Ok(None)) | None => {}
            }
            return Ok(expiry);
        }
        Err(self.full(Bound::Bytes))
    }

    /// [`SessionStore::touch`] with a time to live other than that of the options.
    pub fn renew(
        &self,
        id: &[u8],
        cookie: &str,
        ttl: Option<i64>,
        now: UnixMillis,
    ) -> Option<Expiry> {
        let forever = self.forever(ttl, now);
        let touch = |shard: &mut Shard, hash| shard.touch(hash, id, cookie, forever, now);
        let expiry = self.with_shard(id, now, touch)??;
        self.make_room(now, None);
        Some(expiry)
    }

    /// [`SessionStore::get`] without a copy: `read` gets the text, and where the value of its member
    /// `cookie` stands in it, if that is known. It is to be quick: others wait for it.
    pub fn read<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        read: impl FnOnce(&str, Option<Range<usize>>) -> Output,
    ) -> Option<Output> {
        let found = self.with_shard(id, now, |shard, hash| {
            let Slot { record, flags, .. } = shard.get(hash, id, now)?;
            let cookie = record.cookie().filter(|_| flags & WHOLE == 0);
            Some(read(record.text(), cookie))
        });
        found.flatten()
    }

    /// Whether there is such a session, without counting that as a use of it.
    pub fn has(&self, id: &[u8], now: UnixMillis) -> bool {
        self.with_shard(id, now, |shard, hash| shard.has(hash, id, now))
            .unwrap_or_default()
    }

    /// All ids, oldest first.
    pub fn ids(&self, now: UnixMillis) -> Vec<Vec<u8>> {
        let ids = self.list(now, |shard, into| {
            let live = shard.contents.slots.iter();
            let live = live.filter(|(_, slot)| !slot.is_expired(now));
            into.extend(live.map(|(_, slot)| (slot.sequence, slot.record.id().to_vec())));
        });
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// What the store holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            sessions: self.shared.sessions.load(Ordering::Relaxed),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
            refusals: self.shared.refusals.load(Ordering::Relaxed),
            sweeps: *self.sweeps.lock(),
            ..Stats::default()
        };
        for shard in &self.shards {
            stats.add(shard.lock().counts);
        }
        stats
    }

    /// Whether a session has an expiry that only JavaScript can judge.
    #[must_use]
    pub fn has_unclear(&self) -> bool {
        self.shared.has_unclear.load(Ordering::Relaxed)
    }

    /// Whether a session's text was written by hand.
    #[must_use]
    pub fn has_handwritten(&self) -> bool {
        self.shared.has_handwritten.load(Ordering::Relaxed)
    }

    /// Has events noted for a listener: the bits of those it wants, 0 for none.
    pub fn listen(&self, listener: &Arc<Listener>, wanted: u8) {
        self.shared.events.listen(listener, wanted);
    }

    pub(super) fn note_flags(&self, flags: u8) {
        if flags & UNCLEAR != 0 {
            self.shared.has_unclear.store(true, Ordering::Relaxed);
        }
        if flags & HANDWRITTEN != 0 {
            self.shared.has_handwritten.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn hash(&self, id: &[u8]) -> u64 {
        self.hasher.hash_one(id)
    }

    pub(super) fn shard_of(&self, hash: u64) -> usize {
        // The table inside a shard uses the low half of the hash.
        usize::try_from(hash >> 32).unwrap_or_default() % self.shards.len()
    }

    /// Locks a shard. Whoever has it, has it for some microseconds: not worth giving up a processor
    /// for, which on a busy machine is not given back for milliseconds.
    pub(super) fn lock(&self, index: usize) -> Option<MutexGuard<'_, Shard>> {
        let shard = self.shards.get(index)?;
        for _ in 0..sync::SPINS {
            if let Some(guard) = shard.try_lock() {
                return Some(guard);
            }
            sync::spin_loop();
        }
        Some(shard.lock())
    }

    /// Does what is due after any change to a shard.
    pub(super) fn publish(&self, index: usize, shard: &mut Shard, now: UnixMillis) {
        shard.shrink(now);
        self.announce(index, shard);
    }

    pub(super) fn announce(&self, index: usize, shard: &mut Shard) {
        shard.settle();
        self.shared
            .hints
            .set_due(index, shard.contents.wheel.next_due());
        if self.shared.options.is_bounded() {
            self.shared
                .hints
                .set_oldest(index, shard.contents.all_oldest());
        }
    }

    fn full(&self, bound: Bound) -> StoreError {
        self.shared.refusals.fetch_add(1, Ordering::Relaxed);
        let Options {
            max_sessions,
            max_bytes,
            ..
        } = self.shared.options;
        let most = match bound {
            Bound::Sessions => max_sessions,
            Bound::Bytes => max_bytes,
        };
        StoreError::Full {
            bound,
            most: most.unwrap_or_default(),
        }
    }

    /// The expiry of a session whose cookie has none.
    fn forever(&self, ttl: Option<i64>, now: UnixMillis) -> UnixMillis {
        let ttl = ttl.or(self.shared.options.ttl);
        ttl.map_or(NEVER, |ttl| UnixMillis(now.0.saturating_add(ttl)))
    }

    fn list<Item>(
        &self,
        now: UnixMillis,
        mut shard: impl FnMut(&Shard, &mut Vec<(u64, Item)>),
    ) -> Vec<(u64, Item)> {
        self.sweep(now, SWEEP_TO_COUNT);
        let mut listed = Vec::new();
        for part in &self.shards {
            shard(&part.lock(), &mut listed);
        }
        listed.sort_unstable_by_key(|(sequence, _)| *sequence);
        listed
    }

    /// Does something with the shard that an id belongs to, after a little sweeping there.
    pub(super) fn with_shard<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        operation: impl FnOnce(&mut Shard, u64) -> Output,
    ) -> Option<Output> {
        let hash = self.hash(id);
        let index = self.shard_of(hash);
        let mut shard = self.lock(index)?;
        let mut removed = Vec::new();
        shard.sweep(now, SWEEP_IN_PASSING, &mut removed);
        let output = operation(&mut shard, hash);
        self.publish(index, &mut shard, now);
        Some(output)
    }
}

impl SessionStore for MemoryStore {
    fn get(&self, id: &[u8], now: UnixMillis) -> Result<Option<String>, StoreError> {
        Ok(self.read(id, now, |text, _| text.to_owned()))
    }

    fn set(&self, id: &[u8], text: &str, now: UnixMillis) -> Result<Expiry, StoreError> {
        self.save(id, text, Save::default(), now)
    }

    fn touch(
        &self,
        id: &[u8],
        cookie: &str,
        now: UnixMillis,
    ) -> Result<Option<Expiry>, StoreError> {
        Ok(self.renew(id, cookie, None, now))
    }

    fn destroy(&self, id: &[u8], now: UnixMillis) -> Result<bool, StoreError> {
        Ok(self
            .with_shard(id, now, |shard, hash| shard.destroy(hash, id, now))
            .unwrap_or_default())
    }

    fn all(&self, now: UnixMillis) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
        let all = self.list(now, |shard, into| {
            let live = shard.contents.slots.iter();
            let live = live.filter(|(_, slot)| !slot.is_expired(now));
            into.extend(live.map(|(_, slot)| {
                let record = &slot.record;
                (
                    slot.sequence,
                    (record.id().to_vec(), record.text().to_owned()),
                )
            }));
        });
        Ok(all.into_iter().map(|(_, session)| session).collect())
    }

    /// Sessions that have expired by the thousands a moment ago may still be counted.
    fn len(&self, now: UnixMillis) -> Result<usize, StoreError> {
        self.sweep(now, SWEEP_TO_COUNT);
        let sessions = self.shared.sessions.load(Ordering::Relaxed);
        Ok(usize::try_from(sessions).unwrap_or(usize::MAX))
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.take_all();
        self.shared.has_unclear.store(false, Ordering::Relaxed);
        self.shared.has_handwritten.store(false, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
