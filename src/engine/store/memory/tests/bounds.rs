use super::{
    super::super::{OnFull, slots::Slot},
    *,
};

fn bounded(max_sessions: u64, on_full: OnFull) -> MemoryStore {
    MemoryStore::new(Options {
        max_sessions: Some(max_sessions),
        on_full,
        ..Options::default()
    })
}

fn set(store: &MemoryStore, id: &str, text: &str, protected: bool) -> Result<Expiry, StoreError> {
    let save = Save {
        protected,
        ..Save::default()
    };
    store.save(id.as_bytes(), text, save, UnixMillis(0))
}

fn ids(store: &MemoryStore) -> String {
    String::from_utf8(store.ids(UnixMillis(0)).concat()).unwrap()
}

fn large(bytes: usize) -> String {
    format!("{{\"x\":\"{}\"}}", "x".repeat(bytes))
}

const ANONYMOUS: &str = r#"{"cookie":{"expires":null}}"#;
const OTHER: &str = r#"{"cookie":{"expires":null},"n":1}"#;

#[test]
fn anonymous_sessions_go_first_then_others_then_protected_ones() {
    let store = bounded(5, OnFull::Evict);
    set(&store, "p", OTHER, true).unwrap();
    set(&store, "o", OTHER, false).unwrap();
    set(&store, "q", ANONYMOUS, true).unwrap();
    set(&store, "a", ANONYMOUS, false).unwrap();
    set(&store, "b", ANONYMOUS, false).unwrap();
    let mut left = Vec::new();
    for id in ["1", "2", "3", "4", "5"] {
        set(&store, id, OTHER, true).unwrap();
        left.push(ids(&store));
    }
    assert_eq!(left, ["poqb1", "poq12", "pq123", "q1234", "12345"]);
    assert_eq!(store.stats().evictions, 5);
}

#[test]
fn the_one_that_was_used_least_recently_goes_and_reading_and_touching_is_using() {
    let store = bounded(4, OnFull::Evict);
    for id in ["a", "b", "c", "d"] {
        set(&store, id, OTHER, false).unwrap();
    }
    store.get(b"a", UnixMillis(0)).unwrap();
    store.touch(b"b", "{}", UnixMillis(0)).unwrap();
    set(&store, "c", OTHER, false).unwrap();
    set(&store, "e", OTHER, false).unwrap();
    assert_eq!(ids(&store), "abce");
    set(&store, "f", OTHER, false).unwrap();
    assert_eq!(ids(&store), "bcef");
}

#[test]
fn the_one_that_is_being_written_stays_though_it_may_be_the_least() {
    let store = bounded(2, OnFull::Evict);
    set(&store, "p", OTHER, true).unwrap();
    set(&store, "q", OTHER, true).unwrap();
    set(&store, "a", ANONYMOUS, false).unwrap();
    assert_eq!(ids(&store), "qa");
}

#[test]
fn one_that_grows_does_not_keep_its_class_although_it_was_used_least_recently() {
    let store = MemoryStore::new(Options {
        max_bytes: Some(100_000),
        on_full: OnFull::Spare,
        ..Options::default()
    });
    set(&store, "a", ANONYMOUS, false).unwrap();
    set(&store, "b", ANONYMOUS, false).unwrap();
    set(&store, "o", &large(40_000), false).unwrap();
    set(&store, "p", &large(40_000), true).unwrap();
    set(&store, "a", &large(30_000), false).unwrap();
    assert_eq!(ids(&store), "ap");
}

#[test]
fn what_has_expired_goes_before_anything_else() {
    let store = bounded(2, OnFull::Evict);
    let save = |id: &[u8], expires, protected, now| {
        let save = Save {
            protected,
            ..Save::default()
        };
        store
            .save(id, &session(expires), save, UnixMillis(now))
            .unwrap();
    };
    save(b"a", None, false, 0);
    save(b"p", Some(1000), true, 0);
    save(b"b", None, false, 1000);
    assert_eq!(store.ids(UnixMillis(1000)), [b"a", b"b"]);
    assert_eq!((store.stats().expirations, store.stats().evictions), (1, 0));
}

