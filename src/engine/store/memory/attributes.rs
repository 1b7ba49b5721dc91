//! Cookie attributes, which most sessions share.

use std::sync::Arc;

use super::{allocator::allocated, session::Session};
use crate::engine::{cookies::date::write_iso, sync::Mutex, time::UnixMillis};

/// The maximum number of texts. An application has a handful, or one for each of its domains.
const MOST: usize = 4096;

/// The maximum length of a text, in bytes.
const LONGEST: usize = 1024;

/// With a bound, all texts together take at most this part of it: they stay when sessions go.
const PART_OF_BOUND: u64 = 32;

/// Bytes of the reference counts in front of a shared text.
const ARC: usize = 16;

/// Cookie attributes as texts, each of which is stored once and has a number. A number stays valid
/// for as long as the store lives.
///
/// A text is the JSON of a cookie, with line breaks in place of the values of `originalMaxAge` and
/// `expires`, which differ between sessions:
///
/// ```text
/// {"originalMaxAge":␊,"expires":␊,"httpOnly":true,"path":"/"}
/// ```
///
/// Attributes may depend on what a client sends, so their number is limited. Sessions with further
/// attributes are kept as [whole text](super::Session::text).
#[derive(Debug, Default)]
pub struct Attributes(Mutex<Texts>);

#[derive(Debug)]
struct Texts {
    all: Vec<Arc<str>>,
    /// What they take, and what they may take.
    bytes: u64,
    most_bytes: u64,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            bytes: 0,
            most_bytes: u64::MAX,
        }
    }
}

impl Attributes {
    /// The attributes for a store with a bound of so many bytes.
    #[must_use]
    pub fn for_bound(most_bytes: Option<u64>) -> Self {
        Self(Mutex::new(Texts {
            most_bytes: most_bytes.map_or(u64::MAX, |most| most / PART_OF_BOUND),
            ..Texts::default()
        }))
    }

    /// The number of a text. `None` if there is no room for another one: `is_there_room` is asked for
    /// so many bytes.
    pub fn intern(&self, text: &str, is_there_room: impl FnOnce(usize) -> bool) -> Option<u32> {
        let Texts {
            all: texts,
            bytes: taken,
            most_bytes,
        } = &mut *self.0.lock();
        if let Some(number) = texts.iter().position(|known| **known == *text) {
            return u32::try_from(number).ok();
        }
        let list = |capacity: usize| allocated(capacity * size_of::<Arc<str>>());
        let before = list(texts.capacity());
        let grown = if texts.len() == texts.capacity() {
            (2 * texts.capacity()).max(4)
        } else {
            texts.capacity()
        };
        let bytes = list(grown) - before + allocated(text.len() + ARC);
        let is_too_much = *taken + bytes as u64 > *most_bytes;
        if texts.len() >= MOST || text.len() > LONGEST || is_too_much || !is_there_room(bytes) {
            return None;
        }
        texts.reserve_exact(grown - texts.len());
        texts.push(text.into());
        *taken += bytes as u64;
        u32::try_from(texts.len() - 1).ok()
    }

    /// The text with this number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<Arc<str>> {
        self.0.lock().all.get(number as usize).cloned()
    }

    /// The JSON of a whole session: its cookie first, and then its data.
    #[must_use]
    pub fn whole_text(&self, session: &Session<'_>) -> String {
        let attributes = session
            .cookie
            .and_then(|cookie| Some((cookie.max_age, self.get(cookie.attributes)?)));
        let Some((max_age, attributes)) = attributes else {
            return session.text.to_owned();
        };
        let mut whole = String::with_capacity(session.text.len() + attributes.len() + 64);
        whole.push_str("{\"cookie\":");
        let mut pieces = attributes.split('\n');
        whole.push_str(pieces.next().unwrap_or_default());
        match max_age {
            Some(max_age) => whole.push_str(&max_age.to_string()),
            None => whole.push_str("null"),
        }
        whole.push_str(pieces.next().unwrap_or_default());
        push_date(session.expires, &mut whole);
        whole.push_str(pieces.next().unwrap_or_default());
        // The data are an object: `{}` or `{…}`.
        match session.text.strip_prefix('{') {
            Some("}") | None => whole.push('}'),
            Some(members) => {
                whole.push(',');
                whole.push_str(members);
            }
        }
        whole
    }
}

