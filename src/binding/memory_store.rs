//! The in-memory store. `now` is always `Date.now()`.

use std::cell::RefCell;

use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;

use super::{
    cookies::{self, NoId},
    error::Result,
    memory_handle::Handle,
    text::{JsJson, JsText},
};
use crate::engine::{
    session_text,
    signature::Keyring,
    store::{Pages, Save, SessionStore as _},
    time::UnixMillis,
};

/// When a text that was given to the store expires.
#[napi]
pub enum Expiry {
    /// Not by itself.
    Never = 0,
    /// At a time that the store knows.
    Known = 1,
    /// Only JavaScript can tell: the expiry is not in the form of a date in JSON.
    Unclear = 2,
}

impl From<session_text::Expiry> for Expiry {
    fn from(expiry: session_text::Expiry) -> Self {
        match expiry {
            session_text::Expiry::Never => Self::Never,
            session_text::Expiry::At(_) => Self::Known,
            session_text::Expiry::Unclear => Self::Unclear,
        }
    }
}

/// Bits of what `memorySet` is told about a text.
#[napi]
pub enum SetFlag {
    /// The session is to be the last to go when there has to be room.
    Protected = 1,
    /// The text is what `JSON.stringify` has made.
    Stringified = 2,
}

/// Bits of what `memoryTraits` tells about a store.
#[napi]
pub enum StoreTrait {
    /// A session has an expiry that only JavaScript can judge.
    Unclear = 1,
    /// The text of a session was written by hand.
    Handwritten = 2,
}

/// A time as JavaScript gives it. An invalid one is before all others, so that nothing expires.
fn time(now: f64) -> UnixMillis {
    UnixMillis::from_js(now).unwrap_or(UnixMillis(i64::MIN))
}

/// A time to live; negative for none.
pub(super) fn ttl(milliseconds: f64) -> Option<i64> {
    UnixMillis::from_js(milliseconds)
        .map(|milliseconds| milliseconds.0)
        .filter(|milliseconds| *milliseconds >= 0)
}

/// The text of a session; null if it is absent or expired.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number",
    ts_return_type = "string | null"
)]
pub fn memory_get(handle: &External<Handle>, id: JsText, now: f64) -> Result<Option<JsText>> {
    let store = handle.store()?;
    Ok(store.get(id.bytes(), time(now))?.map(JsText::from))
}

/// What a request begins with, in one call: reads the session id in the signed cookie `name` of a Cookie
/// header, and the session's text.
///
/// A string begins with one character whose code is the length of the id; then come the id and, if there
/// is such a session, its text. Code 0 stands for an id that is too long for that; then the session has
/// not been looked for.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, keyring: ExternalObject<Keyring>, header: string, name: string, now: number",
    ts_return_type = "string | NoId"
)]
pub fn memory_open(
    handle: &External<Handle>,
    keyring: &External<Keyring>,
    header: JsText,
    name: JsText,
    now: f64,
) -> Result<Either<JsText, NoId>> {
    let id = match cookies::verified(keyring, header.bytes(), name.bytes()) {
        Ok(id) => id,
        Err(reason) => return Ok(Either::B(reason)),
    };
    // Only ASCII has as many bytes as JavaScript counts.
    let length = u8::try_from(id.len()).ok().filter(|_| id.is_ascii());
    let Some(length) = length.filter(|length| length.is_ascii() && *length > 0) else {
        return Ok(Either::A(JsText([b"\0", &*id].concat())));
    };
    let text = handle.store()?.get(&id, time(now))?.unwrap_or_default();
    Ok(Either::A(JsText(
        [&[length], &*id, text.as_bytes()].concat(),
    )))
}

/// Whether there is such a session. Does not count as a use of it.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_has(handle: &External<Handle>, id: JsText, now: f64) -> Result<bool> {
    Ok(handle.store()?.has(id.bytes(), time(now)))
}

