//! Eviction: which sessions are removed when the store is full.

use super::{events::Bound, sessions::Total, shard::Refusal, shards::Shards, slots::Class};
use crate::engine::time::UnixMillis;

/// The most expired sessions that are freed before others are evicted.
const SWEPT_FOR_ROOM: usize = 64;

/// How many times a session that must be kept may come up before it counts as the only one.
const KEPT: usize = 3;

impl Shards {
    /// Brings the store back within its bounds: removes expired sessions first, then others by
    /// [`Class`] and last use. The session with the sequence `keep` stays.
    pub(super) fn make_room(&self, now: UnixMillis, keep: Option<u64>) {
        self.make_room_for(Total::default(), now, keep);
    }

    /// Makes room for a session that was refused. Returns `false`, without evicting any, if that is
    /// not possible.
    pub(super) fn make_room_for_refused(&self, refusal: &Refusal, now: UnixMillis) -> bool {
        let Some(needed) = refusal.needed else {
            return false;
        };
        while self.shared.exceeded_with(needed).is_some() && self.free_expired(now) {}
        self.shared.can_make_room(needed, refusal.replaced)
            && self.make_room_for(needed, now, refusal.keep)
    }

    fn make_room_for(&self, needed: Total, now: UnixMillis, keep: Option<u64>) -> bool {
        while let Some(bound) = self.shared.exceeded_with(needed) {
            if !self.free_expired(now) && !self.evict_one(bound, keep, now) {
                return false;
            }
        }
        true
    }

    /// Frees some expired sessions, if there are any.
    fn free_expired(&self, now: UnixMillis) -> bool {
        if self.next_due().is_none_or(|due| due > now) {
            return false;
        }
        self.sweep(|| now, SWEPT_FOR_ROOM);
        true
    }

    /// Evicts one session. Returns `false` if none may be evicted.
    fn evict_one(&self, bound: Bound, keep: Option<u64>, now: UnixMillis) -> bool {
        let classes = self.shared.options.on_full.evictable();
        classes
            .iter()
            .any(|class| self.evict_of(*class, bound, keep, now))
    }

    fn evict_of(&self, class: Class, bound: Bound, keep: Option<u64>, now: UnixMillis) -> bool {
        let mut kept = 0;
        while let Some(index) = self.oldest(class) {
            let Some(mut shard) = self.lock(index) else {
                return false;
            };
            let evicted = shard.evict(class, bound, keep, now);
            shard.compact(now);
            self.publish(index, &mut shard);
            shard.unlock();
            match evicted {
                Some(true) => return true,
                // The session to be kept was used last, but other threads may have used all others
                // since. Now it is the most recent one again, unless it is the only one.
                Some(false) => kept += 1,
                // Another thread removed the last one there, and the hint is now correct.
                None => {}
            }
            if kept > KEPT {
                return false;
            }
        }
        false
    }
}
