//! Freeing what has expired.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use super::memory::MemoryStore;
use crate::engine::time::UnixMillis;

/// Due sessions that are looked at while a lock is held.
const AT_ONCE: usize = 16;

/// Due sessions that one of many short sweeps looks at, whatever time there is.
const BRIEFLY: usize = 2000;

/// After this, a short sweep ends.
const BRIEF: Duration = Duration::from_micros(300);

impl MemoryStore {
    /// Frees expired sessions, looking at `budget` of those that are due at most. Returns `true` if
    /// there may be more of them.
    pub fn sweep(&self, now: UnixMillis, mut budget: usize) -> bool {
        let mut removed = Vec::new();
        let mut has_shrunk = false;
        while let Some((index, due)) = self.shared.hints.next_due() {
            if due > now {
                return false;
            }
            if budget == 0 {
                return true;
            }
            let Some(mut shard) = self.lock(index) else {
                return false;
            };
            let part = budget.min(AT_ONCE);
            let done = part - shard.sweep(now, part, &mut removed);
            // One at a time: when many sessions expire, many shards have to be made smaller at once.
            has_shrunk = has_shrunk || shard.shrink(now);
            self.announce(index, &mut shard);
            drop(shard);
            if !removed.is_empty() {
                removed.clear();
                tidy_allocator();
            }
            // There is always an end, also if another thread has been faster.
            budget -= done.max(1);
        }
        false
    }

    /// Frees expired sessions for less than a millisecond, so that whoever calls it can do something
    /// else in between. Returns `true` if there is more to do.
    pub fn sweep_briefly(&self, now: UnixMillis) -> bool {
        let start = Instant::now();
        let mut more = true;
        for _ in 0..BRIEFLY / AT_ONCE {
            more = self.sweep(now, AT_ONCE);
            if !more || start.elapsed() > BRIEF {
                break;
            }
        }
        self.sweeps.lock().note(start.elapsed());
        more
    }

    /// When there is something to sweep next; `None` if no session has an expiry. Not later than a
    /// session expires.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.shared.hints.next_due().map(|(_, due)| due)
    }
}

/// Has the allocator put away what was freed.
///
/// The GNU allocator leaves it lying and sorts it when the next larger piece of memory is wanted, up
/// to ten thousand pieces at once, which takes milliseconds. So a larger piece is wanted now.
fn tidy_allocator() {
    const LARGER: usize = 2048;
    drop(black_box(Vec::<u8>::with_capacity(LARGER)));
}
