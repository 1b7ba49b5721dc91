//! Going through all sessions in pages, while others come and go.

use super::{
    memory::MemoryStore,
    shard::Shard,
    slots::{Class, NEVER},
    write::{HANDWRITTEN, Save, Write},
};
use crate::engine::{
    session_text::{outline, outline_of_stringified},
    time::UnixMillis,
};

/// Sessions that are read while a lock is held.
const READ_AT_ONCE: usize = 64;

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
    /// The number of the shard after the current one.
    next_shard: usize,
    /// What is left of the current shard: sequence and slot of each session.
    left: Vec<(u64, u32)>,
    /// The shard's, when the slots were noted.
    epoch: u64,
}

impl MemoryStore {
    /// Reads the next sessions, up to `most` of them. `false` if there are no more.
    pub fn page(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        mut read: impl FnMut(Kept<'_>),
    ) -> bool {
        let mut room = most;
        while room > 0 {
            if pages.left.is_empty() && !self.next_shard(pages) {
                return false;
            }
            room -= self.read_some(pages, room.min(READ_AT_ONCE), now, &mut read);
        }
        true
    }

    fn next_shard(&self, pages: &mut Pages) -> bool {
        while let Some(shard) = self.shards.get(pages.next_shard) {
            pages.next_shard += 1;
            let shard = shard.lock();
            pages.left.extend(sequences(&shard));
            pages.left.reverse();
            pages.epoch = shard.epoch;
            if !pages.left.is_empty() {
                return true;
            }
        }
        false
    }

    fn read_some(
        &self,
        pages: &mut Pages,
        most: usize,
        now: UnixMillis,
        read: &mut impl FnMut(Kept<'_>),
    ) -> usize {
        let current = pages.next_shard.saturating_sub(1);
        let Some(shard) = self.shards.get(current) else {
            return 0;
        };
        let shard = shard.lock();
        if shard.epoch != pages.epoch {
            pages.find_again(&shard);
        }
        let mut count = 0;
        // Those that are gone count too: the lock is not held for longer because of them.
        for (sequence, slot) in pages
            .left
            .split_off(pages.left.len().saturating_sub(most))
            .into_iter()
            .rev()
        {
            let Some(slot) = shard.contents.slots.get(slot) else {
                continue;
            };
            if slot.sequence != sequence || slot.is_expired(now) {
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
                sequence,
            });
            count += 1;
        }
        count
    }

    /// Puts a session back that was read by [`MemoryStore::page`], perhaps by another process. `false`
    /// if it has expired, if it is there already, or if there is no room for it.
    pub fn restore(&self, kept: Kept<'_>, now: UnixMillis) -> bool {
        if kept.expires.is_some_and(|expires| expires <= now) {
            return false;
        }
        let save = Save {
            protected: kept.flags & PROTECTED != 0,
            stringified: kept.flags & HANDWRITTEN == 0,
            ttl: None,
        };
        let outline = if save.stringified {
            outline_of_stringified(kept.text)
        } else {
            outline(kept.text)
        };
        let expires = kept.expires.unwrap_or(NEVER);
        let write = Write::new(kept.id, kept.text, outline, save, expires);
        self.note_flags(write.flags);
        self.shared.pass(kept.sequence);
        let restored = self.with_shard(kept.id, now, |shard, hash| {
            !shard.has(hash, kept.id, now)
                && shard.restore(hash, &write, kept.sequence, now).is_ok()
        });
        self.make_room(now, None);
        restored.unwrap_or_default()
    }
}

impl Pages {
    /// Finds the slots of the sessions that are left, after they have got other numbers.
    fn find_again(&mut self, shard: &Shard) {
        let wanted: std::collections::HashSet<u64> =
            self.left.iter().map(|(sequence, _)| *sequence).collect();
        self.left.clear();
        self.left
            .extend(sequences(shard).filter(|(sequence, _)| wanted.contains(sequence)));
        self.left.reverse();
        self.epoch = shard.epoch;
    }
}

fn sequences(shard: &Shard) -> impl Iterator<Item = (u64, u32)> {
    let slots = shard.contents.slots.iter();
    slots.map(|(number, slot)| (slot.sequence, number))
}
