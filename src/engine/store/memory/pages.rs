//! Going through all sessions in pages, while others come and go.

use std::{collections::HashSet, ops::Range};

use super::{session::Session, shard::Shard, shards::Shards};
use crate::engine::time::UnixMillis;

/// Sessions that are read while a lock is held: for some microseconds.
const READ_AT_ONCE: usize = 16;

/// How far somebody has come who goes through all sessions.
///
/// Every session that is there from the beginning to the end comes up exactly once; one that comes or
/// goes meanwhile comes up once or not at all.
#[derive(Debug, Default)]
pub struct Pages {
    /// The index of the current shard.
    shard: usize,
    /// Which of its slots are to be looked at.
    slots: Range<u32>,
    /// The shard's epoch when its slots had these numbers; `None` before they were looked at.
    epoch: Option<u64>,
    /// The sequences of the sessions that were read in the shard.
    read: Vec<u64>,
    /// Those that were read before the slots got other numbers.
    skipped: HashSet<u64>,
}

impl Shards {
    /// Reads the next sessions, up to `most` of them, and gives their ids. `false` if there are no
    /// more.
    ///
    /// A lock is held for a few of them at a time, however many there are in the shard.
    pub(super) fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        mut read: impl FnMut(&[u8], Session<'_>),
    ) -> bool {
        let mut room = most;
        while room > 0 {
            if pages.shard >= self.count() {
                return false;
            }
            let Some(shard) = self.lock(pages.shard) else {
                pages.shard += 1;
                continue;
            };
            if pages.epoch == Some(shard.epoch) {
                room -= pages.read_some(&shard, room.min(READ_AT_ONCE), now, &mut read);
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
    fn begin(&mut self, shard: &Shard) {
        self.slots = 0..u32::try_from(shard.sessions.slot_count()).unwrap_or(u32::MAX);
        self.epoch = Some(shard.epoch);
    }

    /// Looks at the next slots, as many as it may read, and says how many of them it has read.
    fn read_some(
        &mut self,
        shard: &Shard,
        most: usize,
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
            read(slot.record.id(), slot.session());
            self.read.push(slot.sequence);
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
