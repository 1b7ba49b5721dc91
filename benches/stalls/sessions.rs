//! The sessions that are kept.

/// 2030-01-02T03:00:00Z.
pub const FIRST_EXPIRY: i64 = 1_893_553_200_000;

/// A cookie that expires so many milliseconds after the first one, less than an hour.
pub fn cookie(milliseconds: u64) -> String {
    let (minutes, seconds) = (milliseconds / 60_000, milliseconds / 1000 % 60);
    let expires = format!(
        "2030-01-02T03:{minutes:02}:{seconds:02}.{:03}Z",
        milliseconds % 1000
    );
    format!(r#"{{"originalMaxAge":86400000,"expires":"{expires}","httpOnly":true,"path":"/"}}"#)
}

/// A session of 350 bytes with that cookie.
pub fn text(milliseconds: u64) -> String {
    let start = format!(
        r#"{{"cookie":{},"user":{{"id":4711,"name":"ada"}},"text":""#,
        cookie(milliseconds)
    );
    format!(r#"{start}{}"}}"#, "x".repeat(348 - start.len()))
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
