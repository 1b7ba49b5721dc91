//! Looks into the JSON text of a session without turning it into objects.
//!
//! A store needs two things of a session's text: when the session expires, and where its cookie
//! stands, so that a touch can put a new one there. Both are about the top-level member `cookie`,
//! whose shape is that of a session cookie's `toJSON`: `{"originalMaxAge":…,"expires":…,…}`.

use std::{borrow::Cow, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{http_date, time::UnixMillis};

/// When a session expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Not until somebody says so: the cookie has no expiry, or there is no cookie.
    Never,
    /// At this time.
    At(UnixMillis),
    /// The text does not say it in the form that `JSON.stringify` gives a date; only JavaScript's
    /// own rules can tell.
    Unclear,
}

/// What a store has to know about a session's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// When the session expires.
    pub expiry: Expiry,
    /// Where the value of the top-level member `cookie` stands in the text, if there is one.
    pub cookie: Option<Range<usize>>,
}

/// Reads the outline of a session's text; `None` if the text is not a JSON object.
#[must_use]
pub fn outline(text: &str) -> Option<Outline> {
    let members: TopLevel<'_> = serde_json::from_str(text).ok()?;
    let Some(cookie) = members.cookie else {
        return Some(Outline {
            expiry: Expiry::Never,
            cookie: None,
        });
    };
    Some(Outline {
        expiry: expiry_of(cookie.get()),
        cookie: Some(place_of(cookie.get(), text)?),
    })
}

/// A session's text with its cookie apart from the rest, so that a touch, which comes with every
/// request, replaces the cookie and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitText {
    /// The text without the value of its member `cookie`, or all of it if it is not split.
    rest: Box<str>,
    /// The value that was taken out.
    cookie: Box<str>,
    /// Where it has to be put back. `None` if nothing was taken out.
    place: Option<usize>,
    /// When the session expires.
    expiry: Expiry,
}

impl SplitText {
    /// Takes the cookie out of a text. A text that is not a JSON object is kept as it is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let whole = |expiry| Self {
            rest: text.into(),
            cookie: Box::default(),
            place: None,
            expiry,
        };
        let Some(outline) = outline(text) else {
            return whole(Expiry::Unclear);
        };
        let Some(range) = outline.cookie else {
            return whole(outline.expiry);
        };
        let parts = (
            text.get(..range.start),
            text.get(range.clone()),
            text.get(range.end..),
        );
        let (Some(before), Some(cookie), Some(after)) = parts else {
            return whole(outline.expiry);
        };
        Self {
            rest: [before, after].concat().into(),
            cookie: cookie.into(),
            place: Some(range.start),
            expiry: outline.expiry,
        }
    }

    /// When the session expires.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// The text as it was, but for touches.
    #[must_use]
    pub fn join(&self) -> String {
        let Some((before, after)) = self
            .place
            .and_then(|place| self.rest.split_at_checked(place))
        else {
            return self.rest.to_string();
        };
        [before, &self.cookie, after].concat()
    }

    /// Puts another cookie in the place of the old one, or at the end of the object where there was
    /// none. `false` if the text is not a JSON object; then nothing is changed.
    ///
    /// `cookie` has to be JSON; it is not checked.
    #[must_use]
    pub fn set_cookie(&mut self, cookie: &str) -> bool {
        if self.place.is_some() {
            self.cookie = cookie.into();
            self.expiry = expiry_of(cookie);
            return true;
        }
        let Some(text) = with_cookie_added(&self.rest, cookie) else {
            return false;
        };
        *self = Self::new(&text);
        true
    }
}

/// The text of an object that has no cookie, with one at its end.
fn with_cookie_added(text: &str, cookie: &str) -> Option<String> {
    outline(text)?;
    let (before, after) = text.split_at_checked(text.rfind('}')?)?;
    let comma = if before.trim_end().ends_with('{') {
        ""
    } else {
        ","
    };
    Some([before, comma, "\"cookie\":", cookie, after].concat())
}

/// Reads the expiry out of the text of a session's cookie: its member `expires`.
#[must_use]
pub fn expiry_of(cookie: &str) -> Expiry {
    match serde_json::from_str::<Cookie<'_>>(cookie) {
        Ok(Cookie {
            expires: Some(expires),
        }) => expiry_of_value(expires.get()),
        Ok(Cookie { expires: None }) => Expiry::Never,
        // `"cookie": null` and other values without members have no expiry.
        Err(_) => match cookie.as_bytes().first() {
            Some(b'{') => Expiry::Unclear,
            _ => Expiry::Never,
        },
    }
}

fn expiry_of_value(expires: &str) -> Expiry {
    match expires {
        "null" | "false" | "0" | "\"\"" => Expiry::Never,
        _ => expires
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .and_then(http_date::parse_iso)
            .map_or(Expiry::Unclear, |time| Expiry::At(UnixMillis(time))),
    }
}

/// Where a slice of a text stands in it.
fn place_of(part: &str, text: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let place = start..start.checked_add(part.len())?;
    (text.get(place.clone())? == part).then_some(place)
}

/// The members that matter here. As in `JSON.parse`, the last one of a name counts.
#[derive(Default)]
struct TopLevel<'text> {
    cookie: Option<&'text RawValue>,
}

