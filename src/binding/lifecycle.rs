//! The lifecycle's decisions, as a table: looking one up in JavaScript costs nothing, asking for it
//! would cost a crossing of the boundary.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::engine::lifecycle::{self, bits};

/// The places of facts in the number that stands for a state of the lifecycle; see
/// `engine::lifecycle`.
#[napi]
pub enum Fact {
    /// Option `saveUninitialized`
    SaveUninitialized = 1,
    /// Option `rolling`
    Rolling = 2,
    /// Option `unset: 'destroy'`
    UnsetDestroys = 4,
    /// The store has a method `touch`.
    StoreCanTouch = 8,
    /// `req.session` is truthy.
    SessionPresent = 16,
    /// `req.session` is null or undefined.
    SessionUnset = 32,
    /// `req.sessionID` is a string.
    IdText = 64,
    /// `req.sessionID` is truthy.
    IdTruthy = 128,
    /// `req.sessionID` is what the cookie said.
    IdFromCookie = 256,
    /// The session has another id than when the request began.
    IdChanged = 512,
    /// It is known which text the store holds.
    SavedTextKnown = 1024,
    /// The session's cookie has an expiry.
    CookieExpires = 2048,
    /// The data were compared.
    DataCompared = 4096,
    /// The comparison found a difference.
    DataDifferent = 8192,
}

/// Answers for the moment the headers are written: the high half of a table's byte.
#[napi]
pub enum AtHeaders {
    /// No cookie is set.
    Nothing = 0,
    /// The cookie is set.
    SetCookie = 1,
    /// Compare the data with what was loaded, and ask again.
    CompareWithLoaded = 2,
}

/// Answers for the end of the response: the low half of a table's byte.
#[napi]
pub enum AtEnd {
    /// The store is told nothing.
    Nothing = 0,
    /// Destroy.
    Destroy = 1,
    /// Save.
    Save = 2,
    /// Touch.
    Touch = 3,
    /// Compare the data with what was loaded, and ask again.
    CompareWithLoaded = 4,
    /// Compare the data with what was saved, and ask again.
    CompareWithSaved = 5,
}

// The numbers above are for JavaScript to read; the engine's are the ones that count.
const _: () = {
    assert!(Fact::SaveUninitialized as u16 == bits::SAVE_UNINITIALIZED);
    assert!(Fact::Rolling as u16 == bits::ROLLING);
    assert!(Fact::UnsetDestroys as u16 == bits::UNSET_DESTROYS);
    assert!(Fact::StoreCanTouch as u16 == bits::STORE_CAN_TOUCH);
    assert!(Fact::SessionPresent as u16 == bits::SESSION_PRESENT);
    assert!(Fact::SessionUnset as u16 == bits::SESSION_UNSET);
    assert!(Fact::IdText as u16 == bits::ID_TEXT);
    assert!(Fact::IdTruthy as u16 == bits::ID_TRUTHY);
    assert!(Fact::IdFromCookie as u16 == bits::ID_FROM_COOKIE);
    assert!(Fact::IdChanged as u16 == bits::ID_CHANGED);
    assert!(Fact::SavedTextKnown as u16 == bits::SAVED_TEXT_KNOWN);
    assert!(Fact::CookieExpires as u16 == bits::COOKIE_EXPIRES);
    assert!(Fact::DataCompared as u16 == bits::DATA_COMPARED);
    assert!(Fact::DataDifferent as u16 == bits::DATA_DIFFERENT);
    assert!(AtHeaders::SetCookie as u8 == lifecycle::AtHeaders::SetCookie as u8);
    assert!(AtHeaders::CompareWithLoaded as u8 == lifecycle::AtHeaders::CompareWithLoaded as u8);
    assert!(AtEnd::Destroy as u8 == lifecycle::AtEnd::Destroy as u8);
    assert!(AtEnd::Save as u8 == lifecycle::AtEnd::Save as u8);
    assert!(AtEnd::Touch as u8 == lifecycle::AtEnd::Touch as u8);
    assert!(AtEnd::CompareWithLoaded as u8 == lifecycle::AtEnd::CompareWithLoaded as u8);
    assert!(AtEnd::CompareWithSaved as u8 == lifecycle::AtEnd::CompareWithSaved as u8);
};

/// One byte for every state of the lifecycle: `AtHeaders` in its high half, `AtEnd` in its low.
#[napi(catch_unwind)]
pub fn decision_table() -> Uint8Array {
    Uint8Array::new(lifecycle::decision_table())
}
