//! When is a session saved, touched or destroyed, and when is its cookie set?
//!
//! Every response raises two questions: when its headers are about to be written ([`at_headers`]:
//! is the cookie set?) and when it ends ([`at_end`]: save, touch, destroy?). Both answers are pure
//! functions of a few [`Facts`]. Some depend on whether the session was changed, which can only be
//! determined by serializing it. Then the answer names that condition, and the caller checks it.
//!
//! [`decision_table`] contains the answers for all states, for callers to whom a call is expensive.

/// The facts about the options, the request and the session.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts; each combination is possible"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Option `saveUninitialized`: save a new session even if it is empty.
    pub save_uninitialized: bool,
    /// Option `rolling`: set the cookie on every response.
    pub rolling: bool,
    /// Option `unset: 'destroy'`: destroy a session that was set to null or deleted.
    pub unset_destroys: bool,
    /// The store has a `touch` method, which renews a session's expiry without saving it.
    pub store_can_touch: bool,
    /// What `req.session` is now.
    pub session: SessionState,
    /// What `req.sessionID` is now.
    pub id: IdState,
    /// `req.sessionID` is the id in the request's cookie.
    pub id_from_cookie: bool,
    /// The session's id is not the one at the start of the request: it was regenerated or replaced.
    pub id_changed: bool,
    /// The stored data are known: the session was saved during this request, or it was loaded and
    /// `resave` is off.
    pub saved_data_known: bool,
}

/// What `req.session` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// An object, or anything else that is truthy.
    Present,
    /// `null` or `undefined`, or the property was deleted.
    Unset,
    /// Another falsy value: there is no session, but it does not count as unset.
    OtherFalsy,
}

/// What `req.sessionID` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdState {
    /// A non-empty string.
    Text,
    /// The empty string.
    EmptyText,
    /// Truthy, but not a string: such an id is never sent or saved.
    OtherTruthy,
    /// Absent, or another falsy value.
    Absent,
}

/// The headers are about to be written: is the cookie set?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AtHeaders {
    /// No.
    Nothing = 0,
    /// Yes, if the connection is secure enough for it.
    SetCookie = 1,
    /// As [`AtHeaders::SetCookie`] if the data differ from those at the start of the request.
    SetCookieIfModified = 2,
    /// As [`AtHeaders::SetCookieIfModified`] if the session's cookie has an expiry.
    SetCookieIfExpiresAndModified = 3,
}

/// The response ends: what is the store told?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AtEnd {
    /// Nothing.
    Nothing = 0,
    /// Destroy the session.
    Destroy = 1,
    /// Save the session.
    Save = 2,
    /// Save it if the data differ from those at the start of the request, else nothing.
    SaveIfModified = 3,
    /// Save it if the data differ from the stored ones, else nothing.
    SaveIfUnsaved = 4,
    /// Save it if the data differ from the stored ones, else renew its expiry.
    SaveIfUnsavedElseTouch = 5,
}

/// Whether the cookie is set.
///
/// A new id is sent if the session is worth keeping. An id that the client already has is sent
/// again on every response with `rolling`, else only if the session has an expiry (which moves with
/// each request) and was changed.
#[must_use]
pub fn at_headers(facts: Facts) -> AtHeaders {
    if !facts.has_session() {
        return AtHeaders::Nothing;
    }
    match (facts.id_from_cookie, facts.id_changed) {
        (true, _) if facts.rolling => AtHeaders::SetCookie,
        (false, _) if facts.save_uninitialized => AtHeaders::SetCookie,
        // A changed id counts as a modification.
        (false, true) => AtHeaders::SetCookie,
        (false, false) => AtHeaders::SetCookieIfModified,
        (true, _) => AtHeaders::SetCookieIfExpiresAndModified,
    }
}

