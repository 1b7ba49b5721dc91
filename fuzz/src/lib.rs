//! What is fuzzed: one function for each part of the engine, from bytes to a check that holds for
//! every input.
//!
//! `fuzz_targets/` hands them to libFuzzer; `tests/fuzz_corpus.rs` replays the committed corpus
//! through the same functions with every `cargo test`. They compare with a model where there is one,
//! so a wrong answer is found as a crash is.
//!
//! A new part is a module here, a line in [`CHECKS`], a target in `fuzz_targets/` and `Cargo.toml`, and
//! a folder in `corpus/`.

mod cookie_header;
mod input;
mod iso_date;
mod lifecycle;
mod memory_store;
mod set_cookie;
mod signature;
mod text;
mod whole_text;

pub use cookie_header::cookie_header;
pub use lifecycle::lifecycle;
pub use memory_store::memory_store;
pub use set_cookie::set_cookie;
pub use signature::signature;
pub use text::text;
pub use whole_text::whole_text;

/// Does something with an input, and fails if that is not as it has to be.
pub type Check = fn(&[u8]);

/// All checks, by the name of their target and of their folder in `corpus/`.
pub const CHECKS: [(&str, Check); 7] = [
    ("cookie_header", cookie_header),
    ("lifecycle", lifecycle),
    ("memory_store", memory_store),
    ("set_cookie", set_cookie),
    ("signature", signature),
    ("text", text),
    ("whole_text", whole_text),
];
