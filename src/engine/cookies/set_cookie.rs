//! Writes a `Set-Cookie` header.
//!
//! The grammar is RFC 6265 section 4.1.1 with the attributes of RFC 6265bis (`SameSite`), CHIPS
//! (`Partitioned`) and Chromium (`Priority`). The order of attributes, the validation and the error
//! messages are those of the npm package `cookie` 0.7, on which applications and their tests rely.

use std::fmt::Write as _;

use thiserror::Error;

use super::percent;

/// The attributes of a cookie, as in the options. Text is validated when it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'text> {
    /// `Max-Age` in seconds; a fraction is rounded down.
    pub max_age: Option<f64>,
    /// `Domain`: letters, digits, hyphens and dots.
    pub domain: Option<&'text [u8]>,
    /// `Path`: visible ASCII and spaces, without `;` and `<`.
    pub path: Option<&'text [u8]>,
    /// `Expires` as returned by `Date.prototype.toUTCString`; empty for an invalid date. It is
    /// written unchanged, because an application's date class may use another format.
    pub expires: Option<&'text [u8]>,
    /// `HttpOnly`
    pub http_only: bool,
    /// `Secure`
    pub secure: bool,
    /// `Partitioned`
    pub partitioned: bool,
    /// `Priority`: low, medium or high, in any case.
    pub priority: Option<&'text [u8]>,
    /// `SameSite`: strict, lax or none, in any case.
    pub same_site: Option<&'text [u8]>,
}

/// Why a cookie cannot be written. Applications rely on these messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SetCookieError {
    /// The name is empty or not an RFC 7230 token.
    #[error("argument name is invalid")]
    Name,
    /// An already encoded value contains a character that is not allowed in cookies.
    #[error("argument val is invalid")]
    Value,
    /// The value contains a lone surrogate, which UTF-8 cannot encode.
    #[error(transparent)]
    LoneSurrogate(#[from] percent::LoneSurrogate),
    /// `Max-Age` is not a finite number.
    #[error("option maxAge is invalid")]
    MaxAge,
    /// `Domain` is not a host name, with or without a leading dot.
    #[error("option domain is invalid")]
    Domain,
    /// `Path` contains a control character, `;`, `<`, or a non-ASCII character.
    #[error("option path is invalid")]
    Path,
    /// `Expires` is not a valid date.
    #[error("option expires is invalid")]
    Expires,
    /// `Priority` is not low, medium or high.
    #[error("option priority is invalid")]
    Priority,
    /// `SameSite` is not strict, lax or none.
    #[error("option sameSite is invalid")]
    SameSite,
}

/// A cookie's value.
#[derive(Clone, Copy, Debug)]
pub enum Value<'text> {
    /// Any text; it is percent-encoded by the rules of `encodeURIComponent`.
    Plain(&'text [u8]),
    /// Already encoded by the caller; it is validated and written unchanged.
    Encoded(&'text [u8]),
}

/// The text of a `Set-Cookie` header.
///
/// # Errors
///
/// The first invalid part, in the order name, value, max-age, domain, path, expires, priority,
/// same-site.
pub fn serialize(
    name: &[u8],
    value: Value<'_>,
    attributes: &Attributes<'_>,
) -> Result<String, SetCookieError> {
    let name = checked(name, is_token).ok_or(SetCookieError::Name)?;
    let mut out = String::with_capacity(192);
    out.push_str(name);
    out.push('=');
    match value {
        Value::Plain(text) => percent::encode(text, &mut out)?,
        Value::Encoded(text) => {
            out.push_str(checked(text, is_cookie_value).ok_or(SetCookieError::Value)?);
        }
    }
    if let Some(seconds) = attributes.max_age {
        out.push_str("; Max-Age=");
        write_integer(seconds.floor(), &mut out).ok_or(SetCookieError::MaxAge)?;
    }
    if let Some(domain) = attributes.domain {
        out.push_str("; Domain=");
        out.push_str(checked(domain, is_domain).ok_or(SetCookieError::Domain)?);
    }
    if let Some(path) = attributes.path {
        out.push_str("; Path=");
        out.push_str(checked(path, is_path).ok_or(SetCookieError::Path)?);
    }
    if let Some(date) = attributes.expires {
        out.push_str("; Expires=");
        out.push_str(checked(date, |date| !date.is_empty()).ok_or(SetCookieError::Expires)?);
    }
    if attributes.http_only {
        out.push_str("; HttpOnly");
    }
    if attributes.secure {
        out.push_str("; Secure");
    }
    if attributes.partitioned {
        out.push_str("; Partitioned");
    }
    if let Some(priority) = attributes.priority {
        out.push_str("; Priority=");
        out.push_str(
            spelling(priority, &["Low", "Medium", "High"]).ok_or(SetCookieError::Priority)?,
        );
    }
    if let Some(same_site) = attributes.same_site {
        out.push_str("; SameSite=");
        out.push_str(
            spelling(same_site, &["Lax", "Strict", "None"]).ok_or(SetCookieError::SameSite)?,
        );
    }
    Ok(out)
}

/// The text if the check succeeds and it is well-formed.
fn checked(text: &[u8], check: fn(&[u8]) -> bool) -> Option<&str> {
    if check(text) {
        std::str::from_utf8(text).ok()
    } else {
        None
    }
}

fn spelling(text: &[u8], known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .copied()
        .find(|spelling| text.eq_ignore_ascii_case(spelling.as_bytes()))
}

/// RFC 7230 section 3.2.6: `token = 1*tchar`.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// RFC 6265 section 4.1.1: `cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )`.
fn is_cookie_value(text: &[u8]) -> bool {
    let octets = match text {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    octets
        .iter()
        .all(|byte| matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E))
}

/// RFC 6265 section 4.1.1: `path-value = <any CHAR except CTLs or ";">`. Like the npm package, it
/// also refuses `<`.
fn is_path(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| matches!(byte, 0x20..=0x3A | 0x3D..=0x7E))
}

/// RFC 1034 section 3.5 as extended by RFC 1123 section 2.1: labels of 1 to 63 letters, digits and
/// hyphens, without a hyphen at either end. A leading dot is allowed for compatibility.
fn is_domain(text: &[u8]) -> bool {
    let text = text.strip_prefix(b".").unwrap_or(text);
    text.split(|&byte| byte == b'.').all(|label| {
        label.len() <= 63
            && label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && label.first().is_some_and(u8::is_ascii_alphanumeric)
            && label.last().is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Writes an integer as JavaScript does: all digits below 10^21, with an exponent from there on.
fn write_integer(number: f64, out: &mut String) -> Option<()> {
    if !number.is_finite() {
        return None;
    }
    if number.abs() < 1e21 {
        // `+ 0.0` because JavaScript writes negative zero without its sign.
        write!(out, "{}", number + 0.0).ok()
    } else {
        let text = format!("{number:e}");
        out.push_str(&text.replace('e', "e+"));
        Some(())
    }
}

#[cfg(test)]
mod tests;
