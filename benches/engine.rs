//! What each function of the engine takes that a request needs, except for the store:
//! `cargo bench --no-default-features --bench engine`.

use divan::{Bencher, black_box};
use express_session_native::engine::{
    cookies::{
        date::write_iso,
        header::{self, Encoding},
        percent,
        set_cookie::{self, Attributes, Value},
        signed_value,
    },
    lifecycle::{self, Facts},
    session_id,
    signature::Keyring,
    store::memory::{self, Cookie, Session},
    time::UnixMillis,
    wtf8,
};

const ID: &[u8] = b"x7Rk2mQ9vLpT4sWzN8bYc1dFgHjK3aEu";
const OTHER_COOKIES: &str = "_ga=GA1.1.1043217654.1718000000; theme=dark";
const NAME: &[u8] = b"connect.sid";
/// The attributes of a session's cookie, as the store keeps them.
const ATTRIBUTES: &str = "{\"originalMaxAge\":\n,\"expires\":\n,\"httpOnly\":true,\"path\":\"/\"}";
/// 2030-01-02T03:04:05.678Z
const EXPIRES: UnixMillis = UnixMillis(1_893_553_445_678);
/// States of the lifecycle that are asked about in turn.
const STATES: u16 = 256;

fn main() {
    divan::main();
}

fn keyring() -> Keyring {
    Keyring::new([b"a secret of at least thirty-two characters"])
}

/// What the Cookie header's value is once it is percent-decoded, without its `s:`.
fn signed() -> Vec<u8> {
    keyring().sign(ID).unwrap_or_default()
}

fn header() -> Vec<u8> {
    let mut header = format!("{OTHER_COOKIES}; connect.sid=s%3A");
    let encoded = percent::encode(&signed(), &mut header);
    debug_assert!(encoded.is_ok());
    header.into_bytes()
}

/// A session's data, whose JSON has so many bytes.
fn data(bytes: usize) -> String {
    let start = r#"{"user":{"id":4711,"name":"ada"},"text":""#;
    let filler = "x".repeat(bytes.saturating_sub(start.len() + 2));
    format!(r#"{start}{filler}"}}"#)
}

#[divan::bench]
fn find_cookie_in_header(bencher: Bencher) {
    let header = header();
    bencher.bench(|| {
        header::find_raw(black_box(&header), black_box(NAME))
            .map(|raw| header::decode(raw, Encoding::Latin1).len())
    });
}

#[divan::bench]
fn find_cookie_that_is_absent(bencher: Bencher) {
    bencher.bench(|| header::find_raw(black_box(OTHER_COOKIES.as_bytes()), black_box(NAME)));
}

/// From the header to the session's id.
#[divan::bench]
fn read_signed_value(bencher: Bencher) {
    let (keyring, header) = (keyring(), header());
    bencher
        .bench(|| signed_value::read(&keyring, black_box(&header), Encoding::Latin1, NAME).is_ok());
}

#[divan::bench]
fn make_keyring(bencher: Bencher) {
    bencher.bench(keyring);
}

#[divan::bench]
fn sign(bencher: Bencher) {
    let keyring = keyring();
    bencher.bench(|| keyring.sign(black_box(ID)));
}

#[divan::bench]
fn verify(bencher: Bencher) {
    let (keyring, signed) = (keyring(), signed());
    bencher.bench(|| keyring.verify(black_box(&signed)).is_some());
}

#[divan::bench]
fn verify_forgery(bencher: Bencher) {
    let (keyring, mut signed) = (keyring(), signed());
    if let Some(byte) = signed.first_mut() {
        *byte = b'y';
    }
    bencher.bench(|| keyring.verify(black_box(&signed)).is_some());
}

#[divan::bench]
fn write_set_cookie(bencher: Bencher) {
    let value = [b"s:", signed().as_slice()].concat();
    let attributes = Attributes {
        path: Some(b"/"),
        expires: Some(b"Wed, 02 Jan 2030 03:04:05 GMT"),
        http_only: true,
        same_site: Some(b"lax"),
        ..Attributes::default()
    };
    bencher.bench(|| set_cookie::serialize(NAME, Value::Plain(black_box(&value)), &attributes));
}

#[divan::bench]
fn write_iso_date(bencher: Bencher) {
    let mut out = String::with_capacity(32);
    bencher.bench_local(|| {
        out.clear();
        write_iso(black_box(EXPIRES), &mut out)
    });
}

#[divan::bench]
fn percent_encode(bencher: Bencher) {
    let signed = signed();
    let mut out = String::with_capacity(128);
    bencher.bench_local(|| {
        out.clear();
        percent::encode(black_box(&signed), &mut out)
    });
}

#[divan::bench]
fn percent_decode(bencher: Bencher) {
    let header = header();
    bencher.bench(|| percent::decode(black_box(&header)));
}

/// For one id, and for as many as are drawn at once.
#[divan::bench(args = [1, 32])]
fn generate_ids(bencher: Bencher, count: usize) {
    bencher.bench(|| session_id::generate(black_box(count)));
}

#[divan::bench]
fn decide_at_headers(bencher: Bencher) {
    let mut state = 0;
    bencher.bench_local(|| {
        state = (state + 1) % STATES;
        lifecycle::at_headers(Facts::from(black_box(state)))
    });
}

#[divan::bench]
fn decide_at_end(bencher: Bencher) {
    let mut state = 0;
    bencher.bench_local(|| {
        state = (state + 1) % STATES;
        lifecycle::at_end(Facts::from(black_box(state)))
    });
}

#[divan::bench]
fn make_decision_table(bencher: Bencher) {
    bencher.bench(lifecycle::decision_table);
}

/// Of a session whose data have so many bytes.
#[divan::bench(args = [250, 4096, 65_536])]
fn whole_text(bencher: Bencher, bytes: usize) {
    let attributes = memory::Attributes::default();
    let text = data(bytes);
    let cookie = attributes
        .intern(ATTRIBUTES, |_| true)
        .map(|attributes| Cookie {
            attributes,
            max_age: Some(86_400_000),
        });
    let session = Session {
        text: &text,
        cookie,
        expires: Some(EXPIRES),
    };
    bencher.bench(|| attributes.whole_text(black_box(&session)));
}

/// What is known of the attributes when a session is saved or renewed.
#[divan::bench]
fn intern_attributes(bencher: Bencher) {
    let attributes = memory::Attributes::default();
    bencher.bench(|| attributes.intern(black_box(ATTRIBUTES), |_| true));
}

#[divan::bench]
fn text_from_utf16(bencher: Bencher) {
    let units: Vec<u16> = data(350).encode_utf16().collect();
    bencher.bench(|| wtf8::from_utf16(black_box(&units)));
}
