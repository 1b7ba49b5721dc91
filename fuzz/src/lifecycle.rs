use express_session_native::engine::lifecycle::{
    AtEnd, AtHeaders, Fact, Facts, IdState, STATES, SessionState, at_end, at_headers,
    decision_table,
};

use super::input::Input;

/// A client, a store and an application that does anything: what the lifecycle decides keeps the
/// promises that the options make. First, every state that the bytes stand for is decided soundly.
pub fn lifecycle(data: &[u8]) {
    static TABLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let table = TABLE.get_or_init(decision_table);
    let mut input = Input::new(data);
    let state = u16::from(input.byte()) << 8 | u16::from(input.byte());
    one_state(state % STATES, table);

    let mut site = Site::new(input.byte());
    while !input.is_empty() {
        site.request(input.byte(), input.byte());
    }
}

fn one_state(state: u16, table: &[u8]) {
    let facts = Facts::from(state);
    let (headers, end) = (at_headers(facts), at_end(facts));
    let byte = (headers as u8) << 4 | end as u8;
    assert_eq!(table.get(usize::from(state)), Some(&byte));

    let has_session = facts.session == SessionState::Present
        && matches!(facts.id, IdState::Text | IdState::EmptyText);
    if !has_session {
        assert_eq!(headers, AtHeaders::Nothing);
        assert!(matches!(end, AtEnd::Nothing | AtEnd::Destroy));
    }
    if end == AtEnd::Destroy {
        assert!(facts.unset_destroys && facts.session == SessionState::Unset);
    }
    let asks_for_changes = |end| {
        matches!(
            end,
            AtEnd::SaveIfModified | AtEnd::SaveIfUnsaved | AtEnd::SaveIfUnsavedElseTouch
        )
    };
    if end == AtEnd::SaveIfUnsavedElseTouch {
        assert!(facts.store_can_touch && facts.id_from_cookie);
    }
    // Nothing is compared with what is not known, or where the answer is known without it.
    if asks_for_changes(end) {
        let compares_with_saved = end != AtEnd::SaveIfModified;
        assert_eq!(compares_with_saved, facts.saved_data_known);
        assert!(!facts.id_changed);
    }
    match headers {
        AtHeaders::SetCookieIfModified => {
            assert!(!facts.id_from_cookie && !facts.id_changed && !facts.save_uninitialized);
        }
        AtHeaders::SetCookieIfExpiresAndModified => {
            assert!(facts.id_from_cookie && !facts.rolling);
        }
        AtHeaders::Nothing => assert!(!has_session),
        AtHeaders::SetCookie => {}
    }
    // What may be sent as a new session's cookie is saved under the same condition.
    if has_session && !facts.id_from_cookie && !facts.saved_data_known && !facts.id_changed {
        let is_sent = headers == AtHeaders::SetCookie;
        assert_eq!(is_sent, end == AtEnd::Save);
    }
}

/// One browser and one store with room for the session of that browser.
struct Site {
    resave: bool,
    cookie_expires: bool,
    options: Facts,
    next_id: u32,
    /// The id in the browser's cookie.
    cookie: Option<u32>,
    /// Id and data of the sessions in the store.
    stored: Vec<(u32, u8)>,
}

impl Site {
    fn new(options: u8) -> Self {
        let has = |bit: u8| options & bit != 0;
        Self {
            resave: has(0b0001_0000),
            cookie_expires: has(0b0010_0000),
            options: Facts {
                save_uninitialized: has(0b0000_0001),
                rolling: has(0b0000_0010),
                unset_destroys: has(0b0000_0100),
                store_can_touch: has(0b0000_1000),
                ..Facts::from(
                    Fact::SessionPresent.bit() | Fact::IdText.bit() | Fact::IdTruthy.bit(),
                )
            },
            next_id: 0,
            cookie: None,
            stored: Vec::new(),
        }
    }

