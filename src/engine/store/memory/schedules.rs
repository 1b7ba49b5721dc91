//! The store under a model checker. At each lock, counter and share, the checker chooses which
//! thread runs next. It tries thousands of schedules of threads with conflicting operations:
//!
//! `cargo test --no-default-features --features schedules --lib schedules`
//!
//! A failing schedule is printed, and is replayed with `SCHEDULE=…`. The checker covers
//! interleavings, but not reordering by the processor: operations that must not be reordered are
//! under a lock. It does not cover the thread that sweeps stores, so these stores have no clock.

mod history;
mod listing;
mod named;
mod whole;

use std::env;

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler},
};

/// The number of schedules of each kind.
const TRIED: usize = 500;

/// Tries many schedules: half of them random, the others with few thread switches, which finds bugs
/// that need long runs of one thread.
fn try_schedules(test: impl Fn() + Send + Sync + 'static) {
    let test = std::sync::Arc::new(test);
    let run = {
        let test = std::sync::Arc::clone(&test);
        move || test()
    };
    let mut config = Config::new();
    config.silence_warnings = true;
    config.stack_size = 1 << 18;
    if let Ok(schedule) = env::var("SCHEDULE") {
        let scheduler = ReplayScheduler::new_from_encoded(&schedule);
        Runner::new(scheduler, config).run(run);
        return;
    }
    Runner::new(RandomScheduler::new_from_seed(1, TRIED), config.clone()).run(run.clone());
    Runner::new(PctScheduler::new_from_seed(1, 3, TRIED), config).run(run);
}
