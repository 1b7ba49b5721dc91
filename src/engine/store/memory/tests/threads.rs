use std::{sync::Arc, thread};

use super::{
    super::super::{OnFull, Pages, registry},
    *,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_do_not_disturb_each_other() {
    let store = Arc::new(MemoryStore::default());
    let tasks: Vec<_> = (0..8_i64)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for round in 0..2000_i64 {
                    let own = format!("{task}:{}", round % 100).into_bytes();
                    let text = format!("{{\"task\":{task},\"round\":{round}}}");
                    store.set(&own, &text, UnixMillis(round)).unwrap();
                    store
                        .set(b"shared", &session(Some(round + 5)), UnixMillis(round))
                        .unwrap();
                    store.sweep(UnixMillis(round), 8);
                    assert_eq!(store.get(&own, UnixMillis(round)).unwrap(), Some(text));
                    if round % 3 == 0 {
                        assert!(store.destroy(&own, UnixMillis(round)).unwrap());
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let owned = store.all(UnixMillis(10_000)).unwrap();
    // Of each task's last hundred rounds, those that three divides were destroyed.
    assert_eq!(
        owned.len(),
        8 * (1900..2000).filter(|round| round % 3 != 0).count()
    );
}

/// Threads that write, read, renew, destroy, sweep and list at random.
fn churn(options: Options) -> MemoryStore {
    let store = MemoryStore::with_shards(options, 3);
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
                        // Each thread may be about to make room for one.
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
    match random % 10 {
        0..4 => {
            let save = Save {
                protected: random & 0x1_0000 != 0,
                ..Save::default()
            };
            let _ = store.save(&id, &session(Some(time + 3000)), save, now);
        }
        4..6 => drop(store.get(&id, now)),
        6 => drop(store.touch(&id, &cookie(time + 5000), now)),
        7 => drop(store.destroy(&id, now)),
        8 => {
            store.sweep(now, 10);
        }
        _ => {
            store.page(&mut Pages::default(), 5, now, |_| {});
        }
    }
}

fn totals_are_true(store: &MemoryStore) {
    let shards = store.shards.iter();
    let live: usize = shards.map(|shard| shard.lock().contents.slots.live()).sum();
    assert_eq!(store.stats().sessions, live as u64);
    store.sweep(UnixMillis(1 << 40), 100_000);
    assert_eq!(store.stats().sessions, 0);
    let empty = MemoryStore::with_shards(*store.options(), 3).stats().bytes;
    let left = store.stats().bytes - empty;
    assert!(left < 40_000, "{left} bytes are left");
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
fn a_named_store_is_the_same_for_all_threads_and_ends_with_the_last() {
    let name = "a_named_store_is_the_same_for_all_threads";
    let options = Options {
        max_sessions: Some(1000),
        ..Options::default()
    };
    let open = |options: Option<Options>| registry::open(Some(name), options);
    let first = open(Some(options)).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                let opened = open(Some(options)).unwrap();
                let id = format!("{number}");
                opened.set(id.as_bytes(), "{}", UnixMillis(0)).unwrap();
            });
        }
    });
    assert_eq!(first.len(UnixMillis(0)).unwrap(), 4);
    assert!(open(Some(Options::default())).is_err());
    let second = open(None).unwrap();
    drop(first);
    assert_eq!(second.len(UnixMillis(0)).unwrap(), 4);
    drop(second);
    let third = open(None).unwrap();
    assert_eq!(third.len(UnixMillis(0)).unwrap(), 0);
}
