//! Facts about shards that can be looked up without their locks.

use std::array;

use super::slots::Class;
use crate::engine::{
    sync::{AtomicI64, AtomicU64, Ordering},
    time::UnixMillis,
};

/// The number of shards that are allocated together.
pub(super) const GROUP: usize = 16;

/// Facts about a group of shards, as of the last operation on each.
#[derive(Debug)]
pub(super) struct Hints {
    /// When a session may expire next.
    due: [AtomicI64; GROUP],
    /// When the least recently used session of each class was used. Only in a bounded store.
    oldest: Option<Box<Oldest>>,
}

type Oldest = [[AtomicU64; GROUP]; Class::ALL.len()];

impl Hints {
    pub(super) fn new(is_bounded: bool) -> Self {
        let never = || array::from_fn(|_| AtomicU64::new(u64::MAX));
        Self {
            due: array::from_fn(|_| AtomicI64::new(i64::MAX)),
            oldest: is_bounded.then(|| Box::new(array::from_fn(|_| never()))),
        }
    }

    /// The bytes that they take, apart from their own size.
    pub(super) fn memory(&self) -> usize {
        self.oldest.as_ref().map_or(0, |_| size_of::<Oldest>())
    }

    pub(super) fn set_due(&self, place: usize, due: Option<UnixMillis>) {
        if let Some(hint) = self.due.get(place) {
            // SeqCst, because the sweeper's thread ends or continues depending on this.
            hint.store(due.map_or(i64::MAX, |due| due.0), Ordering::SeqCst);
        }
    }

    pub(super) fn set_oldest(&self, place: usize, oldest: [Option<u64>; Class::ALL.len()]) {
        let hints = self.oldest.iter().flat_map(|hints| hints.iter());
        for (hints, oldest) in hints.zip(oldest) {
            if let Some(hint) = hints.get(place) {
                hint.store(oldest.unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        }
    }

    /// When a session expires next in each of the shards, `i64::MAX` for never.
    pub(super) fn due(&self) -> impl Iterator<Item = i64> {
        self.due.iter().map(|due| due.load(Ordering::SeqCst))
    }

    /// When the least recently used session of a class was used in each of the shards, `u64::MAX` if
    /// there is none.
    pub(super) fn oldest(&self, class: Class) -> impl Iterator<Item = u64> {
        let hints = self.oldest.as_ref().and_then(|all| all.get(class as usize));
        let hints = hints.into_iter().flatten();
        hints.map(|oldest| oldest.load(Ordering::Relaxed))
    }
}
