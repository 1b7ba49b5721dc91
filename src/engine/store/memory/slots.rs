//! The slots of a shard's sessions, and the lists that run through them.

use super::{allocator::allocated, record::Record, session::Session};
use crate::engine::time::UnixMillis;

/// No slot.
pub(super) const NIL: u32 = u32::MAX;

/// The expiry of a session that has none.
pub(super) const NEVER: UnixMillis = UnixMillis(i64::MAX);

/// The class of a session, which decides what is evicted first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// It contains only its cookie: it was never modified.
    #[default]
    Anonymous,
    /// It contains data.
    Other,
    /// The application protects it.
    Protected,
}

impl Class {
    /// All classes, in the order of eviction.
    pub const ALL: [Self; 3] = [Self::Anonymous, Self::Other, Self::Protected];
}

/// Neighbors in a doubly linked list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) before: u32,
    pub(super) after: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            before: NIL,
            after: NIL,
        }
    }
}

/// One session: 64 bytes, in addition to its record.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) record: Record,
    /// The unique number of the session, in the order in which sessions are added.
    pub(super) sequence: u64,
    pub(super) expires: UnixMillis,
    /// When it was last used, in ticks.
    pub(super) used: u64,
    /// The half of the id's hash that the table uses.
    pub(super) hash: u32,
    /// Links the list of its class, by use.
    pub(super) by_use: Link,
    /// Links a list of the wheel. In a free slot, `after` is the next free one.
    pub(super) waiting: Link,
    /// The number of its list in the wheel, plus one; 0 for none.
    pub(super) place: u16,
    pub(super) class: Class,
    /// [`FREE`], [`BY_TTL`] and [`EARLY`].
    pub(super) flags: u8,
}

impl Slot {
    pub(super) fn is_expired(&self, now: UnixMillis) -> bool {
        self.expires <= now && self.expires != NEVER
    }

    /// The session as it was saved.
    pub(super) fn session(&self) -> Session<'_> {
        Session {
            text: self.record.text(),
            cookie: self.record.cookie(),
            expires: self.cookie_expires(),
        }
    }

    /// The expiry of the session's cookie.
    pub(super) fn cookie_expires(&self) -> Option<UnixMillis> {
        (self.expires != NEVER && self.flags & BY_TTL == 0).then_some(self.expires)
    }

    pub(super) fn set_expiry(&mut self, expires: UnixMillis, by_ttl: bool) {
        let is_early = expires < self.expires || self.expires_early();
        self.expires = expires;
        self.flags = if by_ttl { BY_TTL } else { 0 } | if is_early { EARLY } else { 0 };
    }

    /// Whether it once had a later expiry, which some requests may still know.
    pub(super) fn expires_early(&self) -> bool {
        self.flags & EARLY != 0
    }

    /// A slot without a session.
    fn free(next: u32) -> Self {
        Self {
            record: Record::default(),
            sequence: 0,
            expires: NEVER,
            used: 0,
            hash: 0,
            by_use: Link::default(),
            waiting: Link {
                before: NIL,
                after: next,
            },
            place: 0,
            class: Class::Anonymous,
            flags: FREE,
        }
    }

    fn is_free(&self) -> bool {
        self.flags & FREE != 0
    }
}

/// The slot is free.
const FREE: u8 = 0x80;

/// The session expires by a `ttl`, and its cookie has no expiry.
const BY_TTL: u8 = 1;

/// The session's expiry has been shortened.
const EARLY: u8 = 2;

/// Some slots.
pub(super) type Page = Vec<Slot>;

/// Slots in a page: 4 KiB.
const PAGE: usize = 64;

/// Slots by number. The slot of a removed session is reused.
///
/// Slots are in pages, so growing copies nothing and leaves no holes in memory. Only the first page
/// itself grows.
#[derive(Debug)]
pub(super) struct Slots {
    pages: Vec<Page>,
    first_free: u32,
    live: usize,
    /// The number of slots that are allocated.
    capacity: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            first_free: NIL,
            live: 0,
            capacity: 0,
        }
    }
}

