use proptest::prelude::*;

use super::*;

fn written(attributes: &Attributes<'_>) -> Result<String, SetCookieError> {
    serialize(b"sid", Value::Plain(b"s:id.sig+/"), attributes)
}

#[test]
fn attributes_come_in_the_order_of_the_npm_package() {
    let attributes = Attributes {
        max_age: Some(3.9),
        domain: Some(b"example.com"),
        path: Some(b"/admin"),
        expires: Some(b"Thu, 01 Jan 1970 00:00:00 GMT"),
        http_only: true,
        secure: true,
        partitioned: true,
        priority: Some(b"HIGH"),
        same_site: Some(b"laX"),
    };
    let expected = "sid=s%3Aid.sig%2B%2F; Max-Age=3; Domain=example.com; Path=/admin; \
        Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; Priority=High; \
        SameSite=Lax";
    assert_eq!(written(&attributes).as_deref(), Ok(expected));
}

#[test]
fn without_attributes_it_is_name_and_value() {
    assert_eq!(
        written(&Attributes::default()).as_deref(),
        Ok("sid=s%3Aid.sig%2B%2F")
    );
}

#[test]
fn a_name_has_to_be_a_token() {
    for name in [
        "", "a b", "a;b", "a=b", "é", "a\n", "a\"b", "a,b", "a/b", "[a]", "@",
    ] {
        let result = serialize(name.as_bytes(), Value::Plain(b""), &Attributes::default());
        assert_eq!(result, Err(SetCookieError::Name), "{name:?}");
    }
    let every = b"!#$%&'*+-.^_`|~09azAZ";
    assert!(serialize(every, Value::Plain(b""), &Attributes::default()).is_ok());
}

#[test]
fn an_encoded_value_is_checked_and_kept() {
    let encoded =
        |value: &'static [u8]| serialize(b"a", Value::Encoded(value), &Attributes::default());
    assert_eq!(encoded(b"x:y=z").as_deref(), Ok("a=x:y=z"));
    assert_eq!(encoded(b"\"x\"").as_deref(), Ok("a=\"x\""));
    for value in [
        &b"a b"[..],
        b"a;b",
        b"a,b",
        b"a\\b",
        b"\"x",
        b"x\"",
        b"\"",
        b"\x00",
        b"\x7F",
    ] {
        assert_eq!(encoded(value), Err(SetCookieError::Value), "{value:?}");
    }
}

#[test]
fn a_lone_surrogate_is_refused() {
    let result = serialize(
        b"a",
        Value::Plain(&[0xED, 0xA0, 0x80]),
        &Attributes::default(),
    );
    assert_eq!(result.unwrap_err().to_string(), "URI malformed");
}

#[test]
fn max_age_is_a_whole_number_of_seconds_as_javascript_writes_it() {
    for (seconds, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (-0.5, "-1"),
        (2_147_483_648.7, "2147483648"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e22, "-1.5e+22"),
    ] {
        let attributes = Attributes {
            max_age: Some(seconds),
            ..Attributes::default()
        };
        assert_eq!(
            written(&attributes).unwrap(),
            format!("sid=s%3Aid.sig%2B%2F; Max-Age={text}")
        );
    }
    for seconds in [f64::NAN, f64::INFINITY] {
        let attributes = Attributes {
            max_age: Some(seconds),
            ..Attributes::default()
        };
        assert_eq!(written(&attributes), Err(SetCookieError::MaxAge));
    }
}

#[test]
fn a_domain_is_a_host_name() {
    let label_of_63 = "a".repeat(63);
    for domain in [
        "example.com",
        ".example.com",
        "localhost",
        "a-b.C9",
        "1",
        &label_of_63,
    ] {
        let attributes = Attributes {
            domain: Some(domain.as_bytes()),
            ..Attributes::default()
        };
        assert!(written(&attributes).is_ok(), "{domain}");
    }
    let label_of_64 = "a".repeat(64);
    for domain in [
        "",
        ".",
        "..a",
        "a..b",
        "a.",
        "-a",
        "a-",
        "a b",
        "a;b",
        "é.com",
        "a\n",
        &label_of_64,
    ] {
        let attributes = Attributes {
            domain: Some(domain.as_bytes()),
            ..Attributes::default()
        };
        assert_eq!(
            written(&attributes),
            Err(SetCookieError::Domain),
            "{domain:?}"
        );
    }
}

