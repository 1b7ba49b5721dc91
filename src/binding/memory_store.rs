//! Opening and closing the in-memory store, and its statistics.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use napi::bindgen_prelude::{Env, External, retain_current_module_for_unload_safety};
use napi_derive::napi;

use super::{
    error::{ErrorCode, Result},
    memory_size::ToldSize,
};
use crate::{
    engine::{
        store::memory::{self, Listener, MemoryStore, Options, registry},
        time::UnixMillis,
    },
    values::{duration, number, time, whole},
};

/// The options of a store. The shim has validated them: numbers are positive integers.
#[napi(object)]
pub struct MemoryStoreOptions {
    /// The maximum number of sessions.
    pub max_sessions: Option<f64>,
    /// The maximum number of bytes.
    pub max_bytes: Option<f64>,
    /// What happens at one of these maximums.
    pub on_full: Option<OnFull>,
    /// How many milliseconds a session without a cookie expiry is kept.
    pub ttl: Option<f64>,
    /// Whether a loaded session is not saved any more after it was destroyed.
    pub drop_late_saves: Option<bool>,
}

/// What happens if there is no room for a session.
#[napi(string_enum = "lowercase")]
pub enum OnFull {
    /// Others are evicted.
    Evict,
    /// Others are evicted, except for protected ones.
    Spare,
    /// The session is refused.
    Reject,
}

impl From<MemoryStoreOptions> for Options {
    fn from(options: MemoryStoreOptions) -> Self {
        Self {
            max_sessions: options.max_sessions.map(whole),
            max_bytes: options.max_bytes.map(whole),
            on_full: match options.on_full {
                Some(OnFull::Reject) => memory::OnFull::Reject,
                Some(OnFull::Spare) => memory::OnFull::Spare,
                Some(OnFull::Evict) | None => memory::OnFull::Evict,
            },
            ttl: options.ttl.and_then(duration),
            drop_late_saves: options.drop_late_saves.unwrap_or_default(),
        }
    }
}

/// A store that is open in one thread.
pub struct Handle {
    pub(super) open: Open,
    pub(super) listener: RefCell<Option<Arc<Listener>>>,
    /// `None` for a store with a name, which does not belong to one thread's V8.
    told_size: Option<ToldSize>,
}

/// About how many bytes an empty store takes.
const EMPTY: usize = 4096;

/// The store of a handle, until it is closed.
#[derive(Clone)]
pub(super) struct Open(Rc<RefCell<Option<Arc<MemoryStore>>>>);

impl Open {
    /// Fails if the store is closed; the shim does not let that happen.
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        Ref::filter_map(self.0.borrow(), Option::as_deref)
            .map_err(|_| napi::Error::new(ErrorCode::BINDING, "the store is closed"))
    }
}

impl Handle {
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        self.open.store()
    }

    /// Tells V8 how much memory the store takes.
    pub(super) fn tell_size(&self, env: Env, store: Option<&MemoryStore>) -> Result<()> {
        let told_size = self.told_size.as_ref();
        told_size.map_or(Ok(()), |told| told.update(env, store))
    }
}

/// The system's clock, for the thread that frees expired sessions.
fn system_clock() -> UnixMillis {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// Opens a store, or the store that any thread has open under this name. Null if that store has
/// other options; without options, it is taken as it is.
#[napi(
    catch_unwind,
    ts_args_type = "name?: string | null, options?: MemoryStoreOptions | null",
    ts_return_type = "ExternalObject<MemoryStore> | null"
)]
pub fn open_memory_store(
    name: Option<String>,
    options: Option<MemoryStoreOptions>,
) -> Option<External<Handle>> {
    // Node unloads the library when the last worker that has loaded it ends. The thread that frees
    // expired sessions may still be running then.
    retain_current_module_for_unload_safety();
    let options = options.map(Options::from);
    let store = registry::open(name.as_deref(), options, Some(system_clock))?;
    let handle = Handle {
        open: Open(Rc::new(RefCell::new(Some(store)))),
        listener: RefCell::default(),
        told_size: name.is_none().then(ToldSize::default),
    };
    Some(External::new_with_size_hint(handle, EMPTY))
}

/// What the shim has to know of a store's options, which another thread may have given.
#[napi(object)]
pub struct OpenedMemoryStore {
    /// Whether it has `maxSessions` or `maxBytes`.
    pub is_bounded: bool,
    /// Whether it has a `ttl`.
    pub has_ttl: bool,
    /// Whether a loaded session is not saved any more after it was destroyed.
    pub drops_late_saves: bool,
    /// A number that no other store of the process has.
    pub number: f64,
}

/// The options of an open store.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_options(handle: &External<Handle>) -> Result<OpenedMemoryStore> {
    let store = handle.store()?;
    let options = store.options();
    Ok(OpenedMemoryStore {
        is_bounded: options.is_bounded(),
        has_ttl: options.ttl.is_some(),
        drops_late_saves: options.drop_late_saves,
        number: number(store.number()),
    })
}

/// A store's contents and history. Times are in milliseconds.
#[napi(object)]
pub struct MemoryStats {
    /// The number of sessions.
    pub sessions: f64,
    /// The bytes they take.
    pub bytes: f64,
    /// How often a session was looked up and found.
    pub hits: f64,
    /// How often it was not found.
    pub misses: f64,
    /// Sessions that have expired.
    pub expirations: f64,
    /// Sessions that were evicted.
    pub evictions: f64,
    /// Sessions that were refused.
    pub refusals: f64,
    /// Sessions that were not saved because they had been destroyed.
    pub dropped_saves: f64,
    /// Events that this thread has not fetched yet.
    pub queued_events: f64,
    /// The bytes they take.
    pub queued_bytes: f64,
    /// Events of this thread that were dropped because there were too many.
    pub dropped_events: f64,
    /// Sweeps by the store's thread.
    pub sweeps: f64,
    /// How long the last one took.
    pub last_sweep: f64,
    /// How long the longest one took.
    pub longest_sweep: f64,
}

/// A store's contents and history.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, now: number"
)]
pub fn memory_stats(handle: &External<Handle>, now: f64) -> Result<MemoryStats> {
    let store = handle.store()?;
    store.note_time(time(now));
    let stats = store.stats();
    let listener = handle.listener.borrow();
    let queued = listener.as_ref().map(|listener| listener.queued());
    let queued = queued.unwrap_or_default();
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    Ok(MemoryStats {
        sessions: number(stats.sessions),
        bytes: number(stats.bytes),
        hits: number(stats.hits),
        misses: number(stats.misses),
        expirations: number(stats.expirations),
        evictions: number(stats.evictions),
        refusals: number(stats.refusals),
        dropped_saves: number(stats.dropped_saves),
        queued_events: number(queued.events as u64),
        queued_bytes: number(queued.bytes as u64),
        dropped_events: number(queued.dropped),
        sweeps: number(stats.sweeps.count),
        last_sweep: milliseconds(stats.sweeps.last),
        longest_sweep: milliseconds(stats.sweeps.longest),
    })
}

/// Closes a store for this thread. It is freed when the last thread has closed it.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_close(env: Env, handle: &External<Handle>) -> Result<()> {
    if let Some(listener) = handle.listener.borrow_mut().take()
        && let Ok(store) = handle.store()
    {
        store.listen(&listener, 0);
    }
    drop(handle.open.0.borrow_mut().take());
    handle.tell_size(env, None)
}