fn push_date(date: Option<UnixMillis>, out: &mut String) {
    let before = out.len();
    out.push('"');
    if date.is_some_and(|date| write_iso(date, out)) {
        out.push('"');
    } else {
        out.truncate(before);
        out.push_str("null");
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::{super::Cookie, *};

    const PLAIN: &str = "{\"originalMaxAge\":\n,\"expires\":\n,\"path\":\"/\"}";

    fn number_of(attributes: &Attributes, text: &str) -> Option<u32> {
        attributes.intern(text, |_| true)
    }

    #[test]
    fn a_session_is_put_together_as_it_was_taken_apart() {
        let attributes = Attributes::default();
        let number = number_of(&attributes, PLAIN).unwrap();
        let whole = |text, max_age, expires| {
            attributes.whole_text(&Session {
                text,
                cookie: Some(Cookie {
                    attributes: number,
                    max_age,
                }),
                expires,
            })
        };
        assert_eq!(
            whole("{}", None, None),
            r#"{"cookie":{"originalMaxAge":null,"expires":null,"path":"/"}}"#
        );
        assert_eq!(
            whole(r#"{"n":1}"#, Some(5000), Some(UnixMillis(5000))),
            r#"{"cookie":{"originalMaxAge":5000,"expires":"1970-01-01T00:00:05.000Z","path":"/"},"n":1}"#
        );
    }

    #[test]
    fn a_whole_text_is_given_as_it_is() {
        let session = Session {
            text: "not { json",
            cookie: None,
            expires: Some(UnixMillis(0)),
        };
        assert_eq!(Attributes::default().whole_text(&session), "not { json");
    }

    #[test]
    fn a_text_has_one_number_and_a_number_one_text() {
        let attributes = Attributes::default();
        assert_eq!(number_of(&attributes, "a"), Some(0));
        assert_eq!(number_of(&attributes, "b"), Some(1));
        assert_eq!(number_of(&attributes, "a"), Some(0));
        assert_eq!(attributes.get(1).as_deref(), Some("b"));
        assert_eq!(attributes.get(2), None);
    }

    #[test]
    fn there_is_a_limit_to_all_of_them() {
        let attributes = Attributes::default();
        assert_eq!(number_of(&attributes, &"x".repeat(LONGEST + 1)), None);
        for number in 0..2 * MOST {
            let found = number_of(&attributes, &number.to_string());
            assert_eq!(found.is_some(), number < MOST);
        }
        assert_eq!(number_of(&attributes, "7"), Some(7));
    }

    #[test]
    fn they_take_a_small_part_of_a_bound() {
        let attributes = Attributes::for_bound(Some(32_000));
        let mut taken = 0;
        for number in 0..1000 {
            attributes.intern(&number.to_string(), |bytes| {
                taken += bytes;
                true
            });
        }
        assert!((700..=1000).contains(&taken), "{taken}");
        assert_eq!(number_of(&attributes, "0"), Some(0));
        assert_eq!(Attributes::default().intern("0", |_| false), None);
    }

    #[test]
    fn what_is_counted_is_what_is_taken() {
        let attributes = Attributes::default();
        let mut counted = 0;
        for number in 0..100 {
            let text = "x".repeat(number);
            attributes.intern(&text, |bytes| {
                counted += bytes;
                true
            });
            // It is there already.
            assert!(attributes.intern(&text, |_| false).is_some());
        }
        let texts = &attributes.0.lock().all;
        let each: usize = texts.iter().map(|text| allocated(text.len() + ARC)).sum();
        let list = allocated(texts.capacity() * size_of::<Arc<str>>());
        assert_eq!(counted, each + list);
    }
}
