//! Opening and closing the in-memory store, and looking at it from outside.

use std::{
    cell::{Ref, RefCell},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, External},
};
use napi_derive::napi;
use serde::Deserialize;

use super::{
    background,
    error::{ErrorCode, Result},
    memory_store::ttl,
    text::JsText,
};
use crate::engine::{
    store::{
        Event, EventKind, Listener, MemoryStore, OnFull, Options,
        registry::{self, Opened},
        saver::{Saver, SaverOptions},
        with_sources,
    },
    time::UnixMillis,
};

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
    /// The file in which the sessions survive.
    snapshot_path: Option<String>,
    /// Milliseconds between two snapshots.
    snapshot_interval: Option<f64>,
    /// Whether a snapshot that cannot be used is renamed.
    snapshot_sets_aside: bool,
}

/// A store as one thread has it open.
pub struct Handle {
    pub(super) open: Open,
    listener: Arc<Listener>,
}

/// What is behind a handle until it is closed.
#[derive(Clone)]
pub(super) struct Open(Rc<RefCell<Option<Arc<Opened>>>>);

impl Open {
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        Ref::filter_map(self.0.borrow(), |opened| {
            opened.as_ref().map(|opened| &*opened.store)
        })
        .map_err(|_| closed())
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

/// The time for those who are not called by JavaScript.
fn clock() -> UnixMillis {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
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
/// `ttl`, `stayDestroyed`, `snapshotPath`, `snapshotInterval`, `snapshotSetsAside`.
#[napi(catch_unwind, ts_return_type = "ExternalObject<MemoryStore>")]
pub fn open_memory_store(options: String) -> Result<External<Handle>> {
    let options: StoreOptions = serde_json::from_str(&options)
        .map_err(|error| napi::Error::new(ErrorCode::Binding, error.to_string()))?;
    let saver = options.snapshot_path.map(|path| SaverOptions {
        path: PathBuf::from(path),
        interval: options
            .snapshot_interval
            .map(|milliseconds| Duration::from_millis(bound(milliseconds))),
        sets_aside: options.snapshot_sets_aside,
    });
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
    let given = options.given.then_some((engine, saver));
    let opened = registry::open(options.name.as_deref(), given, clock)?;
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
    /// Snapshots that were written in between.
    pub snapshots: f64,
    /// Snapshots that were not.
    pub failed_snapshots: f64,
    /// How long the last one took.
    pub last_snapshot: f64,
    /// Why the last one was not written, if it was not.
    pub snapshot_error: Option<String>,
}

/// What a store holds and has done.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_stats(handle: &External<Handle>) -> Result<MemoryStats> {
    let stats = handle.store()?.stats();
    let opened = handle.open.0.borrow();
    let saver = opened.as_ref().and_then(|opened| opened.saver.as_ref());
    let snapshots = saver.map(Saver::saved).unwrap_or_default();
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
        snapshots: number(snapshots.count),
        failed_snapshots: number(snapshots.failures),
        last_snapshot: milliseconds(snapshots.took),
        snapshot_error: snapshots.error,
    })
}

/// Where a snapshot is now that could not be used when the store was opened.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_set_aside(handle: &External<Handle>) -> Option<String> {
    let opened = handle.open.0.borrow();
    let path = opened.as_ref()?.set_aside.as_ref()?;
    Some(path.to_string_lossy().into_owned())
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

/// Saves a store that nobody has open any more, and frees it.
pub struct Closing(Option<Arc<Opened>>);

impl Task for Closing {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        let last = self.0.take().and_then(Arc::into_inner);
        background::caught(|| {
            let Some(opened) = last else {
                return Ok(());
            };
            let Some(saver) = opened.saver else {
                return Ok(());
            };
            let path = saver.options().path.display().to_string();
            saver.finish(&opened.store, clock()).map_err(|error| {
                napi::Error::from_reason(format!("{path} was not saved: {}", with_sources(&error)))
            })
        })
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Closes a store for this thread. The last one who closes it saves it, if it has a snapshot.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>",
    ts_return_type = "Promise<void>"
)]
pub fn memory_close(handle: &External<Handle>) -> AsyncTask<Closing> {
    if let Ok(store) = handle.store() {
        store.listen(&handle.listener, 0);
    }
    AsyncTask::new(Closing(handle.open.0.borrow_mut().take()))
}
