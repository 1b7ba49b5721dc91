//! Reading, verifying, signing and writing the session cookie; session ids.

use napi::bindgen_prelude::{Either, External, Uint8Array, Utf16String};
use napi_derive::napi;

use super::{
    error::Result,
    text::{self, JsText},
};
use crate::engine::{
    cookie_header, session_id,
    set_cookie::{self, Attributes, Value},
    signature::Keyring,
};

/// What marks a signed value.
const SIGNED: &[u8] = b"s:";

/// Why a request's cookie gives no session id.
#[napi]
pub enum NoId {
    /// There is no cookie of that name, or it is empty.
    Absent,
    /// The cookie is not a signed one.
    Unsigned,
    /// The cookie's signature is not valid.
    Invalid,
}

/// Attributes that are there or not, as the bits of one number.
#[napi]
pub enum CookieFlag {
    /// `HttpOnly`
    HttpOnly = 1,
    /// `Secure`
    Secure = 2,
    /// `Partitioned`
    Partitioned = 4,
}

/// Prepares the secrets, given as bytes, for signing and verifying. The first one signs.
#[napi(catch_unwind, ts_return_type = "ExternalObject<Keyring>")]
pub fn create_keyring(secrets: Vec<Uint8Array>) -> External<Keyring> {
    External::new(Keyring::new(secrets))
}

/// The session id in the signed cookie `name` of a Cookie header, or why there is none.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, header: string, name: string",
    ts_return_type = "string | NoId"
)]
pub fn read_cookie(
    keyring: &External<Keyring>,
    header: Utf16String,
    name: Utf16String,
) -> Either<JsText, NoId> {
    let (header, name) = (text::from_js(&header), text::from_js(&name));
    match cookie_header::find(&header, &name) {
        Some(value) => verify(keyring, &value),
        None => Either::B(NoId::Absent),
    }
}

/// The session id in a cookie's value, already decoded, or why there is none.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, value: string",
    ts_return_type = "string | NoId"
)]
pub fn verify_value(keyring: &External<Keyring>, value: Utf16String) -> Either<JsText, NoId> {
    verify(keyring, &text::from_js(&value))
}

fn verify(keyring: &Keyring, value: &[u8]) -> Either<JsText, NoId> {
    if value.is_empty() {
        return Either::B(NoId::Absent);
    }
    let Some(signed) = value.strip_prefix(SIGNED) else {
        return Either::B(NoId::Unsigned);
    };
    match keyring.verify(signed) {
        Some(id) => Either::A(text::to_js(id)),
        None => Either::B(NoId::Invalid),
    }
}

/// The value of a session's cookie: `s:`, the id and its signature. Not encoded yet.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, id: string",
    ts_return_type = "string | null"
)]
pub fn sign_value(keyring: &External<Keyring>, id: Utf16String) -> Option<JsText> {
    let signed = keyring.sign(&text::from_js(&id))?;
    Some(text::to_js(&[SIGNED, &signed].concat()))
}

/// The text of a `Set-Cookie` header. `encoded` says that the value is encoded already. Times are in
/// milliseconds, `maxAge` in seconds; `flags` are those of `CookieFlag`.
#[napi(
    catch_unwind,
    ts_args_type = "name: string, value: string, encoded: boolean, flags: number, \
        expires?: number | null, path?: string | null, domain?: string | null, \
        sameSite?: string | null, priority?: string | null, maxAge?: number | null"
)]
pub fn serialize_cookie(
    name: Utf16String,
    value: Utf16String,
    encoded: bool,
    flags: u32,
    expires: Option<f64>,
    path: Option<Utf16String>,
    domain: Option<Utf16String>,
    same_site: Option<Utf16String>,
    priority: Option<Utf16String>,
    max_age: Option<f64>,
) -> Result<String> {
    let optional = |string: &Option<Utf16String>| string.as_ref().map(text::from_js);
    let (path, domain) = (optional(&path), optional(&domain));
    let (same_site, priority) = (optional(&same_site), optional(&priority));
    let has = |flag: CookieFlag| flags & flag as u32 != 0;
    let attributes = Attributes {
        max_age,
        domain: domain.as_deref(),
        path: path.as_deref(),
        expires,
        http_only: has(CookieFlag::HttpOnly),
        secure: has(CookieFlag::Secure),
        partitioned: has(CookieFlag::Partitioned),
        priority: priority.as_deref(),
        same_site: same_site.as_deref(),
    };
    let value = text::from_js(&value);
    let value = if encoded {
        Value::Encoded(&value)
    } else {
        Value::Plain(&value)
    };
    Ok(set_cookie::serialize(
        &text::from_js(&name),
        value,
        &attributes,
    )?)
}

/// A new session id: 192 random bits as 32 characters of base64url.
#[napi(catch_unwind)]
pub fn generate_id() -> Result<String> {
    Ok(session_id::generate()?)
}
