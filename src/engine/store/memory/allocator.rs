//! Helps the system's memory allocator: otherwise, freeing millions of sessions at once would stop
//! the process for a tenth of a second.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use super::{record::Record, sessions::Sessions, slots::Page};
use crate::engine::sync::{Mutex, thread};

/// The bytes that an allocation of this size takes by the rules of the GNU allocator. Others differ
/// little.
pub(super) fn allocated(bytes: usize) -> usize {
    const MAPPED: usize = 128 * 1024;
    match bytes {
        0 => 0,
        MAPPED.. => (bytes + 16).next_multiple_of(4096),
        _ => (bytes + 8).next_multiple_of(16).max(32),
    }
}

/// Makes the allocator tidy up its freed memory.
///
/// The GNU allocator keeps freed pieces in a list, which it sorts on the next larger allocation: up
/// to ten thousand pieces at once, which takes milliseconds. So this makes a larger allocation now.
pub(super) fn tidy() {
    const LARGER: usize = 2048;
    drop(black_box(Vec::<u8>::with_capacity(LARGER)));
}

/// Small allocations between the sessions, a quarter of a megabyte apart.
///
/// Common allocators return memory to the system when everything above it is free, all of it in the
/// call that frees the last piece. With millions of sessions that takes a tenth of a second.
/// Ballast stops it: the memory below stays with the process for as long as the store lives, and is
/// reused for new sessions or anything else.
#[derive(Debug, Default)]
pub(super) struct Ballast(Mutex<Vec<Record>>);

/// Bytes of the store per piece of ballast.
const SPACING: u64 = 256 << 10;

impl Ballast {
    /// Adds a piece if there is too little ballast for a store of `bytes`.
    pub(super) fn take_on(&self, bytes: u64) {
        let mut pieces = self.0.lock();
        if bytes / SPACING > pieces.len() as u64 {
            pieces.push(Record::new(&[0; 32], "", None));
        }
    }
}

/// The most sessions that are freed immediately. A separate thread frees more, because that takes
/// noticeable time.
const FREED_AT_ONCE: usize = 1000;

/// Frees sessions, in a separate thread if there are many.
pub(super) fn free(parts: Vec<Sessions>) {
    let sessions: usize = parts.iter().map(Sessions::live).sum();
    if sessions > FREED_AT_ONCE {
        let thread = thread::Builder::new().name("sessions-free".into());
        // If no thread can be started, dropping the closure frees the sessions.
        let _ = thread.spawn(move || free_in_order(parts));
    }
}

/// Frees the highest addresses first. Then common allocators can merge each piece with its free
/// neighbor and return memory to the system in small steps. In any other order they end up with
/// millions of pieces, which the next allocation has to sort, and gigabytes that are returned at
/// once.
///
/// Freeing a piece takes the allocator's lock. The thread sleeps often, so that it rarely loses its
/// CPU while it holds that lock and the rest of the program waits.
fn free_in_order(parts: Vec<Sessions>) {
    let mut records: Vec<Record> = Vec::new();
    let mut pages: Vec<Page> = Vec::new();
    for part in parts {
        pages.extend(part.into_parts(&mut records));
    }
    records.sort_unstable_by_key(Record::address);
    pages.sort_unstable_by_key(|page| page.as_ptr() as usize);
    let mut rhythm = Rhythm::default();
    loop {
        let highest = records.last().map(Record::address);
        let is_record = highest > pages.last().map(|page| page.as_ptr() as usize);
        if is_record {
            drop(records.pop());
        } else if pages.pop().is_none() {
            return;
        }
        rhythm.rest_if_due();
    }
}

/// When a background thread has to sleep.
///
/// On a busy machine, a thread that has used up its time slice waits until all others have had
/// theirs. If it holds a lock, every thread that needs the lock waits too. A thread that has just
/// slept is at the beginning of its slice.
struct Rhythm {
    rested: Instant,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            rested: Instant::now(),
        }
    }
}

impl Rhythm {
    fn rest_if_due(&mut self) {
        const WORK: Duration = Duration::from_micros(500);
        const REST: Duration = Duration::from_micros(50);
        if self.rested.elapsed() > WORK {
            thread::sleep(REST);
            *self = Self::default();
        }
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::*;

    #[test]
    fn the_allocators_share_is_counted() {
        assert_eq!([0, 1, 24, 25].map(allocated), [0, 32, 32, 48]);
        assert_eq!(allocated(128 * 1024), 33 * 4096);
    }

    #[test]
    fn ballast_comes_with_the_bytes_and_stays() {
        let ballast = Ballast::default();
        ballast.take_on(SPACING - 1);
        assert_eq!(ballast.0.lock().len(), 0);
        for _ in 0..5 {
            ballast.take_on(3 * SPACING);
        }
        assert_eq!(ballast.0.lock().len(), 3);
        ballast.take_on(2 * SPACING);
        assert_eq!(ballast.0.lock().len(), 3);
    }
}
