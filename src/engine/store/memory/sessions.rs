//! The sessions of one shard, indexed by id, by expiry, and by last use.

use hashbrown::HashTable;

use super::{
    allocator::allocated,
    record::Record,
    session::Cookie,
    slots::{Class, Link, List, NEVER, Page, Slot, Slots, Through},
    wheel::Wheel,
};
use crate::engine::time::UnixMillis;

/// With fewer slots, compacting is not worthwhile.
const SMALL: usize = 64;

/// Sessions, indexed by id, by expiry and by last use. `Shard` adds bounds, events and statistics.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Slot numbers by the hash of the id.
    table: HashTable<u32>,
    slots: Slots,
    wheel: Wheel,
    /// For each class, most recently used first. Only maintained if `orders_by_use`.
    by_use: [List; Class::ALL.len()],
    orders_by_use: bool,
    /// The number of sessions of each class, and the bytes of their records.
    totals: [Total; Class::ALL.len()],
}

/// A number of sessions, and the bytes of their records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    pub(super) sessions: usize,
    pub(super) bytes: usize,
}

/// When a session expires, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expiry {
    /// [`NEVER`] if it does not.
    pub(super) at: UnixMillis,
    /// Whether a `ttl` ends it, because the cookie has no expiry.
    pub(super) by_ttl: bool,
}

/// A session to insert, or to replace another with.
pub(super) struct New {
    pub(super) record: Record,
    pub(super) class: Class,
    pub(super) expiry: Expiry,
}

