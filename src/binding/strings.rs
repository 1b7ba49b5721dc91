//! Conversion of JavaScript strings.
//!
//! napi's own string types either lose lone surrogates, or take two calls and copy two bytes per
//! character. Nearly all strings here (headers and ids) are short and ASCII.

use napi::{
    ValueType,
    bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, Utf16String, ValidateNapiValue},
    sys,
};

use crate::{engine::wtf8, values::number};

/// The longest string, in bytes, that is read with one call.
const SHORT: usize = 1024;

/// V8 writes this for a lone surrogate, and for U+FFFD itself.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A string as WTF-8, which the engine works with.
pub struct JsText(pub(super) Vec<u8>);

impl JsText {
    /// The WTF-8.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The length of a text in JavaScript.
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

/// The UTF-8 of a string that fits into the buffer. Lone surrogates are replaced.
///
/// # Safety
///
/// `env` and `value` must belong to the current call.
unsafe fn short_utf8(
    env: sys::napi_env,
    value: sys::napi_value,
    buffer: &mut [u8; SHORT],
) -> Option<&[u8]> {
    let mut written = 0;
    // SAFETY: the caller guarantees that `env` and `value` are valid. The buffer has the length
    // that is passed, and outlives the call. A value that is not a string yields an error status.
    let status = unsafe {
        sys::napi_get_value_string_utf8(
            env,
            value,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut written,
        )
    };
    // The final NUL, and a character that did not fit completely, leave up to four bytes unused.
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
        // SAFETY: passed on unchanged.
        if let Some(text) = unsafe { short_utf8(env, value, &mut buffer) }
            && (text.is_ascii() || !has_replacement(text))
        {
            return Ok(Self(text.to_vec()));
        }
        // SAFETY: passed on unchanged.
        if let Ok(text) = unsafe { String::from_napi_value(env, value) }
            && !has_replacement(text.as_bytes())
        {
            return Ok(Self(text.into_bytes()));
        }
        // SAFETY: passed on unchanged.
        let units = unsafe { Utf16String::from_napi_value(env, value) }?;
        Ok(Self(wtf8::from_utf16(&units)))
    }
}

impl ToNapiValue for JsText {
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> napi::Result<sys::napi_value> {
        let is_ascii = text.0.is_ascii();
        if !is_ascii && std::str::from_utf8(&text.0).is_err() {
            // SAFETY: passed on unchanged.
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
        // SAFETY: the caller guarantees that `env` is valid. Pointer and length are those of one
        // live slice, which V8 copies.
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

/// A string whose characters are all below U+0100, one byte each, such as a header from Node's HTTP
/// parser. Other characters would be changed, so the caller must not pass any.
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

/// Copies a string as Latin-1 into a buffer. Returns the number of bytes written.
///
/// # Safety
///
/// `env` and `value` must belong to the current call.
unsafe fn copy_latin1(
    env: sys::napi_env,
    value: sys::napi_value,
    buffer: &mut [u8],
) -> napi::Result<usize> {
    let mut written = 0;
    // SAFETY: the caller guarantees that `env` and `value` are valid. The buffer has the length
    // that is passed, and outlives the call. A value that is not a string yields an error status.
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
        // SAFETY: passed on unchanged.
        let written = unsafe { copy_latin1(env, value, &mut buffer) }?;
        // The last byte is for the NUL.
        if written < SHORT - 1 {
            return Ok(Self(buffer.get(..written).unwrap_or_default().to_vec()));
        }
        let mut length = 0;
        // SAFETY: the caller guarantees that `env` and `value` are valid. Without a buffer, the
        // call only returns the length.
        let status = unsafe {
            sys::napi_get_value_string_latin1(env, value, std::ptr::null_mut(), 0, &raw mut length)
        };
        napi::check_status!(status, "a string is needed")?;
        let mut bytes = vec![0; length + 1];
        // SAFETY: passed on unchanged.
        let written = unsafe { copy_latin1(env, value, &mut bytes) }?;
        bytes.truncate(written);
        Ok(Self(bytes))
    }
}

/// JSON from JavaScript. It is UTF-8, because `JSON.stringify` escapes lone surrogates.
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
        // SAFETY: passed on unchanged.
        if let Some(text) = unsafe { short_utf8(env, value, &mut buffer) }
            && let Ok(text) = std::str::from_utf8(text)
        {
            return Ok(Self(text.to_owned()));
        }
        // SAFETY: passed on unchanged.
        unsafe { String::from_napi_value(env, value) }.map(Self)
    }
}
