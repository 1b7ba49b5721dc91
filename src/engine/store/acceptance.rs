//! What every session store has to hold, whatever it is made of. A store's tests call [`run`].

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn expiring(at: i64) -> String {
    format!(r#"{{"cookie":{{"expires":"{}"}},"n":1}}"#, iso(at))
}

/// The ISO form of a time in the first hour of 1970.
pub(super) fn iso(at: i64) -> String {
    assert!((0..3_600_000).contains(&at));
    format!(
        "1970-01-01T00:{:02}:{:02}.{:03}Z",
        at / 60_000,
        at / 1000 % 60,
        at % 1000
    )
}

/// Runs the suite; `make` gives a new, empty store each time.
pub(super) fn run<Store: SessionStore>(make: impl Fn() -> Store) {
    absent_is_none(&make());
    set_replaces(&make());
    ids_are_any_bytes(&make());
    text_comes_back_unchanged(&make());
    expired_is_absent(&make());
    a_touch_renews_the_expiry_and_keeps_the_data(&make());
    a_touch_does_not_bring_anything_back(&make());
    destroy_removes(&make());
    listing_is_oldest_first(&make());
    clear_removes_everything(&make());
}

fn absent_is_none(store: &impl SessionStore) {
    assert_eq!(store.get(b"a", NOW).unwrap(), None);
    assert!(!store.destroy(b"a", NOW).unwrap());
    assert_eq!(store.touch(b"a", "{}", NOW).unwrap(), None);
    assert!(store.all(NOW).unwrap().is_empty());
    assert!(store.is_empty(NOW).unwrap());
}

fn set_replaces(store: &impl SessionStore) {
    assert_eq!(store.set(b"a", r#"{"n":1}"#, NOW).unwrap(), Expiry::Never);
    assert_eq!(store.set(b"a", r#"{"n":2}"#, NOW).unwrap(), Expiry::Never);
    assert_eq!(store.get(b"a", NOW).unwrap().as_deref(), Some(r#"{"n":2}"#));
    assert_eq!(store.len(NOW).unwrap(), 1);
}

fn ids_are_any_bytes(store: &impl SessionStore) {
    let ids: [&[u8]; 5] = [b"", b"\0", b"\xFF", "é".as_bytes(), &[b'x'; 5000]];
    for (number, id) in ids.iter().enumerate() {
        store.set(id, &format!("{{\"n\":{number}}}"), NOW).unwrap();
    }
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(
            store.get(id, NOW).unwrap(),
            Some(format!("{{\"n\":{number}}}"))
        );
    }
}

fn text_comes_back_unchanged(store: &impl SessionStore) {
    let large = format!("{{\"x\":\"{}\"}}", "é".repeat(1_000_000));
    for text in [" { } ", r#"{"a":"\ud800"}"#, "not json", "", "null", &large] {
        store.set(b"a", text, NOW).unwrap();
        assert_eq!(store.get(b"a", NOW).unwrap().as_deref(), Some(text));
    }
}

fn expired_is_absent(store: &impl SessionStore) {
    let at = UnixMillis(NOW.0 + 500);
    assert_eq!(
        store.set(b"a", &expiring(at.0), NOW).unwrap(),
        Expiry::At(at)
    );
    store.set(b"b", "{}", NOW).unwrap();
    assert!(store.get(b"a", UnixMillis(at.0 - 1)).unwrap().is_some());
    assert_eq!(store.len(UnixMillis(at.0 - 1)).unwrap(), 2);
    assert_eq!(store.len(at).unwrap(), 1);
    assert_eq!(store.all(at).unwrap(), [(b"b".to_vec(), "{}".to_owned())]);
    assert_eq!(store.touch(b"a", "{}", at).unwrap(), None);
    assert_eq!(store.get(b"a", at).unwrap(), None);
    store.set(b"c", &expiring(NOW.0 - 1), NOW).unwrap();
    assert_eq!(store.get(b"c", NOW).unwrap(), None);
    assert_eq!(store.len(NOW).unwrap(), 1);
}

fn a_touch_renews_the_expiry_and_keeps_the_data(store: &impl SessionStore) {
    store.set(b"a", &expiring(NOW.0 + 10), NOW).unwrap();
    let later = UnixMillis(NOW.0 + 60_000);
    let cookie = format!(r#"{{"expires":"{}"}}"#, iso(later.0));
    assert_eq!(
        store.touch(b"a", &cookie, NOW).unwrap(),
        Some(Expiry::At(later))
    );
    let text = store.get(b"a", UnixMillis(later.0 - 1)).unwrap();
    assert_eq!(text, Some(format!(r#"{{"cookie":{cookie},"n":1}}"#)));
    let sooner = format!(r#"{{"expires":"{}"}}"#, iso(NOW.0 + 1));
    store.touch(b"a", &sooner, NOW).unwrap();
    assert_eq!(store.get(b"a", UnixMillis(NOW.0 + 1)).unwrap(), None);
}

fn a_touch_does_not_bring_anything_back(store: &impl SessionStore) {
    store.set(b"a", "{}", NOW).unwrap();
    store.destroy(b"a", NOW).unwrap();
    assert_eq!(store.touch(b"a", "{}", NOW).unwrap(), None);
    store.set(b"b", "[]", NOW).unwrap();
    assert_eq!(store.touch(b"b", "{}", NOW).unwrap(), None);
    assert_eq!(store.get(b"b", NOW).unwrap().as_deref(), Some("[]"));
    assert_eq!(store.len(NOW).unwrap(), 1);
}

fn destroy_removes(store: &impl SessionStore) {
    store.set(b"a", "{}", NOW).unwrap();
    assert!(store.destroy(b"a", NOW).unwrap());
    assert!(!store.destroy(b"a", NOW).unwrap());
    assert_eq!(store.get(b"a", NOW).unwrap(), None);
    assert_eq!(store.len(NOW).unwrap(), 0);
}

fn listing_is_oldest_first(store: &impl SessionStore) {
    let ids: Vec<Vec<u8>> = (0..100)
        .map(|number| format!("id{number}").into_bytes())
        .collect();
    for id in &ids {
        store.set(id, "{}", NOW).unwrap();
    }
    // Writing a session again does not move it; destroying it does.
    store.set(b"id7", r#"{"again":1}"#, NOW).unwrap();
    store.destroy(b"id3", NOW).unwrap();
    store.set(b"id3", "{}", NOW).unwrap();
    let mut expected: Vec<Vec<u8>> = ids.into_iter().filter(|id| id != b"id3").collect();
    expected.push(b"id3".to_vec());
    let listed: Vec<Vec<u8>> = store
        .all(NOW)
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(listed, expected);
}

fn clear_removes_everything(store: &impl SessionStore) {
    for number in 0..100 {
        store
            .set(format!("{number}").as_bytes(), "{}", NOW)
            .unwrap();
    }
    store.clear().unwrap();
    assert_eq!(store.len(NOW).unwrap(), 0);
    assert_eq!(store.get(b"1", NOW).unwrap(), None);
    store.set(b"1", "{}", NOW).unwrap();
    assert_eq!(store.len(NOW).unwrap(), 1);
}
