use super::{super::slots::Slot, *};

use Class::{Anonymous, Other, Protected};

fn bounded(max_sessions: u64, on_full: OnFull) -> MemoryStore {
    let options = Options {
        max_sessions: Some(max_sessions),
        on_full,
        ..Options::default()
    };
    MemoryStore::new(options, None)
}

fn bounded_by_bytes(max_bytes: u64, on_full: OnFull) -> MemoryStore {
    let options = Options {
        max_bytes: Some(max_bytes),
        on_full,
        ..Options::default()
    };
    MemoryStore::new(options, None)
}

fn save(store: &MemoryStore, id: &str, text: &str, class: Class) -> Result<bool, Full> {
    let save = Save {
        class,
        ..Save::default()
    };
    store.save(id.as_bytes(), &with_text(text, None), save, UnixMillis(0))
}

/// Saves sessions without data, for which there must be room.
fn save_all(store: &MemoryStore, sessions: &[(&str, Class)]) {
    for (id, class) in sessions {
        save(store, id, "{}", *class).unwrap();
    }
}

fn ids(store: &MemoryStore) -> String {
    String::from_utf8(store.ids(UnixMillis(0)).concat()).unwrap()
}

fn large(bytes: usize) -> String {
    format!("{{\"x\":\"{}\"}}", "x".repeat(bytes))
}

#[test]
fn anonymous_sessions_go_first_then_others_then_protected_ones() {
    let store = bounded(5, OnFull::Evict);
    save_all(
        &store,
        &[
            ("p", Protected),
            ("o", Other),
            ("q", Protected),
            ("a", Anonymous),
            ("b", Anonymous),
        ],
    );
    let mut left = Vec::new();
    for id in ["1", "2", "3", "4", "5"] {
        save_all(&store, &[(id, Protected)]);
        left.push(ids(&store));
    }
    assert_eq!(left, ["poqb1", "poq12", "pq123", "q1234", "12345"]);
    assert_eq!(store.stats().evictions, 5);
}

#[test]
fn the_one_that_was_used_least_recently_goes_and_reading_and_renewing_is_using() {
    let store = bounded(4, OnFull::Evict);
    save_all(
        &store,
        &[("a", Other), ("b", Other), ("c", Other), ("d", Other)],
    );
    get(&store, b"a", 0);
    renew(&store, b"b", None, 0);
    // `has` does not count as use.
    assert!(store.has(b"d", UnixMillis(0)));
    save_all(&store, &[("c", Other), ("e", Other)]);
    assert_eq!(ids(&store), "abce");
    save_all(&store, &[("f", Other)]);
    assert_eq!(ids(&store), "bcef");
}

#[test]
fn the_one_that_is_being_written_stays_though_it_may_be_the_least() {
    let store = bounded(2, OnFull::Evict);
    save_all(
        &store,
        &[("p", Protected), ("q", Protected), ("a", Anonymous)],
    );
    assert_eq!(ids(&store), "qa");
}

#[test]
fn one_that_grows_does_not_keep_its_class_although_it_was_used_least_recently() {
    let store = bounded_by_bytes(100_000, OnFull::Spare);
    save_all(&store, &[("a", Anonymous), ("b", Anonymous)]);
    save(&store, "o", &large(40_000), Other).unwrap();
    save(&store, "p", &large(40_000), Protected).unwrap();
    save(&store, "a", &large(30_000), Other).unwrap();
    assert_eq!(ids(&store), "ap");
}

#[test]
fn what_has_expired_goes_before_anything_else() {
    let store = bounded(2, OnFull::Evict);
    let save = |id: &[u8], expires, class, now| {
        let save = Save {
            class,
            ..Save::default()
        };
        let saved = store.save(id, &session(expires), save, UnixMillis(now));
        assert_eq!(saved, Ok(true));
    };
    save(b"a", None, Anonymous, 0);
    save(b"p", Some(1000), Protected, 0);
    save(b"b", None, Anonymous, 1000);
    assert_eq!(store.ids(UnixMillis(1000)), [b"a", b"b"]);
    assert_eq!((store.stats().expirations, store.stats().evictions), (1, 0));
}

#[test]
fn a_store_may_refuse_new_sessions_instead() {
    let store = bounded(2, OnFull::Reject);
    save_all(&store, &[("a", Anonymous)]);
    set(&store, b"b", session(Some(1000)), 0);
    let error = save(&store, "c", "{}", Protected).unwrap_err();
    assert_eq!(error, Full(Bound::Sessions));
    assert_eq!(error.to_string(), "the session store is full");
    assert_eq!(store.stats().refusals, 1);
    save_all(&store, &[("a", Other)]);
    assert_eq!(ids(&store), "ab");
    // Expired sessions make room.
    set(&store, b"c", session(None), 1000);
    assert_eq!(store.ids(UnixMillis(1000)), [b"a", b"c"]);
}

