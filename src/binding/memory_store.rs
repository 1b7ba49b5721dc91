//! The in-memory store. `now` is always `Date.now()`.

use napi::bindgen_prelude::External;
use napi_derive::napi;

use super::{error::Result, text::JsText};
use crate::engine::{
    session_text,
    store::{MemoryStore, SessionStore as _},
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

/// A time as JavaScript gives it. An invalid one is before all others, so that nothing expires.
fn time(now: f64) -> UnixMillis {
    UnixMillis::from_js(now).unwrap_or(UnixMillis(i64::MIN))
}

/// Makes an empty store.
#[napi(catch_unwind, ts_return_type = "ExternalObject<MemoryStore>")]
pub fn create_memory_store() -> External<MemoryStore> {
    External::new(MemoryStore::new())
}

/// The text of a session; null if it is absent or expired.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number",
    ts_return_type = "string | null"
)]
pub fn memory_get(store: &External<MemoryStore>, id: JsText, now: f64) -> Result<Option<JsText>> {
    Ok(store.get(id.bytes(), time(now))?.map(JsText::from))
}

/// Keeps a text and says when it expires.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, text: string, now: number"
)]
pub fn memory_set(
    store: &External<MemoryStore>,
    id: JsText,
    text: String,
    now: f64,
) -> Result<Expiry> {
    Ok(store.set(id.bytes(), &text, time(now))?.into())
}

/// Puts another cookie, given as JSON, into a session and says when it expires; null if there is no
/// such session or its text is no JSON object.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, cookie: string, now: number"
)]
pub fn memory_touch(
    store: &External<MemoryStore>,
    id: JsText,
    cookie: String,
    now: f64,
) -> Result<Option<Expiry>> {
    let expiry = store.touch(id.bytes(), &cookie, time(now))?;
    Ok(expiry.map(Expiry::from))
}

/// Removes a session; says whether there was one.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, id: string, now: number"
)]
pub fn memory_destroy(store: &External<MemoryStore>, id: JsText, now: f64) -> Result<bool> {
    Ok(store.destroy(id.bytes(), time(now))?)
}

/// The ids of all sessions, oldest first.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number",
    ts_return_type = "Array<string>"
)]
pub fn memory_ids(store: &External<MemoryStore>, now: f64) -> Vec<JsText> {
    store.ids(time(now)).into_iter().map(JsText).collect()
}

/// How many sessions there are.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number"
)]
pub fn memory_length(store: &External<MemoryStore>, now: f64) -> Result<u32> {
    let length = store.len(time(now))?;
    Ok(u32::try_from(length).unwrap_or(u32::MAX))
}

/// Removes all sessions.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_clear(store: &External<MemoryStore>) -> Result<()> {
    Ok(store.clear()?)
}

/// Frees expired sessions, looking at `budget` of those that may be; says whether there may be more.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number, budget: number"
)]
pub fn memory_sweep(store: &External<MemoryStore>, now: f64, budget: u32) -> bool {
    store.sweep(time(now), budget as usize)
}

/// When the next session may expire; null if none has an expiry.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_next_due(store: &External<MemoryStore>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "times of dates are below 2^53")]
    store.next_due().map(|due| due.0 as f64)
}
