//! Exports for the tests of what a panic does; in no build that is published (feature `panic-probe`).

use napi::bindgen_prelude::External;
use napi_derive::napi;

use super::memory_store::Handle;

/// Panics.
#[napi(catch_unwind, skip_typescript)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub fn panic_probe() {
    panic!("the panic probe was called");
}

/// Panics with a store in hand, and a payload that is no text.
#[napi(catch_unwind, skip_typescript)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub fn panic_probe_with_store(_store: &External<Handle>) {
    std::panic::panic_any(42);
}
