//! Converts the engine's errors to JavaScript's.

use napi::Status;

use crate::engine::{cookies::set_cookie::SetCookieError, session_id::NoRandomness};

/// The `code` of an error. The shim replaces it with an error of its own realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A cookie's name, value or attribute is not valid: a `TypeError`.
    SetCookie,
    /// A text has no UTF-8 encoding: a `URIError`.
    MalformedText,
    /// The system's random number generator failed.
    NoRandomness,
    /// The shim and the native library do not match, or there is a bug.
    Binding,
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        match self {
            Self::SetCookie => "ERR_SESSION_SET_COOKIE",
            Self::MalformedText => "ERR_SESSION_MALFORMED_TEXT",
            Self::NoRandomness => "ERR_SESSION_NO_RANDOMNESS",
            Self::Binding => "ERR_SESSION_BINDING",
        }
    }
}

impl From<Status> for ErrorCode {
    fn from(_: Status) -> Self {
        Self::Binding
    }
}

/// The result of a fallible export.
pub(super) type Result<T> = napi::Result<T, ErrorCode>;

impl From<SetCookieError> for napi::Error<ErrorCode> {
    fn from(error: SetCookieError) -> Self {
        let code = match error {
            SetCookieError::LoneSurrogate(_) => ErrorCode::MalformedText,
            _ => ErrorCode::SetCookie,
        };
        Self::new(code, error.to_string())
    }
}

impl From<NoRandomness> for napi::Error<ErrorCode> {
    fn from(error: NoRandomness) -> Self {
        Self::new(ErrorCode::NoRandomness, with_sources(&error))
    }
}

/// An error and its causes, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| {
        format!("{text}: {source}")
    })
}
