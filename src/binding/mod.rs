//! The exports that Node loads: thin functions that convert, call the engine, and convert back.
//!
//! Every export catches panics, so that a bug here is a JavaScript exception and does not end the
//! process. Handles are napi `External`s, which are freed with the JavaScript object that holds
//! them, in that object's thread. Errors that applications see are created in JavaScript, so that
//! they belong to the application's realm; only the shim sees the ones thrown here.

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "signatures of exports are dictated by napi-derive; nobody calls them from Rust"
)]

pub mod cookies;
pub mod error;
pub mod lifecycle;
pub mod memory_events;
pub mod memory_sessions;
mod memory_size;
pub mod memory_store;
pub mod numbers;
#[cfg(feature = "panic-probe")]
pub mod panic_probe;
pub mod strings;
