//! Opening and closing the in-memory store, and looking at it from outside.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde::Deserialize;

use super::{
    error::{ErrorCode, Result},
    memory_store::ttl,
    text::JsText,
};
use crate::engine::store::{Event, EventKind, Listener, MemoryStore, OnFull, Options, registry};

/// What a store is made with, checked by the shim.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StoreOptions {
    /// Stores of one name are one.
    name: Option<String>,
    /// Whether any of the following was given; if not, a store that is open is taken as it is.
    given: bool,
    /// Sessions at most.
    max_sessions: Option<f64>,
    /// Bytes at most.
    max_bytes: Option<f64>,
    /// `evict`, `spare` or `reject`.
    on_full: Option<String>,
    /// Milliseconds for which a session is kept whose cookie has no expiry.
    ttl: Option<f64>,
    /// Whether a destroyed session that is saved late stays destroyed.
    stay_destroyed: bool,
}

/// A store as one thread has it open.
pub struct Handle {
    pub(super) open: Open,
    listener: Arc<Listener>,
}

/// What is behind a handle until it is closed.
#[derive(Clone)]
pub(super) struct Open(Rc<RefCell<Option<Arc<MemoryStore>>>>);

impl Open {
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        Ref::filter_map(self.0.borrow(), Option::as_deref).map_err(|_| closed())
    }
}

impl Handle {
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        self.open.store()
    }
}

fn closed() -> napi::Error<ErrorCode> {
    napi::Error::new(ErrorCode::StoreClosed, "the session store is closed")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` clamps"
)]
fn bound(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted to 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Opens a store. If it has a name and is open already, in any thread, it is that one. The options
/// are JSON: `name`, `given` (whether any of the others was), `maxSessions`, `maxBytes`, `onFull`,
/// `ttl`, `stayDestroyed`.
#[napi(catch_unwind, ts_return_type = "ExternalObject<MemoryStore>")]
pub fn open_memory_store(options: String) -> Result<External<Handle>> {
    let options: StoreOptions = serde_json::from_str(&options)
        .map_err(|error| napi::Error::new(ErrorCode::Binding, error.to_string()))?;
    let on_full = match options.on_full.as_deref() {
        Some("reject") => OnFull::Reject,
        Some("spare") => OnFull::Spare,
        _ => OnFull::Evict,
    };
    let engine = Options {
        max_sessions: options.max_sessions.map(bound),
        max_bytes: options.max_bytes.map(bound),
        on_full,
        ttl: options.ttl.and_then(ttl),
        stay_destroyed: options.stay_destroyed,
    };
    let given = options.given.then_some(engine);
    let opened = registry::open(options.name.as_deref(), given)?;
    Ok(External::new(Handle {
        open: Open(Rc::new(RefCell::new(Some(opened)))),
        listener: Arc::default(),
    }))
}

/// What a store holds and has done. Times are in milliseconds.
#[napi(object)]
pub struct MemoryStats {
    /// Sessions that are held.
    pub sessions: f64,
    /// Bytes they take.
    pub bytes: f64,
    /// How often a session was asked for and there.
    pub hits: f64,
    /// How often one was not.
    pub misses: f64,
    /// Sessions that have expired.
    pub expirations: f64,
    /// Sessions that had to go.
    pub evictions: f64,
    /// Sessions that were refused.
    pub refusals: f64,
    /// Sweeps by a timer.
    pub sweeps: f64,
    /// How long the last one took.
    pub last_sweep: f64,
    /// How long the longest one took.
    pub longest_sweep: f64,
}

/// What a store holds and has done.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_stats(handle: &External<Handle>) -> Result<MemoryStats> {
    let stats = handle.store()?.stats();
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    Ok(MemoryStats {
        sessions: number(stats.sessions),
        bytes: number(stats.bytes),
        hits: number(stats.hits),
        misses: number(stats.misses),
        expirations: number(stats.expirations),
        evictions: number(stats.evictions),
        refusals: number(stats.refusals),
        sweeps: number(stats.sweeps.count),
        last_sweep: milliseconds(stats.sweeps.last),
        longest_sweep: milliseconds(stats.sweeps.longest),
    })
}

/// Has events noted from now on: 1 create, 2 update, 4 destroy, 8 expire, 16 evict, and 128 for texts.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, wanted: number"
)]
pub fn memory_listen(handle: &External<Handle>, wanted: u8) -> Result<()> {
    handle.store()?.listen(&handle.listener, wanted);
    Ok(())
}

/// Takes up to `most` events that were noted: of each, the kind, the id and the text.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, most: number",
    ts_return_type = "Array<string>"
)]
pub fn memory_events(handle: &External<Handle>, most: u32) -> Vec<JsText> {
    let events = handle.listener.take(most as usize);
    events
        .into_iter()
        .flat_map(|Event { kind, id, text }| {
            let kind = match kind {
                EventKind::Create => "create".to_owned(),
                EventKind::Update => "update".to_owned(),
                EventKind::Destroy => "destroy".to_owned(),
                EventKind::Expire => "expire".to_owned(),
                EventKind::Evict(class, bound) => {
                    format!("evict {} {}", class.name(), bound.option())
                }
            };
            [
                JsText::from(kind),
                JsText(id),
                JsText::from(text.unwrap_or_default()),
            ]
        })
        .collect()
}

/// Closes a store for this thread. It is freed when the last one has closed it.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_close(handle: &External<Handle>) {
    if let Ok(store) = handle.store() {
        store.listen(&handle.listener, 0);
    }
    drop(handle.open.0.borrow_mut().take());
}
