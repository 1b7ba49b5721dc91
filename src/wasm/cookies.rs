//! Reading, verifying, signing and writing the session cookie; session ids; the lifecycle's table.

use std::{fmt::Write as _, rc::Rc};

use super::state::{State, Thing, with};
use crate::{
    engine::{
        cookies::{
            header::Encoding,
            set_cookie::{self, Attributes, Value},
            signed_value::{self, NoId},
        },
        lifecycle::{AT_END, AT_HEADERS, FACTS, decision_table},
        session_id,
        signature::Keyring,
    },
    values::{MOST_IDS, code_of},
};

const HTTP_ONLY: u32 = 1;
const SECURE: u32 = 2;
const PARTITIONED: u32 = 4;

/// Instead of a number of texts, why there is no id: this minus a [`NoId`].
const NO_ID: i32 = -2;

/// Prepares secrets for signing and verifying. Their lengths are the numbers of the answer.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn create_keyring(count: usize) -> u32 {
    with(|state| {
        let mut rest = state.input.as_slice();
        let lengths = state.answer.numbers.iter().take(count);
        let secrets: Vec<&[u8]> = lengths
            .map_while(|length| {
                let length = usize::try_from(crate::values::whole(*length)).ok()?;
                let (secret, after) = rest.split_at_checked(length)?;
                rest = after;
                Some(secret)
            })
            .collect();
        let keyring = Keyring::new(secrets);
        // They are secrets, and the memory is used again.
        state.input.fill(0);
        state.keep(Thing::Keyring(Rc::new(keyring)))
    })
}

/// The session id in a Cookie header: `header`, then the cookie's name.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn read_cookie(keyring: u32, header: usize, name: usize) -> i32 {
    with(|state| {
        let Some(keyring) = state.keyring(keyring) else {
            return state.wrong_handle();
        };
        let (header, rest) = state.input(header);
        let name = rest.get(..name).unwrap_or_default();
        let id = signed_value::read(&keyring, header, Encoding::Wtf8, name);
        id_or_reason(state, id.as_deref().map_err(|reason| *reason))
    })
}

/// The session id in a decoded cookie value.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn verify_value(keyring: u32, value: usize) -> i32 {
    with(|state| {
        let Some(keyring) = state.keyring(keyring) else {
            return state.wrong_handle();
        };
        let id = signed_value::verify(&keyring, state.input(value).0).map(<[u8]>::to_vec);
        id_or_reason(state, id.as_deref().map_err(|reason| *reason))
    })
}

/// A result that is an id, or why there is none.
pub(super) fn id_or_reason(state: &mut State, id: Result<&[u8], NoId>) -> i32 {
    match id {
        Ok(id) => state.text(Some(id)),
        Err(reason) => NO_ID - reason as i32,
    }
}

/// The value of a session cookie.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn sign_value(keyring: u32, id: usize) -> i32 {
    with(|state| {
        let Some(keyring) = state.keyring(keyring) else {
            return state.wrong_handle();
        };
        let signed = signed_value::sign(&keyring, state.input(id).0);
        state.text(signed.as_deref())
    })
}

/// The text of a `Set-Cookie` header. The lengths of texts are negative for those that are not there.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn serialize_cookie(
    name: i32,
    value: i32,
    encoded: u32,
    flags: u32,
    expires: i32,
    path: i32,
    domain: i32,
    same_site: i32,
    priority: i32,
    max_age: f64,
    has_max_age: u32,
) -> i32 {
    with(|state| {
        let mut rest = state.input.as_slice();
        let mut take = |length: i32| {
            let (text, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(text)
        };
        let name = take(name).unwrap_or_default();
        let value = take(value).unwrap_or_default();
        let attributes = Attributes {
            expires: take(expires),
            path: take(path),
            domain: take(domain),
            same_site: take(same_site),
            priority: take(priority),
            max_age: (has_max_age != 0).then_some(max_age),
            http_only: flags & HTTP_ONLY != 0,
            secure: flags & SECURE != 0,
            partitioned: flags & PARTITIONED != 0,
        };
        let value = if encoded == 0 {
            Value::Plain(value)
        } else {
            Value::Encoded(value)
        };
        match set_cookie::serialize(name, value, &attributes) {
            Ok(text) => state.text(Some(text.as_bytes())),
            Err(error) => state.failure(code_of(error), &error.to_string()),
        }
    })
}

/// New session ids, concatenated.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn generate_ids(count: u32) -> i32 {
    with(
        |state| match session_id::generate(count.min(MOST_IDS) as usize) {
            Ok(ids) => state.text(Some(ids.as_bytes())),
            Err(error) => state.failure("ERR_SESSION_NO_RANDOMNESS", &error.to_string()),
        },
    )
}

/// The decisions of the lifecycle: a line for each name, with its kind and its number, and one for the
/// table.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn lifecycle() -> i32 {
    let mut lines = String::new();
    for (name, fact) in FACTS {
        let _ = writeln!(lines, "facts {name} {}", fact.bit());
    }
    for (name, answer) in AT_HEADERS {
        let _ = writeln!(lines, "atHeaders {name} {}", *answer as u32);
    }
    for (name, answer) in AT_END {
        let _ = writeln!(lines, "atEnd {name} {}", *answer as u32);
    }
    for answer in decision_table() {
        let _ = write!(lines, "{answer} ");
    }
    with(|state| state.text(Some(lines.as_bytes())))
}
