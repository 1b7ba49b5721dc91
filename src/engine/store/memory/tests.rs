use std::{collections::HashMap, sync::Arc};

use proptest::prelude::*;

use super::{super::acceptance, *};

fn session(expires: Option<i64>) -> String {
    match expires {
        Some(at) => format!(r#"{{"cookie":{{"expires":"{}"}}}}"#, acceptance::iso(at)),
        None => r#"{"cookie":{"expires":null}}"#.to_owned(),
    }
}

fn cookie(expires: i64) -> String {
    format!(r#"{{"expires":"{}"}}"#, acceptance::iso(expires))
}

/// Entries that take up memory, expired or not.
fn held(store: &MemoryStore) -> usize {
    store.len(UnixMillis(i64::MIN)).unwrap()
}

#[test]
fn it_is_a_session_store() {
    acceptance::run(MemoryStore::new);
}

#[test]
fn expired_sessions_that_nobody_asks_for_are_freed() {
    let store = MemoryStore::new();
    for number in 0..1000_i64 {
        let text = session(Some(1000 + number));
        store
            .set(number.to_string().as_bytes(), &text, UnixMillis(0))
            .unwrap();
    }
    store.set(b"stays", &session(None), UnixMillis(0)).unwrap();
    assert_eq!(held(&store), 1001);
    assert!(
        store.sweep(UnixMillis(10_000), 10),
        "a small budget does not get done"
    );
    assert!(!store.sweep(UnixMillis(10_000), 10_000));
    assert_eq!(held(&store), 1);
    assert_eq!(store.next_due(), None);
}

#[test]
fn writing_frees_in_passing_more_than_it_adds() {
    let store = MemoryStore::new();
    for number in 0..1000_i64 {
        store
            .set(
                format!("old{number}").as_bytes(),
                &session(Some(1)),
                UnixMillis(0),
            )
            .unwrap();
    }
    for number in 0..1000_i64 {
        let text = session(Some(3_000_000));
        store
            .set(format!("new{number}").as_bytes(), &text, UnixMillis(10_000))
            .unwrap();
    }
    assert_eq!(held(&store), 1000);
}

#[test]
fn the_next_due_time_is_at_most_a_second_late_and_never_early_for_long() {
    let store = MemoryStore::new();
    assert_eq!(store.next_due(), None);
    store.set(b"never", &session(None), UnixMillis(0)).unwrap();
    assert_eq!(store.next_due(), None);
    store
        .set(b"a", &session(Some(5500)), UnixMillis(0))
        .unwrap();
    assert_eq!(store.next_due(), Some(UnixMillis(6000)));
    store.touch(b"a", &cookie(90_000), UnixMillis(0)).unwrap();
    store.sweep(UnixMillis(6000), 100);
    assert_eq!(store.next_due(), Some(UnixMillis(91_000)));
    assert!(store.get(b"a", UnixMillis(6000)).unwrap().is_some());
}

#[test]
fn renewing_and_destroying_for_ever_leaves_nothing_behind() {
    let store = MemoryStore::new();
    for round in 0..100_000_i64 {
        store
            .set(b"churn", &session(Some(3_000_000)), UnixMillis(0))
            .unwrap();
        store
            .touch(b"churn", &cookie(3_000_000 - round), UnixMillis(0))
            .unwrap();
        store.destroy(b"churn", UnixMillis(0)).unwrap();
    }
    let queued: usize = store.shards.iter().map(|shard| shard.lock().queued()).sum();
    assert!(queued < 200, "{queued} leftovers in the due queue");
}

#[test]
fn a_renewed_session_outlives_its_first_expiry() {
    let store = MemoryStore::new();
    store
        .set(b"a", &session(Some(1000)), UnixMillis(0))
        .unwrap();
    for now in (0..600_000).step_by(500) {
        store.sweep(UnixMillis(now), 100);
        let renewed = store
            .touch(b"a", &cookie(now + 1000), UnixMillis(now))
            .unwrap();
        assert!(renewed.is_some(), "lost at {now}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_do_not_disturb_each_other() {
    let store = Arc::new(MemoryStore::new());
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

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Option<i64>),
    Touch(u8, i64),
    Destroy(u8),
    Get(u8),
    Sweep(usize),
    Wait(i64),
    Len,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..6_u8, proptest::option::of(0..100_000_i64)).prop_map(|(id, at)| Step::Set(id, at)),
        4 => (0..6_u8, 0..100_000_i64).prop_map(|(id, at)| Step::Touch(id, at)),
        2 => (0..6_u8).prop_map(Step::Destroy),
        4 => (0..6_u8).prop_map(Step::Get),
        2 => (0..5_usize).prop_map(Step::Sweep),
        4 => (0..3000_i64).prop_map(Step::Wait),
        2 => Just(Step::Len),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    /// A plain map, scanned in full, says what the store has to answer.
    #[test]
    fn it_behaves_like_a_map_with_expiries(steps in proptest::collection::vec(step(), 1..200)) {
        let store = MemoryStore::new();
        let mut model: HashMap<u8, Option<i64>> = HashMap::new();
        let mut now = 0;
        for step in steps {
            model.retain(|_, expires| expires.is_none_or(|at| at > now));
            let time = UnixMillis(now);
            match step {
                Step::Set(id, at) => {
                    store.set(&[id], &session(at), time).unwrap();
                    model.insert(id, at);
                }
                Step::Touch(id, at) => {
                    let touched = store.touch(&[id], &cookie(at), time).unwrap();
                    prop_assert_eq!(touched.is_some(), model.contains_key(&id));
                    model.entry(id).and_modify(|expires| *expires = Some(at));
                }
                Step::Destroy(id) => {
                    store.destroy(&[id], time).unwrap();
                    model.remove(&id);
                }
                Step::Get(id) => {
                    let expected = model.get(&id).map(|at| session(*at));
                    prop_assert_eq!(store.get(&[id], time).unwrap(), expected);
                }
                Step::Sweep(budget) => {
                    store.sweep(time, budget);
                }
                Step::Wait(ms) => now += ms,
                Step::Len => {
                    model.retain(|_, expires| expires.is_none_or(|at| at > now));
                    prop_assert_eq!(store.len(time).unwrap(), model.len());
                    prop_assert_eq!(store.ids(time).len(), model.len());
                }
                Step::Clear => {
                    store.clear().unwrap();
                    model.clear();
                }
            }
        }
    }
}
