//! What becomes of a session when the response is sent.
//!
//! Two questions are asked for every response: when its headers are about to be written
//! ([`at_headers`]: is there a cookie to set?) and when it ends ([`at_end`]: save, touch, destroy?).
//! Both answers are pure functions of a few [`Facts`]. Whether the session's data was changed is the
//! one fact that costs something to find out, so the caller may leave it out at first; an answer
//! that depends on it is "compare, and ask again".
//!
//! [`decision_table`] holds the answers for every possible state, so that a caller across a costly
//! boundary can look them up.

/// What is known about the options, the request and the session.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts; each combination is possible"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Option `saveUninitialized`: keep a new session even if nothing was put into it.
    pub save_uninitialized: bool,
    /// Option `rolling`: set the cookie on every response.
    pub rolling: bool,
    /// Option `unset: 'destroy'`: a session that was set to null or deleted is removed.
    pub unset_destroys: bool,
    /// The store has a method to renew a session's expiry without writing the session.
    pub store_can_touch: bool,
    /// What `req.session` is now.
    pub session: SessionState,
    /// What `req.sessionID` is now.
    pub id: IdState,
    /// `req.sessionID` is the very id that the request's cookie carried.
    pub id_from_cookie: bool,
    /// The session was changed to another id since the request began (regenerated, replaced).
    pub id_changed: bool,
    /// It is known what the store holds: the session was saved in this request, or loaded in it
    /// with `resave` off.
    pub saved_text_known: bool,
    /// The session's cookie has an expiry.
    pub cookie_expires: bool,
    /// The outcome of the comparison that an earlier answer asked for.
    pub data: Comparison,
}

/// What `req.session` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// An object, or anything else that is truthy.
    Present,
    /// `null` or `undefined`, or the property was deleted.
    Unset,
    /// Another falsy value: there is no session, but it was not unset either.
    OtherFalsy,
}

/// What `req.sessionID` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdState {
    /// A string that is not empty.
    Text,
    /// The empty string.
    EmptyText,
    /// Truthy, but not a string: such an id is never sent or saved.
    OtherTruthy,
    /// Absent or another falsy value.
    Absent,
}

/// Whether the session's data is what it was at an earlier moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Not compared yet.
    Unknown,
    /// The same.
    Same,
    /// Changed.
    Different,
}

/// Answer to: the headers are about to be written. Is there a cookie to set?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AtHeaders {
    /// No.
    Nothing = 0,
    /// Yes, if the connection is secure enough for it.
    SetCookie = 1,
    /// Compare the data with what it was when the request began, and ask again.
    CompareWithLoaded = 2,
}

/// Answer to: the response ends. What is to be told to the store?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AtEnd {
    /// Nothing.
    Nothing = 0,
    /// Destroy the session.
    Destroy = 1,
    /// Save the session.
    Save = 2,
    /// Renew the expiry.
    Touch = 3,
    /// Compare the data with what it was when the request began, and ask again.
    CompareWithLoaded = 4,
    /// Compare the data with what was last saved, and ask again.
    CompareWithSaved = 5,
}

/// Whether the cookie is to be set.
///
/// An id the client does not have yet is sent if the session is worth keeping. An id it has is sent
/// again on every response with `rolling`, else only when the session has an expiry (which moves
/// with each request) and was changed.
#[must_use]
pub fn at_headers(facts: Facts) -> AtHeaders {
    if facts.session != SessionState::Present || !facts.id.is_text() {
        return AtHeaders::Nothing;
    }
    if facts.id_from_cookie {
        if facts.rolling {
            return AtHeaders::SetCookie;
        }
        if !facts.cookie_expires {
            return AtHeaders::Nothing;
        }
    } else if facts.save_uninitialized {
        return AtHeaders::SetCookie;
    }
    match facts.modified() {
        Comparison::Unknown => AtHeaders::CompareWithLoaded,
        Comparison::Same => AtHeaders::Nothing,
        Comparison::Different => AtHeaders::SetCookie,
    }
}

/// What to tell the store.
#[must_use]
pub fn at_end(facts: Facts) -> AtEnd {
    if facts.session == SessionState::Unset && facts.unset_destroys && facts.id.is_truthy() {
        return AtEnd::Destroy;
    }
    if facts.session != SessionState::Present || !facts.id.is_text() {
        return AtEnd::Nothing;
    }
    let new_and_never_saved = !facts.saved_text_known && !facts.id_from_cookie;
    if new_and_never_saved && !facts.save_uninitialized {
        return match facts.modified() {
            Comparison::Unknown => AtEnd::CompareWithLoaded,
            // An id the client does not have is not touched either.
            Comparison::Same => AtEnd::Nothing,
            Comparison::Different => AtEnd::Save,
        };
    }
    match facts.unsaved() {
        Comparison::Unknown => AtEnd::CompareWithSaved,
        Comparison::Same if facts.id_from_cookie && facts.store_can_touch => AtEnd::Touch,
        Comparison::Same => AtEnd::Nothing,
        Comparison::Different => AtEnd::Save,
    }
}

