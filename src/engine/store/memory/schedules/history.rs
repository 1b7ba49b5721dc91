//! Operations are linearizable: threads see each as if it happened at one moment between its
//! beginning and its end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use shuttle::thread;

use super::{
    super::{
        Known, MemoryStore, Options, Renewed, Save,
        tests::{get, renew, session, set, whole},
    },
    try_schedules,
};
use crate::engine::time::UnixMillis;

const ID: &[u8] = b"id";
/// The session's first expiry, and a time after it.
const EXPIRY: i64 = 1000;
const LATE: i64 = 2000;

/// An operation on the only session.
#[derive(Clone, Copy, Debug)]
enum Operation {
    /// Saves it, with the first expiry or without any.
    Set {
        expires: Option<i64>,
    },
    /// Saves it after it was loaded, without an expiry.
    SetLoaded,
    /// Saves it as whole text, which cannot be renewed, without an expiry.
    SetWhole,
    /// Reads it at time `now`.
    Get {
        now: i64,
    },
    /// Changes its expiry.
    Renew {
        expires: i64,
    },
    Destroy,
    /// Sweeps at time `now`.
    Sweep {
        now: i64,
    },
    /// Counts sessions.
    Len,
}

use Operation::{Destroy, Get, Len, Renew, Set, SetLoaded, SetWhole, Sweep};

/// The result of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// Its text, and the expiry of its cookie.
    Found(Option<(String, Option<i64>)>),
    Renewed(Renewed),
    Was(bool),
    Count(usize),
    Nothing,
}

/// An operation, when it began and ended, and its result.
#[derive(Clone, Debug)]
struct Done {
    operation: Operation,
    began: usize,
    ended: usize,
    outcome: Outcome,
}

const WHOLE: &str = "whole";

fn perform(store: &MemoryStore, operation: Operation) -> Outcome {
    match operation {
        Set { expires } => {
            set(store, ID, session(expires), 0);
            Outcome::Nothing
        }
        SetLoaded => {
            let save = Save {
                known: Known::Loaded {
                    until: UnixMillis(i64::MAX),
                    seen: 0,
                },
                ..Save::default()
            };
            let saved = store.save(ID, &session(None), save, UnixMillis(0));
            assert!(saved.is_ok());
            Outcome::Nothing
        }
        SetWhole => {
            set(store, ID, whole(WHOLE, None), 0);
            Outcome::Nothing
        }
        Get { now } => Outcome::Found(get(store, ID, now)),
        Renew { expires } => Outcome::Renewed(renew(store, ID, Some(expires), 0)),
        Destroy => Outcome::Was(store.destroy(ID, UnixMillis(0))),
        Sweep { now } => {
            store.sweep(UnixMillis(now), 10);
            Outcome::Nothing
        }
        Len => Outcome::Count(store.len(UnixMillis(0))),
    }
}

#[derive(Clone, Copy, Debug)]
struct Held {
    is_whole: bool,
    /// When it expires, if ever.
    expires: Option<i64>,
}

/// A model of a store with one session.
#[derive(Clone, Debug, Default)]
struct Model {
    held: Option<Held>,
    drop_late_saves: bool,
    /// Whether its id was ever destroyed: loaded sessions are older than that.
    is_destroyed: bool,
}

impl Model {
    fn perform(&mut self, operation: Operation) -> Outcome {
        match operation {
            Set { expires } => self.set(false, expires),
            SetWhole => self.set(true, None),
            SetLoaded if self.drop_late_saves && (self.held.is_none() || self.is_destroyed) => {
                Outcome::Nothing
            }
            SetLoaded => self.set(false, None),
            Get { now } => {
                self.expire(now);
                let found = self.held.map(|held| {
                    let text = if held.is_whole {
                        WHOLE
                    } else {
                        session(None).text
                    };
                    (text.to_owned(), held.expires)
                });
                Outcome::Found(found)
            }
            Renew { expires } => Outcome::Renewed(match &mut self.held {
                None => Renewed::Absent,
                Some(held) if held.is_whole => Renewed::Whole,
                Some(held) => {
                    held.expires = Some(expires);
                    Renewed::Done
                }
            }),
            Destroy => {
                self.is_destroyed = true;
                Outcome::Was(self.held.take().is_some())
            }
            Sweep { now } => {
                self.expire(now);
                Outcome::Nothing
            }
            Len => Outcome::Count(usize::from(self.held.is_some())),
        }
    }

    fn set(&mut self, is_whole: bool, expires: Option<i64>) -> Outcome {
        self.held = Some(Held { is_whole, expires });
        Outcome::Nothing
    }

    fn expire(&mut self, now: i64) {
        self.held = self
            .held
            .filter(|held| held.expires.is_none_or(|at| at > now));
    }

    /// Whether some order of all operations explains their results, in which none comes before one
    /// that had ended when it began.
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

/// Runs operations of several threads on one session, in many schedules.
fn check(options: Options, threads: &'static [&'static [Operation]]) {
    try_schedules(move || {
        let store = Arc::new(MemoryStore::with_shards(options, Some(1), None));
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
        // The final state, after all other operations.
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
            drop_late_saves: options.drop_late_saves,
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
const RENEW: Operation = Renew { expires: 3000 };

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
fn a_session_is_renewed_as_what_it_is_at_that_time() {
    check(
        Options::default(),
        &[
            &[SET, SetWhole, GET],
            &[RENEW, GET, RENEW],
            &[SET_TO_EXPIRE, RENEW, GET_LATE],
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
        drop_late_saves: true,
        ..Options::default()
    };
    check(
        options,
        &[
            &[SET, GET, SetLoaded],
            &[Destroy, GET],
            &[RENEW, SetLoaded, GET],
        ],
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
