//! Reading, verifying, signing and writing the session cookie; session ids.

use napi::bindgen_prelude::{Either, External, Uint8Array};
use napi_derive::napi;

use super::{
    error,
    strings::{JsText, Latin1},
};
use crate::{
    engine::{
        cookies::{
            header::Encoding,
            set_cookie::{self, Attributes, Value},
            signed_value,
        },
        session_id,
        signature::Keyring,
    },
    values::MOST_IDS,
};

/// Why a request's cookie contains no session id.
#[napi]
pub enum NoId {
    /// There is no cookie of that name, or it is empty.
    Absent,
    /// The cookie is not signed.
    Unsigned,
    /// The cookie's signature is not valid.
    Invalid,
}

impl From<signed_value::NoId> for NoId {
    fn from(reason: signed_value::NoId) -> Self {
        match reason {
            signed_value::NoId::Absent => Self::Absent,
            signed_value::NoId::Unsigned => Self::Unsigned,
            signed_value::NoId::Invalid => Self::Invalid,
        }
    }
}

/// Attributes without a value, as the bits of one number.
#[napi]
pub enum CookieFlag {
    /// `HttpOnly`
    HttpOnly = 1,
    /// `Secure`
    Secure = 2,
    /// `Partitioned`
    Partitioned = 4,
}

/// Prepares the secrets (as bytes) for signing and verifying. The first one signs.
#[napi(catch_unwind, ts_return_type = "ExternalObject<Keyring>")]
pub fn create_keyring(secrets: Vec<Uint8Array>) -> External<Keyring> {
    External::new(Keyring::new(secrets))
}

/// The session id in the signed cookie `name` of a Cookie header, or why there is none. Neither may
/// contain characters above U+00FF; headers from Node's HTTP parser contain none.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, header: string, name: string",
    ts_return_type = "string | NoId"
)]
pub fn read_cookie(
    keyring: &External<Keyring>,
    header: Latin1,
    name: Latin1,
) -> Either<JsText, NoId> {
    let encoding = Encoding::Latin1;
    either(signed_value::read(
        keyring,
        header.bytes(),
        encoding,
        name.bytes(),
    ))
}

/// The same for strings with any characters.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, header: string, name: string",
    ts_return_type = "string | NoId"
)]
pub fn read_wide_cookie(
    keyring: &External<Keyring>,
    header: JsText,
    name: JsText,
) -> Either<JsText, NoId> {
    let encoding = Encoding::Wtf8;
    either(signed_value::read(
        keyring,
        header.bytes(),
        encoding,
        name.bytes(),
    ))
}

/// The session id in a decoded cookie value, or why there is none.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, value: string",
    ts_return_type = "string | NoId"
)]
pub fn verify_value(keyring: &External<Keyring>, value: JsText) -> Either<JsText, NoId> {
    either(signed_value::verify(keyring, value.bytes()).map(<[u8]>::to_vec))
}

fn either(result: Result<Vec<u8>, signed_value::NoId>) -> Either<JsText, NoId> {
    match result {
        Ok(id) => Either::A(JsText(id)),
        Err(reason) => Either::B(reason.into()),
    }
}

/// The value of a session cookie: `s:`, the id and its signature, not encoded yet.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, id: string",
    ts_return_type = "string | null"
)]
pub fn sign_value(keyring: &External<Keyring>, id: JsText) -> Option<JsText> {
    signed_value::sign(keyring, id.bytes()).map(JsText)
}

/// The text of a `Set-Cookie` header. `encoded` says that the value is already encoded. `flags` are
/// bits of `CookieFlag`. `expires` is the date as text, or empty for an invalid date. `maxAge` is
/// in seconds.
#[napi(
    catch_unwind,
    ts_args_type = "name: string, value: string, encoded: boolean, flags: number, \
        expires?: string | null, path?: string | null, domain?: string | null, \
        sameSite?: string | null, priority?: string | null, maxAge?: number | null",
    ts_return_type = "string"
)]
pub fn serialize_cookie(
    name: JsText,
    value: JsText,
    encoded: bool,
    flags: u32,
    expires: Option<JsText>,
    path: Option<JsText>,
    domain: Option<JsText>,
    same_site: Option<JsText>,
    priority: Option<JsText>,
    max_age: Option<f64>,
) -> error::Result<JsText> {
    let has = |flag: CookieFlag| flags & flag as u32 != 0;
    let attributes = Attributes {
        max_age,
        domain: domain.as_ref().map(JsText::bytes),
        path: path.as_ref().map(JsText::bytes),
        expires: expires.as_ref().map(JsText::bytes),
        http_only: has(CookieFlag::HttpOnly),
        secure: has(CookieFlag::Secure),
        partitioned: has(CookieFlag::Partitioned),
        priority: priority.as_ref().map(JsText::bytes),
        same_site: same_site.as_ref().map(JsText::bytes),
    };
    let value = if encoded {
        Value::Encoded(value.bytes())
    } else {
        Value::Plain(value.bytes())
    };
    Ok(set_cookie::serialize(name.bytes(), value, &attributes)?.into())
}

/// New session ids, concatenated, at most 1000: 192 random bits each, as 32 base64url characters.
#[napi(catch_unwind, ts_return_type = "string")]
pub fn generate_ids(count: u32) -> error::Result<JsText> {
    Ok(session_id::generate(count.min(MOST_IDS) as usize)?.into())
}
