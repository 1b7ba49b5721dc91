//! The sessions of the in-memory store. `now` is always `Date.now()`. [`crate::values`] documents the
//! numbers of a session in parts.

use std::cell::RefCell;

use napi::bindgen_prelude::{Either, Env, External};
use napi_derive::napi;

use super::{
    cookies::NoId,
    error::Result,
    memory_store::{Handle, Open},
    numbers::Numbers,
    strings::{JsJson, JsText, Latin1},
};
use crate::{
    engine::{
        cookies::{header::Encoding, signed_value},
        signature::Keyring,
        store::memory::{self, Full, Pages, Save, Session},
    },
    values::{
        ABSENT, BYTES_AT_ONCE, duration, expires, known, number, numbers_of, save_as, session, time,
    },
};

/// Reads a request's session: the store, and the cookie that contains the id.
pub struct Reader {
    open: Open,
    keyring: Keyring,
    name: Vec<u8>,
}

/// Prepares `memoryOpen` for the signed cookie `name`.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, keyring: ExternalObject<Keyring>, name: string",
    ts_return_type = "ExternalObject<MemoryReader>"
)]
pub fn create_memory_reader(
    handle: &External<Handle>,
    keyring: &External<Keyring>,
    name: Latin1,
) -> External<Reader> {
    External::new(Reader {
        open: handle.open.clone(),
        keyring: Keyring::clone(keyring),
        name: name.bytes().to_vec(),
    })
}

/// Begins a request with one call: reads the session id in the signed cookie of a Cookie header,
/// and the session. Returns the id immediately followed by the session's text. Writes the session's
/// numbers into the buffer, and after them the length of the id. The header must be valid for
/// `readCookie`.
#[napi(
    catch_unwind,
    ts_args_type = "reader: ExternalObject<MemoryReader>, header: string, now: number, numbers: ArrayBuffer",
    ts_return_type = "string | NoId"
)]
pub fn memory_open(
    reader: &External<Reader>,
    header: Latin1,
    now: f64,
    mut numbers: Numbers,
) -> Result<Either<JsText, NoId>> {
    let Reader {
        open,
        keyring,
        name,
    } = &**reader;
    let id = match signed_value::read(keyring, header.bytes(), Encoding::Latin1, name) {
        Ok(id) => id,
        Err(reason) => return Ok(Either::B(reason.into())),
    };
    let length = JsText::length(&id);
    let found = open.store()?.read(&id, time(now), |session| {
        (
            numbers_of(&session),
            [&id, session.text.as_bytes()].concat(),
        )
    });
    let ([attributes, max_age, expires], text) = found.unwrap_or((ABSENT, id));
    numbers.write(0, &[attributes, max_age, expires, length]);
    Ok(Either::A(JsText(text)))
}

/// Reads a session in parts: returns its text, or null, and writes its numbers into the buffer.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number, numbers: ArrayBuffer",
    ts_return_type = "string | null"
)]
pub fn memory_read(
    handle: &External<Handle>,
    id: JsText,
    now: f64,
    mut numbers: Numbers,
) -> Result<Option<JsText>> {
    let found = handle.store()?.read(id.bytes(), time(now), |session| {
        let text = JsText::from(session.text.as_bytes());
        (numbers_of(&session), text)
    });
    let (found, text) = found.map_or((ABSENT, None), |(found, text)| (found, Some(text)));
    numbers.write(0, &found);
    Ok(text)
}

/// The text of a whole session, cookie included. Null if there is none. With `isUse`, it counts as
/// use.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number, isUse: boolean",
    ts_return_type = "string | null"
)]
pub fn memory_text(
    handle: &External<Handle>,
    id: JsText,
    now: f64,
    is_use: bool,
) -> Result<Option<JsText>> {
    let store = handle.store()?;
    let whole_text = |session: Session<'_>| store.whole_text(&session);
    let text = if is_use {
        store.read(id.bytes(), time(now), whole_text)
    } else {
        store.peek(id.bytes(), time(now), whole_text)
    };
    Ok(text.map(JsText::from))
}

/// Whether a session exists. Does not count as use.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_has(handle: &External<Handle>, id: JsText, now: f64) -> Result<bool> {
    Ok(handle.store()?.has(id.bytes(), time(now)))
}

/// The number of a cookie's attributes, which the shim passes as text; -1 if there is no room.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, text: string"
)]
pub fn memory_intern(handle: &External<Handle>, text: JsJson) -> Result<f64> {
    let number = handle.store()?.intern(&text.0);
    Ok(number.map_or(-1.0, f64::from))
}

/// The text of a cookie's attributes.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, attributes: number",
    ts_return_type = "string | null"
)]
pub fn memory_attributes(handle: &External<Handle>, attributes: u32) -> Result<Option<JsText>> {
    let text = handle.store()?.attributes(attributes);
    Ok(text.map(|text| JsText::from(text.as_bytes())))
}

/// The outcome of saving a session.
#[napi]
pub enum Saved {
    /// It was saved.
    Done = 0,
    /// `maxSessions` is reached.
    TooManySessions = 1,
    /// `maxBytes` is reached.
    TooManyBytes = 2,
    /// It was dropped because it had been removed.
    Dropped = 3,
}

/// Saves a session: its text and its numbers. `ttl` is how many milliseconds it is kept if its
/// cookie has no expiry, or NaN for the store's option. `sessionClass` is 0 for an anonymous
/// session, 1 for other sessions, 2 for a protected one.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, text: string, attributes: number, \
        maxAge: number, expires: number, ttl: number, sessionClass: number, now: number"
)]
pub fn memory_set(
    env: Env,
    handle: &External<Handle>,
    id: JsText,
    text: JsJson,
    attributes: f64,
    max_age: f64,
    expires: f64,
    ttl: f64,
    class: u32,
    now: f64,
) -> Result<Saved> {
    let session = session(&text.0, [attributes, max_age, expires]);
    save(env, handle, &id, &session, save_as(ttl, class), now)
}

