//! Opening and closing the in-memory store, and its figures.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use napi::bindgen_prelude::External;
use napi_derive::napi;

use super::error::{ErrorCode, Result};
use crate::engine::{
    store::memory::{self, Listener, MemoryStore, Options, registry},
    time::UnixMillis,
};

/// What a store is made with; checked by the shim, so numbers are whole and positive.
#[napi(object)]
pub struct MemoryStoreOptions {
    /// Sessions at most.
    pub max_sessions: Option<f64>,
    /// Bytes at most.
    pub max_bytes: Option<f64>,
    /// What happens when one of these is reached.
    pub on_full: Option<OnFull>,
    /// Milliseconds for which a session is kept whose cookie has no expiry.
    pub ttl: Option<f64>,
    /// Whether a destroyed session that is saved late stays destroyed.
    pub stay_destroyed: Option<bool>,
}

/// What happens to a session for which there is no room.
#[napi(string_enum = "lowercase")]
pub enum OnFull {
    /// Others go.
    Evict,
    /// Others go, except for protected ones.
    Spare,
    /// It is refused.
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
            stay_destroyed: options.stay_destroyed.unwrap_or_default(),
        }
    }
}

/// A store as one thread has it open.
pub struct Handle {
    pub(super) open: Open,
    pub(super) listener: RefCell<Option<Arc<Listener>>>,
}

/// What is behind a handle until it is closed.
#[derive(Clone)]
pub(super) struct Open(Rc<RefCell<Option<Arc<MemoryStore>>>>);

impl Open {
    /// The shim does not use a store that it has closed.
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        Ref::filter_map(self.0.borrow(), Option::as_deref)
            .map_err(|_| napi::Error::new(ErrorCode::Binding, "the store is closed"))
    }
}

impl Handle {
    pub(super) fn store(&self) -> Result<Ref<'_, MemoryStore>> {
        self.open.store()
    }
}

/// A time as JavaScript gives it. An invalid one is before all others, so that nothing expires.
pub(super) fn time(now: f64) -> UnixMillis {
    UnixMillis::from_js(now).unwrap_or(UnixMillis::MIN)
}

/// A number of milliseconds; NaN for none.
pub(super) fn duration(milliseconds: f64) -> Option<i64> {
    UnixMillis::from_js(milliseconds).map(|duration| duration.0)
}

/// A whole number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` clamps"
)]
pub(super) fn whole(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted to 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// The system's clock, for the thread that frees expired sessions.
fn system_clock() -> UnixMillis {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// Opens a store. If it has a name and is open already, in any thread, it is that one. Null if that one
/// has other options than these; without options it is taken as it is.
#[napi(
    catch_unwind,
    ts_args_type = "name?: string | null, options?: MemoryStoreOptions | null",
    ts_return_type = "ExternalObject<MemoryStore> | null"
)]
pub fn open_memory_store(
    name: Option<String>,
    options: Option<MemoryStoreOptions>,
) -> Option<External<Handle>> {
    let options = options.map(Options::from);
    let store = registry::open(name.as_deref(), options, Some(system_clock)).ok()?;
    Some(External::new(Handle {
        open: Open(Rc::new(RefCell::new(Some(store)))),
        listener: RefCell::default(),
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
    /// Sweeps by the store's thread.
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

/// Closes a store for this thread. It is freed when the last one has closed it.
#[napi(catch_unwind, ts_args_type = "store: ExternalObject<MemoryStore>")]
pub fn memory_close(handle: &External<Handle>) {
    if let Some(listener) = handle.listener.borrow_mut().take()
        && let Ok(store) = handle.store()
    {
        store.listen(&listener, 0);
    }
    drop(handle.open.0.borrow_mut().take());
}
