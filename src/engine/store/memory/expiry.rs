//! Freeing expired sessions.

use std::time::{Duration, Instant};

use super::{allocator, shards::Shards};
use crate::engine::time::UnixMillis;

/// The most due sessions that are examined while a lock is held.
const AT_ONCE: usize = 16;

/// The most due sessions that a short sweep examines, even if there is time left.
const BRIEFLY: usize = 2000;

/// A short sweep ends after this time.
const BRIEF: Duration = Duration::from_micros(300);

impl Shards {
    /// Frees expired sessions, examining up to `budget` due ones. Returns whether there may be
    /// more.
    ///
    /// `now` is called again while the lock of a shard is held: then no session there can have been
    /// saved by an earlier time.
    pub(super) fn sweep(&self, now: impl Fn() -> UnixMillis, mut budget: usize) -> bool {
        let mut is_compacted = false;
        while let Some((index, due)) = self.soonest() {
            if due > now() {
                return false;
            }
            if budget == 0 {
                return true;
            }
            let Some(mut shard) = self.lock(index) else {
                return false;
            };
            let part = budget.min(AT_ONCE);
            let now = now();
            let done = part - shard.sweep(now, part);
            // Once per sweep, because many shards need it together when many sessions expire.
            is_compacted = is_compacted || shard.compact(now);
            self.publish(index, &mut shard);
            let removed = shard.take_removed();
            drop(shard);
            if !removed.is_empty() {
                drop(removed);
                allocator::tidy();
            }
            // At least 1, so that this ends even if another thread is always faster.
            budget -= done.max(1);
        }
        false
    }

    /// Frees expired sessions for less than a millisecond, so that the caller can do something else
    /// in between. Returns whether there is more to do, and how long it took.
    pub(super) fn sweep_briefly(&self, now: impl Fn() -> UnixMillis) -> (bool, Duration) {
        let start = Instant::now();
        let mut more = true;
        for _ in 0..BRIEFLY / AT_ONCE {
            more = self.sweep(&now, AT_ONCE);
            if !more || start.elapsed() > BRIEF {
                break;
            }
        }
        (more, start.elapsed())
    }

    /// When a session may expire next, at the latest when the first one does. `None` if no session
    /// has an expiry.
    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        self.soonest().map(|(_, due)| due)
    }
}
