//! What goes through all sessions, for a snapshot or for a caller, while others come and go.

use std::{collections::HashMap, sync::Arc};

use shuttle::thread;

use super::{
    super::{memory::MemoryStore, options::Options, pages::Pages},
    try_schedules,
};
use crate::engine::{store::SessionStore as _, time::UnixMillis};

const NOW: UnixMillis = UnixMillis(0);
/// Enough for the shard to be made smaller when most of them are gone.
const MANY: usize = 80;
/// Of so many, one stays.
const STAYS: usize = 20;

fn id(number: usize) -> Vec<u8> {
    number.to_string().into_bytes()
}

#[test]
fn what_stays_comes_up_once_though_the_shard_is_made_smaller_and_filled_again() {
    try_schedules(|| {
        let store = Arc::new(MemoryStore::with_shards(Options::default(), 1));
        for number in 0..MANY {
            store.set(&id(number), "{}", NOW).unwrap();
        }
        let writer = {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                for number in (0..MANY).filter(|number| number % STAYS != 0) {
                    store.destroy(&id(number), NOW).unwrap();
                }
                for number in MANY..MANY + 10 {
                    store.set(&id(number), "{}", NOW).unwrap();
                }
            })
        };
        let mut pages = Pages::default();
        let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
        while store.page(&mut pages, 7, NOW, |kept| {
            *seen.entry(kept.id.to_vec()).or_default() += 1;
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
        let store = Arc::new(MemoryStore::with_shards(Options::default(), 2));
        let texts = [r#"{"a":1}"#, r#"{"cookie":{},"b":"a longer one"}"#];
        store.set(b"id", texts[0], NOW).unwrap();
        let writer = {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                for text in texts {
                    store.set(b"id", text, NOW).unwrap();
                    store.set(b"other", text, NOW).unwrap();
                    store.destroy(b"other", NOW).unwrap();
                }
            })
        };
        let mut listed = Vec::new();
        store.page(&mut Pages::default(), 10, NOW, |kept| {
            listed.push((kept.id.to_vec(), kept.text.to_owned()));
        });
        writer.join().unwrap();
        assert_eq!(listed.iter().filter(|(id, _)| id == b"id").count(), 1);
        assert!(listed.iter().all(|(_, text)| texts.contains(&&**text)));
    });
}
