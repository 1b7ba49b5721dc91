//! Points in time.
//!
//! Nothing in the engine reads a clock: whoever calls says what time it is. The Node binding passes
//! on `Date.now()`, looked up at every call, so an application's fake timers govern sessions too;
//! tests pass the numbers they need and never sleep.

/// Milliseconds since 1970-01-01T00:00:00Z, as in JavaScript's `Date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The time of a JavaScript number; fractions are cut off, what is beyond the range is clamped.
    ///
    /// Returns `None` for NaN, which is no time.
    #[must_use]
    pub fn from_js(number: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` clamps, which is what is wanted"
        )]
        (!number.is_nan()).then_some(Self(number as i64))
    }
}
