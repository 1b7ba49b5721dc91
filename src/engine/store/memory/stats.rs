//! Statistics of a store.

use std::time::Duration;

use super::shard::Counts;

/// A store's contents, and its history since it was created.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// The number of sessions, including expired ones that have not been freed yet.
    pub sessions: u64,
    /// The bytes that the store takes, including overhead.
    pub bytes: u64,
    /// How often a session was looked up and found.
    pub hits: u64,
    /// How often a session was looked up and not found.
    pub misses: u64,
    /// Sessions that were freed because they had expired.
    pub expirations: u64,
    /// Sessions that were evicted.
    pub evictions: u64,
    /// Sessions that were refused because there was no room.
    pub refusals: u64,
    /// Sessions that were not saved because they had been removed; see
    /// [`Known::Loaded`](super::Known::Loaded).
    pub dropped_saves: u64,
    /// Sweeps by the thread that frees expired sessions.
    pub sweeps: Sweeps,
}

impl Stats {
    pub(super) fn add(&mut self, counts: Counts) {
        self.hits += counts.hits;
        self.misses += counts.misses;
        self.expirations += counts.expirations;
        self.evictions += counts.evictions;
        self.dropped_saves += counts.dropped_saves;
    }
}

/// How many sweeps there were and how long they took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sweeps {
    /// How many there were.
    pub count: u64,
    /// How long the last one took.
    pub last: Duration,
    /// How long the longest one took.
    pub longest: Duration,
}

impl Sweeps {
    pub(super) fn note(&mut self, took: Duration) {
        self.count += 1;
        self.last = took;
        self.longest = self.longest.max(took);
    }
}
