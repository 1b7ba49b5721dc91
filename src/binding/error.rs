//! Converts the engine's errors to JavaScript's.

use napi::Status;

use crate::{
    engine::{cookies::set_cookie::SetCookieError, session_id::NoRandomness},
    values::code_of,
};

/// The `code` of an error. The shim replaces it with an error of its own realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

impl ErrorCode {
    /// The system's random number generator failed.
    pub(super) const NO_RANDOMNESS: Self = Self("ERR_SESSION_NO_RANDOMNESS");
    /// The shim and the native library do not match, or there is a bug.
    pub(super) const BINDING: Self = Self("ERR_SESSION_BINDING");
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<Status> for ErrorCode {
    fn from(_: Status) -> Self {
        Self::BINDING
    }
}

/// The result of a fallible export.
pub(super) type Result<T> = napi::Result<T, ErrorCode>;

impl From<SetCookieError> for napi::Error<ErrorCode> {
    fn from(error: SetCookieError) -> Self {
        Self::new(ErrorCode(code_of(error)), error.to_string())
    }
}

impl From<NoRandomness> for napi::Error<ErrorCode> {
    fn from(error: NoRandomness) -> Self {
        Self::new(ErrorCode::NO_RANDOMNESS, with_sources(&error))
    }
}

/// An error and its causes, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| {
        format!("{text}: {source}")
    })
}
