//! The in-memory store. `now` is always `Date.now()`.

use std::cell::RefCell;

use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;

use super::{
    cookies::{self, NoId},
    error::Result,
    memory_handle::{Handle, Open},
    text::{JsJson, JsText},
};
use crate::engine::{
    cookie_header,
    session_text::{self, Split},
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
    /// The session has members that get lost when it is loaded: `memoryOpen` gives its text as it is.
    Whole = 4,
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

/// What is the same for all requests of a middleware: passed once, and not with each of them.
pub struct Reader {
    open: Open,
    keyring: Keyring,
    name: Vec<u8>,
}

/// Prepares reading sessions by the signed cookie `name`, for `memoryOpen`.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, keyring: ExternalObject<Keyring>, name: string",
    ts_return_type = "ExternalObject<MemoryReader>"
)]
pub fn create_memory_reader(
    handle: &External<Handle>,
    keyring: &External<Keyring>,
    name: JsText,
) -> External<Reader> {
    External::new(Reader {
        open: handle.open.clone(),
        keyring: Keyring::clone(keyring),
        name: name.0,
    })
}

/// What a request begins with, in one call: reads the session id in the signed cookie of a Cookie header,
/// and the session's text.
///
/// A string begins with three characters that tell lengths by their codes: that of the id, and that of
/// the cookie's JSON, 128 of which the first of its two counts for. Then come
///
/// - the id, and nothing else if there is no such session;
/// - the cookie's JSON and the JSON of the session without it, if a text begins with its cookie; or, if
///   that has the length 0, the text as it is.
///
/// An id of length 0 stands for one that is too long for that; then the session has not been looked for.
#[napi(
    catch_unwind,
    ts_args_type = "reader: ExternalObject<MemoryReader>, header: string, now: number",
    ts_return_type = "string | NoId"
)]
pub fn memory_open(
    reader: &External<Reader>,
    header: JsText,
    now: f64,
) -> Result<Either<JsText, NoId>> {
    let value = cookie_header::find(header.bytes(), &reader.name).unwrap_or_default();
    let id = match cookies::verify(&reader.keyring, &value) {
        Ok(id) => id,
        Err(reason) => return Ok(Either::B(reason)),
    };
    // Only ASCII has as many bytes as JavaScript counts.
    let length = u8::try_from(id.len()).ok().filter(|_| id.is_ascii());
    let Some(length) = length.filter(|length| length.is_ascii() && *length > 0) else {
        return Ok(Either::A(JsText([b"\0\0\0", id].concat())));
    };
    let store = reader.open.store()?;
    let opened = store.read(id, time(now), |text, cookie| {
        let parts = cookie.and_then(|place| session_text::split(text, place));
        let counted = parts.filter(|parts| parts.cookie.is_ascii());
        let codes = counted.and_then(|parts| Some((two_codes(parts.cookie.len())?, parts)));
        let Some(([high, low], Split { cookie, rest })) = codes else {
            return [&[length, 0, 0], id, text.as_bytes()].concat();
        };
        let [brace, rest] = rest.map(str::as_bytes);
        [&[length, high, low], id, cookie.as_bytes(), brace, rest].concat()
    });
    let absent = || [&[length, 0, 0], id].concat();
    Ok(Either::A(JsText(opened.unwrap_or_else(absent))))
}

/// A length as the codes of two characters, of 7 bits each.
fn two_codes(length: usize) -> Option<[u8; 2]> {
    let codes = [
        u8::try_from(length >> 7).ok()?,
        u8::try_from(length & 0x7F).ok()?,
    ];
    codes.is_ascii().then_some(codes)
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
        whole: flags & SetFlag::Whole as u32 != 0,
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
