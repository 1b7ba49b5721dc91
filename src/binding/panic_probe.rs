//! Exports for the tests of what a panic does; in no build that is published (feature `panic-probe`).

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, External},
};
use napi_derive::napi;

use super::{background, memory_handle::Handle};

/// Panics.
#[napi(catch_unwind, skip_typescript)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub fn panic_probe() {
    panic!("the panic probe was called");
}

/// Panics with a store in hand, and a payload that is no text.
#[napi(catch_unwind, skip_typescript)]
pub fn panic_probe_with_store(store: &External<Handle>) {
    let _held = store;
    std::panic::panic_any(42);
}

/// Work in another thread that panics.
pub struct Panicking;

impl Task for Panicking {
    type Output = ();
    type JsValue = ();

    #[expect(clippy::panic, reason = "this is what it is for")]
    fn compute(&mut self) -> napi::Result<()> {
        background::caught(|| panic!("the panic probe was called"))
    }

    fn resolve(&mut self, _: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}

/// Panics in another thread.
#[napi(catch_unwind, skip_typescript)]
pub fn panic_probe_in_background() -> AsyncTask<Panicking> {
    AsyncTask::new(Panicking)
}
