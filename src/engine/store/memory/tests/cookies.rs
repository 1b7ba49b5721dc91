//! Sessions in parts, and sessions as whole text.

use ::cookie::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn with_cookie(cookie: Cookie, expires: Option<i64>) -> Session<'static> {
    Session {
        cookie: Some(cookie),
        ..session(expires)
    }
}

fn found(store: &MemoryStore, now: i64) -> Option<(String, Option<Cookie>, Option<UnixMillis>)> {
    store.read(b"a", UnixMillis(now), |found| {
        (found.text.to_owned(), found.cookie, found.expires)
    })
}

/// Attributes and `max_age` whose numbers take one byte and more.
fn cookies() -> impl Iterator<Item = Cookie> {
    let ages = [
        None,
        Some(0),
        Some(126),
        Some(127),
        Some(86_400_000),
        Some(u64::MAX - 1),
    ];
    [0, 126, 127, 4095].into_iter().flat_map(move |attributes| {
        ages.map(|max_age| Cookie {
            attributes,
            max_age,
        })
    })
}

#[test]
fn a_cookie_comes_back_as_it_was_saved_and_as_it_was_renewed() {
    let store = MemoryStore::default();
    for first in cookies() {
        for second in cookies() {
            set(&store, b"a", with_cookie(first, Some(10)), 0);
            let expected = |cookie, expires| Some(("{}".to_owned(), Some(cookie), expires));
            assert_eq!(found(&store, 0), expected(first, Some(UnixMillis(10))));
            let renewed = store.renew(b"a", &with_cookie(second, None), None, UnixMillis(0));
            assert_eq!(renewed, Renewed::Done);
            assert_eq!(found(&store, 10), expected(second, None));
        }
    }
}

