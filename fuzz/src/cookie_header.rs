use express_session_native::engine::{
    cookies::{
        header::{Encoding, decode, find_raw},
        percent,
        signed_value::{self, NoId},
    },
    signature::Keyring,
};

use super::input::Input;

/// A Cookie header is read as a second reader, made in another way, reads it; and the session id in it
/// is the one that was signed.
pub fn cookie_header(data: &[u8]) {
    let mut input = Input::new(data);
    let name = input.bytes();
    let header = input.rest();
    let found = find_raw(header, name);
    assert_eq!(found, model(header, name).as_deref());
    let keyring = Keyring::new(["a secret"]);
    for encoding in [Encoding::Latin1, Encoding::Wtf8] {
        if let Some(raw) = found {
            assert_eq!(*decode(raw, encoding), *decoded(raw, encoding));
        }
        let read = signed_value::read(&keyring, header, encoding, name);
        assert_eq!(read, id(&keyring, header, encoding, name));
        signed(&keyring, header, encoding, name);
    }

    // What comes after the first cookie of a name is never looked at.
    if found.is_some() {
        let longer = [header, b";", name, b"=other"].concat();
        assert_eq!(find_raw(&longer, name), found);
    }
}

/// An id that was signed and sent is found in front of all else, and behind what has another name.
fn signed(keyring: &Keyring, header: &[u8], encoding: Encoding, name: &[u8]) {
    if name.iter().any(|byte| b"=;".contains(byte)) || trimmed(name) != name {
        return;
    }
    let id = String::from_utf8_lossy(header);
    let value = signed_value::sign(keyring, id.as_bytes()).unwrap_or_default();
    let mut encoded = String::new();
    assert!(percent::encode(&value, &mut encoded).is_ok());
    let pair = [name, b"=", encoded.as_bytes()].concat();
    let first = [&pair, header].join(&b';');
    let read = signed_value::read(keyring, &first, encoding, name);
    assert_eq!(read.as_deref(), Ok(id.as_bytes()));
    if find_raw(header, name).is_none() {
        let last = [header, &pair].join(&b';');
        assert_eq!(
            signed_value::read(keyring, &last, encoding, name).as_deref(),
            Ok(id.as_bytes())
        );
    }
}

/// The id in the header, without a look at what a value begins with before all of it is decoded.
fn id(keyring: &Keyring, header: &[u8], encoding: Encoding, name: &[u8]) -> Result<Vec<u8>, NoId> {
    let raw = model(header, name).ok_or(NoId::Absent)?;
    let value = decoded(&raw, encoding);
    if value.is_empty() {
        return Err(NoId::Absent);
    }
    let signed = value.strip_prefix(b"s:").ok_or(NoId::Unsigned)?;
    let dot = signed.iter().rposition(|byte| *byte == b'.');
    let id = dot.and_then(|dot| signed.get(..dot)).ok_or(NoId::Invalid)?;
    let is_valid = keyring.sign(id).as_deref() == Some(signed);
    is_valid.then(|| id.to_vec()).ok_or(NoId::Invalid)
}

/// The value as it stands in the header.
fn model(header: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    for part in header.split(|byte| *byte == b';') {
        let mut sides = part.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (sides.next(), sides.next()) else {
            continue;
        };
        if trimmed(key) == name {
            let mut value = trimmed(value);
            if value.first() == Some(&b'"') && value.last() == Some(&b'"') {
                value.pop();
                if !value.is_empty() {
                    value.remove(0);
                }
            }
            return Some(value);
        }
    }
    None
}

fn trimmed(text: &[u8]) -> Vec<u8> {
    let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let mut kept: Vec<u8> = text
        .iter()
        .copied()
        .skip_while(|byte| is_blank(byte))
        .collect();
    while kept.last().is_some_and(is_blank) {
        kept.pop();
    }
    kept
}

fn decoded(raw: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut value = Vec::new();
    for byte in raw {
        match (encoding, byte) {
            // Two bytes of UTF-8 for each character from U+0080 to U+00FF.
            (Encoding::Latin1, 0x80..) => value.extend([0xC0 | byte >> 6, 0x80 | byte & 0x3F]),
            _ => value.push(*byte),
        }
    }
    without_escapes(&value).unwrap_or(value)
}

/// Each run of escapes has to be UTF-8 of its own: nothing else can complete a character.
fn without_escapes(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut run = Vec::new();
    let mut bytes = value.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            let digits = std::str::from_utf8(&digits).ok()?;
            run.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            out.append(&mut checked(&mut run)?);
            out.push(byte);
        }
    }
    out.append(&mut checked(&mut run)?);
    Some(out)
}

fn checked(run: &mut Vec<u8>) -> Option<Vec<u8>> {
    String::from_utf8(std::mem::take(run))
        .ok()
        .map(String::into_bytes)
}
