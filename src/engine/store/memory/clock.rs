//! The time of a store between calls.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::engine::time::{Clock, UnixMillis};

/// JavaScript's clock agrees with the system's if it differs by at most this many milliseconds.
const TOLERANCE: i64 = 1000;

/// JavaScript's clock, for a thread that cannot read it.
///
/// The clocks differ when tests mock `Date.now`. If they agreed when they were last compared, this
/// is the system's clock. Otherwise it is the earlier of the two, so that no session counts as
/// expired that is live by either clock. JavaScript's clock is only known from calls, so it stands
/// still in between.
#[derive(Debug)]
pub(super) struct StoreClock {
    system: Clock,
    /// Whether the next call has to compare the clocks.
    is_due: AtomicBool,
    agrees: AtomicBool,
    /// JavaScript's time when they were last compared.
    last: AtomicI64,
}

impl StoreClock {
    pub(super) fn new(system: Clock) -> Self {
        Self {
            system,
            is_due: AtomicBool::new(true),
            agrees: AtomicBool::new(false),
            last: AtomicI64::new(i64::MIN),
        }
    }

    /// Call this with JavaScript's time on each call. Nearly always, it only reads two numbers.
    ///
    /// A clock that goes back is noticed at once: what is saved by it may have expired long ago by the
    /// system's. One that goes forward makes no difference, because the system's is the earlier one.
    pub(super) fn note(&self, javascript: UnixMillis) {
        let goes_back = javascript.0 < self.last.load(Ordering::Relaxed);
        if !goes_back && !self.is_due.load(Ordering::Relaxed) {
            return;
        }
        let difference = (self.system)().0.saturating_sub(javascript.0);
        let agrees = difference.saturating_abs() <= TOLERANCE;
        self.last.store(javascript.0, Ordering::Relaxed);
        self.agrees.store(agrees, Ordering::Relaxed);
        // While they differ, JavaScript's time is taken from every call.
        self.is_due.store(!agrees, Ordering::Relaxed);
    }

    /// Makes the next call compare the clocks.
    pub(super) fn ask(&self) {
        self.is_due.store(true, Ordering::Relaxed);
    }

    /// The system's time.
    pub(super) fn system(&self) -> UnixMillis {
        (self.system)()
    }

    /// The store's time.
    pub(super) fn now(&self) -> UnixMillis {
        let system = self.system();
        if self.agrees.load(Ordering::Relaxed) {
            return system;
        }
        system.min(UnixMillis(self.last.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::*;

    fn at_a_million() -> UnixMillis {
        UnixMillis(1_000_000)
    }

    #[test]
    fn while_the_clocks_agree_time_is_the_systems() {
        let clock = StoreClock::new(at_a_million);
        clock.note(UnixMillis(999_500));
        assert_eq!(clock.now(), UnixMillis(1_000_000));
        // Not compared again until `ask` is called...
        clock.note(UnixMillis(2_000_000));
        assert_eq!(clock.now(), UnixMillis(1_000_000));
        // ...unless it goes back.
        clock.note(UnixMillis(5));
        assert_eq!(clock.now(), UnixMillis(5));
    }

    #[test]
    fn where_they_differ_it_is_the_earlier_one() {
        let clock = StoreClock::new(at_a_million);
        assert_eq!(clock.now(), UnixMillis::MIN);
        for (javascript, now) in [(5, 5), (6, 6), (2_000_000, 1_000_000)] {
            clock.note(UnixMillis(javascript));
            assert_eq!(clock.now(), UnixMillis(now));
        }
        clock.note(UnixMillis(1_000_001));
        clock.ask();
        clock.note(UnixMillis::MIN);
        assert_eq!(clock.now(), UnixMillis::MIN);
    }
}
