//! The thread that frees expired sessions, with the system's clock. These tests wait: a long time
//! for expected events, because the machine may be busy, and some seconds for unexpected ones.

use std::{
    sync::{Weak, mpsc},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::*;

/// An expected event that has not happened after this time is a failure.
const DEADLINE: Duration = Duration::from_secs(20);

/// A wrong event would have happened within this time.
const WHILE: Duration = Duration::from_millis(2500);

const HOUR: i64 = 3_600_000;

fn system() -> UnixMillis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UnixMillis(i64::try_from(now.as_millis()).unwrap())
}

fn store() -> MemoryStore {
    MemoryStore::new(Options::default(), Some(system))
}

/// The number of sessions, without a call that tells the time.
fn held(store: &MemoryStore) -> u64 {
    store.stats().sessions
}

/// Saves a session that expires `later` milliseconds after `now`.
fn save(store: &MemoryStore, id: &[u8], now: UnixMillis, later: i64) {
    set(store, id, session(Some(now.plus(later).0)), now.0);
}

/// Waits for something in a store that is in use.
fn until(store: &MemoryStore, what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        store.note_time(system());
        assert!(start.elapsed() < DEADLINE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_has_expired_is_freed_without_anybody_asking_and_a_listener_is_told() {
    let store = store();
    let (sender, receiver) = mpsc::channel();
    let listener = Arc::new(Listener::new(move || {
        let _ = sender.send(());
    }));
    store.listen(&listener, 1 << EventKind::Expire.number() | WITH_DATA);
    let now = system();
    save(&store, b"far", now, HOUR);
    // By then the thread is waiting, and must be woken up for an earlier expiry.
    thread::sleep(Duration::from_millis(100));
    save(&store, b"past", now, -1);
    save(&store, b"soon", now, 1500);

    for (id, at) in [(b"past", -1), (b"soon", 1500)] {
        let mut events = listener.take(1, usize::MAX);
        while events.is_empty() {
            receiver.recv_timeout(DEADLINE).expect("a call of wake");
            store.note_time(system());
            events = listener.take(1, usize::MAX);
        }
        assert!(system() >= now.plus(at));
        let [event] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((event.kind, &event.id[..]), (EventKind::Expire, &id[..]));
        let data = event.data.as_ref().unwrap();
        assert_eq!(data.session(), session(Some(now.plus(at).0)));
    }
    // The statistics are updated when the shard is done.
    until(&store, "they are counted", || held(&store) == 1);
    until(&store, "the sweep is counted", || {
        store.stats().sweeps.count > 0
    });
    assert_eq!(store.stats().expirations, 2);
}

#[test]
fn a_store_that_had_nothing_to_expire_for_a_while_is_watched_again() {
    let store = store();
    for round in 1..=3 {
        set(&store, b"stays", session(None), system().0);
        save(&store, b"a", system(), -1);
        until(&store, "it is freed", || store.stats().expirations == round);
        // Gives the thread time to drop the store from its list and, without others, to end.
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_session_that_only_a_time_to_live_ends_is_freed_too() {
    let options = Options {
        ttl: Some(200),
        ..Options::default()
    };
    let store = MemoryStore::new(options, Some(system));
    set(&store, b"a", session(None), system().0);
    until(&store, "it is freed", || store.stats().expirations == 1);
}

#[test]
fn a_session_is_freed_when_it_was_renewed_for() {
    let store = store();
    let now = system();
    save(&store, b"sooner", now, HOUR);
    save(&store, b"later", now, 200);
    renew(&store, b"later", Some(now.plus(HOUR).0), now.0);
    // By then the thread is waiting.
    thread::sleep(Duration::from_millis(100));
    renew(&store, b"sooner", Some(now.plus(200).0), now.0);
    until(&store, "it is freed", || held(&store) == 1);
    assert_eq!(store.ids(now), [b"later"]);
}

#[test]
fn a_session_that_gets_an_expiry_when_it_is_renewed_is_freed_then() {
    let store = store();
    let now = system().0;
    set(&store, b"a", session(None), now);
    renew(&store, b"a", Some(now + 200), now);
    until(&store, "it is freed", || store.stats().expirations == 1);
}

#[test]
fn the_earlier_clock_counts_where_javascripts_is_not_the_systems() {
    // One hour behind: expired by the system's clock, but not by JavaScript's.
    let behind = store();
    let start = system().plus(-HOUR);
    save(&behind, b"a", start, HOUR / 2);
    // One hour ahead: expired by JavaScript's clock, but not by the system's.
    let ahead = store();
    save(&ahead, b"a", system().plus(HOUR), -HOUR / 2);
    thread::sleep(WHILE);
    assert_eq!((held(&behind), held(&ahead)), (1, 1));

    // JavaScript's clock is only known from calls.
    get(&behind, b"b", start.plus(HOUR / 2).0);
    until(&ahead, "it is freed", || held(&behind) == 0);
    assert_eq!(held(&ahead), 1);
}

#[test]
fn without_calls_nothing_is_freed_that_may_be_live_by_javascripts_clock() {
    let store = store();
    save(&store, b"a", system(), 500);
    thread::sleep(WHILE);
    assert_eq!(held(&store), 1);
    until(&store, "it is freed", || held(&store) == 0);
}

#[test]
fn a_store_that_nobody_has_any_more_is_not_kept_and_others_are_still_watched() {
    let dropped = store();
    let kept = store();
    let left: Weak<Swept> = Arc::downgrade(&dropped.swept);
    for number in 0..1000_i64 {
        save(&dropped, number.to_string().as_bytes(), system(), number);
    }
    drop(dropped);
    until(&kept, "nobody has it", || left.upgrade().is_none());
    save(&kept, b"a", system(), -1);
    until(&kept, "it is freed", || kept.stats().expirations == 1);
}

#[test]
fn a_store_without_a_clock_is_left_alone() {
    let store = MemoryStore::default();
    save(&store, b"a", system(), -1);
    let watched = self::store();
    save(&watched, b"a", system(), -1);
    until(&watched, "the other one is freed", || held(&watched) == 0);
    assert_eq!((held(&store), store.stats().sweeps.count), (1, 0));
}