/// The hash for the table, which uses the low bits as the position, and the top seven bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Sessions {
    pub(super) fn new(orders_by_use: bool) -> Self {
        Self {
            orders_by_use,
            ..Self::default()
        }
    }

    /// The number of sessions.
    pub(super) fn live(&self) -> usize {
        self.slots.live()
    }

    /// The number of slots, including free ones.
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Slot> {
        self.slots.get(number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().map(|(_, slot)| slot)
    }

    /// The slot of a session, which may have expired.
    pub(super) fn find(&self, hash: u32, id: &[u8]) -> Option<u32> {
        let is_it = |number: &u32| {
            let slot = self.slots.get(*number);
            slot.is_some_and(|slot| slot.hash == hash && slot.record.id() == id)
        };
        self.table.find(spread(hash), is_it).copied()
    }

    /// The bytes that the allocator takes for the sessions.
    pub(super) fn memory(&self) -> usize {
        let records: usize = self.totals.iter().map(|total| total.bytes).sum();
        records
            + self.slots.memory()
            + allocated(self.table.allocation_size())
            + self.wheel.memory()
    }

    /// Adds a session, which must not exist yet. Returns its slot.
    pub(super) fn insert(&mut self, hash: u32, new: New, sequence: u64, now: UnixMillis) -> u32 {
        self.count(new.class, &new.record);
        let number = self.slots.insert(Slot {
            record: new.record,
            sequence,
            expires: new.expiry.at,
            used: 0,
            hash,
            by_use: Link::default(),
            waiting: Link::default(),
            place: 0,
            class: new.class,
            flags: 0,
        });
        self.enter(number, hash);
        self.link_use(number, new.class);
        self.set_expiry(number, new.expiry, now);
        number
    }

    /// Replaces the session in a slot. Returns its record.
    pub(super) fn replace(&mut self, number: u32, new: New, now: UnixMillis) -> Option<Record> {
        let class = self.slots.get(number)?.class;
        self.count(new.class, &new.record);
        let slot = self.slots.get_mut(number)?;
        let record = std::mem::replace(&mut slot.record, new.record);
        slot.class = new.class;
        self.discount(class, &record);
        if class != new.class {
            self.unlink_use(number, class);
            self.link_use(number, new.class);
        }
        self.set_expiry(number, new.expiry, now);
        Some(record)
    }

    /// Changes a session's cookie and expiry. Returns `false` if the session is whole text.
    pub(super) fn renew(
        &mut self,
        number: u32,
        cookie: Cookie,
        expiry: Expiry,
        now: UnixMillis,
    ) -> bool {
        let Some(slot) = self.slots.get_mut(number) else {
            return false;
        };
        let before = slot.record.memory();
        if !slot.record.replace_cookie(cookie) {
            return false;
        }
        if let Some(total) = self.totals.get_mut(slot.class as usize) {
            total.bytes = total.bytes + slot.record.memory() - before;
        }
        self.set_expiry(number, expiry, now);
        true
    }

    /// Marks a session as used, at this `tick`.
    pub(super) fn used(&mut self, number: u32, tick: u64) {
        let Some(slot) = self.slots.get_mut(number) else {
            return;
        };
        slot.used = tick;
        let class = slot.class;
        if self.by_use.get(class as usize).map(|list| list.first) != Some(number) {
            self.unlink_use(number, class);
            self.link_use(number, class);
        }
    }

    /// Removes a session.
    pub(super) fn remove(&mut self, number: u32) -> Option<Slot> {
        let slot = self.slots.get(number)?;
        let (hash, class) = (slot.hash, slot.class);
        if let Ok(found) = self
            .table
            .find_entry(spread(hash), |other| *other == number)
        {
            found.remove();
        }
        self.wheel.remove(&mut self.slots, number);
        self.unlink_use(number, class);
        let slot = self.slots.remove(number)?;
        self.discount(class, &slot.record);
        Some(slot)
    }

    /// The sessions of these classes.
    pub(super) fn total(&self, classes: &[Class]) -> Total {
        let totals = classes
            .iter()
            .filter_map(|class| self.totals.get(*class as usize));
        totals.fold(Total::default(), |all, total| Total {
            sessions: all.sessions + total.sessions,
            bytes: all.bytes + total.bytes,
        })
    }

    fn count(&mut self, class: Class, record: &Record) {
        if let Some(total) = self.totals.get_mut(class as usize) {
            total.sessions += 1;
            total.bytes += record.memory();
        }
    }

    fn discount(&mut self, class: Class, record: &Record) {
        if let Some(total) = self.totals.get_mut(class as usize) {
            total.sessions -= 1;
            total.bytes -= record.memory();
        }
    }

    /// The slot of a due session if it has expired. If it was renewed since it was queued, queues
    /// it again and returns `Err`.
    pub(super) fn next_expired(&mut self, now: UnixMillis) -> Option<Result<u32, ()>> {
        let number = self.wheel.pop_due(&mut self.slots, now)?;
        let expires = self.slots.get(number)?.expires;
        if expires <= now {
            return Some(Ok(number));
        }
        self.wheel.push(&mut self.slots, number, expires, now);
        Some(Err(()))
    }

    /// When a session may expire next, at the latest when the first one does.
    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        self.wheel.next_due()
    }

    /// The least recently used slot of a class.
    pub(super) fn least_recent(&self, class: Class) -> Option<(u32, &Slot)> {
        let list = self.by_use.get(class as usize)?;
        self.slots.get(list.last).map(|slot| (list.last, slot))
    }

    /// Frees the slots of removed sessions once they are three quarters of all. That renumbers the
    /// slots. Returns whether it did.
    pub(super) fn compact(&mut self, now: UnixMillis) -> bool {
        if self.slots.len() < SMALL || self.slots.live() > self.slots.len() / 4 {
            return false;
        }
        let sessions = self.slots.compact();
        self.rebuild_table(self.slots.live());
        self.rebuild_by_use();
        self.rebuild_wheel(now);
        // Last, because allocating is slow right after freeing much memory.
        self.slots.truncate(sessions);
        true
    }

    /// Moves out the records of all sessions, and returns the pages of their slots.
    pub(super) fn into_parts(self, records: &mut Vec<Record>) -> Vec<Page> {
        self.slots.into_parts(records)
    }

    fn set_expiry(&mut self, number: u32, expiry: Expiry, now: UnixMillis) {
        if self.wheel.is_ahead(expiry.at, now) {
            self.rebuild_wheel(now);
        }
        let Self { slots, wheel, .. } = self;
        let Some(slot) = slots.get_mut(number) else {
            return;
        };
        slot.set_expiry(expiry.at, expiry.by_ttl);
        if expiry.at == NEVER {
            wheel.remove(slots, number);
            return;
        }
        // A renewed session stays in its list. When that is due, it is queued again.
        if wheel.due_of(slot.place).is_none_or(|due| due > expiry.at) {
            wheel.remove(slots, number);
            wheel.push(slots, number, expiry.at, now);
        }
    }

    fn link_use(&mut self, number: u32, class: Class) {
        if self.orders_by_use
            && let Some(list) = self.by_use.get_mut(class as usize)
        {
            list.push(&mut self.slots, number, Through::Use);
        }
    }

    fn unlink_use(&mut self, number: u32, class: Class) {
        if self.orders_by_use
            && let Some(list) = self.by_use.get_mut(class as usize)
        {
            list.remove(&mut self.slots, number, Through::Use);
        }
    }

    /// Adds a new session to the table.
    ///
    /// A full table is rebuilt from the slots, in their order. By itself, it would grow in its own
    /// order, which is random, and each access to a slot would wait for memory.
    fn enter(&mut self, number: u32, hash: u32) {
        if self.table.len() == self.table.capacity() {
            let sessions = self.slots.live();
            self.rebuild_table(sessions + sessions / 4);
            return;
        }
        let Self { table, slots, .. } = self;
        table.insert_unique(spread(hash), number, |number| {
            slots.get(*number).map_or(0, |slot| spread(slot.hash))
        });
    }

    /// Rebuilds the table, with room for this many sessions.
    fn rebuild_table(&mut self, room: usize) {
        let Self { table, slots, .. } = self;
        *table = HashTable::with_capacity(room.max(slots.live()));
        for (number, slot) in slots.iter() {
            table.insert_unique(spread(slot.hash), number, |number| {
                slots.get(*number).map_or(0, |slot| spread(slot.hash))
            });
        }
    }

    fn rebuild_by_use(&mut self) {
        self.by_use = Default::default();
        if !self.orders_by_use {
            return;
        }
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(self.slots.live());
        order.extend(self.slots.iter().map(|(number, slot)| (slot.used, number)));
        order.sort_unstable();
        for (_, number) in order {
            let Some(slot) = self.slots.get_mut(number) else {
                continue;
            };
            slot.by_use = Link::default();
            let class = slot.class;
            self.link_use(number, class);
        }
    }

    /// Queues all sessions again.
    fn rebuild_wheel(&mut self, now: UnixMillis) {
        let Self { slots, wheel, .. } = self;
        *wheel = Wheel::default();
        for number in (0..).take(slots.len()) {
            let Some(slot) = slots.get_mut(number) else {
                continue;
            };
            slot.place = 0;
            slot.waiting = Link::default();
            let expires = slot.expires;
            if expires != NEVER {
                wheel.push(slots, number, expires, now);
            }
        }
    }
}
