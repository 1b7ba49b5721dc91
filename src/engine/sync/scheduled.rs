//! The same under a scheduler that chooses which thread runs next. They only work while it runs.

use std::{ops::Deref, sync::PoisonError};

use shuttle::sync;

pub use shuttle::{
    sync::{
        MutexGuard,
        atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering},
    },
    thread,
};

/// The parts of `parking_lot`'s that are used here.
#[derive(Debug, Default)]
pub struct Mutex<Value>(sync::Mutex<Value>);

impl<Value> Mutex<Value> {
    pub fn new(value: Value) -> Self {
        Self(sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The standard library's, but another thread may run whenever a share is cloned or dropped.
#[derive(Debug)]
pub struct Share<Value>(Option<std::sync::Arc<Value>>);

/// The weak counterpart.
#[derive(Debug)]
pub struct WeakShare<Value>(std::sync::Weak<Value>);

impl<Value> Share<Value> {
    pub fn new(value: Value) -> Self {
        Self(Some(std::sync::Arc::new(value)))
    }

    #[expect(clippy::expect_used, reason = "it is taken only where it ends")]
    fn inner(this: &Self) -> &std::sync::Arc<Value> {
        this.0.as_ref().expect("it is there until it ends")
    }

    pub fn downgrade(this: &Self) -> WeakShare<Value> {
        thread::yield_now();
        WeakShare(std::sync::Arc::downgrade(Self::inner(this)))
    }

    pub fn into_inner(mut this: Self) -> Option<Value> {
        thread::yield_now();
        this.0.take().and_then(std::sync::Arc::into_inner)
    }
}

impl<Value> Clone for Share<Value> {
    fn clone(&self) -> Self {
        thread::yield_now();
        Self(Some(std::sync::Arc::clone(Self::inner(self))))
    }
}

impl<Value> Deref for Share<Value> {
    type Target = Value;

    fn deref(&self) -> &Value {
        Self::inner(self)
    }
}

impl<Value> Drop for Share<Value> {
    fn drop(&mut self) {
        if self.0.is_some() && !std::thread::panicking() {
            thread::yield_now();
        }
    }
}

impl<Value> WeakShare<Value> {
    pub fn upgrade(&self) -> Option<Share<Value>> {
        thread::yield_now();
        self.0.upgrade().map(|inner| Share(Some(inner)))
    }

    pub fn strong_count(&self) -> usize {
        thread::yield_now();
        self.0.strong_count()
    }
}
