//! Session logic without Node: everything here takes and returns bytes, numbers and text.
//!
//! JavaScript strings are sequences of UTF-16 code units and need not be well-formed Unicode. They
//! reach the engine as *WTF-8*, which is UTF-8 that may contain lone surrogates, so that such a
//! cookie value or id comes back unchanged. Well-formed text is the same in both, so ASCII can be
//! handled byte by byte.

#![forbid(unsafe_code)]

pub mod cookies;
pub mod lifecycle;
pub mod session_id;
pub mod signature;
pub mod store;
mod sync;
pub mod time;
pub mod wtf8;
