//! Session stores.

pub mod memory;
