//! Stores of one name, which threads open and close.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shuttle::thread;

use super::{
    super::{
        options::Options,
        registry::{Opened, Registry},
        saver::SaverOptions,
    },
    try_schedules,
};
use crate::engine::{store::SessionStore as _, sync::Share, time::UnixMillis};

const NOW: UnixMillis = UnixMillis(0);

/// So small that it has one shard.
fn small() -> Options {
    Options {
        max_sessions: Some(10),
        ..Options::default()
    }
}

fn open(registry: &Registry) -> Share<Opened> {
    let options = Some((small(), None));
    registry.open("name", options, || NOW).unwrap()
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
                    opened.store.set(&[thread], "{}", NOW).unwrap();
                    let is_last = Share::into_inner(opened).is_some();
                    last.fetch_add(usize::from(is_last), Ordering::Relaxed);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(last.load(Ordering::Relaxed), 0, "one is still open");
        assert_eq!(first.store.len(NOW).unwrap(), 3);
        assert!(Share::into_inner(first).is_some());
        assert_eq!(open(&registry).store.len(NOW).unwrap(), 0);
    });
}

#[test]
fn whoever_opens_a_name_while_the_last_one_closes_it_has_the_store_or_a_new_one() {
    try_schedules(|| {
        let registry = Arc::new(Registry::default());
        let ended = Arc::new(AtomicUsize::new(0));
        let first = open(&registry);
        let freed = Arc::downgrade(&first.store);
        first.store.set(b"before", "{}", NOW).unwrap();
        let close = |opened: Share<Opened>, ended: &AtomicUsize| {
            let is_last = Share::into_inner(opened).is_some();
            ended.fetch_add(usize::from(is_last), Ordering::Relaxed);
        };
        let threads: Vec<_> = (0..2_u8)
            .map(|thread| {
                let (registry, ended) = (Arc::clone(&registry), Arc::clone(&ended));
                thread::spawn(move || {
                    let opened = open(&registry);
                    let has_before = opened.store.has(b"before", NOW);
                    opened.store.set(&[thread], "{}", NOW).unwrap();
                    let again = open(&registry);
                    assert!(Arc::ptr_eq(&again.store, &opened.store), "two at once");
                    assert_eq!(again.store.has(b"before", NOW), has_before);
                    assert!(again.store.has(&[thread], NOW), "what was saved is lost");
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
        // Each store that there was had one who closed it last.
        let ended = ended.load(Ordering::Relaxed);
        assert!((1..=3).contains(&ended), "{ended} were the last");
        assert_eq!(open(&registry).store.len(NOW).unwrap(), 0);
    });
}

/// There is no such folder, so that nothing is written, thousands of times.
#[test]
fn a_saver_ends_with_its_store_whatever_it_is_doing() {
    try_schedules(|| {
        let registry = Registry::default();
        let saver = SaverOptions {
            path: PathBuf::from("no such folder/sessions"),
            interval: Some(Duration::from_millis(1)),
            sets_aside: false,
        };
        let options = Some((small(), Some(saver)));
        let opened = registry.open("name", options, || NOW).unwrap();
        opened.store.set(b"id", "{}", NOW).unwrap();
        let opened = Share::into_inner(opened).unwrap();
        let ended = opened.saver.unwrap().finish(&opened.store, NOW);
        assert!(ended.is_err());
        assert!(Arc::into_inner(opened.store).is_some(), "the thread has it");
    });
}
