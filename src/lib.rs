//! The native part of express-session-native.
//!
//! [`engine`] is the session logic: cookies, signatures, ids, the lifecycle's decisions and the
//! in-memory store. It knows nothing of Node; `cargo test --no-default-features` tests it alone.
//! The feature `binding` (on by default) adds the thin layer that Node loads; the feature `wasm` the one
//! for WebAssembly, which JavaScript uses where there is no native library.

pub mod engine;
#[cfg(any(feature = "binding", feature = "wasm"))]
mod values;

#[cfg(feature = "wasm")]
pub mod wasm;

#[cfg(feature = "binding")]
pub mod binding;
