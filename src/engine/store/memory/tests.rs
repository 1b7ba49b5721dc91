use std::cell::Cell;

use super::*;
use crate::engine::sync::Mutex;

mod basics;
mod bounds;
mod cookies;
mod events;
mod listing;
mod model;
mod sweeper;
mod threads;
mod time;

/// A cookie with unknown attributes, which the store does not use.
pub(super) const COOKIE: Cookie = Cookie {
    attributes: 0,
    max_age: None,
};

/// A session in parts, with this text.
pub(super) fn with_text(text: &str, expires: Option<i64>) -> Session<'_> {
    Session {
        text,
        cookie: Some(COOKIE),
        expires: expires.map(UnixMillis),
    }
}

/// A session without data.
pub(super) fn session(expires: Option<i64>) -> Session<'static> {
    with_text("{}", expires)
}

/// A session as whole text.
pub(super) fn whole(text: &str, expires: Option<i64>) -> Session<'_> {
    Session {
        cookie: None,
        ..with_text(text, expires)
    }
}

pub(super) fn set(store: &MemoryStore, id: &[u8], session: Session<'_>, now: i64) {
    let saved = store.save(id, &session, Save::default(), UnixMillis(now));
    assert_eq!(saved, Ok(true));
}

/// Changes a session's expiry.
pub(super) fn renew(store: &MemoryStore, id: &[u8], expires: Option<i64>, now: i64) -> Renewed {
    store.renew(id, &session(expires), None, UnixMillis(now))
}

/// The session's text and the expiry of its cookie.
pub(super) fn get(store: &MemoryStore, id: &[u8], now: i64) -> Option<(String, Option<i64>)> {
    store.read(id, UnixMillis(now), |found| {
        (found.text.to_owned(), found.expires.map(|at| at.0))
    })
}

fn text(store: &MemoryStore, id: &[u8], now: i64) -> Option<String> {
    get(store, id, now).map(|(text, _)| text)
}

/// The number of sessions that take memory, expired or not.
fn held(store: &MemoryStore) -> usize {
    store.len(UnixMillis::MIN)
}

#[test]
fn an_empty_store_takes_next_to_no_memory_and_the_first_session_brings_the_rest() {
    let store = MemoryStore::default();
    let bytes = store.stats().bytes;
    assert!(bytes < 1000, "{bytes}");
    assert_eq!(store.shards().iter().count(), 0);
    assert_eq!((store.ids(UnixMillis(0)), store.next_due()), (vec![], None));
    assert!(!store.page(&mut Pages::default(), 9, UnixMillis(0), |_, _| {}));
    assert!(!store.sweep(UnixMillis(0), 9));
    store.clear();
    assert_eq!(store.stats().bytes, bytes);

    set(&store, b"a", session(None), 0);
    // A group of shards, and one shard.
    let first = store.stats().bytes;
    assert!((1000..4000).contains(&first), "{first}");
    assert_eq!(store.shards().iter().count(), 1);
    store.clear();
    let one_shard = store.stats().bytes;
    for number in 0..100_000 {
        set(&store, format!("{number}").as_bytes(), session(None), 0);
    }
    assert_eq!(store.shards().iter().count(), shards::SHARDS);
    store.clear();
    let others = (shards::SHARDS - 1) * size_of::<Mutex<shard::Shard>>();
    let groups = store.stats().bytes - one_shard - others as u64;
    assert!(groups < 20_000, "{groups}");
}

#[test]
fn a_store_that_never_holds_much_has_few_shards() {
    let shards = |max_sessions, max_bytes| {
        let options = Options {
            max_sessions,
            max_bytes,
            ..Options::default()
        };
        MemoryStore::new(options, None).shards().count()
    };
    assert_eq!(shards(None, None), shards::SHARDS);
    assert_eq!(shards(Some(10), None), 1);
    assert_eq!(shards(Some(5000), None), 5);
    assert_eq!(shards(Some(5000), Some(1 << 20)), 2);
    assert_eq!(shards(Some(u64::MAX), Some(u64::MAX)), shards::SHARDS);
}

