//! Room for sessions: who has to go when there is none, and where the memory of many goes.

use super::{
    contents::Contents, events::Bound, memory::MemoryStore, pace::Pace, record::Record,
    shard::Refusal, slots::Class,
};
use crate::engine::{sync::thread, time::UnixMillis};

/// Sessions that go at most for one that comes. If it is so large that this is not enough, the next
/// ones go on.
pub(super) const EVICTED_AT_ONCE: usize = 4096;

/// Expired sessions that are looked for before others have to go.
const SWEEP_FOR_ROOM: usize = 64;

/// Sessions that are freed at once, where they are no longer wanted. More take noticeable time, so
/// it is taken elsewhere.
const FREED_AT_ONCE: usize = 1000;

impl MemoryStore {
    /// Sees to it that the store is within its bounds: what has expired goes first, then what
    /// [`Class`] says, by last use. The session with the
    /// sequence `keep` stays.
    pub(super) fn make_room(&self, now: UnixMillis, keep: Option<u64>) {
        for _ in 0..EVICTED_AT_ONCE {
            if self.shared.exceeded().is_none() {
                return;
            }
            if !self.free_expired(now) && !self.evict_one(now, keep) {
                return;
            }
        }
    }

    /// Frees some expired sessions, if there are any.
    pub(super) fn free_expired(&self, now: UnixMillis) -> bool {
        if self.next_due().is_none_or(|due| due > now) {
            return false;
        }
        self.sweep(now, SWEEP_FOR_ROOM);
        true
    }

    /// Removes the session that is next to go; `false` if none may go.
    pub(super) fn evict_one(&self, now: UnixMillis, keep: Option<u64>) -> bool {
        let Some(bound) = self.shared.exceeded() else {
            return true;
        };
        let classes = self.shared.options.on_full.evictable();
        classes
            .iter()
            .any(|class| self.evict_of(*class, bound, keep, now))
    }

    /// Sees to it that there is room for a session that was refused; `false` if nothing may go.
    pub(super) fn make_room_for_one(&self, refusal: &Refusal, now: UnixMillis) -> bool {
        let classes = self.shared.options.on_full.evictable();
        self.free_expired(now)
            || classes
                .iter()
                .any(|class| self.evict_of(*class, refusal.bound, refusal.keep, now))
    }

    fn evict_of(&self, class: Class, bound: Bound, keep: Option<u64>, now: UnixMillis) -> bool {
        let Some(index) = self.shared.hints.oldest(class) else {
            return false;
        };
        let Some(mut shard) = self.lock(index) else {
            return false;
        };
        let evicted = shard.evict(class, bound, keep, now);
        self.publish(index, &mut shard, now);
        evicted
    }

    /// Takes all sessions out. Their memory is freed in another thread if that may take a while.
    pub(super) fn take_all(&self) {
        let mut taken = Vec::with_capacity(self.shards.len());
        for index in 0..self.shards.len() {
            if let Some(mut shard) = self.lock(index) {
                taken.push(shard.take());
                self.publish(index, &mut shard, UnixMillis(0));
            }
        }
        free(taken);
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.take_all();
    }
}

fn free(contents: Vec<Contents>) {
    let sessions: usize = contents.iter().map(|part| part.slots.live()).sum();
    if sessions > FREED_AT_ONCE {
        let thread = thread::Builder::new().name("sessions-free".into());
        // Where there can be no thread, the closure is dropped, and the sessions with it.
        let _ = thread.spawn(move || free_in_order(contents));
    }
}

/// Frees what lies highest in memory first. The usual allocators then find each piece's neighbour
/// free, and give memory back to the system a little at a time; in any other order they end up with
/// millions of pieces, which whoever allocates next has to sort, and with gigabytes that are given
/// back at once.
///
/// The allocator's lock is taken for each piece. The thread rests often, so that it is unlikely to
/// have to wait for others while it has that lock and the rest of the program wants it.
fn free_in_order(contents: Vec<Contents>) {
    let mut records = Vec::new();
    let mut pages = Vec::new();
    for part in contents {
        pages.extend(part.slots.into_parts(&mut records));
    }
    records.sort_unstable_by_key(Record::address);
    pages.sort_unstable_by_key(|page| page.as_ptr() as usize);
    let mut pace = Pace::default();
    loop {
        let highest = records.last().map(Record::address);
        let is_record = highest > pages.last().map(|page| page.as_ptr() as usize);
        if is_record {
            drop(records.pop());
        } else if pages.pop().is_none() {
            return;
        }
        pace.keep();
    }
}
