//! What happens to sessions, for those who want to know.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use super::slots::Class;
use crate::engine::sync::{AtomicU8, Mutex, Ordering};

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It is new.
    Create,
    /// It was saved again.
    Update,
    /// It was removed because somebody asked for that.
    Destroy,
    /// It was removed because its time was up.
    Expire,
    /// It had to go to make room.
    Evict(Class, Bound),
}

/// A bound of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The number of sessions.
    Sessions,
    /// The bytes they take.
    Bytes,
}

impl Bound {
    /// The option that sets it.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Sessions => "maxSessions",
            Self::Bytes => "maxBytes",
        }
    }
}

impl EventKind {
    /// The bit of [`Listener::listen`] that stands for events of this kind.
    #[must_use]
    pub fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Destroy => 4,
            Self::Expire => 8,
            Self::Evict(..) => 16,
        }
    }
}

/// The bit of [`Listener::listen`] that asks for the texts of sessions.
pub const WITH_TEXT: u8 = 128;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To which session.
    pub id: Vec<u8>,
    /// What was saved or removed, if that was asked for.
    pub text: Option<String>,
}

/// Somebody who wants to know what happens in a store, and asks for it in his own time.
#[derive(Debug, Default)]
pub struct Listener {
    wanted: AtomicU8,
    queue: Mutex<VecDeque<Event>>,
}

impl Listener {
    /// Takes up to so many events, in the order in which they happened.
    #[must_use]
    pub fn take(&self, most: usize) -> Vec<Event> {
        let mut queue = self.queue.lock();
        let most = most.min(queue.len());
        queue.drain(..most).collect()
    }
}

/// The listeners of a store. While there are none, an event costs one look at a number.
#[derive(Debug, Default)]
pub(super) struct Events {
    wanted: AtomicU8,
    listeners: Mutex<Vec<Weak<Listener>>>,
}

impl Events {
    /// Makes known what the listener wants: the bits of [`EventKind::bit`], and [`WITH_TEXT`].
    pub(super) fn listen(&self, listener: &Arc<Listener>, wanted: u8) {
        let mut listeners = self.listeners.lock();
        listener.wanted.store(wanted, Ordering::Relaxed);
        listeners.retain(|other| {
            other
                .upgrade()
                .is_some_and(|other| !Arc::ptr_eq(&other, listener))
        });
        if wanted & !WITH_TEXT != 0 {
            listeners.push(Arc::downgrade(listener));
        }
        let all = listeners.iter().filter_map(Weak::upgrade);
        let wanted = all.fold(0, |all, one| all | one.wanted.load(Ordering::Relaxed));
        self.wanted.store(wanted, Ordering::Release);
    }

    pub(super) fn record(&self, kind: EventKind, id: &[u8], text: &str) {
        if self.wanted.load(Ordering::Acquire) & kind.bit() == 0 {
            return;
        }
        for listener in self.listeners.lock().iter().filter_map(Weak::upgrade) {
            let wanted = listener.wanted.load(Ordering::Relaxed);
            if wanted & kind.bit() != 0 {
                listener.queue.lock().push_back(Event {
                    kind,
                    id: id.to_vec(),
                    text: (wanted & WITH_TEXT != 0).then(|| text.to_owned()),
                });
            }
        }
    }
}
