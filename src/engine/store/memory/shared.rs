//! The state that all shards of a store share.

use super::{
    allocator::Ballast,
    events::{Bound, Events},
    hasher::Hasher,
    options::Options,
    sessions::Total,
};
use crate::engine::sync::{AtomicU64, Ordering};

/// The shared state. Totals are exact whenever no operation is running.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) hasher: Hasher,
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
    /// When the store was last cleared, in ticks.
    pub(super) cleared: AtomicU64,
    /// Counts added sessions, ends of sessions that are remembered and, in a bounded store, uses.
    ticks: AtomicU64,
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
