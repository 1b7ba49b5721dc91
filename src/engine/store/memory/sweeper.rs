//! The thread that frees expired sessions that are never looked up: one per process.
//!
//! It only runs while there is a session that can expire, and does not keep stores alive. It does
//! not use the event loop, so JavaScript sees no timer.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{clock::StoreClock, events::EventKind, shards::Shards, stats::Sweeps};
use crate::engine::time::{Clock, UnixMillis};

/// The minimum and maximum time until the next sweep, when there is nothing more to do.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_mins(1);

/// A sweep that is planned up to this many milliseconds after an expiry is not hurried.
const PATIENCE: i64 = 1000;

/// The pause between two sweeps while there is more to do.
const BREAK: Duration = Duration::from_millis(1);

/// The pause after a panic, which is a bug that must not repeat at full speed.
const RECOVERY: Duration = Duration::from_mins(1);

/// Enough for this thread. The default would reserve two megabytes.
const STACK: usize = 256 * 1024;

static SWEEPER: Sweeper = Sweeper {
    state: Mutex::new(State {
        stores: Vec::new(),
        is_running: false,
        is_changed: false,
    }),
    wake: Condvar::new(),
    planned: AtomicI64::new(i64::MAX),
};

struct Sweeper {
    state: Mutex<State>,
    wake: Condvar,
    /// When the thread wakes up next, by the system's clock.
    planned: AtomicI64,
}

struct State {
    stores: Vec<Weak<Swept>>,
    is_running: bool,
    /// Whether there may be work earlier than planned.
    is_changed: bool,
}

/// A store's shards, which are swept when sessions have expired.
#[derive(Debug)]
pub(super) struct Swept {
    pub(super) shards: Shards,
    pub(super) sweeps: Mutex<Sweeps>,
    /// `None` for a store that only its callers sweep.
    clock: Option<StoreClock>,
    /// Whether the thread has it in its list.
    is_known: AtomicBool,
}

impl Swept {
    pub(super) fn new(shards: Shards, clock: Option<Clock>) -> Self {
        Self {
            shards,
            sweeps: Mutex::default(),
            clock: clock.map(StoreClock::new),
            is_known: AtomicBool::new(false),
        }
    }

    /// Call this with the time of each operation.
    pub(super) fn note_time(&self, now: UnixMillis) {
        if let Some(clock) = &self.clock {
            clock.note(now);
        }
    }

    /// Call this when the expiry of a session may have changed.
    pub(super) fn note_expiry(self: &Arc<Self>, expires: UnixMillis) {
        if self.clock.is_none() {
            return;
        }
        if !self.is_known.swap(true, Ordering::SeqCst) {
            SWEEPER.watch(self);
        } else if SWEEPER.planned.load(Ordering::SeqCst) > expires.plus(PATIENCE).0 {
            SWEEPER.hurry();
        }
    }

    /// Frees expired sessions for less than a millisecond. Returns whether there is more to do.
    fn sweep(&self) -> bool {
        let Some(clock) = &self.clock else {
            return false;
        };
        clock.look();
        let now = clock.now();
        let Some(due) = self.shards.next_due() else {
            return false;
        };
        if due > now {
            if due <= clock.system() && clock.agrees() {
                // It seems that it has expired, and only a call of the store's can tell.
                self.shards.shared.events.wake_for(EventKind::Expire);
            }
            return false;
        }
        // The clock may go back meanwhile.
        let (more, took) = self.shards.sweep_briefly(|| clock.now());
        self.sweeps.lock().note(took);
        more
    }

    /// How long to wait before the next sweep; `None` if nothing can expire.
    fn next_sweep(&self) -> Option<Duration> {
        let due = self.shards.next_due()?.0;
        let now = self.clock.as_ref()?.system().0;
        let wait = u64::try_from(due.saturating_sub(now)).unwrap_or_default();
        Some(Duration::from_millis(wait).clamp(SOONEST, LATEST))
    }

    /// Whether the thread may drop it from its list, because nothing can expire any more.
    fn can_be_forgotten(&self) -> bool {
        if self.shards.next_due().is_some() {
            return false;
        }
        self.is_known.store(false, Ordering::SeqCst);
        if self.shards.next_due().is_none() {
            return true;
        }
        // A session was added in between. Either that call saw `is_known` unset and is about to add
        // the store again, or the store stays in the list now.
        self.is_known.swap(true, Ordering::SeqCst)
    }
}

impl Sweeper {
    fn watch(&'static self, store: &Arc<Swept>) {
        let mut state = self.state.lock();
        state.stores.push(Arc::downgrade(store));
        state.is_changed = true;
        self.wake.notify_one();
        if !state.is_running {
            let builder = thread::Builder::new().name("sessions-sweep".into());
            // If no thread can be started, sessions are freed when they are looked up, and the next
            // store tries again.
            let thread = builder.stack_size(STACK).spawn(|| self.thread());
            state.is_running = thread.is_ok();
        }
    }

    fn hurry(&self) {
        self.state.lock().is_changed = true;
        self.wake.notify_one();
    }

    fn run(&self) {
        let mut more = false;
        while self.wait(more) {
            let sweep = || {
                let mut more = false;
                for store in self.stores() {
                    more |= store.sweep();
                }
                more
            };
            more = panic::catch_unwind(AssertUnwindSafe(sweep)).unwrap_or_else(|_| {
                thread::sleep(RECOVERY);
                false
            });
        }
    }

    /// The thread. A panic outside of a sweep ends it, and the next store starts another one.
    fn thread(&self) {
        if panic::catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
            self.state.lock().is_running = false;
        }
    }

    fn stores(&self) -> Vec<Arc<Swept>> {
        let state = self.state.lock();
        state.stores.iter().filter_map(Weak::upgrade).collect()
    }

    /// Waits until a session may have expired. Returns whether there is any store left.
    fn wait(&self, more: bool) -> bool {
        let longest = if more { BREAK } else { LATEST };
        let mut deadline = Instant::now() + longest;
        loop {
            // While this is computed, every new expiry counts as earlier than planned.
            self.planned.store(i64::MAX, Ordering::SeqCst);
            let stores = self.stores();
            let next = stores.iter().filter_map(|store| store.next_sweep()).min();
            let clock = stores.iter().find_map(|store| store.clock.as_ref());
            deadline = deadline.min(Instant::now() + next.unwrap_or(LATEST));
            let wait = deadline.saturating_duration_since(Instant::now());
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            let planned = clock.map_or(i64::MAX, |clock| clock.system().plus(wait).0);
            drop(stores);

            let mut state = self.state.lock();
            state.stores.retain(|store| {
                let store = store.upgrade();
                store.is_some_and(|store| !store.can_be_forgotten())
            });
            if state.stores.is_empty() {
                state.is_running = false;
                return false;
            }
            if !state.is_changed {
                self.planned.store(planned, Ordering::SeqCst);
                if self.wake.wait_until(&mut state, deadline).timed_out() {
                    return true;
                }
            }
            state.is_changed = false;
        }
    }
}
