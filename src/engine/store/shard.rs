//! One part of the in-memory store, under one lock.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use super::due_queue::{Bucket, DueQueue};
use crate::engine::{
    session_text::{Expiry, SplitText},
    time::UnixMillis,
};

/// Leftovers that the due queue may hold beyond twice its live entries before it is rebuilt.
const SPARE_DUE_ENTRIES: usize = 64;

#[derive(Debug)]
struct Entry {
    id: Box<[u8]>,
    text: SplitText,
    /// Counts up with each session that was added to the store: its place in the order of all.
    sequence: u64,
    expires: Option<UnixMillis>,
    /// The due queue's bucket this entry waits in. The queue may hold older ones for the same slot.
    queued: Option<Bucket>,
}

impl Entry {
    fn is_expired(&self, now: UnixMillis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// Sessions by id. The table holds slot numbers only; a slot is reused when its session is gone.
///
/// Callers pass the hash of an id, made with the hasher the shard was given, because they need it
/// to find the shard.
#[derive(Debug)]
pub(super) struct Shard {
    hasher: RandomState,
    table: HashTable<u32>,
    slots: Vec<Option<Entry>>,
    free: Vec<u32>,
    due: DueQueue,
    /// Entries that have an expiry.
    expiring: usize,
}

/// A session as the store's listing sees it.
pub(super) struct Listed {
    pub(super) sequence: u64,
    pub(super) id: Vec<u8>,
    pub(super) text: String,
}

impl Shard {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            hasher,
            table: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            due: DueQueue::default(),
            expiring: 0,
        }
    }

    pub(super) fn get(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<&SplitText> {
        let slot = self.find_live(hash, id, now)?;
        self.entry(slot).map(|entry| &entry.text)
    }

    /// Puts another cookie into a session; `None` if there is none or if it cannot hold one.
    pub(super) fn touch(
        &mut self,
        hash: u64,
        id: &[u8],
        cookie: &str,
        now: UnixMillis,
    ) -> Option<Expiry> {
        let slot = self.find_live(hash, id, now)?;
        let text = &mut self.entry_mut(slot)?.text;
        if !text.set_cookie(cookie) {
            return None;
        }
        let expiry = text.expiry();
        self.set_expiry(slot, expiry);
        Some(expiry)
    }

    /// `sequence` is the place of the session if it is a new one.
    pub(super) fn set(&mut self, hash: u64, id: &[u8], text: SplitText, sequence: u64) {
        let expiry = text.expiry();
        let slot = if let Some(slot) = self.find(hash, id) {
            if let Some(entry) = self.entry_mut(slot) {
                entry.text = text;
            }
            slot
        } else {
            let (id, expires, queued) = (id.into(), None, None);
            self.insert(
                hash,
                Entry {
                    id,
                    text,
                    sequence,
                    expires,
                    queued,
                },
            )
        };
        self.set_expiry(slot, expiry);
    }

    pub(super) fn destroy(&mut self, hash: u64, id: &[u8]) -> bool {
        let Some(slot) = self.find(hash, id) else {
            return false;
        };
        self.remove(hash, slot);
        true
    }

    /// How many sessions have not expired. Removes those that have.
    pub(super) fn len(&mut self, now: UnixMillis) -> usize {
        self.sweep(now, usize::MAX);
        // The queue knows seconds only: in the one that has not passed yet, some may have expired.
        let current = Bucket::of(now);
        let expired = self
            .due
            .slots(current)
            .iter()
            .filter_map(|slot| self.entry(*slot));
        let expired =
            expired.filter(|entry| entry.queued == Some(current) && entry.is_expired(now));
        self.table.len() - expired.count()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.hasher.clone());
    }

