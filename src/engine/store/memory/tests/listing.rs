use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

#[test]
fn every_session_comes_up_once_in_pages_of_the_size_asked_for() {
    let store = MemoryStore::default();
    for number in 0..1000_i64 {
        let text = format!("{{\"n\":{number}}}");
        let id = number.to_string();
        set(&store, id.as_bytes(), with_text(&text, Some(number + 1)), 0);
    }
    let mut pages = Pages::default();
    let mut found = HashMap::new();
    loop {
        let mut count = 0;
        let more = store.page(&mut pages, 70, UnixMillis(0), |id, session| {
            count += 1;
            assert_eq!(session.cookie, Some(COOKIE));
            let session = (session.text.to_owned(), session.expires);
            assert_eq!(found.insert(id.to_vec(), session), None);
        });
        if !more {
            break;
        }
        assert_eq!(count, 70);
    }
    assert_eq!(found.len(), 1000);
    let expected = (r#"{"n":17}"#.to_owned(), Some(UnixMillis(18)));
    assert_eq!(found[b"17".as_slice()], expected);
}

#[test]
fn what_has_expired_does_not_come_up() {
    let store = MemoryStore::default();
    for number in 0..100_i64 {
        let id = number.to_string();
        set(&store, id.as_bytes(), session(Some(number)), 0);
    }
    let mut count = 0;
    let mut pages = Pages::default();
    while store.page(&mut pages, 7, UnixMillis(40), |_, session| {
        count += 1;
        assert!(session.expires > Some(UnixMillis(40)));
    }) {}
    assert_eq!(count, 59);
}

proptest! {
    #[test]
    fn what_stays_comes_up_once_while_others_come_and_go(
        size in 1..40_usize,
        shards in 1..4_usize,
        removed in proptest::collection::vec(0..500_usize, 0..1200),
    ) {
        let store = MemoryStore::with_shards(Options::default(), Some(shards), None);
        let mut stays = HashSet::new();
        for number in 0..500_usize {
            let id = number.to_string().into_bytes();
            set(&store, &id, session(None), 0);
            stays.insert(id);
        }
        let mut pages = Pages::default();
        let mut seen = HashMap::new();
        let mut removed = removed.chunks(60);
        for new in 1000..3000_usize {
            let more = store.page(&mut pages, size, UnixMillis(0), |id, _| {
                *seen.entry(id.to_vec()).or_insert(0) += 1;
            });
            if !more {
                break;
            }
            for number in removed.next().unwrap_or_default() {
                let id = number.to_string().into_bytes();
                store.destroy(&id, UnixMillis(0));
                stays.remove(&id);
            }
            set(&store, new.to_string().as_bytes(), session(None), 0);
        }
        prop_assert!(
            !store.page(&mut pages, size, UnixMillis(0), |_, _| {}),
            "it does not end"
        );
        for (id, times) in &seen {
            prop_assert_eq!(*times, 1, "{:?}", id);
        }
        for id in &stays {
            prop_assert!(seen.contains_key(id), "{:?} was left out", id);
        }
    }
}

#[test]
fn a_page_ends_after_so_many_bytes() {
    let store = MemoryStore::default();
    let text = "x".repeat(1000);
    for number in 0..100 {
        set(&store, &[number], whole(&text, None), 0);
    }
    let mut pages = Pages::of_bytes(2500);
    let mut sizes = Vec::new();
    loop {
        let mut size = 0;
        let more = store.page(&mut pages, 50, UnixMillis(0), |_, _| size += 1);
        sizes.push(size);
        if !more {
            break;
        }
    }
    assert_eq!(sizes.iter().sum::<i32>(), 100);
    assert!(sizes.iter().all(|size| *size <= 3), "{sizes:?}");
}
