//! What threads see of one another is as if each operation happened at once, some time between its
//! beginning and its end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use shuttle::thread;

use super::{
    super::{
        memory::MemoryStore,
        memory::tests::{cookie, session},
        options::Options,
    },
    try_schedules,
};
use crate::engine::{store::SessionStore as _, time::UnixMillis};

const ID: &[u8] = b"id";
/// The session's first expiry, and a time after it.
const EXPIRY: i64 = 1000;
const LATE: i64 = 2000;

/// Something that is done to the one session.
#[derive(Clone, Copy, Debug)]
enum Operation {
    /// Saves it, to expire at the first expiry, or for ever.
    Set {
        expires: Option<i64>,
    },
    /// Reads it at a time.
    Get {
        now: i64,
    },
    /// Renews it for a time.
    Touch {
        expires: i64,
    },
    Destroy,
    /// Sweeps at a time.
    Sweep {
        now: i64,
    },
    /// Counts sessions at a time.
    Len,
}

use Operation::{Destroy, Get, Len, Set, Sweep, Touch};

/// What came of it: what was read, or whether there was something.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Text(Option<String>),
    Was(bool),
    Count(usize),
    Nothing,
}

/// An operation, when it began and ended, and what came of it.
#[derive(Clone, Debug)]
struct Done {
    operation: Operation,
    began: usize,
    ended: usize,
    outcome: Outcome,
}

fn perform(store: &MemoryStore, operation: Operation) -> Outcome {
    let now = UnixMillis(0);
    match operation {
        Set { expires } => {
            store.set(ID, &session(expires), now).unwrap();
            Outcome::Nothing
        }
        Get { now } => Outcome::Text(store.get(ID, UnixMillis(now)).unwrap()),
        Touch { expires } => {
            let renewed = store.touch(ID, &cookie(expires), now).unwrap();
            Outcome::Was(renewed.is_some())
        }
        Destroy => Outcome::Was(store.destroy(ID, now).unwrap()),
        Sweep { now } => {
            store.sweep(UnixMillis(now), 10);
            Outcome::Nothing
        }
        Len => Outcome::Count(store.len(now).unwrap()),
    }
}

/// The time of it, or never.
type Expiry = Option<i64>;

/// What a store with room for one session has to be.
#[derive(Clone, Debug, Default)]
struct Model {
    /// When it expires, if ever.
    held: Option<Expiry>,
    /// Whether it was destroyed and is to stay so.
    destroyed: bool,
    stay_destroyed: bool,
}

impl Model {
    fn perform(&mut self, operation: Operation) -> Outcome {
        let gone = |held: &Option<Expiry>, now| matches!(held, Some(Some(at)) if *at <= now);
        match operation {
            Set { expires } => {
                if !(self.stay_destroyed && self.destroyed) {
                    self.held = Some(expires);
                }
                Outcome::Nothing
            }
            Get { now } => {
                if gone(&self.held, now) {
                    self.held = None;
                }
                Outcome::Text(self.held.map(session))
            }
            Touch { expires } => {
                if self.held.is_some() {
                    self.held = Some(Some(expires));
                }
                Outcome::Was(self.held.is_some())
            }
            Destroy => {
                self.destroyed = true;
                Outcome::Was(self.held.take().is_some())
            }
            Sweep { now } => {
                if gone(&self.held, now) {
                    self.held = None;
                }
                Outcome::Nothing
            }
            Len => Outcome::Count(usize::from(self.held.is_some())),
        }
    }

    /// Whether there is an order of all operations that explains what came of them, in which none
    /// comes before one that had ended when it began.
    fn explains(&self, history: &[Done]) -> bool {
        let first_end = history.iter().map(|done| done.ended).min();
        let Some(first_end) = first_end else {
            return true;
        };
        (0..history.len()).any(|chosen| {
            let done = &history[chosen];
            if done.began > first_end {
                return false;
            }
            let mut model = self.clone();
            if model.perform(done.operation) != done.outcome {
                return false;
            }
            let mut rest = history.to_vec();
            rest.remove(chosen);
            model.explains(&rest)
        })
    }
}

/// Has threads do things to one session, in many schedules.
fn check(options: Options, threads: &'static [&'static [Operation]]) {
    try_schedules(move || {
        let store = Arc::new(MemoryStore::with_shards(options, 1));
        let clock = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = threads
            .iter()
            .map(|operations| {
                let (store, clock) = (Arc::clone(&store), Arc::clone(&clock));
                thread::spawn(move || {
                    let tick = || clock.fetch_add(1, Ordering::Relaxed);
                    let done = operations.iter().map(|&operation| Done {
                        operation,
                        began: tick(),
                        outcome: perform(&store, operation),
                        ended: tick(),
                    });
                    done.collect::<Vec<_>>()
                })
            })
            .collect();
        let mut history: Vec<Done> = handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap())
            .collect();
        // What is there at the end comes after everything else.
        for operation in [Len, Get { now: 0 }] {
            let began = clock.fetch_add(1, Ordering::Relaxed);
            history.push(Done {
                operation,
                began,
                outcome: perform(&store, operation),
                ended: clock.fetch_add(1, Ordering::Relaxed),
            });
        }
        let model = Model {
            stay_destroyed: options.stay_destroyed,
            ..Model::default()
        };
        assert!(model.explains(&history), "{history:#?}");
    });
}

const SET: Operation = Set { expires: None };
const SET_TO_EXPIRE: Operation = Set {
    expires: Some(EXPIRY),
};
const GET: Operation = Get { now: 0 };
const GET_LATE: Operation = Get { now: LATE };
const RENEW: Operation = Touch { expires: 3000 };

#[test]
fn saving_reading_renewing_and_destroying_happen_at_once() {
    check(
        Options::default(),
        &[
            &[SET, GET, RENEW],
            &[SET_TO_EXPIRE, Destroy, GET],
            &[RENEW, GET, Destroy],
        ],
    );
}

#[test]
fn a_sweep_takes_only_what_has_expired_whoever_renews_it_meanwhile() {
    check(
        Options::default(),
        &[
            &[SET_TO_EXPIRE, RENEW, GET_LATE],
            &[Sweep { now: LATE }, GET],
            &[SET_TO_EXPIRE, Sweep { now: LATE }, GET_LATE],
        ],
    );
}

#[test]
fn a_late_save_brings_nothing_back_that_was_destroyed() {
    let options = Options {
        stay_destroyed: true,
        ..Options::default()
    };
    check(
        options,
        &[&[SET, GET, SET], &[Destroy, GET], &[RENEW, SET, GET]],
    );
}

#[test]
fn a_bounded_store_does_the_same() {
    let options = Options {
        max_sessions: Some(1),
        ..Options::default()
    };
    check(
        options,
        &[
            &[SET, GET, SET_TO_EXPIRE],
            &[GET_LATE, Destroy],
            &[SET, RENEW],
        ],
    );
}
