//! One part of the store, under one lock: its sessions, events, statistics, bounds and tombstones.

use std::sync::Arc;

use super::{
    events::{Bound, EventKind},
    record::Record,
    session::{Known, Renewed, Save, Session},
    sessions::{Expiry, New, Sessions, Total},
    shared::{Shared, adjust},
    slots::{Class, NEVER, Slot},
    tombstones::Tombstones,
};
use crate::engine::{sync::Ordering, time::UnixMillis};

/// About how many bytes the slots and tables of a shard may grow by for a session.
const MOST_GROWTH: usize = 5 * 1024;

/// The ballast is checked once per this many new slots.
const SESSIONS_FOR_BALLAST: u32 = 64;

/// Why there is no room for a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) bound: Bound,
    /// What has to fit; `None` if it would not fit into an empty store either.
    pub(super) needed: Option<Total>,
    /// The sequence of the session to be replaced.
    pub(super) keep: Option<u64>,
    /// That session, if it could be evicted.
    pub(super) replaced: Total,
}

/// Counts since the store was created.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) expirations: u64,
    pub(super) evictions: u64,
    pub(super) dropped_saves: u64,
}

/// Records of removed sessions, which are freed after the lock is released.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// Nearly always, it is a single one.
    first: Option<Record>,
    others: Vec<Record>,
}

