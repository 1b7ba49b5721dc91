//! Opening and closing the in-memory store, its statistics and its events.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use super::state::{OpenStore, State, Thing, with};
use crate::{
    engine::store::memory::{Event, Listener, MemoryStore, OnFull, Options},
    values::{BYTES_AT_ONCE, duration, event_numbers, number, time, whole},
};

const HAS_TTL: u32 = 2;
const DROPS_LATE_SAVES: u32 = 4;

/// After so many operations on a store, one frees some expired sessions, whichever they are.
const SWEEP_EVERY: u32 = 16;
/// The most of them that are examined.
const SWEPT: usize = 64;

/// Runs an operation on an open store. From time to time, it frees expired sessions first, as there
/// is no thread that does.
pub(super) fn on_store(
    number: u32,
    now: f64,
    operation: impl FnOnce(&mut State, &MemoryStore) -> i32,
) -> i32 {
    on_open(number, now, |state, _, store| operation(state, store))
}

/// The same, for operations that also need its listener.
fn on_open(
    number: u32,
    now: f64,
    operation: impl FnOnce(&mut State, &OpenStore, &MemoryStore) -> i32,
) -> i32 {
    with(|state| {
        let Some(open) = state.open_store(number) else {
            return state.wrong_handle();
        };
        let Some(store) = open.get() else {
            return state.closed();
        };
        open.sweep_sometimes(&store, now);
        operation(state, &open, &store)
    })
}

impl OpenStore {
    pub(super) fn sweep_sometimes(&self, store: &MemoryStore, now: f64) {
        let calls = self.calls.get();
        self.calls.set(calls.wrapping_add(1));
        if calls.is_multiple_of(SWEEP_EVERY) {
            store.sweep(time(now), SWEPT);
        }
    }
}

/// Opens a store. Its options are numbers, NaN for none; `on_full` is 0 to evict, 1 to spare protected
/// sessions, 2 to reject.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_memory_store(
    max_sessions: f64,
    max_bytes: f64,
    on_full: u32,
    ttl: f64,
    drop_late_saves: u32,
) -> u32 {
    let count = |number: f64| (!number.is_nan()).then(|| whole(number));
    let options = Options {
        max_sessions: count(max_sessions),
        max_bytes: count(max_bytes),
        on_full: match on_full {
            0 => OnFull::Evict,
            1 => OnFull::Spare,
            _ => OnFull::Reject,
        },
        ttl: duration(ttl),
        drop_late_saves: drop_late_saves != 0,
    };
    with(|state| {
        let store = OpenStore {
            store: RefCell::new(Some(Arc::new(MemoryStore::new(options, None)))),
            listener: RefCell::default(),
            calls: Cell::default(),
        };
        state.keep(Thing::Store(Rc::new(store)))
    })
}

/// The options of an open store, as bits.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_options(store: u32) -> i32 {
    on_store(store, f64::NAN, |_, store| {
        let options = store.options();
        let bit = |is_set: bool, bit: u32| if is_set { bit } else { 0 };
        let bits =
            bit(options.ttl.is_some(), HAS_TTL) | bit(options.drop_late_saves, DROPS_LATE_SAVES);
        bits.cast_signed()
    })
}

/// A store's contents and history, as numbers in the order of the native library's `MemoryStats`.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_stats(store: u32, now: f64) -> i32 {
    on_open(store, now, |state, open, store| {
        let stats = store.stats();
        let listener = open.listener.borrow();
        let queued = listener.as_ref().map(|listener| listener.queued());
        let queued = queued.unwrap_or_default();
        let numbers = [
            stats.sessions,
            stats.bytes,
            stats.hits,
            stats.misses,
            stats.expirations,
            stats.evictions,
            stats.refusals,
            stats.dropped_saves,
            queued.events as u64,
            queued.bytes as u64,
            queued.dropped,
        ];
        state.write(0, &numbers.map(number));
        0
    })
}

/// Closes a store and frees its sessions.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_close(store: u32) {
    with(|state| {
        let open = state.open_store(store)?;
        drop(open.listener.borrow_mut().take());
        open.store.borrow_mut().take()
    });
}

/// Queues events from now on; `wanted` is as in the native library's `memoryListen`. There are no
/// other threads that could cause any.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_listen(store: u32, wanted: u8) {
    with(|state| {
        let open = state.open_store(store)?;
        let store = open.get()?;
        let mut listener = open.listener.borrow_mut();
        let listener = listener.get_or_insert_with(|| Arc::new(Listener::new(|| {})));
        store.listen(listener, wanted);
        Some(())
    });
}

/// Takes up to `most` queued events; see the native library's `memoryEvents`.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn memory_events(store: u32, most: usize, now: f64) -> i32 {
    with(|state| {
        let Some(open) = state.open_store(store) else {
            return state.wrong_handle();
        };
        let listener = open.listener.borrow().clone();
        let (Some(store), Some(listener)) = (open.get(), listener) else {
            return state.finish();
        };
        store.note_time(time(now));
        let events = listener.take(most, BYTES_AT_ONCE);
        let queued = listener.queued();
        let counts = [queued.dropped, queued.events as u64];
        state.write(3 * most, &counts.map(number));
        for (index, event) in events.into_iter().enumerate() {
            let Event { kind, id, data } = event;
            state.write(3 * index, &event_numbers(kind));
            state.add_text(&id);
            let text = data.map(|data| store.whole_text(&data.session()));
            state.add_text(text.unwrap_or_default().as_bytes());
        }
        state.finish()
    })
}
