use std::collections::BTreeMap;

use express_session_native::engine::{
    store::memory::{Cookie, MemoryStore, Pages, Renewed, Save, Session},
    time::UnixMillis,
};

use super::{input::Input, iso_date::MAX_TIME};

/// The in-memory store answers as a plain map does that is scanned in full, whatever the clock does.
pub fn memory_store(data: &[u8]) {
    let mut input = Input::new(data);
    let mut run = Run::default();
    while !input.is_empty() {
        run.step(&mut input);
    }
    run.check_all();
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    text: String,
    /// `None` for a text that is whole.
    cookie: Option<Cookie>,
    expires: Option<i64>,
}

impl Parts {
    fn of(session: &Session<'_>) -> Self {
        Self {
            text: session.text.to_owned(),
            cookie: session.cookie,
            expires: session.expires.map(|at| at.0),
        }
    }

    fn session(&self) -> Session<'_> {
        Session {
            text: &self.text,
            cookie: self.cookie,
            expires: self.expires.map(UnixMillis),
        }
    }
}

struct Held {
    parts: Parts,
    /// When it expires: by its cookie, or by a time to live.
    until: Option<i64>,
    /// When it was added, if that is certain.
    added: Option<u64>,
}

#[derive(Default)]
struct Run {
    store: MemoryStore,
    model: BTreeMap<Vec<u8>, Held>,
    steps: u64,
    now: i64,
    /// The latest time the store has been told. What has expired by then may be gone, and stays gone
    /// when the clock is turned back.
    latest: i64,
}

impl Run {
    fn step(&mut self, input: &mut Input<'_>) {
        self.steps += 1;
        self.latest = self.latest.max(self.now);
        let time = UnixMillis(self.now);
        match input.byte() % 16 {
            0..=4 => self.set(input),
            5..=7 => self.renew(input),
            8 => {
                let id = id(input);
                let is_destroyed = self.store.destroy(&id, time);
                match self.model.remove(&id) {
                    Some(held) if self.is_certain(&held) => assert!(is_destroyed, "{id:?}"),
                    Some(held) if self.is_expired(&held) => assert!(!is_destroyed, "{id:?}"),
                    Some(_) => {}
                    None => assert!(!is_destroyed, "{id:?}"),
                }
            }
            9 | 10 => {
                let id = id(input);
                self.check(&id);
            }
            11 => {
                self.store.sweep(time, usize::from(input.byte()));
                self.check_due();
            }
            12 | 13 => self.now = MAX_TIME.min(self.now + i64::from(input.byte()) * 20),
            14 => {
                self.now = match input.byte() {
                    0 => -MAX_TIME,
                    1 => MAX_TIME,
                    2..=64 => i64::try_from(input.number() >> 40).unwrap_or_default(),
                    back => (-MAX_TIME).max(self.now - i64::from(back) * 20),
                };
            }
            _ if input.byte() == 0 => {
                self.store.clear();
                self.model.clear();
            }
            _ => self.check_all(),
        }
    }

    fn set(&mut self, input: &mut Input<'_>) {
        let id = id(input);
        let (parts, ttl) = parts(input);
        let save = Save {
            ttl,
            ..Save::default()
        };
        let time = UnixMillis(self.now);
        let saved = self.store.save(&id, &parts.session(), save, time);
        assert_eq!(saved, Ok(true));
        let added = match self.model.get(&id) {
            Some(held) if self.is_certain(held) => held.added,
            Some(_) => None,
            None => Some(self.steps),
        };
        let until = self.until(&parts, ttl);
        self.model.insert(
            id,
            Held {
                parts,
                until,
                added,
            },
        );
    }

    fn renew(&mut self, input: &mut Input<'_>) {
        let id = id(input);
        let (cookie, expires) = cookie(input);
        let ttl = input.optional(ttl);
        self.check(&id);
        let renewal = Parts {
            text: "not looked at".to_owned(),
            cookie: Some(cookie),
            expires,
        };
        let time = UnixMillis(self.now);
        let renewed = self.store.renew(&id, &renewal.session(), ttl, time);
        let until = self.until(&renewal, ttl);
        let expected = match self.model.get_mut(&id) {
            None => Renewed::Absent,
            Some(held) if held.parts.cookie.is_none() => Renewed::Whole,
            Some(held) => {
                held.parts = Parts {
                    text: held.parts.text.clone(),
                    ..renewal
                };
                held.until = until;
                Renewed::Done
            }
        };
        assert_eq!(renewed, expected);
    }

    /// When what is saved now expires.
    fn until(&self, parts: &Parts, ttl: Option<i64>) -> Option<i64> {
        let by_ttl = || Some(self.now.saturating_add(ttl?));
        parts.expires.or_else(by_ttl)
    }

    /// Whether the store still has to have it: it has not expired at any time that was told.
    fn is_certain(&self, held: &Held) -> bool {
        held.until.is_none_or(|until| until > self.latest)
    }

