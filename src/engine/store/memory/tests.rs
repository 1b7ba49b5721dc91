use super::{
    super::{Pages, acceptance},
    *,
};

mod bounds;
mod listing;
mod model;
mod threads;

pub(in crate::engine::store) fn session(expires: Option<i64>) -> String {
    match expires {
        Some(at) => format!(r#"{{"cookie":{{"expires":"{}"}}}}"#, acceptance::iso(at)),
        None => r#"{"cookie":{"expires":null}}"#.to_owned(),
    }
}

pub(in crate::engine::store) fn cookie(expires: i64) -> String {
    format!(r#"{{"expires":"{}"}}"#, acceptance::iso(expires))
}

/// Entries that take up memory, expired or not.
fn held(store: &MemoryStore) -> usize {
    store.len(UnixMillis(i64::MIN)).unwrap()
}

#[test]
fn it_is_a_session_store() {
    acceptance::run(MemoryStore::default);
}

#[test]
fn it_is_a_session_store_with_bounds_that_are_not_reached() {
    acceptance::run(|| {
        MemoryStore::new(Options {
            max_sessions: Some(1000),
            max_bytes: Some(1 << 30),
            ..Options::default()
        })
    });
}

#[test]
fn expired_sessions_that_nobody_asks_for_are_freed() {
    let store = MemoryStore::default();
    for number in 0..1000_i64 {
        let text = session(Some(1000 + number));
        store
            .set(number.to_string().as_bytes(), &text, UnixMillis(0))
            .unwrap();
    }
    store.set(b"stays", &session(None), UnixMillis(0)).unwrap();
    assert_eq!(held(&store), 1001);
    assert!(
        store.sweep(UnixMillis(10_000), 10),
        "a small budget does not get done"
    );
    assert!(!store.sweep(UnixMillis(10_000), 10_000));
    assert_eq!(held(&store), 1);
    assert_eq!(store.next_due(), None);
    assert_eq!(store.stats().expirations, 1000);
}

#[test]
fn the_next_due_time_is_exact_once_it_is_near_and_never_late() {
    let store = MemoryStore::default();
    assert_eq!(store.next_due(), None);
    store.set(b"never", &session(None), UnixMillis(0)).unwrap();
    assert_eq!(store.next_due(), None);
    store
        .set(b"a", &session(Some(5500)), UnixMillis(0))
        .unwrap();
    assert!(store.next_due().unwrap() <= UnixMillis(5500));
    store.sweep(UnixMillis(5499), 100);
    assert_eq!(store.next_due(), Some(UnixMillis(5500)));
    store
        .touch(b"a", &cookie(90_000), UnixMillis(5499))
        .unwrap();
    store.sweep(UnixMillis(6000), 100);
    assert!(store.next_due().unwrap() > UnixMillis(6000));
    assert!(store.get(b"a", UnixMillis(6000)).unwrap().is_some());
    store.touch(b"a", "{}", UnixMillis(6000)).unwrap();
    assert_eq!(store.next_due(), None);
}

#[test]
fn renewing_and_destroying_for_ever_leaves_nothing_behind() {
    let store = MemoryStore::default();
    let empty = store.stats().bytes;
    let mut once = None;
    for round in 0..100_000_i64 {
        store
            .set(b"churn", &session(Some(3_000_000)), UnixMillis(0))
            .unwrap();
        store
            .touch(b"churn", &cookie(3_000_000 - round), UnixMillis(0))
            .unwrap();
        store.destroy(b"churn", UnixMillis(0)).unwrap();
        let bytes = store.stats().bytes;
        if round == 0 {
            once = Some(bytes);
        }
        if round % 10_000 == 0 {
            assert!(bytes < once.unwrap() + 2000, "{bytes} after {round}");
        }
    }
    assert!(store.stats().bytes < empty + 5000);
}

#[test]
fn a_renewed_session_outlives_its_first_expiry() {
    let store = MemoryStore::default();
    store
        .set(b"a", &session(Some(1000)), UnixMillis(0))
        .unwrap();
    for now in (0..600_000).step_by(500) {
        store.sweep(UnixMillis(now), 100);
        let renewed = store
            .touch(b"a", &cookie(now + 1000), UnixMillis(now))
            .unwrap();
        assert!(renewed.is_some(), "lost at {now}");
    }
}

#[test]
fn sessions_are_freed_in_time_although_the_clock_was_ahead_for_a_while() {
    let store = MemoryStore::with_shards(Options::default(), 1);
    // The far one keeps the wheel from being empty, the near one takes it to where the clock is.
    store
        .set(
            b"far",
            r#"{"cookie":{"expires":"2100-01-01T00:00:00.000Z"}}"#,
            UnixMillis(0),
        )
        .unwrap();
    store
        .set(
            b"near",
            r#"{"cookie":{"expires":"2050-01-01T00:00:00.000Z"}}"#,
            UnixMillis(0),
        )
        .unwrap();
    store.sweep(UnixMillis(2_600_000_000_000), 100);
    assert_eq!(held(&store), 1);
    store
        .set(b"a", &session(Some(60_000)), UnixMillis(0))
        .unwrap();
    store.sweep(UnixMillis(60_000), 1000);
    assert_eq!(store.ids(UnixMillis(0)), [b"far".to_vec()]);
}

#[test]
fn what_is_counted_is_what_is_listed_after_the_clock_was_set_back() {
    for step in [1, 1000, 59_000, 1_700_000] {
        let store = MemoryStore::with_shards(Options::default(), 1);
        let start = 1000;
        let ahead = start + step;
        // What fell due takes the wheel to where the clock is, the other one keeps it from being empty.
        for (id, expires) in [(b"due", ahead), (b"far", 2 * ahead)] {
            let text = session(Some(expires));
            store.set(id, &text, UnixMillis(start)).unwrap();
        }
        store.sweep(UnixMillis(ahead), 100);
        assert_eq!(held(&store), 1);
        let text = session(Some(start + step / 2));
        store.set(b"soon", &text, UnixMillis(start)).unwrap();
        let later = UnixMillis(start + step / 2);
        assert_eq!(store.ids(later), [b"far"]);
        assert_eq!(store.len(later).unwrap(), 1, "{step} ms");
    }
}

#[test]
fn a_panic_under_a_lock_leaves_the_store_usable() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let store = MemoryStore::with_shards(Options::default(), 1);
    store.set(b"a", "{}", UnixMillis(0)).unwrap();
    let panics = |what: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(what)).is_err());
    panics(&mut || {
        store.page(&mut Pages::default(), 5, UnixMillis(0), |_| {
            panic!("on purpose")
        });
    });
    // In the midst of a change, before the totals know of it.
    panics(&mut || {
        store.with_shard(b"a", UnixMillis(0), |shard, hash| {
            shard.destroy(hash, b"a", UnixMillis(0));
            panic!("on purpose")
        });
    });
    assert_eq!(store.get(b"a", UnixMillis(0)).unwrap(), None);
    store.set(b"b", "{}", UnixMillis(0)).unwrap();
    assert_eq!(store.ids(UnixMillis(0)), [b"b"]);
    assert_eq!(store.len(UnixMillis(0)).unwrap(), 1);
    assert!(store.destroy(b"b", UnixMillis(0)).unwrap());
    assert_eq!(held(&store), 0);
}

