//! Random bytes from JavaScript.

use getrandom::Error;

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Fills memory with cryptographically secure random bytes. Returns 0, or another number if there
    /// are none.
    fn random(start: *mut u8, length: usize) -> u32;
}

/// The backend of the crate `getrandom`, and so of `rand`. The symbol is the one it asks for.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(start: *mut u8, length: usize) -> Result<(), Error> {
    // SAFETY: the caller guarantees that the memory is valid for writes of that length, and JavaScript
    // writes to nothing else.
    match unsafe { random(start, length) } {
        0 => Ok(()),
        _ => Err(Error::UNEXPECTED),
    }
}