    pub(super) fn list(&self, now: UnixMillis, into: &mut Vec<Listed>) {
        let live = self
            .slots
            .iter()
            .flatten()
            .filter(|entry| !entry.is_expired(now));
        into.extend(live.map(|entry| Listed {
            sequence: entry.sequence,
            id: entry.id.to_vec(),
            text: entry.text.join(),
        }));
    }

    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        if self.expiring == 0 {
            None
        } else {
            self.due.next_due()
        }
    }

    /// Entries in the due queue, leftovers included.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        self.due.len()
    }

    /// Removes expired sessions, looking at `budget` entries of the due queue at most. Returns how
    /// much of the budget is left; none left means that there may be more to do.
    pub(super) fn sweep(&mut self, now: UnixMillis, mut budget: usize) -> usize {
        while budget > 0 {
            let Some((bucket, slot)) = self.due.pop_due(now) else {
                break;
            };
            budget -= 1;
            let Some(entry) = self
                .entry_mut(slot)
                .filter(|entry| entry.queued == Some(bucket))
            else {
                continue; // A leftover of a session that is gone or waits elsewhere.
            };
            entry.queued = None;
            match entry.expires {
                Some(expires) if expires <= now => {
                    self.remove_slot(slot);
                }
                Some(expires) => self.queue(slot, expires),
                None => {}
            }
        }
        budget
    }

    fn set_expiry(&mut self, slot: u32, expiry: Expiry) {
        let expires = match expiry {
            Expiry::At(time) => Some(time),
            Expiry::Never | Expiry::Unclear => None,
        };
        let Some(entry) = self.entry_mut(slot) else {
            return;
        };
        let before = std::mem::replace(&mut entry.expires, expires);
        self.expiring += usize::from(expires.is_some());
        self.expiring -= usize::from(before.is_some());
        if let Some(expires) = expires {
            self.queue(slot, expires);
        }
    }

    /// Sees to it that the slot's turn comes when it expires, or earlier.
    fn queue(&mut self, slot: u32, expires: UnixMillis) {
        let bucket = Bucket::of(expires);
        let Some(entry) = self.entry_mut(slot) else {
            return;
        };
        if entry.queued.is_some_and(|queued| queued <= bucket) {
            return;
        }
        entry.queued = Some(bucket);
        self.due.push(bucket, slot);
        if self.due.len() > 2 * self.expiring + SPARE_DUE_ENTRIES {
            self.rebuild_due();
        }
    }

    fn rebuild_due(&mut self) {
        self.due.clear();
        for (slot, entry) in (0..).zip(&mut self.slots) {
            if let Some(entry) = entry {
                entry.queued = entry.expires.map(Bucket::of);
                if let Some(bucket) = entry.queued {
                    self.due.push(bucket, slot);
                }
            }
        }
    }

    /// Finds a session that has not expired, and removes one that has.
    fn find_live(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<u32> {
        let slot = self.find(hash, id)?;
        if self.entry(slot)?.is_expired(now) {
            self.remove(hash, slot);
            return None;
        }
        Some(slot)
    }

    fn find(&self, hash: u64, id: &[u8]) -> Option<u32> {
        let is_it = |slot: &u32| self.entry(*slot).is_some_and(|entry| *entry.id == *id);
        self.table.find(hash, is_it).copied()
    }

    fn insert(&mut self, hash: u64, entry: Entry) -> u32 {
        let slot = if let Some(slot) = self.free.pop() {
            slot
        } else {
            self.slots.push(None);
            // 2^32 sessions in one shard would be terabytes.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(entry);
        }
        let Self {
            hasher,
            table,
            slots,
            ..
        } = self;
        table.insert_unique(hash, slot, |slot| {
            let entry = slots.get(*slot as usize).and_then(Option::as_ref);
            entry.map_or(0, |entry| hasher.hash_one(&entry.id))
        });
        slot
    }

    fn remove_slot(&mut self, slot: u32) {
        if let Some(entry) = self.entry(slot) {
            let hash = self.hasher.hash_one(&entry.id);
            self.remove(hash, slot);
        }
    }

    fn remove(&mut self, hash: u64, slot: u32) {
        if let Ok(found) = self.table.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
        if let Some(entry) = self.slots.get_mut(slot as usize).and_then(Option::take) {
            self.expiring -= usize::from(entry.expires.is_some());
            self.free.push(slot);
        }
    }

    fn entry(&self, slot: u32) -> Option<&Entry> {
        self.slots.get(slot as usize)?.as_ref()
    }

    fn entry_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }
}
