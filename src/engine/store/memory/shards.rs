//! The shards of a store: how sessions are assigned to them, and how they are locked.

use std::{
    hash::{BuildHasher as _, RandomState},
    ops::{Deref, DerefMut},
    sync::{Arc, OnceLock},
};

use super::{
    allocator,
    options::Options,
    shard::Shard,
    shared::{Shared, adjust},
    slots::Class,
};
use crate::engine::{
    sync::{Mutex, MutexGuard},
    time::UnixMillis,
};

/// With this many, threads rarely need the same lock, which is held for one lookup or copy, and
/// work on a whole shard, such as growing its table, stays short.
pub(super) const SHARDS: usize = 512;

/// The most due sessions that each operation on a shard examines.
const SWEPT_ON_THE_WAY: usize = 4;

/// A shard, created for its first session.
type Place = OnceLock<Box<Mutex<Shard>>>;

/// The shards, and the state they share. Nothing is allocated before the first session.
#[derive(Debug)]
pub(super) struct Shards {
    hasher: RandomState,
    pub(super) shared: Arc<Shared>,
    count: usize,
    places: OnceLock<Box<[Place]>>,
}

/// The number of shards for a store. A small store gets fewer, because they take memory too.
fn shards_for(options: &Options) -> usize {
    const SESSIONS: u64 = 1000;
    const BYTES: u64 = 512 * 1024;
    let sessions = options.max_sessions.map(|most| most / SESSIONS);
    let bytes = options.max_bytes.map(|most| most / BYTES);
    let needed = sessions.into_iter().chain(bytes).min();
    let needed = needed.and_then(|needed| usize::try_from(needed).ok());
    needed.unwrap_or(SHARDS).clamp(1, SHARDS)
}

impl Shards {
    /// Shards for a store with these options. `count` overrides their number.
    pub(super) fn new(options: Options, count: Option<usize>) -> Self {
        Self {
            hasher: RandomState::new(),
            count: count.unwrap_or_else(|| shards_for(&options)),
            shared: Arc::new(Shared::new(options)),
            places: OnceLock::new(),
        }
    }

    /// The maximum number of shards.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Locks the existing shards, one after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = Locked<'_>> {
        let places = self.places.get().into_iter().flatten();
        places.filter_map(|place| place.get().map(|shard| Locked::new(shard)))
    }

    /// Locks the shard at this index, if it exists.
    pub(super) fn lock(&self, index: usize) -> Option<Locked<'_>> {
        let shard = self.places.get()?.get(index)?.get()?;
        Some(Locked::new(shard))
    }

    /// Runs an operation on an id's shard, after a little sweeping. The operation also gets the
    /// hash of the id. `None` if the shard does not exist yet.
    pub(super) fn with<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        operation: impl FnOnce(&mut Shard, u64) -> Output,
    ) -> Option<Output> {
        let (hash, index) = self.place_of(id);
        let shard = self.places.get()?.get(index)?.get()?;
        Some(self.with_locked(index, shard, now, |shard| operation(shard, hash)))
    }

    /// The same, but creates the shard if necessary.
    pub(super) fn with_new<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        operation: impl FnOnce(&mut Shard, u64) -> Output,
    ) -> Option<Output> {
        let (hash, index) = self.place_of(id);
        let shard = self.shard_at(self.places().get(index)?)?;
        Some(self.with_locked(index, shard, now, |shard| operation(shard, hash)))
    }

    /// The hash of an id, and the index of its shard.
    fn place_of(&self, id: &[u8]) -> (u64, usize) {
        let hash = self.hasher.hash_one(id);
        // The table inside a shard uses the low half of the hash.
        let index = usize::try_from(hash >> 32).unwrap_or_default() % self.count;
        (hash, index)
    }

    fn with_locked<Output>(
        &self,
        index: usize,
        shard: &Mutex<Shard>,
        now: UnixMillis,
        operation: impl FnOnce(&mut Shard) -> Output,
    ) -> Output {
        let mut shard = Locked::new(shard);
        if shard.is_due(now) {
            shard.sweep(now, SWEPT_ON_THE_WAY);
        }
        let output = operation(&mut shard);
        if shard.is_changed() {
            shard.compact(now);
            self.publish(index, &mut shard);
        }
        shard.unlock();
        output
    }

    /// Call this after every change to a shard.
    pub(super) fn publish(&self, index: usize, shard: &mut Shard) {
        let due = shard.publish();
        let Shared { hints, options, .. } = &*self.shared;
        hints.set_due(index, due);
        if options.is_bounded() {
            let least_recent = |class| shard.sessions.least_recent(class);
            let oldest = Class::ALL.map(|class| least_recent(class).map(|(_, slot)| slot.used));
            hints.set_oldest(index, oldest);
        }
    }

    /// Removes all sessions. If freeing them may take a while, another thread does it.
    pub(super) fn clear(&self) {
        let mut taken = Vec::new();
        for index in 0..self.count {
            if let Some(mut shard) = self.lock(index) {
                taken.push(shard.take());
                self.publish(index, &mut shard);
            }
        }
        allocator::free(taken);
    }

    /// The places, allocated for the first session. (Without `get_or_init`, because the model
    /// checker must not switch threads inside of it, as it would when bytes are counted there.)
    fn places(&self) -> &[Place] {
        if let Some(places) = self.places.get() {
            return places;
        }
        let is_bounded = self.shared.options.is_bounded();
        let hints = self.shared.hints.allocate(self.count, is_bounded);
        let places = (0..self.count).map(|_| OnceLock::new()).collect();
        if self.places.set(places).is_ok() {
            let bytes = self.count * size_of::<Place>() + hints;
            adjust(&self.shared.bytes, 0, bytes);
        }
        self.places.get().map_or(&[], |places| places)
    }

    fn shard_at<'place>(&self, place: &'place Place) -> Option<&'place Mutex<Shard>> {
        if place.get().is_none() {
            let shard = Shard::new(Arc::clone(&self.shared));
            if place.set(Box::new(Mutex::new(shard))).is_ok() {
                adjust(&self.shared.bytes, 0, size_of::<Mutex<Shard>>());
            }
        }
        place.get().map(|shard| &**shard)
    }
}

impl Drop for Shards {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A locked shard, which has no operation's half-done work: if one panics, the next one finds the
/// shard empty.
pub(super) struct Locked<'shard>(MutexGuard<'shard, Shard>);

impl<'shard> Locked<'shard> {
    fn new(shard: &'shard Mutex<Shard>) -> Self {
        let mut shard = shard.lock();
        if shard.is_broken {
            shard.reset();
        }
        Self(shard)
    }

    /// Releases the lock, and then frees what was removed.
    pub(super) fn unlock(mut self) {
        let removed = self.take_removed();
        drop(self);
        drop(removed);
    }
}

impl Deref for Locked<'_> {
    type Target = Shard;

    fn deref(&self) -> &Shard {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Shard {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.is_broken = true;
        }
    }
}
