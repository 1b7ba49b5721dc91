//! Cookies on the wire: the `Cookie` header of a request, the `Set-Cookie` header of a response,
//! and the signed value that contains a session id.

pub mod date;
pub mod header;
pub mod percent;
pub mod set_cookie;
pub mod signed_value;
