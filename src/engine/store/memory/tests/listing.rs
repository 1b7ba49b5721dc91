use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{super::super::Pages, *};

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
