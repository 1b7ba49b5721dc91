//! Ids that were destroyed recently.

use std::collections::VecDeque;

use hashbrown::HashTable;

use super::allocator::allocated;
use crate::engine::time::UnixMillis;

/// How long a destroyed id is remembered, in milliseconds. By then, requests that were running when
/// the session was destroyed have long ended.
pub(super) const REMEMBERED_MS: i64 = 10 * 60_000;

/// The maximum number of ids per shard. Beyond it, the oldest are forgotten earlier.
pub(super) const REMEMBERED: usize = 512;

/// Ids are stored as keyed 64-bit hashes. With a hundred thousand ids, two have the same hash once
/// in several billion years.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    /// In the order in which they are forgotten.
    queue: VecDeque<(UnixMillis, u64)>,
    /// Each hash, and how often it is in the queue.
    known: HashTable<(u64, u32)>,
}

impl Tombstones {
    pub(super) fn remember(&mut self, hash: u64, now: UnixMillis) {
        self.forget(now);
        if self.queue.len() >= REMEMBERED {
            self.pop();
        }
        let until = UnixMillis(now.0.saturating_add(REMEMBERED_MS));
        self.queue.push_back((until, hash));
        match self.known.find_mut(hash, |known| known.0 == hash) {
            Some(known) => known.1 += 1,
            None => {
                self.known.insert_unique(hash, (hash, 1), |known| known.0);
            }
        }
    }

    pub(super) fn contains(&mut self, hash: u64, now: UnixMillis) -> bool {
        self.forget(now);
        self.known.find(hash, |known| known.0 == hash).is_some()
    }

    /// The bytes that the allocator takes for it.
    pub(super) fn memory(&self) -> usize {
        allocated(self.queue.capacity() * size_of::<(UnixMillis, u64)>())
            + allocated(self.known.allocation_size())
    }

    fn forget(&mut self, now: UnixMillis) {
        while self.queue.front().is_some_and(|(until, _)| *until <= now) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some((_, hash)) = self.queue.pop_front() else {
            return;
        };
        if let Ok(mut known) = self.known.find_entry(hash, |known| known.0 == hash) {
            known.get_mut().1 -= 1;
            if known.get().1 == 0 {
                known.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_remembered_for_a_while_from_its_last_end_on() {
        let mut tombstones = Tombstones::default();
        tombstones.remember(1, UnixMillis(0));
        tombstones.remember(1, UnixMillis(1000));
        tombstones.remember(2, UnixMillis(1000));
        assert!(tombstones.contains(1, UnixMillis(REMEMBERED_MS + 999)));
        assert!(!tombstones.contains(1, UnixMillis(REMEMBERED_MS + 1000)));
        assert!(!tombstones.contains(2, UnixMillis(REMEMBERED_MS + 1000)));
    }

    #[test]
    fn there_are_not_more_of_them_than_allowed() {
        let mut tombstones = Tombstones::default();
        for hash in 0..100_000 {
            tombstones.remember(hash, UnixMillis(0));
        }
        assert_eq!(tombstones.queue.len(), REMEMBERED);
        assert_eq!(tombstones.known.len(), REMEMBERED);
        assert!(tombstones.contains(99_999, UnixMillis(0)));
        assert!(!tombstones.contains(0, UnixMillis(0)));
        assert!(tombstones.memory() < 64 * 1024);
    }
}
