//! Invariants of a whole store with several shards, while threads use it.

use std::{collections::HashMap, sync::Arc};

use shuttle::thread;

use super::{
    super::{
        Class, EventKind, Listener, MemoryStore, OnFull, Options, Save,
        tests::{get, session, set},
    },
    try_schedules,
};
use crate::engine::time::UnixMillis;

const NOW: UnixMillis = UnixMillis(0);
const LATE: UnixMillis = UnixMillis(2000);

fn ids() -> [String; 3] {
    ["a", "b", "c"].map(str::to_owned)
}

/// Three threads save, sweep and destroy a few sessions.
fn work(store: &Arc<MemoryStore>) {
    let threads: Vec<_> = (0..3)
        .map(|thread| {
            let store = Arc::clone(store);
            thread::spawn(move || {
                for (number, id) in ids().iter().enumerate() {
                    let expires = (number == thread).then_some(1000);
                    // It may be refused because of the bound.
                    let _ = store.save(id.as_bytes(), &session(expires), Save::default(), NOW);
                    is_within_bounds(&store);
                }
                match thread {
                    0 => {
                        store.sweep(LATE, 10);
                    }
                    1 => {
                        store.destroy(b"b", NOW);
                    }
                    _ => drop(get(&store, b"c", LATE.0)),
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Each thread may be about to evict another session for the one it has saved.
fn is_within_bounds(store: &MemoryStore) {
    if let Some(most) = store.options().max_sessions {
        let above = if store.options().on_full == OnFull::Evict {
            3
        } else {
            0
        };
        assert!(store.stats().sessions <= most + above);
    }
}

#[test]
fn totals_are_those_of_the_shards() {
    try_schedules(|| {
        let store = Arc::new(MemoryStore::with_shards(Options::default(), Some(2), None));
        work(&store);
        assert_eq!(store.stats().sessions, live(&store) as u64);
        let shards = store.shards().iter();
        let memory: usize = shards.map(|shard| shard.sessions.memory()).sum();
        let bytes = store.stats().bytes;
        store.clear();
        // The empty shards stay allocated.
        assert_eq!(bytes - store.stats().bytes, memory as u64);
        assert_eq!(store.stats().sessions, 0);
    });
}

fn live(store: &MemoryStore) -> usize {
    let shards = store.shards().iter();
    shards.map(|shard| shard.sessions.live()).sum()
}

#[test]
fn first_sessions_that_come_at_once_find_one_shard() {
    try_schedules(|| {
        let store = || Arc::new(MemoryStore::with_shards(Options::default(), Some(1), None));
        let bytes_when_empty = |store: &MemoryStore| {
            store.clear();
            store.stats().bytes
        };
        let (concurrent, sequential) = (store(), store());
        let threads: Vec<_> = ids()
            .into_iter()
            .map(|id| {
                let store = Arc::clone(&concurrent);
                thread::spawn(move || {
                    set(&store, id.as_bytes(), session(None), NOW.0);
                    assert!(store.has(id.as_bytes(), NOW));
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        for id in ids() {
            set(&sequential, id.as_bytes(), session(None), NOW.0);
        }
        assert_eq!(concurrent.len(NOW), ids().len());
        assert_eq!(concurrent.stats().bytes, sequential.stats().bytes);
        assert_eq!(bytes_when_empty(&concurrent), bytes_when_empty(&sequential));
    });
}

#[test]
fn bounds_hold() {
    for on_full in [OnFull::Evict, OnFull::Spare, OnFull::Reject] {
        try_schedules(move || {
            let options = Options {
                max_sessions: Some(2),
                on_full,
                ..Options::default()
            };
            let store = Arc::new(MemoryStore::with_shards(options, Some(2), None));
            work(&store);
            assert!(live(&store) <= 2);
            assert_eq!(store.stats().sessions, live(&store) as u64);
        });
    }
}

#[test]
fn events_tell_the_life_of_each_session_in_its_order() {
    try_schedules(|| {
        let options = Options {
            max_sessions: Some(2),
            ..Options::default()
        };
        let store = Arc::new(MemoryStore::with_shards(options, Some(2), None));
        let listener = Arc::new(Listener::new(|| ()));
        store.listen(&listener, 31);
        work(&store);
        let mut lives: HashMap<Vec<u8>, bool> = HashMap::new();
        for event in listener.take(1000, usize::MAX) {
            let is_there = lives.entry(event.id.clone()).or_default();
            let is_new = event.kind == EventKind::Create;
            assert_ne!(*is_there, is_new, "{event:?}");
            *is_there = matches!(event.kind, EventKind::Create | EventKind::Update);
        }
        for id in ids() {
            let told = lives.get(id.as_bytes()).copied().unwrap_or_default();
            assert_eq!(store.has(id.as_bytes(), NOW), told, "{id}");
        }
    });
}

#[test]
fn bounds_hold_when_another_thread_uses_all_other_sessions() {
    try_schedules(|| {
        let options = Options {
            max_sessions: Some(1),
            ..Options::default()
        };
        let store = Arc::new(MemoryStore::with_shards(options, Some(1), None));
        set(&store, b"y", session(None), 0);
        let other = Arc::clone(&store);
        let reader = thread::spawn(move || get(&other, b"y", 0));
        set(&store, b"x", session(None), 0);
        reader.join().unwrap();
        assert_eq!(store.stats().sessions, 1);
    });
}

#[test]
fn protected_sessions_go_after_others_that_another_thread_uses() {
    try_schedules(|| {
        let options = Options {
            max_sessions: Some(2),
            ..Options::default()
        };
        let store = Arc::new(MemoryStore::with_shards(options, Some(1), None));
        let save = |id: &[u8], class| {
            let save = Save {
                class,
                ..Save::default()
            };
            store.save(id, &session(None), save, NOW).unwrap();
        };
        save(b"p", Class::Protected);
        save(b"y", Class::Other);
        let other = Arc::clone(&store);
        let reader = thread::spawn(move || get(&other, b"y", 0));
        save(b"x", Class::Other);
        reader.join().unwrap();
        assert!(store.has(b"p", NOW));
    });
}
