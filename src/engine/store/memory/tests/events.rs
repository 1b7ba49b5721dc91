use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;

/// Everything, without the data.
const ALL: u8 = 31;

/// A listener, and how often it was woken.
fn listener() -> (Arc<Listener>, Arc<AtomicUsize>) {
    let woken = Arc::new(AtomicUsize::new(0));
    let wake = {
        let woken = Arc::clone(&woken);
        move || {
            woken.fetch_add(1, Ordering::SeqCst);
        }
    };
    (Arc::new(Listener::new(wake)), woken)
}

fn in_another_thread(does: impl FnOnce() + Send) {
    thread::scope(|scope| {
        scope.spawn(does);
    });
}

fn data(session: Session<'_>) -> EventData {
    EventData {
        text: session.text.to_owned(),
        cookie: session.cookie,
        expires: session.expires,
    }
}

#[test]
fn events_tell_what_happens_to_those_who_listen() {
    let store = MemoryStore::new(
        Options {
            max_sessions: Some(1),
            ..Options::default()
        },
        None,
    );
    let (listener, _) = listener();
    let first = with_text(r#"{"n":1}"#, None);
    set(&store, b"before", first, 0);
    store.listen(&listener, ALL | WITH_DATA);
    set(&store, b"a", session(Some(1000)), 0);
    set(&store, b"a", session(Some(2000)), 0);
    assert_eq!(renew(&store, b"a", Some(3000), 0), Renewed::Done);
    assert_eq!(get(&store, b"a", 3000), None);
    set(&store, b"b", whole("whole", Some(9000)), 0);
    store.destroy(b"b", UnixMillis(0));
    store.destroy(b"absent", UnixMillis(0));
    store.listen(&listener, 0);
    set(&store, b"after", session(None), 0);

    assert_eq!(listener.take(1, usize::MAX).len(), 1);
    let event = |kind, id: &[u8], session| Event {
        kind,
        id: id.to_vec(),
        data: Some(data(session)),
    };
    let evict = EventKind::Evict(Class::Anonymous, Bound::Sessions);
    assert_eq!(
        listener.take(100, usize::MAX),
        [
            event(evict, b"before", first),
            event(EventKind::Update, b"a", session(Some(2000))),
            event(EventKind::Expire, b"a", session(Some(3000))),
            event(EventKind::Create, b"b", whole("whole", Some(9000))),
            event(EventKind::Destroy, b"b", whole("whole", Some(9000))),
        ]
    );
}

#[test]
fn the_data_of_an_event_are_the_session_that_was_saved() {
    let session = Session {
        text: r#"{"n":1}"#,
        cookie: Some(Cookie {
            attributes: 7,
            max_age: Some(5),
        }),
        expires: None,
    };
    let store = MemoryStore::new(
        Options {
            ttl: Some(1000),
            ..Options::default()
        },
        None,
    );
    let (listener, _) = listener();
    store.listen(&listener, ALL | WITH_DATA);
    set(&store, b"a", session, 0);
    assert!(!store.has(b"a", UnixMillis(1000)));
    for event in listener.take(2, usize::MAX) {
        let data = event.data.unwrap();
        assert_eq!(data.session(), session, "{:?}", event.kind);
    }
}

#[test]
fn a_listener_gets_the_kinds_of_events_that_it_wants_and_data_only_if_it_wants_them() {
    let kinds = [
        EventKind::Create,
        EventKind::Update,
        EventKind::Destroy,
        EventKind::Expire,
    ];
    for wanted in kinds {
        let store = MemoryStore::default();
        let ((with_data, _), (without, _)) = (listener(), listener());
        let bit = 1 << wanted.number();
        store.listen(&without, bit);
        store.listen(&with_data, bit | WITH_DATA);
        set(&store, b"a", session(None), 0);
        set(&store, b"a", session(Some(1000)), 0);
        store.sweep(UnixMillis(1000), 10);
        set(&store, b"a", session(None), 0);
        store.destroy(b"a", UnixMillis(0));
        let (with_data, without) = (with_data.take(9, usize::MAX), without.take(9, usize::MAX));
        let expected = if wanted == EventKind::Create { 2 } else { 1 };
        assert_eq!((with_data.len(), without.len()), (expected, expected));
        for (with_data, without) in with_data.iter().zip(&without) {
            assert_eq!((with_data.kind, without.kind), (wanted, wanted));
            assert!(with_data.data.is_some() && without.data.is_none());
        }
    }
}

#[test]
fn what_its_own_thread_does_wakes_no_listener() {
    let store = MemoryStore::default();
    let (listener, woken) = listener();
    store.listen(&listener, ALL);
    for _ in 0..5 {
        set(&store, b"a", session(None), 0);
        store.destroy(b"a", UnixMillis(0));
    }
    assert_eq!(woken.load(Ordering::SeqCst), 0);
    assert_eq!(listener.take(100, usize::MAX).len(), 10);
}

#[test]
fn what_another_thread_does_wakes_a_listener_once_until_it_takes_the_events() {
    let store = MemoryStore::default();
    let (listener, woken) = listener();
    store.listen(&listener, ALL);
    set(&store, b"a", session(None), 0);
    for round in 1..=3 {
        for _ in 0..2 {
            in_another_thread(|| {
                for _ in 0..10 {
                    set(&store, b"a", session(None), 0);
                }
            });
        }
        assert_eq!(woken.load(Ordering::SeqCst), round);
        set(&store, b"a", session(None), 0);
        assert_eq!(woken.load(Ordering::SeqCst), round);
        // Also if it does not take all of them.
        assert_eq!(listener.take(5, usize::MAX).len(), 5);
        set(&store, b"a", session(None), 0);
        assert_eq!(woken.load(Ordering::SeqCst), round);
    }
    assert_eq!(listener.take(100, usize::MAX).len(), 1 + 3 * 22 - 3 * 5);
}

#[test]
fn an_event_that_a_listener_does_not_want_does_not_wake_it() {
    let store = MemoryStore::default();
    let (listener, woken) = listener();
    store.listen(&listener, 1 << EventKind::Destroy.number());
    in_another_thread(|| set(&store, b"a", session(None), 0));
    assert_eq!(woken.load(Ordering::SeqCst), 0);
    in_another_thread(|| {
        store.destroy(b"a", UnixMillis(0));
    });
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    store.listen(&listener, 0);
    assert_eq!(listener.take(9, usize::MAX).len(), 1);
    in_another_thread(|| set(&store, b"a", session(None), 0));
    assert_eq!(woken.load(Ordering::SeqCst), 1);
}

#[test]
fn a_listener_that_is_gone_is_told_nothing() {
    let store = MemoryStore::default();
    let (listener, woken) = listener();
    store.listen(&listener, ALL);
    drop(listener);
    in_another_thread(|| set(&store, b"a", session(None), 0));
    assert_eq!(woken.load(Ordering::SeqCst), 0);
}

#[test]
fn a_listener_that_takes_nothing_does_not_fill_memory() {
    let store = MemoryStore::default();
    let by_number = Arc::new(Listener::new(|| {}));
    store.listen(&by_number, 1 << EventKind::Update.number());
    for _ in 0..200_000 {
        set(&store, b"a", session(None), 0);
    }
    let queued = by_number.queued();
    assert_eq!((queued.events, queued.dropped), (100_000, 99_999));
    assert_eq!(by_number.take(200_000, usize::MAX).len(), 100_000);
    assert_eq!(
        (by_number.queued().events, by_number.queued().bytes),
        (0, 0)
    );
    store.listen(&by_number, 0);

    let by_bytes = Arc::new(Listener::new(|| {}));
    store.listen(&by_bytes, 1 << EventKind::Update.number() | WITH_DATA);
    let text = "x".repeat(1 << 20);
    for _ in 0..100 {
        set(&store, b"a", whole(&text, None), 0);
    }
    let queued = by_bytes.queued();
    assert_eq!((queued.events, queued.dropped), (31, 69));
    assert!(queued.bytes <= 32 << 20);
    assert_eq!(by_bytes.take(1, usize::MAX).len(), 1);
    set(&store, b"a", whole(&text, None), 0);
    assert_eq!(by_bytes.queued().events, 31);
}
