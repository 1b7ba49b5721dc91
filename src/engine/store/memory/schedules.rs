//! The store under a model checker, which chooses at each lock, counter and share who goes on, and
//! tries thousands of such schedules, of several threads that do the few things which could get in
//! each other's way:
//!
//! `cargo test --no-default-features --features schedules --lib schedules`
//!
//! A schedule that fails is printed, and comes again with `SCHEDULE=…`. The checker knows of every
//! order in which things can be done, but not of what a processor may reorder: all that must not be
//! reordered is done under a lock. Nor does it know of the thread that sweeps stores, so these have no
//! clock.

mod history;
mod listing;
mod named;
mod whole;

use std::env;

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler},
};

/// Schedules of each kind that are tried.
const TRIED: usize = 500;

/// Tries many schedules: half of them at random, the others with few changes from one thread to
/// another, which finds what takes long to come to.
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
