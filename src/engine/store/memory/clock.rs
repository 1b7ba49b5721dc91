//! The time of a store, for the thread that frees expired sessions.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::engine::time::{Clock, UnixMillis};

/// JavaScript's clock agrees with the system's if it differs by at most this many milliseconds.
const TOLERANCE: i64 = 1000;

/// After this many milliseconds without a call, the system's clock decides, if the clocks agreed.
const QUIET: i64 = 60_000;

/// JavaScript's clock, for a thread that cannot read it.
///
/// The two clocks differ when tests mock `Date.now`: one that stands still agrees with the system's
/// at first. So a session counts as expired only once a call arrives whose time is past its expiry.
/// Only a store without calls for a minute goes by the system's clock, if the clocks agreed when
/// they were last compared.
#[derive(Debug)]
pub(super) struct StoreClock {
    system: Clock,
    /// JavaScript's time at the last call.
    last: AtomicI64,
    /// Whether there was a call since the last [`StoreClock::look`].
    is_called: AtomicBool,
    /// Whether the clocks agreed when they were last compared.
    agrees: AtomicBool,
    /// The system's time when [`StoreClock::look`] last found that there was a call.
    called: AtomicI64,
    /// Whether there were none for long.
    is_quiet: AtomicBool,
}

impl StoreClock {
    pub(super) fn new(system: Clock) -> Self {
        Self {
            system,
            last: AtomicI64::new(i64::MIN),
            is_called: AtomicBool::new(false),
            agrees: AtomicBool::new(false),
            called: AtomicI64::new(i64::MIN),
            is_quiet: AtomicBool::new(false),
        }
    }

    /// Call this with JavaScript's time on each call. Nearly always, it only reads two numbers.
    ///
    /// The clocks are compared on the first call after a [`StoreClock::look`], and when JavaScript's
    /// goes back or jumps.
    pub(super) fn note(&self, javascript: UnixMillis) {
        let last = self.last.load(Ordering::Relaxed);
        if last != javascript.0 {
            self.last.store(javascript.0, Ordering::Relaxed);
        }
        let step = javascript.0.saturating_sub(last);
        let is_steady = (0..=TOLERANCE).contains(&step);
        if !is_steady || !self.is_called.load(Ordering::Relaxed) {
            let difference = self.system().0.saturating_sub(javascript.0);
            let agrees = difference.saturating_abs() <= TOLERANCE;
            self.agrees.store(agrees, Ordering::Relaxed);
            self.is_called.store(true, Ordering::Release);
        }
    }

    /// The system's time.
    pub(super) fn system(&self) -> UnixMillis {
        (self.system)()
    }

    /// The store's thread calls this before it uses [`StoreClock::now`].
    pub(super) fn look(&self) {
        let system = self.system().0;
        if self.is_called.swap(false, Ordering::Acquire) {
            self.called.store(system, Ordering::Relaxed);
        }
        let called = self.called.load(Ordering::Relaxed);
        let is_quiet = system.saturating_sub(called) > QUIET;
        self.is_quiet.store(is_quiet, Ordering::Relaxed);
    }

    /// The store's time, which may go back.
    pub(super) fn now(&self) -> UnixMillis {
        let system = self.system();
        let is_called = self.is_called.load(Ordering::Acquire);
        if !is_called && self.is_quiet.load(Ordering::Relaxed) && self.agrees() {
            return system;
        }
        system.min(UnixMillis(self.last.load(Ordering::Relaxed)))
    }

    /// Whether the clocks agreed when they were last compared.
    pub(super) fn agrees(&self) -> bool {
        self.agrees.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::*;

    static SYSTEM: AtomicI64 = AtomicI64::new(0);

    /// A clock of these tests, which run one after the other.
    fn clock_at(system: i64) -> StoreClock {
        SYSTEM.store(system, Ordering::Relaxed);
        StoreClock::new(|| UnixMillis(SYSTEM.load(Ordering::Relaxed)))
    }

    fn next(clock: &StoreClock) -> UnixMillis {
        clock.look();
        clock.now()
    }

    #[test]
    fn time_is_that_of_the_last_call_but_never_later_than_the_systems() {
        let _guard = TESTS.lock();
        let clock = clock_at(1_000_000);
        assert_eq!(next(&clock), UnixMillis::MIN);
        for (javascript, now) in [
            (999_500, 999_500),
            (1_000_100, 1_000_000),
            (5, 5),
            (2_000_000, 1_000_000),
        ] {
            clock.note(UnixMillis(javascript));
            assert_eq!(next(&clock), UnixMillis(now));
        }
    }

    #[test]
    fn after_a_minute_without_calls_it_is_the_systems() {
        let _guard = TESTS.lock();
        let clock = clock_at(1_000_000);
        clock.note(UnixMillis(1_000_000));
        for (system, now) in [
            (1_000_000, 1_000_000),
            (1_060_000, 1_000_000),
            (1_060_001, 1_060_001),
            (2_000_000, 2_000_000),
        ] {
            SYSTEM.store(system, Ordering::Relaxed);
            assert_eq!(next(&clock), UnixMillis(now));
        }
        clock.note(UnixMillis(1_999_999));
        assert_eq!(next(&clock), UnixMillis(1_999_999));
    }

    #[test]
    fn while_calls_come_a_clock_that_stands_still_does_so_for_the_store() {
        let _guard = TESTS.lock();
        let clock = clock_at(1_000_000);
        for seconds in 0..200 {
            SYSTEM.store(1_000_000 + 1000 * seconds, Ordering::Relaxed);
            clock.note(UnixMillis(1_000_000));
            assert_eq!(next(&clock), UnixMillis(1_000_000));
        }
        // It is known by now that the clocks differ.
        SYSTEM.store(9_000_000, Ordering::Relaxed);
        assert_eq!(next(&clock), UnixMillis(1_000_000));
    }

    #[test]
    fn a_clock_that_jumps_is_compared_again_at_once() {
        let _guard = TESTS.lock();
        let clock = clock_at(10_000_000);
        clock.note(UnixMillis(10_000_000));
        // It is mocked and an hour behind, and there are no more calls.
        clock.note(UnixMillis(6_400_000));
        for system in [10_000_000, 20_000_000, 30_000_000] {
            SYSTEM.store(system, Ordering::Relaxed);
            assert_eq!(next(&clock), UnixMillis(6_400_000));
        }
        // It is the system's again.
        clock.note(UnixMillis(30_000_000));
        assert_eq!(next(&clock), UnixMillis(30_000_000));
        SYSTEM.store(40_000_000, Ordering::Relaxed);
        assert_eq!(next(&clock), UnixMillis(40_000_000));
        // A call ends the quiet, even while sessions are being freed.
        clock.note(UnixMillis(39_999_990));
        assert_eq!(clock.now(), UnixMillis(39_999_990));
    }

    static TESTS: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
}
