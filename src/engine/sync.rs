//! What threads share things with. The in-memory store takes locks, counters and threads from here
//! alone, so that a model checker can take their place: with the feature `schedules` each of them
//! is a point at which the checker may let another thread go on. In every other build they are
//! `parking_lot`'s and the standard library's own, by another path.

#[cfg(not(feature = "schedules"))]
mod system {
    pub use parking_lot::{Mutex, MutexGuard};
    pub use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
    pub use std::sync::{Arc as Share, Weak as WeakShare};
    pub use std::{hint::spin_loop, thread};

    /// How often a lock is tried before the thread sleeps: tens of microseconds.
    pub const SPINS: usize = 1000;
}

#[cfg(feature = "schedules")]
#[path = "sync/scheduled.rs"]
mod system;

pub use system::*;
