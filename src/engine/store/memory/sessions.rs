//! The sessions of one shard, and the ways to find them: by id, by expiry, and by last use.

use hashbrown::HashTable;

use super::{
    allocator::allocated,
    record::Record,
    session::Cookie,
    slots::{Class, Link, List, NEVER, Page, Slot, Slots, Through},
    wheel::Wheel,
};
use crate::engine::time::UnixMillis;

/// With fewer slots than this, compacting is not worth it.
const SMALL: usize = 64;

/// Sessions that can be found by id, by expiry and by last use. Knows nothing of bounds, events or
/// figures.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Slot numbers by the hash of the id.
    table: HashTable<u32>,
    slots: Slots,
    wheel: Wheel,
    /// By class; the one that was used last comes first. Kept only if `orders_by_use`.
    by_use: [List; Class::ALL.len()],
    orders_by_use: bool,
    /// Bytes of all records.
    records: usize,
}

/// When a session expires, and by what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expiry {
    /// [`NEVER`] if it does not.
    pub(super) at: UnixMillis,
    /// Whether that is a time to live of the store, as the cookie has no expiry.
    pub(super) by_ttl: bool,
}

/// A session that is new, or in the place of an old one.
pub(super) struct New {
    pub(super) record: Record,
    pub(super) class: Class,
    pub(super) expiry: Expiry,
}

/// What the table takes for a hash: the position is made of its low bits, and seven more are the
/// topmost ones.
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

    /// Sessions that are held.
    pub(super) fn live(&self) -> usize {
        self.slots.live()
    }

    /// Slots, free ones included.
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
        self.records
            + self.slots.memory()
            + allocated(self.table.allocation_size())
            + self.wheel.memory()
    }

    /// Adds a session, which must not be there yet, and gives its slot.
    pub(super) fn insert(&mut self, hash: u32, new: New, sequence: u64, now: UnixMillis) -> u32 {
        self.records += new.record.memory();
        let number = self.slots.insert(Slot {
            record: new.record,
            sequence,
            expires: NEVER,
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

    /// Puts a session in the place of the one in a slot.
    pub(super) fn replace(&mut self, number: u32, new: New, now: UnixMillis) {
        let Some(slot) = self.slots.get_mut(number) else {
            return;
        };
        self.records = self.records + new.record.memory() - slot.record.memory();
        slot.record = new.record;
        let class = std::mem::replace(&mut slot.class, new.class);
        if class != new.class {
            self.unlink_use(number, class);
            self.link_use(number, new.class);
        }
        self.set_expiry(number, new.expiry, now);
    }

    /// Gives a session another cookie and expiry; `false` if its cookie is not kept apart.
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
        self.records = self.records + slot.record.memory() - before;
        self.set_expiry(number, expiry, now);
        true
    }

    /// Notes that a session was used, as the `tick`th use of all.
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

    /// Takes a session out.
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
        self.records -= slot.record.memory();
        Some(slot)
    }

    /// The slot of a session whose expiry has come, or of one that was renewed since it was queued.
    /// Such a one is queued anew and `Err`.
    pub(super) fn next_expired(&mut self, now: UnixMillis) -> Option<Result<u32, ()>> {
        let number = self.wheel.pop_due(&mut self.slots, now)?;
        let expires = self.slots.get(number)?.expires;
        if expires <= now {
            return Some(Ok(number));
        }
        self.wheel.push(&mut self.slots, number, expires, now);
        Some(Err(()))
    }

    /// A time at which some session may expire. Not later than the first one does.
    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        self.wheel.next_due()
    }

    /// The slot of a class that was used least recently, and when that was.
    pub(super) fn least_recent(&self, class: Class) -> Option<(u32, &Slot)> {
        let list = self.by_use.get(class as usize)?;
        self.slots.get(list.last).map(|slot| (list.last, slot))
    }

    /// Frees the memory of sessions that are gone, once they are three quarters of all. Slots get
    /// other numbers then; says whether they did.
    pub(super) fn compact(&mut self, now: UnixMillis) -> bool {
        if self.slots.len() < SMALL || self.slots.live() > self.slots.len() / 4 {
            return false;
        }
        let sessions = self.slots.compact();
        self.rebuild_table(self.slots.live());
        self.rebuild_by_use();
        self.rebuild_wheel(now);
        // Last, because allocating takes long right after much was freed.
        self.slots.truncate(sessions);
        true
    }

    /// The records of all sessions, and the pages that their slots were in.
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
        // A renewed session stays where it is: when its turn comes it is found to live longer.
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

    /// Enters a new session in the table.
    ///
    /// A table that is full is made anew from the slots, in their order. Left to itself, it would be
    /// made from its own, which is random, and each look at a slot would wait for memory.
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

    /// Makes the table anew, with room for so many sessions.
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

    /// Queues all sessions anew.
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
