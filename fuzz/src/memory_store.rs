use std::collections::BTreeMap;

use express_session_native::engine::{
    session_text::{Expiry, expiry_of, outline},
    store::{MemoryStore, SessionStore as _},
    time::UnixMillis,
};

use super::{
    input::Input,
    session_text::{cookie, iso},
};

/// The in-memory store answers as a plain map does that is scanned in full, whatever the clock does.
pub fn memory_store(data: &[u8]) {
    let mut input = Input::new(data);
    let mut run = Run::default();
    while !input.is_empty() {
        run.step(&mut input);
    }
    run.check_all();
}

/// The last time that a JavaScript `Date` can hold, either side of 1970.
const LAST_TIME: i64 = 8_640_000_000_000_000;

struct Session {
    text: String,
    expires: Option<i64>,
    /// When it was added, if that is certain.
    added: Option<u64>,
}

#[derive(Default)]
struct Run {
    store: MemoryStore,
    model: BTreeMap<Vec<u8>, Session>,
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
            5..=7 => self.touch(input),
            8 => {
                let id = id(input);
                let destroyed = self.store.destroy(&id, time).ok();
                let before = self.model.remove(&id);
                if let Some(session) = before.filter(|session| self.is_certain(session)) {
                    assert_eq!(destroyed, Some(true), "{}", session.text);
                } else if !self.model.contains_key(&id) {
                    assert!(destroyed.is_some());
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
            12 | 13 => self.now = LAST_TIME.min(self.now + i64::from(input.byte()) * 20),
            14 => {
                self.now = match input.byte() {
                    0 => -LAST_TIME,
                    1 => LAST_TIME,
                    2..=64 => i64::try_from(input.number() >> 40).unwrap_or_default(),
                    back => (-LAST_TIME).max(self.now - i64::from(back) * 20),
                };
            }
            _ if input.byte() == 0 => {
                assert!(self.store.clear().is_ok());
                self.model.clear();
            }
            _ => self.check_all(),
        }
    }

    fn set(&mut self, input: &mut Input<'_>) {
        let (id, text) = (id(input), text(input));
        let expiry = self.store.set(&id, &text, UnixMillis(self.now)).ok();
        let expected = outline(&text).map_or(Expiry::Unclear, |outline| outline.expiry);
        assert_eq!(expiry, Some(expected));
        let added = match self.model.get(&id) {
            Some(session) if self.is_certain(session) => session.added,
            Some(_) => None,
            None => Some(self.steps),
        };
        let expires = time_of(expected);
        self.model.insert(
            id,
            Session {
                text,
                expires,
                added,
            },
        );
    }

    fn touch(&mut self, input: &mut Input<'_>) {
        let (id, cookie) = (id(input), cookie(input));
        self.check(&id);
        let touched = self.store.touch(&id, &cookie, UnixMillis(self.now)).ok();
        let text = self
            .model
            .get(&id)
            .and_then(|session| with_cookie(&session.text, &cookie));
        let Some(text) = text else {
            assert_eq!(touched, Some(None));
            return;
        };
        let expiry = expiry_of(&cookie);
        assert_eq!(touched, Some(Some(expiry)));
        if let Some(session) = self.model.get_mut(&id) {
            session.text = text;
            session.expires = time_of(expiry);
        }
    }

    /// Whether the store still has to have it: it has not expired at any time that was told.
    fn is_certain(&self, session: &Session) -> bool {
        session.expires.is_none_or(|expires| expires > self.latest)
    }

    fn is_expired(&self, session: &Session) -> bool {
        session.expires.is_some_and(|expires| expires <= self.now)
    }

    fn check(&mut self, id: &[u8]) {
        let found = self.store.get(id, UnixMillis(self.now)).ok().flatten();
        let Some(session) = self.model.get(id) else {
            assert_eq!(found, None);
            return;
        };
        if self.is_certain(session) {
            assert_eq!(found.as_ref(), Some(&session.text));
        } else if self.is_expired(session) {
            assert_eq!(found, None);
        } else if let Some(found) = &found {
            assert_eq!(found, &session.text);
        }
        if found.is_none() {
            self.model.remove(id);
        }
    }

    fn check_all(&mut self) {
        self.latest = self.latest.max(self.now);
        let time = UnixMillis(self.now);
        let length = self.store.len(time).unwrap_or_default();
        let listed = self.store.ids(time);
        // When the clock was turned back, sessions that have expired may still be counted.
        assert!(length >= listed.len(), "{length} of {}", listed.len());
        if self.now == self.latest {
            assert_eq!(length, listed.len());
        }
        let ids: Vec<Vec<u8>> = self.model.keys().cloned().collect();
        for id in ids {
            self.check(&id);
        }
        assert_eq!(self.model.len(), listed.len());
        let mut added: Vec<u64> = Vec::new();
        for id in &listed {
            let session = self.model.get(id);
            assert!(session.is_some(), "listed, and not there: {id:?}");
            added.extend(session.and_then(|session| session.added));
        }
        assert!(added.is_sorted(), "not the oldest first: {added:?}");
        self.check_due();
    }

    /// Whoever sweeps when told to is never more than a second late.
    fn check_due(&self) {
        let certain = self
            .model
            .values()
            .filter(|session| self.is_certain(session));
        if let Some(soonest) = certain.filter_map(|session| session.expires).min() {
            let due = self.store.next_due();
            assert!(due.is_some_and(|due| due.0 <= soonest.saturating_add(1000)));
        }
    }
}

fn time_of(expiry: Expiry) -> Option<i64> {
    match expiry {
        Expiry::At(time) => Some(time.0),
        Expiry::Never | Expiry::Unclear => None,
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

fn text(input: &mut Input<'_>) -> String {
    match input.byte() % 8 {
        0 => input.text(),
        1 => format!(r#"{{"n":{},"cookie":{}}}"#, input.byte(), cookie(input)),
        2 => format!(r#"{{"a":{{"cookie":1}},"n":{}}}"#, input.byte()),
        3 => format!(r#"{{"cookie":1,"cookie":{} }}"#, cookie(input)),
        _ => {
            let time = i64::from(input.byte()) * 100;
            let n = input.byte();
            format!(r#"{{"cookie":{{"expires":"{}"}},"n":{n}}}"#, iso(time))
        }
    }
}

fn with_cookie(text: &str, cookie: &str) -> Option<String> {
    let (start, end, given) = if let Some(place) = outline(text)?.cookie {
        (place.start, place.end, cookie.to_owned())
    } else {
        let end = text.rfind('}')?;
        let is_empty = text.get(..end)?.trim_end().ends_with('{');
        let comma = if is_empty { "" } else { "," };
        (end, end, format!(r#"{comma}"cookie":{cookie}"#))
    };
    Some([text.get(..start)?, &given, text.get(end..)?].concat())
}