#[derive(Default)]
struct Cookie<'text> {
    expires: Option<&'text RawValue>,
}

impl<'de> Deserialize<'de> for TopLevel<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cookie = deserializer.deserialize_map(LastOf("cookie"))?;
        Ok(Self { cookie })
    }
}

impl<'de> Deserialize<'de> for Cookie<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expires = deserializer.deserialize_map(LastOf("expires"))?;
        Ok(Self { expires })
    }
}

/// Visits an object for the last member of one name, skipping everything else.
struct LastOf(&'static str);

impl<'de> Visitor<'de> for LastOf {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object, perhaps with a member {:?}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Name(name)) = members.next_key()? {
            if name == self.0 {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'text>(#[serde(borrow)] Cow<'text, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expiry(text: &str) -> Expiry {
        outline(text).unwrap().expiry
    }

    #[test]
    fn the_expiry_is_read_from_the_cookie() {
        let text =
            r#"{"cookie":{"originalMaxAge":60000,"expires":"1970-01-01T00:01:00.000Z"},"n":1}"#;
        assert_eq!(expiry(text), Expiry::At(UnixMillis(60_000)));
    }

    #[test]
    fn no_cookie_or_no_expiry_means_never() {
        for text in [
            "{}",
            r#"{"user":{"cookie":{"expires":"1970-01-01T00:00:00.000Z"}}}"#,
            r#"{"cookie":null}"#,
            r#"{"cookie":1}"#,
            r#"{"cookie":"x"}"#,
            r#"{"cookie":{}}"#,
            r#"{"cookie":{"expires":null}}"#,
            r#"{"cookie":{"expires":false}}"#,
            r#"{"cookie":{"expires":0}}"#,
            r#"{"cookie":{"expires":""}}"#,
        ] {
            assert_eq!(expiry(text), Expiry::Never, "{text}");
        }
    }

    #[test]
    fn an_expiry_in_another_form_is_left_to_javascript() {
        for text in [
            r#"{"cookie":{"expires":"Thu, 01 Jan 1970 00:00:00 GMT"}}"#,
            r#"{"cookie":{"expires":1}}"#,
            r#"{"cookie":{"expires":true}}"#,
            r#"{"cookie":{"expires":{}}}"#,
            r#"{"cookie":{"expires":"\u0031970-01-01T00:00:00.000Z"}}"#,
        ] {
            assert_eq!(expiry(text), Expiry::Unclear, "{text}");
        }
    }

    #[test]
    fn the_last_member_of_a_name_counts() {
        let text = r#"{"cookie":1,"cookie":{"expires":1,"expires":null},"c\u006fokie":{"a":2}}"#;
        let found = outline(text).unwrap();
        assert_eq!(found.expiry, Expiry::Never);
        assert_eq!(text.get(found.cookie.unwrap()), Some(r#"{"a":2}"#));
    }

    #[test]
    fn what_is_no_object_has_no_outline() {
        for text in [
            "",
            "null",
            "1",
            "\"x\"",
            "[]",
            "{",
            "{} {}",
            "{'a':1}",
            r#"{"cookie":}"#,
        ] {
            assert_eq!(outline(text), None, "{text}");
        }
    }

    fn with_cookie(text: &str, cookie: &str) -> Option<String> {
        let mut split = SplitText::new(text);
        split.set_cookie(cookie).then(|| split.join())
    }

    #[test]
    fn a_new_cookie_takes_the_old_ones_place() {
        assert_eq!(
            with_cookie(r#"{"1":2,"cookie":{"a":"}"},"x":{"cookie":3}}"#, "{}").as_deref(),
            Some(r#"{"1":2,"cookie":{},"x":{"cookie":3}}"#)
        );
        assert_eq!(
            with_cookie(r#"{"a":"é"}"#, "1").as_deref(),
            Some(r#"{"a":"é","cookie":1}"#)
        );
        assert_eq!(with_cookie("{ }", "1").as_deref(), Some(r#"{ "cookie":1}"#));
        assert_eq!(with_cookie("[]", "1"), None);
    }

    #[test]
    fn a_new_cookie_brings_its_own_expiry() {
        let mut split = SplitText::new(r#"{"cookie":{"expires":"1970-01-01T00:00:01.000Z"}}"#);
        assert_eq!(split.expiry(), Expiry::At(UnixMillis(1000)));
        assert!(split.set_cookie(r#"{"expires":"1970-01-01T00:00:02.000Z"}"#));
        assert_eq!(split.expiry(), Expiry::At(UnixMillis(2000)));
        assert!(split.set_cookie("{}"));
        assert_eq!(split.expiry(), Expiry::Never);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text: String, cookie: String) {
            prop_assert_eq!(SplitText::new(&text).join(), text.as_str());
            let _ = with_cookie(&text, &cookie);
        }

        #[test]
        fn a_deeply_nested_text_is_refused_and_does_not_overflow(depth in 1_usize..20_000) {
            let text = format!("{{\"a\":{}", "[".repeat(depth));
            prop_assert_eq!(outline(&text), None);
        }
    }
}
