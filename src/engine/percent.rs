//! Percent-encoding by the rules of ECMAScript's `encodeURIComponent` and `decodeURIComponent`,
//! which is what every cookie in the field was written and read with.

use thiserror::Error;

/// The text holds a lone surrogate, which has no UTF-8 form; JavaScript throws a `URIError` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("URI malformed")]
pub struct LoneSurrogate;

const HEX: [u8; 16] = *b"0123456789ABCDEF";

/// Appends `text` to `out`, everything but unreserved marks and letters as `%XX`.
///
/// # Errors
///
/// [`LoneSurrogate`] if the text is not well-formed. `out` may then hold a part of it.
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

/// Decodes every `%XX`. `None` if one is cut short or if the decoded bytes are not UTF-8: each
/// character has to be percent-encoded as a whole.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            out.push(byte);
            rest = tail;
            continue;
        }
        let (first, tail) = escaped_byte(rest)?;
        rest = tail;
        let start = out.len();
        out.push(first);
        for _ in 1..utf8_length(first)? {
            let (next, tail) = escaped_byte(rest)?;
            rest = tail;
            out.push(next);
        }
        std::str::from_utf8(out.get(start..)?).ok()?;
    }
    Some(out)
}

/// How many bytes a character has that starts with this one.
fn utf8_length(first: u8) -> Option<usize> {
    match first {
        0x00..=0x7F => Some(1),
        0xC2..=0xDF => Some(2),
        0xE0..=0xEF => Some(3),
        0xF0..=0xF4 => Some(4),
        _ => None,
    }
}

fn escaped_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, tail @ ..] = text else {
        return None;
    };
    Some((hex_value(*high)? << 4 | hex_value(*low)?, tail))
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

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
