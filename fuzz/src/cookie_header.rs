use express_session_native::engine::cookie_header::find;

use super::input::Input;

/// A Cookie header is read as a second reader, made in another way, reads it.
pub fn cookie_header(data: &[u8]) {
    let mut input = Input::new(data);
    let name = input.bytes();
    let header = input.rest();
    let found = find(header, name);
    assert_eq!(found.as_deref(), model(header, name).as_deref());

    // What comes after the first cookie of a name is never looked at.
    if let Some(found) = found {
        let longer = [header, b";", name, b"=other"].concat();
        assert_eq!(find(&longer, name).as_deref(), Some(&*found));
    }
}

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
            return Some(decoded(&value).unwrap_or(value));
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

/// Each run of escapes has to be UTF-8 of its own: nothing else can complete a character.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
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
