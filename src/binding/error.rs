//! The one place where the engine's errors become JavaScript's.

use napi::Status;

use crate::engine::{
    session_id::NoRandomness,
    set_cookie::SetCookieError,
    store::{StoreError, registry::OpenError, with_sources},
};

/// The `code` of an error that reaches JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A cookie's name, value or attribute is not valid. The shim throws it as a `TypeError`.
    SetCookie,
    /// A text has no UTF-8 form. The shim throws it as a `URIError`.
    MalformedText,
    /// The system's random number generator failed.
    NoRandomness,
    /// A store failed.
    Store,
    /// A store holds as much as it may.
    StoreFull,
    /// A store was closed.
    StoreClosed,
    /// A store is open with other options.
    StoreOptions,
    /// The shim and the native library do not fit together, or a bug.
    Binding,
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        match self {
            Self::SetCookie => "ERR_SESSION_SET_COOKIE",
            Self::MalformedText => "ERR_SESSION_MALFORMED_TEXT",
            Self::NoRandomness => "ERR_SESSION_NO_RANDOMNESS",
            Self::Store => "ERR_SESSION_STORE",
            Self::StoreFull => "ERR_SESSION_STORE_FULL",
            Self::StoreClosed => "ERR_SESSION_STORE_CLOSED",
            Self::StoreOptions => "ERR_SESSION_STORE_OPTIONS",
            Self::Binding => "ERR_SESSION_BINDING",
        }
    }
}

impl From<Status> for ErrorCode {
    fn from(_: Status) -> Self {
        Self::Binding
    }
}

/// What a fallible export returns.
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

impl From<StoreError> for napi::Error<ErrorCode> {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Full { .. } => ErrorCode::StoreFull,
            StoreError::Backend(_) => ErrorCode::Store,
        };
        Self::new(code, with_sources(&error))
    }
}

impl From<OpenError> for napi::Error<ErrorCode> {
    fn from(error: OpenError) -> Self {
        let code = match error {
            OpenError::OtherOptions(_) => ErrorCode::StoreOptions,
        };
        Self::new(code, with_sources(&error))
    }
}
