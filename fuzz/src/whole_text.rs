use express_session_native::engine::{
    store::memory::{Attributes, Cookie, Session},
    time::UnixMillis,
};
use serde_json::{Map, Value};

use super::{
    input::Input,
    iso_date::{self, MAX_TIME},
};

/// A session that is put together out of its parts is the JSON of them all: the cookie first, with its
/// members in their order, and then the data as they are.
pub fn whole_text(data: &[u8]) {
    let mut input = Input::new(data);
    let parts = Parts {
        max_age: input.optional(Input::number),
        expires: input.optional(time),
        before: members(&mut input),
        after: members(&mut input),
    };
    let attributes = Attributes::default();
    let Some(number) = attributes.intern(&parts.attributes(), |_| true) else {
        // Only so much of it is kept.
        assert!(parts.attributes().len() > 1024);
        return;
    };
    assert_eq!(
        attributes.intern(&parts.attributes(), |_| false),
        Some(number)
    );
    assert_eq!(
        attributes.get(number).as_deref(),
        Some(&*parts.attributes())
    );

    let text = Value::Object(json_object(input.rest())).to_string();
    let session = Session {
        text: &text,
        cookie: Some(Cookie {
            attributes: number,
            max_age: parts.max_age,
        }),
        expires: parts.expires.map(UnixMillis),
    };
    parts.check(&attributes.whole_text(&session), &text);

    let whole = Session {
        cookie: None,
        ..session
    };
    assert_eq!(attributes.whole_text(&whole), text);
}

struct Parts {
    max_age: Option<u64>,
    expires: Option<i64>,
    /// The other members of the cookie, before and after those that are left open.
    before: Vec<(String, Value)>,
    after: Vec<(String, Value)>,
}

impl Parts {
    fn attributes(&self) -> String {
        self.cookie("\n", "\n")
    }

    /// The JSON of the cookie with these values.
    fn cookie(&self, max_age: &str, expires: &str) -> String {
        let given = |(name, value): &(String, Value)| written(name, &value.to_string());
        let mut members: Vec<String> = self.before.iter().map(given).collect();
        members.push(written("originalMaxAge", max_age));
        members.push(written("expires", expires));
        members.extend(self.after.iter().map(given));
        format!("{{{}}}", members.join(","))
    }

    fn check(&self, whole: &str, text: &str) {
        let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text).ok();
        let parsed = parse(whole);
        assert!(parsed.is_some(), "{whole}");
        let mut rest = parsed.unwrap_or_default();
        let cookie = rest.remove("cookie").unwrap_or_default();
        assert_eq!(Some(rest), parse(text));
        assert_eq!(
            cookie.get("originalMaxAge"),
            Some(&self.max_age.map_or(Value::Null, Value::from))
        );
        let expires = cookie.get("expires").cloned().unwrap_or_default();
        let time = self
            .expires
            .filter(|time| (-MAX_TIME..=MAX_TIME).contains(time));
        assert_eq!(expires.as_str().and_then(iso_date::read), time, "{whole}");
        assert_eq!(expires.is_null(), time.is_none());

        let max_age = self
            .max_age
            .map_or("null".to_owned(), |max_age| max_age.to_string());
        let cookie = self.cookie(&max_age, &expires.to_string());
        let data = match text {
            "{}" => "}".to_owned(),
            _ => text.replacen('{', ",", 1),
        };
        assert_eq!(whole, format!(r#"{{"cookie":{cookie}{data}"#));
    }
}

/// Any time, and more often one that a date can hold.
fn time(input: &mut Input<'_>) -> i64 {
    let time = input.number().cast_signed();
    if input.flag() { time } else { time % MAX_TIME }
}

/// A few members with different names, other than those that are left open.
fn members(input: &mut Input<'_>) -> Vec<(String, Value)> {
    let mut members: Vec<(String, Value)> = Vec::new();
    for _ in 0..input.byte() % 4 {
        let name = input.text();
        let value = match input.byte() % 4 {
            0 => Value::from(input.flag()),
            1 => Value::from(input.text()),
            2 => Value::from(input.number()),
            _ => {
                // Not so deep that it could not be read inside of something else.
                let bytes = input.bytes();
                Value::Object(json_object(bytes.get(..64).unwrap_or(bytes)))
            }
        };
        let is_taken = ["originalMaxAge", "expires"].contains(&&*name)
            || members.iter().any(|(other, _)| *other == name);
        if !is_taken {
            members.push((name, value));
        }
    }
    members
}

/// What the bytes are if they are JSON, else something that holds them.
fn json_object(bytes: &[u8]) -> Map<String, Value> {
    let mut object: Map<String, Value> = serde_json::from_slice(bytes).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(bytes);
        let value = Value::from(&*text);
        let members = (!bytes.is_empty()).then(|| (text.into_owned(), value));
        members.into_iter().collect()
    });
    // The cookie is kept apart.
    object.remove("cookie");
    object
}

fn written(name: &str, value: &str) -> String {
    format!("{}:{value}", Value::from(name))
}
