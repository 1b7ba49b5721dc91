//! Tells V8 how much memory stores take outside of its heap, when sessions are saved or removed by a
//! call. Otherwise it would not know that collecting a store that is no longer used frees megabytes.

use std::cell::Cell;

use napi::bindgen_prelude::Env;

use super::error::Result;
use crate::engine::store::memory::MemoryStore;

/// A change of a store's size that is smaller than this, in bytes, or than an eighth of its size is
/// not told: each call may make V8 collect garbage.
const STEP: i64 = 4096;

thread_local! {
    /// Bytes of freed stores, as V8 was told. `Drop` has no `Env` to tell it that they are gone, so the
    /// next store does.
    static FREED: Cell<i64> = const { Cell::new(0) };
}

/// What V8 was told about a store.
#[derive(Default)]
pub(super) struct ToldSize(Cell<i64>);

impl ToldSize {
    /// Tells V8 the size of the store, if that has changed much. `None` for a store that is closed.
    pub(super) fn update(&self, env: Env, store: Option<&MemoryStore>) -> Result<()> {
        let told = self.0.get();
        let bytes = store.map_or(0, |store| i64::try_from(store.bytes()).unwrap_or(i64::MAX));
        let change = bytes - told;
        if store.is_some() && change.abs() < STEP.max(told / 8) {
            return Ok(());
        }
        self.0.set(bytes);
        let change = change - FREED.take();
        if change != 0 {
            env.adjust_external_memory(change).map_err(|error| {
                napi::Error::new(super::error::ErrorCode::BINDING, error.reason)
            })?;
        }
        Ok(())
    }
}

impl Drop for ToldSize {
    fn drop(&mut self) {
        FREED.set(FREED.get() + self.0.get());
    }
}
