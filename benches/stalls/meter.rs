//! How long calls take.

use std::time::{Duration, Instant};

/// A call that takes longer may have had to wait for a lock.
const LONG: Duration = Duration::from_micros(200);

/// One bucket for each microsecond; the last one for all that take longer.
const BUCKETS: usize = 10_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    time: Duration,
    waited: bool,
}

/// The calls of one phase.
pub struct Meter {
    phase: &'static str,
    calls: u64,
    buckets: Vec<u64>,
    /// The longest call of each kind.
    longest: Vec<(&'static str, Took)>,
    waits: i64,
}

impl Meter {
    pub fn new(phase: &'static str) -> Self {
        Self {
            phase,
            calls: 0,
            buckets: vec![0; BUCKETS],
            longest: Vec::new(),
            waits: thread::waits(),
        }
    }

    pub fn time<Output>(&mut self, what: &'static str, call: impl FnOnce() -> Output) -> Output {
        let (clock, worked) = (Instant::now(), thread::worked());
        let output = call();
        let (clock, worked) = (
            clock.elapsed(),
            thread::worked().map(|end| end.saturating_sub(worked.unwrap_or_default())),
        );
        let took = self.own_time(clock, worked);
        self.calls += 1;
        let bucket = usize::try_from(took.time.as_micros())
            .unwrap_or(BUCKETS)
            .min(BUCKETS - 1);
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count += 1;
        }
        match self.longest.iter_mut().find(|(kind, _)| *kind == what) {
            Some((_, longest)) => *longest = took.max(*longest),
            None => self.longest.push((what, took)),
        }
        output
    }

    /// The processor's time; if the thread had to wait for another one, the clock's.
    fn own_time(&mut self, clock: Duration, worked: Option<Duration>) -> Took {
        if clock < LONG {
            return Took {
                time: clock,
                waited: false,
            };
        }
        let waits = thread::waits();
        let has_waited = waits > self.waits;
        self.waits = waits;
        Took {
            time: worked.filter(|_| !has_waited).unwrap_or(clock),
            waited: has_waited,
        }
    }

    pub fn report(&self) {
        let mut beyond = self.calls / 100_000;
        let mut quantile = BUCKETS;
        for (microseconds, count) in self.buckets.iter().enumerate().rev() {
            if *count > beyond {
                quantile = microseconds;
                break;
            }
            beyond -= count;
        }
        print!("{:<9} {:>9} {quantile:>6}", self.phase, self.calls);
        for (what, longest) in &self.longest {
            let waited = if longest.waited { " (waited)" } else { "" };
            print!("  {what} {}{waited}", longest.time.as_micros());
        }
        println!();
    }
}

#[cfg(target_os = "linux")]
mod thread {
    use std::time::Duration;

    use nix::{
        sys::resource::{UsageWho, getrusage},
        time::{ClockId, clock_gettime},
    };

    /// For how long a processor has worked for this thread.
    pub fn worked() -> Option<Duration> {
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
            .ok()
            .map(Duration::from)
    }

    /// How often it had to wait.
    pub fn waits() -> i64 {
        getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.voluntary_context_switches())
    }
}

/// Elsewhere only the clock is looked at.
#[cfg(not(target_os = "linux"))]
mod thread {
    use std::time::Duration;

    pub fn worked() -> Option<Duration> {
        None
    }

    pub fn waits() -> i64 {
        0
    }
}
