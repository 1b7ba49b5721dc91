//! What a store may hold, and what it does when it holds that much.

use super::slots::Class;

/// Options of a [`super::MemoryStore`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Sessions at most.
    pub max_sessions: Option<u64>,
    /// Bytes at most, as [`super::Stats::bytes`] counts them.
    pub max_bytes: Option<u64>,
    /// What happens when one of the two is reached.
    pub on_full: OnFull,
    /// Milliseconds for which a session is kept whose cookie has no expiry, from its last save or
    /// touch on.
    pub ttl: Option<i64>,
    /// Whether a session that was destroyed is dropped when it is saved again, by a request that was
    /// in flight.
    pub stay_destroyed: bool,
}

/// What happens to a session for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFull {
    /// Others go, in the order of [`Class`].
    #[default]
    Evict,
    /// Others go, but none that is protected; if these are all, it is refused.
    Spare,
    /// It is refused.
    Reject,
}

impl OnFull {
    /// Which sessions may go, those first that go first.
    pub(super) fn evictable(self) -> &'static [Class] {
        match self {
            Self::Evict => &Class::ALL,
            Self::Spare => &[Class::Anonymous, Class::Other],
            Self::Reject => &[],
        }
    }
}

impl Options {
    pub(super) fn is_bounded(&self) -> bool {
        self.max_sessions.is_some() || self.max_bytes.is_some()
    }
}