    fn is_expired(&self, held: &Held) -> bool {
        held.until.is_some_and(|until| until <= self.now)
    }

    fn check(&mut self, id: &[u8]) {
        let time = UnixMillis(self.now);
        let found = self.store.read(id, time, |session| Parts::of(&session));
        assert_eq!(self.store.has(id, time), found.is_some());
        let Some(held) = self.model.get(id) else {
            assert_eq!(found, None);
            return;
        };
        if self.is_certain(held) {
            assert_eq!(found.as_ref(), Some(&held.parts));
        } else if self.is_expired(held) {
            assert_eq!(found, None);
        } else if let Some(found) = &found {
            assert_eq!(found, &held.parts);
        }
        if found.is_none() {
            self.model.remove(id);
        }
    }

    fn check_all(&mut self) {
        self.latest = self.latest.max(self.now);
        let time = UnixMillis(self.now);
        let length = self.store.len(time);
        let listed = self.store.ids(time);
        // When the clock was turned back, sessions that have expired may still be counted.
        assert!(length >= listed.len(), "{length} of {}", listed.len());
        if self.now == self.latest {
            assert_eq!(length, listed.len());
        }
        let paged = self.paged();
        assert_eq!(paged.len(), listed.len());
        let ids: Vec<Vec<u8>> = self.model.keys().cloned().collect();
        for id in ids {
            self.check(&id);
        }
        assert_eq!(self.model.len(), listed.len());
        let mut added: Vec<u64> = Vec::new();
        for id in &listed {
            let held = self.model.get(id);
            assert!(held.is_some(), "listed, and not there: {id:?}");
            added.extend(held.and_then(|held| held.added));
            assert_eq!(paged.get(id), held.map(|held| &held.parts));
        }
        assert!(added.is_sorted(), "not the oldest first: {added:?}");
        self.check_due();
    }

    /// All sessions, read in small pages.
    fn paged(&self) -> BTreeMap<Vec<u8>, Parts> {
        let mut found = BTreeMap::new();
        let mut pages = Pages::default();
        let time = UnixMillis(self.now);
        while self.store.page(&mut pages, 3, time, |id, session| {
            let before = found.insert(id.to_vec(), Parts::of(&session));
            assert_eq!(before, None);
        }) {}
        found
    }

    /// A sweep that runs when it is due is never late.
    fn check_due(&self) {
        let certain = self.model.values().filter(|held| self.is_certain(held));
        if let Some(soonest) = certain.filter_map(|held| held.until).min() {
            let due = self.store.next_due();
            assert!(
                due.is_some_and(|due| due.0 <= soonest),
                "{due:?} is after {soonest}"
            );
        }
    }
}

/// One of a few ids, so that they come again.
fn id(input: &mut Input<'_>) -> Vec<u8> {
    match input.byte() {
        0 => Vec::new(),
        1 => vec![b'x'; 3000],
        byte => vec![byte % 24],
    }
}

/// A session, and the time to live that it is saved with.
fn parts(input: &mut Input<'_>) -> (Parts, Option<i64>) {
    let with = |text, (cookie, expires)| Parts {
        text,
        cookie: Some(cookie),
        expires,
    };
    let plain = Cookie {
        attributes: 0,
        max_age: Some(86_400_000),
    };
    match input.byte() % 8 {
        0 => {
            let parts = Parts {
                text: input.text(),
                cookie: None,
                expires: None,
            };
            (parts, None)
        }
        1 => {
            let text = format!(r#"{{"n":{}}}"#, input.byte());
            (with(text, cookie(input)), None)
        }
        2 => {
            let text = format!(r#"{{"n":{}}}"#, input.byte());
            (with(text, (plain, None)), input.optional(ttl))
        }
        3 => {
            let (_, expires) = cookie(input);
            let parts = Parts {
                text: input.text(),
                cookie: None,
                expires,
            };
            (parts, input.optional(ttl))
        }
        _ => {
            let expires = i64::from(input.byte()) * 100;
            let text = format!(r#"{{"n":{}}}"#, input.byte());
            (with(text, (plain, Some(expires))), None)
        }
    }
}

/// A cookie, and when it expires.
fn cookie(input: &mut Input<'_>) -> (Cookie, Option<i64>) {
    let mut cookie = Cookie {
        attributes: 0,
        max_age: None,
    };
    let soon = |input: &mut Input<'_>| i64::from(input.byte()) * 100;
    let expires = match input.byte() % 8 {
        0 => None,
        1 => {
            cookie.attributes = u32::from(input.byte());
            None
        }
        2 => {
            cookie.max_age = Some(input.number() >> 1);
            None
        }
        3 => Some(input.number().cast_signed() % MAX_TIME),
        4 => {
            cookie.attributes = u32::from(input.byte());
            cookie.max_age = Some(u64::from(input.byte()));
            Some(soon(input))
        }
        _ => Some(soon(input)),
    };
    (cookie, expires)
}

fn ttl(input: &mut Input<'_>) -> i64 {
    i64::from(input.byte()) * 100 - 100
}
