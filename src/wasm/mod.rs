//! The engine as WebAssembly, for places where the native library cannot be loaded. `lib/wasm/` calls
//! these exports and gives them the same JavaScript API as the native library's.
//!
//! An export takes and returns numbers. Text is passed in the module's memory:
//!
//! - Arguments: JavaScript writes texts one after another, as [WTF-8](crate::engine::wtf8), to where
//!   [`state::input`] says, and passes their lengths in bytes.
//! - Results: `answer()` is the address of an array with everything else that a call returns; see
//!   [`state::Answer`].
//!
//! Keyrings, stores and so on stay here. JavaScript has their numbers and says when it has dropped them.
//!
//! There is one thread, and no clock: expired sessions are freed by other operations. A panic is a trap. It
//! leaves the state borrowed, and JavaScript asks [`state::is_interrupted`] then, and uses a new
//! instance.

#![allow(
    clippy::too_many_arguments,
    clippy::must_use_candidate,
    reason = "JavaScript calls these exports, with each part of a session as an argument"
)]

pub mod cookies;
pub mod memory;
#[cfg(target_family = "wasm")]
mod random;
pub mod state;
pub mod store;
