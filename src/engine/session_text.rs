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

/// What a session's text begins with, if its cookie comes first.
const FIRST: &str = "{\"cookie\":";

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

/// The outline of a text that `JSON.stringify` has made of an object: it is not read any further than
/// to the end of its cookie, if that comes first.
#[must_use]
pub fn outline_of_stringified(text: &str) -> Option<Outline> {
    let Some((length, expires)) = text.strip_prefix(FIRST).and_then(flat_object) else {
        return outline(text);
    };
    Some(Outline {
        expiry: expires.map_or(Expiry::Never, expiry_of_value),
        cookie: Some(FIRST.len()..FIRST.len() + length),
    })
}

/// Reads over the JSON object that a text begins with, and gives its length and its member `expires`.
/// `None` if there are objects, arrays or escapes in it, which cookies of sessions have none of.
fn flat_object(text: &str) -> Option<(usize, Option<&str>)> {
    let mut rest = text.strip_prefix('{')?;
    let mut expires = None;
    while let Some(member) = rest.strip_prefix('"') {
        let (name, after) = member.split_once('"')?;
        let after = after.strip_prefix(':')?;
        let value = if let Some(string) = after.strip_prefix('"') {
            let end = string
                .find(['"', '\\'])
                .filter(|end| string.as_bytes().get(*end) == Some(&b'"'));
            after.get(..end? + 2)?
        } else {
            let end = after.find([',', '}', '{', '[', '"'])?;
            after.get(..end)?
        };
        if name.contains('\\') {
            return None;
        }
        if name == "expires" {
            expires = Some(value);
        }
        rest = after.get(value.len()..)?;
        rest = match rest.as_bytes().first()? {
            b',' => rest.get(1..).filter(|rest| rest.starts_with('"'))?,
            b'}' => rest,
            _ => return None,
        };
    }
    let rest = rest.strip_prefix('}')?;
    Some((text.len() - rest.len(), expires))
}

/// A session's text, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split<'text> {
    /// The value of the member `cookie`.
    pub cookie: &'text str,
    /// The text without that member, in two pieces.
    pub rest: [&'text str; 2],
}

/// Takes the cookie, an object that stands at `place`, out of a text that `JSON.stringify` has made; `None`
/// if the text does not begin with it.
#[must_use]
pub fn split(text: &str, place: Range<usize>) -> Option<Split<'_>> {
    let cookie = text.get(place.clone())?;
    if text.get(..place.start)? != FIRST || !cookie.starts_with('{') {
        return None;
    }
    let after = text.get(place.end..)?;
    let rest = match after.strip_prefix(',') {
        Some(members) => ["{", members],
        None if after == "}" => ["{", after],
        None => return None,
    };
    Some(Split { cookie, rest })
}

/// The text of an object that has no cookie, with one at its end; `None` if the text is not a JSON
/// object.
#[must_use]
pub fn with_cookie_added(text: &str, cookie: &str) -> Option<String> {
    outline(text)?;
    let (before, after) = text.split_at_checked(text.rfind('}')?)?;
    let comma = if before.trim_end().ends_with('{') {
        ""
    } else {
        ","
    };
    Some([before, comma, "\"cookie\":", cookie, after].concat())
}

/// Reads the expiry out of the text of a session's cookie, which has to be JSON: its member `expires`.
#[must_use]
pub fn expiry_of(cookie: &str) -> Expiry {
    if let Some((length, expires)) = flat_object(cookie)
        && length == cookie.len()
    {
        return expires.map_or(Expiry::Never, expiry_of_value);
    }
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
    fn a_text_that_begins_with_its_cookie_is_taken_apart() {
        for (text, rest) in [
            (r#"{"cookie":{"path":"/"}}"#, "{}"),
            (r#"{"cookie":{"path":"/"},"n":1}"#, r#"{"n":1}"#),
        ] {
            let place = outline(text).unwrap().cookie.unwrap();
            let parts = split(text, place).unwrap();
            assert_eq!(
                (parts.cookie, &*parts.rest.concat()),
                (r#"{"path":"/"}"#, rest)
            );
        }
        for text in [r#"{"n":1,"cookie":{}}"#, r#"{"cookie":null}"#] {
            assert_eq!(split(text, outline(text).unwrap().cookie.unwrap()), None);
        }
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

    #[test]
    fn a_new_cookie_is_added_at_the_end() {
        assert_eq!(
            with_cookie_added(r#"{"a":"é"}"#, "1").as_deref(),
            Some(r#"{"a":"é","cookie":1}"#)
        );
        assert_eq!(
            with_cookie_added("{ }", "1").as_deref(),
            Some(r#"{ "cookie":1}"#)
        );
        assert_eq!(with_cookie_added("[]", "1"), None);
    }

    #[test]
    fn a_stringified_text_is_read_as_any_text() {
        for cookie in [
            r#"{"originalMaxAge":60000,"expires":"1970-01-01T00:01:00.000Z","httpOnly":true,"path":"/"}"#,
            r#"{"originalMaxAge":null,"expires":null,"path":"/a,}{\"b"}"#,
            r#"{"originalMaxAge":null,"expires":null,"path":"/a,}{b"}"#,
            r#"{"expires":1,"expires":{"a":"}"},"x":[1,2]}"#,
            r#"{"a":{"expires":1}}"#,
            r#"{"a":[{"expires":1}],"expires":false}"#,
            r#"{"exp\u0069res":5}"#,
            "{}",
            "null",
            "1",
            r#""x""#,
            "[]",
        ] {
            assert_eq!(
                expiry_of(cookie),
                expiry(&format!(r#"{{"a":1,"cookie":{cookie}}}"#))
            );
            for text in [
                format!(r#"{{"cookie":{cookie}}}"#),
                format!(r#"{{"cookie":{cookie},"a":{{"cookie":{{"expires":3}}}}}}"#),
                format!(r#"{{"a":1,"cookie":{cookie}}}"#),
            ] {
                assert_eq!(outline_of_stringified(&text), outline(&text), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text: String, cookie: String) {
            let _ = (outline(&text), outline_of_stringified(&text), expiry_of(&cookie));
            let _ = outline_of_stringified(&format!("{{\"cookie\":{{{text}"));
            let _ = with_cookie_added(&text, &cookie);
        }

        #[test]
        fn flat_cookies_are_read_as_any_cookie(
            members in proptest::collection::vec(
                ("a|b|expires|a\\\\n", r#"null|true|-?[1-9]{1,4}|"[a-z/:,{}]{0,9}"|"a\\"b""#),
                0..5
            )
        ) {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let text = format!(r#"{{"cookie":{{{}}},"expires":5}}"#, members.join(","));
            prop_assert!(outline(&text).is_some(), "{}", text);
            prop_assert_eq!(outline_of_stringified(&text), outline(&text));
        }

        #[test]
        fn a_deeply_nested_text_is_refused_and_does_not_overflow(depth in 1_usize..20_000) {
            let text = format!("{{\"a\":{}", "[".repeat(depth));
            prop_assert_eq!(outline(&text), None);
        }
    }
}
