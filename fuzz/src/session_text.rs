use express_session_native::engine::{
    http_date,
    session_text::{
        Expiry, Outline, expiry_of, outline, outline_of_stringified, with_cookie_added,
    },
    time::UnixMillis,
};
use serde_json::{Map, Value};

use super::input::Input;

/// What is found in a session's text is what another reader finds; a cookie that is put into a text is
/// in its place there, and nothing else is changed.
pub fn session_text(data: &[u8]) {
    let mut input = Input::new(data);
    let cookie = cookie(&mut input);
    let text = String::from_utf8_lossy(input.rest()).into_owned();

    // Of a text that was not made by JSON.stringify it may say anything that is within the text.
    if let Some(Outline {
        cookie: Some(place),
        ..
    }) = outline_of_stringified(&text)
    {
        assert!(text.get(place).is_some());
    }
    let Some(found) = outline(&text) else {
        assert_eq!(with_cookie_added(&text, &cookie), None);
        return;
    };
    // What has an outline is an object for another reader as well, unless that one gives up sooner.
    let Some(members) = serde_json::from_str::<Map<String, Value>>(&text).ok() else {
        return;
    };
    assert_eq!(found.cookie.is_some(), members.contains_key("cookie"));
    assert_expiry(found.expiry, members.get("cookie"));
    stringified(&members, &cookie);
    let joined = match found.cookie {
        Some(place) => replaced(&text, place, &cookie),
        None => with_cookie_added(&text, &cookie),
    };
    check_joined(joined.as_deref(), members, &cookie);
}

fn replaced(text: &str, place: std::ops::Range<usize>, cookie: &str) -> Option<String> {
    Some([text.get(..place.start)?, cookie, text.get(place.end..)?].concat())
}

fn check_joined(joined: Option<&str>, mut members: Map<String, Value>, cookie: &str) {
    let joined = joined.unwrap_or_default();
    let found = outline(joined);
    assert_eq!(
        found.as_ref().map(|found| found.expiry),
        Some(expiry_of(cookie))
    );
    let place = found.and_then(|found| found.cookie);
    assert_eq!(place.and_then(|place| joined.get(place)), Some(cookie));
    let value = serde_json::from_str(cookie).unwrap_or_default();
    members.insert("cookie".to_owned(), value);
    let after: Option<Map<String, Value>> = serde_json::from_str(joined).ok();
    assert_eq!(after, Some(members));
}

/// Of a text as JSON.stringify makes it, the quick way finds the same: whether the cookie comes first, as
/// the text has it or another one, or somewhere else.
fn stringified(members: &Map<String, Value>, cookie: &str) {
    let own = members.get("cookie").map(Value::to_string);
    let mut rest = String::new();
    for (name, value) in members.iter().filter(|(name, _)| *name != "cookie") {
        rest += &[
            ",",
            &Value::from(name.as_str()).to_string(),
            ":",
            &value.to_string(),
        ]
        .concat();
    }
    for cookie in [own.as_deref(), Some(cookie)].into_iter().flatten() {
        let first = format!(r#"{{"cookie":{cookie}{rest}}}"#);
        assert_eq!(outline_of_stringified(&first), outline(&first), "{first}");
    }
    let sorted = Value::Object(members.clone()).to_string();
    assert_eq!(
        outline_of_stringified(&sorted),
        outline(&sorted),
        "{sorted}"
    );
}

fn assert_expiry(expiry: Expiry, cookie: Option<&Value>) {
    let expected = match cookie.and_then(|cookie| cookie.get("expires")) {
        None | Some(Value::Null | Value::Bool(false)) => Some(Expiry::Never),
        Some(Value::String(text)) if text.is_empty() => Some(Expiry::Never),
        Some(Value::String(text)) => {
            http_date::parse_iso(text).map(|time| Expiry::At(UnixMillis(time)))
        }
        Some(_) => None,
    };
    // Spellings that JSON.stringify does not use (escapes, `-0`) may be left to JavaScript.
    assert!(
        expiry == Expiry::Unclear || Some(expiry) == expected || expected.is_none(),
        "{expiry:?} instead of {expected:?}"
    );
}

/// The JSON of some cookie.
pub(crate) fn cookie(input: &mut Input<'_>) -> String {
    match input.byte() % 8 {
        0 => "null".to_owned(),
        1 => "{}".to_owned(),
        2 => r#"{"expires":null}"#.to_owned(),
        3 => format!(r#"{{"expires":{},"path":"/"}}"#, input.byte()),
        4 => Value::String(input.text()).to_string(),
        5 => format!(r#"{{"expires":{}}}"#, Value::String(input.text())),
        _ => {
            let time = i64::from(input.byte()) * 100;
            format!(
                r#"{{"originalMaxAge":1000,"expires":"{}","path":"}}"}}"#,
                iso(time)
            )
        }
    }
}

/// The ISO form of a time in the first minute of 1970.
pub(crate) fn iso(time: i64) -> String {
    format!(
        "1970-01-01T00:00:{:02}.{:03}Z",
        time / 1000 % 60,
        time % 1000
    )
}
