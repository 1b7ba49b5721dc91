//! Iterating over all sessions in pages, while others are added and removed.

use std::{collections::HashSet, ops::Range};

use super::{session::Session, shard::Shard, shards::Shards};
use crate::engine::time::UnixMillis;

/// The most sessions that are read while a lock is held: some microseconds.
const READ_AT_ONCE: usize = 16;

/// The position of an iteration over all sessions.
///
/// Every session that exists from the beginning to the end is read exactly once. One that is added
/// or removed meanwhile is read once or not at all.
#[derive(Debug, Default)]
pub struct Pages {
    /// The index of the current shard.
    shard: usize,
    /// Its remaining slots.
    slots: Range<u32>,
    /// The shard's epoch when its slots had these numbers; `None` before the first read.
    epoch: Option<u64>,
    /// The sequences of the sessions that were read in the shard.
    read: Vec<u64>,
    /// Those that were read before the slots were renumbered.
    skipped: HashSet<u64>,
    /// A page ends after texts of so many bytes.
    most_bytes: Option<usize>,
}

impl Shards {
    /// Reads up to `most` of the next sessions, with their ids, or fewer if they are large. Returns
    /// `false` if there are no more.
    ///
    /// The lock is only held for a few of them at a time.
    pub(super) fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        mut read: impl FnMut(&[u8], Session<'_>),
    ) -> bool {
        let mut room = most;
        let mut bytes = pages.most_bytes.unwrap_or(usize::MAX);
        while room > 0 && bytes > 0 {
            if pages.shard >= self.count() {
                return false;
            }
            let Some(shard) = self.lock(pages.shard) else {
                pages.shard += 1;
                continue;
            };
            if pages.epoch == Some(shard.epoch) {
                let most = room.min(READ_AT_ONCE);
                room -= pages.read_some(&shard, most, &mut bytes, now, &mut read);
            } else if pages.read.is_empty() {
                pages.begin(&shard);
            } else {
                drop(shard);
                pages.skipped.extend(pages.read.drain(..));
            }
        }
        true
    }
}

impl Pages {
    /// Pages that end after texts of `most_bytes`.
    #[must_use]
    pub fn of_bytes(most_bytes: usize) -> Self {
        Self {
            most_bytes: Some(most_bytes),
            ..Self::default()
        }
    }

    fn begin(&mut self, shard: &Shard) {
        self.slots = 0..u32::try_from(shard.sessions.slot_count()).unwrap_or(u32::MAX);
        self.epoch = Some(shard.epoch);
    }

    /// Examines the next `most` slots, until `bytes` are read. Returns how many sessions it has read.
    fn read_some(
        &mut self,
        shard: &Shard,
        most: usize,
        bytes: &mut usize,
        now: UnixMillis,
        read: &mut impl FnMut(&[u8], Session<'_>),
    ) -> usize {
        let before = self.read.len();
        for number in self.slots.clone().take(most) {
            if let Some(slot) = shard.sessions.get(number) {
                slot.record.fetch();
            }
        }
        for number in self.slots.by_ref().take(most) {
            let Some(slot) = shard.sessions.get(number) else {
                continue;
            };
            if slot.is_expired(now) || self.skipped.contains(&slot.sequence) {
                continue;
            }
            let session = slot.session();
            read(slot.record.id(), session);
            self.read.push(slot.sequence);
            *bytes = bytes.saturating_sub(session.text.len());
            if *bytes == 0 {
                break;
            }
        }
        let count = self.read.len() - before;
        if self.slots.is_empty() {
            self.shard += 1;
            self.epoch = None;
            self.read.clear();
            self.skipped.clear();
        }
        count
    }
}