#[test]
fn a_store_may_refuse_new_sessions_once_all_are_protected() {
    let store = bounded(2, OnFull::Spare);
    save_all(
        &store,
        &[("a", Anonymous), ("p", Protected), ("q", Protected)],
    );
    assert_eq!(ids(&store), "pq");
    for (id, class) in [("b", Anonymous), ("r", Protected)] {
        assert_eq!(save(&store, id, "{}", class), Err(Full(Bound::Sessions)));
    }
    assert_eq!(ids(&store), "pq");
    // One that is not protected any more may be evicted.
    save_all(&store, &[("p", Other), ("r", Protected)]);
    assert_eq!(ids(&store), "qr");
}

#[test]
fn bytes_are_bounded_too() {
    for on_full in [OnFull::Evict, OnFull::Reject] {
        let most = 200_000;
        let store = bounded_by_bytes(most, on_full);
        let mut refused = 0;
        for number in 0..2000_usize {
            let saved = save(&store, &number.to_string(), &large(number % 700), Other);
            if let Err(full) = saved {
                assert_eq!(full, Full(Bound::Bytes));
                refused += 1;
            }
            // A store that refuses may exceed the bound by the growth of a shard's tables.
            let slack = if on_full == OnFull::Reject { 6000 } else { 0 };
            let bytes = store.stats().bytes;
            assert!(bytes <= most + slack, "{bytes} of {most}");
        }
        assert_eq!(refused > 0, on_full == OnFull::Reject);
        assert!(store.stats().sessions > 200);
        assert!(store.stats().bytes > most - 20_000);
    }
}

#[test]
fn a_session_larger_than_the_whole_store_is_refused_and_nothing_goes_for_it() {
    let store = bounded_by_bytes(100_000, OnFull::Evict);
    save_all(&store, &[("a", Other), ("b", Other)]);
    for id in ["a", "c"] {
        let refused = save(&store, id, &large(300_000), Other);
        assert_eq!(refused, Err(Full(Bound::Bytes)));
    }
    assert_eq!(ids(&store), "ab");
    assert_eq!(text(&store, b"a", 0).as_deref(), Some("{}"));
}

#[test]
fn a_growing_session_does_not_make_room_for_itself_by_going() {
    let store = bounded_by_bytes(30_000, OnFull::Spare);
    save_all(&store, &[("a", Other)]);
    save(&store, "p", &large(20_000), Protected).unwrap();
    assert!(save(&store, "a", &large(20_000), Other).is_err());
    assert_eq!(ids(&store), "ap");
}

#[test]
fn others_go_for_a_session_whose_cookie_grows_when_it_is_renewed() {
    let most = 40_000;
    let store = bounded_by_bytes(most, OnFull::Evict);
    // The records fill their allocations completely, so they have to grow.
    let text = large(10);
    for number in 100..1000 {
        let id = number.to_string();
        set(&store, id.as_bytes(), with_text(&text, None), 0);
    }
    let evictions = store.stats().evictions;
    let cookie = Cookie {
        attributes: 4000,
        max_age: Some(u64::MAX - 1),
    };
    for id in store.ids(UnixMillis(0)) {
        let grown = Session {
            cookie: Some(cookie),
            ..session(None)
        };
        store.renew(&id, &grown, None, UnixMillis(0));
        assert!(store.stats().bytes <= most);
    }
    assert!(store.stats().evictions > evictions);
}

#[test]
fn bytes_come_near_to_what_a_session_needs() {
    let store = MemoryStore::default();
    let text = large(250 - 8);
    assert_eq!(text.len(), 250);
    for number in 0..100_000 {
        let id = format!("{number:032}");
        set(&store, id.as_bytes(), with_text(&text, Some(1 << 40)), 0);
    }
    let each = store.stats().bytes / 100_000;
    // The id and the text, the slot, and at least five bytes in the table.
    let least = 282 + size_of::<Slot>() as u64 + 5;
    assert!((least..least + 60).contains(&each), "{each} bytes");
}

#[test]
fn a_large_session_leaves_the_store_within_its_bytes() {
    for on_full in [OnFull::Evict, OnFull::Spare] {
        let most = 20_000_000;
        let store = bounded_by_bytes(most, on_full);
        for number in 0..60_000_u32 {
            save(&store, &number.to_string(), &large(300), Other).unwrap();
        }
        let text = large(10_000_000);
        save(&store, "large", &text, Other).unwrap();
        let bytes = store.stats().bytes;
        assert!(bytes <= most, "{bytes} of {most}");
        assert!(store.has(b"large", UnixMillis(0)));
    }
}

