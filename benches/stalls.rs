//! The longest single call of the memory store on one thread, as an event loop makes them, while
//! sessions of 350 bytes are created, used, expire all at once and are cleared:
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
    time::{Duration, Instant},
};

use express_session_native::engine::{
    store::{MemoryStore, SessionStore as _},
    time::UnixMillis,
};
use meter::Meter;
use sessions::{FIRST_EXPIRY, Random, cookie, id_of, text};

/// The milliseconds within which all sessions expire.
const EXPIRE_WITHIN: u64 = 3000;
/// Long before that.
const BEFORE: UnixMillis = UnixMillis(FIRST_EXPIRY - 3_600_000);
/// The milliseconds after the first expiry when those expire that are saved again.
const LATE: u64 = 3_599_999;

/// Calls between two sweeps, as many as an event loop does in a turn.
const TURN: usize = 16;

fn main() {
    let size =
        env::var("STALL_SESSIONS").map_or(1_000_000, |size| size.parse().unwrap_or_default());
    println!("{size} sessions: calls, p99.999 and the longest call of each kind in microseconds");
    let store = MemoryStore::default();

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
    let texts: Vec<String> = (0..EXPIRE_WITHIN).map(text).collect();
    let mut meter = Meter::new("create");
    let mut rest = Rest::default();
    for number in 0..size {
        let id = id_of(number);
        let Some(text) = texts.get(usize::try_from(number % EXPIRE_WITHIN).unwrap_or_default())
        else {
            return;
        };
        meter.time("set", || store.set(id.as_bytes(), text, BEFORE).is_ok());
        if number % 16 == 0 {
            rest.work(&mut meter);
        }
    }
    meter.report();
}

fn use_for(store: &MemoryStore, size: u64, time: Duration) {
    let mut meter = Meter::new("use");
    let mut user = User::new(size, EXPIRE_WITHIN);
    let end = Instant::now() + time;
    while Instant::now() < end {
        user.turn(store, BEFORE, &mut meter);
    }
    meter.report();
}

/// Lets all sessions expire within seconds, and sweeps as the timer does, while others are used.
fn expire(store: &MemoryStore, size: u64) {
    const OTHERS: u64 = 16;
    let start = Instant::now();
    let now = || {
        UnixMillis(FIRST_EXPIRY + i64::try_from(start.elapsed().as_millis()).unwrap_or_default())
    };
    let far = text(LATE);
    for number in 0..OTHERS {
        let kept = store.set(id_of(number).as_bytes(), &far, BEFORE);
        debug_assert!(kept.is_ok());
    }
    let mut meter = Meter::new("expire");
    let mut user = User::new(OTHERS, LATE);
    let mut more = true;
    while more || start.elapsed() < Duration::from_millis(EXPIRE_WITHIN) {
        more = meter.time("sweep", || store.sweep_briefly(now()));
        user.turn(store, now(), &mut meter);
    }
    meter.report();
    println!(
        "           {} sessions are left, {size} were there",
        store.stats().sessions
    );
}

fn clear(store: &MemoryStore) {
    let mut meter = Meter::new("clear");
    meter.time("clear", || store.clear().is_ok());
    let mut rest = Rest::default();
    let end = Instant::now() + Duration::from_secs(8);
    while Instant::now() < end {
        meter.time("set", || store.set(b"new", "{}", BEFORE).is_ok());
        rest.work(&mut meter);
    }
    meter.report();
}

/// Reads, saves and renews sessions all over the store.
struct User {
    random: Random,
    size: u64,
    text: String,
    cookie: String,
    rest: Rest,
}

impl User {
    /// Of the first sessions; those it saves expire so many milliseconds after the first expiry.
    fn new(size: u64, expires: u64) -> Self {
        Self {
            random: Random::default(),
            size,
            text: text(expires),
            cookie: cookie(expires),
            rest: Rest::default(),
        }
    }

    fn turn(&mut self, store: &MemoryStore, now: UnixMillis, meter: &mut Meter) {
        for call in 0..TURN {
            let id = id_of(self.random.below(self.size));
            let id = id.as_bytes();
            match call % 4 {
                0 => drop(meter.time("set", || store.set(id, &self.text, now))),
                1 => drop(meter.time("touch", || store.touch(id, &self.cookie, now))),
                _ => drop(meter.time("get", || store.get(id, now))),
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
