//! Locks, counters and threads. The in-memory store uses these for what threads share, except in the
//! thread that frees expired sessions, so that a model checker can replace them: with the feature
//! `schedules`, each use is a point at which the checker may switch to another thread. In all other
//! builds they are re-exports of `parking_lot` and the standard library.

#[cfg(not(feature = "schedules"))]
mod system {
    pub use parking_lot::{Mutex, MutexGuard};
    pub use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
    pub use std::sync::{Arc as Share, Weak as WeakShare};
    pub use std::thread;
}

#[cfg(feature = "schedules")]
#[path = "sync/scheduled.rs"]
mod system;

pub use system::*;
