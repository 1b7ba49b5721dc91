//! One part of the store, under one lock: its sessions, events, statistics, bounds and tombstones.

use std::sync::Arc;

use super::{
    events::{Bound, EventKind},
    record::Record,
    session::{Renewed, Save, Session},
    sessions::{Expiry, New, Sessions},
    shared::{Shared, adjust},
    slots::{Class, NEVER, Slot},
    tombstones::Tombstones,
};
use crate::engine::{sync::Ordering, time::UnixMillis};

/// The ballast is checked once per this many new slots.
const SESSIONS_FOR_BALLAST: u32 = 64;

/// Why there is no room for a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) bound: Bound,
    /// The sequence of the session to be replaced.
    pub(super) keep: Option<u64>,
    /// Whether it would not fit into an empty store either.
    pub(super) is_final: bool,
}

/// Counts since the store was created.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) expirations: u64,
    pub(super) evictions: u64,
}

/// A shard. Callers pass the hash of an id, because they need it to find the shard.
#[derive(Debug)]
pub(super) struct Shard {
    shared: Arc<Shared>,
    pub(super) sessions: Sessions,
    tombstones: Tombstones,
    pub(super) counts: Counts,
    /// Incremented when slots are renumbered.
    pub(super) epoch: u64,
    /// This shard's part of the store's totals: sessions and bytes.
    published: (usize, usize),
    /// When a session may expire next, as of the last change.
    due: Option<UnixMillis>,
    /// Whether the shard was changed since it was last published.
    is_changed: bool,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the other half chooses the shard"
)]
fn low(hash: u64) -> u32 {
    hash as u32
}

