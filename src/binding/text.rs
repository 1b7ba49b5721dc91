//! JavaScript strings in and out.

use napi::bindgen_prelude::{Either, Latin1String, Utf16String};

use crate::engine::wtf8;

/// A string on its way to JavaScript: one byte a character where it is ASCII, which V8 keeps in
/// half the memory, else UTF-16.
pub(super) type JsText = Either<Latin1String, Utf16String>;

/// Takes a JavaScript string apart as the engine wants it.
pub(super) fn from_js(string: &Utf16String) -> Vec<u8> {
    wtf8::from_utf16(string)
}

/// Gives the engine's text to JavaScript, lone surrogates included.
pub(super) fn to_js(text: &[u8]) -> JsText {
    match std::str::from_utf8(text) {
        Ok(ascii) if ascii.is_ascii() => Either::A(ascii.to_owned().into()),
        _ => Either::B(wtf8::to_utf16(text).into()),
    }
}
