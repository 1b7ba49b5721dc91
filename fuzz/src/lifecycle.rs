use express_session_native::engine::lifecycle::{
    AtEnd, AtHeaders, Comparison, Facts, IdState, SessionState, at_end, at_headers, bits,
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
    one_state(state % bits::END, table);

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
    if end == AtEnd::Touch {
        assert!(facts.store_can_touch && facts.id_from_cookie);
    }
    // Whoever is told to compare gets an answer the second time; and if the comparison makes no
    // difference, it is not asked for.
    let with = |data| Facts { data, ..facts };
    let (same, different) = (with(Comparison::Same), with(Comparison::Different));
    let asks_headers = at_headers(with(Comparison::Unknown)) == AtHeaders::CompareWithLoaded;
    assert_eq!(asks_headers, at_headers(same) != at_headers(different));
    let asks = |end| matches!(end, AtEnd::CompareWithLoaded | AtEnd::CompareWithSaved);
    assert!(!asks(at_end(same)) && !asks(at_end(different)));
    assert_eq!(
        asks(at_end(with(Comparison::Unknown))),
        at_end(same) != at_end(different)
    );
}

/// One browser and one store with room for the session of that browser.
struct Site {
    resave: bool,
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
            options: Facts {
                save_uninitialized: has(0b0000_0001),
                rolling: has(0b0000_0010),
                unset_destroys: has(0b0000_0100),
                store_can_touch: has(0b0000_1000),
                cookie_expires: has(0b0010_0000),
                ..Facts::from(bits::SESSION_PRESENT | bits::ID_TEXT | bits::ID_TRUTHY)
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
            saved_text_known: loaded.is_some() && !self.resave,
            data: Comparison::Unknown,
            ..self.options
        };
        let compared = Facts {
            data: if data == before {
                Comparison::Same
            } else {
                Comparison::Different
            },
            ..facts
        };
        let sends_cookie = match at_headers(facts) {
            AtHeaders::CompareWithLoaded => at_headers(compared),
            answer => answer,
        } == AtHeaders::SetCookie;
        let end = match at_end(facts) {
            AtEnd::CompareWithLoaded | AtEnd::CompareWithSaved => at_end(compared),
            answer => answer,
        };
        match end {
            AtEnd::Save => {
                self.stored.retain(|(stored, _)| *stored != id);
                self.stored.push((id, data));
            }
            AtEnd::Destroy => self.stored.retain(|(stored, _)| *stored != id),
            _ => {}
        }
        if sends_cookie {
            self.cookie = Some(id);
        }
        self.check(&compared, id, data, end, sends_cookie);
    }

    fn check(&self, facts: &Facts, id: u32, data: u8, end: AtEnd, sends_cookie: bool) {
        if facts.session == SessionState::Unset {
            assert!(!sends_cookie);
            if self.options.unset_destroys {
                assert_eq!(self.data_of(id), None, "an unset session is still there");
            }
            return;
        }
        let is_changed = facts.data == Comparison::Different || facts.id_changed;
        if is_changed {
            assert_eq!(self.data_of(id), Some(data), "what was changed is lost");
            assert_eq!(self.cookie, Some(id), "the client cannot find its session");
        }
        let is_new = !facts.id_from_cookie && !facts.saved_text_known;
        if is_new && !is_changed && !self.options.save_uninitialized {
            assert_eq!((end, sends_cookie), (AtEnd::Nothing, false));
        }
        if sends_cookie && facts.id_from_cookie {
            let is_renewed = self.options.cookie_expires && is_changed;
            assert!(self.options.rolling || is_renewed);
        }
        if facts.id_from_cookie && !is_changed && facts.saved_text_known {
            assert_ne!(end, AtEnd::Save, "saved although nothing was changed");
        }
    }
}