#[test]
fn a_store_may_refuse_new_sessions_instead() {
    let store = bounded(2, OnFull::Reject);
    set(&store, "a", ANONYMOUS, false).unwrap();
    set(&store, "b", &session(Some(1000)), false).unwrap();
    let error = set(&store, "c", OTHER, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the session store is full: maxSessions is 2"
    );
    assert_eq!(store.stats().refusals, 1);
    set(&store, "a", OTHER, false).unwrap();
    assert_eq!(ids(&store), "ab");
    // What has expired makes room.
    store.set(b"c", OTHER, UnixMillis(1000)).unwrap();
    assert_eq!(store.ids(UnixMillis(1000)), [b"a", b"c"]);
}

#[test]
fn a_store_may_refuse_new_sessions_once_all_are_protected() {
    let store = bounded(2, OnFull::Spare);
    set(&store, "a", ANONYMOUS, false).unwrap();
    set(&store, "p", OTHER, true).unwrap();
    set(&store, "q", OTHER, true).unwrap();
    assert_eq!(ids(&store), "pq");
    assert!(set(&store, "b", ANONYMOUS, false).is_err());
    assert!(set(&store, "r", OTHER, true).is_err());
    assert_eq!(ids(&store), "pq");
    // One that is not protected any more may go.
    set(&store, "p", OTHER, false).unwrap();
    set(&store, "r", OTHER, true).unwrap();
    assert_eq!(ids(&store), "qr");
}

#[test]
fn bytes_are_bounded_too() {
    for on_full in [OnFull::Evict, OnFull::Reject] {
        let most = 200_000;
        let store = MemoryStore::new(Options {
            max_bytes: Some(most),
            on_full,
            ..Options::default()
        });
        let mut refused = 0;
        for number in 0..2000_usize {
            let text = large(number % 700);
            refused += usize::from(set(&store, &number.to_string(), &text, false).is_err());
            // In a store that refuses, the growth of a shard's tables comes on top.
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
    let store = MemoryStore::new(Options {
        max_bytes: Some(100_000),
        ..Options::default()
    });
    set(&store, "a", OTHER, false).unwrap();
    set(&store, "b", OTHER, false).unwrap();
    assert!(set(&store, "c", &large(300_000), false).is_err());
    assert!(set(&store, "a", &large(300_000), false).is_err());
    assert_eq!(ids(&store), "ab");
    let text = store.get(b"a", UnixMillis(0)).unwrap();
    assert_eq!(text.as_deref(), Some(OTHER));
}

#[test]
fn a_growing_session_does_not_make_room_for_itself_by_going() {
    let store = MemoryStore::new(Options {
        max_bytes: Some(30_000),
        on_full: OnFull::Spare,
        ..Options::default()
    });
    set(&store, "a", OTHER, false).unwrap();
    set(&store, "p", &large(20_000), true).unwrap();
    assert!(set(&store, "a", &large(20_000), false).is_err());
    assert_eq!(ids(&store), "ap");
}

#[test]
fn bytes_come_near_to_what_a_session_needs() {
    let store = MemoryStore::default();
    let before = store.stats().bytes;
    let text = format!("{{\"cookie\":{{}},\"x\":\"{}\"}}", "x".repeat(350 - 20));
    assert_eq!(text.len(), 350);
    for number in 0..100_000 {
        let id = format!("{number:032}");
        store.set(id.as_bytes(), &text, UnixMillis(0)).unwrap();
    }
    let each = (store.stats().bytes - before) / 100_000;
    // What was put in, the slot, and five bytes and more in the table.
    let least = 382 + size_of::<Slot>() as u64 + 5;
    assert!((least..least + 60).contains(&each), "{each} bytes");
}
