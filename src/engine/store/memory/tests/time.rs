//! When sessions expire, and when they are freed.

use super::*;

#[test]
fn expired_sessions_that_nobody_asks_for_are_freed() {
    let store = MemoryStore::default();
    for number in 0..1000_i64 {
        let id = number.to_string();
        set(&store, id.as_bytes(), session(Some(1000 + number)), 0);
    }
    set(&store, b"stays", session(None), 0);
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
    set(&store, b"never", session(None), 0);
    assert_eq!(store.next_due(), None);
    set(&store, b"a", session(Some(5500)), 0);
    assert!(store.next_due().unwrap() <= UnixMillis(5500));
    store.sweep(UnixMillis(5499), 100);
    assert_eq!(store.next_due(), Some(UnixMillis(5500)));
    renew(&store, b"a", Some(90_000), 5499);
    store.sweep(UnixMillis(6000), 100);
    assert!(store.next_due().unwrap() > UnixMillis(6000));
    assert!(get(&store, b"a", 6000).is_some());
    renew(&store, b"a", None, 6000);
    assert_eq!(store.next_due(), None);
}

#[test]
fn a_renewed_session_outlives_its_first_expiry() {
    let store = MemoryStore::default();
    set(&store, b"a", session(Some(1000)), 0);
    for now in (0..600_000).step_by(500) {
        store.sweep(UnixMillis(now), 100);
        let renewed = renew(&store, b"a", Some(now + 1000), now);
        assert_eq!(renewed, Renewed::Done, "lost at {now}");
    }
}

#[test]
fn sessions_are_freed_in_time_although_the_clock_was_ahead_for_a_while() {
    /// In 2050 and in 2100.
    const NEAR: i64 = 2_524_608_000_000;
    const FAR: i64 = 4_102_444_800_000;

    let store = MemoryStore::with_shards(Options::default(), Some(1), None);
    // The far session keeps the wheel non-empty; the near one moves it to the clock's time.
    set(&store, b"far", session(Some(FAR)), 0);
    set(&store, b"near", session(Some(NEAR)), 0);
    store.sweep(UnixMillis(NEAR + 1), 100);
    assert_eq!(held(&store), 1);
    set(&store, b"a", session(Some(60_000)), 0);
    store.sweep(UnixMillis(60_000), 1000);
    assert_eq!(store.ids(UnixMillis(0)), [b"far".to_vec()]);
}

#[test]
fn what_is_counted_is_what_is_listed_after_the_clock_was_set_back() {
    for step in [1, 1000, 59_000, 1_700_000] {
        let store = MemoryStore::with_shards(Options::default(), Some(1), None);
        let start = 1000;
        let ahead = start + step;
        // The due session moves the wheel to the clock's time; the far one keeps it non-empty.
        for (id, expires) in [(b"due", ahead), (b"far", 2 * ahead)] {
            set(&store, id, session(Some(expires)), start);
        }
        store.sweep(UnixMillis(ahead), 100);
        assert_eq!(held(&store), 1);
        set(&store, b"soon", session(Some(start + step / 2)), start);
        let later = UnixMillis(start + step / 2);
        assert_eq!(store.ids(later), [b"far"]);
        assert_eq!(store.len(later), 1, "{step} ms");
    }
}

fn with_ttl() -> MemoryStore {
    let options = Options {
        ttl: Some(1000),
        ..Options::default()
    };
    MemoryStore::new(options, None)
}

#[test]
fn a_time_to_live_is_for_sessions_whose_cookie_has_no_expiry() {
    let store = with_ttl();
    set(&store, b"a", session(None), 0);
    set(&store, b"b", session(Some(5000)), 0);
    let own = Save {
        ttl: Some(3000),
        ..Save::default()
    };
    let saved = store.save(b"c", &session(None), own, UnixMillis(0));
    assert_eq!(saved, Ok(true));
    renew(&store, b"a", None, 500);
    let live = |now| store.ids(UnixMillis(now)).concat();
    assert_eq!(live(1499), b"abc");
    assert_eq!(live(1500), b"bc");
    assert_eq!(live(3000), b"b");
    assert_eq!(live(5000), b"");
}

#[test]
fn a_session_is_renewed_with_a_time_to_live_of_its_own() {
    let store = with_ttl();
    set(&store, b"a", session(None), 0);
    let renewed = store.renew(b"a", &session(None), Some(9000), UnixMillis(0));
    assert_eq!(renewed, Renewed::Done);
    assert!(store.has(b"a", UnixMillis(8999)));
    renew(&store, b"a", None, 8999);
    assert!(store.has(b"a", UnixMillis(9998)));
    assert!(!store.has(b"a", UnixMillis(9999)));
}

#[test]
fn a_session_that_is_kept_by_a_time_to_live_has_a_cookie_without_an_expiry() {
    let store = with_ttl();
    let expires = |now| get(&store, b"a", now).unwrap().1;
    set(&store, b"a", session(None), 0);
    assert_eq!(expires(999), None);
    renew(&store, b"a", Some(1500), 999);
    assert_eq!(expires(999), Some(1500));
    renew(&store, b"a", None, 999);
    assert_eq!(expires(999), None);
    set(&store, b"a", whole("text", Some(1700)), 999);
    assert_eq!(expires(1699), Some(1700));
    set(&store, b"a", whole("text", None), 1699);
    assert_eq!(expires(2698), None);
    assert!(!store.has(b"a", UnixMillis(2699)));
}

#[test]
fn it_is_still_known_what_a_session_expires_by_after_its_shard_was_made_smaller() {
    let store = MemoryStore::with_shards(*with_ttl().options(), Some(1), None);
    for number in 0..400_i64 {
        let id = number.to_string();
        set(&store, id.as_bytes(), session(Some(100)), 0);
    }
    set(&store, b"ttl", session(None), 0);
    set(&store, b"own", session(Some(900)), 0);
    while store.sweep(UnixMillis(100), 100) {}
    assert!(store.shards().lock(0).unwrap().sessions.slot_count() < 200);
    assert_eq!(get(&store, b"own", 899).unwrap().1, Some(900));
    assert_eq!(get(&store, b"ttl", 899).unwrap().1, None);
    assert_eq!(store.ids(UnixMillis(900)), [b"ttl"]);
    assert!(store.is_empty(UnixMillis(1000)));
}
