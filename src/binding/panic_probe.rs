//! Exports that panic, for tests (feature `panic-probe`). Published builds do not have them.

use napi::bindgen_prelude::External;
use napi_derive::napi;

use super::memory_store::Handle;

/// Panics.
#[napi(catch_unwind, skip_typescript)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub fn panic_probe() {
    panic!("the panic probe was called");
}

/// Panics while it holds a store, with a payload that is not a string.
#[napi(catch_unwind, skip_typescript)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub fn panic_probe_with_store(_store: &External<Handle>) {
    std::panic::panic_any(42);
}
