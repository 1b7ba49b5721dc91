//! The basics of a session store, without bounds and with bounds that are not reached.

use super::*;

const NOW: i64 = 1_000_000;

fn stores() -> [MemoryStore; 2] {
    let bounded = Options {
        max_sessions: Some(1000),
        max_bytes: Some(1 << 30),
        ..Options::default()
    };
    [Options::default(), bounded].map(|options| MemoryStore::new(options, None))
}

#[test]
fn what_was_never_saved_is_absent() {
    for store in stores() {
        assert_eq!(get(&store, b"a", NOW), None);
        assert!(!store.has(b"a", UnixMillis(NOW)));
        assert!(!store.destroy(b"a", UnixMillis(NOW)));
        assert_eq!(renew(&store, b"a", None, NOW), Renewed::Absent);
        assert!(store.ids(UnixMillis(NOW)).is_empty());
        assert!(store.is_empty(UnixMillis(NOW)));
    }
}

#[test]
fn a_session_takes_the_place_of_the_one_that_was_there() {
    for store in stores() {
        set(&store, b"a", with_text(r#"{"n":1}"#, None), NOW);
        set(&store, b"a", with_text(r#"{"n":2}"#, None), NOW);
        assert_eq!(text(&store, b"a", NOW).as_deref(), Some(r#"{"n":2}"#));
        assert_eq!(store.len(UnixMillis(NOW)), 1);
        let expires = Some(NOW + 9);
        set(&store, b"a", whole("whole", expires), NOW);
        assert_eq!(get(&store, b"a", NOW), Some(("whole".to_owned(), expires)));
        assert_eq!(store.len(UnixMillis(NOW)), 1);
    }
}

#[test]
fn an_id_may_be_any_bytes() {
    for store in stores() {
        let ids: [&[u8]; 5] = [b"", b"\0", b"\xFF", "é".as_bytes(), &[b'x'; 5000]];
        for (number, id) in ids.iter().enumerate() {
            set(&store, id, with_text(&number.to_string(), None), NOW);
        }
        for (number, id) in ids.iter().enumerate() {
            assert_eq!(text(&store, id, NOW), Some(number.to_string()));
        }
    }
}

#[test]
fn a_text_comes_back_unchanged() {
    let large = format!("{{\"x\":\"{}\"}}", "é".repeat(1_000_000));
    for store in stores() {
        for given in [" { } ", r#"{"a":"\ud800"}"#, "not json", "", "null", &large] {
            for session in [with_text(given, None), whole(given, None)] {
                set(&store, b"a", session, NOW);
                assert_eq!(text(&store, b"a", NOW).as_deref(), Some(given));
            }
        }
    }
}

#[test]
fn a_session_that_has_expired_is_absent() {
    for store in stores() {
        let at = NOW + 500;
        set(&store, b"a", session(Some(at)), NOW);
        set(&store, b"b", session(None), NOW);
        assert_eq!(get(&store, b"a", at - 1).unwrap().1, Some(at));
        assert_eq!(store.len(UnixMillis(at - 1)), 2);
        assert_eq!(store.len(UnixMillis(at)), 1);
        assert_eq!(store.ids(UnixMillis(at)), [b"b"]);
        assert_eq!(renew(&store, b"a", None, at), Renewed::Absent);
        assert_eq!(get(&store, b"a", at), None);
        set(&store, b"c", session(Some(NOW - 1)), NOW);
        assert_eq!(get(&store, b"c", NOW), None);
        assert_eq!(store.len(UnixMillis(NOW)), 1);
    }
}

#[test]
fn to_renew_a_session_moves_its_expiry_either_way_and_keeps_its_data() {
    for store in stores() {
        set(&store, b"a", with_text(r#"{"n":1}"#, Some(NOW + 10)), NOW);
        let later = NOW + 60_000;
        assert_eq!(renew(&store, b"a", Some(later), NOW), Renewed::Done);
        let found = get(&store, b"a", later - 1);
        assert_eq!(found, Some((r#"{"n":1}"#.to_owned(), Some(later))));
        renew(&store, b"a", Some(NOW + 1), NOW);
        assert_eq!(get(&store, b"a", NOW + 1), None);
    }
}

#[test]
fn to_renew_a_session_brings_nothing_back() {
    for store in stores() {
        set(&store, b"a", session(None), NOW);
        store.destroy(b"a", UnixMillis(NOW));
        assert_eq!(renew(&store, b"a", None, NOW), Renewed::Absent);
        assert_eq!(get(&store, b"a", NOW), None);
        assert_eq!(store.len(UnixMillis(NOW)), 0);
    }
}

#[test]
fn a_session_that_was_destroyed_is_absent() {
    for store in stores() {
        set(&store, b"a", session(None), NOW);
        assert!(store.destroy(b"a", UnixMillis(NOW)));
        assert!(!store.destroy(b"a", UnixMillis(NOW)));
        assert_eq!(get(&store, b"a", NOW), None);
        assert_eq!(store.len(UnixMillis(NOW)), 0);
    }
}

#[test]
fn the_oldest_session_is_listed_first() {
    for store in stores() {
        let ids: Vec<Vec<u8>> = (0..100)
            .map(|number| format!("id{number}").into_bytes())
            .collect();
        for id in &ids {
            set(&store, id, session(None), NOW);
        }
        // Writing or renewing a session does not move it; destroying it does.
        set(&store, b"id7", with_text(r#"{"again":1}"#, None), NOW);
        renew(&store, b"id8", None, NOW);
        store.destroy(b"id3", UnixMillis(NOW));
        set(&store, b"id3", session(None), NOW);
        let mut expected: Vec<Vec<u8>> = ids.into_iter().filter(|id| id != b"id3").collect();
        expected.push(b"id3".to_vec());
        assert_eq!(store.ids(UnixMillis(NOW)), expected);
    }
}

#[test]
fn a_store_that_was_cleared_is_empty_and_takes_new_sessions() {
    for store in stores() {
        for number in 0..100 {
            set(&store, format!("{number}").as_bytes(), session(None), NOW);
        }
        store.clear();
        assert_eq!(store.len(UnixMillis(NOW)), 0);
        assert_eq!(get(&store, b"1", NOW), None);
        set(&store, b"1", session(None), NOW);
        assert_eq!(store.len(UnixMillis(NOW)), 1);
    }
}
