//! JavaScript strings in and out.
//!
//! napi's own string types either lose lone surrogates or take two calls and a copy of two bytes a
//! character. Nearly every string that crosses here, headers and ids, is short and ASCII.

use napi::{
    ValueType,
    bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, Utf16String, ValidateNapiValue},
    sys,
};

use super::memory_store::number;
use crate::engine::wtf8;

/// Bytes that are read in one call; a longer string takes another way.
const SHORT: usize = 1024;

/// What V8 writes for a lone surrogate, and for U+FFFD itself.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A string on its way in or out, as WTF-8, which is how the engine wants it.
pub struct JsText(pub(super) Vec<u8>);

impl JsText {
    /// The text as the engine wants it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How long a text is in JavaScript.
    pub(super) fn length(text: &[u8]) -> f64 {
        let units = if text.is_ascii() {
            text.len()
        } else {
            wtf8::to_utf16(text).len()
        };
        number(units as u64)
    }
}

impl TypeName for JsText {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ValidateNapiValue for JsText {}

/// The UTF-8 of a string that is not longer than the buffer; lone surrogates are replaced.
///
/// # Safety
///
/// `env` and `value` have to be those of the call that is going on.
unsafe fn short_utf8(
    env: sys::napi_env,
    value: sys::napi_value,
    buffer: &mut [u8; SHORT],
) -> Option<&[u8]> {
    let mut written = 0;
    // SAFETY: the caller vouches for `env` and `value`; the buffer has the length it is said to
    // have, and outlives the call. A value that is no string is an error status.
    let status = unsafe {
        sys::napi_get_value_string_utf8(
            env,
            value,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut written,
        )
    };
    // A character that did not fit as a whole, and the final NUL, leave up to four bytes free.
    if status != sys::Status::napi_ok || written >= SHORT - 4 {
        return None;
    }
    buffer.get(..written)
}

fn has_replacement(text: &[u8]) -> bool {
    memchr::memmem::find(text, REPLACEMENT).is_some()
}

impl FromNapiValue for JsText {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut buffer = [0_u8; SHORT];
        // SAFETY: handed on as it was received.
        if let Some(text) = unsafe { short_utf8(env, value, &mut buffer) }
            && (text.is_ascii() || !has_replacement(text))
        {
            return Ok(Self(text.to_vec()));
        }
        // SAFETY: handed on as it was received.
        if let Ok(text) = unsafe { String::from_napi_value(env, value) }
            && !has_replacement(text.as_bytes())
        {
            return Ok(Self(text.into_bytes()));
        }
        // SAFETY: handed on as it was received.
        let units = unsafe { Utf16String::from_napi_value(env, value) }?;
        Ok(Self(wtf8::from_utf16(&units)))
    }
}

impl ToNapiValue for JsText {
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> napi::Result<sys::napi_value> {
        let is_ascii = text.0.is_ascii();
        if !is_ascii && std::str::from_utf8(&text.0).is_err() {
            // SAFETY: handed on as it was received.
            return unsafe { Utf16String::to_napi_value(env, wtf8::to_utf16(&text.0).into()) };
        }
        let length = text.0.len().cast_signed();
        let mut value = std::ptr::null_mut();
        let create = if is_ascii {
            // ASCII is Latin-1, which needs no decoding.
            sys::napi_create_string_latin1
        } else {
            sys::napi_create_string_utf8
        };
        // SAFETY: the caller vouches for `env`; pointer and length are those of one live slice, which
        // V8 copies.
        let status = unsafe { create(env, text.0.as_ptr().cast(), length, &raw mut value) };
        napi::check_status!(status, "a string could not be created")?;
        Ok(value)
    }
}

impl From<String> for JsText {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&[u8]> for JsText {
    fn from(text: &[u8]) -> Self {
        Self(text.to_vec())
    }
}

/// A string whose characters are all below U+0100, such as a header as Node's HTTP parser reads it:
/// one byte each. What is beyond that becomes another character, so the caller must not pass it.
pub struct Latin1(Vec<u8>);

impl Latin1 {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TypeName for Latin1 {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ValidateNapiValue for Latin1 {}

/// Copies a string as Latin-1 into a buffer; gives how many bytes were written.
///
/// # Safety
///
/// `env` and `value` have to be those of the call that is going on.
unsafe fn copy_latin1(
    env: sys::napi_env,
    value: sys::napi_value,
    buffer: &mut [u8],
) -> napi::Result<usize> {
    let mut written = 0;
    // SAFETY: the caller vouches for `env` and `value`; the buffer has the length it is said to have,
    // and outlives the call. A value that is no string is an error status.
    let status = unsafe {
        sys::napi_get_value_string_latin1(
            env,
            value,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut written,
        )
    };
    napi::check_status!(status, "a string is needed")?;
    Ok(written)
}

impl FromNapiValue for Latin1 {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut buffer = [0_u8; SHORT];
        // SAFETY: handed on as it was received.
        let written = unsafe { copy_latin1(env, value, &mut buffer) }?;
        // The last byte is for a NUL.
        if written < SHORT - 1 {
            return Ok(Self(buffer.get(..written).unwrap_or_default().to_vec()));
        }
        let mut length = 0;
        // SAFETY: the caller vouches for `env` and `value`; without a buffer, only the length is asked for.
        let status = unsafe {
            sys::napi_get_value_string_latin1(env, value, std::ptr::null_mut(), 0, &raw mut length)
        };
        napi::check_status!(status, "a string is needed")?;
        let mut bytes = vec![0; length + 1];
        // SAFETY: handed on as it was received.
        let written = unsafe { copy_latin1(env, value, &mut bytes) }?;
        bytes.truncate(written);
        Ok(Self(bytes))
    }
}

/// JSON on its way in: UTF-8, in which `JSON.stringify` leaves no lone surrogates.
pub struct JsJson(pub(super) String);

impl TypeName for JsJson {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ValidateNapiValue for JsJson {}

impl FromNapiValue for JsJson {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut buffer = [0_u8; SHORT];
        // SAFETY: handed on as it was received.
        if let Some(text) = unsafe { short_utf8(env, value, &mut buffer) }
            && let Ok(text) = std::str::from_utf8(text)
        {
            return Ok(Self(text.to_owned()));
        }
        // SAFETY: handed on as it was received.
        unsafe { String::from_napi_value(env, value) }.map(Self)
    }
}
