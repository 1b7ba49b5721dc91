//! Points in time.
//!
//! The engine reads no clock: every operation is told what time it is. The Node binding passes on
//! `Date.now()`, looked up at every call, so that an application's fake timers govern sessions too;
//! tests pass the numbers they need and never sleep. The one thread of the engine's own, which frees
//! expired sessions, is given a clock when it is started.

/// Milliseconds since 1970-01-01T00:00:00Z, as in JavaScript's `Date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

/// What tells the time to a thread that nobody calls.
pub type Clock = fn() -> UnixMillis;

impl UnixMillis {
    /// Before every other time.
    pub const MIN: Self = Self(i64::MIN);

    /// The time of a JavaScript number, rounded down; what is out of range is clamped.
    ///
    /// Returns `None` for NaN, which is no time.
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

    /// So many milliseconds later; negative for earlier.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}