#[test]
fn a_time_to_live_is_for_sessions_whose_cookie_has_no_expiry() {
    let store = MemoryStore::new(Options {
        ttl: Some(1000),
        ..Options::default()
    });
    store.set(b"a", &session(None), UnixMillis(0)).unwrap();
    store
        .set(b"b", &session(Some(5000)), UnixMillis(0))
        .unwrap();
    let own = Save {
        ttl: Some(3000),
        ..Save::default()
    };
    store
        .save(b"c", &session(None), own, UnixMillis(0))
        .unwrap();
    store.renew(b"a", r#"{"expires":null}"#, None, UnixMillis(500));
    let live = |now| store.ids(UnixMillis(now)).concat();
    assert_eq!(live(1499), b"abc");
    assert_eq!(live(1500), b"bc");
    assert_eq!(live(3000), b"b");
    assert_eq!(live(5000), b"");
}

#[test]
fn a_destroyed_session_stays_so_where_that_is_wanted() {
    for stay_destroyed in [false, true] {
        let store = MemoryStore::new(Options {
            stay_destroyed,
            ..Options::default()
        });
        store.set(b"a", "{}", UnixMillis(0)).unwrap();
        store.destroy(b"a", UnixMillis(0)).unwrap();
        store.set(b"a", "{}", UnixMillis(1)).unwrap();
        assert_eq!(store.has(b"a", UnixMillis(1)), !stay_destroyed);
        store.set(b"b", "{}", UnixMillis(1)).unwrap();
        assert!(store.has(b"b", UnixMillis(1)));
    }
}

#[test]
fn a_destroyed_session_that_was_not_there_yet_stays_so_too() {
    let store = MemoryStore::new(Options {
        stay_destroyed: true,
        ..Options::default()
    });
    store.destroy(b"a", UnixMillis(0)).unwrap();
    store.set(b"a", "{}", UnixMillis(1)).unwrap();
    assert!(!store.has(b"a", UnixMillis(1)));
}

#[test]
fn asking_is_counted() {
    let store = MemoryStore::default();
    store.set(b"a", "{}", UnixMillis(0)).unwrap();
    for id in [b"a", b"b", b"a"] {
        store.get(id, UnixMillis(0)).unwrap();
    }
    assert!(store.has(b"a", UnixMillis(0)));
    let stats = store.stats();
    assert_eq!((stats.sessions, stats.hits, stats.misses), (1, 2, 1));
    store
        .sweeps
        .lock()
        .note(std::time::Duration::from_millis(2));
    store
        .sweeps
        .lock()
        .note(std::time::Duration::from_millis(1));
    let sweeps = store.stats().sweeps;
    assert_eq!(sweeps.count, 2);
    assert_eq!(
        (sweeps.last.as_millis(), sweeps.longest.as_millis()),
        (1, 2)
    );
}

#[test]
fn the_memory_of_many_sessions_that_are_gone_is_given_back() {
    let store = MemoryStore::with_shards(Options::default(), 4);
    for number in 0..20_000_i64 {
        let text = session(Some(if number % 100 == 0 { 3_000_000 } else { 1000 }));
        store
            .set(number.to_string().as_bytes(), &text, UnixMillis(0))
            .unwrap();
    }
    let full = store.stats().bytes;
    while store.sweep(UnixMillis(2000), 100) {}
    let bytes = store.stats().bytes;
    assert!(bytes < full / 20, "{bytes} of {full}");
    for number in (0..20_000).step_by(100) {
        assert!(store.has(number.to_string().as_bytes(), UnixMillis(2000)));
    }
    assert!(!store.sweep(UnixMillis(3_000_000), 100_000));
    assert_eq!(held(&store), 0);
}

#[test]
fn events_tell_what_happens_to_those_who_listen() {
    use super::super::{Class, EventKind, WITH_TEXT};

    let store = MemoryStore::new(Options {
        max_sessions: Some(1),
        ..Options::default()
    });
    let listener = Arc::new(Listener::default());
    store.set(b"before", "{}", UnixMillis(0)).unwrap();
    store.listen(&listener, 31 | WITH_TEXT);
    store
        .set(b"a", &session(Some(1000)), UnixMillis(0))
        .unwrap();
    store
        .set(b"a", &session(Some(2000)), UnixMillis(0))
        .unwrap();
    store.get(b"a", UnixMillis(2000)).unwrap();
    store.set(b"b", "{}", UnixMillis(0)).unwrap();
    store.destroy(b"b", UnixMillis(0)).unwrap();
    store.destroy(b"absent", UnixMillis(0)).unwrap();
    store.listen(&listener, 0);
    store.set(b"after", "{}", UnixMillis(0)).unwrap();

    assert_eq!(listener.take(1).len(), 1);
    let events: Vec<_> = listener
        .take(100)
        .into_iter()
        .map(|event| (event.kind, event.id, event.text.unwrap()))
        .collect();
    let event = |kind, id: &[u8], text: &str| (kind, id.to_vec(), text.to_owned());
    assert_eq!(
        events,
        [
            event(
                EventKind::Evict(Class::Anonymous, Bound::Sessions),
                b"before",
                "{}"
            ),
            event(EventKind::Update, b"a", &session(Some(2000))),
            event(EventKind::Expire, b"a", &session(Some(2000))),
            event(EventKind::Create, b"b", "{}"),
            event(EventKind::Destroy, b"b", "{}"),
        ]
    );
}
