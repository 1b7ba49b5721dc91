//! The form in which sessions are passed to the store and returned.

use super::slots::Class;
use crate::engine::time::UnixMillis;

/// A stored session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'text> {
    /// Its data as JSON, without the cookie. If [`Session::cookie`] is `None`, it is the text of
    /// the whole session, which the store does not parse.
    pub text: &'text str,
    /// Its cookie, if the session is in parts.
    pub cookie: Option<Cookie>,
    /// The cookie's expiry; `None` if it has none.
    pub expires: Option<UnixMillis>,
}

/// A session's cookie, except for its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The number of its attributes; see [`Attributes`](super::Attributes).
    pub attributes: u32,
    /// Its `originalMaxAge` in milliseconds.
    pub max_age: Option<u64>,
}

/// How to save a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Save {
    /// How many milliseconds the session is kept if its cookie has no expiry, instead of the
    /// store's option `ttl`.
    pub ttl: Option<i64>,
    /// Decides what is evicted first.
    pub class: Class,
    /// What is known of the session.
    pub known: Known,
}

/// What is known of a session that is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is created or replaced.
    #[default]
    Nothing,
    /// It was loaded or saved before. If it was destroyed since, or if it is absent although it should
    /// not have expired yet, then with
    /// [`Options::drop_late_saves`](super::Options::drop_late_saves) it is not saved again.
    Loaded {
        /// When it would have expired. [`UnixMillis::MIN`] if that is unknown.
        until: UnixMillis,
        /// What [`MemoryStore::tick`](super::MemoryStore::tick) returned before it was loaded.
        seen: u64,
    },
    /// It is only touched: it is replaced if it exists, without an event.
    Touched,
}

/// The outcome of renewing a session's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Renewed {
    /// There is no such session.
    Absent = 0,
    /// It is renewed.
    Done = 1,
    /// It is kept as whole text, which has to be rewritten. Nothing was changed.
    Whole = 2,
}
