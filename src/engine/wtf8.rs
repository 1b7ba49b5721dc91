//! Text from JavaScript: UTF-8 that may contain lone surrogates (WTF-8).

use std::borrow::Cow;

/// UTF-8 for U+FFFD, the replacement character.
const REPLACEMENT: [u8; 3] = [0xEF, 0xBF, 0xBD];

/// Encodes UTF-16 code units as WTF-8. A pair of surrogates becomes one character, a lone surrogate
/// the three bytes that its number would have.
#[must_use]
pub fn from_utf16(units: &[u16]) -> Vec<u8> {
    // Nearly all strings are ASCII: one byte for each unit.
    let ascii: Option<Vec<u8>> = units
        .iter()
        .map(|unit| u8::try_from(*unit).ok().filter(u8::is_ascii))
        .collect();
    if let Some(ascii) = ascii {
        return ascii;
    }
    let mut out = Vec::with_capacity(units.len() * 2);
    let mut buffer = [0; 4];
    for decoded in char::decode_utf16(units.iter().copied()) {
        match decoded {
            Ok(character) => out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes()),
            Err(lone) => {
                let unit = lone.unpaired_surrogate();
                out.extend_from_slice(&[
                    0xE0 | low_bits(unit >> 12, 0x0F),
                    0x80 | low_bits(unit >> 6, 0x3F),
                    0x80 | low_bits(unit, 0x3F),
                ]);
            }
        }
    }
    out
}

/// Decodes WTF-8 to UTF-16 code units. Invalid bytes become U+FFFD.
#[must_use]
pub fn to_utf16(bytes: &[u8]) -> Vec<u16> {
    let mut out = Vec::with_capacity(bytes.len());
    for piece in pieces(bytes) {
        match piece {
            Piece::Text(text) => out.extend(text.encode_utf16()),
            Piece::LoneSurrogate(unit) => out.push(unit),
            Piece::Invalid => out.push(0xFFFD),
        }
    }
    out
}

/// The text as UTF-8, with lone surrogates replaced by U+FFFD, as Node encodes strings.
#[must_use]
pub fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    for piece in pieces(bytes) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::LoneSurrogate(_) | Piece::Invalid => out.extend_from_slice(&REPLACEMENT),
        }
    }
    Cow::Owned(out)
}

enum Piece<'a> {
    Text(&'a str),
    LoneSurrogate(u16),
    Invalid,
}

fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let chunk = rest.utf8_chunks().next()?;
        if !chunk.valid().is_empty() {
            rest = rest.get(chunk.valid().len()..).unwrap_or_default();
            return Some(Piece::Text(chunk.valid()));
        }
        if let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, tail @ ..] = rest {
            rest = tail;
            let unit = 0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
            return Some(Piece::LoneSurrogate(unit));
        }
        rest = rest.get(chunk.invalid().len()..).unwrap_or_default();
        Some(Piece::Invalid)
    })
}

fn low_bits(unit: u16, mask: u8) -> u8 {
    let [_, low] = unit.to_be_bytes();
    low & mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lone_surrogate_survives_and_is_replaced_in_utf8() {
        let units = [0x61, 0xD800, 0x62, 0xDFFF];
        let bytes = from_utf16(&units);
        assert_eq!(bytes, [0x61, 0xED, 0xA0, 0x80, 0x62, 0xED, 0xBF, 0xBF]);
        assert_eq!(to_utf16(&bytes), units);
        assert_eq!(to_utf8(&bytes).as_ref(), "a\u{FFFD}b\u{FFFD}".as_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_become_replacement_characters() {
        assert_eq!(to_utf16(&[0xFF, 0x61, 0xC3]), [0xFFFD, 0x61, 0xFFFD]);
    }

    proptest! {
        #[test]
        fn any_code_units_come_back_as_they_were(units: Vec<u16>) {
            prop_assert_eq!(to_utf16(&from_utf16(&units)), units);
        }

        #[test]
        fn well_formed_text_is_its_own_utf8(text: String) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let bytes = from_utf16(&units);
            prop_assert_eq!(&bytes, text.as_bytes());
            let utf8 = to_utf8(&bytes);
            prop_assert_eq!(utf8.as_ref(), text.as_bytes());
        }

        #[test]
        fn no_bytes_are_too_odd(bytes: Vec<u8>) {
            prop_assert!(std::str::from_utf8(&to_utf8(&bytes)).is_ok());
            let _ = to_utf16(&bytes);
        }
    }
}