#[test]
fn a_panic_under_a_lock_leaves_an_empty_shard_that_works() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let store = MemoryStore::with_shards(Options::default(), Some(1), None);
    let panics = |what: &mut dyn FnMut()| {
        set(&store, b"a", session(Some(1000)), 0);
        assert!(catch_unwind(AssertUnwindSafe(what)).is_err());
        assert_eq!(get(&store, b"a", 0), None);
    };
    panics(&mut || {
        store.page(&mut Pages::default(), 5, UnixMillis(0), |_, _| {
            panic!("on purpose")
        });
    });
    panics(&mut || {
        store.read(b"a", UnixMillis(0), |_| panic!("on purpose"));
    });
    // In the middle of a change, before the totals are updated.
    panics(&mut || {
        store.shards().with(b"a", UnixMillis(0), |shard, hash| {
            shard.destroy(hash, b"a", UnixMillis(0));
            panic!("on purpose")
        });
    });
    set(&store, b"b", session(None), 0);
    assert_eq!(store.ids(UnixMillis(0)), [b"b"]);
    assert_eq!(store.len(UnixMillis(2000)), 1);
    assert!(store.destroy(b"b", UnixMillis(0)));
    assert_eq!(held(&store), 0);
}

fn loaded_until(until: i64, seen: u64) -> Known {
    let until = UnixMillis(until);
    Known::Loaded { until, seen }
}

#[test]
fn a_loaded_session_is_not_saved_after_it_was_destroyed_where_that_is_wanted() {
    for drop_late_saves in [false, true] {
        let options = Options {
            drop_late_saves,
            ..Options::default()
        };
        let store = MemoryStore::new(options, None);
        let seen = Cell::new(store.tick());
        let save = |loaded: Option<i64>, now| {
            let save = Save {
                known: loaded.map_or(Known::Nothing, |until| loaded_until(until, seen.get())),
                ..Save::default()
            };
            let saved = store.save(b"a", &session(None), save, UnixMillis(now));
            assert!(saved.is_ok());
            store.has(b"a", UnixMillis(now))
        };
        assert!(save(None, 0));
        assert!(save(Some(1000), 0));
        store.destroy(b"a", UnixMillis(0));
        // It was destroyed, even if the request lasted longer than the session.
        for (known, now) in [(1000, 999), (1000, 1000), (i64::MIN, 0), (i64::MAX, 0)] {
            assert_eq!(save(Some(known), now), !drop_late_saves);
            store.destroy(b"a", UnixMillis(now));
        }
        // A new session with this id. The old one is not saved in its place.
        assert!(save(None, 1000));
        assert!(save(Some(2000), 1000));
        let dropped = if drop_late_saves { 5 } else { 0 };
        assert_eq!(store.stats().dropped_saves, dropped);
        seen.set(store.tick());
        store.clear();
        assert_eq!(save(Some(2000), 1999), !drop_late_saves);
        store.clear();
        seen.set(store.tick());
        // It was not destroyed, but has expired.
        assert!(save(Some(2000), 2000));
        let dropped = if drop_late_saves { 6 } else { 0 };
        assert_eq!(store.stats().dropped_saves, dropped);
    }
}

#[test]
fn what_was_cleared_is_not_saved_again_even_if_it_seems_to_have_expired() {
    let options = Options {
        drop_late_saves: true,
        ..Options::default()
    };
    let store = MemoryStore::new(options, None);
    set(&store, b"a", session(Some(1000)), 0);
    let known = loaded_until(1000, store.tick());
    renew(&store, b"a", Some(9000), 500);
    store.clear();
    let save = Save {
        known,
        ..Save::default()
    };
    let saved = store.save(b"a", &session(None), save, UnixMillis(2000));
    assert_eq!((saved, store.stats().dropped_saves), (Ok(false), 1));
}

#[test]
fn what_was_not_there_leaves_no_tombstone() {
    let options = Options {
        drop_late_saves: true,
        ..Options::default()
    };
    let store = MemoryStore::with_shards(options, Some(1), None);
    set(&store, b"real", session(Some(1000)), 0);
    store.destroy(b"real", UnixMillis(0));
    for number in 0..10_000_i64 {
        store.destroy(number.to_string().as_bytes(), UnixMillis(0));
    }
    let save = Save {
        known: loaded_until(1000, 0),
        ..Save::default()
    };
    let saved = store.save(b"real", &session(None), save, UnixMillis(1000));
    assert_eq!(saved, Ok(false));
    assert!(!store.has(b"real", UnixMillis(1000)));
}

