//! One part of the in-memory store, under one lock.

use std::sync::Arc;

use super::{
    contents::{Contents, spread},
    events::{Bound, EventKind},
    record::Record,
    shared::Shared,
    slots::{Class, Link, NEVER, Slot, Through},
    tombstones::Tombstones,
    write::Write,
};
use crate::engine::{
    session_text::{Expiry, expiry_of, outline, with_cookie_added},
    sync::Ordering,
    time::UnixMillis,
};

/// So many sessions come before somebody looks whether there is enough ballast.
const SESSIONS_FOR_BALLAST: u32 = 64;

/// Why there is no room for a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) bound: Bound,
    /// The sequence of the session that was to be replaced.
    pub(super) keep: Option<u64>,
    /// Whether there would be no room in an empty store either.
    pub(super) is_final: bool,
}

/// How many sessions there were of a kind, since the store was made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) expirations: u64,
    pub(super) evictions: u64,
}

/// Sessions by id.
///
/// Callers pass the hash of an id because they need it to find the shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) shared: Arc<Shared>,
    pub(super) contents: Contents,
    pub(super) tombstones: Tombstones,
    pub(super) counts: Counts,
    /// Counts up when slots get other numbers.
    pub(super) epoch: u64,
    /// What the store's totals hold of this shard: sessions and bytes.
    pub(super) published: (usize, usize),
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the other half chooses the shard"
)]
pub(super) fn low(hash: u64) -> u32 {
    hash as u32
}

