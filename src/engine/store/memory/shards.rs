//! The shards of a store: how sessions are assigned to them, and how they are locked.

use std::{
    array,
    ops::{Deref, DerefMut},
    sync::{Arc, OnceLock},
};

use super::{
    allocator,
    hints::{GROUP, Hints},
    options::Options,
    shard::Shard,
    shared::{Shared, adjust},
    slots::Class,
};
use crate::engine::{
    sync::{Mutex, MutexGuard, Ordering},
    time::UnixMillis,
};

/// With this many, threads rarely need the same lock, which is held for one lookup or copy, and
/// work on a whole shard, such as growing its table, stays short.
pub(super) const SHARDS: usize = 512;

/// The most due sessions that each operation on a shard examines.
const SWEPT_ON_THE_WAY: usize = 4;

/// A shard, created for its first session.
type Place = OnceLock<Box<Mutex<Shard>>>;

/// Some shards, created for the first session in one of them.
#[derive(Debug)]
struct Group {
    hints: Hints,
    places: [Place; GROUP],
}

/// The shards, and the state they share. Nothing is allocated before the first session.
#[derive(Debug)]
pub(super) struct Shards {
    pub(super) shared: Arc<Shared>,
    count: usize,
    groups: OnceLock<Box<[OnceLock<Box<Group>>]>>,
}

impl Shards {
    /// Shards for a store with these options. `count` overrides their number.
    pub(super) fn new(options: Options, count: Option<usize>) -> Self {
        Self {
            count: count.unwrap_or_else(|| options.shards()),
            shared: Arc::new(Shared::new(options)),
            groups: OnceLock::new(),
        }
    }

    /// The maximum number of shards.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Locks the existing shards, one after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = Locked<'_>> {
        let places = self.groups().flat_map(|(_, group)| &group.places);
        places.filter_map(|place| place.get().map(|shard| Locked::new(shard)))
    }

    /// The shard in which a session expires next, and when.
    pub(super) fn soonest(&self) -> Option<(usize, UnixMillis)> {
        let all = self
            .groups()
            .flat_map(|(first, group)| (first..).zip(group.hints.due()));
        let (index, due) = all.min_by_key(|(_, due)| *due)?;
        (due < i64::MAX).then_some((index, UnixMillis(due)))
    }

    /// The shard with the least recently used session of a class.
    pub(super) fn oldest(&self, class: Class) -> Option<usize> {
        let all = self
            .groups()
            .flat_map(|(first, group)| (first..).zip(group.hints.oldest(class)));
        let (index, oldest) = all.min_by_key(|(_, oldest)| *oldest)?;
        (oldest < u64::MAX).then_some(index)
    }

    /// The existing groups, and the index of the first shard of each.
    fn groups(&self) -> impl Iterator<Item = (usize, &Group)> {
        let groups = self.groups.get().into_iter().flatten();
        let groups = (0..).step_by(GROUP).zip(groups);
        groups.filter_map(|(first, group)| Some((first, &**group.get()?)))
    }

    fn group(&self, index: usize) -> Option<&Group> {
        let group = self.groups.get()?.get(index / GROUP)?.get()?;
        Some(&**group)
    }

    /// Locks the shard at this index, if it exists.
    pub(super) fn lock(&self, index: usize) -> Option<Locked<'_>> {
        let shard = self.group(index)?.places.get(index % GROUP)?.get()?;
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
        let shard = self.group(index)?.places.get(index % GROUP)?.get()?;
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
        let group = self.new_group(index)?;
        let shard = self.shard_at(group.places.get(index % GROUP)?)?;
        Some(self.with_locked(index, shard, now, |shard| operation(shard, hash)))
    }

    /// The hash of an id, and the index of its shard.
    fn place_of(&self, id: &[u8]) -> (u64, usize) {
        let hash = self.shared.hasher.hash(id);
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
        let Some(Group { hints, .. }) = self.group(index) else {
            return;
        };
        hints.set_due(index % GROUP, due);
        if self.shared.options.is_bounded() {
            let least_recent = |class| shard.sessions.least_recent(class);
            let oldest = Class::ALL.map(|class| least_recent(class).map(|(_, slot)| slot.used));
            hints.set_oldest(index % GROUP, oldest);
        }
    }

    /// Removes all sessions. If freeing them may take a while, another thread does it.
    pub(super) fn clear(&self) {
        let tick = self.shared.tick();
        self.shared.cleared.fetch_max(tick, Ordering::SeqCst);
        let mut taken = Vec::new();
        for index in 0..self.count {
            if let Some(mut shard) = self.lock(index) {
                taken.push(shard.take());
                self.publish(index, &mut shard);
            }
        }
        allocator::free(taken);
    }

    /// The group of a shard, allocated for the first session. (Without `get_or_init`, because the
    /// model checker must not switch threads inside of it, as it would when bytes are counted
    /// there.)
    fn new_group(&self, index: usize) -> Option<&Group> {
        if self.groups.get().is_none() {
            let count = self.count.div_ceil(GROUP);
            if self
                .groups
                .set((0..count).map(|_| OnceLock::new()).collect())
                .is_ok()
            {
                let bytes = count * size_of::<OnceLock<Box<Group>>>();
                adjust(&self.shared.bytes, 0, bytes);
            }
        }
        let group = self.groups.get()?.get(index / GROUP)?;
        if group.get().is_none() {
            let hints = Hints::new(self.shared.options.is_bounded());
            let bytes = size_of::<Group>() + hints.memory();
            let places = array::from_fn(|_| OnceLock::new());
            if group.set(Box::new(Group { hints, places })).is_ok() {
                adjust(&self.shared.bytes, 0, bytes);
            }
        }
        Some(&**group.get()?)
    }

    fn shard_at<'place>(&self, place: &'place Place) -> Option<&'place Mutex<Shard>> {
        if place.get().is_none() {
            let tombstones = self.shared.options.tombstones(self.count);
            let shard = Shard::new(Arc::clone(&self.shared), tombstones);
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
