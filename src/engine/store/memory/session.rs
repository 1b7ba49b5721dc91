//! A session as it goes into the store and comes out of it.

use super::slots::Class;
use crate::engine::time::UnixMillis;

/// A session as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'text> {
    /// Its data as JSON, without the cookie. If [`Session::cookie`] is `None`: any text that stands
    /// for the whole session, which the store does not look into.
    pub text: &'text str,
    /// Its cookie, where that is kept apart.
    pub cookie: Option<Cookie>,
    /// When it expires by its cookie; `None` if the cookie has no expiry.
    pub expires: Option<UnixMillis>,
}

/// What is kept of a session's cookie, beside the expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The number of its attributes; see [`Attributes`](super::Attributes).
    pub attributes: u32,
    /// Its `originalMaxAge` in milliseconds.
    pub max_age: Option<u64>,
}

/// How a session is to be saved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Save {
    /// Milliseconds for which the session is kept if its cookie has no expiry, in place of the
    /// store's option `ttl`.
    pub ttl: Option<i64>,
    /// What goes first when there has to be room.
    pub class: Class,
}

/// What became of an attempt to renew a session's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Renewed {
    /// There is no such session.
    Absent = 0,
    /// It is renewed.
    Done = 1,
    /// Its cookie is not kept apart, so the text has to be written anew. Nothing was changed.
    Whole = 2,
}
