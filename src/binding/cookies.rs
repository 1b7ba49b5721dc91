//! Reading, verifying, signing and writing the session cookie; session ids.

use napi::bindgen_prelude::{Either, External, Uint8Array};
use napi_derive::napi;

use super::{error, text::JsText};
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
    header: JsText,
    name: JsText,
) -> Either<JsText, NoId> {
    let value = cookie_header::find(header.bytes(), name.bytes());
    either(verify(keyring, &value.unwrap_or_default()))
}

/// The session id in a cookie's value, already decoded, or why there is none.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, value: string",
    ts_return_type = "string | NoId"
)]
pub fn verify_value(keyring: &External<Keyring>, value: JsText) -> Either<JsText, NoId> {
    either(verify(keyring, value.bytes()))
}

fn either(result: Result<&[u8], NoId>) -> Either<JsText, NoId> {
    match result {
        Ok(id) => Either::A(id.into()),
        Err(reason) => Either::B(reason),
    }
}

/// The session id in a cookie's value. An empty value is as good as none.
pub(super) fn verify<'value>(keyring: &Keyring, value: &'value [u8]) -> Result<&'value [u8], NoId> {
    if value.is_empty() {
        return Err(NoId::Absent);
    }
    let signed = value.strip_prefix(SIGNED).ok_or(NoId::Unsigned)?;
    keyring.verify(signed).ok_or(NoId::Invalid)
}

/// The value of a session's cookie: `s:`, the id and its signature. Not encoded yet.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, id: string",
    ts_return_type = "string | null"
)]
pub fn sign_value(keyring: &External<Keyring>, id: JsText) -> Option<JsText> {
    let signed = keyring.sign(id.bytes())?;
    Some(JsText([SIGNED, &signed].concat()))
}

/// The text of a `Set-Cookie` header. `encoded` says that the value is encoded already. Times are in
/// milliseconds, `maxAge` in seconds; `flags` are those of `CookieFlag`.
#[napi(
    catch_unwind,
    ts_args_type = "name: string, value: string, encoded: boolean, flags: number, \
        expires?: number | null, path?: string | null, domain?: string | null, \
        sameSite?: string | null, priority?: string | null, maxAge?: number | null",
    ts_return_type = "string"
)]
pub fn serialize_cookie(
    name: JsText,
    value: JsText,
    encoded: bool,
    flags: u32,
    expires: Option<f64>,
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
        expires,
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

/// New session ids, one after the other without anything between them: 192 random bits as 32
/// characters of base64url each. Of more than 1 000, these are all that are made.
#[napi(catch_unwind, ts_return_type = "string")]
pub fn generate_ids(count: u32) -> error::Result<JsText> {
    const MOST: u32 = 1000;
    Ok(session_id::generate(count.min(MOST) as usize)?.into())
}