impl Slots {
    pub(super) fn get(&self, number: u32) -> Option<&Slot> {
        let page = self.pages.get(number as usize / PAGE)?;
        let slot = page.get(number as usize % PAGE)?;
        (!slot.is_free()).then_some(slot)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Slot> {
        self.any_mut(number).filter(|slot| !slot.is_free())
    }

    /// The number of sessions.
    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// The number of slots, including free ones.
    pub(super) fn len(&self) -> usize {
        let last = self.pages.last().map_or(0, Vec::len);
        self.pages.len().saturating_sub(1) * PAGE + last
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Slot)> {
        let slots = (0..).zip(self.pages.iter().flatten());
        slots.filter(|(_, slot)| !slot.is_free())
    }

    /// The bytes that the allocator takes for the slots, without their records.
    pub(super) fn memory(&self) -> usize {
        let whole = self.capacity / PAGE * allocated(PAGE * size_of::<Slot>());
        let first = allocated(self.capacity % PAGE * size_of::<Slot>());
        whole + first + allocated(self.pages.capacity() * size_of::<Vec<Slot>>())
    }

    pub(super) fn insert(&mut self, slot: Slot) -> u32 {
        self.live += 1;
        let number = self.first_free;
        if let Some(place) = self.any_mut(number) {
            let free = std::mem::replace(place, slot);
            self.first_free = free.waiting.after;
            return number;
        }
        self.push(slot);
        // 2^32 sessions in one shard would take terabytes.
        u32::try_from(self.len() - 1).unwrap_or(NIL)
    }

    /// Removes a session from its slot, which must not be in a list any more.
    pub(super) fn remove(&mut self, number: u32) -> Option<Slot> {
        let first_free = self.first_free;
        let place = self.get_mut(number)?;
        let slot = std::mem::replace(place, Slot::free(first_free));
        self.first_free = number;
        self.live -= 1;
        Some(slot)
    }

    /// Moves all sessions to the front, in order, and returns their number. Afterwards, lists must
    /// be rebuilt, and nothing may be inserted before [`Self::truncate`].
    pub(super) fn compact(&mut self) -> u32 {
        let mut to = 0;
        for from in (0..).take(self.len()) {
            if self.get(from).is_none() {
                continue;
            }
            if from != to
                && let Some(place) = self.any_mut(from)
            {
                let slot = std::mem::replace(place, Slot::free(NIL));
                if let Some(place) = self.any_mut(to) {
                    *place = slot;
                }
            }
            to += 1;
        }
        self.first_free = NIL;
        to
    }

    /// Frees all slots except for the first ones, after [`Self::compact`].
    pub(super) fn truncate(&mut self, sessions: u32) {
        let to = sessions as usize;
        self.pages.truncate(to.div_ceil(PAGE));
        if let Some(last) = self.pages.last_mut()
            && !to.is_multiple_of(PAGE)
        {
            last.truncate(to % PAGE);
        }
        self.pages.shrink_to_fit();
        self.capacity = self.pages.iter().map(Vec::capacity).sum();
    }

    /// Moves out the records of all sessions, and returns the pages of the slots.
    pub(super) fn into_parts(mut self, records: &mut Vec<Record>) -> Vec<Page> {
        for slot in self.pages.iter_mut().flatten() {
            if !slot.is_free() {
                records.push(std::mem::take(&mut slot.record));
            }
        }
        self.pages
    }

    fn any_mut(&mut self, number: u32) -> Option<&mut Slot> {
        let page = self.pages.get_mut(number as usize / PAGE)?;
        page.get_mut(number as usize % PAGE)
    }

    fn push(&mut self, slot: Slot) {
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            let size = if self.pages.is_empty() { 4 } else { PAGE };
            self.pages.push(Vec::with_capacity(size));
            self.capacity += size;
        }
        let Some(page) = self.pages.last_mut() else {
            return;
        };
        if page.len() == page.capacity() {
            page.reserve_exact(page.len());
            self.capacity += page.len();
        }
        page.push(slot);
    }
}

/// Which of a slot's links a list uses.
#[derive(Clone, Copy, Debug)]
pub(super) enum Through {
    Use,
    Waiting,
}

/// A doubly linked list of slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// The slot that was added last.
    pub(super) first: u32,
    /// The slot that was added first.
    pub(super) last: u32,
}

impl Default for List {
    fn default() -> Self {
        Self {
            first: NIL,
            last: NIL,
        }
    }
}

fn link(slots: &mut Slots, slot: u32, through: Through) -> Option<&mut Link> {
    let slot = slots.get_mut(slot)?;
    Some(match through {
        Through::Use => &mut slot.by_use,
        Through::Waiting => &mut slot.waiting,
    })
}

impl List {
    pub(super) fn push(&mut self, slots: &mut Slots, slot: u32, through: Through) {
        let Some(own) = link(slots, slot, through) else {
            return;
        };
        *own = Link {
            before: NIL,
            after: self.first,
        };
        match link(slots, self.first, through) {
            Some(first) => first.before = slot,
            None => self.last = slot,
        }
        self.first = slot;
    }

    /// The slot must be in this list.
    pub(super) fn remove(&mut self, slots: &mut Slots, slot: u32, through: Through) {
        let Some(own) = link(slots, slot, through) else {
            return;
        };
        let Link { before, after } = std::mem::take(own);
        match link(slots, before, through) {
            Some(before) => before.after = after,
            None => self.first = after,
        }
        match link(slots, after, through) {
            Some(after) => after.before = before,
            None => self.last = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_fits_a_cache_line() {
        assert_eq!(size_of::<Slot>(), 64);
    }
}
