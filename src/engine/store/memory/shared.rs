//! The state that all shards of a store share.

use std::sync::OnceLock;

use super::{
    allocator::Ballast,
    events::{Bound, Events},
    options::Options,
    sessions::Total,
    slots::Class,
};
use crate::engine::{
    sync::{AtomicI64, AtomicU64, Ordering},
    time::UnixMillis,
};

/// The shared state. Totals are exact whenever no operation is running.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) events: Events,
    pub(super) sessions: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Of these, what may be evicted, without overhead. Only counted if others may not.
    pub(super) evictable_sessions: AtomicU64,
    pub(super) evictable_bytes: AtomicU64,
    /// Lookups in a shard that did not exist yet.
    pub(super) misses: AtomicU64,
    /// Sessions that were refused.
    pub(super) refusals: AtomicU64,
    /// Counts added sessions and, in a bounded store, uses.
    ticks: AtomicU64,
    pub(super) hints: Hints,
    pub(super) ballast: Ballast,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            ticks: AtomicU64::new(1),
            ..Self::default()
        }
    }

    /// A new number, higher than all before.
    pub(super) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds to the totals if the bounds allow it.
    pub(super) fn reserve(&self, more: Total) -> Result<(), Bound> {
        let Total { sessions, bytes } = more;
        let most_sessions = self.options.max_sessions.unwrap_or(u64::MAX);
        let most_bytes = self.options.max_bytes.unwrap_or(u64::MAX);
        if !add_within(&self.sessions, sessions as u64, most_sessions) {
            return Err(Bound::Sessions);
        }
        if !add_within(&self.bytes, bytes as u64, most_bytes) {
            self.sessions.fetch_sub(sessions as u64, Ordering::Relaxed);
            return Err(Bound::Bytes);
        }
        Ok(())
    }

    /// The bound that is exceeded when this is added, if any.
    pub(super) fn exceeded_with(&self, more: Total) -> Option<Bound> {
        let above = |total: &AtomicU64, more: usize, most: Option<u64>| {
            let total = total.load(Ordering::Relaxed).saturating_add(more as u64);
            most.is_some_and(|most| total > most)
        };
        if above(&self.sessions, more.sessions, self.options.max_sessions) {
            return Some(Bound::Sessions);
        }
        above(&self.bytes, more.bytes, self.options.max_bytes).then_some(Bound::Bytes)
    }

    /// Whether evicting all that may be evicted, except for the session that will be replaced,
    /// makes enough room.
    pub(super) fn can_make_room(&self, more: Total, replaced: Total) -> bool {
        if self.options.on_full.evictable() == Class::ALL {
            return true;
        }
        let fits = |total: &AtomicU64, evictable: &AtomicU64, more: usize, own: usize, most| {
            let evictable = evictable.load(Ordering::Relaxed).saturating_sub(own as u64);
            let left = total.load(Ordering::Relaxed).saturating_sub(evictable);
            left.saturating_add(more as u64) <= most
        };
        let Options {
            max_sessions,
            max_bytes,
            ..
        } = self.options;
        fits(
            &self.sessions,
            &self.evictable_sessions,
            more.sessions,
            replaced.sessions,
            max_sessions.unwrap_or(u64::MAX),
        ) && fits(
            &self.bytes,
            &self.evictable_bytes,
            more.bytes,
            replaced.bytes,
            max_bytes.unwrap_or(u64::MAX),
        )
    }
}

/// Adds to a total unless it would exceed the maximum. Adding 0 always succeeds.
fn add_within(total: &AtomicU64, more: u64, most: u64) -> bool {
    let add =
        |total: u64| (more == 0 || total.saturating_add(more) <= most).then_some(total + more);
    total
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
        .is_ok()
}

/// Adds the difference, which may be negative.
pub(super) fn adjust(total: &AtomicU64, before: usize, after: usize) {
    match after.checked_sub(before) {
        Some(0) => {}
        Some(more) => {
            total.fetch_add(more as u64, Ordering::Relaxed);
        }
        None => {
            total.fetch_sub((before - after) as u64, Ordering::Relaxed);
        }
    }
}

/// Facts about the shards that need no lock, as of the last operation on each.
#[derive(Debug, Default)]
pub(super) struct Hints(OnceLock<Known>);

#[derive(Debug)]
struct Known {
    /// When a session may expire next.
    due: Box<[AtomicI64]>,
    /// When the least recently used session of each class was used; empty without bounds.
    oldest: [Box<[AtomicU64]>; Class::ALL.len()],
}

impl Hints {
    /// Allocates the hints for this many shards. Returns the bytes they take.
    pub(super) fn allocate(&self, shards: usize, is_bounded: bool) -> usize {
        let bounded_shards = if is_bounded { shards } else { 0 };
        let never = || {
            (0..bounded_shards)
                .map(|_| AtomicU64::new(u64::MAX))
                .collect()
        };
        self.0.get_or_init(|| Known {
            due: (0..shards).map(|_| AtomicI64::new(i64::MAX)).collect(),
            oldest: [never(), never(), never()],
        });
        (shards + Class::ALL.len() * bounded_shards) * size_of::<AtomicU64>()
    }

    pub(super) fn set_due(&self, shard: usize, due: Option<UnixMillis>) {
        let hint = self.0.get().and_then(|known| known.due.get(shard));
        if let Some(hint) = hint {
            // SeqCst, because the sweeper's thread ends or continues depending on this.
            hint.store(due.map_or(i64::MAX, |due| due.0), Ordering::SeqCst);
        }
    }

    pub(super) fn set_oldest(&self, shard: usize, oldest: [Option<u64>; Class::ALL.len()]) {
        let Some(known) = self.0.get() else { return };
        for (hints, oldest) in known.oldest.iter().zip(oldest) {
            if let Some(hint) = hints.get(shard) {
                hint.store(oldest.unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        }
    }

    /// The shard in which a session expires next, and when.
    pub(super) fn next_due(&self) -> Option<(usize, UnixMillis)> {
        let hints = self.0.get()?.due.iter();
        let due = (0..).zip(hints.map(|due| due.load(Ordering::SeqCst)));
        let (shard, due) = due.min_by_key(|(_, due)| *due)?;
        (due < i64::MAX).then_some((shard, UnixMillis(due)))
    }

    /// The shard with the least recently used session of a class.
    pub(super) fn oldest(&self, class: Class) -> Option<usize> {
        let hints = self.0.get()?.oldest.get(class as usize)?.iter();
        let oldest = (0..).zip(hints.map(|oldest| oldest.load(Ordering::Relaxed)));
        let (shard, oldest) = oldest.min_by_key(|(_, oldest)| *oldest)?;
        (oldest < u64::MAX).then_some(shard)
    }
}
