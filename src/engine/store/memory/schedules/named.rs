//! Stores with the same name, opened and closed by several threads.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use shuttle::thread;

use super::{
    super::{
        MemoryStore, Options,
        registry::Registry,
        tests::{session, set},
    },
    try_schedules,
};
use crate::engine::{sync::Share, time::UnixMillis};

const NOW: UnixMillis = UnixMillis(0);

/// Small enough for a single shard.
fn small() -> Options {
    Options {
        max_sessions: Some(10),
        ..Options::default()
    }
}

fn open(registry: &Registry) -> Share<MemoryStore> {
    registry.open("name", Some(small()), None).unwrap()
}

#[test]
fn threads_that_have_a_name_open_at_once_have_one_store_and_one_of_them_is_the_last() {
    try_schedules(|| {
        let registry = Arc::new(Registry::default());
        let last = Arc::new(AtomicUsize::new(0));
        let first = open(&registry);
        let threads: Vec<_> = (0..3_u8)
            .map(|thread| {
                let (registry, last) = (Arc::clone(&registry), Arc::clone(&last));
                thread::spawn(move || {
                    let opened = open(&registry);
                    set(&opened, &[thread], session(None), NOW.0);
                    let is_last = Share::into_inner(opened).is_some();
                    last.fetch_add(usize::from(is_last), Ordering::Relaxed);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(last.load(Ordering::Relaxed), 0, "one is still open");
        assert_eq!(first.len(NOW), 3);
        assert!(Share::into_inner(first).is_some());
        assert_eq!(open(&registry).len(NOW), 0);
    });
}

#[test]
fn whoever_opens_a_name_while_the_last_one_closes_it_has_the_store_or_a_new_one() {
    try_schedules(|| {
        let registry = Arc::new(Registry::default());
        let ended = Arc::new(AtomicUsize::new(0));
        let first = open(&registry);
        let freed = Share::downgrade(&first);
        set(&first, b"before", session(None), NOW.0);
        let close = |opened: Share<MemoryStore>, ended: &AtomicUsize| {
            let is_last = Share::into_inner(opened).is_some();
            ended.fetch_add(usize::from(is_last), Ordering::Relaxed);
        };
        let threads: Vec<_> = (0..2_u8)
            .map(|thread| {
                let (registry, ended) = (Arc::clone(&registry), Arc::clone(&ended));
                thread::spawn(move || {
                    let opened = open(&registry);
                    let has_before = opened.has(b"before", NOW);
                    set(&opened, &[thread], session(None), NOW.0);
                    let again = open(&registry);
                    assert!(
                        std::ptr::eq(&raw const *again, &raw const *opened),
                        "two at once"
                    );
                    assert_eq!(again.has(b"before", NOW), has_before);
                    assert!(again.has(&[thread], NOW), "what was saved is lost");
                    close(again, &ended);
                    close(opened, &ended);
                })
            })
            .collect();
        close(first, &ended);
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(freed.upgrade().is_none(), "nobody has it, and it is there");
        // Each store that existed was closed last by one of them.
        let ended = ended.load(Ordering::Relaxed);
        assert!((1..=3).contains(&ended), "{ended} were the last");
        assert_eq!(open(&registry).len(NOW), 0);
    });
}
