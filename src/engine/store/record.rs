//! One session as it lies in memory: id and text in a single allocation.

use std::{hint::black_box, ops::Range};

use crate::engine::session_text::Outline;

/// Id, text and the place of the cookie in the text, packed into one piece of memory: one
/// allocation for each session is most of what makes the store small.
///
/// In front stand three numbers in the form of LEB128: the length of the id, the place of the cookie
/// plus one (0 if the text has none, and then the third one is missing), and the cookie's length.
#[derive(Debug, Default)]
pub(super) struct Record(Box<[u8]>);

/// Where the parts of a record are.
struct Parts {
    id: Range<usize>,
    text: usize,
    /// Within the text.
    cookie: Option<Range<usize>>,
}

/// The longest a number can be.
const NUMBER: usize = 10;

impl Record {
    pub(super) fn new(id: &[u8], text: &str, cookie: Option<&Range<usize>>) -> Self {
        let mut header = Header::default();
        header.push(id.len());
        match cookie {
            Some(cookie) => {
                header.push(cookie.start + 1);
                header.push(cookie.len());
            }
            None => header.push(0),
        }
        let header = header.bytes();
        let mut bytes = Vec::with_capacity(header.len() + id.len() + text.len());
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(text.as_bytes());
        Self(bytes.into_boxed_slice())
    }

    pub(super) fn id(&self) -> &[u8] {
        let mut reader = Reader(&self.0);
        let length = reader.number();
        if reader.number() > 0 {
            reader.number();
        }
        reader.0.get(..length).unwrap_or_default()
    }

    pub(super) fn text(&self) -> &str {
        let text = self.0.get(self.parts().text..).unwrap_or_default();
        // It was put here as a `str`; looking at it again costs little beside copying it.
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Where the value of the member `cookie` stands in the text.
    pub(super) fn cookie(&self) -> Option<Range<usize>> {
        self.parts().cookie
    }

    /// The record with another cookie in the place of the one it has; `false` if it has none.
    pub(super) fn replace_cookie(&mut self, cookie: &str) -> bool {
        let parts = self.parts();
        let Some(place) = parts.cookie else {
            return false;
        };
        let whole = parts.text + place.start..parts.text + place.end;
        if place.len() == cookie.len() {
            if let Some(old) = self.0.get_mut(whole) {
                old.copy_from_slice(cookie.as_bytes());
            }
            return true;
        }
        let mut header = Header::default();
        header.push(parts.id.len());
        header.push(place.start + 1);
        header.push(cookie.len());
        let header = header.bytes();
        let kept = self.0.get(parts.id.start..whole.start).unwrap_or_default();
        let after = self.0.get(whole.end..).unwrap_or_default();
        self.0 = [header, kept, cookie.as_bytes(), after]
            .concat()
            .into_boxed_slice();
        true
    }

    /// Has the processor fetch it from memory. It waits once for several that are fetched one after
    /// the other, and would wait for each that is copied without.
    pub(super) fn fetch(&self) {
        const LINE: usize = 64;
        let lines = self.0.iter().step_by(LINE);
        black_box(lines.fold(0, |all, byte| all ^ byte));
    }

    /// Where it lies in memory.
    pub(super) fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// What the allocator takes for it.
    pub(super) fn memory(&self) -> usize {
        allocated(self.0.len())
    }

    fn parts(&self) -> Parts {
        let mut reader = Reader(&self.0);
        let id_length = reader.number();
        let place = reader.number();
        let cookie = place.checked_sub(1).map(|start| {
            let length = reader.number();
            start..start.saturating_add(length)
        });
        let id = self.0.len() - reader.0.len();
        let text = id.saturating_add(id_length);
        Parts {
            id: id..text,
            text,
            cookie,
        }
    }
}

/// What an allocation of so many bytes takes: the rules are those of the GNU allocator, which others
/// come near.
pub(super) fn allocated(bytes: usize) -> usize {
    const MAPPED: usize = 128 * 1024;
    match bytes {
        0 => 0,
        MAPPED.. => (bytes + 16).next_multiple_of(4096),
        _ => (bytes + 8).next_multiple_of(16).max(32),
    }
}

/// What a text without its cookie is, if it is nothing but its cookie.
pub(super) fn is_only_cookie(text: &str, outline: Option<&Outline>) -> bool {
    let Some(cookie) = outline.and_then(|outline| outline.cookie.as_ref()) else {
        return text == "{}";
    };
    text.get(..cookie.start) == Some("{\"cookie\":") && text.get(cookie.end..) == Some("}")
}

#[derive(Default)]
struct Header {
    bytes: [u8; 3 * NUMBER],
    length: usize,
}

impl Header {
    fn push(&mut self, mut number: usize) {
        loop {
            let low = u8::try_from(number & 0x7F).unwrap_or_default();
            number >>= 7;
            if let Some(byte) = self.bytes.get_mut(self.length) {
                *byte = low | if number > 0 { 0x80 } else { 0 };
            }
            self.length += 1;
            if number == 0 {
                return;
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

struct Reader<'record>(&'record [u8]);

impl Reader<'_> {
    fn number(&mut self) -> usize {
        let mut number = 0;
        let mut shift = 0;
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift >= usize::BITS {
                break;
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_takes_one_allocation_that_is_hardly_larger_than_its_parts() {
        let text = format!("{{\"cookie\":{{}},\"x\":\"{}\"}}", "x".repeat(330));
        let record = Record::new(&[b'i'; 32], &text, Some(&(10..12)));
        assert_eq!((text.len(), record.memory()), (350, 400));
    }

    #[test]
    fn the_allocators_share_is_counted() {
        assert_eq!([0, 1, 24, 25].map(allocated), [0, 32, 32, 48]);
        assert_eq!(allocated(128 * 1024), 33 * 4096);
    }

    proptest! {
        #[test]
        fn parts_come_out_as_they_went_in(
            id in proptest::collection::vec(any::<u8>(), 0..300),
            before: String, cookie: String, other: String, after: String,
        ) {
            let text = format!("{before}{cookie}{after}");
            let place = before.len()..before.len() + cookie.len();
            let mut record = Record::new(&id, &text, Some(&place));
            prop_assert_eq!(record.id(), &*id);
            prop_assert_eq!(record.text(), &text);
            prop_assert_eq!(record.cookie(), Some(place));
            prop_assert!(record.replace_cookie(&other));
            prop_assert_eq!(record.id(), &*id);
            prop_assert_eq!(record.text(), format!("{before}{other}{after}"));
            let place = before.len()..before.len() + other.len();
            prop_assert_eq!(record.cookie(), Some(place));
            let mut plain = Record::new(&id, &text, None);
            prop_assert!(!plain.replace_cookie(&other));
            prop_assert_eq!((plain.id(), plain.text()), (&*id, &*text));
        }
    }
}
