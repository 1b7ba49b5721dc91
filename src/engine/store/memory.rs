//! The in-memory store.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;

use super::{SessionStore, StoreError, shard::Shard};
use crate::engine::{
    session_text::{Expiry, SplitText},
    time::UnixMillis,
};

/// Locks are held for the length of one lookup or copy; this many of them keep threads apart.
const SHARDS: usize = 16;

/// Due entries that an operation on a shard looks at in passing.
const SWEEP_IN_PASSING: usize = 4;

/// Sessions in this process's memory, outside of any JavaScript heap.
///
/// An expired session is never returned. Its memory is freed when it is asked for, in passing when
/// others are written, or by [`MemoryStore::sweep`], which looks only at what is due: nothing ever
/// scans the whole store.
#[derive(Debug)]
pub struct MemoryStore {
    hasher: RandomState,
    shards: Box<[Mutex<Shard>]>,
    /// How many sessions were ever added: each one's place in the order of all.
    added: AtomicU64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let hasher = RandomState::new();
        let shards = (0..SHARDS)
            .map(|_| Mutex::new(Shard::new(hasher.clone())))
            .collect();
        Self {
            hasher,
            shards,
            added: AtomicU64::new(0),
        }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Frees expired sessions, looking at `budget` due entries at most. Returns `true` if there may
    /// be more of them.
    pub fn sweep(&self, now: UnixMillis, budget: usize) -> bool {
        let left = self
            .shards
            .iter()
            .fold(budget, |budget, shard| shard.lock().sweep(now, budget));
        left == 0
    }

    /// When the next session may expire; `None` if no session has an expiry. Never later than it
    /// really does, by more than a second.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.shards
            .iter()
            .filter_map(|shard| shard.lock().next_due())
            .min()
    }

    /// All ids, oldest first.
    pub fn ids(&self, now: UnixMillis) -> Vec<Vec<u8>> {
        self.list(now).into_iter().map(|(id, _)| id).collect()
    }

    fn list(&self, now: UnixMillis) -> Vec<(Vec<u8>, String)> {
        let mut listed = Vec::new();
        for shard in &self.shards {
            shard.lock().list(now, &mut listed);
        }
        listed.sort_unstable_by_key(|session| session.sequence);
        listed
            .into_iter()
            .map(|session| (session.id, session.text))
            .collect()
    }

    /// Does something with the shard that an id belongs to, after a little sweeping there.
    fn with_shard<Output>(
        &self,
        id: &[u8],
        now: UnixMillis,
        operation: impl FnOnce(&mut Shard, u64) -> Output,
    ) -> Option<Output> {
        let hash = self.hasher.hash_one(id);
        // The table inside a shard uses the low bits of the hash and the topmost seven.
        let index = usize::try_from(hash >> 32).unwrap_or_default() % SHARDS;
        let mut shard = self.shards.get(index)?.lock();
        shard.sweep(now, SWEEP_IN_PASSING);
        Some(operation(&mut shard, hash))
    }
}

impl SessionStore for MemoryStore {
    fn get(&self, id: &[u8], now: UnixMillis) -> Result<Option<String>, StoreError> {
        let text = self.with_shard(id, now, |shard, hash| {
            shard.get(hash, id, now).map(SplitText::join)
        });
        Ok(text.flatten())
    }

    fn set(&self, id: &[u8], text: &str, now: UnixMillis) -> Result<Expiry, StoreError> {
        let text = SplitText::new(text);
        let expiry = text.expiry();
        let sequence = self.added.fetch_add(1, Ordering::Relaxed);
        self.with_shard(id, now, |shard, hash| shard.set(hash, id, text, sequence));
        Ok(expiry)
    }

    fn touch(
        &self,
        id: &[u8],
        cookie: &str,
        now: UnixMillis,
    ) -> Result<Option<Expiry>, StoreError> {
        let touched = self.with_shard(id, now, |shard, hash| shard.touch(hash, id, cookie, now));
        Ok(touched.flatten())
    }

    fn destroy(&self, id: &[u8], now: UnixMillis) -> Result<bool, StoreError> {
        Ok(self
            .with_shard(id, now, |shard, hash| shard.destroy(hash, id))
            .unwrap_or_default())
    }

    fn all(&self, now: UnixMillis) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
        Ok(self.list(now))
    }

    fn len(&self, now: UnixMillis) -> Result<usize, StoreError> {
        Ok(self.shards.iter().map(|shard| shard.lock().len(now)).sum())
    }

    fn clear(&self) -> Result<(), StoreError> {
        for shard in &self.shards {
            shard.lock().clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
