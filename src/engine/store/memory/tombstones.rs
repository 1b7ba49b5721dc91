//! Ids of sessions that were destroyed recently.

use std::collections::VecDeque;

use hashbrown::HashTable;

use super::allocator::allocated;
use crate::engine::time::UnixMillis;

/// How long a destroyed id is remembered, in milliseconds. By then, requests that were running when
/// the session was destroyed have long ended.
pub(super) const REMEMBERED_MS: i64 = 60 * 60_000;

/// Ids are stored as keyed 64-bit hashes. With a hundred thousand ids, two have the same hash once
/// in several billion years.
#[derive(Debug)]
pub(super) struct Tombstones {
    /// The maximum number of ids. Beyond it, the oldest are forgotten earlier.
    most: usize,
    /// In the order in which they are forgotten.
    queue: VecDeque<Tombstone>,
    /// The latest tombstone of each id.
    latest: HashTable<Tombstone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tombstone {
    hash: u64,
    until: UnixMillis,
}

impl Tombstones {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            queue: VecDeque::new(),
            latest: HashTable::new(),
        }
    }

    pub(super) fn remember(&mut self, hash: u64, now: UnixMillis) {
        self.forget(now);
        if self.queue.len() >= self.most {
            self.pop();
        }
        let until = now.plus(REMEMBERED_MS);
        self.lift(hash);
        let tombstone = Tombstone { hash, until };
        self.queue.push_back(tombstone);
        self.latest
            .insert_unique(hash, tombstone, |other| other.hash);
    }

    pub(super) fn contains(&mut self, hash: u64, now: UnixMillis) -> bool {
        self.forget(now);
        self.latest.find(hash, |other| other.hash == hash).is_some()
    }

    /// Forgets an id, because there is a new session with it.
    pub(super) fn lift(&mut self, hash: u64) {
        if let Ok(found) = self.latest.find_entry(hash, |other| other.hash == hash) {
            found.remove();
        }
    }

    /// The bytes that the allocator takes for it.
    pub(super) fn memory(&self) -> usize {
        allocated(self.queue.capacity() * size_of::<Tombstone>())
            + allocated(self.latest.allocation_size())
    }

    fn forget(&mut self, now: UnixMillis) {
        while self.queue.front().is_some_and(|oldest| oldest.until <= now) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(oldest) = self.queue.pop_front() else {
            return;
        };
        // The id may have been destroyed again.
        if let Ok(found) = self
            .latest
            .find_entry(oldest.hash, |other| *other == oldest)
        {
            found.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_remembered_for_a_while_from_its_last_end_on() {
        let mut tombstones = Tombstones::new(512);
        tombstones.remember(1, UnixMillis(0));
        tombstones.remember(1, UnixMillis(1000));
        tombstones.remember(2, UnixMillis(1000));
        assert!(tombstones.contains(1, UnixMillis(REMEMBERED_MS + 999)));
        assert!(!tombstones.contains(1, UnixMillis(REMEMBERED_MS + 1000)));
        assert!(!tombstones.contains(2, UnixMillis(REMEMBERED_MS + 1000)));
    }

    #[test]
    fn an_id_is_forgotten_when_there_is_a_new_session_with_it() {
        let mut tombstones = Tombstones::new(512);
        tombstones.remember(1, UnixMillis(0));
        tombstones.lift(1);
        assert!(!tombstones.contains(1, UnixMillis(0)));
        tombstones.remember(1, UnixMillis(10));
        assert!(tombstones.contains(1, UnixMillis(REMEMBERED_MS + 9)));
        assert!(!tombstones.contains(1, UnixMillis(REMEMBERED_MS + 10)));
    }

    #[test]
    fn there_are_not_more_of_them_than_allowed() {
        let mut tombstones = Tombstones::new(512);
        for hash in 0..100_000 {
            tombstones.remember(hash, UnixMillis(0));
        }
        assert_eq!(tombstones.queue.len(), 512);
        assert_eq!(tombstones.latest.len(), 512);
        assert!(tombstones.contains(99_999, UnixMillis(0)));
        assert!(!tombstones.contains(0, UnixMillis(0)));
        assert!(tombstones.memory() < 64 * 1024);
    }
}
