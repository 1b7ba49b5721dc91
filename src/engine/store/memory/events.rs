//! The events of sessions, for listeners.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
    thread::{self, ThreadId},
};

use super::{
    session::{Cookie, Session},
    slots::{Class, Slot},
};
use crate::engine::{
    sync::{AtomicBool, AtomicU8, Mutex, Ordering},
    time::UnixMillis,
};

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A session was saved for the first time.
    Create,
    /// It was saved again.
    Update,
    /// It was removed by the application.
    Destroy,
    /// It was removed because it had expired.
    Expire,
    /// It was evicted.
    Evict(Class, Bound),
}

/// A bound of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Bound {
    /// The number of sessions.
    Sessions = 0,
    /// The bytes they take.
    Bytes = 1,
}

impl EventKind {
    /// The kind's number, from 0 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Create => 0,
            Self::Update => 1,
            Self::Destroy => 2,
            Self::Expire => 3,
            Self::Evict(..) => 4,
        }
    }

    fn bit(self) -> u8 {
        1 << self.number()
    }
}

/// The bit of [`MemoryStore::listen`](super::MemoryStore::listen) for events with data.
pub const WITH_DATA: u8 = 128;

/// An event of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The session's id.
    pub id: Vec<u8>,
    /// The session that was saved or removed, if the listener wants data.
    pub data: Option<EventData>,
}

/// A session that was saved or removed; see [`Session`](super::Session).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventData {
    /// Its text.
    pub text: String,
    /// Its cookie, if it is in parts.
    pub cookie: Option<Cookie>,
    /// The expiry of its cookie.
    pub expires: Option<UnixMillis>,
}

impl EventData {
    /// The session.
    #[must_use]
    pub fn session(&self) -> Session<'_> {
        Session {
            text: &self.text,
            cookie: self.cookie,
            expires: self.expires,
        }
    }
}

impl Event {
    /// About how many bytes the event takes.
    fn memory(&self) -> usize {
        let text = self.data.as_ref().map_or(0, |data| data.text.len());
        size_of::<Self>() + self.id.len() + text
    }
}

/// The maximum number of queued events, and of the bytes they take. Events of a listener that is
/// slower than that are dropped.
const MOST_EVENTS: usize = 100_000;
const MOST_BYTES: usize = 32 << 20;

/// The events that a listener has not taken yet.
#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
    dropped: u64,
}

/// How many events a listener has not taken yet, and how many were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queued {
    /// Events that have not been taken.
    pub events: usize,
    /// About how many bytes they take.
    pub bytes: usize,
    /// Events that were dropped because there were too many, since the listener was created.
    pub dropped: u64,
}

/// Wakes up a thread because there are events.
type Wake = Box<dyn Fn() + Send + Sync>;

/// A bounded queue of a store's events, from which its thread takes them later.
pub struct Listener {
    wanted: AtomicU8,
    queue: Mutex<Queue>,
    thread: ThreadId,
    wake: Wake,
    is_woken: AtomicBool,
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener")
    }
}

impl Listener {
    /// A listener that belongs to the current thread. When another thread causes an event, or when a
    /// session seems to have expired, it calls `wake`, once until the next [`Listener::take`]. `wake` must be fast. It is not called for
    /// events of the listener's own thread.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            wanted: AtomicU8::new(0),
            queue: Mutex::default(),
            thread: thread::current().id(),
            wake: Box::new(wake),
            is_woken: AtomicBool::new(false),
        }
    }

    /// Takes up to `most` events, in their order, and no more after `most_bytes`.
    #[must_use]
    pub fn take(&self, most: usize, most_bytes: usize) -> Vec<Event> {
        self.is_woken.store(false, Ordering::SeqCst);
        let mut queue = self.queue.lock();
        let before = queue.bytes;
        let mut events = Vec::new();
        while events.len() < most
            && before - queue.bytes < most_bytes
            && let Some(event) = queue.events.pop_front()
        {
            queue.bytes -= event.memory();
            events.push(event);
        }
        if queue.events.is_empty() {
            queue.events = VecDeque::new();
        }
        events
    }

    /// How many events there are to take.
    #[must_use]
    pub fn queued(&self) -> Queued {
        let queue = self.queue.lock();
        Queued {
            events: queue.events.len(),
            bytes: queue.bytes,
            dropped: queue.dropped,
        }
    }

    fn push(&self, event: Event) {
        let mut queue = self.queue.lock();
        let bytes = queue.bytes + event.memory();
        if queue.events.len() < MOST_EVENTS && bytes <= MOST_BYTES {
            queue.bytes = bytes;
            queue.events.push_back(event);
        } else {
            queue.dropped += 1;
        }
        drop(queue);
        self.wake();
    }

    fn wake(&self) {
        if thread::current().id() != self.thread && !self.is_woken.swap(true, Ordering::SeqCst) {
            (self.wake)();
        }
    }
}

/// The listeners of a store. Without any, an event only costs reading a number.
#[derive(Debug, Default)]
pub(super) struct Events {
    wanted: AtomicU8,
    listeners: Mutex<Vec<Weak<Listener>>>,
}

impl Events {
    /// Registers the events a listener wants: the bits `1 << kind` and [`WITH_DATA`]; 0 for none.
    pub(super) fn listen(&self, listener: &Arc<Listener>, wanted: u8) {
        let mut listeners = self.listeners.lock();
        listener.wanted.store(wanted, Ordering::Relaxed);
        // If it was woken up without listeners, it has not taken any events.
        listener.is_woken.store(false, Ordering::SeqCst);
        listeners.retain(|other| {
            other
                .upgrade()
                .is_some_and(|other| !Arc::ptr_eq(&other, listener))
        });
        if wanted & !WITH_DATA != 0 {
            listeners.push(Arc::downgrade(listener));
        }
        let all = listeners.iter().filter_map(Weak::upgrade);
        let wanted = all.fold(0, |all, one| all | one.wanted.load(Ordering::Relaxed));
        self.wanted.store(wanted, Ordering::Release);
    }

    /// Wakes up the listeners of these events: there may be some after the store's next operation.
    pub(super) fn wake_for(&self, kind: EventKind) {
        if self.wanted.load(Ordering::Acquire) & kind.bit() == 0 {
            return;
        }
        for listener in self.listeners.lock().iter().filter_map(Weak::upgrade) {
            if listener.wanted.load(Ordering::Relaxed) & kind.bit() != 0 {
                listener.wake();
            }
        }
    }

    pub(super) fn record(&self, kind: EventKind, slot: &Slot) {
        if self.wanted.load(Ordering::Acquire) & kind.bit() == 0 {
            return;
        }
        for listener in self.listeners.lock().iter().filter_map(Weak::upgrade) {
            let wanted = listener.wanted.load(Ordering::Relaxed);
            if wanted & kind.bit() != 0 {
                listener.push(Event {
                    kind,
                    id: slot.record.id().to_vec(),
                    data: (wanted & WITH_DATA != 0).then(|| EventData {
                        text: slot.record.text().to_owned(),
                        cookie: slot.record.cookie(),
                        expires: slot.cookie_expires(),
                    }),
                });
            }
        }
    }
}
