//! Numbers that are returned along with a string.
//!
//! Creating a JavaScript object with four numbers costs 700 ns. So the caller passes the
//! `ArrayBuffer` of a `Float64Array`, and the numbers are written there.

use napi::{
    ValueType,
    bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue},
    sys,
};

/// The caller's `Float64Array`, for the duration of a call.
pub struct Numbers {
    start: *mut f64,
    length: usize,
}

impl Numbers {
    /// Writes numbers, starting at `place`. Those that do not fit are dropped.
    pub(super) fn write(&mut self, place: usize, numbers: &[f64]) {
        for (offset, number) in numbers.iter().enumerate() {
            let index = place.saturating_add(offset);
            if index < self.length {
                // SAFETY: the index is below the length that the buffer had at the beginning of
                // this call. No JavaScript that could detach or resize the buffer runs until the
                // call ends, and an `ArrayBuffer` is not shared with other threads. The write needs
                // no alignment.
                unsafe { self.start.add(index).write_unaligned(*number) };
            }
        }
    }
}

impl TypeName for Numbers {
    fn type_name() -> &'static str {
        "ArrayBuffer"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Numbers {}

impl FromNapiValue for Numbers {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut start = std::ptr::null_mut();
        let mut bytes = 0;
        let get_info = sys::napi_get_arraybuffer_info;
        // SAFETY: the caller guarantees that `env` and `value` are valid. A value that is not an
        // `ArrayBuffer` yields an error status.
        let status = unsafe { get_info(env, value, &raw mut start, &raw mut bytes) };
        napi::check_status!(status, "an ArrayBuffer is needed")?;
        Ok(Self {
            start: start.cast(),
            length: if start.is_null() {
                0
            } else {
                bytes / size_of::<f64>()
            },
        })
    }
}
