use express_session_native::engine::{
    http_date,
    session_text::{Expiry, SplitText, outline},
    time::UnixMillis,
};
use serde_json::{Map, Value};

use super::input::Input;

/// Taking a session's cookie out and putting one in changes the cookie and nothing else.
pub fn session_text(data: &[u8]) {
    let mut input = Input::new(data);
    let cookie = cookie(&mut input);
    let text = String::from_utf8_lossy(input.rest()).into_owned();

    let mut split = SplitText::new(&text);
    assert_eq!(split.join(), text);
    let Some(found) = outline(&text) else {
        assert_eq!(split.expiry(), Expiry::Unclear);
        assert!(!split.set_cookie(&cookie));
        assert_eq!(split.join(), text);
        return;
    };
    assert_eq!(split.expiry(), found.expiry);

    // What has an outline is an object for another reader as well, unless that one gives up sooner.
    let before: Option<Map<String, Value>> = serde_json::from_str(&text).ok();
    if let Some(members) = &before {
        assert_eq!(found.cookie.is_some(), members.contains_key("cookie"));
        assert_expiry(found.expiry, members.get("cookie"));
    }

    assert!(split.set_cookie(&cookie));
    let joined = split.join();
    let place = outline(&joined).and_then(|outline| outline.cookie);
    assert_eq!(place.and_then(|place| joined.get(place)), Some(&*cookie));
    if let Some(mut members) = before {
        let value = serde_json::from_str(&cookie).unwrap_or_default();
        members.insert("cookie".to_owned(), value);
        let after: Option<Map<String, Value>> = serde_json::from_str(&joined).ok();
        assert_eq!(after, Some(members));
    }
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