#[test]
fn a_session_that_is_refused_evicts_nothing() {
    let most = 2_000_000;
    let store = bounded_by_bytes(most, OnFull::Spare);
    save(&store, "protected", &large(1_000_000), Protected).unwrap();
    for number in 0..1000_u32 {
        save(&store, &number.to_string(), &large(300), Other).unwrap();
    }
    let sessions = store.stats().sessions;
    let refused = save(&store, "large", &large(1_500_000), Protected);
    assert_eq!(refused, Err(Full(Bound::Bytes)));
    // Its own room cannot be used for it before it is replaced.
    let refused = save(&store, "0", &large(1_500_000), Other);
    assert_eq!(refused, Err(Full(Bound::Bytes)));
    assert_eq!(
        (store.stats().sessions, store.stats().evictions),
        (sessions, 0)
    );
    assert_eq!(text(&store, b"0", 0), Some(large(300)));
    // This one fits.
    save(&store, "large", &large(800_000), Protected).unwrap();
    assert!(store.stats().bytes <= most);
}

#[test]
fn small_sessions_are_evicted_for_a_large_one() {
    for most in [1 << 20, 16 << 20] {
        for percent in [30, 60, 80] {
            let store = bounded_by_bytes(most, OnFull::Evict);
            for number in 0..u32::try_from(most / 150).unwrap() {
                save(&store, &number.to_string(), &large(100), Other).unwrap();
            }
            assert!(store.stats().evictions > 0);
            let size = usize::try_from(most / 100 * percent).unwrap();
            save(&store, "large", &large(size), Other).unwrap();
            assert!(store.has(b"large", UnixMillis(0)));
            assert!(store.stats().bytes <= most);
        }
    }
}

#[test]
fn a_session_that_fits_beside_no_other_is_kept_or_refused_but_the_bound_holds() {
    for most in [64 << 10, 1 << 20, 4 << 20] {
        let store = bounded_by_bytes(most, OnFull::Evict);
        for number in 0..50_u32 {
            save(&store, &number.to_string(), &large(300), Other).unwrap();
        }
        let size = usize::try_from(most).unwrap();
        for less in (0..20).map(|step| step * 1000) {
            let _ = save(&store, "large", &large(size - less), Other);
            let bytes = store.stats().bytes;
            assert!(bytes <= most, "{bytes} of {most}");
            if store.has(b"large", UnixMillis(0)) {
                // Touching it does not evict it.
                assert_eq!(renew(&store, b"large", Some(1000), 0), Renewed::Done);
                assert!(store.has(b"large", UnixMillis(0)));
                store.destroy(b"large", UnixMillis(0));
            }
        }
    }
}

#[test]
fn destroyed_ids_take_a_small_part_of_the_bytes() {
    for on_full in [OnFull::Evict, OnFull::Spare, OnFull::Reject] {
        let options = Options {
            drop_late_saves: true,
            max_bytes: Some(24_000),
            on_full,
            ..Options::default()
        };
        let store = MemoryStore::new(options, None);
        for number in 0..5000_u32 {
            let id = number.to_string();
            save(&store, &id, &large(300), Other).unwrap();
            store.destroy(id.as_bytes(), UnixMillis(0));
        }
        for number in 0..20_u32 {
            save(&store, &number.to_string(), &large(300), Other).unwrap();
        }
        assert_eq!(store.stats().sessions, 20);
    }
}

#[test]
fn a_touched_session_that_is_absent_is_not_created() {
    let store = MemoryStore::default();
    let listener = Arc::new(Listener::new(|| {}));
    store.listen(&listener, 31);
    let touch = || {
        let save = Save {
            known: Known::Touched,
            ..Save::default()
        };
        store.save(b"a", &whole("{}", None), save, UnixMillis(0))
    };
    assert_eq!(touch(), Ok(false));
    set(&store, b"a", whole("{}", None), 0);
    assert_eq!(touch(), Ok(true));
    assert_eq!(listener.take(9, usize::MAX).len(), 1);
}

#[test]
fn a_session_expires_by_its_cookie_or_by_the_ttl() {
    let options = Options {
        ttl: Some(500),
        ..Options::default()
    };
    let store = MemoryStore::new(options, None);
    set(&store, b"ttl", session(None), 100);
    set(&store, b"cookie", session(Some(1000)), 100);
    let expires = |id| store.expires(id, UnixMillis(100));
    assert_eq!(expires(b"ttl"), Some(UnixMillis(600)));
    assert_eq!(expires(b"cookie"), Some(UnixMillis(1000)));
    assert_eq!(expires(b"absent"), None);
    assert_eq!((store.stats().hits, store.stats().misses), (0, 0));
}
