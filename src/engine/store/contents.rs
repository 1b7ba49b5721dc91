//! The sessions of a shard, and the ways to find them.

use hashbrown::HashTable;

use super::{
    record::allocated,
    slots::{Class, Link, List, NIL, Slots, Through},
    wheel::Wheel,
};

/// The sessions of a shard. The table holds slot numbers only.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) table: HashTable<u32>,
    pub(super) slots: Slots,
    pub(super) wheel: Wheel,
    /// By class; what was used last comes first. Kept only in a bounded store.
    pub(super) by_use: [List; Class::ALL.len()],
    /// Bytes of all records.
    pub(super) records: usize,
}

/// What the table inside a shard takes for a hash: the position is made of its low bits, and seven
/// more are the topmost ones.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Contents {
    /// The slot of the session, which may have expired.
    pub(super) fn find(&self, hash: u32, id: &[u8]) -> Option<u32> {
        let is_it = |slot: &u32| {
            let slot = self.slots.get(*slot);
            slot.is_some_and(|slot| slot.hash == hash && slot.record.id() == id)
        };
        self.table.find(spread(hash), is_it).copied()
    }

    pub(super) fn memory(&self) -> usize {
        self.records
            + self.slots.memory()
            + allocated(self.table.allocation_size())
            + self.wheel.memory()
    }

    /// When the session of a class that is next to go was used.
    pub(super) fn oldest(&self, class: Class) -> Option<u64> {
        let list = self.by_use.get(class as usize)?;
        if list.last == NIL {
            return None;
        }
        self.slots.get(list.last).map(|slot| slot.used)
    }

    /// Notes a new session in the table.
    ///
    /// A table that is full is made anew from the slots, in their order: left to itself it would be
    /// from its own, which is none, and each look at a slot would wait for memory.
    pub(super) fn note(&mut self, slot: u32, hash: u32) {
        if self.table.len() == self.table.capacity() {
            let sessions = self.slots.live();
            self.rebuild_table(sessions + sessions / 4);
            return;
        }
        let Self { table, slots, .. } = self;
        table.insert_unique(spread(hash), slot, |slot| {
            slots.get(*slot).map_or(0, |slot| spread(slot.hash))
        });
    }

    /// Makes the table anew, with room for so many sessions.
    pub(super) fn rebuild_table(&mut self, room: usize) {
        let Self { table, slots, .. } = self;
        *table = HashTable::with_capacity(room.max(slots.live()));
        for (number, slot) in slots.iter() {
            table.insert_unique(spread(slot.hash), number, |slot| {
                slots.get(*slot).map_or(0, |slot| spread(slot.hash))
            });
        }
    }

    pub(super) fn rebuild_lists(&mut self) {
        let mut by_use: Vec<(u64, u32)> = Vec::with_capacity(self.slots.live());
        by_use.extend(self.slots.iter().map(|(number, slot)| (slot.used, number)));
        by_use.sort_unstable();
        self.by_use = Default::default();
        for (used, number) in by_use {
            let Some(slot) = self.slots.get_mut(number) else {
                continue;
            };
            slot.by_use = Link::default();
            let class = slot.class as usize;
            // In a store without bounds nothing is ever used, and there are no lists.
            if used > 0
                && let Some(list) = self.by_use.get_mut(class)
            {
                list.push(&mut self.slots, number, Through::Use);
            }
        }
    }

    /// When the sessions that are next to go were used, by class.
    pub(super) fn all_oldest(&self) -> [Option<u64>; Class::ALL.len()] {
        Class::ALL.map(|class| self.oldest(class))
    }
}
