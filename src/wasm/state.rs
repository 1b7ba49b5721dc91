//! What is kept between calls.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
    sync::Arc,
};

use crate::engine::{
    signature::Keyring,
    store::memory::{Listener, MemoryStore, Pages},
    wtf8,
};

/// The result instead of a number of texts: there is none.
pub const NONE: i32 = -1;

/// The result of an operation that failed. The texts are the error's code and its message.
pub const FAILED: i32 = -100;

/// The most numbers that a call returns: three for each event, and two more.
const NUMBERS: usize = 1024;

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// What calls share.
#[derive(Default)]
pub(super) struct State {
    pub(super) input: Vec<u8>,
    pub(super) answer: Box<Answer>,
    texts: Vec<u8>,
    pieces: Vec<u32>,
    things: Vec<Option<Thing>>,
    free: Vec<u32>,
}

/// Where JavaScript finds what a call has returned.
#[repr(C)]
pub struct Answer {
    /// Results that are numbers.
    pub numbers: [f64; NUMBERS],
    /// The address of the texts.
    texts: usize,
    /// The address of an array of `u32`, one for each text: four times its length in bytes, plus its
    /// encoding: 0 ASCII, 1 UTF-8, 2 UTF-16.
    pieces: usize,
    /// The first of them.
    first: u32,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            numbers: [0.0; NUMBERS],
            texts: 0,
            pieces: 0,
            first: 0,
        }
    }
}

/// What JavaScript has a number of.
pub(super) enum Thing {
    Keyring(Rc<Keyring>),
    Store(Rc<OpenStore>),
    Reader(Rc<Reader>),
    Pages(Rc<RefCell<Pages>>),
}

/// A store, until it is closed.
pub(super) struct OpenStore {
    pub(super) store: RefCell<Option<Arc<MemoryStore>>>,
    pub(super) listener: RefCell<Option<Arc<Listener>>>,
    pub(super) calls: std::cell::Cell<u32>,
}

/// Reads a request's session: the store, and the cookie that contains the id.
pub(super) struct Reader {
    pub(super) store: Rc<OpenStore>,
    pub(super) keyring: Rc<Keyring>,
    pub(super) name: Vec<u8>,
}

/// Runs a call. A call that begins while another one has not ended comes after a trap, and traps.
pub(super) fn with<Output>(call: impl FnOnce(&mut State) -> Output) -> Output {
    STATE.with_borrow_mut(|state| {
        state.texts.clear();
        state.pieces.clear();
        call(state)
    })
}

impl State {
    /// The first `length` bytes that JavaScript has written, and what follows.
    pub(super) fn input(&self, length: usize) -> (&[u8], &[u8]) {
        self.input.split_at_checked(length).unwrap_or_default()
    }

    /// Keeps a value, and returns its number.
    pub(super) fn keep(&mut self, thing: Thing) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.things.push(None);
            u32::try_from(self.things.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.things.get_mut(number as usize) {
            *place = Some(thing);
        }
        number
    }

    fn thing(&self, number: u32) -> Option<&Thing> {
        self.things.get(number as usize)?.as_ref()
    }

    pub(super) fn keyring(&self, number: u32) -> Option<Rc<Keyring>> {
        match self.thing(number)? {
            Thing::Keyring(keyring) => Some(Rc::clone(keyring)),
            _ => None,
        }
    }

    pub(super) fn open_store(&self, number: u32) -> Option<Rc<OpenStore>> {
        match self.thing(number)? {
            Thing::Store(store) => Some(Rc::clone(store)),
            _ => None,
        }
    }

    pub(super) fn reader(&self, number: u32) -> Option<Rc<Reader>> {
        match self.thing(number)? {
            Thing::Reader(reader) => Some(Rc::clone(reader)),
            _ => None,
        }
    }

    pub(super) fn pages(&self, number: u32) -> Option<Rc<RefCell<Pages>>> {
        match self.thing(number)? {
            Thing::Pages(pages) => Some(Rc::clone(pages)),
            _ => None,
        }
    }

    /// Adds a text to the result.
    pub(super) fn add_text(&mut self, text: &[u8]) {
        const ASCII: usize = 0;
        const UTF_8: usize = 1;
        const UTF_16: usize = 2;
        let before = self.texts.len();
        let encoding = if text.is_ascii() {
            self.texts.extend_from_slice(text);
            ASCII
        } else if std::str::from_utf8(text).is_ok() {
            self.texts.extend_from_slice(text);
            UTF_8
        } else {
            let units = wtf8::to_utf16(text);
            self.texts
                .extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            UTF_16
        };
        let length = self.texts.len() - before;
        self.pieces
            .push(u32::try_from(4 * length + encoding).unwrap_or(u32::MAX));
    }

    /// The number of texts in the result. Call this last.
    pub(super) fn finish(&mut self) -> i32 {
        self.answer.texts = self.texts.as_ptr().addr();
        self.answer.pieces = self.pieces.as_ptr().addr();
        self.answer.first = self.pieces.first().copied().unwrap_or_default();
        i32::try_from(self.pieces.len()).unwrap_or(i32::MAX)
    }

    /// A result that is one text, or [`NONE`].
    pub(super) fn text(&mut self, text: Option<&[u8]>) -> i32 {
        let Some(text) = text else {
            return NONE;
        };
        self.add_text(text);
        self.finish()
    }

    /// A result that is an error.
    pub(super) fn failure(&mut self, code: &str, message: &str) -> i32 {
        self.add_text(code.as_bytes());
        self.add_text(message.as_bytes());
        self.finish();
        FAILED
    }

    /// The error if the shim has confused its handles.
    pub(super) fn wrong_handle(&mut self) -> i32 {
        self.failure("ERR_SESSION_BINDING", "no such handle")
    }

    /// The error for a closed store.
    pub(super) fn closed(&mut self) -> i32 {
        self.failure("ERR_SESSION_BINDING", "the store is closed")
    }

    /// Returns numbers, starting at `place`.
    pub(super) fn write(&mut self, place: usize, numbers: &[f64]) {
        for (number, place) in numbers.iter().zip(place..) {
            if let Some(written) = self.answer.numbers.get_mut(place) {
                *written = *number;
            }
        }
    }
}

impl OpenStore {
    /// The store; `None` if it is closed, which the shim does not let happen.
    pub(super) fn get(&self) -> Option<Ref<'_, MemoryStore>> {
        Ref::filter_map(self.store.borrow(), Option::as_deref).ok()
    }
}

/// Where to write texts of up to `capacity` bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn input(capacity: usize) -> usize {
    with(|state| {
        state.input.clear();
        state.input.resize(capacity, 0);
        state.input.shrink_to(capacity);
        state.input.as_ptr().addr()
    })
}

/// The address of the [`Answer`], which stays the same.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn answer() -> usize {
    with(|state| (&raw const *state.answer).addr())
}

/// Whether a call has trapped, so that this instance must not be used any more.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn is_interrupted() -> u32 {
    STATE.with(|state| u32::from(state.try_borrow_mut().is_err()))
}

/// JavaScript has dropped a keyring, a store, and so on.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn release(number: u32) {
    with(|state| {
        let thing = state.things.get_mut(number as usize).and_then(Option::take);
        if thing.is_some() {
            state.free.push(number);
        }
        thing
    });
}
