use std::collections::HashMap;

use proptest::prelude::*;

use super::{super::super::OnFull, *};

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Content),
    Touch(u8, Option<i64>),
    Destroy(u8),
    Get(u8),
    Has(u8),
    Sweep(usize),
    Wait(i64),
    Len,
    Clear,
}

#[derive(Clone, Copy, Debug)]
struct Content {
    expires: Option<i64>,
    is_empty: bool,
    protected: bool,
}

fn content() -> impl Strategy<Value = Content> {
    let expires = proptest::option::of(0..3_600_000_i64);
    (expires, any::<bool>(), any::<bool>()).prop_map(|(expires, is_empty, protected)| Content {
        expires,
        is_empty,
        protected,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..12_u8;
    prop_oneof![
        8 => (id.clone(), content()).prop_map(|(id, content)| Step::Set(id, content)),
        4 => (id.clone(), proptest::option::of(0..3_600_000_i64))
            .prop_map(|(id, at)| Step::Touch(id, at)),
        2 => id.clone().prop_map(Step::Destroy),
        4 => id.clone().prop_map(Step::Get),
        1 => id.prop_map(Step::Has),
        2 => (0..5_usize).prop_map(Step::Sweep),
        4 => prop_oneof![0..3000_i64, 0..100_000_i64].prop_map(Step::Wait),
        2 => Just(Step::Len),
        1 => Just(Step::Clear),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let on_full = prop_oneof![
        Just(OnFull::Evict),
        Just(OnFull::Spare),
        Just(OnFull::Reject)
    ];
    let most = proptest::option::of(1..8_u64);
    let ttl = proptest::option::of(1..5000_i64);
    (most, on_full, ttl, any::<bool>()).prop_map(|(max_sessions, on_full, ttl, stay_destroyed)| {
        Options {
            max_sessions,
            on_full,
            ttl,
            stay_destroyed,
            ..Options::default()
        }
    })
}

fn text(content: Content) -> String {
    let cookie = content
        .expires
        .map_or("null".into(), |at| format!("\"{}\"", acceptance::iso(at)));
    let more = if content.is_empty { "" } else { ",\"n\":1" };
    format!("{{\"cookie\":{{\"expires\":{cookie}}}{more}}}")
}

#[derive(Debug)]
struct Session {
    content: Content,
    /// Of the cookie, or by the time to live.
    expires: Option<i64>,
    used: u64,
}

impl Session {
    fn class(&self) -> u8 {
        match self.content {
            Content {
                protected: true, ..
            } => 2,
            Content { is_empty: true, .. } => 0,
            Content { .. } => 1,
        }
    }
}

/// A plain map, scanned in full.
#[derive(Debug)]
struct Model {
    options: Options,
    sessions: HashMap<u8, Session>,
    destroyed: HashMap<u8, i64>,
    uses: u64,
    evictions: u64,
}

impl Model {
    fn expiry(&self, expires: Option<i64>, now: i64) -> Option<i64> {
        expires.or(self.options.ttl.map(|ttl| now + ttl))
    }

    fn expire(&mut self, now: i64) {
        self.sessions
            .retain(|_, session| session.expires.is_none_or(|at| at > now));
        self.destroyed.retain(|_, until| *until > now);
    }

    fn is_used(&mut self, id: u8) -> Option<&Session> {
        self.uses += 1;
        let session = self.sessions.get_mut(&id)?;
        session.used = self.uses;
        Some(session)
    }

    /// Whether there is room, or room can be made.
    fn make_room(&mut self, id: u8) -> bool {
        let most = usize::try_from(self.options.max_sessions.unwrap_or(u64::MAX)).unwrap();
        if self.sessions.contains_key(&id) || self.sessions.len() < most {
            return true;
        }
        let sessions = self.sessions.iter();
        let next = sessions.min_by_key(|(_, session)| (session.class(), session.used));
        let (next, class) = next.map(|(id, session)| (*id, session.class())).unwrap();
        let refused = match self.options.on_full {
            OnFull::Evict => false,
            OnFull::Spare => class == 2,
            OnFull::Reject => true,
        };
        if !refused {
            self.sessions.remove(&next);
            self.evictions += 1;
        }
        !refused
    }

    fn set(&mut self, id: u8, content: Content, now: i64) -> bool {
        if self.options.stay_destroyed && self.destroyed.contains_key(&id) {
            return true;
        }
        let expires = self.expiry(content.expires, now);
        let is_gone = expires.is_some_and(|at| at <= now);
        // What has expired goes first, and that may be the new one itself.
        if !(is_gone && self.options.on_full == OnFull::Evict || self.make_room(id)) {
            return false;
        }
        let session = Session {
            content,
            expires,
            used: 0,
        };
        self.sessions.insert(id, session);
        self.is_used(id);
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_does_what_a_plain_map_with_bounds_does(
        options in options(),
        shards in prop_oneof![Just(1_usize), Just(3), Just(SHARDS)],
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let store = MemoryStore::with_shards(options, shards);
        let mut model = Model {
            options,
            sessions: HashMap::new(),
            destroyed: HashMap::new(),
            uses: 0,
            evictions: 0,
        };
        let mut now = 0;
        for step in steps {
            model.expire(now);
            let time = UnixMillis(now);
            match step {
                Step::Set(id, content) => {
                    let save = Save { protected: content.protected, ..Save::default() };
                    let set = store.save(&[id], &text(content), save, time);
                    prop_assert_eq!(set.is_ok(), model.set(id, content, now));
                }
                Step::Touch(id, at) => {
                    let cookie = at.map_or(r#"{"expires":null}"#.to_owned(), cookie);
                    let touched = store.touch(&[id], &cookie, time).unwrap();
                    prop_assert_eq!(touched.is_some(), model.sessions.contains_key(&id));
                    model.is_used(id);
                    let expires = model.expiry(at, now);
                    if let Some(session) = model.sessions.get_mut(&id) {
                        session.expires = expires;
                        session.content.expires = at;
                    }
                }
                Step::Destroy(id) => {
                    let destroyed = store.destroy(&[id], time).unwrap();
                    prop_assert_eq!(destroyed, model.sessions.remove(&id).is_some());
                    model.destroyed.insert(id, now + 10 * 60_000);
                }
                Step::Get(id) => {
                    let expected = model.is_used(id).map(|session| text(session.content));
                    prop_assert_eq!(store.get(&[id], time).unwrap(), expected);
                }
                Step::Has(id) => {
                    prop_assert_eq!(store.has(&[id], time), model.sessions.contains_key(&id));
                }
                Step::Sweep(budget) => {
                    store.sweep(time, budget);
                }
                Step::Wait(ms) => now += ms,
                Step::Len => {
                    prop_assert_eq!(store.len(time).unwrap(), model.sessions.len());
                    let mut ids = store.ids(time);
                    ids.sort_unstable();
                    let mut expected: Vec<_> = model.sessions.keys().map(|id| vec![*id]).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(ids, expected);
                }
                Step::Clear => {
                    store.clear().unwrap();
                    model.sessions.clear();
                }
            }
            prop_assert_eq!(store.stats().evictions, model.evictions);
        }
    }
}