#[test]
fn to_renew_a_session_looks_at_no_text() {
    let store = MemoryStore::default();
    set(&store, b"a", with_text(r#"{"n":1}"#, None), 0);
    store.renew(b"a", &with_text("other", Some(9)), None, UnixMillis(0));
    assert_eq!(get(&store, b"a", 0), Some((r#"{"n":1}"#.into(), Some(9))));
}

#[test]
fn the_memory_of_a_cookie_that_grows_or_shrinks_is_counted() {
    let store = MemoryStore::default();
    let small = Cookie {
        attributes: 0,
        max_age: None,
    };
    let large = Cookie {
        attributes: 4095,
        max_age: Some(u64::MAX - 1),
    };
    set(&store, b"a", with_cookie(small, None), 0);
    let before = store.stats().bytes;
    // Allocations grow in steps of sixteen bytes, and one cookie has eleven more than the other.
    let mut grown = 0;
    for text in ["{}", "0123456789abcdef0123", "0123456789abcdef012345"] {
        set(
            &store,
            b"a",
            Session {
                text,
                ..with_cookie(small, None)
            },
            0,
        );
        let before = store.stats().bytes;
        store.renew(b"a", &with_cookie(large, None), None, UnixMillis(0));
        grown += store.stats().bytes - before;
        store.renew(b"a", &with_cookie(small, None), None, UnixMillis(0));
        assert_eq!(store.stats().bytes, before);
    }
    assert!(grown > 0);
    set(&store, b"a", with_cookie(small, None), 0);
    assert_eq!(store.stats().bytes, before);
}

#[test]
fn a_session_that_is_one_text_is_not_renewed_and_nothing_about_it_changes() {
    let options = Options {
        max_sessions: Some(2),
        ..Options::default()
    };
    let store = MemoryStore::new(options, None);
    set(&store, b"a", whole("text", Some(1000)), 0);
    set(&store, b"b", session(None), 0);
    let (bytes, due) = (store.stats().bytes, store.next_due());
    assert_eq!(renew(&store, b"a", Some(9000), 0), Renewed::Whole);
    assert_eq!(renew(&store, b"a", None, 0), Renewed::Whole);
    assert_eq!((store.stats().bytes, store.next_due()), (bytes, due));
    // That did not count as use either: it is evicted next.
    set(&store, b"c", session(None), 0);
    assert_eq!(store.ids(UnixMillis(0)), [b"b", b"c"]);

    set(&store, b"a", whole("text", Some(1000)), 0);
    assert_eq!(renew(&store, b"a", Some(9000), 999), Renewed::Whole);
    let expected = ("text".to_owned(), None, Some(UnixMillis(1000)));
    assert_eq!(found(&store, 999), Some(expected));
    assert_eq!(renew(&store, b"a", Some(9000), 1000), Renewed::Absent);
}

#[test]
fn a_session_is_not_renewed_without_a_cookie() {
    let store = MemoryStore::default();
    set(&store, b"a", session(Some(1000)), 0);
    let renewed = store.renew(b"a", &whole("text", Some(9000)), None, UnixMillis(0));
    assert_eq!(renewed, Renewed::Whole);
    let expected = ("{}".to_owned(), Some(COOKIE), Some(UnixMillis(1000)));
    assert_eq!(found(&store, 0), Some(expected));
    let renewed = store.renew(b"b", &whole("text", None), None, UnixMillis(0));
    assert_eq!(renewed, Renewed::Absent);
}

#[test]
fn a_session_may_become_one_text_and_have_a_cookie_again() {
    let store = MemoryStore::default();
    for _ in 0..3 {
        set(&store, b"a", session(None), 0);
        assert_eq!(renew(&store, b"a", None, 0), Renewed::Done);
        set(&store, b"a", whole("text", None), 0);
        assert_eq!(renew(&store, b"a", None, 0), Renewed::Whole);
    }
}

#[test]
fn what_attributes_take_is_counted() {
    let store = MemoryStore::default();
    let before = store.stats().bytes;
    let text = "x".repeat(1000);
    store.intern(&text).unwrap();
    let after = store.stats().bytes;
    assert!((1000..1300).contains(&(after - before)), "{before} {after}");
    store.intern(&text).unwrap();
    assert_eq!(store.stats().bytes, after);
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Members of an object, each name once.
fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    let name = prop_oneof!["[a-z]{1,5}", "\\PC{0,5}", any::<String>()];
    proptest::collection::btree_map(name, value, 0..5)
        .prop_map(|members| members.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

fn written(members: &[(String, Value)]) -> String {
    let member = |(name, value): &(String, Value)| format!("{}:{value}", Value::from(&**name));
    members.iter().map(member).collect::<Vec<_>>().join(",")
}

/// The text for [`Attributes::intern`], with the two open members among the others.
fn template(members: &[(String, Value)], at: usize) -> String {
    let (before, after) = members.split_at(at.min(members.len()));
    let open = "\"originalMaxAge\":\n,\"expires\":\n".to_owned();
    let parts = [written(before), open, written(after)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{{{}}}", parts.join(","))
}

proptest! {
    /// A second parser finds the parts of a session in the whole text, which contains nothing else.
    #[test]
    fn the_whole_text_holds_the_cookie_and_the_data(
        attributes in members(json()),
        data in members(json()),
        at in 0..5_usize,
        max_age in proptest::option::of(any::<u64>().prop_map(|age| age >> 1)),
        expires in proptest::option::of(-62_167_219_200_000..253_402_300_800_000_i64),
    ) {
        let taken = ["originalMaxAge", "expires", "cookie"];
        let free = |(name, _): &(String, Value)| !taken.contains(&&**name);
        let attributes: Vec<_> = attributes.into_iter().filter(free).collect();
        let data: Vec<_> = data.into_iter().filter(free).collect();
        let text = format!("{{{}}}", written(&data));

        let store = MemoryStore::default();
        let template = template(&attributes, at);
        let Some(number) = store.intern(&template) else {
            prop_assert!(template.len() > 1024);
            return Ok(());
        };
        let cookie = Cookie { attributes: number, max_age };
        set(&store, b"a", Session { text: &text, cookie: Some(cookie), expires: None }, 0);
        let own = Session { text: "", cookie: Some(cookie), expires: expires.map(UnixMillis) };
        prop_assert_eq!(store.renew(b"a", &own, None, UnixMillis::MIN), Renewed::Done);
        let read = |session: Session<'_>| store.whole_text(&session);
        let whole = store.read(b"a", UnixMillis::MIN, read).unwrap();

        let max_age = max_age.map_or(Value::Null, Value::from);
        let parsed: Map<String, Value> = serde_json::from_str(&whole).unwrap();
        let mut expected_cookie: Map<String, Value> = attributes.iter().cloned().collect();
        expected_cookie.insert("originalMaxAge".to_owned(), max_age.clone());
        let date = parsed["cookie"]["expires"].clone();
        expected_cookie.insert("expires".to_owned(), date.clone());
        let mut expected: Map<String, Value> = data.iter().cloned().collect();
        expected.insert("cookie".to_owned(), expected_cookie.into());
        prop_assert_eq!(&parsed, &expected);
        let time = date.as_str().map(|date| {
            let read = OffsetDateTime::parse(date, &Rfc3339).unwrap();
            read.unix_timestamp_nanos() / 1_000_000
        });
        prop_assert_eq!(time, expires.map(i128::from));

        // The cookie comes first, and all members are in their original order.
        let cookie = template
            .replacen('\n', &max_age.to_string(), 1)
            .replacen('\n', &date.to_string(), 1);
        let comma = if data.is_empty() { "" } else { "," };
        prop_assert_eq!(whole, format!("{{\"cookie\":{cookie}{comma}{}}}", written(&data)));
    }
}
