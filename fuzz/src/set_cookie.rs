use express_session_native::engine::cookies::{
    header::{Encoding, decode, find_raw},
    set_cookie::{Attributes, Value, serialize},
};

use super::input::Input;

/// What is written as a cookie holds no more than was put in, and is read back as what it was.
pub fn set_cookie(data: &[u8]) {
    let mut input = Input::new(data);
    let encoded = input.flag();
    let (name, value) = (input.bytes(), input.bytes());
    let max_age = input.optional(number);
    let (domain, path) = (input.optional(Input::bytes), input.optional(Input::bytes));
    let expires = input.optional(date);
    let attributes = Attributes {
        max_age,
        domain,
        path,
        expires: expires.as_deref(),
        http_only: input.flag(),
        secure: input.flag(),
        partitioned: input.flag(),
        priority: input.optional(word),
        same_site: input.optional(word),
    };
    let given = if encoded {
        Value::Encoded(value)
    } else {
        Value::Plain(value)
    };
    let Ok(text) = serialize(name, given, &attributes) else {
        return;
    };

    let pair = text.split(';').next().unwrap_or_default();
    let read = find_raw(pair.as_bytes(), name).map(|raw| decode(raw, Encoding::Wtf8));
    if encoded {
        assert!(read.is_some());
        assert_eq!(pair.as_bytes(), [name, b"=", value].concat());
    } else {
        assert_eq!(read.as_deref(), Some(value), "{text:?}");
    }
    let mut parts = vec![pair.to_owned()];
    parts.extend(expected(&attributes));
    assert_eq!(text, parts.join("; "));
    // A date is the application's: it is written as it is, whatever it holds.
    for part in parts.iter().filter(|part| !part.starts_with("Expires=")) {
        assert!(
            part.bytes()
                .all(|byte| (0x20..0x7F).contains(&byte) && byte != b';'),
            "something that ends an attribute or a header, or looks different elsewhere: {part:?}"
        );
    }
}

/// Any number, and more often one that a date or an age can be.
fn number(input: &mut Input<'_>) -> f64 {
    if input.flag() {
        f64::from_bits(input.number())
    } else {
        #[expect(clippy::cast_precision_loss, reason = "any number will do")]
        let number = input.number() as f64;
        number / f64::from(u32::MAX) * 1000.0
    }
}

/// Any text, and more often one that looks the same to everybody.
fn date(input: &mut Input<'_>) -> Vec<u8> {
    if input.flag() {
        input.bytes().to_vec()
    } else {
        input.number().to_string().into_bytes()
    }
}

fn word<'data>(input: &mut Input<'data>) -> &'data [u8] {
    match input.byte() % 8 {
        0 => b"lax",
        1 => b"Strict",
        2 => b"NONE",
        3 => b"low",
        4 => b"Medium",
        5 => b"HIGH",
        _ => input.bytes(),
    }
}

/// The attributes that have to be there, in their order.
fn expected(attributes: &Attributes<'_>) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let capitalised = |bytes: &[u8]| {
        let word = text(bytes).to_lowercase();
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    let mut expected = Vec::new();
    if let Some(seconds) = attributes.max_age {
        assert!(seconds.is_finite());
        expected.push(format!("Max-Age={}", as_javascript(seconds.floor())));
    }
    if let Some(domain) = attributes.domain {
        expected.push(format!("Domain={}", text(domain)));
    }
    if let Some(path) = attributes.path {
        expected.push(format!("Path={}", text(path)));
    }
    if let Some(date) = attributes.expires {
        assert!(!date.is_empty());
        expected.push(format!("Expires={}", text(date)));
    }
    for (flag, name) in [
        (attributes.http_only, "HttpOnly"),
        (attributes.secure, "Secure"),
        (attributes.partitioned, "Partitioned"),
    ] {
        if flag {
            expected.push(name.to_owned());
        }
    }
    if let Some(priority) = attributes.priority {
        expected.push(format!("Priority={}", capitalised(priority)));
    }
    if let Some(same_site) = attributes.same_site {
        expected.push(format!("SameSite={}", capitalised(same_site)));
    }
    expected
}

/// A whole number as ECMAScript's `Number::toString` writes it: the shortest digits that are this
/// number's, then zeros.
fn as_javascript(number: f64) -> String {
    let text = format!("{number:e}");
    if number.abs() >= 1e21 {
        return text.replace('e', "e+");
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or_default();
    let sign = if number < 0.0 { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let length = exponent.parse().unwrap_or(0) + 1;
    format!("{sign}{digits:0<length$}")
}
