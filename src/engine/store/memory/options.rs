//! The options of a store: its bounds, and what happens when they are reached.

use super::{shards::SHARDS, slots::Class};

/// Options of a [`super::MemoryStore`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The maximum number of sessions.
    pub max_sessions: Option<u64>,
    /// The maximum number of bytes, as counted in [`super::Stats::bytes`].
    pub max_bytes: Option<u64>,
    /// What happens when one of the two is reached.
    pub on_full: OnFull,
    /// Milliseconds from the last save or touch, for sessions whose cookie has no expiry.
    pub ttl: Option<i64>,
    /// Whether a session that was loaded is dropped when it is saved after it was removed; see
    /// [`Known::Loaded`](super::Known::Loaded).
    pub drop_late_saves: bool,
}

/// What happens if there is no room for a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFull {
    /// Others are evicted, in the order of [`Class`].
    #[default]
    Evict,
    /// The same, except for protected ones. If there are no others, the session is refused.
    Spare,
    /// The session is refused.
    Reject,
}

impl OnFull {
    /// The classes that may be evicted, in order.
    pub(super) fn evictable(self) -> &'static [Class] {
        match self {
            Self::Evict => &Class::ALL,
            Self::Spare => &[Class::Anonymous, Class::Other],
            Self::Reject => &[],
        }
    }
}

impl Options {
    /// The classes that may be evicted, whose sessions a bounded store counts.
    pub(super) fn counted_classes(&self) -> &'static [Class] {
        if self.is_bounded() {
            self.on_full.evictable()
        } else {
            &[]
        }
    }

    /// The maximum number of destroyed ids that a shard remembers: so many that they take a small
    /// part of `max_bytes`.
    pub(super) fn tombstones(&self, shards: usize) -> usize {
        const MOST: u64 = 512;
        const BYTES_FOR_EACH: u64 = 4096;
        let bytes = self.max_bytes.unwrap_or(u64::MAX) / shards.max(1) as u64;
        usize::try_from((bytes / BYTES_FOR_EACH).clamp(1, MOST)).unwrap_or(1)
    }

    /// The number of shards. A small store has fewer, because they take memory too.
    pub(super) fn shards(&self) -> usize {
        const SESSIONS: u64 = 1000;
        const BYTES: u64 = 512 * 1024;
        let sessions = self.max_sessions.map(|most| most / SESSIONS);
        let bytes = self.max_bytes.map(|most| most / BYTES);
        let needed = sessions.into_iter().chain(bytes).min();
        let needed = needed.and_then(|needed| usize::try_from(needed).ok());
        needed.unwrap_or(SHARDS).clamp(1, SHARDS)
    }

    /// Whether there is a maximum of sessions or bytes.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.max_sessions.is_some() || self.max_bytes.is_some()
    }
}