#[test]
fn a_path_is_ascii_without_a_semicolon() {
    for path in ["", "/", "/a b", "/a=b,c\"", "relative"] {
        let attributes = Attributes {
            path: Some(path.as_bytes()),
            ..Attributes::default()
        };
        assert!(written(&attributes).is_ok(), "{path}");
    }
    for path in ["/;", "/\n", "/é", "/\u{7f}", "/<"] {
        let attributes = Attributes {
            path: Some(path.as_bytes()),
            ..Attributes::default()
        };
        assert_eq!(written(&attributes), Err(SetCookieError::Path), "{path:?}");
    }
}

#[test]
fn an_invalid_date_is_refused() {
    let attributes = Attributes {
        expires: Some(b""),
        ..Attributes::default()
    };
    assert_eq!(written(&attributes), Err(SetCookieError::Expires));
}

#[test]
fn priority_and_same_site_take_known_words_in_any_case() {
    for word in ["low", "Medium", "HIGH"] {
        let attributes = Attributes {
            priority: Some(word.as_bytes()),
            ..Attributes::default()
        };
        assert!(written(&attributes).is_ok());
    }
    for word in ["Strict", "lax", "NONE"] {
        let attributes = Attributes {
            same_site: Some(word.as_bytes()),
            ..Attributes::default()
        };
        assert!(written(&attributes).is_ok());
    }
    let priority = Attributes {
        priority: Some(b"urgent"),
        ..Attributes::default()
    };
    assert_eq!(written(&priority), Err(SetCookieError::Priority));
    let same_site = Attributes {
        same_site: Some(b"auto"),
        ..Attributes::default()
    };
    assert_eq!(written(&same_site), Err(SetCookieError::SameSite));
}

proptest! {
    /// The `cookie` crate orders attributes differently, so it cannot check the text, but it must
    /// parse the attributes that were written.
    #[test]
    fn another_reader_finds_what_was_written(
        value in "\\PC{0,64}",
        seconds in 0_u32..,
        path in "/[a-z/]{0,12}",
        http_only: bool,
        secure: bool,
    ) {
        let attributes = Attributes {
            max_age: Some(f64::from(seconds)),
            domain: Some(b"example.com"),
            path: Some(path.as_bytes()),
            expires: Some(b"Thu, 01 Jan 2026 00:00:00 GMT"),
            http_only,
            secure,
            same_site: Some(b"none"),
            ..Attributes::default()
        };
        let text = serialize(b"sid", Value::Plain(value.as_bytes()), &attributes).unwrap();
        let read = cookie::Cookie::parse_encoded(text).unwrap();
        prop_assert_eq!(read.name_value(), ("sid", value.as_str()));
        prop_assert_eq!(read.max_age().map(cookie::time::Duration::whole_seconds), Some(i64::from(seconds)));
        prop_assert_eq!(read.domain(), Some("example.com"));
        prop_assert_eq!(read.path(), Some(path.as_str()));
        prop_assert_eq!(read.expires_datetime().map(cookie::time::OffsetDateTime::unix_timestamp), Some(1_767_225_600));
        prop_assert_eq!(read.http_only().unwrap_or(false), http_only);
        prop_assert_eq!(read.secure().unwrap_or(false), secure);
        prop_assert_eq!(read.same_site(), Some(cookie::SameSite::None));
    }

    #[test]
    fn no_input_is_too_odd(
        name: Vec<u8>, value: Vec<u8>, domain: Vec<u8>, path: Vec<u8>, date: Vec<u8>, number: f64,
    ) {
        let attributes = Attributes {
            max_age: Some(number),
            domain: Some(&domain),
            path: Some(&path),
            expires: Some(&date),
            ..Attributes::default()
        };
        let _ = serialize(&name, Value::Plain(&value), &attributes);
        let _ = serialize(&name, Value::Encoded(&value), &attributes);
    }
}
