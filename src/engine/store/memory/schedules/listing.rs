//! Iterating over all sessions while others are added and removed.

use std::{collections::HashMap, sync::Arc};

use shuttle::thread;

use super::{
    super::{
        MemoryStore, Options, Pages,
        tests::{session, set, whole, with_text},
    },
    try_schedules,
};
use crate::engine::time::UnixMillis;

const NOW: UnixMillis = UnixMillis(0);
/// Enough for the shard to be compacted when most of them have been removed.
const MANY: usize = 80;
/// One of this many stays.
const STAYS: usize = 20;

fn id(number: usize) -> Vec<u8> {
    number.to_string().into_bytes()
}

#[test]
fn what_stays_comes_up_once_though_the_shard_is_made_smaller_and_filled_again() {
    try_schedules(|| {
        let store = Arc::new(MemoryStore::with_shards(Options::default(), Some(1), None));
        for number in 0..MANY {
            set(&store, &id(number), session(None), NOW.0);
        }
        let writer = {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                for number in (0..MANY).filter(|number| number % STAYS != 0) {
                    store.destroy(&id(number), NOW);
                }
                for number in MANY..MANY + 10 {
                    set(&store, &id(number), session(None), NOW.0);
                }
            })
        };
        let mut pages = Pages::default();
        let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
        while store.page(&mut pages, 7, NOW, |id, _| {
            *seen.entry(id.to_vec()).or_default() += 1;
        }) {}
        writer.join().unwrap();
        for number in (0..MANY).step_by(STAYS) {
            assert_eq!(seen.get(&id(number)), Some(&1), "{number}");
        }
        assert!(seen.values().all(|times| *times == 1));
    });
}

#[test]
fn a_session_is_listed_as_one_of_those_that_were_saved_and_whole() {
    try_schedules(|| {
        let store = Arc::new(MemoryStore::with_shards(Options::default(), Some(2), None));
        let sessions = [
            with_text(r#"{"a":1}"#, Some(1000)),
            whole("a longer one", None),
        ];
        set(&store, b"id", sessions[0], NOW.0);
        let writer = {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                for session in sessions {
                    set(&store, b"id", session, NOW.0);
                    set(&store, b"other", session, NOW.0);
                    store.destroy(b"other", NOW);
                }
            })
        };
        let mut listed = Vec::new();
        store.page(&mut Pages::default(), 10, NOW, |id, found| {
            assert!(sessions.contains(&found), "{found:?}");
            listed.push(id.to_vec());
        });
        writer.join().unwrap();
        assert_eq!(listed.iter().filter(|id| *id == b"id").count(), 1);
    });
}
