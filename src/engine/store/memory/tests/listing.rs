use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{
    super::super::{Kept, Pages},
    *,
};

#[test]
fn every_session_comes_up_once_in_pages_of_the_size_asked_for() {
    let store = MemoryStore::default();
    for number in 0..1000 {
        let text = format!("{{\"n\":{number}}}");
        let id = number.to_string();
        store.set(id.as_bytes(), &text, UnixMillis(0)).unwrap();
    }
    let mut pages = Pages::default();
    let mut found = HashMap::new();
    loop {
        let mut count = 0;
        let more = store.page(&mut pages, 70, UnixMillis(0), |kept| {
            count += 1;
            let before = found.insert(kept.id.to_vec(), kept.text.to_owned());
            assert_eq!(before, None);
        });
        if !more {
            break;
        }
        assert_eq!(count, 70);
    }
    assert_eq!(found.len(), 1000);
    assert_eq!(found[b"17".as_slice()], r#"{"n":17}"#);
}

proptest! {
    #[test]
    fn what_stays_comes_up_once_while_others_come_and_go(
        size in 1..40_usize,
        shards in 1..4_usize,
        removed in proptest::collection::vec(0..500_usize, 0..1200),
    ) {
        let store = MemoryStore::with_shards(Options::default(), shards);
        let mut stays = HashSet::new();
        for number in 0..500_usize {
            let id = number.to_string().into_bytes();
            store.set(&id, "{}", UnixMillis(0)).unwrap();
            stays.insert(id);
        }
        let mut pages = Pages::default();
        let mut seen = HashMap::new();
        let mut removed = removed.chunks(60);
        for new in 1000..3000_usize {
            let more = store.page(&mut pages, size, UnixMillis(0), |kept| {
                *seen.entry(kept.id.to_vec()).or_insert(0) += 1;
            });
            if !more {
                break;
            }
            for number in removed.next().unwrap_or_default() {
                let id = number.to_string().into_bytes();
                store.destroy(&id, UnixMillis(0)).unwrap();
                stays.remove(&id);
            }
            store.set(new.to_string().as_bytes(), "{}", UnixMillis(0)).unwrap();
        }
        prop_assert!(!store.page(&mut pages, size, UnixMillis(0), |_| {}), "it does not end");
        for (id, times) in &seen {
            prop_assert_eq!(*times, 1, "{:?}", id);
        }
        for id in &stays {
            prop_assert!(seen.contains_key(id), "{:?} was left out", id);
        }
    }
}

#[test]
fn sessions_survive_a_way_out_and_back_with_all_that_belongs_to_them() {
    let store = MemoryStore::default();
    let protected = Save {
        protected: true,
        stringified: true,
        whole: true,
        ttl: Some(5000),
    };
    let user = r#"{"cookie":{},"user":1}"#;
    store.save(b"p", user, protected, UnixMillis(0)).unwrap();
    store.set(b"by hand", "not json", UnixMillis(0)).unwrap();
    let expiring = session(Some(1000));
    store.set(b"\xFF", &expiring, UnixMillis(0)).unwrap();
    let expired = session(Some(10));
    store.set(b"expired", &expired, UnixMillis(0)).unwrap();

    let other = MemoryStore::new(Options {
        max_sessions: Some(3),
        ..Options::default()
    });
    let now = UnixMillis(10);
    let mut count = 0;
    store.page(&mut Pages::default(), 100, UnixMillis(0), |kept| {
        count += usize::from(other.restore(kept, now));
        assert!(!other.restore(kept, now), "it is there, or has expired");
    });
    assert_eq!(count, 3);
    let expected: [(&[u8], &str); 3] =
        [(b"p", user), (b"by hand", "not json"), (b"\xFF", &expiring)];
    let expected = expected.map(|(id, text)| (id.to_vec(), text.to_owned()));
    assert_eq!(other.all(now).unwrap(), expected);
    assert!(other.has_unclear() && other.has_handwritten());
    // That it is not to be taken apart, its class and its time to live came along.
    let place_of_cookie = |id: &[u8]| other.read(id, now, |_, cookie| cookie).flatten();
    assert_eq!(place_of_cookie(b"p"), None);
    assert!(place_of_cookie(b"\xFF").is_some());
    other.set(b"new", "{}", now).unwrap();
    assert!(other.has(b"p", now));
    assert!(!other.has(b"p", UnixMillis(5000)));
    // What is new comes after what was restored.
    assert_eq!(other.ids(now).last().unwrap(), b"new");
}

#[test]
fn a_full_store_does_not_take_back_more_than_it_may_hold() {
    let store = MemoryStore::new(Options {
        max_sessions: Some(10),
        ..Options::default()
    });
    for number in 0..100_u64 {
        let kept = Kept {
            id: &number.to_le_bytes(),
            text: "{}",
            flags: 0,
            expires: None,
            sequence: number,
        };
        store.restore(kept, UnixMillis(0));
    }
    assert_eq!(store.len(UnixMillis(0)).unwrap(), 10);
}
