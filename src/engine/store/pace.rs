//! Work in threads that others shall not notice.

use std::time::{Duration, Instant};

use crate::engine::sync::thread;

/// How long a thread works before it rests.
const WORK: Duration = Duration::from_micros(500);
/// How long it rests.
const REST: Duration = Duration::from_micros(50);

/// When a thread has to rest.
///
/// On a busy machine, a thread that has used up its turn has to wait for as long as others have
/// theirs; if it held a lock then, so would whoever wants to have it. One that has just rested is at
/// the beginning of its turn.
#[derive(Debug)]
pub(super) struct Pace {
    rested: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rested: Instant::now(),
        }
    }
}

impl Pace {
    /// Rests, if it is time to. Nothing may be locked.
    pub(super) fn keep(&mut self) {
        if self.rested.elapsed() > WORK {
            thread::sleep(REST);
            *self = Self::default();
        }
    }
}