/// Keeps a text and says when it expires. `ttl` is in milliseconds, for a text that does not; a
/// negative one stands for what the store was made with. `flags` are of `SetFlag`.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, text: string, now: number, ttl: number, flags: number"
)]
pub fn memory_set(
    handle: &External<Handle>,
    id: JsText,
    text: JsJson,
    now: f64,
    lifetime: f64,
    flags: u32,
) -> Result<Expiry> {
    let save = Save {
        ttl: ttl(lifetime),
        protected: flags & SetFlag::Protected as u32 != 0,
        stringified: flags & SetFlag::Stringified as u32 != 0,
    };
    let store = handle.store()?;
    Ok(store.save(id.bytes(), &text.0, save, time(now))?.into())
}

/// Puts another cookie, given as JSON, into a session and says when it expires; null if there is no
/// such session or its text is no JSON object.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, cookie: string, now: number, ttl: number"
)]
pub fn memory_touch(
    handle: &External<Handle>,
    id: JsText,
    cookie: JsJson,
    now: f64,
    lifetime: f64,
) -> Result<Option<Expiry>> {
    let store = handle.store()?;
    let expiry = store.renew(id.bytes(), &cookie.0, ttl(lifetime), time(now));
    Ok(expiry.map(Expiry::from))
}

/// Removes a session; says whether there was one.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_destroy(handle: &External<Handle>, id: JsText, now: f64) -> Result<bool> {
    Ok(handle.store()?.destroy(id.bytes(), time(now))?)
}

/// The ids of all sessions, oldest first.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number",
    ts_return_type = "Array<string>"
)]
pub fn memory_ids(handle: &External<Handle>, now: f64) -> Result<Vec<JsText>> {
    let ids = handle.store()?.ids(time(now));
    Ok(ids.into_iter().map(JsText).collect())
}

/// How many sessions there are.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number"
)]
pub fn memory_length(handle: &External<Handle>, now: f64) -> Result<u32> {
    let length = handle.store()?.len(time(now))?;
    Ok(u32::try_from(length).unwrap_or(u32::MAX))
}

/// Removes all sessions.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_clear(handle: &External<Handle>) -> Result<()> {
    Ok(handle.store()?.clear()?)
}

/// Frees a few expired sessions; says whether there may be more.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number"
)]
pub fn memory_sweep(handle: &External<Handle>, now: f64) -> Result<bool> {
    Ok(handle.store()?.sweep_briefly(time(now)))
}

/// When there is something to sweep next; null if no session has an expiry.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_next_due(handle: &External<Handle>) -> Result<Option<f64>> {
    let due = handle.store()?.next_due();
    #[expect(clippy::cast_precision_loss, reason = "times of dates are below 2^53")]
    Ok(due.map(|due| due.0 as f64))
}

/// Bits of `StoreTrait`.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_traits(handle: &External<Handle>) -> Result<u32> {
    let store = handle.store()?;
    let unclear = u32::from(store.has_unclear()) * StoreTrait::Unclear as u32;
    let handwritten = u32::from(store.has_handwritten()) * StoreTrait::Handwritten as u32;
    Ok(unclear | handwritten)
}

/// Begins a way through all sessions.
#[napi(catch_unwind, ts_return_type = "ExternalObject<MemoryPages>")]
pub fn create_memory_pages() -> External<RefCell<Pages>> {
    External::new(RefCell::default())
}

/// Reads the next sessions, `most` of them or fewer at the end: of each, the id and the text, or an
/// empty one if texts are not wanted.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, pages: ExternalObject<MemoryPages>, most: number, now: number, texts: boolean",
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
    let store = handle.store()?;
    store.page(&mut pages.borrow_mut(), most as usize, time(now), |kept| {
        page.push(JsText::from(kept.id));
        let text = if texts { kept.text } else { "" };
        page.push(JsText::from(text.as_bytes()));
    });
    Ok(page)
}
