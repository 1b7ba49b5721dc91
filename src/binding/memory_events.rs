//! The events of the in-memory store.

use std::sync::Arc;

use napi::{
    bindgen_prelude::{External, Function},
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;

use super::{error::Result, memory_store::Handle, numbers::Numbers, strings::JsText};
use crate::{
    engine::store::memory::{Event, Listener},
    values::{BYTES_AT_ONCE, event_numbers, number, time},
};

/// Queues events from now on. `wanted` has a bit for each kind (1 create, 2 update, 4 destroy, 8
/// expire, 16 evict), plus 128 to include data. 0 stops it.
///
/// `wake` is called, in a later turn of the event loop, when another thread has caused an event or a
/// session seems to have expired.
/// For events of this thread it is not called. The first call's `wake` is kept; it does not keep
/// the process alive.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, wanted: number, wake: () => void"
)]
pub fn memory_listen(
    handle: &External<Handle>,
    wanted: u8,
    wake: Function<'_, (), ()>,
) -> Result<()> {
    let mut listener = handle.listener.borrow_mut();
    if listener.is_none() {
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .build()
            .map_err(|error| napi::Error::new(super::error::ErrorCode::BINDING, error.reason))?;
        *listener = Some(Arc::new(Listener::new(move || {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        })));
    }
    if let Some(listener) = &*listener {
        handle.store()?.listen(listener, wanted);
    }
    Ok(())
}

/// Takes up to `most` queued events: for each, the id and the text of the whole session, which is
/// empty without data. Writes three numbers per event into the buffer: the kind, from 0 (create) to
/// 4 (evict); and for an evicted session, its class and the bound that was reached, 0
/// (`maxSessions`) or 1 (`maxBytes`). After the numbers of `most` events, writes how many events
/// were dropped so far because the queue was full, and how many are left in it.
#[napi(
    catch_unwind,
    ts_args_type = "store: ExternalObject<MemoryStore>, most: number, numbers: ArrayBuffer, now: number",
    ts_return_type = "Array<string>"
)]
pub fn memory_events(
    handle: &External<Handle>,
    most: u32,
    mut numbers: Numbers,
    now: f64,
) -> Result<Vec<JsText>> {
    let listener = handle.listener.borrow();
    let Some(listener) = &*listener else {
        return Ok(Vec::new());
    };
    let store = handle.store()?;
    store.note_time(time(now));
    let mut texts = Vec::new();
    let most = most as usize;
    let events = listener.take(most, BYTES_AT_ONCE);
    let queued = listener.queued();
    numbers.write(
        3 * most,
        &[number(queued.dropped), number(queued.events as u64)],
    );
    for (index, event) in events.into_iter().enumerate() {
        let Event { kind, id, data } = event;
        numbers.write(3 * index, &event_numbers(kind));
        texts.push(JsText(id));
        let text = data.map(|data| store.whole_text(&data.session()));
        texts.push(text.unwrap_or_default().into());
    }
    Ok(texts)
}
