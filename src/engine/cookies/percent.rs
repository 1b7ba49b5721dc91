//! Percent-encoding by the rules of ECMAScript's `encodeURIComponent` and `decodeURIComponent`,
//! with which all existing cookies were written and read.

use memchr::memchr;
use thiserror::Error;

/// The text contains a lone surrogate, which UTF-8 cannot encode. JavaScript throws a `URIError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("URI malformed")]
pub struct LoneSurrogate;

const HEX: [u8; 16] = *b"0123456789ABCDEF";

/// Appends `text` to `out`. Everything but letters, digits and unreserved marks becomes `%XX`.
///
/// # Errors
///
/// [`LoneSurrogate`] if the text is not well-formed. Nothing is appended then.
pub fn encode(text: &[u8], out: &mut String) -> Result<(), LoneSurrogate> {
    let text = std::str::from_utf8(text).map_err(|_| LoneSurrogate)?;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex_digit(byte >> 4));
            out.push(hex_digit(byte & 0x0F));
        }
    }
    Ok(())
}

/// Decodes every `%XX`. `None` if one is incomplete or if the decoded bytes are not UTF-8; each
/// character must be percent-encoded completely.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(escape) = memchr(b'%', rest) {
        let (plain, escapes) = rest.split_at_checked(escape)?;
        out.extend_from_slice(plain);
        rest = decode_run(escapes, &mut out)?;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Decodes consecutive escapes and returns the text after them. No character extends beyond them,
/// so their bytes must be UTF-8 on their own.
fn decode_run<'text>(text: &'text [u8], out: &mut Vec<u8>) -> Option<&'text [u8]> {
    let start = out.len();
    let mut rest = text;
    let mut seen = 0;
    while let [b'%', high, low, tail @ ..] = rest {
        let byte = u8::try_from(hex_value(*high) << 4 | hex_value(*low)).ok()?;
        seen |= byte;
        out.push(byte);
        rest = tail;
    }
    // Incomplete.
    if let [b'%', ..] = rest {
        return None;
    }
    if !seen.is_ascii() {
        std::str::from_utf8(out.get(start..)?).ok()?;
    }
    Some(rest)
}

/// The value of a digit, or `NO_DIGIT`.
fn hex_value(digit: u8) -> u16 {
    HEX_VALUES
        .get(usize::from(digit))
        .copied()
        .unwrap_or(NO_DIGIT)
}

/// More than a byte, even if it is shifted and combined with another digit.
const NO_DIGIT: u16 = 0x100;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const HEX_VALUES: [u16; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value: u8 = 0;
    while value < 16 {
        let digit = HEX[value as usize];
        values[digit as usize] = value as u16;
        values[digit.to_ascii_lowercase() as usize] = value as u16;
        value += 1;
    }
    values
};

fn hex_digit(value: u8) -> char {
    HEX.get(usize::from(value)).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode(text.as_bytes(), &mut out).unwrap();
        out
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encoded("s:aZ0-_.!~*'()"), "s%3AaZ0-_.!~*'()");
        assert_eq!(
            encoded("a+/=;, é😀"),
            "a%2B%2F%3D%3B%2C%20%C3%A9%F0%9F%98%80"
        );
    }

    #[test]
    fn a_lone_surrogate_cannot_be_encoded() {
        assert_eq!(
            encode(&[0xED, 0xA0, 0x80], &mut String::new()),
            Err(LoneSurrogate)
        );
    }

    #[test]
    fn decoding_refuses_what_ecmascript_refuses() {
        for bad in [
            "%",
            "%4",
            "%zz",
            "%C3",
            "%C3x",
            "%41%",
            "%41%4",
            "%4g",
            "%g4",
            "%4\u{e9}",
            "%F0%9F%98",
            "%C3a%A9",
            "%E2%82%41",
            "%C3%28",
            "%FF",
            "%C0%80",
            "%ED%A0%80",
            "%+1",
        ] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(decode(b"%C3%a9%41b").unwrap(), "éAb".as_bytes());
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_itself(text: String) {
            let decoded = decode(encoded(&text).as_bytes());
            prop_assert_eq!(decoded.as_deref(), Some(text.as_bytes()));
        }

        #[test]
        fn no_input_is_too_odd_to_decode(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
