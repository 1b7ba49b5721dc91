//! Values as JavaScript passes them: what both bindings, native and WebAssembly, have in common.
//!
//! A session in parts is a text and three numbers:
//!
//! 1. the number of its cookie's attributes, if the text is the session's JSON without the cookie;
//!    -1 if the text is the whole session; -2 if there is no session;
//! 2. the cookie's `originalMaxAge` in milliseconds, or NaN for none;
//! 3. the cookie's expiry in milliseconds since 1970, or NaN for never.

use crate::engine::{
    cookies::set_cookie::SetCookieError,
    store::memory::{Class, Cookie, EventKind, Known, MemoryStore, Save, Session},
    time::UnixMillis,
};

const WHOLE: f64 = -1.0;

/// The numbers of a session that does not exist.
pub const ABSENT: [f64; 3] = [-2.0, f64::NAN, f64::NAN];

/// The maximum number of session ids that are generated with one call.
pub const MOST_IDS: u32 = 1000;

/// After so many bytes, no more sessions are read with one call: parsing them takes milliseconds.
pub const BYTES_AT_ONCE: usize = 256 << 10;

/// A time from JavaScript. An invalid one is before all others, so that nothing expires.
#[must_use]
pub fn time(now: f64) -> UnixMillis {
    UnixMillis::from_js(now).unwrap_or(UnixMillis::MIN)
}

/// A number of milliseconds; NaN for none.
#[must_use]
pub fn duration(milliseconds: f64) -> Option<i64> {
    UnixMillis::from_js(milliseconds).map(|duration| duration.0)
}

/// A non-negative integer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` clamps"
)]
#[must_use]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// A number for JavaScript.
#[expect(clippy::cast_precision_loss, reason = "nothing is counted to 2^53")]
#[must_use]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// The numbers of a session.
#[must_use]
pub fn numbers_of(session: &Session<'_>) -> [f64; 3] {
    let Session {
        cookie, expires, ..
    } = session;
    let max_age = cookie.and_then(|cookie| cookie.max_age);
    [
        cookie.map_or(WHOLE, |cookie| f64::from(cookie.attributes)),
        max_age.map_or(f64::NAN, number),
        expires.map_or(f64::NAN, UnixMillis::to_js),
    ]
}

/// The session with these numbers.
#[must_use]
pub fn session(text: &str, [attributes, max_age, expires]: [f64; 3]) -> Session<'_> {
    let cookie = (attributes >= 0.0).then(|| Cookie {
        attributes: u32::try_from(whole(attributes)).unwrap_or(u32::MAX),
        max_age: (!max_age.is_nan()).then(|| whole(max_age)),
    });
    Session {
        text,
        cookie,
        expires: UnixMillis::from_js(expires),
    }
}

/// How to save a session of which nothing is known. `ttl` is in milliseconds, or NaN for the
/// store's option; `class` is 0 for an anonymous session, 1 for other sessions, 2 for a protected
/// one.
#[must_use]
pub fn save_as(ttl: f64, class: u32) -> Save {
    Save {
        ttl: duration(ttl),
        class: match class {
            0 => Class::Anonymous,
            1 => Class::Other,
            _ => Class::Protected,
        },
        known: Known::Nothing,
    }
}

/// What is known of a session that is saved again: what [`expires`] and `tick` have returned. If `until`
/// is NaN, the session is only touched.
#[must_use]
pub fn known(until: f64, seen: f64) -> Known {
    if until.is_nan() {
        return Known::Touched;
    }
    Known::Loaded {
        until: time(until),
        seen: whole(seen),
    }
}

/// When a session expires, Infinity for never, NaN if it is absent.
#[must_use]
pub fn expires(store: &MemoryStore, id: &[u8], now: f64) -> f64 {
    match store.expires(id, time(now)) {
        Some(UnixMillis::MAX) => f64::INFINITY,
        Some(expires) => expires.to_js(),
        None => f64::NAN,
    }
}

/// The numbers of an event: its kind, from 0 (create) to 4 (evict); and for an evicted session, its
/// class and the bound that was reached, 0 (`maxSessions`) or 1 (`maxBytes`).
#[must_use]
pub fn event_numbers(kind: EventKind) -> [f64; 3] {
    let (class, bound) = match kind {
        EventKind::Evict(class, bound) => (class as u8, bound as u8),
        _ => (0, 0),
    };
    [kind.number(), class, bound].map(f64::from)
}

/// The code of an error, by which the shim chooses the class of the one it throws.
#[must_use]
pub fn code_of(error: SetCookieError) -> &'static str {
    match error {
        SetCookieError::LoneSurrogate(_) => "ERR_SESSION_MALFORMED_TEXT",
        _ => "ERR_SESSION_SET_COOKIE",
    }
}