    fn data_of(&self, id: u32) -> Option<u8> {
        let found = self.stored.iter().find(|(stored, _)| *stored == id);
        found.map(|(_, data)| *data)
    }

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    fn request(&mut self, does: u8, value: u8) {
        let cookie = self.cookie;
        let loaded = cookie.and_then(|id| self.data_of(id).map(|data| (id, data)));
        let (first_id, before) = match loaded {
            Some(session) => session,
            None => (self.new_id(), 0),
        };
        let (mut id, mut data) = (first_id, before);
        if does & 0b0001 != 0 {
            data = value;
        }
        if does & 0b0010 != 0 {
            self.stored.retain(|(stored, _)| *stored != id);
            id = self.new_id();
            data = 0;
        }
        let is_unset = does & 0b1100 == 0b1100;
        let facts = Facts {
            session: if is_unset {
                SessionState::Unset
            } else {
                SessionState::Present
            },
            id_from_cookie: cookie == Some(id),
            id_changed: id != first_id,
            saved_data_known: loaded.is_some() && !self.resave,
            ..self.options
        };
        // What the request began with is what the store holds, as nothing is saved in between.
        let is_modified = data != before;
        let sends_cookie = match at_headers(facts) {
            AtHeaders::Nothing => false,
            AtHeaders::SetCookie => true,
            AtHeaders::SetCookieIfModified => is_modified,
            AtHeaders::SetCookieIfExpiresAndModified => self.cookie_expires && is_modified,
        };
        let end = match at_end(facts) {
            AtEnd::Destroy => End::Destroy,
            AtEnd::Save => End::Save,
            AtEnd::SaveIfModified | AtEnd::SaveIfUnsaved | AtEnd::SaveIfUnsavedElseTouch
                if is_modified =>
            {
                End::Save
            }
            AtEnd::Nothing | AtEnd::SaveIfModified | AtEnd::SaveIfUnsaved => End::Nothing,
            AtEnd::SaveIfUnsavedElseTouch => End::Touch,
        };
        match end {
            End::Save => {
                self.stored.retain(|(stored, _)| *stored != id);
                self.stored.push((id, data));
            }
            End::Destroy => self.stored.retain(|(stored, _)| *stored != id),
            // A session that is not there cannot be renewed.
            End::Touch => assert!(self.data_of(id).is_some()),
            End::Nothing => {}
        }
        if sends_cookie {
            self.cookie = Some(id);
        }
        let done = Done {
            id,
            data,
            is_changed: is_modified || facts.id_changed,
            end,
            sends_cookie,
        };
        self.check(&facts, &done);
    }

    fn check(&self, facts: &Facts, done: &Done) {
        let Done {
            id,
            data,
            is_changed,
            end,
            sends_cookie,
        } = *done;
        if facts.session == SessionState::Unset {
            assert!(!sends_cookie);
            if self.options.unset_destroys {
                assert_eq!(self.data_of(id), None, "an unset session is still there");
            }
            return;
        }
        if is_changed {
            assert_eq!(self.data_of(id), Some(data), "what was changed is lost");
            assert_eq!(self.cookie, Some(id), "the client cannot find its session");
        }
        let is_new = !facts.id_from_cookie && !facts.saved_data_known;
        if is_new && !is_changed && !self.options.save_uninitialized {
            assert_eq!((end, sends_cookie), (End::Nothing, false));
        }
        if sends_cookie && facts.id_from_cookie {
            let is_renewed = self.cookie_expires && is_changed;
            assert!(self.options.rolling || is_renewed);
        }
        if facts.id_from_cookie && !is_changed && facts.saved_data_known {
            assert_ne!(end, End::Save, "saved although nothing was changed");
        }
    }
}

/// What the store was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Nothing,
    Destroy,
    Save,
    Touch,
}

/// What came of a request.
struct Done {
    id: u32,
    data: u8,
    /// Whether the session has other data or another id than at the beginning.
    is_changed: bool,
    end: End,
    sends_cookie: bool,
}
