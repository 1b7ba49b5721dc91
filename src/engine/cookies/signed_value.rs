//! The value of a session cookie: `s:<id>.<signature>`.

use super::header::{self, Encoding};
use crate::engine::signature::Keyring;

/// The prefix of a signed value.
const PREFIX: &[u8] = b"s:";

/// Why a request's cookie contains no session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoId {
    /// There is no cookie of that name, or it is empty.
    Absent = 0,
    /// The value is not signed.
    Unsigned = 1,
    /// The value is signed, but not with one of the secrets.
    Invalid = 2,
}

/// The session id in the cookie `name` of a `Cookie` header.
///
/// # Errors
///
/// [`NoId`] says why there is none.
pub fn read(
    keyring: &Keyring,
    header: &[u8],
    encoding: Encoding,
    name: &[u8],
) -> Result<Vec<u8>, NoId> {
    let raw = header::find_raw(header, name).ok_or(NoId::Absent)?;
    // In every encoding, a signed value begins with `s` or an escape of it. Checking that first
    // avoids decoding a long value that is not signed.
    match raw {
        [] => return Err(NoId::Absent),
        [b's' | b'%', ..] => {}
        _ => return Err(NoId::Unsigned),
    }
    verify(keyring, &header::decode(raw, encoding)).map(<[u8]>::to_vec)
}

/// The session id in a decoded cookie value. An empty value counts as absent.
///
/// # Errors
///
/// [`NoId`] says why there is none.
pub fn verify<'value>(keyring: &Keyring, value: &'value [u8]) -> Result<&'value [u8], NoId> {
    if value.is_empty() {
        return Err(NoId::Absent);
    }
    let signed = value.strip_prefix(PREFIX).ok_or(NoId::Unsigned)?;
    keyring.verify(signed).ok_or(NoId::Invalid)
}

/// The cookie value for a session id, signed with the first secret, not percent-encoded yet. `None`
/// if there is no secret.
#[must_use]
pub fn sign(keyring: &Keyring, id: &[u8]) -> Option<Vec<u8>> {
    let signed = keyring.sign(id)?;
    Some([PREFIX, &signed].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        Keyring::new(["a secret"])
    }

    fn read_latin1(header: &[u8]) -> Result<Vec<u8>, NoId> {
        read(&keyring(), header, Encoding::Latin1, b"sid")
    }

    /// `Cookie: sid=<value>`, percent-encoded.
    fn cookie(value: &[u8]) -> Vec<u8> {
        let mut header = String::from("sid=");
        super::super::percent::encode(value, &mut header).unwrap();
        header.into_bytes()
    }

    #[test]
    fn an_id_comes_back_from_the_cookie_it_was_signed_into() {
        for id in ["id", "i.d", "", "\u{e9}", "\u{20ac}"] {
            let value = sign(&keyring(), id.as_bytes()).unwrap();
            assert_eq!(verify(&keyring(), &value), Ok(id.as_bytes()));
            for encoding in [Encoding::Latin1, Encoding::Wtf8] {
                let read = read(&keyring(), &cookie(&value), encoding, b"sid");
                assert_eq!(read.as_deref(), Ok(id.as_bytes()));
            }
        }
    }

    #[test]
    fn what_is_not_there_not_signed_or_not_valid_is_told_apart() {
        for (header, reason) in [
            (&b""[..], NoId::Absent),
            (b"other=1", NoId::Absent),
            (b"sid=", NoId::Absent),
            (b"sid=\"\"", NoId::Absent),
            (b"sid=abc", NoId::Unsigned),
            (b"sid=sabc", NoId::Unsigned),
            (b"sid=\xE9s:id", NoId::Unsigned),
            (b"sid=%73", NoId::Unsigned),
            (b"sid=%E0%A4%A", NoId::Unsigned),
            (b"sid=s:id.x", NoId::Invalid),
            (b"sid=%73%3Aid.x", NoId::Invalid),
            (b"sid=s%3Aid", NoId::Invalid),
        ] {
            assert_eq!(read_latin1(header), Err(reason), "{header:?}");
        }
    }

    #[test]
    fn characters_of_latin_1_are_those_of_the_id() {
        let value = sign(&keyring(), "\u{e9}".as_bytes()).unwrap();
        let text = String::from_utf8(value).unwrap();
        let latin1: Vec<u8> = text
            .chars()
            .map(|char| u8::try_from(char).unwrap())
            .collect();
        let header = [b"sid=", &latin1[..]].concat();
        assert_eq!(read_latin1(&header).as_deref(), Ok("\u{e9}".as_bytes()));
    }
}
