//! Reads one cookie from a `Cookie:` request header.
//!
//! A well-behaved client sends (RFC 6265 section 4.2.1):
//!
//! ```text
//! cookie-string = cookie-pair *( ";" SP cookie-pair )
//! cookie-pair   = cookie-name "=" cookie-value
//! ```
//!
//! Clients can send anything, so parsing is lenient, as in the npm package `cookie` 0.7: parts
//! without `=` are skipped; blanks (space and tab) around names and values are ignored; one pair of
//! quotes around a value is dropped; a value with a `%` is percent-decoded, or kept unchanged if
//! that fails. If a name occurs more than once, the first one counts.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use super::percent;

/// How a header's non-ASCII characters are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// One byte each, as Node's HTTP parser reads them.
    Latin1,
    /// As [WTF-8](crate::engine::wtf8), for a header that the application has written itself.
    Wtf8,
}

/// The raw value of the first cookie called `name`, without quotes. `None` if there is none. Works
/// with every encoding that extends ASCII; `name` must have the same one.
#[must_use]
pub fn find_raw<'header>(header: &'header [u8], name: &[u8]) -> Option<&'header [u8]> {
    let value =
        pairs(header).find_map(|(key, value)| (trim_blanks(key) == name).then_some(value))?;
    Some(unquote(trim_blanks(value)))
}

/// A value from [`find_raw`] as WTF-8, percent-decoded if possible.
#[must_use]
pub fn decode(raw: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    let text = match encoding {
        Encoding::Latin1 if !raw.is_ascii() => Cow::Owned(from_latin1(raw)),
        _ => Cow::Borrowed(raw),
    };
    if memchr(b'%', &text).is_none() {
        return text;
    }
    percent::decode(&text).map_or(text, Cow::Owned)
}

/// Latin-1 as UTF-8.
#[must_use]
pub fn from_latin1(text: &[u8]) -> Vec<u8> {
    let text: String = text.iter().copied().map(char::from).collect();
    text.into_bytes()
}

/// The text before and after the first `=` of each part that has one. Headers may be long, so many
/// bytes are searched at a time, and any number of parts without `=` is skipped in one step.
fn pairs(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let (part, after) = first_part(rest?);
        rest = after;
        if let Some(equals) = memchr(b'=', part) {
            return split_around(part, equals);
        }
        let after = after?;
        let (before, _) = after.split_at_checked(memchr(b'=', after)?)?;
        let skipped = memrchr(b';', before).map_or(0, |semicolon| semicolon + 1);
        let (part, after) = first_part(after.get(skipped..)?);
        rest = after;
        split_around(part, memchr(b'=', part)?)
    })
}

/// The text before the first semicolon, and the text after it.
fn first_part(header: &[u8]) -> (&[u8], Option<&[u8]>) {
    memchr(b';', header)
        .and_then(|semicolon| split_around(header, semicolon))
        .map_or((header, None), |(part, after)| (part, Some(after)))
}

/// The text before the byte at `at`, and the text after it.
fn split_around(text: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (before, from) = text.split_at_checked(at)?;
    Some((before, from.split_first()?.1))
}

fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Drops one quote at each end. Nothing is left of a value that is a single quote.
fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        [b'"'] => b"",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find_text(header: &str, name: &str) -> Option<String> {
        let value = decode(
            find_raw(header.as_bytes(), name.as_bytes())?,
            Encoding::Wtf8,
        );
        Some(String::from_utf8(value.into_owned()).unwrap())
    }

    fn assert_finds(header: &str, value: &str) {
        assert_eq!(
            find_text(header, "sid").as_deref(),
            Some(value),
            "{header:?}"
        );
    }

    #[test]
    fn the_named_cookie_is_found_among_others() {
        assert_finds("sid=abc", "abc");
        assert_finds("a=1; sid=abc; b=2", "abc");
        assert_finds("sidx=1; xsid=2;sid=abc", "abc");
        assert_eq!(find_text("a=1; SID=2", "sid"), None);
        assert_eq!(find_text("", "sid"), None);
    }

    #[test]
    fn the_first_of_several_counts() {
        assert_finds("sid=1; sid=2", "1");
        assert_finds("sid=; sid=2", "");
    }

    #[test]
    fn blanks_around_names_and_values_do_not_count() {
        assert_finds("a=1;\t sid \t=  abc \t; b=2", "abc");
        assert_finds("sid= a b ", "a b");
        assert_finds("sid=  ", "");
    }

    #[test]
    fn parts_without_an_equals_sign_are_skipped() {
        assert_finds("sid; other; sid=abc; sid", "abc");
        assert_finds(";;sid=abc;;", "abc");
        assert_finds("a;b;c=1;;d;e;sid=abc", "abc");
        assert_finds("a;b;sid=abc;sid=2", "abc");
        assert_eq!(find_text("sid;=abc;;", "sid"), None);
        assert_eq!(find_text("sid", "sid"), None);
    }

    #[test]
    fn everything_after_the_first_equals_sign_is_the_value() {
        assert_finds("sid=a=b==", "a=b==");
    }

    #[test]
    fn one_pair_of_quotes_is_dropped() {
        assert_finds("sid=\"abc\"", "abc");
        assert_finds("sid=\"\"abc\"\"", "\"abc\"");
        assert_finds("sid=\"abc", "\"abc");
        assert_finds("sid=\"", "");
        assert_finds("sid=\" a \"", " a ");
    }

    #[test]
    fn a_value_is_percent_decoded_or_kept_as_it_is() {
        assert_finds("sid=s%3Aabc.d%2Fe", "s:abc.d/e");
        assert_finds("sid=%zz", "%zz");
        assert_finds("sid=s%3Aabc%", "s%3Aabc%");
        assert_finds("sid=%C3%A9é", "éé");
    }

    #[test]
    fn a_name_with_odd_characters_is_compared_as_it_is() {
        assert_eq!(find_text("a b=1", "a b").as_deref(), Some("1"));
        assert_eq!(find_text("é=1", "é").as_deref(), Some("1"));
        assert_eq!(find_text("%61=1", "a"), None);
    }

    #[test]
    fn latin_1_is_read_as_the_characters_that_it_stands_for() {
        let raw = find_raw(b"\xE9=1; a=\xE9%C3%A9", b"a").unwrap();
        assert_eq!(decode(raw, Encoding::Latin1), "éé".as_bytes());
        assert_eq!(find_raw(b"\xE9=1", b"\xE9"), Some(&b"1"[..]));
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(header: Vec<u8>, name: Vec<u8>) {
            if let Some(raw) = find_raw(&header, &name) {
                let _ = decode(raw, Encoding::Wtf8);
                prop_assert!(std::str::from_utf8(&decode(raw, Encoding::Latin1)).is_ok());
            }
        }

        #[test]
        fn what_the_cookie_crate_writes_is_read_back(value in "\\PC*") {
            let written = cookie::Cookie::new("sid", value.clone()).encoded().to_string();
            let found = find_text(&written, "sid");
            prop_assert_eq!(found.as_deref(), Some(value.as_str()));
        }
    }
}
