//! The sessions that are kept.

use express_session_native::engine::{
    store::memory::{Cookie, MemoryStore, Session},
    time::UnixMillis,
};

/// 2030-01-02T03:00:00Z.
pub const FIRST_EXPIRY: UnixMillis = UnixMillis(1_893_553_200_000);

const ATTRIBUTES: &str = "{\"originalMaxAge\":\n,\"expires\":\n,\"httpOnly\":true,\"path\":\"/\"}";

/// Sessions of a store, which differ in their expiry. Their whole JSON has 350 bytes, and their data 250
/// of them.
pub struct Sessions {
    text: String,
    cookie: Option<Cookie>,
}

impl Sessions {
    pub fn of(store: &MemoryStore) -> Self {
        let start = r#"{"user":{"id":4711,"name":"ada"},"text":""#;
        let attributes = store.intern(ATTRIBUTES);
        Self {
            text: format!(r#"{start}{}"}}"#, "x".repeat(248 - start.len())),
            cookie: attributes.map(|attributes| Cookie {
                attributes,
                max_age: Some(86_400_000),
            }),
        }
    }

    /// One that expires so many milliseconds after the first one.
    pub fn expiring(&self, milliseconds: u64) -> Session<'_> {
        let later = i64::try_from(milliseconds).unwrap_or_default();
        Session {
            text: &self.text,
            cookie: self.cookie,
            expires: Some(FIRST_EXPIRY.plus(later)),
        }
    }
}

/// 32 characters that look random; always the same for the same number.
pub fn id_of(number: u64) -> String {
    let mixed = (number ^ 0x5bd1_e995).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{number:016x}")
}

/// Numbers that look random, and are the same in each run.
#[derive(Default)]
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
