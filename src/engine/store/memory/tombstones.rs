//! Ids of sessions that were removed recently.

use std::collections::VecDeque;

use hashbrown::HashTable;

use super::allocator::allocated;
use crate::engine::time::UnixMillis;

/// How long an id is remembered, in milliseconds. By then, requests that were running when the session
/// was removed have long ended.
pub(super) const REMEMBERED_MS: i64 = 60 * 60_000;

/// Ids are stored as keyed 64-bit hashes. With a hundred thousand ids, two have the same hash once
/// in several billion years.
#[derive(Debug)]
pub(super) struct Tombstones {
    /// The maximum number of ids. Beyond it, the oldest are forgotten earlier.
    most: usize,
    /// The bytes for all of them, if they count from the beginning, so that remembering more never
    /// exceeds a bound.
    reserved: Option<usize>,
    /// In the order in which they are forgotten.
    queue: VecDeque<Tombstone>,
    /// The number of the first one in the queue. They are numbered consecutively.
    first: u32,
    /// The number of the latest tombstone of each id.
    latest: HashTable<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Tombstone {
    hash: u64,
    /// When it is forgotten.
    until: UnixMillis,
    /// When the session was removed, in ticks.
    tick: u64,
}

/// The tombstone with this number.
fn at(queue: &VecDeque<Tombstone>, first: u32, number: u32) -> Option<&Tombstone> {
    queue.get(number.wrapping_sub(first) as usize)
}

impl Tombstones {
    pub(super) fn new(most: usize, is_reserved: bool) -> Self {
        // A table with many removed entries doubles once.
        let table = || HashTable::<u32>::with_capacity(2 * most).allocation_size();
        let reserved = || allocated(most * size_of::<Tombstone>()) + allocated(table());
        Self {
            most,
            reserved: is_reserved.then(reserved),
            queue: VecDeque::new(),
            first: 0,
            latest: HashTable::new(),
        }
    }

    pub(super) fn remember(&mut self, hash: u64, tick: u64, now: UnixMillis) {
        self.forget(now);
        if self.queue.len() >= self.most {
            self.pop();
        }
        let length = self.queue.len();
        if length == self.queue.capacity() {
            self.queue
                .reserve_exact(length.max(4).min(self.most - length));
        }
        let number = self
            .first
            .wrapping_add(u32::try_from(length).unwrap_or_default());
        self.queue.push_back(Tombstone {
            hash,
            until: now.plus(REMEMBERED_MS),
            tick,
        });
        let Self {
            first,
            latest,
            queue,
            ..
        } = self;
        let hash_of = |number: &u32| at(queue, *first, *number).map_or(0, |found| found.hash);
        if let Some(known) = latest.find_mut(hash, |number| hash_of(number) == hash) {
            *known = number;
        } else {
            latest.insert_unique(hash, number, hash_of);
        }
    }

    /// Whether the session with this id was removed after `tick`.
    pub(super) fn removed_after(&mut self, hash: u64, tick: u64, now: UnixMillis) -> bool {
        self.forget(now);
        let tombstone = |number| at(&self.queue, self.first, number);
        let is_it = |number: &u32| tombstone(*number).is_some_and(|found| found.hash == hash);
        let found = self.latest.find(hash, is_it);
        let found = found.and_then(|number| tombstone(*number));
        found.is_some_and(|found| found.tick > tick)
    }

    /// The bytes that the allocator takes for it, or may take.
    pub(super) fn memory(&self) -> usize {
        self.reserved.unwrap_or_else(|| {
            allocated(self.queue.capacity() * size_of::<Tombstone>())
                + allocated(self.latest.allocation_size())
        })
    }

    fn forget(&mut self, now: UnixMillis) {
        while self.queue.front().is_some_and(|oldest| oldest.until <= now) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(oldest) = self.queue.front() else {
            return;
        };
        // Unless the id was removed again.
        let first = self.first;
        if let Ok(found) = self
            .latest
            .find_entry(oldest.hash, |number| *number == first)
        {
            found.remove();
        }
        self.queue.pop_front();
        self.first = first.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(0);

    #[test]
    fn an_id_is_remembered_for_a_while_from_its_last_removal_on() {
        let mut tombstones = Tombstones::new(512, false);
        tombstones.remember(1, 1, UnixMillis(0));
        tombstones.remember(1, 2, UnixMillis(1000));
        tombstones.remember(2, 3, UnixMillis(1000));
        assert!(tombstones.removed_after(1, 0, UnixMillis(REMEMBERED_MS + 999)));
        assert!(!tombstones.removed_after(1, 0, UnixMillis(REMEMBERED_MS + 1000)));
        assert!(!tombstones.removed_after(2, 0, UnixMillis(REMEMBERED_MS + 1000)));
    }

    #[test]
    fn only_those_who_knew_the_session_before_are_told() {
        let mut tombstones = Tombstones::new(512, false);
        tombstones.remember(1, 5, NOW);
        assert!(tombstones.removed_after(1, 4, NOW));
        assert!(!tombstones.removed_after(1, 5, NOW));
        tombstones.remember(1, 8, NOW);
        assert!(tombstones.removed_after(1, 7, NOW));
    }

    #[test]
    fn there_are_not_more_of_them_than_allowed() {
        let mut tombstones = Tombstones::new(500, false);
        // Their numbers start over.
        tombstones.first = u32::MAX - 1000;
        for hash in 0..100_000 {
            tombstones.remember(hash, 1, NOW);
        }
        assert_eq!(tombstones.queue.len(), 500);
        assert_eq!(tombstones.latest.len(), 500);
        for (hash, is_known) in [(99_999, true), (99_500, true), (99_499, false), (0, false)] {
            assert_eq!(tombstones.removed_after(hash, 0, NOW), is_known, "{hash}");
        }
    }

    #[test]
    fn they_never_take_more_memory_than_is_reserved() {
        for most in [1, 7, 64, 100, 512] {
            let reserved = Tombstones::new(most, true).memory();
            let mut tombstones = Tombstones::new(most, false);
            for number in 0..5000_u64 {
                let hash = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                tombstones.remember(hash, 1, NOW);
                let memory = tombstones.memory();
                assert!(memory <= reserved, "{most}: {memory} and not {reserved}");
            }
        }
    }
}
