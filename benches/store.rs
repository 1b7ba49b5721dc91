//! What each operation of the memory store takes, and how that grows with the number of sessions. The
//! whole JSON of each has 350 bytes, and its data 250 of them:
//! `cargo bench --no-default-features --bench store`.

use divan::{Bencher, black_box};
use express_session_native::engine::{
    store::memory::{Class, Cookie, Known, MemoryStore, Save, Session},
    time::UnixMillis,
};

const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];
const ATTRIBUTES: &str = "{\"originalMaxAge\":\n,\"expires\":\n,\"httpOnly\":true,\"path\":\"/\"}";
const SAVE: Save = Save {
    known: Known::Nothing,
    ttl: None,
    class: Class::Other,
};
/// 2030-01-02T03:04:05.678Z
const EXPIRES: UnixMillis = UnixMillis(1_893_553_445_678);
/// Some time before the sessions expire.
const NOW: UnixMillis = UnixMillis(1_750_000_000_000);

fn main() {
    divan::main();
}

fn data() -> String {
    let start = r#"{"user":{"id":4711,"name":"ada"},"text":""#;
    format!(r#"{start}{}"}}"#, "x".repeat(248 - start.len()))
}

fn session<'text>(store: &MemoryStore, text: &'text str) -> Session<'text> {
    Session {
        text,
        cookie: store.intern(ATTRIBUTES).map(|attributes| Cookie {
            attributes,
            max_age: Some(86_400_000),
        }),
        expires: Some(EXPIRES),
    }
}

/// 32 characters that look random; always the same for the same number.
fn id_of(number: u64) -> String {
    let mixed = (number ^ 0x5bd1_e995).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{number:016x}")
}

fn filled(size: u64) -> MemoryStore {
    let store = MemoryStore::default();
    let text = data();
    let session = session(&store, &text);
    for number in 0..size {
        let saved = store.save(id_of(number).as_bytes(), &session, SAVE, NOW);
        debug_assert!(saved.is_ok());
    }
    store
}

/// Ids of sessions all over the store, in no order.
fn ids_in(size: u64) -> impl FnMut() -> String {
    let mut state: u64 = 1;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        id_of((state >> 33) % size)
    }
}

/// With a copy of the text, as the binding makes one.
fn get_text(store: &MemoryStore, id: &[u8]) -> Option<String> {
    store.read(id, NOW, |session| session.text.to_owned())
}

#[divan::bench(args = SIZES)]
fn get(bencher: Bencher, size: u64) {
    let store = filled(size);
    bencher
        .with_inputs(ids_in(size))
        .bench_local_values(|id| get_text(&store, black_box(id.as_bytes())));
}

#[divan::bench(args = SIZES)]
fn get_absent(bencher: Bencher, size: u64) {
    let store = filled(size);
    bencher.bench_local(|| get_text(&store, black_box(b"absent")));
}

#[divan::bench(args = SIZES)]
fn set_in_place_of_another(bencher: Bencher, size: u64) {
    let (store, text) = (filled(size), data());
    let session = session(&store, &text);
    bencher
        .with_inputs(ids_in(size))
        .bench_local_values(|id| store.save(black_box(id.as_bytes()), &session, SAVE, NOW));
}

#[divan::bench(args = SIZES)]
fn set_new(bencher: Bencher, size: u64) {
    let (store, text) = (filled(size), data());
    let session = session(&store, &text);
    let mut number = size;
    bencher
        .with_inputs(|| {
            number += 1;
            id_of(number)
        })
        .bench_local_values(|id| store.save(black_box(id.as_bytes()), &session, SAVE, NOW));
}

#[divan::bench(args = SIZES)]
fn touch(bencher: Bencher, size: u64) {
    let store = filled(size);
    let session = session(&store, "");
    bencher
        .with_inputs(ids_in(size))
        .bench_local_values(|id| store.renew(black_box(id.as_bytes()), &session, None, NOW));
}

/// Of sessions that are put there right before, so that there always are some.
#[divan::bench(args = SIZES)]
fn destroy(bencher: Bencher, size: u64) {
    let (store, text) = (filled(size), data());
    let session = session(&store, &text);
    let mut number = size;
    bencher
        .with_inputs(|| {
            number += 1;
            let id = id_of(number);
            let saved = store.save(id.as_bytes(), &session, SAVE, NOW);
            debug_assert!(saved.is_ok());
            id
        })
        .bench_local_values(|id| store.destroy(black_box(id.as_bytes()), NOW));
}

#[divan::bench(args = SIZES)]
fn length(bencher: Bencher, size: u64) {
    let store = filled(size);
    bencher.bench_local(|| store.len(NOW));
}