impl Removed {
    fn push(&mut self, record: Record) {
        if self.first.is_none() {
            self.first = Some(record);
        } else {
            self.others.push(record);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

/// A shard's part of the store's totals.
#[derive(Clone, Copy, Debug, Default)]
struct Published {
    sessions: usize,
    bytes: usize,
    evictable: Total,
}

/// A shard. Callers pass the hash of an id, because they need it to find the shard.
#[derive(Debug)]
pub(super) struct Shard {
    shared: Arc<Shared>,
    pub(super) sessions: Sessions,
    tombstones: Tombstones,
    /// Ids that were destroyed although there was no session: it may just have expired. They are apart,
    /// because anyone can have them destroyed, and must not push out others.
    absent: Tombstones,
    /// Sessions that expired earlier than some requests know, because another one shortened their expiry.
    expired_early: Tombstones,
    pub(super) counts: Counts,
    /// Incremented when slots are renumbered.
    pub(super) epoch: u64,
    published: Published,
    removed: Removed,
    /// Whether an operation panicked, so that the shard may be inconsistent.
    pub(super) is_broken: bool,
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
    pub(super) fn new(shared: Arc<Shared>, tombstones: usize) -> Self {
        let options = &shared.options;
        let is_reserved = options.drop_late_saves && options.max_bytes.is_some();
        let fewer = tombstones.div_ceil(4);
        Self {
            sessions: Sessions::new(shared.options.is_bounded()),
            shared,
            tombstones: Tombstones::new(tombstones, is_reserved),
            absent: Tombstones::new(fewer, is_reserved),
            expired_early: Tombstones::new(fewer, is_reserved),
            counts: Counts::default(),
            epoch: 0,
            published: Published::default(),
            removed: Removed::default(),
            is_broken: false,
            due: None,
            is_changed: false,
        }
    }

    /// Removes all sessions after a panic, which is a bug: no operation must work with a shard that
    /// may be inconsistent.
    pub(super) fn reset(&mut self) {
        drop(self.take());
        self.is_broken = false;
    }

    /// The records of sessions that were removed.
    pub(super) fn take_removed(&mut self) -> Removed {
        std::mem::take(&mut self.removed)
    }

    /// Whether a session may have expired.
    pub(super) fn is_due(&self, now: UnixMillis) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Whether the shard was changed since it was last published.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Reads a session without counting it as used.
    pub(super) fn peek(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<&Slot> {
        let number = self.find_live(hash, id, now)?;
        self.sessions.get(number)
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

    /// When a session expires, [`NEVER`] if it does not. `None` if it is absent.
    pub(super) fn expires(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> Option<UnixMillis> {
        self.peek(hash, id, now).map(|slot| slot.expires)
    }

    /// Changes a session's cookie and expiry. Returns its sequence, if it was renewed, too.
    pub(super) fn renew(
        &mut self,
        hash: u64,
        id: &[u8],
        session: &Session<'_>,
        ttl: Option<i64>,
        now: UnixMillis,
    ) -> (Renewed, Option<u64>) {
        let Some(number) = self.find_live(hash, id, now) else {
            return (Renewed::Absent, None);
        };
        let expiry = self.expiry(session, ttl, now);
        let is_renewed = session
            .cookie
            .is_some_and(|cookie| self.sessions.renew(number, cookie, expiry, now));
        if !is_renewed {
            return (Renewed::Whole, None);
        }
        self.is_changed = true;
        self.used(number);
        let slot = self.sessions.get(number);
        (Renewed::Done, slot.map(|slot| slot.sequence))
    }

    /// Saves a session and returns its sequence. `None` if it is not saved; see [`Known`].
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
        let found = self.find_live(hash, id, now);
        if !self.may_save(hash, found.is_some(), save.known, now) {
            return Ok(None);
        }
        let record = Record::new(id, session.text, session.cookie);
        if let Err(refusal) = self.admit(found, record.memory()) {
            // It is in use: others are evicted before it.
            if let Some(number) = found {
                self.used(number);
            }
            return Err(refusal);
        }
        self.is_changed = true;
        let expiry = self.expiry(session, save.ttl, now);
        let new = New {
            record,
            class: save.class,
            expiry,
        };
        let number = if let Some(number) = found {
            if let Some(record) = self.sessions.replace(number, new, now) {
                self.removed.push(record);
            }
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
        if let Some(slot) = slot
            && save.known != Known::Touched
        {
            self.shared.events.record(kind, slot);
        }
        Ok(slot.map(|slot| slot.sequence))
    }

    /// Whether a session may be saved, which may be there already.
    fn may_save(&mut self, hash: u64, is_there: bool, known: Known, now: UnixMillis) -> bool {
        let (until, seen) = match known {
            Known::Nothing => return true,
            Known::Touched => return is_there,
            Known::Loaded { until, seen } => (until, seen),
        };
        if !self.shared.options.drop_late_saves {
            return true;
        }
        let is_destroyed = self.tombstones.removed_after(hash, seen, now)
            || self.absent.removed_after(hash, seen, now)
            || self.shared.cleared.load(Ordering::SeqCst) > seen;
        // If it should still be there, its tombstone is forgotten, or it was evicted.
        let is_missing =
            !is_there && until > now && !self.expired_early.removed_after(hash, seen, now);
        let is_dropped = is_destroyed || is_missing;
        self.counts.dropped_saves += u64::from(is_dropped);
        !is_dropped
    }

    pub(super) fn destroy(&mut self, hash: u64, id: &[u8], now: UnixMillis) -> bool {
        let drops_late_saves = self.shared.options.drop_late_saves;
        let Some(number) = self.find_live(hash, id, now) else {
            if drops_late_saves {
                let tick = self.shared.tick();
                self.absent.remember(hash, tick, now);
                self.is_changed = true;
            }
            return false;
        };
        if drops_late_saves {
            let tick = self.shared.tick();
            self.tombstones.remember(hash, tick, now);
        }
        self.remove(number, EventKind::Destroy);
        true
    }

    /// Removes the least recently used session of a class. If its sequence is `keep`, marks it as
    /// used instead and returns false. Returns `None` if there is none of the class.
    pub(super) fn evict(
        &mut self,
        class: Class,
        bound: Bound,
        keep: Option<u64>,
        now: UnixMillis,
    ) -> Option<bool> {
        let (number, slot) = self.sessions.least_recent(class)?;
        if Some(slot.sequence) == keep {
            self.used(number);
            return Some(false);
        }
        if slot.is_expired(now) {
            self.expire(number, now);
        } else {
            self.counts.evictions += 1;
            self.remove(number, EventKind::Evict(class, bound));
        }
        Some(true)
    }

    /// Removes expired sessions, examining up to `budget` due ones. Returns the rest of the budget;
    /// 0 means that there may be more.
    pub(super) fn sweep(&mut self, now: UnixMillis, mut budget: usize) -> usize {
        while budget > 0 {
            let Some(next) = self.sessions.next_expired(now) else {
                break;
            };
            budget -= 1;
            self.is_changed = true;
            if let Ok(number) = next {
                self.expire(number, now);
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

    fn tombstones_memory(&self) -> usize {
        if !self.shared.options.drop_late_saves {
            return 0;
        }
        self.tombstones.memory() + self.absent.memory() + self.expired_early.memory()
    }

    fn settle(&mut self) {
        let shared = &self.shared;
        let classes = shared.options.counted_classes();
        let after = Published {
            sessions: self.sessions.live(),
            bytes: self.sessions.memory() + self.tombstones_memory(),
            evictable: self.sessions.total(classes),
        };
        let before = std::mem::replace(&mut self.published, after);
        adjust(&shared.sessions, before.sessions, after.sessions);
        adjust(&shared.bytes, before.bytes, after.bytes);
        if !classes.is_empty() {
            let Total { sessions, bytes } = before.evictable;
            adjust(
                &shared.evictable_sessions,
                sessions,
                after.evictable.sessions,
            );
            adjust(&shared.evictable_bytes, bytes, after.evictable.bytes);
        }
    }

    /// Reserves room in the totals for a session of this size, which may replace another. If all
    /// sessions may be evicted, room is made afterwards for all but very large ones.
    fn admit(&mut self, replaced: Option<u32>, size: usize) -> Result<(), Refusal> {
        let options = &self.shared.options;
        let most = options.max_bytes.unwrap_or(u64::MAX);
        let is_larger_than_the_store = size as u64 > most;
        let evicts_all = options.on_full.evictable() == Class::ALL;
        if evicts_all && size as u64 <= most / 4 {
            return Ok(());
        }
        // Sessions may just have expired here.
        self.settle();
        let old = replaced.and_then(|number| self.sessions.get(number));
        let freed = old.map_or(0, |slot| slot.record.memory());
        let new_slot = if old.is_none() { size_of::<Slot>() } else { 0 };
        let needed = Total {
            sessions: usize::from(old.is_none()),
            bytes: (size + new_slot).saturating_sub(freed),
        };
        let is_counted = |slot: &&Slot| self.shared.options.counted_classes().contains(&slot.class);
        let refusal = Refusal {
            bound: Bound::Bytes,
            needed: (!is_larger_than_the_store).then_some(needed),
            keep: old.map(|slot| slot.sequence),
            replaced: old.filter(is_counted).map_or(Total::default(), |_| Total {
                sessions: 1,
                bytes: freed,
            }),
        };
        if is_larger_than_the_store {
            return Err(refusal);
        }
        if evicts_all {
            // The number of sessions does not matter: one of them makes room for another. Their slots
            // are freed with them, except for some in each shard.
            let sessions = self.shared.sessions.load(Ordering::Relaxed);
            let slots = usize::try_from(sessions).unwrap_or(usize::MAX) * size_of::<Slot>();
            let freed = slots.saturating_sub(self.shared.options.shards() * MOST_GROWTH);
            let bytes = Total {
                sessions: 0,
                bytes: (needed.bytes + MOST_GROWTH).saturating_sub(freed),
            };
            let can_make_room = self.shared.can_make_room(bytes, refusal.replaced);
            return if can_make_room {
                Ok(())
            } else {
                Err(Refusal {
                    needed: None,
                    ..refusal
                })
            };
        }
        let reserved = self.shared.reserve(needed);
        reserved.map_err(|bound| Refusal { bound, ..refusal })?;
        self.published.sessions += needed.sessions;
        self.published.bytes += needed.bytes;
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
            self.expire(number, now);
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

    fn expire(&mut self, number: u32, now: UnixMillis) {
        self.counts.expirations += 1;
        if self.shared.options.drop_late_saves
            && let Some(slot) = self.sessions.get(number)
            && slot.expires_early()
        {
            let hash = self.shared.hasher.hash(slot.record.id());
            let tick = self.shared.tick();
            self.expired_early.remember(hash, tick, now);
        }
        self.remove(number, EventKind::Expire);
    }

    fn remove(&mut self, number: u32, why: EventKind) {
        if let Some(slot) = self.sessions.remove(number) {
            self.is_changed = true;
            self.shared.events.record(why, &slot);
            self.removed.push(slot.record);
        }
    }
}
