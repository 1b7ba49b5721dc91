//! Going through all sessions in pages, while others come and go.

use std::{collections::HashSet, ops::Range};

use super::{
    memory::MemoryStore,
    shard::Shard,
    slots::{Class, NEVER},
};
use crate::engine::time::UnixMillis;

/// Sessions that are read while a lock is held: for some microseconds.
const READ_AT_ONCE: usize = 16;

/// The flag of a kept session that stands for its being protected; others are the store's own.
const PROTECTED: u8 = 0x80;

/// A session as it is kept elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'store> {
    /// Its id.
    pub id: &'store [u8],
    /// Its text.
    pub text: &'store str,
    /// What the store has to know of it, beside the other members.
    pub flags: u8,
    /// When it expires; `None` if it never does.
    pub expires: Option<UnixMillis>,
    /// Its place in the order of all.
    pub sequence: u64,
}

/// How far a way through all sessions has come.
///
/// Every session that is there from the beginning to the end comes up exactly once; one that comes or
/// goes meanwhile comes up once or not at all.
#[derive(Debug, Default)]
pub struct Pages {
    /// The number of the current shard.
    shard: usize,
    /// Which of its slots are to be looked at.
    slots: Range<u32>,
    /// The shard's, when its slots had these numbers; `None` before they were looked at.
    epoch: Option<u64>,
    /// The sequences of the sessions that were read in the shard.
    read: Vec<u64>,
    /// Those that were read before the slots got other numbers.
    skipped: HashSet<u64>,
}

impl MemoryStore {
    /// Reads the next sessions, up to `most` of them. `false` if there are no more.
    ///
    /// A lock is held for a few of them at a time, whatever there is in the shard.
    pub fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        mut read: impl FnMut(Kept<'_>),
    ) -> bool {
        let mut room = most;
        while room > 0 {
            let Some(shard) = self.shards.get(pages.shard) else {
                return false;
            };
            let shard = shard.lock();
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
        self.slots = 0..u32::try_from(shard.contents.slots.len()).unwrap_or(u32::MAX);
        self.epoch = Some(shard.epoch);
    }

    /// Looks at the next slots, as many as it may read, and says how many of them it has read.
    fn read_some(
        &mut self,
        shard: &Shard,
        most: usize,
        now: UnixMillis,
        read: &mut impl FnMut(Kept<'_>),
    ) -> usize {
        let before = self.read.len();
        for number in self.slots.clone().take(most) {
            if let Some(slot) = shard.contents.slots.get(number) {
                slot.record.fetch();
            }
        }
        for number in self.slots.by_ref().take(most) {
            let Some(slot) = shard.contents.slots.get(number) else {
                continue;
            };
            if slot.is_expired(now) || self.skipped.contains(&slot.sequence) {
                continue;
            }
            let protected = if slot.class == Class::Protected {
                PROTECTED
            } else {
                0
            };
            read(Kept {
                id: slot.record.id(),
                text: slot.record.text(),
                flags: slot.flags | protected,
                expires: (slot.expires != NEVER).then_some(slot.expires),
                sequence: slot.sequence,
            });
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
