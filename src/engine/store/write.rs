//! A session that is to be kept.

use std::ops::Range;

use super::{record::is_only_cookie, slots::Class};
use crate::engine::{
    session_text::{Expiry, Outline},
    time::UnixMillis,
};

/// A flag of a session: its expiry can be judged by JavaScript only.
pub(super) const UNCLEAR: u8 = 1;

/// A flag of a session: its text was written by hand, and need not be what `JSON.stringify` makes.
pub(super) const HANDWRITTEN: u8 = 2;

/// A flag of a session: it has members that get lost when a session is made of it, so it is never handed
/// over in parts.
pub(super) const WHOLE: u8 = 4;

/// What is to be saved, beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Save {
    /// Milliseconds for which the session is kept if its cookie has no expiry, in place of what the
    /// store's options say.
    pub ttl: Option<i64>,
    /// Whether it is to be the last to go when there has to be room.
    pub protected: bool,
    /// Whether the text is what `JSON.stringify` has made, and not written by hand.
    pub stringified: bool,
    /// Whether the session has members that get lost when it is loaded.
    pub whole: bool,
}

/// A session on its way into a shard.
#[derive(Debug)]
pub(super) struct Write<'text> {
    pub(super) id: &'text [u8],
    pub(super) text: &'text str,
    /// Where the cookie stands in the text.
    pub(super) cookie: Option<Range<usize>>,
    pub(super) expires: UnixMillis,
    pub(super) class: Class,
    pub(super) flags: u8,
}

impl<'text> Write<'text> {
    pub(super) fn new(
        id: &'text [u8],
        text: &'text str,
        outline: Option<Outline>,
        save: Save,
        expires: UnixMillis,
    ) -> Self {
        let class = if save.protected {
            Class::Protected
        } else if is_only_cookie(text, outline.as_ref()) {
            Class::Anonymous
        } else {
            Class::Other
        };
        let is_clear = outline
            .as_ref()
            .is_some_and(|outline| outline.expiry != Expiry::Unclear);
        let mut flags = 0;
        if !is_clear {
            flags |= UNCLEAR;
        }
        if !save.stringified {
            flags |= HANDWRITTEN;
        }
        if save.whole {
            flags |= WHOLE;
        }
        Self {
            id,
            text,
            cookie: outline.and_then(|outline| outline.cookie),
            expires,
            class,
            flags,
        }
    }
}