#[test]
fn a_session_that_expired_early_is_not_one_that_was_destroyed() {
    let options = Options {
        drop_late_saves: true,
        ..Options::default()
    };
    for (expires, is_saved) in [(2000, true), (9000, false)] {
        let store = MemoryStore::with_shards(options, Some(1), None);
        set(&store, b"a", session(Some(expires)), 0);
        let save = Save {
            known: loaded_until(9000, store.tick()),
            ..Save::default()
        };
        // Another request has a shorter expiry.
        renew(&store, b"a", Some(1000), 0);
        if is_saved {
            store.sweep(UnixMillis(1500), 100);
            assert_eq!(held(&store), 0);
        } else {
            store.destroy(b"a", UnixMillis(0));
        }
        let saved = store.save(b"a", &session(Some(9000)), save, UnixMillis(1500));
        assert_eq!(saved, Ok(is_saved));
    }
}

#[test]
fn a_session_that_was_refused_lifts_no_tombstone() {
    let options = Options {
        max_sessions: Some(1),
        on_full: OnFull::Reject,
        drop_late_saves: true,
        ..Options::default()
    };
    let store = MemoryStore::new(options, None);
    set(&store, b"a", session(Some(1000)), 0);
    let known = loaded_until(1000, store.tick());
    store.destroy(b"a", UnixMillis(0));
    set(&store, b"b", session(None), 0);
    let new = store.save(b"a", &session(None), Save::default(), UnixMillis(0));
    assert!(new.is_err());
    store.destroy(b"b", UnixMillis(0));
    let save = Save {
        known,
        ..Save::default()
    };
    let saved = store.save(b"a", &session(None), save, UnixMillis(2000));
    assert_eq!(saved, Ok(false));
}

#[test]
fn destroying_ids_that_are_unknown_never_exceeds_the_bound() {
    let options = Options {
        max_bytes: Some(2_000_000),
        drop_late_saves: true,
        ..Options::default()
    };
    let store = MemoryStore::new(options, None);
    for number in 0..30_000_u32 {
        set(&store, &number.to_le_bytes(), session(None), 0);
    }
    let before = store.stats();
    assert!(before.bytes <= 2_000_000 && before.evictions > 0);
    for number in 30_000..100_000_u32 {
        store.destroy(&number.to_le_bytes(), UnixMillis(0));
    }
    let after = store.stats();
    assert_eq!(
        (after.bytes, after.evictions),
        (before.bytes, before.evictions)
    );
}

#[test]
fn asking_is_counted() {
    let store = MemoryStore::default();
    set(&store, b"a", session(None), 0);
    for id in [b"a", b"b", b"a"] {
        get(&store, id, 0);
    }
    assert!(store.has(b"a", UnixMillis(0)));
    let stats = store.stats();
    assert_eq!((stats.sessions, stats.hits, stats.misses), (1, 2, 1));
    for milliseconds in [2, 1] {
        let took = std::time::Duration::from_millis(milliseconds);
        store.swept.sweeps.lock().note(took);
    }
    let sweeps = store.stats().sweeps;
    assert_eq!(sweeps.count, 2);
    assert_eq!(
        (sweeps.last.as_millis(), sweeps.longest.as_millis()),
        (1, 2)
    );
}

#[test]
fn renewing_and_destroying_for_ever_leaves_nothing_behind() {
    let store = MemoryStore::with_shards(Options::default(), Some(1), None);
    let mut once = None;
    for round in 0..100_000_i64 {
        set(&store, b"churn", session(Some(3_000_000)), 0);
        renew(&store, b"churn", Some(3_000_000 - round), 0);
        store.destroy(b"churn", UnixMillis(0));
        let bytes = store.stats().bytes;
        if round == 0 {
            once = Some(bytes);
        }
        if round % 10_000 == 0 {
            assert!(bytes < once.unwrap() + 2000, "{bytes} after {round}");
        }
    }
    assert!(store.stats().bytes < 5000);
}

#[test]
fn the_memory_of_many_sessions_that_are_gone_is_given_back() {
    let store = MemoryStore::with_shards(Options::default(), Some(4), None);
    for number in 0..20_000_i64 {
        let expires = if number % 100 == 0 { 3_000_000 } else { 1000 };
        let id = number.to_string();
        set(&store, id.as_bytes(), session(Some(expires)), 0);
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