impl Shard {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            contents: Contents::default(),
            tombstones: Tombstones::default(),
            counts: Counts::default(),
            epoch: 0,
            published: (0, 0),
        }
    }

    pub(super) fn get(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<&Slot> {
        let Some(slot) = self.find_live(hash, id, now) else {
            self.counts.misses += 1;
            return None;
        };
        self.counts.hits += 1;
        self.used(slot);
        self.contents.slots.get(slot)
    }

    pub(super) fn has(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> bool {
        self.find_live(hash, id, now).is_some()
    }

    /// Puts another cookie into a session, which is JSON; `None` if there is none or if it cannot hold
    /// one. `forever` is the expiry of a session whose cookie has none.
    pub(super) fn touch(
        &mut self,
        hash: u64,
        id: &[u8],
        cookie: &str,
        forever: UnixMillis,
        now: UnixMillis,
    ) -> Option<Expiry> {
        let number = self.find_live(hash, id, now)?;
        let slot = self.contents.slots.get_mut(number)?;
        let before = slot.record.memory();
        let mut expiry = expiry_of(cookie);
        if !slot.record.replace_cookie(cookie) {
            let text = with_cookie_added(slot.record.text(), cookie)?;
            let outline = outline(&text)?;
            expiry = outline.expiry;
            slot.record = Record::new(id, &text, outline.cookie.as_ref());
        }
        let after = slot.record.memory();
        self.contents.records = self.contents.records + after - before;
        self.set_expiry(number, expires(expiry, forever), now);
        self.used(number);
        Some(expiry)
    }

    /// Keeps a session and says whether it is kept: it is not if it was destroyed a short while ago
    /// and is to stay so.
    ///
    /// # Errors
    ///
    /// If there is no room for it; then what was there is left as it was.
    pub(super) fn set(
        &mut self,
        hash: u64,
        write: &Write<'_>,
        now: UnixMillis,
    ) -> Result<Option<u64>, Refusal> {
        if self.shared.options.stay_destroyed && self.tombstones.contains(hash, now) {
            return Ok(None);
        }
        let found = self.find_live(hash, write.id, now);
        let record = Record::new(write.id, write.text, write.cookie.as_ref());
        let old = found.and_then(|slot| self.contents.slots.get(slot));
        let freed = old.map_or(0, |slot| slot.record.memory());
        let keep = old.map(|slot| slot.sequence);
        if let Err(refusal) = self.admit(found.is_none(), record.memory(), freed) {
            // It is in use, and must not stand before those that are to make room for it.
            if let Some(slot) = found {
                self.used(slot);
            }
            return Err(Refusal { keep, ..refusal });
        }
        self.contents.records = self.contents.records + record.memory() - freed;
        let kind = if found.is_some() {
            EventKind::Update
        } else {
            EventKind::Create
        };
        self.shared.events.record(kind, write.id, write.text);
        let slot = if let Some(slot) = found {
            self.replace(slot, record, write);
            slot
        } else {
            let sequence = self.shared.tick();
            self.insert(hash, record, write, sequence)
        };
        self.set_expiry(slot, write.expires, now);
        self.used(slot);
        Ok(self.contents.slots.get(slot).map(|slot| slot.sequence))
    }

    pub(super) fn destroy(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> bool {
        if self.shared.options.stay_destroyed {
            self.tombstones.remember(hash, now);
        }
        let Some(slot) = self.find_live(hash, id, now) else {
            return false;
        };
        self.remove(slot, EventKind::Destroy);
        true
    }

    /// Removes the session of a class that was used least recently, unless it is the one with the
    /// sequence that is to be kept. Returns whether there is one less.
    pub(super) fn evict(
        &mut self,
        class: Class,
        bound: Bound,
        keep: Option<u64>,
        now: UnixMillis,
    ) -> bool {
        let Some(list) = self.contents.by_use.get(class as usize) else {
            return false;
        };
        let number = list.last;
        let Some(slot) = self
            .contents
            .slots
            .get(number)
            .filter(|slot| Some(slot.sequence) != keep)
        else {
            return false;
        };
        if slot.is_expired(now) {
            self.expire(number);
        } else {
            self.counts.evictions += 1;
            self.remove(number, EventKind::Evict(class, bound));
        }
        true
    }

    /// Removes expired sessions, looking at `budget` of those that are due at most. Returns how
    /// much of the budget is left; none left means that there may be more to do. What is removed goes
    /// into `removed`, so that it can be freed when the lock is not held any more.
    pub(super) fn sweep(
        &mut self,
        now: UnixMillis,
        mut budget: usize,
        removed: &mut Vec<Record>,
    ) -> usize {
        while budget > 0 {
            let Contents { wheel, slots, .. } = &mut self.contents;
            let Some(number) = wheel.pop_due(slots, now) else {
                break;
            };
            budget -= 1;
            match slots.get(number).map(|slot| slot.expires) {
                Some(expires) if expires <= now => removed.extend(self.expire(number)),
                Some(expires) => wheel.push(slots, number, expires, now),
                None => {}
            }
        }
        budget
    }

    /// What the allocator takes for the sessions.
    pub(super) fn memory(&self) -> usize {
        self.contents.memory() + self.tombstones.memory()
    }

    /// Asks for room in the totals. Where sessions make room for others, there always is.
    fn admit(&mut self, is_new: bool, size: usize, freed: usize) -> Result<(), Refusal> {
        let options = &self.shared.options;
        let most = options.max_bytes.unwrap_or(u64::MAX);
        if size as u64 > most {
            return Err(Refusal {
                bound: Bound::Bytes,
                keep: None,
                is_final: true,
            });
        }
        if options.on_full.evictable() == Class::ALL {
            return Ok(());
        }
        // Here something may just have expired.
        self.settle();
        let slot = if is_new { size_of::<Slot>() } else { 0 };
        let growth = (size + slot).saturating_sub(freed);
        let reserved = self.shared.reserve(usize::from(is_new), growth);
        reserved.map_err(|bound| Refusal {
            bound,
            keep: None,
            is_final: false,
        })?;
        self.published.0 += usize::from(is_new);
        self.published.1 += growth;
        Ok(())
    }

    /// Finds a session that has not expired, and removes one that has.
    fn find_live(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<u32> {
        let slot = self.contents.find(low(hash), id)?;
        if self.contents.slots.get(slot)?.is_expired(now) {
            self.expire(slot);
            return None;
        }
        Some(slot)
    }

    fn insert(&mut self, hash: u64, record: Record, write: &Write<'_>, sequence: u64) -> u32 {
        let slot = self.contents.slots.insert(Slot {
            record,
            sequence,
            expires: NEVER,
            used: 0,
            hash: low(hash),
            by_use: Link::default(),
            waiting: Link::default(),
            place: 0,
            class: write.class,
            flags: write.flags,
        });
        self.contents.note(slot, low(hash));
        if slot.is_multiple_of(SESSIONS_FOR_BALLAST) {
            let bytes = self.shared.bytes.load(Ordering::Relaxed);
            self.shared.ballast.take_on(bytes);
        }
        if self.shared.options.is_bounded()
            && let Some(list) = self.contents.by_use.get_mut(write.class as usize)
        {
            list.push(&mut self.contents.slots, slot, Through::Use);
        }
        slot
    }

    fn replace(&mut self, number: u32, record: Record, write: &Write<'_>) {
        let bounded = self.shared.options.is_bounded();
        let Contents { slots, by_use, .. } = &mut self.contents;
        let Some(slot) = slots.get_mut(number) else {
            return;
        };
        let class = std::mem::replace(&mut slot.class, write.class);
        slot.record = record;
        slot.flags = write.flags;
        if bounded && class != write.class {
            if let Some(list) = by_use.get_mut(class as usize) {
                list.remove(slots, number, Through::Use);
            }
            if let Some(list) = by_use.get_mut(write.class as usize) {
                list.push(slots, number, Through::Use);
            }
        }
    }

    /// Notes a use, if that matters.
    fn used(&mut self, number: u32) {
        if !self.shared.options.is_bounded() {
            return;
        }
        let Contents { slots, by_use, .. } = &mut self.contents;
        let Some(slot) = slots.get_mut(number) else {
            return;
        };
        slot.used = self.shared.tick();
        if let Some(list) = by_use.get_mut(slot.class as usize)
            && list.first != number
        {
            list.remove(slots, number, Through::Use);
            list.push(slots, number, Through::Use);
        }
    }

    fn set_expiry(&mut self, number: u32, expires: UnixMillis, now: UnixMillis) {
        if self.contents.wheel.is_ahead(expires, now) {
            self.rebuild_wheel(now);
        }
        let Contents { slots, wheel, .. } = &mut self.contents;
        let Some(slot) = slots.get_mut(number) else {
            return;
        };
        slot.expires = expires;
        if expires == NEVER {
            wheel.remove(slots, number);
            return;
        }
        // A renewed session stays where it is: when its turn comes it will be found to live longer.
        if wheel.due_of(slot.place).is_none_or(|due| due > expires) {
            wheel.remove(slots, number);
            wheel.push(slots, number, expires, now);
        }
    }

    fn expire(&mut self, number: u32) -> Option<Record> {
        self.counts.expirations += 1;
        self.remove(number, EventKind::Expire)
    }

    fn remove(&mut self, number: u32, why: EventKind) -> Option<Record> {
        let Contents {
            table,
            slots,
            wheel,
            by_use,
            records,
        } = &mut self.contents;
        let slot = slots.get(number)?;
        if let Ok(found) = table.find_entry(spread(slot.hash), |other| *other == number) {
            found.remove();
        }
        let class = slot.class as usize;
        wheel.remove(slots, number);
        if self.shared.options.is_bounded()
            && let Some(list) = by_use.get_mut(class)
        {
            list.remove(slots, number, Through::Use);
        }
        let Slot { record, .. } = slots.remove(number)?;
        *records -= record.memory();
        self.shared.events.record(why, record.id(), record.text());
        Some(record)
    }
}

/// The time at which a session expires, as its slot has it.
pub(super) fn expires(expiry: Expiry, forever: UnixMillis) -> UnixMillis {
    match expiry {
        Expiry::At(time) => time,
        Expiry::Never => forever,
        Expiry::Unclear => NEVER,
    }
}
