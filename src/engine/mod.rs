//! Session logic without Node: everything here takes and gives bytes, numbers and text.
//!
//! JavaScript strings are sequences of UTF-16 code units and need not be well-formed Unicode. They
//! reach the engine as *WTF-8*: UTF-8 that may also hold lone surrogates, so that a cookie value or
//! an id that holds one comes back as it was. Well-formed text is the same in both, so ASCII can be
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
