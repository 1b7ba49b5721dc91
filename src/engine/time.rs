//! Points in time.
//!
//! Every operation gets the time as an argument. The Node binding passes
//! `Date.now()`, looked up on every call, so that an application's fake timers control sessions
//! too. Tests pass the numbers they need and never sleep. The engine's own thread, which frees
//! expired sessions, gets a clock from the store.

/// Milliseconds since 1970-01-01T00:00:00Z, as in JavaScript's `Date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

/// A clock for the engine's own thread.
pub type Clock = fn() -> UnixMillis;

impl UnixMillis {
    /// Before every other time.
    pub const MIN: Self = Self(i64::MIN);

    /// After every other time.
    pub const MAX: Self = Self(i64::MAX);

    /// The time of a JavaScript number, rounded down and clamped. Returns `None` for NaN.
    #[must_use]
    pub fn from_js(number: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` clamps, which is what is wanted"
        )]
        (!number.is_nan()).then_some(Self(number.floor() as i64))
    }

    /// The time as a JavaScript number.
    #[must_use]
    pub fn to_js(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the times of dates are below 2^53"
        )]
        (self.0 as f64)
    }

    /// The time that many milliseconds later, or earlier if negative.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}