impl IdState {
    fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::EmptyText)
    }

    fn is_truthy(self) -> bool {
        matches!(self, Self::Text | Self::OtherTruthy)
    }
}

impl Facts {
    /// Is the session another one than when the request began?
    fn modified(self) -> Comparison {
        if self.id_changed {
            Comparison::Different
        } else {
            self.data
        }
    }

    /// Is the session another one than the store holds? Unless that is known, yes.
    fn unsaved(self) -> Comparison {
        if self.id_changed || !self.saved_text_known {
            Comparison::Different
        } else {
            self.data
        }
    }
}

/// The places of the facts in the number that stands for a state. Two-bit facts take two places.
pub mod bits {
    /// [`Facts::save_uninitialized`](super::Facts::save_uninitialized)
    pub const SAVE_UNINITIALIZED: u16 = 1;
    /// [`Facts::rolling`](super::Facts::rolling)
    pub const ROLLING: u16 = 1 << 1;
    /// [`Facts::unset_destroys`](super::Facts::unset_destroys)
    pub const UNSET_DESTROYS: u16 = 1 << 2;
    /// [`Facts::store_can_touch`](super::Facts::store_can_touch)
    pub const STORE_CAN_TOUCH: u16 = 1 << 3;
    /// The session is [`Present`](super::SessionState::Present).
    pub const SESSION_PRESENT: u16 = 1 << 4;
    /// The session is [`Unset`](super::SessionState::Unset).
    pub const SESSION_UNSET: u16 = 1 << 5;
    /// The id is a string.
    pub const ID_TEXT: u16 = 1 << 6;
    /// The id is truthy.
    pub const ID_TRUTHY: u16 = 1 << 7;
    /// [`Facts::id_from_cookie`](super::Facts::id_from_cookie)
    pub const ID_FROM_COOKIE: u16 = 1 << 8;
    /// [`Facts::id_changed`](super::Facts::id_changed)
    pub const ID_CHANGED: u16 = 1 << 9;
    /// [`Facts::saved_text_known`](super::Facts::saved_text_known)
    pub const SAVED_TEXT_KNOWN: u16 = 1 << 10;
    /// [`Facts::cookie_expires`](super::Facts::cookie_expires)
    pub const COOKIE_EXPIRES: u16 = 1 << 11;
    /// The data were compared.
    pub const DATA_COMPARED: u16 = 1 << 12;
    /// The comparison found a difference.
    pub const DATA_DIFFERENT: u16 = 1 << 13;
    /// One more than the greatest number.
    pub const END: u16 = 1 << 14;
}

impl From<u16> for Facts {
    fn from(state: u16) -> Self {
        let has = |bit| state & bit != 0;
        Self {
            save_uninitialized: has(bits::SAVE_UNINITIALIZED),
            rolling: has(bits::ROLLING),
            unset_destroys: has(bits::UNSET_DESTROYS),
            store_can_touch: has(bits::STORE_CAN_TOUCH),
            session: match (has(bits::SESSION_PRESENT), has(bits::SESSION_UNSET)) {
                (true, _) => SessionState::Present,
                (false, true) => SessionState::Unset,
                (false, false) => SessionState::OtherFalsy,
            },
            id: match (has(bits::ID_TEXT), has(bits::ID_TRUTHY)) {
                (true, true) => IdState::Text,
                (true, false) => IdState::EmptyText,
                (false, true) => IdState::OtherTruthy,
                (false, false) => IdState::Absent,
            },
            id_from_cookie: has(bits::ID_FROM_COOKIE),
            id_changed: has(bits::ID_CHANGED),
            saved_text_known: has(bits::SAVED_TEXT_KNOWN),
            cookie_expires: has(bits::COOKIE_EXPIRES),
            data: match (has(bits::DATA_COMPARED), has(bits::DATA_DIFFERENT)) {
                (false, _) => Comparison::Unknown,
                (true, false) => Comparison::Same,
                (true, true) => Comparison::Different,
            },
        }
    }
}

/// One byte for every state (see [`bits`]): [`AtHeaders`] in its high half, [`AtEnd`] in its low.
#[must_use]
pub fn decision_table() -> Vec<u8> {
    (0..bits::END)
        .map(|state| {
            let facts = Facts::from(state);
            (at_headers(facts) as u8) << 4 | at_end(facts) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests;
