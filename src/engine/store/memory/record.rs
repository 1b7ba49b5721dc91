//! A session in memory: cookie, id and text in a single allocation.

use std::{hint::black_box, ops::Range};

use super::{allocator::allocated, session::Cookie};

/// A session's id, text and cookie in one allocation. That is most of what keeps the store small.
///
/// It begins with two or three numbers in LEB128: the length of the id; the number of the cookie's
/// attributes plus one, or 0 if the text is whole; and, if it is not, the cookie's `max_age` plus
/// one, or 0 for none.
#[derive(Debug, Default)]
pub(super) struct Record(Box<[u8]>);

/// The positions of a record's parts.
struct Parts {
    id: Range<usize>,
    /// Where the text begins.
    text: usize,
    cookie: Option<Cookie>,
}

impl Record {
    pub(super) fn new(id: &[u8], text: &str, cookie: Option<Cookie>) -> Self {
        Self(pack(id, text.as_bytes(), cookie))
    }

    pub(super) fn id(&self) -> &[u8] {
        self.0.get(self.parts().id).unwrap_or_default()
    }

    pub(super) fn text(&self) -> &str {
        let text = self.0.get(self.parts().text..).unwrap_or_default();
        // It was a `str`. Checking it again is cheap compared with copying it.
        std::str::from_utf8(text).unwrap_or_default()
    }

    pub(super) fn cookie(&self) -> Option<Cookie> {
        self.parts().cookie
    }

    /// Replaces the cookie. Returns `false` if the text is whole.
    pub(super) fn replace_cookie(&mut self, cookie: Cookie) -> bool {
        let parts = self.parts();
        if parts.cookie.is_none() {
            return false;
        }
        // Normally, only the expiry of a session's cookie changes, and that is not stored here.
        if parts.cookie != Some(cookie) {
            let id = self.0.get(parts.id).unwrap_or_default();
            let text = self.0.get(parts.text..).unwrap_or_default();
            self.0 = pack(id, text, Some(cookie));
        }
        true
    }

    /// Prefetches the record. The processor waits only once if several are fetched in a row;
    /// otherwise it would wait for each.
    pub(super) fn fetch(&self) {
        const LINE: usize = 64;
        let lines = self.0.iter().step_by(LINE);
        black_box(lines.fold(0, |all, byte| all ^ byte));
    }

    /// Its address.
    pub(super) fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The bytes that the allocator takes for it.
    pub(super) fn memory(&self) -> usize {
        allocated(self.0.len())
    }

    fn parts(&self) -> Parts {
        let mut reader = Reader(&self.0);
        let id_length = usize::try_from(reader.number()).unwrap_or(usize::MAX);
        let attributes = reader.number().checked_sub(1);
        let cookie = attributes.map(|attributes| Cookie {
            attributes: u32::try_from(attributes).unwrap_or(u32::MAX),
            max_age: reader.number().checked_sub(1),
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

fn pack(id: &[u8], text: &[u8], cookie: Option<Cookie>) -> Box<[u8]> {
    let mut header = Header::default();
    header.push(id.len() as u64);
    match cookie {
        Some(cookie) => {
            header.push(u64::from(cookie.attributes) + 1);
            header.push(
                cookie
                    .max_age
                    .map_or(0, |max_age| max_age.saturating_add(1)),
            );
        }
        None => header.push(0),
    }
    let header = header.bytes();
    let mut bytes = Vec::with_capacity(header.len() + id.len() + text.len());
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(text);
    bytes.into_boxed_slice()
}

/// The maximum number of bytes of a number.
const NUMBER: usize = 10;

#[derive(Default)]
struct Header {
    bytes: [u8; 3 * NUMBER],
    length: usize,
}

impl Header {
    fn push(&mut self, mut number: u64) {
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
    fn number(&mut self) -> u64 {
        let mut number = 0;
        let mut shift = 0;
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift >= u64::BITS {
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
        let text = format!("{{\"x\":\"{}\"}}", "x".repeat(242));
        let cookie = Cookie {
            attributes: 0,
            max_age: Some(86_400_000),
        };
        let record = Record::new(&[b'i'; 32], &text, Some(cookie));
        assert_eq!((text.len(), record.memory()), (250, 304));
    }

    fn cookie() -> impl Strategy<Value = Cookie> {
        (any::<u32>(), proptest::option::of(0..u64::MAX)).prop_map(|(attributes, max_age)| Cookie {
            attributes,
            max_age,
        })
    }

    proptest! {
        #[test]
        fn parts_come_out_as_they_went_in(
            id in proptest::collection::vec(any::<u8>(), 0..300),
            text: String,
            first in cookie(),
            second in cookie(),
        ) {
            let mut record = Record::new(&id, &text, Some(first));
            prop_assert_eq!((record.id(), record.text()), (&*id, &*text));
            prop_assert_eq!(record.cookie(), Some(first));
            prop_assert!(record.replace_cookie(second));
            prop_assert_eq!((record.id(), record.text()), (&*id, &*text));
            prop_assert_eq!(record.cookie(), Some(second));
            let mut whole = Record::new(&id, &text, None);
            prop_assert!(!whole.replace_cookie(first));
            prop_assert_eq!((whole.id(), whole.text(), whole.cookie()), (&*id, &*text, None));
        }
    }
}
