use std::{
    sync::{Arc, Barrier},
    thread,
};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_do_not_disturb_each_other() {
    let store = Arc::new(MemoryStore::default());
    let tasks: Vec<_> = (0..8_i64)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for round in 0..2000_i64 {
                    let own = format!("{task}:{}", round % 100).into_bytes();
                    let expected = format!("{{\"task\":{task},\"round\":{round}}}");
                    set(&store, &own, with_text(&expected, None), round);
                    set(&store, b"shared", session(Some(round + 5)), round);
                    store.sweep(UnixMillis(round), 8);
                    assert_eq!(text(&store, &own, round), Some(expected));
                    if round % 3 == 0 {
                        assert!(store.destroy(&own, UnixMillis(round)));
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let owned = store.ids(UnixMillis(10_000));
    // In the last hundred rounds of each task, every third session was destroyed.
    assert_eq!(
        owned.len(),
        8 * (1900..2000).filter(|round| round % 3 != 0).count()
    );
}

/// Threads that write, read, renew, destroy, sweep and list at random.
fn churn(options: Options) -> MemoryStore {
    let store = MemoryStore::with_shards(options, Some(3), None);
    thread::scope(|scope| {
        for thread in 0..4_u64 {
            let store = &store;
            scope.spawn(move || {
                let mut random = thread + 1;
                for round in 0..5000 {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    one_step(store, random, round * 10);
                    if let Some(most) = store.options().max_sessions {
                        // Each thread may be about to evict a session.
                        assert!(store.stats().sessions <= most + 4);
                    }
                }
            });
        }
    });
    store
}

fn one_step(store: &MemoryStore, random: u64, time: i64) {
    let id = (random >> 8 & 0xFF).to_string().into_bytes();
    let now = UnixMillis(time);
    let bit = |number: u32| random >> number & 1 == 1;
    match random % 10 {
        0..4 => {
            let class = if bit(16) {
                Class::Protected
            } else {
                Class::Anonymous
            };
            let save = Save {
                class,
                ..Save::default()
            };
            let expires = Some(time + 3000);
            let session = if bit(17) {
                whole("text", expires)
            } else {
                session(expires)
            };
            let _ = store.save(&id, &session, save, now);
        }
        4..6 => drop(get(store, &id, time)),
        6 => {
            renew(store, &id, Some(time + 5000), time);
        }
        7 => {
            store.destroy(&id, now);
        }
        8 => {
            store.sweep(now, 10);
        }
        _ => {
            store.page(&mut Pages::default(), 5, now, |_, _| {});
        }
    }
}

fn totals_are_true(store: &MemoryStore) {
    let shards = store.shards().iter();
    let live: usize = shards.map(|shard| shard.sessions.live()).sum();
    assert_eq!(store.stats().sessions, live as u64);
    store.sweep(UnixMillis(1 << 40), 100_000);
    let stats = store.stats();
    assert_eq!(stats.sessions, 0);
    assert!(stats.bytes < 40_000, "{} bytes are left", stats.bytes);
}

#[test]
fn totals_are_exact_after_many_threads() {
    totals_are_true(&churn(Options::default()));
}

#[test]
fn bounds_hold_with_many_threads() {
    for on_full in [OnFull::Evict, OnFull::Spare, OnFull::Reject] {
        let store = churn(Options {
            max_sessions: Some(50),
            on_full,
            ..Options::default()
        });
        assert!(store.stats().sessions <= 50);
        totals_are_true(&store);
    }
}

#[test]
fn first_sessions_that_come_at_once_find_one_shard_each() {
    // Few enough shards that each of them gets sessions.
    let store = || MemoryStore::with_shards(Options::default(), Some(8), None);
    let fill = |store: &MemoryStore| {
        for number in 0..300 {
            set(store, number.to_string().as_bytes(), session(None), 0);
        }
    };
    let bytes_when_empty = |store: &MemoryStore| {
        store.clear();
        store.stats().bytes
    };
    let sequential = store();
    fill(&sequential);
    let expected = bytes_when_empty(&sequential);
    for _ in 0..300 {
        let concurrent = store();
        let together = Barrier::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    together.wait();
                    fill(&concurrent);
                });
            }
        });
        assert_eq!(concurrent.len(UnixMillis(0)), 300);
        assert_eq!(bytes_when_empty(&concurrent), expected);
    }
}

#[test]
fn a_named_store_is_the_same_for_all_threads_and_ends_with_the_last() {
    let name = "a_named_store_is_the_same_for_all_threads";
    let options = Options {
        max_sessions: Some(1000),
        ..Options::default()
    };
    let open = |options: Option<Options>| registry::open(Some(name), options, None);
    let first = open(Some(options)).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                let opened = open(Some(options)).unwrap();
                set(&opened, number.to_string().as_bytes(), session(None), 0);
            });
        }
    });
    assert_eq!(first.len(UnixMillis(0)), 4);
    assert!(open(Some(Options::default())).is_none());
    let second = open(None).unwrap();
    drop(first);
    assert_eq!(second.len(UnixMillis(0)), 4);
    drop(second);
    let third = open(None).unwrap();
    assert_eq!(third.len(UnixMillis(0)), 0);
    assert_eq!(*third.options(), Options::default());
}

#[test]
fn a_store_without_a_name_is_nobody_elses() {
    let [one, another] = [(); 2].map(|()| registry::open(None, None, None).unwrap());
    set(&one, b"a", session(None), 0);
    assert!(another.is_empty(UnixMillis(0)));
}
