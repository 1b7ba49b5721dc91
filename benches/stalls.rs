//! The longest single call of the memory store on one thread, as an event loop makes them, while
//! sessions of 350 bytes are created, used, expire all at once (a thread of the store's own frees
//! them) and are cleared:
//!
//! `cargo bench --no-default-features --bench stalls`
//!
//! `STALL_SESSIONS` says how many sessions there are; without it, a million. Ten million take 5 GB.
//!
//! What counts of a call is the processor's time of the thread, and if the thread had to wait for a
//! lock, the time of the clock: that the machine was busy with something else is none of the store's
//! stalls. Between the calls, memory is taken and freed as the rest of a program does it; that is
//! measured too, for what the allocator does with what the store gave back is the store's doing. The
//! first phase has no store in it: it shows what the machine's memory alone takes.

#![expect(clippy::print_stdout, reason = "figures to look at")]

#[path = "stalls/meter.rs"]
mod meter;
#[path = "stalls/sessions.rs"]
mod sessions;

use std::{
    env,
    hint::black_box,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use express_session_native::engine::{
    store::memory::{MemoryStore, Options, Save, Session},
    time::UnixMillis,
};
use meter::Meter;
use sessions::{FIRST_EXPIRY, Random, Sessions, id_of};

/// The milliseconds within which all sessions expire.
const EXPIRE_WITHIN: u64 = 3000;
/// Long before that.
const BEFORE: UnixMillis = UnixMillis(FIRST_EXPIRY.0 - 3_600_000);
/// The milliseconds after the first expiry when those expire that are saved again.
const LATE: u64 = 3_599_999;

/// Calls of a turn of the event loop.
const TURN: usize = 16;

/// When the clock began to go, with the first expiry. Before that, it stands still.
static EXPIRING_SINCE: RwLock<Option<Instant>> = RwLock::new(None);

/// What JavaScript's clock and the system's show.
fn now() -> UnixMillis {
    let since = *EXPIRING_SINCE
        .read()
        .unwrap_or_else(PoisonError::into_inner);
    let passed = |since: Instant| i64::try_from(since.elapsed().as_millis()).unwrap_or_default();
    since.map_or(BEFORE, |since| FIRST_EXPIRY.plus(passed(since)))
}

fn set_clock(expiring_since: Option<Instant>) {
    let mut since = EXPIRING_SINCE
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *since = expiring_since;
}

fn main() {
    let size =
        env::var("STALL_SESSIONS").map_or(1_000_000, |size| size.parse().unwrap_or_default());
    println!("{size} sessions: calls, p99.999 and the longest call of each kind in microseconds");
    let store = MemoryStore::new(Options::default(), Some(now));

    machine(size);
    create(&store, size);
    use_for(&store, size, Duration::from_secs(3));
    expire(&store, size);
    create(&store, size);
    clear(&store);
}

/// What the machine does by itself: takes as much memory as the sessions will, without a store.
fn machine(size: u64) {
    const PAGE: [u8; 4096] = [1; 4096];
    /// The system gives and takes such pieces apart from all others.
    const PIECE: usize = 64 << 20;
    let mut meter = Meter::new("machine");
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for _ in 0..size * 480 / PAGE.len() as u64 {
        meter.time("page", || {
            if pieces.last().is_none_or(|piece| piece.len() == PIECE) {
                pieces.push(Vec::with_capacity(PIECE));
            }
            if let Some(piece) = pieces.last_mut() {
                piece.extend_from_slice(&PAGE);
            }
        });
    }
    black_box(pieces);
    meter.report();
}

/// Saves all sessions; each one's expiry is within the same few seconds.
fn create(store: &MemoryStore, size: u64) {
    let sessions = Sessions::of(store);
    let mut meter = Meter::new("create");
    let mut rest = Rest::default();
    for number in 0..size {
        let id = id_of(number);
        let session = sessions.expiring(number % EXPIRE_WITHIN);
        let save = || store.save(id.as_bytes(), &session, Save::default(), BEFORE);
        let saved = meter.time("set", save);
        debug_assert!(saved.is_ok());
        if number % 16 == 0 {
            rest.work(&mut meter);
        }
    }
    meter.report();
}

fn use_for(store: &MemoryStore, size: u64, time: Duration) {
    let mut meter = Meter::new("use");
    let mut user = User::new(store, size, EXPIRE_WITHIN);
    let end = Instant::now() + time;
    while Instant::now() < end {
        user.turn(store, BEFORE, &mut meter);
    }
    meter.report();
}

/// Lets all sessions expire within seconds, and uses others while a thread frees them.
fn expire(store: &MemoryStore, size: u64) {
    const OTHERS: u64 = 16;
    const AT_MOST: Duration = Duration::from_mins(5);
    let sessions = Sessions::of(store);
    let far = sessions.expiring(LATE);
    let before = store.stats().sweeps.count;
    let start = Instant::now();
    set_clock(Some(start));
    for number in 0..OTHERS {
        let saved = store.save(id_of(number).as_bytes(), &far, Save::default(), now());
        debug_assert!(saved.is_ok());
    }
    // The thread knows nothing of a clock that was put forward: this is to be freed sooner than it planned.
    let soon = Session {
        expires: Some(BEFORE),
        ..far
    };
    let saved = store.save(b"soon", &soon, Save::default(), now());
    debug_assert!(saved.is_ok());

    let mut meter = Meter::new("expire");
    let mut user = User::new(store, OTHERS, LATE);
    let within = Duration::from_millis(EXPIRE_WITHIN);
    while start.elapsed() < within || store.stats().sessions > OTHERS && start.elapsed() < AT_MOST {
        user.turn(store, now(), &mut meter);
    }
    meter.report();
    let stats = store.stats();
    println!(
        "           {} sessions are left, {size} were there; {} sweeps, the longest took {}",
        stats.sessions,
        stats.sweeps.count - before,
        stats.sweeps.longest.as_micros()
    );
    set_clock(None);
}

fn clear(store: &MemoryStore) {
    let mut meter = Meter::new("clear");
    let sessions = Sessions::of(store);
    let new = sessions.expiring(0);
    meter.time("clear", || store.clear());
    let mut rest = Rest::default();
    let end = Instant::now() + Duration::from_secs(8);
    while Instant::now() < end {
        let save = || store.save(b"new", &new, Save::default(), BEFORE);
        let saved = meter.time("set", save);
        debug_assert!(saved.is_ok());
        rest.work(&mut meter);
    }
    meter.report();
}

/// Reads, saves and renews sessions all over the store.
struct User {
    random: Random,
    size: u64,
    sessions: Sessions,
    expires: u64,
    rest: Rest,
}

impl User {
    /// Of the first sessions; those it saves expire so many milliseconds after the first expiry.
    fn new(store: &MemoryStore, size: u64, expires: u64) -> Self {
        Self {
            random: Random::default(),
            size,
            sessions: Sessions::of(store),
            expires,
            rest: Rest::default(),
        }
    }

    fn turn(&mut self, store: &MemoryStore, now: UnixMillis, meter: &mut Meter) {
        let session = self.sessions.expiring(self.expires);
        for call in 0..TURN {
            let id = id_of(self.random.below(self.size));
            let id = id.as_bytes();
            match call % 4 {
                0 => {
                    let save = || store.save(id, &session, Save::default(), now);
                    let saved = meter.time("set", save);
                    debug_assert!(saved.is_ok());
                }
                1 => {
                    meter.time("touch", || store.renew(id, &session, None, now));
                }
                _ => {
                    meter.time("get", || store.read(id, now, |found| found.text.to_owned()));
                }
            }
        }
        self.rest.work(meter);
    }
}

/// The rest of the program: it keeps some memory, of all sizes.
#[derive(Default)]
struct Rest {
    random: Random,
    held: Vec<Vec<u8>>,
}

impl Rest {
    fn work(&mut self, meter: &mut Meter) {
        const HELD: usize = 1000;
        let size = usize::try_from(64 + self.random.below(8000)).unwrap_or_default();
        meter.time("other memory", || {
            let memory = black_box(vec![1_u8; size]);
            if self.held.len() < HELD {
                self.held.push(memory);
            } else {
                let place = usize::try_from(self.random.below(HELD as u64)).unwrap_or_default();
                if let Some(held) = self.held.get_mut(place) {
                    *held = memory;
                }
            }
        });
    }
}