impl Shard {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            sessions: Sessions::new(shared.options.is_bounded()),
            shared,
            tombstones: Tombstones::default(),
            counts: Counts::default(),
            epoch: 0,
            published: (0, 0),
            due: None,
            is_changed: false,
        }
    }

    /// Whether a session may have expired.
    pub(super) fn is_due(&self, now: UnixMillis) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Whether the shard was changed since it was last published.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub(super) fn get(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<&Slot> {
        let Some(number) = self.find_live(hash, id, now) else {
            self.counts.misses += 1;
            return None;
        };
        self.counts.hits += 1;
        self.used(number);
        self.sessions.get(number)
    }

    pub(super) fn has(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> bool {
        self.find_live(hash, id, now).is_some()
    }

    /// Changes a session's cookie and expiry.
    pub(super) fn renew(
        &mut self,
        hash: u64,
        id: &[u8],
        session: &Session<'_>,
        ttl: Option<i64>,
        now: UnixMillis,
    ) -> Renewed {
        let Some(number) = self.find_live(hash, id, now) else {
            return Renewed::Absent;
        };
        let expiry = self.expiry(session, ttl, now);
        let is_renewed = session
            .cookie
            .is_some_and(|cookie| self.sessions.renew(number, cookie, expiry, now));
        if !is_renewed {
            return Renewed::Whole;
        }
        self.is_changed = true;
        self.used(number);
        Renewed::Done
    }

    /// Saves a session and returns its sequence. `None` if it is not saved because it was destroyed
    /// recently and stays destroyed.
    ///
    /// # Errors
    ///
    /// If there is no room for it. Then an existing session is left unchanged.
    pub(super) fn set(
        &mut self,
        hash: u64,
        id: &[u8],
        session: &Session<'_>,
        save: Save,
        now: UnixMillis,
    ) -> Result<Option<u64>, Refusal> {
        if self.shared.options.stay_destroyed && self.tombstones.contains(hash, now) {
            return Ok(None);
        }
        let found = self.find_live(hash, id, now);
        let record = Record::new(id, session.text, session.cookie);
        let old = found.and_then(|number| self.sessions.get(number));
        let freed = old.map_or(0, |slot| slot.record.memory());
        let keep = old.map(|slot| slot.sequence);
        if let Err(refusal) = self.admit(found.is_none(), record.memory(), freed) {
            // It is in use: others are evicted before it.
            if let Some(number) = found {
                self.used(number);
            }
            return Err(Refusal { keep, ..refusal });
        }
        self.is_changed = true;
        let expiry = self.expiry(session, save.ttl, now);
        let new = New {
            record,
            class: save.class,
            expiry,
        };
        let number = if let Some(number) = found {
            self.sessions.replace(number, new, now);
            number
        } else {
            let sequence = self.shared.tick();
            let number = self.sessions.insert(low(hash), new, sequence, now);
            if number.is_multiple_of(SESSIONS_FOR_BALLAST) {
                let bytes = self.shared.bytes.load(Ordering::Relaxed);
                self.shared.ballast.take_on(bytes);
            }
            number
        };
        self.used(number);
        let kind = if found.is_some() {
            EventKind::Update
        } else {
            EventKind::Create
        };
        let slot = self.sessions.get(number);
        if let Some(slot) = slot {
            self.shared.events.record(kind, slot);
        }
        Ok(slot.map(|slot| slot.sequence))
    }

    pub(super) fn destroy(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> bool {
        if self.shared.options.stay_destroyed {
            self.tombstones.remember(hash, now);
            self.is_changed = true;
        }
        let Some(number) = self.find_live(hash, id, now) else {
            return false;
        };
        self.remove(number, EventKind::Destroy);
        true
    }

    /// Removes the least recently used session of a class, unless its sequence is `keep`. Returns
    /// whether it was removed; `None` if there is none of the class.
    pub(super) fn evict(
        &mut self,
        class: Class,
        bound: Bound,
        keep: Option<u64>,
        now: UnixMillis,
    ) -> Option<bool> {
        let (number, slot) = self.sessions.least_recent(class)?;
        if Some(slot.sequence) == keep {
            return Some(false);
        }
        if slot.is_expired(now) {
            self.expire(number);
        } else {
            self.counts.evictions += 1;
            self.remove(number, EventKind::Evict(class, bound));
        }
        Some(true)
    }

    /// Removes expired sessions, examining up to `budget` due ones. Returns the rest of the budget;
    /// 0 means that there may be more. Their records are moved to `removed`, to be freed after the
    /// lock is released.
    pub(super) fn sweep(
        &mut self,
        now: UnixMillis,
        mut budget: usize,
        removed: &mut Vec<Record>,
    ) -> usize {
        while budget > 0 {
            let Some(next) = self.sessions.next_expired(now) else {
                break;
            };
            budget -= 1;
            self.is_changed = true;
            if let Ok(number) = next {
                removed.extend(self.expire(number));
            }
        }
        budget
    }

    /// Removes and returns all sessions.
    pub(super) fn take(&mut self) -> Sessions {
        self.epoch += 1;
        self.is_changed = true;
        let empty = Sessions::new(self.shared.options.is_bounded());
        std::mem::replace(&mut self.sessions, empty)
    }

    /// Frees the slots of removed sessions if it is worthwhile. Returns whether it was.
    pub(super) fn compact(&mut self, now: UnixMillis) -> bool {
        let is_compacted = self.sessions.compact(now);
        self.epoch += u64::from(is_compacted);
        is_compacted
    }

    /// Updates the store's totals. Returns when a session may expire next.
    pub(super) fn publish(&mut self) -> Option<UnixMillis> {
        self.settle();
        self.is_changed = false;
        self.due = self.sessions.next_due();
        self.due
    }

    fn settle(&mut self) {
        let memory = self.sessions.memory() + self.tombstones.memory();
        let after = (self.sessions.live(), memory);
        let before = std::mem::replace(&mut self.published, after);
        adjust(&self.shared.sessions, before.0, after.0);
        adjust(&self.shared.bytes, before.1, after.1);
    }

    /// Reserves room in the totals. If all sessions may be evicted, there always is room.
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
        // Sessions may just have expired here.
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

    /// The expiry of a session that is saved or renewed now.
    fn expiry(&self, session: &Session<'_>, ttl: Option<i64>, now: UnixMillis) -> Expiry {
        if let Some(at) = session.expires {
            return Expiry { at, by_ttl: false };
        }
        match ttl.or(self.shared.options.ttl) {
            Some(ttl) => Expiry {
                at: now.plus(ttl),
                by_ttl: true,
            },
            None => Expiry {
                at: NEVER,
                by_ttl: false,
            },
        }
    }

    /// Finds a session, or removes it if it has expired.
    fn find_live(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<u32> {
        let number = self.sessions.find(low(hash), id)?;
        if self.sessions.get(number)?.is_expired(now) {
            self.expire(number);
            return None;
        }
        Some(number)
    }

    /// Marks a session as used, in a bounded store.
    fn used(&mut self, number: u32) {
        if self.shared.options.is_bounded() {
            self.sessions.used(number, self.shared.tick());
            self.is_changed = true;
        }
    }

    fn expire(&mut self, number: u32) -> Option<Record> {
        self.counts.expirations += 1;
        self.remove(number, EventKind::Expire)
    }

    fn remove(&mut self, number: u32, why: EventKind) -> Option<Record> {
        let slot = self.sessions.remove(number)?;
        self.is_changed = true;
        self.shared.events.record(why, &slot);
        Some(slot.record)
    }
}