/// The same for a session that was loaded or saved before. `until` is when it would have expired
/// (`memoryExpires`), `seen` what `memoryTick` returned before it was loaded. If `until` is NaN, the
/// session is only touched: it is replaced if it exists, without an event.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, text: string, attributes: number, \
        maxAge: number, expires: number, ttl: number, sessionClass: number, now: number, \
        until: number, seen: number"
)]
pub fn memory_set_again(
    env: Env,
    handle: &External<Handle>,
    id: JsText,
    text: JsJson,
    attributes: f64,
    max_age: f64,
    expires: f64,
    ttl: f64,
    class: u32,
    now: f64,
    until: f64,
    seen: f64,
) -> Result<Saved> {
    let session = session(&text.0, [attributes, max_age, expires]);
    let how = Save {
        known: known(until, seen),
        ..save_as(ttl, class)
    };
    save(env, handle, &id, &session, how, now)
}

/// When a session expires, Infinity for never, NaN if it is absent. Does not count as use.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_expires(handle: &External<Handle>, id: JsText, now: f64) -> Result<f64> {
    let store = handle.store()?;
    Ok(expires(&store, id.bytes(), now))
}

/// A number that orders loads and removals: higher than all before.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_tick(handle: &External<Handle>) -> Result<f64> {
    Ok(number(handle.store()?.tick()))
}

fn save(
    env: Env,
    handle: &Handle,
    id: &JsText,
    session: &Session<'_>,
    how: Save,
    now: f64,
) -> Result<Saved> {
    let store = handle.store()?;
    let saved = store.save(id.bytes(), session, how, time(now));
    handle.tell_size(env, Some(&store))?;
    Ok(match saved {
        Ok(true) => Saved::Done,
        Ok(false) => Saved::Dropped,
        Err(Full(memory::Bound::Sessions)) => Saved::TooManySessions,
        Err(Full(memory::Bound::Bytes)) => Saved::TooManyBytes,
    })
}

/// The outcome of touching a session.
#[napi]
pub enum Touched {
    /// There is no such session.
    Absent = 0,
    /// It has the new cookie.
    Done = 1,
    /// Its text is the whole session and has to be rewritten. Nothing was changed.
    Whole = 2,
}

/// Changes a session's cookie and expiry. `ttl` is as in `memorySet`.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, attributes: number, \
        maxAge: number, expires: number, ttl: number, now: number"
)]
pub fn memory_touch(
    handle: &External<Handle>,
    id: JsText,
    attributes: f64,
    max_age: f64,
    expires: f64,
    ttl: f64,
    now: f64,
) -> Result<Touched> {
    let session = session("", [attributes, max_age, expires]);
    let store = handle.store()?;
    let renewed = store.renew(id.bytes(), &session, duration(ttl), time(now));
    Ok(match renewed {
        memory::Renewed::Absent => Touched::Absent,
        memory::Renewed::Done => Touched::Done,
        memory::Renewed::Whole => Touched::Whole,
    })
}

/// Removes a session.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_destroy(env: Env, handle: &External<Handle>, id: JsText, now: f64) -> Result<()> {
    let store = handle.store()?;
    store.destroy(id.bytes(), time(now));
    handle.tell_size(env, Some(&store))
}

/// All sessions, oldest first: for each, the id and the text of the whole session.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number",
    ts_return_type = "Array<string>"
)]
pub fn memory_all(handle: &External<Handle>, now: f64) -> Result<Vec<JsText>> {
    let store = handle.store()?;
    let read = |id: &[u8], session: Session<'_>| {
        [JsText::from(id), JsText::from(store.whole_text(&session))]
    };
    Ok(store.all(time(now), read).into_iter().flatten().collect())
}

/// The number of sessions.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number"
)]
pub fn memory_length(handle: &External<Handle>, now: f64) -> Result<f64> {
    Ok(number(handle.store()?.len(time(now)) as u64))
}

/// Removes all sessions.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_clear(env: Env, handle: &External<Handle>) -> Result<()> {
    let store = handle.store()?;
    store.clear();
    handle.tell_size(env, Some(&store))
}

/// Starts an iteration over all sessions.
#[napi(catch_unwind, ts_return_type = "ExternalObject<MemoryPages>")]
pub fn create_memory_pages() -> External<RefCell<Pages>> {
    External::new(RefCell::new(Pages::of_bytes(BYTES_AT_ONCE)))
}

/// Reads up to `most` of the next sessions: for each, the id and the whole text, which is empty unless
/// `texts` is true. An empty array means that there are no more.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, pages: ExternalObject<MemoryPages>, \
        most: number, now: number, texts: boolean",
    ts_return_type = "Array<string>"
)]
pub fn memory_page(
    handle: &External<Handle>,
    pages: &External<RefCell<Pages>>,
    most: u32,
    now: f64,
    texts: bool,
) -> Result<Vec<JsText>> {
    let mut page = Vec::new();
    let mut pages = pages.borrow_mut();
    let store = handle.store()?;
    store.page(&mut pages, most as usize, time(now), |id, session| {
        page.push(JsText::from(id));
        page.push(JsText::from(if texts {
            store.whole_text(&session)
        } else {
            String::new()
        }));
    });
    Ok(page)
}
