//! Work that is done in another thread than JavaScript's.

use std::panic::{self, AssertUnwindSafe};

/// What the work gives, and an error if it panics. An export's panic is caught by napi, but one in a
/// thread of Node's would end the process.
pub(super) fn caught<T>(work: impl FnOnce() -> napi::Result<T>) -> napi::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("panic in the native library");
        Err(napi::Error::from_reason(message))
    })
}
