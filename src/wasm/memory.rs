//! The sessions of the in-memory store. `now` is always `Date.now()`; an id or another text is passed as
//! its length. [`crate::values`] documents the numbers of a session in parts.

use std::{cell::RefCell, rc::Rc};

use super::{
    cookies::id_or_reason,
    state::{NONE, Reader, Thing, with},
    store::on_store,
};
use crate::{
    engine::{
        cookies::{header::Encoding, signed_value},
        store::memory::{Bound, Full, Pages, Session},
    },
    values::{
        ABSENT, BYTES_AT_ONCE, duration, expires, known, number, numbers_of, save_as, session, time,
    },
};

/// Prepares [`memory_open`] for the signed cookie `name`.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn create_memory_reader(store: u32, keyring: u32, name: usize) -> i32 {
    with(|state| {
        let (Some(store), Some(keyring)) = (state.open_store(store), state.keyring(keyring)) else {
            return state.wrong_handle();
        };
        let reader = Reader {
            store,
            keyring,
            name: state.input(name).0.to_vec(),
        };
        state.keep(Thing::Reader(Rc::new(reader))).cast_signed()
    })
}

/// Begins a request with one call: reads the id in a Cookie header, and the session. Returns the id and
/// the session's text, and its numbers.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_open(reader: u32, header: usize, now: f64) -> i32 {
    with(|state| {
        let Some(reader) = state.reader(reader) else {
            return state.wrong_handle();
        };
        let Reader {
            store: open,
            keyring,
            name,
        } = &*reader;
        let id = match signed_value::read(keyring, state.input(header).0, Encoding::Wtf8, name) {
            Ok(id) => id,
            Err(reason) => return id_or_reason(state, Err(reason)),
        };
        let Some(store) = open.get() else {
            return state.closed();
        };
        open.sweep_sometimes(&store, now);
        state.add_text(&id);
        let numbers = store.read(&id, time(now), |session| {
            state.add_text(session.text.as_bytes());
            numbers_of(&session)
        });
        state.write(0, &numbers.unwrap_or(ABSENT));
        state.finish()
    })
}

/// Reads a session in parts: its text and its numbers.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_read(store: u32, id: usize, now: f64) -> i32 {
    on_store(store, now, |state, store| {
        let id = state.input(id).0.to_vec();
        let numbers = store.read(&id, time(now), |session| {
            state.add_text(session.text.as_bytes());
            numbers_of(&session)
        });
        state.write(0, &numbers.unwrap_or(ABSENT));
        if numbers.is_none() {
            return NONE;
        }
        state.finish()
    })
}

/// The text of a whole session, cookie included. With `is_use`, it counts as use.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_text(store: u32, id: usize, now: f64, is_use: u32) -> i32 {
    on_store(store, now, |state, store| {
        let id = state.input(id).0;
        let whole_text = |session: Session<'_>| store.whole_text(&session);
        let text = if is_use == 0 {
            store.peek(id, time(now), whole_text)
        } else {
            store.read(id, time(now), whole_text)
        };
        state.text(text.as_deref().map(str::as_bytes))
    })
}

/// Whether a session exists. Does not count as use.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_has(store: u32, id: usize, now: f64) -> i32 {
    on_store(store, now, |state, store| {
        i32::from(store.has(state.input(id).0, time(now)))
    })
}

/// The number of a cookie's attributes; -1 if there is no room.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_intern(store: u32, text: usize) -> i32 {
    on_store(store, f64::NAN, |state, store| {
        let text = std::str::from_utf8(state.input(text).0).ok();
        let number = text.and_then(|text| store.intern(text));
        number.map_or(-1, u32::cast_signed)
    })
}

/// The text of a cookie's attributes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_attributes(store: u32, attributes: u32) -> i32 {
    on_store(store, f64::NAN, |state, store| {
        state.text(store.attributes(attributes).as_deref().map(str::as_bytes))
    })
}

/// Saves a session: the id, its text and its numbers. If `is_known`, `until` and `seen` are as
/// in [`crate::values::known`].
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_set(
    store: u32,
    id: usize,
    text: usize,
    attributes: f64,
    max_age: f64,
    expires: f64,
    ttl: f64,
    class: u32,
    now: f64,
    is_known: u32,
    until: f64,
    seen: f64,
) -> i32 {
    on_store(store, now, |state, store| {
        let (id, rest) = state.input(id);
        let Some(Ok(text)) = rest.get(..text).map(str::from_utf8) else {
            return state.failure("ERR_SESSION_BINDING", "the session is not well-formed text");
        };
        let mut how = save_as(ttl, class);
        if is_known != 0 {
            how.known = known(until, seen);
        }
        let session = session(text, [attributes, max_age, expires]);
        match store.save(id, &session, how, time(now)) {
            Ok(true) => 0,
            Err(Full(Bound::Sessions)) => 1,
            Err(Full(Bound::Bytes)) => 2,
            Ok(false) => 3,
        }
    })
}

/// When a session expires, as a number; see [`crate::values::expires`].
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_expires(store: u32, id: usize, now: f64) -> i32 {
    on_store(store, now, |state, store| {
        let expires = expires(store, state.input(id).0, now);
        state.write(0, &[expires]);
        0
    })
}

/// A number that orders loads and removals.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_tick(store: u32) -> i32 {
    on_store(store, f64::NAN, |state, store| {
        state.write(0, &[number(store.tick())]);
        0
    })
}

/// Changes a session's cookie and expiry. Returns 0 if it is absent, 1 if it was renewed, 2 if its text is
/// the whole session.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_touch(
    store: u32,
    id: usize,
    attributes: f64,
    max_age: f64,
    expires: f64,
    ttl: f64,
    now: f64,
) -> i32 {
    on_store(store, now, |state, store| {
        let session = session("", [attributes, max_age, expires]);
        let id = state.input(id).0;
        store.renew(id, &session, duration(ttl), time(now)) as i32
    })
}

/// Removes a session.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_destroy(store: u32, id: usize, now: f64) -> i32 {
    on_store(store, now, |state, store| {
        i32::from(store.destroy(state.input(id).0, time(now)))
    })
}

/// The ids of all sessions, oldest first.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_ids(store: u32, now: f64) -> i32 {
    on_store(store, now, |state, store| {
        for id in store.ids(time(now)) {
            state.add_text(&id);
        }
        state.finish()
    })
}

/// The number of sessions.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_length(store: u32, now: f64) -> i32 {
    on_store(store, now, |_, store| {
        i32::try_from(store.len(time(now))).unwrap_or(i32::MAX)
    })
}

/// Removes all sessions.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_clear(store: u32) -> i32 {
    on_store(store, f64::NAN, |_, store| {
        store.clear();
        0
    })
}

/// Starts an iteration over all sessions.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn create_memory_pages() -> u32 {
    let pages = Rc::new(RefCell::new(Pages::of_bytes(BYTES_AT_ONCE)));
    with(|state| state.keep(Thing::Pages(pages)))
}

/// Reads up to `most` of the next sessions: for each, the id and the whole text, which is empty unless
/// `texts` is true.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_page(store: u32, pages: u32, most: u32, now: f64, texts: u32) -> i32 {
    on_store(store, now, |state, store| {
        let Some(pages) = state.pages(pages) else {
            return state.wrong_handle();
        };
        let mut pages = pages.borrow_mut();
        store.page(&mut pages, most as usize, time(now), |id, session| {
            state.add_text(id);
            let text = (texts != 0).then(|| store.whole_text(&session));
            state.add_text(text.unwrap_or_default().as_bytes());
        });
        state.finish()
    })
}