/// What the store is told.
#[must_use]
pub fn at_end(facts: Facts) -> AtEnd {
    if facts.session == SessionState::Unset && facts.unset_destroys && facts.id.is_truthy() {
        return AtEnd::Destroy;
    }
    if !facts.has_session() {
        return AtEnd::Nothing;
    }
    if facts.id_changed {
        return AtEnd::Save;
    }
    let is_new_and_unsaved = !facts.saved_data_known && !facts.id_from_cookie;
    if is_new_and_unsaved && !facts.save_uninitialized {
        return AtEnd::SaveIfModified;
    }
    if !facts.saved_data_known {
        return AtEnd::Save;
    }
    if facts.id_from_cookie && facts.store_can_touch {
        return AtEnd::SaveIfUnsavedElseTouch;
    }
    // A session whose id the client does not have yet is not touched.
    AtEnd::SaveIfUnsaved
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
    /// Whether there is a session to send and save.
    fn has_session(self) -> bool {
        self.session == SessionState::Present && self.id.is_text()
    }
}

/// Declares the bits of a state, with their names.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// One bit of a state.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Fact {
            $($(#[$doc])* $name,)+
        }

        /// All bits by name, lowest first.
        pub const FACTS: &[(&str, Fact)] = &[$((stringify!($name), Fact::$name),)+];
    };
}

facts! {
    /// [`Facts::save_uninitialized`]
    SaveUninitialized,
    /// [`Facts::rolling`]
    Rolling,
    /// [`Facts::unset_destroys`]
    UnsetDestroys,
    /// [`Facts::store_can_touch`]
    StoreCanTouch,
    /// The session is [`SessionState::Present`].
    SessionPresent,
    /// The session is [`SessionState::Unset`].
    SessionUnset,
    /// The id is a string.
    IdText,
    /// The id is truthy.
    IdTruthy,
    /// [`Facts::id_from_cookie`]
    IdFromCookie,
    /// [`Facts::id_changed`]
    IdChanged,
    /// [`Facts::saved_data_known`]
    SavedDataKnown,
}

/// The number of states.
pub const STATES: u16 = 1 << FACTS.len();

/// All answers for the headers by name, in the order of their numbers.
pub const AT_HEADERS: &[(&str, AtHeaders)] = &[
    ("Nothing", AtHeaders::Nothing),
    ("SetCookie", AtHeaders::SetCookie),
    ("SetCookieIfModified", AtHeaders::SetCookieIfModified),
    (
        "SetCookieIfExpiresAndModified",
        AtHeaders::SetCookieIfExpiresAndModified,
    ),
];

/// All answers for the end by name, in the order of their numbers.
pub const AT_END: &[(&str, AtEnd)] = &[
    ("Nothing", AtEnd::Nothing),
    ("Destroy", AtEnd::Destroy),
    ("Save", AtEnd::Save),
    ("SaveIfModified", AtEnd::SaveIfModified),
    ("SaveIfUnsaved", AtEnd::SaveIfUnsaved),
    ("SaveIfUnsavedElseTouch", AtEnd::SaveIfUnsavedElseTouch),
];

impl Fact {
    /// The number with only this bit set.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl From<u16> for Facts {
    fn from(state: u16) -> Self {
        let has = |fact: Fact| state & fact.bit() != 0;
        Self {
            save_uninitialized: has(Fact::SaveUninitialized),
            rolling: has(Fact::Rolling),
            unset_destroys: has(Fact::UnsetDestroys),
            store_can_touch: has(Fact::StoreCanTouch),
            session: match (has(Fact::SessionPresent), has(Fact::SessionUnset)) {
                (true, _) => SessionState::Present,
                (false, true) => SessionState::Unset,
                (false, false) => SessionState::OtherFalsy,
            },
            id: match (has(Fact::IdText), has(Fact::IdTruthy)) {
                (true, true) => IdState::Text,
                (true, false) => IdState::EmptyText,
                (false, true) => IdState::OtherTruthy,
                (false, false) => IdState::Absent,
            },
            id_from_cookie: has(Fact::IdFromCookie),
            id_changed: has(Fact::IdChanged),
            saved_data_known: has(Fact::SavedDataKnown),
        }
    }
}

/// One byte for each state, by the number with the bits of [`FACTS`]: [`AtHeaders`] in the high
/// half, [`AtEnd`] in the low half.
#[must_use]
pub fn decision_table() -> Vec<u8> {
    (0..STATES)
        .map(|state| {
            let facts = Facts::from(state);
            (at_headers(facts) as u8) << 4 | at_end(facts) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests;
